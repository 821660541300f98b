import type { CpuKernels } from '../host-memory.js';
import { combinationKernels } from './combinations.js';
import { convolutionKernels } from './convolve-loops.js';
import { curveKernels } from './curves-loops.js';
import { elementwiseKernels } from './elementwise-loops.js';
import { fourierKernels } from './fft-loops.js';
import { indexedKernels } from './indexed-loops.js';
import { matmulKernels } from './matmul-loops.js';
import { memoryKernels } from './memory-loops.js';
import { randomKernels } from './random-loops.js';
import { reductionKernels } from './reductions-loops.js';
import { searchKernels } from './search-loops.js';
import { sparseKernels } from './sparse-loops.js';
import { stencilKernels } from './stencil-loops.js';
import { varyingConvolutionKernels } from './varying-convolution-loops.js';
import { windowKernels } from './window-loops.js';

/** Plain loops, which define every kernel. Accumulators are in double precision for every dtype. */
export const referenceKernels = {
  ...memoryKernels,
  ...elementwiseKernels,
  ...combinationKernels,
  ...reductionKernels,
  ...searchKernels,
  ...matmulKernels,
  ...fourierKernels,
  ...stencilKernels,
  ...convolutionKernels,
  ...indexedKernels,
  ...sparseKernels,
  ...curveKernels,
  ...varyingConvolutionKernels,
  ...windowKernels,
  ...randomKernels,
} satisfies CpuKernels;
