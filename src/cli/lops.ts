#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import { Command, InvalidArgumentError, Option } from 'commander';
import { LopsError } from '../core/base/errors.js';
import { packagePath } from '../package/package-root.js';
import { packageVersion } from '../package/package-version.js';
import { type JobOptions, LAUNCHERS } from './plan-launch.js';
import { launch } from './run.js';

function positive(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError('expected a positive integer.');
  return n;
}

interface RunFlags {
  readonly ranks: number;
  readonly mpiexecArgs: string;
  readonly launcher: NonNullable<JobOptions['launcher']>;
  readonly debug?: boolean;
  readonly timeout?: number;
  readonly prefix?: boolean;
  readonly trace?: string;
}

/** The flags of `run` that have a value. */
const VALUED = ['-n', '-np', '--ranks', '--mpiexec-args', '--launcher', '--timeout', '--trace'];

/** Writes mpiexec's `-np` before the script as `-n`. */
function withoutNp(argv: readonly string[]): string[] {
  const args = [...argv];
  for (let k = 3; k < args.length && args[k]?.startsWith('-'); k++) {
    const flag = args[k] as string;
    if (flag === '-np') args[k] = '-n';
    if (VALUED.includes(flag)) k++;
  }
  return args;
}

const program = new Command('lops')
  .description('Distributed linear operators and inverse problems over MPI')
  .version(packageVersion())
  .enablePositionalOptions();

program
  .command('run')
  .description('run a script on several ranks')
  .requiredOption('-n, --ranks <n>', 'number of ranks (also -np)', positive)
  .option('--debug', 'compare the calls of all ranks, with source lines (LOPS_DEBUG=1)')
  .option('--timeout <seconds>', 'end the job after so long in one call (LOPS_TIMEOUT)', positive)
  .option('--prefix', 'begin each line of output with the rank')
  .option('--trace <file>', 'write a timeline for ui.perfetto.dev or chrome://tracing (LOPS_TRACE)')
  .option('--mpiexec-args <text>', 'further arguments of the launcher, separated by spaces', '')
  .addOption(new Option('--launcher <name>', 'what starts the ranks').choices(LAUNCHERS).default('auto'))
  .argument('<script>', 'JavaScript or TypeScript file')
  .argument('[args...]', 'arguments of the script')
  .passThroughOptions()
  .action(async (script: string, args: string[], { mpiexecArgs: text, ...options }: RunFlags) => {
    const mpiexecArgs = text.split(/\s+/).filter((a) => a !== '');
    process.exitCode = await launch({ ...options, script, args, mpiexecArgs });
  });

program
  .command('setup')
  .description('build the native addons for the libraries that are present')
  .action(() => {
    const script = packagePath('scripts/build-native.mjs');
    const { status } = spawnSync(process.execPath, [script], { stdio: 'inherit' });
    process.exitCode = status ?? 1;
  });

program
  .command('info')
  .description('print what a .npy, .npz, Zarr, HDF5 or SEG-Y file holds, with a small picture')
  .option('--array <name>', 'the array of an .npz archive, or the dataset of an HDF5 file, to show')
  .argument('<file>', 'file, or folder of a Zarr array')
  .action(async (file: string, { array }: { array?: string }) => {
    const { fileText } = await import('./info.js');
    console.log(fileText(file, array));
  });

program
  .command('doctor')
  .description('report versions, addons, MPI, ranks and devices, and what to do about what is missing')
  .option('--json', 'for programs')
  .action(async ({ json }: { json?: boolean }) => {
    const [{ examine }, { doctorText }] = await Promise.all([
      import('./doctor.js'),
      import('./doctor-text.js'),
    ]);
    const report = await examine();
    if (!report) return;
    console.log(json ? JSON.stringify(report, undefined, 2) : doctorText(report));
    if (report.problems.some((p) => p.severity === 'error')) process.exitCode = 1;
  });

try {
  await program.parseAsync(withoutNp(process.argv));
} catch (error) {
  if (!(error instanceof LopsError)) throw error;
  console.error(`lops: ${error.message}`);
  process.exitCode = 1;
}
