import type { CpuKernels } from '../kernels.js';
import { axpby, linearCombination, scale } from './combinations.js';
import { convolve } from './convolve-loops.js';
import { spreadCurves, sumCurves } from './curves-loops.js';
import { binary, threshold, unary, where } from './elementwise-loops.js';
import { fft } from './fft-loops.js';
import { gather, scatterAdd } from './indexed-loops.js';
import { matmul } from './matmul-loops.js';
import { cast, copy, fill, stridedCopy } from './memory-loops.js';
import { argExtreme, cumsum, dot, kthSmallest, reduce, reduceAxis } from './reductions-loops.js';
import { stencil } from './stencil-loops.js';
import { convolveVarying } from './varying-convolution-loops.js';

/**
 * Plain loops: the definition of every kernel. Accumulators are in double precision whatever the
 * dtype.
 */
export const referenceKernels: CpuKernels = {
  copy,
  stridedCopy,
  fill,
  cast,
  unary,
  binary,
  where,
  scale,
  axpby,
  linearCombination,
  threshold,
  dot,
  reduce,
  reduceAxis,
  argExtreme,
  kthSmallest,
  cumsum,
  matmul,
  fft,
  stencil,
  convolve,
  gather,
  scatterAdd,
  spreadCurves,
  sumCurves,
  convolveVarying,
};
