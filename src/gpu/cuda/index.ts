export { type CudaState, cudaAddon } from './addon.js';
export { createCudaBackend } from './create-cuda-backend.js';
export { CudaBackend, type CudaBackendOptions } from './cuda-backend.js';
export type { CudaCounters, CudaDeviceInfo, CudaLibrary, CudaPoolStats } from './native.js';
export { reportCuda } from './report-cuda.js';
