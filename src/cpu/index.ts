export { type CpuAddonInfo, type CpuAddonState, cpuAddon } from './cpu-addon.js';
export { CpuBackend, type CpuBackendOptions } from './cpu-backend.js';
export { createCpuBackend } from './create-cpu-backend.js';
export type { CpuKernel, CpuKernels, HostRun } from './host-memory.js';
export { nativeKernels, nativeOptions } from './native-kernels.js';
export { Pool } from './pool.js';
export { referenceKernels } from './reference/index.js';
export { reportCpu } from './report-cpu.js';
