import * as windowFunctions from './windows.js';

export {
  type ConvolutionMode,
  type Convolve2dOptions,
  type ConvolveOptions,
  convolve,
  convolve2d,
  correlate,
  correlate2d,
  type FftConvolveOptions,
  fftconvolve,
  oaconvolve,
} from './convolutions.js';
export type { WindowOptions } from './windows.js';

/** Windows, as `scipy.signal.windows` has them. */
export const windows = windowFunctions;
