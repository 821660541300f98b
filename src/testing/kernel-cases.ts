import { convolveCasesByDType } from './cases/convolve.js';
import { curveCasesByDType } from './cases/curves.js';
import { elementwiseCases } from './cases/elementwise.js';
import { fftCasesByDType } from './cases/fft.js';
import { indexedCasesByDType } from './cases/indexed.js';
import { matmulCasesByDType } from './cases/matmul.js';
import { memoryCases } from './cases/memory.js';
import { reductionCases } from './cases/reductions.js';
import { sequenceCases } from './cases/sequences.js';
import { stencilCasesByDType } from './cases/stencil.js';
import { varyingConvolutionCases } from './cases/varying-convolution.js';
import type { KernelCases } from './kernel-case.js';

/** Every kernel of a backend. */
export const KERNEL_CASES: readonly KernelCases[] = [
  ...memoryCases,
  ...elementwiseCases,
  ...reductionCases,
  ...matmulCasesByDType,
  ...fftCasesByDType,
  ...stencilCasesByDType,
  ...convolveCasesByDType,
  ...indexedCasesByDType,
  ...curveCasesByDType,
  ...varyingConvolutionCases,
  ...sequenceCases,
];
