import type { Communicator } from '../src/index.js';
import { LIMITS, type Work } from './case.js';
import { LimitProcess } from './limit-process.js';

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

/** Times a case on all ranks; in turn with it the C loop that it is compared with, if `program` is given, so that what else the machine does hits both. */
export async function measure(work: Work, comm: Communicator, program: string | undefined): Promise<Measurement> {
  const { run, limit } = work;
  const calls = warmUp(comm, run);
  const kind = limit ? LIMITS[limit] : undefined;
  const elements = kind && 'bytes' in kind ? Math.ceil((work.bytes ?? 0) / kind.bytes / comm.size) : 1;
  const loop = limit && program ? await LimitProcess.start(program, limit, elements) : undefined;
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
