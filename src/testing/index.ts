export { type BackendConformanceOptions, backendConformance } from './backend-conformance.js';
export {
  checkCase,
  differences,
  type KernelCase,
  type KernelCases,
  type Operand,
  Operands,
  type Outcome,
  runCase,
} from './kernel-case.js';
export { KERNEL_CASES, kernelCases } from './kernel-cases.js';
