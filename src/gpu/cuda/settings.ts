import { homedir } from 'node:os';
import { join } from 'node:path';
import { ArgumentError, BackendError } from '../../core/errors.js';
import type { CudaDeviceInfo } from './native.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The device of this process: `LOPS_CUDA_DEVICE`, otherwise the rank's number within its node, modulo the number of devices. Throws {@link BackendError}. */
export function deviceOf(env: Environment, devices: readonly CudaDeviceInfo[], nodeRank: number): CudaDeviceInfo {
  const text = env['LOPS_CUDA_DEVICE'];
  const index = text === undefined || text === '' ? nodeRank % devices.length : Number(text);
  const device = devices[index];
  if (!device)
    throw new BackendError(
      `expected LOPS_CUDA_DEVICE to be the number of a device, 0 to ${devices.length - 1}, received '${String(text)}'`,
    );
  return device;
}

/** `LOPS_CUDA_MEMORY` in bytes: up to 1 it is a share of the device's. Infinity where it is not set. Throws {@link ArgumentError}. */
export function memoryLimit(env: Environment, device: CudaDeviceInfo): number {
  const text = env['LOPS_CUDA_MEMORY'];
  if (text === undefined || text === '') return Number.POSITIVE_INFINITY;
  const value = Number(text);
  if (!(value > 0))
    throw new ArgumentError(`expected LOPS_CUDA_MEMORY to be a number of bytes, or a share of the device's up to 1, received '${text}'`);
  return Math.floor(value <= 1 ? value * device.totalBytes : value);
}

/** Where compiled kernels are kept: `LOPS_CUDA_CACHE` (`off` for nowhere), otherwise a folder of the user's cache. */
export function cacheFolder(env: Environment): string {
  const text = env['LOPS_CUDA_CACHE'];
  if (text !== undefined && text !== '') return text === 'off' ? '' : text;
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'lops-mpi', 'cuda');
}
