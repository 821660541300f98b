import { ArgumentError, BackendError } from '../../core/base/errors.js';
import { textOf } from '../../core/base/text-of.js';
import { type Environment, environment } from '../../environment/environment.js';
import { cudaAddon } from './cuda-addon.js';
import { CudaBackend } from './cuda-backend.js';
import { cacheFolder, deviceOf, memoryLimit } from './cuda-settings.js';

/**
 * Creates the CUDA backend on the device that the environment selects (`LOPS_CUDA_DEVICE`,
 * `LOPS_CUDA_MEMORY`, `LOPS_CUDA_CACHE`), otherwise on the device of this rank within its node.
 *
 * @param nodeRank this rank's number within its node
 * @throws {@link BackendError} with the remedy if there is no CUDA
 */
export function createCudaBackend(nodeRank = 0, env: Environment = environment): CudaBackend {
  if (!(Number.isSafeInteger(nodeRank) && nodeRank >= 0))
    throw new ArgumentError(
      'createCudaBackend: expected nodeRank to be the number of this rank on its node, 0 or more, ' +
        `received ${textOf(nodeRank)}`,
    );
  if (typeof env !== 'object' || env === null)
    throw new ArgumentError(`createCudaBackend: expected environment variables, received ${textOf(env)}`);
  const state = cudaAddon();
  if (!state.available)
    throw new BackendError(`backend 'cuda' is not available: ${state.reason}: ${state.remedy}`);
  const device = deviceOf(env, state.devices, nodeRank);
  return new CudaBackend({
    device: device.ordinal,
    memoryLimit: memoryLimit(env, device),
    cacheFolder: cacheFolder(env),
  });
}
