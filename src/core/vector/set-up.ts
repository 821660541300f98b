import { BackendError } from '../base/errors.js';
import { disposingOnFailure } from '../base/scope.js';
import { onAllRanks } from '../ports/agreement.js';
import type { Backend } from '../ports/backend.js';
import type { Communicator } from '../ports/communicator.js';

/** Where the vectors of a loop live. */
export interface Place {
  readonly backend: Backend;
  readonly comm: Communicator;
}

/**
 * Runs what makes the vectors of a loop, and what its operators keep. Where memory is scarce
 * ({@link Backend.overcommit}) all ranks come to its end, and all of them throw
 * {@link BackendError} where it did not fit on one: none is left waiting in an exchange. What was
 * made before a failure is disposed. Collective over the ranks of `place`; one reduction of one
 * number there, none on other backends.
 */
export function settingUp<T>(place: Place | undefined, body: () => T): T {
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
