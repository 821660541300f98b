import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { planLaunch } from '../../../src/cli/plan-launch.js';
import type { Outcome } from './outcome.js';
import { type Plan, parseMessage } from './protocol.js';
import type { Unit } from './units.js';

export interface RunOptions {
  readonly ranks: number;
  readonly backend: string;
  /** The time limit of one unit in milliseconds. */
  readonly timeout: number;
}

const RANK_MAIN = fileURLToPath(new URL('./rank-main.js', import.meta.url));
/**
 * Milliseconds until the ranks of a launch must be ready, and until a launcher must end after a
 * signal.
 */
const START = 60_000;
const GRACE = 3_000;
/** The number of launches in sequence that may end before they are ready. */
const ATTEMPTS = 3;

/**
 * Runs units on separate ranks and reports each as soon as its outcome is available. A unit that
 * exceeds the limit, or ends its ranks, is off; a new launch runs the others.
 *
 * @throws Error if ranks do not start
 */
export async function runUnits(
  units: readonly Unit[],
  options: RunOptions,
  report: (unit: Unit, outcome: Outcome) => void,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'lops-golden-'));
  const path = join(folder, 'plan.json');
  const plan: Plan = { units, backend: options.backend, ranks: options.ranks };
  writeFileSync(path, JSON.stringify(plan));
  try {
    let next = 0;
    let failedStarts = 0;
    while (next < units.length) {
      const end = await launchFrom(path, next, options, (outcome) => report(units[next++] as Unit, outcome));
      if (next >= units.length) return;
      if (!end.ready) {
        if (++failedStarts === ATTEMPTS) throw new Error(`the ranks did not start: ${end.why}`);
        continue;
      }
      failedStarts = 0;
      report(units[next++] as Unit, {
        verdict: 'off',
        off: Number.POSITIVE_INFINITY,
        accepted: 0,
        what: end.why,
      });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface End {
  readonly ready: boolean;
  readonly why: string;
}

/** Runs one launch, from the unit `first` until the launch ends. */
function launchFrom(
  plan: string,
  first: number,
  { ranks, timeout }: RunOptions,
  outcome: (outcome: Outcome) => void,
): Promise<End> {
  const { command, args, env } = planLaunch({ ranks, script: RANK_MAIN, args: [plan, String(first)] });
  const child = spawn(command, args, {
    env: { ...env, LOPS_MPI: ranks === 1 ? 'off' : 'on', OMPI_MCA_mpi_yield_when_idle: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    let ready = false;
    let output = '';
    let timedOut: string | undefined;
    let timer: NodeJS.Timeout;
    const restart = (limit: number) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        timedOut = `no answer within ${limit / 1000} s`;
        stop(child);
      }, limit);
    };
    restart(START);
    const keep = (text: string) => {
      output = (output + text).slice(-4000);
    };
    child.stderr.setEncoding('utf8').on('data', keep);
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => {
      const message = parseMessage(line);
      if (!message) return keep(`${line}\n`);
      if (timedOut !== undefined) return;
      if ('ready' in message) ready = true;
      else outcome(message.outcome);
      restart(timeout);
    });
    child.on('error', reject);
    // the lines are read to their end before the launch counts as ended
    const read = new Promise<void>((done) => lines.once('close', done));
    child.on('close', async (code, signal) => {
      await read;
      clearTimeout(timer);
      const said = output.trim().split('\n').slice(-4).join(' | ');
      resolve({
        ready,
        why: timedOut ?? `the ranks ended (${signal ?? `exit code ${code}`})${said ? `: ${said}` : ''}`,
      });
    });
  });
}

function stop(child: ChildProcess): void {
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), GRACE).unref();
}
