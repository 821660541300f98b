export { type BackendConformanceOptions, backendConformance } from './backend-conformance.js';
export {
  type CaseElements,
  type CaseOperand,
  checkCase,
  differences,
  type KernelCase,
  type KernelCases,
  Operands,
  type Outcome,
  runCase,
} from './kernel-case.js';
export { KERNEL_CASES, kernelCases } from './kernel-cases.js';
