import { homedir } from 'node:os';
import { join } from 'node:path';
import { BackendError } from '../../core/base/errors.js';
import { type Environment, setting } from '../../environment/environment.js';
import type { CudaDeviceInfo } from './cuda-addon-interface.js';

/**
 * The device of this process: `LOPS_CUDA_DEVICE`, otherwise the rank's number within its node,
 * modulo the number of devices.
 *
 * @throws {@link BackendError} if there is no such device
 */
export function deviceOf(
  env: Environment,
  devices: readonly CudaDeviceInfo[],
  nodeRank: number,
): CudaDeviceInfo {
  const index = setting('LOPS_CUDA_DEVICE', env) ?? nodeRank % devices.length;
  const device = devices[index];
  if (!device)
    throw new BackendError(
      `expected LOPS_CUDA_DEVICE to be the number of a device, 0 to ${devices.length - 1}, received ` +
        `'${index}'`,
    );
  return device;
}

/**
 * `LOPS_CUDA_MEMORY` in bytes. Values up to 1 are a share of the device's memory. Infinity if it is
 * not set.
 *
 * @throws {@link ArgumentError} if the value is invalid
 */
export function memoryLimit(env: Environment, device: CudaDeviceInfo): number {
  const value = setting('LOPS_CUDA_MEMORY', env) ?? Number.POSITIVE_INFINITY;
  return Math.floor(value <= 1 ? value * device.totalBytes : value);
}

/**
 * The folder for compiled kernels: `LOPS_CUDA_CACHE` (`off` for none), otherwise a folder in the
 * user's cache.
 */
export function cacheFolder(env: Environment): string {
  const folder = setting('LOPS_CUDA_CACHE', env);
  if (folder !== undefined) return folder === 'off' ? '' : folder;
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'lops-mpi', 'cuda');
}
