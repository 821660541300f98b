/**
 * Runs compiled code blocks one after another on every rank: `node doc-runner.js FOLDER NAME…`. It
 * prints one line of JSON per block. After a failure it runs no further block, because the ranks
 * may no longer be in step.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { formatWithOptions } from 'node:util';
import { COMM_WORLD } from 'lops-mpi';

/** The result of a block on one rank. */
export interface BlockReport {
  readonly name: string;
  readonly rank: number;
  readonly printed: string;
  readonly error?: string;
}

const [folder = '.', ...names] = process.argv.slice(2);
const { log } = console;
// what a block writes into the current folder goes with the folder of the blocks
process.chdir(folder);

for (const name of names) {
  let printed = '';
  console.log = (...values: unknown[]) => {
    printed += `${formatWithOptions({ colors: false }, ...(values as [unknown]))}\n`;
  };
  let error: string | undefined;
  try {
    await import(pathToFileURL(join(folder, name)).href);
  } catch (e) {
    error = e instanceof Error ? (e.stack ?? e.message) : String(e);
  }
  console.log = log;
  const report: BlockReport = { name, rank: COMM_WORLD.rank, printed, ...(error !== undefined && { error }) };
  log(JSON.stringify(report));
  if (COMM_WORLD.allgatherObject(error !== undefined).some(Boolean)) break;
}
