/**
 * Arrays, communicators, distributed operators and solvers. Importing this module joins MPI and
 * sets the defaults: the CPU backend, and the communicator of all ranks of the launch (one rank
 * without a launcher).
 *
 * Other entries: `lops-mpi/local` (operators of one rank), `/proximal`, `/io`, `/plotting`, `/cli`,
 * `/cuda`, `/testing`, and `/extend` for custom operators, solvers and backends.
 */

export { concatenate, matmul, stack, where } from './core/array/array-functions.js';
export { type ArrayOptions, NDArray, type RandomOptions } from './core/array/ndarray.js';
export { type Complex, complex, type Scalar } from './core/base/complex.js';
export { DTYPES, type DType, isComplex } from './core/base/dtype.js';
export * from './core/base/errors.js';
export { LOG_LEVELS, type Logger, type LogLevel, log, setLogger } from './core/base/log.js';
export { keep, tidy } from './core/base/scope.js';
export type { Shape } from './core/base/shape.js';
export { DistributedArray } from './core/distributed/distributed-array.js';
export { Layout } from './core/distributed/layout.js';
export { fftshift, ifftshift, roll } from './core/distributed/roll-and-fftshift.js';
export { type DistributedArrayOptions, PARTITIONS, type Partition } from './core/distributed/space.js';
export { StackedDistributedArray } from './core/distributed/stacked-distributed-array.js';
export { ElementwiseKernel } from './core/expressions/elementwise-kernel.js';
export { fuse } from './core/expressions/fuse.js';
export { ReductionKernel } from './core/expressions/reduction-kernel.js';
export { LinearOperator } from './core/operator/linear-operator.js';
export type { Backend } from './core/ports/backend.js';
export {
  ANY,
  type CartesianCommunicator,
  type Communicator,
  type PersistentRequest,
  type ReduceOp,
  type Request,
  type Status,
} from './core/ports/communicator.js';
export {
  backendNames,
  defaultBackend,
  defaultCommunicator,
  loadBackend,
  resolveBackend,
  setDefaultBackend,
  setDefaultCommunicator,
} from './core/ports/defaults.js';
export { CooArray } from './core/sparse/coo-array.js';
export { CsrArray, type SparseArray } from './core/sparse/csr-array.js';
export { DistributedCsrArray, type DistributedSparseOptions } from './core/sparse/distributed-csr-array.js';
export { dot, exactDots, rdots, startDots, vdots } from './core/vector/inner-products.js';
export { EXIT_RESUMABLE } from './core/vector/interruption.js';
export type { Space, Vector } from './core/vector/vector.js';
export { KernelOperator } from './gpu/js-kernel/index.js';
export { createTfjsBackend } from './gpu/tfjs/index.js';
export { COMM_SELF, COMM_WORLD } from './import-side-effects.js';
export * from './operators/index.js';
export {
  normalEquationsInversion,
  preconditionedInversion,
  regularizedInversion,
} from './optimization/inversion-drivers.js';
export { type CgOptions, type CgResult, cg } from './optimization/krylov/cg.js';
export { cgPipelined } from './optimization/krylov/cg-pipelined.js';
export { cgSingleReduction } from './optimization/krylov/cg-single-reduction.js';
export { type CglsOptions, type CglsResult, cgls } from './optimization/krylov/cgls.js';
export { cglsSingleReduction } from './optimization/krylov/cgls-single-reduction.js';
export { conditionEstimate } from './optimization/krylov/condition-estimate.js';
export { type LsmrOptions, type LsmrResult, lsmr } from './optimization/krylov/lsmr.js';
export { type LsqrOptions, type LsqrResult, lsqr } from './optimization/krylov/lsqr.js';
export { type MinresOptions, type MinresResult, minres } from './optimization/krylov/minres.js';
export { mixedPrecisionLeastSquares } from './optimization/krylov/mixed-precision.js';
export { powerIteration } from './optimization/power-iteration.js';
export type { RunOptions, SolverResult, SolverStep } from './optimization/solver.js';
export type { StopReason } from './optimization/solver-state.js';
export { type FistaOptions, type FistaResult, fista } from './optimization/sparsity/fista.js';
export { type IrlsOptions, type IrlsResult, irls } from './optimization/sparsity/irls.js';
export { type IstaOptions, type IstaResult, ista } from './optimization/sparsity/ista.js';
export { type OmpOptions, type OmpResult, omp } from './optimization/sparsity/omp.js';
export { type Spgl1Options, type Spgl1Result, spgl1 } from './optimization/sparsity/spgl1.js';
export {
  type SplitBregmanOptions,
  type SplitBregmanResult,
  splitBregman,
} from './optimization/sparsity/split-bregman.js';
