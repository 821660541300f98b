export { type CgOptions, type CgResult, type CgState, type CgStep, cg } from './cg.js';
export { type CgPipelinedOptions, type CgPipelinedState, type CgPipelinedStep, cgPipelined } from './cg-pipelined.js';
export {
  type CgSingleReductionOptions,
  type CgSingleReductionState,
  type CgSingleReductionStep,
  cgSingleReduction,
} from './cg-single-reduction.js';
export { type CglsOptions, type CglsResult, type CglsState, type CglsStep, cgls } from './cgls.js';
export {
  type CglsSingleReductionOptions,
  type CglsSingleReductionState,
  type CglsSingleReductionStep,
  cglsSingleReduction,
} from './cgls-single-reduction.js';
export { type ConditionEstimate, type ConditionEstimateOptions, conditionEstimate } from './condition-estimate.js';
export { type FistaOptions, type FistaResult, type FistaState, type FistaStep, fista } from './fista.js';
export {
  type NormalEquationsOptions,
  normalEquationsInversion,
  preconditionedInversion,
  type Regularization,
  type RegularizedInversionOptions,
  regularizedInversion,
} from './inversion-drivers.js';
export { IRLS_KINDS, type IrlsKind, type IrlsOptions, type IrlsResult, type IrlsState, type IrlsStep, irls } from './irls.js';
export { type IstaOptions, type IstaResult, type IstaState, type IstaStep, ista } from './ista.js';
export { type LsmrOptions, type LsmrResult, type LsmrState, type LsmrStep, lsmr } from './lsmr.js';
export { type LsqrOptions, type LsqrResult, type LsqrState, type LsqrStep, lsqr } from './lsqr.js';
export { type MinresOptions, type MinresResult, type MinresState, type MinresStep, minres } from './minres.js';
export {
  type MixedPrecisionOptions,
  type MixedPrecisionResult,
  type MixedPrecisionState,
  type MixedPrecisionStep,
  mixedPrecisionLeastSquares,
} from './mixed-precision.js';
export { type OmpOptions, type OmpResult, type OmpState, type OmpStep, omp } from './omp.js';
export {
  type PowerIterationOptions,
  type PowerIterationResult,
  type PowerIterationState,
  type PowerIterationStep,
  powerIteration,
} from './power-iteration.js';
export type { RunOptions, SolverProgress, StateKeeper, StopReason } from './solver.js';
export { type Spgl1Options, type Spgl1Result, type Spgl1State, type Spgl1Step, spgl1 } from './spgl1.js';
export {
  type BregmanTerm,
  type SplitBregmanOptions,
  type SplitBregmanResult,
  type SplitBregmanState,
  type SplitBregmanStep,
  splitBregman,
} from './split-bregman.js';
export { THRESHOLD_KINDS, type ThresholdKind } from './threshold.js';
