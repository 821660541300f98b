export { type CpuAddonInfo, type CpuAddonState, cpuAddon } from './cpu-addon.js';
export { CpuBackend, type CpuBackendOptions } from './cpu-backend.js';
export { CpuStorage } from './cpu-storage.js';
export { createCpuBackend } from './create-cpu-backend.js';
export type { CpuBand, CpuIndexTable, CpuKernels, CpuStencil } from './kernels.js';
export { nativeKernels, nativeOptions } from './native-kernels.js';
export { Pool } from './pool.js';
export { referenceKernels } from './reference/index.js';
export { reportCpu } from './report-cpu.js';
