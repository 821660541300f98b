import type { Communicator } from '../src/index.js';
import { LIMITS, type LimitName, type Work } from './case.js';
import { type Limit, LimitProcess } from './limit-process.js';
import { SharedLimit } from './shared-limit.js';

export interface Measurement {
  /** Seconds of one call, the slowest rank's. */
  readonly times: readonly number[];
  /** Bytes or flops a second over all ranks of the C loop, taken in turn with `times`. */
  readonly limitRates: readonly number[];
}

const LEAST_REPEATS = 7;
const LEAST_SECONDS = 1;
/** Shorter calls are repeated within one timing. */
const LEAST_SAMPLE = 2e-3;
/** A case of calls this long is not repeated as often. */
const PATIENCE = 40;
/** Compilers of JavaScript need some time to see what is hot. */
const WARM_UP_SECONDS = 0.3;

function slowest(comm: Communicator, seconds: number): number {
  const all = Float64Array.of(seconds);
  comm.allreduce(all, 'max');
  return all[0] as number;
}

function timed(run: () => void, calls: number): number {
  const start = performance.now();
  for (let k = 0; k < calls; k++) run();
  return (performance.now() - start) / 1000 / calls;
}

/** Calls within one timing, so that it is long enough for the clock. */
function warmUp(comm: Communicator, run: () => void): number {
  let once = slowest(comm, timed(run, 1));
  for (let spent = once; spent < WARM_UP_SECONDS; ) {
    const calls = Math.max(1, Math.floor(0.1 * (WARM_UP_SECONDS / once)));
    once = slowest(comm, timed(run, calls));
    spent += calls * once;
  }
  return Math.max(1, Math.ceil(LEAST_SAMPLE / once));
}

/** Where limits are to be had: the program of `native/limits.c`, and the socket of those that the ranks share. */
export interface LimitPrograms {
  readonly loops?: string | undefined;
  readonly shared?: string | undefined;
}

async function startLimit(name: LimitName, work: Work, comm: Communicator, { loops, shared }: LimitPrograms): Promise<Limit | undefined> {
  const kind = LIMITS[name];
  if ('shared' in kind) return shared ? SharedLimit.connect(shared, name, comm.size) : undefined;
  const unit = 'bytes' in kind ? (work.bytes ?? 0) / kind.bytes : (work.flops ?? 0) / kind.flops;
  return loops ? LimitProcess.start(loops, name, Math.max(1, Math.ceil(unit / comm.size))) : undefined;
}

/** Times a case on all ranks; in turn with it the C program that it is compared with, where there is one, so that what else the machine does hits both. */
export async function measure(work: Work, comm: Communicator, programs: LimitPrograms): Promise<Measurement> {
  const { run, limit } = work;
  const calls = warmUp(comm, run);
  const loop = limit && (await startLimit(limit, work, comm, programs));
  const times: number[] = [];
  const limitRates: number[] = [];
  for (let spent = 0; times.length < LEAST_REPEATS || spent < LEAST_SECONDS; ) {
    if (loop) {
      comm.barrier();
      const seconds = slowest(comm, await loop.sample());
      limitRates.push((comm.size * loop.work) / seconds);
      spent += seconds;
    }
    comm.barrier();
    const seconds = slowest(comm, timed(run, calls));
    times.push(seconds);
    spent += calls * seconds;
    if (spent > PATIENCE) break;
  }
  loop?.stop();
  return { times, limitRates };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
