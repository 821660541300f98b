import { BackendError } from '../../core/base/errors.js';
import type { Backend } from '../../core/ports/backend.js';
import type { Communicator } from '../../core/ports/communicator.js';

/**
 * This rank's engine, where all ranks have one of the same name. Collective over all ranks of the
 * launch. Throws {@link BackendError} on all of them where it doesn't load on one: with its own
 * reason there, and that of the first such rank elsewhere.
 */
export async function engineOfAllRanks(comm: Communicator, load: () => Promise<Backend>): Promise<Backend> {
  let backend: Backend | undefined;
  let mine: unknown;
  try {
    backend = await load();
  } catch (error) {
    mine = error;
  }
  const all = comm.allgatherObject({
    name: backend?.name ?? '',
    reason: backend ? '' : mine instanceof Error ? mine.message : String(mine),
  });
  if (!backend) throw mine;
  const failed = all.findIndex(({ name }) => name === '');
  if (failed >= 0) throw new BackendError(`rank ${failed}: ${all[failed]?.reason}`);
  const other = all.findIndex(({ name }) => name !== all[0]?.name);
  if (other >= 0)
    throw new BackendError(
      `expected one engine on all ranks, rank 0 has '${all[0]?.name}', rank ${other} ` +
        `'${all[other]?.name}': install the same packages everywhere, or choose one by its name`,
    );
  return backend;
}
