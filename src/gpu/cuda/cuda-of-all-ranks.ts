import { log } from '../../core/base/log.js';
import { onAllRanks } from '../../core/ports/agreement.js';
import type { Communicator } from '../../core/ports/communicator.js';
import { setting } from '../../environment/environment.js';
import { chooseTransport } from './choose-transport.js';
import { createCudaBackend } from './create-cuda-backend.js';
import type { CudaBackend } from './cuda-backend.js';

/**
 * Creates this rank's CUDA backend, which all ranks must have, and chooses the transport of device
 * memory (`LOPS_GPU_TRANSPORT`). Collective over all ranks of the launch.
 *
 * @param nodeRank this rank's number within its node
 * @throws {@link BackendError} on all ranks if one has no device, or if the selected transport does
 * not work
 */
export function cudaOfAllRanks(comm: Communicator, nodeRank: number): CudaBackend {
  const backend = onAllRanks(comm, () => createCudaBackend(nodeRank));
  const asked = setting('LOPS_GPU_TRANSPORT');
  chooseTransport(comm, backend, asked, () => backend.ncclPort(comm));
  log('info', 'backend cuda', { device: backend.device.name });
  return backend;
}
