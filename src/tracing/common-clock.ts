import type { Communicator } from '../core/ports/communicator.js';

/** Round trips to each rank, and readings of both clocks. The fastest one decides. */
const TRIPS = 12;

/** Milliseconds of the monotonic clock of this machine, which all its processes share. */
const now = (): number => Number(process.hrtime.bigint()) / 1e6;

/** The clock of this rank beside that of rank 0, in milliseconds. */
export interface ClockOffset {
  /** What to add to this rank's clock. 0 if the difference is too small to be measured. */
  readonly offset: number;
  /** Half of the fastest round trip: the error of the offset is smaller. */
  readonly error: number;
}

/**
 * Measures the difference between the monotonic clocks of this rank and of rank 0, by round trips
 * of messages. Collective: rank 0 exchanges them with one rank after another. Processes on one
 * machine have the same clock: the difference is below what can be measured, and 0 is returned.
 */
export function measureOffset(comm: Communicator): ClockOffset {
  const word = new Float64Array(2);
  const ping = word.subarray(0, 1);
  let found: ClockOffset = { offset: 0, error: 0 };
  for (let rank = 1; rank < comm.size; rank++) {
    if (comm.rank === rank) {
      for (let k = 0; k < TRIPS; k++) {
        comm.recv(ping, 0);
        ping[0] = now();
        comm.send(ping, 0);
      }
      comm.recv(word, 0);
      found = { offset: word[0] as number, error: word[1] as number };
    }
    if (comm.rank !== 0) continue;
    let [offset, error] = [0, Number.POSITIVE_INFINITY];
    for (let k = 0; k < TRIPS; k++) {
      const sent = now();
      comm.send(ping, rank);
      comm.recv(ping, rank);
      const half = (now() - sent) / 2;
      if (half < error) [offset, error] = [sent + half - (ping[0] as number), half];
    }
    word.set([Math.abs(offset) <= error ? 0 : offset, error]);
    comm.send(word, rank);
  }
  return found;
}

/**
 * What to add to `performance.now()` for the monotonic clock. The system may interrupt the process
 * between two readings, so the closest ones decide.
 */
function monotonicBase(): number {
  let [base, width] = [0, Number.POSITIVE_INFINITY];
  for (let k = 0; k < TRIPS; k++) {
    const before = now();
    const time = performance.now();
    const after = now();
    if (after - before < width) [base, width] = [(before + after) / 2 - time, after - before];
  }
  return base;
}

/**
 * What to add to `performance.now()` for milliseconds since this call on rank 0, the same on all
 * ranks. Collective.
 */
export function commonClock(comm: Communicator): ClockOffset & { readonly base: number } {
  const measured = measureOffset(comm);
  const origin = comm.bcastObject(now());
  return { ...measured, base: monotonicBase() + measured.offset - origin };
}
