import { BackendError } from '../../core/base/errors.js';
import { cudaAddon } from './cuda-addon.js';
import { CudaBackend } from './cuda-backend.js';
import { cacheFolder, deviceOf, memoryLimit } from './cuda-settings.js';

/**
 * The CUDA backend on the device that the environment names (`LOPS_CUDA_DEVICE`,
 * `LOPS_CUDA_MEMORY`, `LOPS_CUDA_CACHE`), otherwise on the one of this rank of its node. Throws
 * {@link BackendError} with the remedy where there is no CUDA.
 * @param nodeRank this rank's number within its node
 */
export function createCudaBackend(
  nodeRank = 0,
  env: Readonly<Record<string, string | undefined>> = process.env,
): CudaBackend {
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
