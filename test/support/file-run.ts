import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startRanks } from './launch.js';
import { type End, type Event, type Failure, LogReader, type Plan, type PlannedTest } from './protocol.js';

/** Time limits in milliseconds. */
export interface Limits {
  /** The limit of all launches on one number of ranks, for each file. */
  readonly file: number;
  /** The limit of a test that has no limit of its own. */
  readonly test: number;
  /**
   * The limit of the other ranks after one rank has failed a test or died, and of the launcher
   * after all tests have ended.
   */
  readonly grace: number;
}

/** A factor on the limits. Ranks that spin while they wait are slow if they share cores. */
const PATIENCE = Number(process.env['LOPS_TEST_PATIENCE'] ?? 1);
export const DEFAULT_LIMITS: Limits = { file: 120_000 * PATIENCE, test: 30_000 * PATIENCE, grace: 5_000 };

export type Verdict =
  | { readonly state: 'passed' }
  | { readonly state: 'skipped'; readonly why: string }
  | { readonly state: 'failed'; readonly message: string; readonly stack?: string | undefined };

export interface FilesRun {
  readonly size: number;
  readonly tests: readonly PlannedTest[];
  readonly limits?: Limits | undefined;
  /** Called once for every test, in order, as soon as its result is available. */
  report(step: number, verdict: Verdict): void;
}

const RANK_MAIN = fileURLToPath(new URL('./rank-main.js', import.meta.url));
const POLL = 15;

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const listRanks = (ranks: readonly number[]): string =>
  `rank${ranks.length === 1 ? '' : 's'} ${ranks.join(', ')}`;
const tail = (text: string): string => {
  const end = text.trim().split('\n').slice(-15).join('\n');
  return end === '' ? '' : `\noutput of the launch:\n${end.replace(/^/gm, '  | ')}`;
};

/** The state of one rank of a launch. */
interface RankState {
  pid: number;
  rank: number | undefined;
  readonly begun: Set<number>;
  readonly ends: Map<number, End>;
  done: boolean;
  uncaught: { failure: Failure; at: number } | undefined;
  exit: { code: number; at: number } | undefined;
}

/**
 * Combines the failures of several ranks in one text. Ranks with the same message are listed
 * together.
 */
function describeEnds(
  size: number,
  failures: ReadonlyMap<number, Failure>,
): { message: string; stack: string | undefined } {
  const byText = new Map<string, number[]>();
  for (const [rank, { name, message }] of failures) {
    const text = `${name}: ${message}`;
    byText.set(text, [...(byText.get(text) ?? []), rank]);
  }
  const lines = [...byText].map(
    ([text, ranks]) =>
      `${ranks.length === size && size > 1 ? 'all ranks' : `${listRanks(ranks)} of ${size}`}: ${text}`,
  );
  return { message: lines.join('\n'), stack: [...failures.values()][0]?.stack };
}

/** The verdict on a test that every rank has ended. */
export function judge(ends: readonly End[]): Verdict {
  const failures = new Map<number, Failure>();
  ends.forEach((end, rank) => {
    if (end.kind === 'failed') failures.set(rank, end.failure);
  });
  if (failures.size > 0) return { state: 'failed', ...describeEnds(ends.length, failures) };
  const skipped = ends.flatMap((end, rank) => (end.kind === 'skipped' ? [{ rank, why: end.why }] : []));
  if (skipped.length === 0) return { state: 'passed' };
  const why = skipped[0]?.why ?? '';
  if (skipped.length === ends.length) return { state: 'skipped', why };
  return {
    state: 'failed',
    message:
      `${listRanks(skipped.map((s) => s.rank))} of ${ends.length} skipped the test (${why}), the ` +
      'others ran it',
  };
}

/** One start of `mpiexec`, with the logs of its ranks, its output, and the end of both. */
class Launch {
  readonly size: number;
  output = '';
  closed: { code: number | null; signal: NodeJS.Signals | null; error?: Error } | undefined;
  readonly #folder = mkdtempSync(join(tmpdir(), 'lops-test-'));
  readonly #reader: LogReader;
  readonly #states = new Map<string, RankState>();
  readonly #child;

  constructor(run: FilesRun, tests: readonly PlannedTest[]) {
    this.size = run.size;
    const plan: Plan = { logs: this.#folder, tests };
    const path = join(this.#folder, 'plan.json');
    writeFileSync(path, JSON.stringify(plan));
    this.#reader = new LogReader(this.#folder);
    this.#child = startRanks(run.size, [RANK_MAIN], { LOPS_TEST_PLAN: path });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output = (this.output + text).slice(-20_000);
        if (process.env['LOPS_TEST_VERBOSE']) process.stderr.write(text);
      });
    }
    this.#child.on('error', (error) => {
      this.closed ??= { code: null, signal: null, error };
    });
    this.#child.on('close', (code, signal) => {
      this.closed ??= { code, signal };
    });
  }

  poll(): void {
    for (const { file, event } of this.#reader.read()) {
      let state = this.#states.get(file);
      if (!state) {
        state = {
          pid: 0,
          rank: undefined,
          begun: new Set(),
          ends: new Map(),
          done: false,
          uncaught: undefined,
          exit: undefined,
        };
        this.#states.set(file, state);
      }
      apply(state, event);
    }
  }

  get states(): RankState[] {
    return [...this.#states.values()];
  }

  get ranks(): RankState[] {
    return this.states
      .filter((s) => s.rank !== undefined)
      .sort((a, b) => (a.rank as number) - (b.rank as number));
  }

  /**
   * The results of all ranks for a step, in the order of ranks. Undefined until all are available.
   */
  ends(step: number): End[] | undefined {
    const ends = this.ranks.flatMap((s) => s.ends.get(step) ?? []);
    return ends.length === this.size ? ends : undefined;
  }

  /** The first rank that ended too early. */
  get firstDead(): RankState | undefined {
    const dead = this.states.filter((s) => s.uncaught || (s.exit && !s.done));
    const at = (s: RankState): number => s.uncaught?.at ?? s.exit?.at ?? 0;
    return dead.sort((a, b) => at(a) - at(b))[0];
  }

  /** The rank that was ended by a signal, according to the output of Open MPI or Hydra. */
  get signalled(): { readonly rank: number | undefined; readonly what: string } | undefined {
    const open = /process rank (\d+) .*exited on signal (\d+)(?: \(([^)]*)\))?/s.exec(this.output);
    if (open) return { rank: Number(open[1]), what: `signal ${open[2]}${open[3] ? ` (${open[3]})` : ''}` };
    const hydra = /PID (\d+) RUNNING AT.*?EXIT CODE: (\d+)/s.exec(this.output);
    if (hydra && Number(hydra[2]) < 64)
      return { rank: this.states.find((s) => s.pid === Number(hydra[1]))?.rank, what: `signal ${hydra[2]}` };
    if (this.size === 1 && this.closed?.signal) return { rank: 0, what: this.closed.signal };
    return undefined;
  }

  /**
   * True if a rank died of a segmentation fault before any rank had joined. This is a known race in
   * the start of Open MPI.
   */
  get racedAtStart(): boolean {
    return this.closed?.code === 139 && this.ranks.length === 0;
  }

  kill(): void {
    this.#child.kill('SIGTERM');
    for (const { pid, exit } of this.states) {
      if (exit) continue;
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // the process has already ended
      }
    }
  }

  async ended(limit: number): Promise<boolean> {
    for (const end = Date.now() + limit; !this.closed && Date.now() < end; ) await sleep(POLL);
    return this.closed !== undefined;
  }

  async dispose(): Promise<void> {
    if (!this.closed) {
      this.kill();
      if (!(await this.ended(2000))) {
        this.#child.kill('SIGKILL');
        await this.ended(2000);
      }
    }
    this.poll();
    this.#reader.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function apply(state: RankState, event: Event): void {
  switch (event.kind) {
    case 'hello':
      state.pid = event.pid;
      break;
    case 'joined':
      state.rank = event.rank;
      break;
    case 'begin':
      state.begun.add(event.step);
      break;
    case 'done':
      state.done = true;
      break;
    case 'uncaught':
      state.uncaught ??= event;
      break;
    case 'exit':
      state.exit = event;
      break;
    default:
      state.ends.set(event.step, event);
  }
}

/** Explains why a launch ended before a test was done, and names the rank that caused it. */
function explain(launch: Launch, step: number, timeout: string | undefined): Verdict {
  const { size } = launch;
  const failures = new Map<number, Failure>();
  for (const s of launch.ranks) {
    const end = s.ends.get(step);
    if (end?.kind === 'failed') failures.set(s.rank as number, end.failure);
  }
  const dead = launch.firstDead;
  const { message, stack } = describeEnds(size, failures);
  const lines = message === '' ? [] : [message];
  const of = (rank: number | undefined): string =>
    rank === undefined ? 'a rank' : `rank ${rank} of ${size}`;
  const signalled = timeout === undefined ? launch.signalled : undefined;
  let withOutput = false;

  if (dead?.uncaught)
    lines.push(`${of(dead.rank)}: uncaught ${dead.uncaught.failure.name}: ${dead.uncaught.failure.message}`);
  else if (dead?.exit && !signalled)
    lines.push(`${of(dead.rank)} left the test with exit code ${dead.exit.code}`);
  if (signalled && !dead?.uncaught) {
    lines.push(`${of(signalled.rank)} died of ${signalled.what}`);
    withOutput = true;
  }
  const missing = launch.ranks.filter((s) => s.ends.get(step) === undefined).map((s) => s.rank as number);
  const blamed = dead !== undefined || signalled !== undefined;
  if (timeout !== undefined && !blamed && launch.ranks.length < size) {
    lines.push(`only ${launch.ranks.length} of ${size} ranks started within ${timeout}`);
    withOutput = true;
  } else if (timeout !== undefined && !blamed && missing.length > 0) {
    lines.push(
      `${listRanks(missing)} of ${size} did not come to the end of the test within ` +
        `${timeout}${failures.size > 0 ? ' after that' : ''}`,
    );
  }
  if (lines.length === 0) {
    const { code, signal, error } = launch.closed ?? { code: null, signal: null };
    lines.push(
      error
        ? `cannot start ${size} ranks: ${error.message}`
        : `the launch of ${size} ranks ended with ${signal ?? `exit code ${code}`} before the test was done`,
    );
    withOutput = true;
  }
  return {
    state: 'failed',
    message: lines.join('\n') + (withOutput ? tail(launch.output) : ''),
    stack: stack ?? dead?.uncaught?.failure.stack,
  };
}

/**
 * Runs a launch that begins with the first of `tests`.
 *
 * @returns the number of tests that now have a verdict, and the error at the end of the launch
 */
async function runLaunch(
  run: FilesRun,
  first: number,
  limits: Limits,
  deadline: number,
): Promise<{ judged: number; raced: boolean; ending: string | undefined }> {
  const tests = run.tests.slice(first);
  const launch = new Launch(run, tests);
  let step = 0;
  let begun: number | undefined;
  let broken: number | undefined;
  let timeout: string | undefined;
  try {
    while (step < tests.length) {
      const closed = launch.closed !== undefined;
      launch.poll();
      for (let ends = launch.ends(step); ends && step < tests.length; ends = launch.ends(step)) {
        run.report(first + step, judge(ends));
        step += 1;
        [begun, broken] = [undefined, undefined];
      }
      if (step === tests.length || closed) break;
      const now = Date.now();
      const states = launch.states;
      if (states.some((s) => s.begun.has(step))) begun ??= now;
      if (states.some((s) => s.ends.get(step)?.kind === 'failed') || launch.firstDead) broken ??= now;
      const own = tests[step]?.timeout;
      const limit = own === undefined ? limits.test : own * (run.limits ? 1 : PATIENCE);
      if (begun !== undefined && now - begun > limit) timeout = seconds(limit);
      else if (broken !== undefined && now - broken > limits.grace) timeout = seconds(limits.grace);
      else if (now > deadline) timeout = filesLimit(run, limits);
      if (timeout !== undefined) break;
      await sleep(POLL);
    }
    if (step < tests.length) {
      if (launch.racedAtStart) return { judged: 0, raced: true, ending: undefined };
      const verdict = explain(launch, step, timeout);
      run.report(first + step, verdict);
      step += 1;
      // another start would end in the same way if no rank joined, or if none could load the file
      const joined = launch.ranks.length === run.size;
      if (!joined || launch.ranks.every((s) => s.begun.size === 0))
        while (step < tests.length && (!joined || tests[step]?.file === tests[0]?.file))
          run.report(first + step++, verdict);
      return { judged: step, raced: false, ending: undefined };
    }
    if (!(await launch.ended(limits.grace))) {
      return {
        judged: step,
        raced: false,
        ending:
          `the tests are done, but the launch of ${run.size} ranks did not end within ` +
          `${seconds(limits.grace)}`,
      };
    }
    const { code, signal } = launch.closed ?? { code: null, signal: null };
    if (code !== 0)
      return {
        judged: step,
        raced: false,
        ending:
          `the tests are done, but the launch of ${run.size} ranks ended with ` +
          `${signal ?? `exit code ${code}`}${tail(launch.output)}`,
      };
    return { judged: step, raced: false, ending: undefined };
  } finally {
    await launch.dispose();
  }
}

const files = ({ tests }: FilesRun): number => new Set(tests.map((t) => t.file)).size;
const filesLimit = (run: FilesRun, { file }: Limits): string => {
  const n = files(run);
  return n === 1
    ? `the file's limit of ${seconds(file)}`
    : `the limit of ${seconds(n * file)} for ${n} files`;
};

/**
 * Runs tests of some files on one number of ranks, in as few launches as possible: one, and another
 * after each test that ended a launch.
 *
 * @returns the description of an error after the last test, if there is one
 */
export async function runFiles(run: FilesRun): Promise<string | undefined> {
  const limits = run.limits ?? DEFAULT_LIMITS;
  const deadline = Date.now() + files(run) * limits.file;
  let next = 0;
  let repeated = false;
  let ending: string | undefined;
  while (next < run.tests.length) {
    if (Date.now() > deadline) {
      for (; next < run.tests.length; next++)
        run.report(next, {
          state: 'failed',
          message: `not run: ${filesLimit(run, limits)} was over`,
        });
      break;
    }
    const result = await runLaunch(run, next, limits, deadline);
    next += result.judged;
    ending ??= result.ending;
    if (!result.raced) continue;
    if (repeated) {
      run.report(next++, {
        state: 'failed',
        message: `two launches of ${run.size} ranks died of a segmentation fault before they had started`,
      });
    }
    repeated = true;
  }
  return ending;
}
