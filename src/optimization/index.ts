export { type CgOptions, type CgResult, type CgState, type CgStep, cg } from './cg.js';
export { type CglsOptions, type CglsResult, type CglsState, type CglsStep, cgls } from './cgls.js';
export type { StopReason } from './solver.js';
