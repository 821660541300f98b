import type { Backend } from './backend.js';
import type { Communicator } from './communicator.js';
import { BackendError } from './errors.js';
import { disposingOnFailure } from './scope.js';

let depth = 0;

/**
 * Runs what makes the vectors of a loop. Distributed vectors on a backend whose memory is {@link Backend.bounded} are then made together: where one rank has no memory
 * for its part, all ranks throw, and none waits for it in a later exchange. Costs a reduction of one number for each vector made. What was made before the failure is disposed.
 */
export function settingUp<T>(body: () => T): T {
  depth++;
  try {
    return disposingOnFailure(body);
  } finally {
    depth--;
  }
}

/** A rank's part of a vector, made by `make`. Throws {@link BackendError} on all ranks where ranks agree and one has failed. */
export function makePart<T extends { dispose(): void }>(backend: Backend, comm: Communicator, make: () => T): T {
  if (depth === 0 || backend.bounded !== true || comm.size === 1) return make();
  let part: T | undefined;
  let cause: unknown;
  try {
    part = make();
  } catch (error) {
    cause = error;
  }
  const failed = Int32Array.of(part ? 0 : 1);
  comm.allreduce(failed, 'max');
  if (part && failed[0] === 0) return part;
  part?.dispose();
  const reasons = comm.allgatherObject(cause === undefined ? '' : cause instanceof Error ? cause.message : String(cause));
  const rank = reasons.findIndex((reason) => reason !== '');
  throw new BackendError(`rank ${rank}: ${reasons[rank]}`, cause === undefined ? undefined : { cause });
}
