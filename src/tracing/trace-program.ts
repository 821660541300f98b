import { messageOf } from '../core/base/errors.js';
import type { Communicator } from '../core/ports/communicator.js';
import { atEnd, say } from '../mpi/life-cycle.js';
import { beginTrace, type TraceSummary } from './trace.js';

const rest = new Int32Array(new SharedArrayBuffer(4));

/** Whether all ranks come here within `seconds`. Collective. */
function allArrive(comm: Communicator, seconds: number): boolean {
  const arrival = comm.iallreduce(new Int32Array(1), 'sum');
  const began = performance.now();
  while (!arrival.test()) {
    if (performance.now() - began > 1000 * seconds) return false;
    Atomics.wait(rest, 0, 0, 1);
  }
  return true;
}

/** Names what the file lacks. */
function report(path: string, { events, dropped }: TraceSummary): void {
  for (const [rank, count] of dropped.entries())
    if (count > 0)
      say(
        `lops-mpi: trace ${path}: rank ${rank} has the first ${events[rank]} events; ${count} more are ` +
          'left out',
      );
}

/** Traces a program from its start to its end. Collective. */
export function traceProgram(path: string, comm: Communicator): void {
  const trace = beginTrace(path, { comm }, true);
  const finish = (): void => {
    try {
      const summary = trace.stop();
      if (comm.rank === 0) report(path, summary);
    } catch (error) {
      // The program has ended well
      if (comm.rank === 0) say(`lops-mpi: trace: ${messageOf(error)}`);
    }
  };
  // One rank needs no other one, however it ends
  if (comm.size === 1) process.prependListener('exit', finish);
  else
    atEnd((seconds) => {
      const came = allArrive(comm, seconds);
      if (came) finish();
      else trace.flush();
      return came;
    });
}
