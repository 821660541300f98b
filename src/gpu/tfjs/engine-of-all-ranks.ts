import { BackendError, LopsError, messageOf } from '../../core/base/errors.js';
import { checkSame, gatherFromAllRanks } from '../../core/ports/agreement.js';
import type { Backend } from '../../core/ports/backend.js';
import type { Communicator } from '../../core/ports/communicator.js';

/**
 * Loads this rank's engine. All ranks must have the same. Collective over all ranks of the launch.
 *
 * @throws {@link BackendError} on all ranks if it does not load on one, or if engines differ
 */
export async function engineOfAllRanks(comm: Communicator, load: () => Promise<Backend>): Promise<Backend> {
  const backend = await load().catch((error: unknown) =>
    error instanceof LopsError ? error : new BackendError(messageOf(error), { cause: error }),
  );
  const all = gatherFromAllRanks(comm, () => {
    if (backend instanceof LopsError) throw backend;
    return { engine: backend.name };
  });
  checkSame('tfjs', all, ['engine'], {
    error: BackendError,
    remedy: 'install the same packages everywhere, or choose one by its name',
  });
  return backend as Backend;
}
