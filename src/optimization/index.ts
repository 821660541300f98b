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
export { type FistaOptions, type FistaResult, type FistaState, type FistaStep, fista } from './fista.js';
export { type IstaOptions, type IstaResult, type IstaState, type IstaStep, ista } from './ista.js';
export { type LsmrOptions, type LsmrResult, type LsmrState, type LsmrStep, lsmr } from './lsmr.js';
export { type LsqrOptions, type LsqrResult, type LsqrState, type LsqrStep, lsqr } from './lsqr.js';
export { type MinresOptions, type MinresResult, type MinresState, type MinresStep, minres } from './minres.js';
export {
  type PowerIterationOptions,
  type PowerIterationResult,
  type PowerIterationState,
  type PowerIterationStep,
  powerIteration,
} from './power-iteration.js';
export type { RunOptions, SolverProgress, StateKeeper, StopReason } from './solver.js';
export { THRESHOLD_KINDS, type ThresholdKind } from './threshold.js';
