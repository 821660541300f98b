import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** The plan of a launch. The runner writes it as JSON and every rank reads it. */
export interface Plan {
  /** The folder of the logs of the ranks. */
  readonly logs: string;
  readonly tests: readonly PlannedTest[];
}

export interface PlannedTest {
  /** The compiled test file. */
  readonly file: string;
  /** The index of the test in its file. */
  readonly index: number;
  readonly title: string;
  readonly backend: string;
  /** Milliseconds, if the test has its own limit. */
  readonly timeout?: number | undefined;
}

export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

/** One line of a rank's log. `step` counts the tests of the plan. */
export type Event =
  | { readonly kind: 'hello'; readonly pid: number }
  | { readonly kind: 'joined'; readonly rank: number; readonly size: number }
  | { readonly kind: 'begin'; readonly step: number }
  | { readonly kind: 'passed'; readonly step: number }
  | { readonly kind: 'skipped'; readonly step: number; readonly why: string }
  | { readonly kind: 'failed'; readonly step: number; readonly failure: Failure }
  | { readonly kind: 'done' }
  | { readonly kind: 'uncaught'; readonly failure: Failure; readonly at: number }
  | { readonly kind: 'exit'; readonly code: number; readonly at: number };

export type End = Extract<Event, { kind: 'passed' | 'skipped' | 'failed' }>;

export function describeFailure(error: unknown): Failure {
  if (error instanceof Error) return { name: error.name, message: error.message, stack: error.stack ?? '' };
  return { name: 'thrown value', message: String(error), stack: '' };
}

/** The log of a rank. It is written synchronously, so that nothing is lost if the process dies. */
export class LogWriter {
  readonly #fd: number;
  constructor(folder: string) {
    this.#fd = openSync(join(folder, `${process.pid}.jsonl`), 'a');
  }
  write(event: Event): void {
    writeSync(this.#fd, `${JSON.stringify(event)}\n`);
  }
}

/** Reads the logs of a launch as they grow. */
export class LogReader {
  readonly #folder: string;
  readonly #files = new Map<string, { readonly fd: number; rest: string }>();
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** New events, each with the name of its file. */
  read(): { readonly file: string; readonly event: Event }[] {
    const events: { file: string; event: Event }[] = [];
    for (const file of readdirSync(this.#folder)) {
      if (!file.endsWith('.jsonl')) continue;
      let log = this.#files.get(file);
      if (!log) {
        log = { fd: openSync(join(this.#folder, file), 'r'), rest: '' };
        this.#files.set(file, log);
      }
      const chunk = Buffer.alloc(1 << 16);
      let text = '';
      for (let n = readSync(log.fd, chunk); n > 0; n = readSync(log.fd, chunk))
        text += chunk.toString('latin1', 0, n);
      if (text === '') continue;
      const lines = (log.rest + text).split('\n');
      log.rest = lines.pop() ?? '';
      for (const line of lines)
        events.push({ file, event: JSON.parse(Buffer.from(line, 'latin1').toString('utf8')) as Event });
    }
    return events;
  }

  close(): void {
    for (const { fd } of this.#files.values()) closeSync(fd);
    this.#files.clear();
  }
}

export function readPlan(path: string | undefined): Plan {
  if (!path || !existsSync(path))
    throw new Error('expected LOPS_TEST_PLAN to name a plan: ranks are started by the test runner');
  return JSON.parse(readFileSync(path, 'utf8')) as Plan;
}
