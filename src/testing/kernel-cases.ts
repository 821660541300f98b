import { convolveCasesByDType } from './cases/convolve-cases.js';
import { curveCasesByDType } from './cases/curves-cases.js';
import { elementwiseCases } from './cases/elementwise-cases.js';
import { fftCasesByDType } from './cases/fft-cases.js';
import { indexedCasesByDType } from './cases/indexed-cases.js';
import { matmulCasesByDType } from './cases/matmul-cases.js';
import { memoryCases } from './cases/memory-cases.js';
import { randomCasesByDType } from './cases/random-cases.js';
import { reductionCases } from './cases/reductions-cases.js';
import { searchCasesByDType } from './cases/search-cases.js';
import { sequenceCases } from './cases/sequences.js';
import { sparseCasesByDType } from './cases/sparse-cases.js';
import { addSpecialValues, specialValueCases } from './cases/special-values.js';
import { stencilCasesByDType } from './cases/stencil-cases.js';
import { varyingConvolutionCases } from './cases/varying-convolution-cases.js';
import { windowCasesByDType } from './cases/window-cases.js';
import type { KernelCases } from './kernel-case.js';

const CASES: readonly KernelCases[] = [
  ...memoryCases,
  ...elementwiseCases,
  ...reductionCases,
  ...searchCasesByDType,
  ...windowCasesByDType,
  ...randomCasesByDType,
  ...matmulCasesByDType,
  ...fftCasesByDType,
  ...stencilCasesByDType,
  ...convolveCasesByDType,
  ...indexedCasesByDType,
  ...sparseCasesByDType,
  ...curveCasesByDType,
  ...varyingConvolutionCases,
  ...sequenceCases,
];

/**
 * The cases of every kernel of a backend. For each dtype, `count` cases are added. Their operands
 * contain NaN, infinities, zeros of both signs and subnormal numbers, chosen by a seed.
 */
export const kernelCases = (seed: number, count: number): readonly KernelCases[] => [
  ...CASES.map(addSpecialValues(seed, count)),
  ...specialValueCases,
];

/** The {@link kernelCases} of the default seed and count. */
export const KERNEL_CASES = kernelCases(20, 12);
