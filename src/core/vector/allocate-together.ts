import { BackendError } from '../base/errors.js';
import { disposingOnFailure } from '../base/scope.js';
import { onAllRanks } from '../ports/agreement.js';
import type { Backend } from '../ports/backend.js';
import type { Communicator } from '../ports/communicator.js';

/** The backend and the communicator of a loop's vectors. */
export interface Place {
  readonly backend: Backend;
  readonly comm: Communicator;
}

/**
 * Runs `body`, which allocates the vectors of a loop and the caches of its operators. On a backend
 * with {@link Backend.overcommit}, all ranks reach the end of `body`. If the memory of one rank was
 * too small, all ranks throw, so that no rank waits in an exchange. If `body` fails, all that it
 * allocated is disposed. Collective over the ranks of `place`: one reduction of one number on such
 * a backend, none on others.
 * @throws {@link BackendError} on all ranks, if the memory of one was too small
 */
export function allocateTogether<T>(place: Place | undefined, body: () => T): T {
  if (!place?.backend.overcommit || place.comm.size === 1) return disposingOnFailure(body);
  const { backend, comm } = place;
  const shortageOf = backend.overcommit?.() as () => string;
  let shortage = '';
  return disposingOnFailure(() => {
    let result: T;
    try {
      result = body();
    } finally {
      shortage = shortageOf();
    }
    const short = Int32Array.of(shortage === '' ? 0 : 1);
    comm.allreduce(short, 'max');
    if (short[0] === 0) return result;
    return onAllRanks(comm, () => {
      if (shortage !== '') throw new BackendError(shortage);
      return result;
    });
  });
}
