export type { ElementFunction, GpuJsModule, KernelConstants, KernelThread } from './gpu-js.js';
export { KernelOperator, type KernelOperatorOptions } from './kernel-operator.js';
