/**
 * For custom operators, solvers and backends: the ports, the base classes, the plans that exchange
 * elements, and the types of options, states and results. It exports all of core, arrays included.
 * It has no side effects: importing it sets no default backend or communicator, and does not join
 * MPI.
 */

export * from './core/index.js';
export * from './cpu/index.js';
export * from './gpu/js-kernel/index.js';
export type { TensorModule, TfjsBackendOptions, TfjsEngine } from './gpu/tfjs/index.js';
export { type BoxKernel, HaloOperator, type Reach } from './operators/base/halo-operator.js';
export { ScatteredOperator } from './operators/base/scattered-operator.js';
export { DerivativeOperator } from './operators/derivative-operator.js';
export * from './operators/index.js';
export * from './optimization/index.js';
