import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Line, Row, Section, SectionResult, Status } from './section.js';

/** Milliseconds that a section has to end after the first signal. */
const GRACE = 3000;
/** Characters that are kept of what a section prints besides its lines. */
const MOST_OUTPUT = 4000;

/** The object of a line, if it is one of a section. */
function lineOf(text: string): Line | undefined {
  try {
    const line: unknown = JSON.parse(text);
    const known = ['row', 'failure', 'skipped'];
    return typeof line === 'object' && line && known.some((key) => key in line) ? (line as Line) : undefined;
  } catch {
    return undefined;
  }
}

/** Sends a signal to a section and all that it started. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // it has ended
  }
}

/**
 * Runs one section in a group of processes of its own. It ends when the program ends, when its time
 * is over, or when `abort` is signalled.
 */
function runSection(
  { name, title, about, command: [program, ...args] }: Section,
  limit: number,
  abort: AbortSignal,
  update: (result: SectionResult) => void,
): Promise<SectionResult> {
  const began = performance.now();
  const rows: Row[] = [];
  const failures: string[] = [];
  let [skipped, output]: [string | undefined, string] = [undefined, ''];
  const result = (status: Status): SectionResult => {
    const seconds = (performance.now() - began) / 1000;
    const found = { rows: [...rows], failures: [...failures], ...(skipped === undefined ? {} : { skipped }) };
    return { name, title, about, status, seconds, limit, ...found, output };
  };
  update(result('running'));
  return new Promise((done) => {
    const child = spawn(program, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let stopped: Status | undefined;
    const stop = (status: Status): void => {
      if (stopped) return;
      stopped = status;
      signalGroup(child, 'SIGTERM');
      setTimeout(() => signalGroup(child, 'SIGKILL'), GRACE).unref();
      // Pipes stay open as long as a process that left the group holds them
      setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, GRACE + 500).unref();
    };
    const timer = setTimeout(() => stop('out of time'), 1000 * limit);
    const interrupt = (): void => stop('interrupted');
    abort.addEventListener('abort', interrupt);
    const keep = (text: string): void => {
      output = `${output}${text}\n`.slice(-MOST_OUTPUT);
    };
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (text) => {
        const line = lineOf(text);
        if (!line) keep(text);
        else if ('row' in line) rows.push(line.row);
        else if ('failure' in line) failures.push(line.failure);
        else skipped = line.skipped;
      });
    child.on('error', (error) => keep(error.message));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      abort.removeEventListener('abort', interrupt);
      if (code !== 0 && !stopped) failures.push(`it ended with ${signal ?? `exit code ${code}`}`);
      const ended = failures.length > 0 ? 'failed' : skipped !== undefined ? 'skipped' : 'passed';
      done(result(stopped ?? ended));
    });
  });
}

/**
 * Runs sections one after another. A section that fails, hangs or dies does not end the others.
 *
 * @param options `seconds` for all together; a signal that ends the present section and leaves out
 *   the others; what to call with all results whenever one has changed
 */
export async function runSections(
  sections: readonly Section[],
  options: {
    readonly seconds: number;
    readonly abort: AbortSignal;
    readonly update: (results: readonly SectionResult[]) => void;
  },
): Promise<readonly SectionResult[]> {
  const end = performance.now() + 1000 * options.seconds;
  const results = sections.map(
    ({ name, title, about, seconds: limit }): SectionResult => ({
      name,
      title,
      about,
      status: 'open',
      seconds: 0,
      limit,
      rows: [],
      failures: [],
      output: '',
    }),
  );
  for (const [k, section] of sections.entries()) {
    const left = (end - performance.now()) / 1000;
    if (options.abort.aborted || left <= 0) break;
    const set = (result: SectionResult): void => {
      results[k] = result;
      options.update(results);
    };
    set(await runSection(section, Math.min(section.seconds, left), options.abort, set));
  }
  return results;
}
