/**
 * Distributed linear operators and inverse-problem solvers. Importing it sets the defaults: the CPU
 * backend, and all ranks of the launch as communicator (one rank without a launcher).
 * `lops-mpi/core` has the contracts without these side effects, `lops-mpi/plotting` draws figures.
 */

// a part of an array and the set of a projection have one name
export type { Box as LayoutBox } from './core/index.js';
export * from './core/index.js';
export {
  CudaBackend,
  type CudaBackendOptions,
  type CudaCounters,
  type CudaDeviceInfo,
  type CudaPoolStats,
  type CudaState,
  cudaAddon,
  float32,
  float64,
  int32,
  int64,
  type KernelNumber,
  type LaunchOptions,
  RawKernel,
  type RawKernelOptions,
} from './gpu/cuda/index.js';
export * from './gpu/js-kernel/index.js';
export {
  createTfjsBackend,
  type TensorModule,
  type TfjsBackendOptions,
  type TfjsEngine,
} from './gpu/tfjs/index.js';
export { COMM_SELF, COMM_WORLD } from './import-side-effects.js';
export * from './io/index.js';
export * from './local/index.js';
export * from './operators/index.js';
export * from './optimization/index.js';
export * from './proximal/index.js';
export { Box } from './proximal/index.js';
