import type { CpuKernels } from '../kernels.js';
import { axpby, linearCombination, scale } from './combinations.js';
import { convolve } from './convolve.js';
import { spreadCurves, sumCurves } from './curves.js';
import { binary, threshold, unary, where } from './elementwise.js';
import { fft } from './fft.js';
import { gather, scatterAdd } from './indexed.js';
import { matmul } from './matmul.js';
import { cast, copy, fill, stridedCopy } from './memory.js';
import { argExtreme, cumsum, dot, kthSmallest, reduce, reduceAxis } from './reductions.js';
import { stencil } from './stencil.js';
import { convolveVarying } from './varying-convolution.js';

/** Plain loops: the definition of every kernel. Accumulators are in double precision whatever the dtype. */
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
