export {
  type NormalEquationsOptions,
  normalEquationsInversion,
  preconditionedInversion,
  type Regularization,
  type RegularizedInversionOptions,
  regularizedInversion,
} from './inversion-drivers.js';
export { type CgOptions, type CgResult, type CgState, type CgStep, cg } from './krylov/cg.js';
export {
  type CgPipelinedOptions,
  type CgPipelinedState,
  type CgPipelinedStep,
  cgPipelined,
} from './krylov/cg-pipelined.js';
export {
  type CgSingleReductionOptions,
  type CgSingleReductionState,
  type CgSingleReductionStep,
  cgSingleReduction,
} from './krylov/cg-single-reduction.js';
export { type CglsOptions, type CglsResult, type CglsState, type CglsStep, cgls } from './krylov/cgls.js';
export {
  type CglsSingleReductionOptions,
  type CglsSingleReductionState,
  type CglsSingleReductionStep,
  cglsSingleReduction,
} from './krylov/cgls-single-reduction.js';
export {
  type ConditionEstimate,
  type ConditionEstimateOptions,
  conditionEstimate,
} from './krylov/condition-estimate.js';
export { type LsmrOptions, type LsmrResult, type LsmrState, type LsmrStep, lsmr } from './krylov/lsmr.js';
export { type LsqrOptions, type LsqrResult, type LsqrState, type LsqrStep, lsqr } from './krylov/lsqr.js';
export {
  type MinresOptions,
  type MinresResult,
  type MinresState,
  type MinresStep,
  minres,
} from './krylov/minres.js';
export {
  type MixedPrecisionOptions,
  type MixedPrecisionResult,
  type MixedPrecisionState,
  type MixedPrecisionStep,
  mixedPrecisionLeastSquares,
} from './krylov/mixed-precision.js';
export { copyInto, solverSpaces, startVector } from './linear-system.js';
export {
  type PowerIterationOptions,
  type PowerIterationResult,
  type PowerIterationState,
  type PowerIterationStep,
  powerIteration,
} from './power-iteration.js';
export {
  defineSolver,
  makeMemoryUsage,
  makeSolve,
  makeSteps,
  type RunOptions,
  type SolverCall,
  type SolverResult,
  type SolverStep,
  type SolverSteps,
  type StateKeeper,
} from './solver.js';
export {
  finishIteration,
  initialState,
  PLAIN_START,
  type SolverProgress,
  type SolverStart,
  type StopReason,
  type Verdict,
} from './solver-state.js';
export {
  type FistaOptions,
  type FistaResult,
  type FistaState,
  type FistaStep,
  fista,
} from './sparsity/fista.js';
export {
  IRLS_KINDS,
  type IrlsKind,
  type IrlsOptions,
  type IrlsResult,
  type IrlsState,
  type IrlsStep,
  irls,
} from './sparsity/irls.js';
export { type IstaOptions, type IstaResult, type IstaState, type IstaStep, ista } from './sparsity/ista.js';
export { type OmpOptions, type OmpResult, type OmpState, type OmpStep, omp } from './sparsity/omp.js';
export {
  type Spgl1Options,
  type Spgl1Result,
  type Spgl1State,
  type Spgl1Step,
  spgl1,
} from './sparsity/spgl1.js';
export {
  type BregmanTerm,
  type SplitBregmanOptions,
  type SplitBregmanResult,
  type SplitBregmanState,
  type SplitBregmanStep,
  splitBregman,
} from './sparsity/split-bregman.js';
export { THRESHOLD_KINDS, type ThresholdKind } from './sparsity/threshold.js';
