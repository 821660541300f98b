/**
 * The core without side effects: importing it sets no default backend or communicator, and joins no
 * MPI.
 */
export { concatenate, matmul, stack, where } from './array/array-functions.js';
export { type ArrayOptions, NDArray, NDArraySpace, type RandomOptions } from './array/ndarray.js';
export { type Complex, complex, isScalar, type Scalar } from './base/complex.js';
export {
  bytesOf,
  type ComplexDType,
  checkDType,
  complexOf,
  DTYPES,
  type DType,
  dtypeOf,
  epsilonOf,
  type HostArray,
  hostArray,
  hostView,
  isComplex,
  isDType,
  isFloat,
  isSamePrecision,
  lanesOf,
  placeDType,
  promote,
  type RealDType,
  realOf,
} from './base/dtype.js';
export * from './base/errors.js';
export { LOG_LEVELS, type Logger, type LogLevel, log, setLogger } from './base/log.js';
export { checkOneOf, type Defaults, type WithDefaults, withDefaults } from './base/options.js';
export { fillNormal, fillUniform } from './base/random.js';
export { keep, tidy } from './base/scope.js';
export type { Shape } from './base/shape.js';
export type { Index, Range } from './base/slice.js';
export { DistributedArray, type HostData } from './distributed/distributed-array.js';
export { AxisHaloPlan, BoxHaloPlan, type HaloFrame, type HaloWidths, haloBox } from './distributed/halo.js';
export { type IndexBox, Layout } from './distributed/layout.js';
export { fftshift, ifftshift, roll } from './distributed/roll-and-fftshift.js';
export {
  type DistributedArrayOptions,
  DistributedSpace,
  type DistributedSpaceFields,
  PARTITIONS,
  type Partition,
} from './distributed/space.js';
export {
  type AnyDistributedArray,
  type AnyDistributedSpace,
  StackedDistributedArray,
  StackedSpace,
} from './distributed/stacked-distributed-array.js';
export { TransferPlan } from './distributed/transfer.js';
export {
  ElementwiseKernel,
  type ElementwiseKernelSpec,
  type OutputNames,
} from './expressions/elementwise-kernel.js';
export { type Fused, fuse, Traced, type TracedOperand } from './expressions/fuse.js';
export type { AnyArray, InputKind, InputKinds, KernelArguments } from './expressions/kernel-source.js';
export { ReductionKernel, type ReductionKernelSpec } from './expressions/reduction-kernel.js';
export { elementsIn, replaceElements } from './kernels/call-operands.js';
export { type BackendParts, CheckedBackend } from './kernels/checked-backend.js';
export {
  type DeviceMemory,
  DeviceStorage,
  type KernelSet,
  type Operand,
  type StorageMemory,
} from './kernels/device-memory.js';
export {
  type DivOptions,
  type DotTestOptions,
  type DotTestResult,
  LinearOperator,
  type OperatorSpec,
  type SpaceOptions,
} from './operator/linear-operator.js';
export * from './ports/backend.js';
export type { BackendReport, DeviceReport } from './ports/backend-report.js';
export * from './ports/communicator.js';
export {
  backendNames,
  defaultBackend,
  defaultCommunicator,
  loadBackend,
  registerBackend,
  reportBackend,
  resolveBackend,
  setDefaultBackend,
  setDefaultCommunicator,
} from './ports/defaults.js';
export * from './ports/span.js';
export {
  type AxisScheme,
  bandReach,
  clipBand,
  multiplyBands,
  scaleBand,
  toeplitzBand,
  transposeBand,
} from './schemes/band.js';
export {
  DERIVATIVE_KINDS,
  type DerivativeKind,
  type DerivativeOrder,
  firstDerivative,
  secondDerivative,
} from './schemes/derivative-scheme.js';
export { CompressedRows, type MatrixShape } from './sparse/compressed-rows.js';
export { CooArray } from './sparse/coo-array.js';
export { CsrArray, type SparseArray } from './sparse/csr-array.js';
export { DistributedCsrArray, type DistributedSparseOptions } from './sparse/distributed-csr-array.js';
export {
  dot,
  exactDots,
  InnerProducts,
  type PendingDots,
  plainDots,
  rdots,
  startDots,
  vdots,
} from './vector/inner-products.js';
export {
  EXIT_RESUMABLE,
  type SignalSource,
  STOP_SIGNALS,
  type StopSignal,
  setSignalSource,
} from './vector/interruption.js';
export type { AnyVector, NormOrder, Space, Vector } from './vector/vector.js';
export { openWorkspaces, withWorkspace } from './vector/workspace.js';
