import { ArgumentError } from '../core/errors.js';
import { checkOptions } from '../core/options.js';

export type Range = readonly [low: number, high: number];

export interface ColorRangeOptions {
  /** `[−a, a]`, for diverging colour maps. Default false. */
  readonly symmetric?: boolean;
  /** Percent of the values that may lie outside, half at each end. Default 0. */
  readonly clip?: number;
}

/** One colour range for several panels: from the smallest to the largest finite value of all arrays. `[0, 1]` of nothing. */
export function colorRange(arrays: ArrayLike<number> | readonly ArrayLike<number>[], options: ColorRangeOptions = {}): Range {
  checkOptions('colorRange', options, ['symmetric', 'clip']);
  const { symmetric = false, clip = 0 } = options;
  if (!(clip >= 0 && clip < 100)) throw new ArgumentError(`expected clip in percent, from 0 to below 100, received ${clip}`);
  const list = (typeof arrays[0] === 'number' || arrays.length === 0 ? [arrays] : arrays) as readonly ArrayLike<number>[];
  const parts = list.map((a) => Float64Array.from(a).filter(Number.isFinite));
  const values = new Float64Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    values.set(symmetric ? part.map(Math.abs) : part, at);
    at += part.length;
  }
  if (values.length === 0) return symmetric ? [-1, 1] : [0, 1];
  values.sort();
  const quantile = (q: number): number => values[Math.round(q * (values.length - 1))] as number;
  if (symmetric) {
    const a = quantile(1 - clip / 100);
    return widen(-a, a);
  }
  return widen(quantile(clip / 200), quantile(1 - clip / 200));
}

/** A range that is not empty. */
function widen(low: number, high: number): Range {
  if (low < high) return [low, high];
  const half = low === 0 ? 1 : Math.abs(low) / 2;
  return [low - half, high + half];
}
