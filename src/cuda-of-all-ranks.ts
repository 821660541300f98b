import { BackendError } from './core/base/errors.js';
import { log } from './core/base/log.js';
import { readSetting } from './core/base/settings.js';
import type { Communicator } from './core/ports/communicator.js';
import { type CudaBackend, createCudaBackend } from './gpu/cuda/index.js';
import { chooseDeviceTransport } from './mpi/memory/device-transport.js';
import { loadMpi } from './mpi/mpi-addon.js';
import { MPI_SETTINGS } from './mpi/mpi-settings.js';

/**
 * This rank's CUDA backend, where all ranks have one, and the transport of their memory
 * (`LOPS_GPU_TRANSPORT`). Collective over all ranks of the launch. Throws {@link BackendError} on
 * all of them where one has no device, or where the transport that was asked for doesn't work.
 * @param nodeRank this rank's number within its node
 */
export function cudaOfAllRanks(comm: Communicator, nodeRank: number): CudaBackend {
  const made = attempt(() => createCudaBackend(nodeRank));
  const reasons = comm.allgatherObject('error' in made ? messageOf(made.error) : '');
  const rank = reasons.findIndex((reason) => reason !== '');
  if ('error' in made) throw made.error;
  if (rank >= 0) throw new BackendError(`rank ${rank}: ${reasons[rank]}`);
  const { backend } = made;
  const choice = chooseDeviceTransport(comm, backend, {
    wanted: readSetting(MPI_SETTINGS.transport, process.env),
    support: () =>
      comm.size > 1 ? loadMpi().cudaSupport() : { supported: false, query: 'one rank without MPI' },
    port: () => backend.ncclPort(comm),
  });
  log('info', 'backend cuda', {
    device: backend.device.name,
    transport: choice.transport,
    reason: choice.reason,
  });
  return backend;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function attempt(make: () => CudaBackend): { readonly backend: CudaBackend } | { readonly error: unknown } {
  try {
    return { backend: make() };
  } catch (error) {
    return { error };
  }
}
