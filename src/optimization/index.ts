export { type CgOptions, type CgResult, type CgState, type CgStep, cg } from './cg.js';
export { type CglsOptions, type CglsResult, type CglsState, type CglsStep, cgls } from './cgls.js';
export { type FistaOptions, type FistaResult, type FistaState, type FistaStep, fista } from './fista.js';
export { type IstaOptions, type IstaResult, type IstaState, type IstaStep, ista } from './ista.js';
export {
  type PowerIterationOptions,
  type PowerIterationResult,
  type PowerIterationState,
  type PowerIterationStep,
  powerIteration,
} from './power-iteration.js';
export type { RunOptions, SolverProgress, StateKeeper, StopReason } from './solver.js';
export { THRESHOLD_KINDS, type ThresholdKind } from './threshold.js';
