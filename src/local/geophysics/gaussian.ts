import type { NumberList } from '../../core/array/number-list.js';
import { ArgumentError } from '../../core/base/errors.js';
import { textOf } from '../../core/base/text-of.js';
import { symmetricWavelet, type Wavelet } from './wavelet.js';

/**
 * Gaussian wavelet `exp(−n² / 2std²)`, with the sample index n counted from the middle and std in
 * samples. The time axis is that of {@link ricker}.
 */
export function gaussian(t: NumberList, std = 1): Wavelet {
  if (!Number.isFinite(std) || std <= 0)
    throw new ArgumentError(
      `gaussian: expected a standard deviation of more than 0 samples, received ${textOf(std)}`,
    );
  return symmetricWavelet('gaussian', t, (_, n) => Math.exp(-(n * n) / (2 * std * std)));
}
