/** The core without side effects: importing it sets no default backend or communicator, and joins no MPI. */
export { concatenate, matmul, stack, where } from './array-functions.js';
export * from './backend.js';
export type { BackendReport, DeviceReport } from './backend-report.js';
export { bandReach, clipBand, multiplyBands, scaleBand, toeplitzBand, transposeBand } from './band.js';
export * from './communicator.js';
export { type Complex, complex, isScalar, type Scalar } from './complex.js';
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
} from './defaults.js';
export {
  DERIVATIVE_KINDS,
  type DerivativeKind,
  type DerivativeOrder,
  firstDerivative,
  secondDerivative,
} from './derivative-scheme.js';
export { DistributedArray, type HostData } from './distributed-array.js';
export * from './dtype.js';
export * from './errors.js';
export { ElementwiseKernel, type ElementwiseKernelSpec, type OutputNames } from './expressions/elementwise-kernel.js';
export { type Fused, fuse, Traced, type TracedOperand } from './expressions/fuse.js';
export type { AnyArray, InputKind, InputKinds, KernelArguments } from './expressions/kernel-source.js';
export { ReductionKernel, type ReductionKernelSpec } from './expressions/reduction-kernel.js';
export { HaloBlockPlan, type HaloFrame, HaloPlan, type HaloWidths, haloBox } from './halo.js';
export { EXIT_RESUMABLE, type SignalSource, STOP_SIGNALS, type StopSignal, setSignalSource } from './interruption.js';
export { type Box, Layout } from './layout.js';
export {
  type DotTestOptions,
  type DotTestResult,
  LinearOperator,
  type OperatorSpec,
  type SpaceOptions,
} from './linear-operator.js';
export { LOG_LEVELS, type Logger, type LogLevel, log, setLogger } from './log.js';
export { type ArrayOptions, NDArray, NDArraySpace, type RandomOptions } from './ndarray.js';
export { checkOneOf, checkOptions } from './options.js';
export { fillNormal, fillUniform } from './random.js';
export { withReproducibleDots } from './reproducible.js';
export { fftshift, ifftshift, roll } from './roll.js';
export { keep, tidy } from './scope.js';
export type { Shape } from './shape.js';
export type { Index, Range } from './slice.js';
export { type DistributedArrayOptions, DistributedSpace, type DistributedSpaceFields, PARTITIONS, type Partition } from './space.js';
export * from './span.js';
export { type AnyDistributedArray, type AnyDistributedSpace, StackedDistributedArray, StackedSpace } from './stacked-distributed-array.js';
export { TransferPlan } from './transfer.js';
export { type AnyVector, dot, type NormOrder, type PendingDots, rdots, type Space, startDots, type Vector, vdots } from './vector.js';
export { openWorkspaces, withWorkspace } from './workspace.js';
