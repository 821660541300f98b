export { createCudaBackend } from './create-cuda-backend.js';
export { type CudaState, cudaAddon } from './cuda-addon.js';
export type { CudaCounters, CudaDeviceInfo, CudaLibrary, CudaPoolStats } from './cuda-addon-interface.js';
export { CudaBackend, type CudaBackendOptions } from './cuda-backend.js';
export type { KernelNumber } from './kernel-arguments.js';
export {
  float32,
  float64,
  int32,
  int64,
  type LaunchOptions,
  RawKernel,
  type RawKernelOptions,
} from './raw-kernel.js';
export { reportCuda } from './report-cuda.js';
