import { type DType, isSingle } from '../base/dtype.js';
import type { Elements } from '../ports/backend.js';
import type { NormOrder } from './vector.js';

/**
 * Sums of powers from here on have lost nothing that counts to underflow: their largest term is a
 * normal number, and what is below the smallest number is below the last place of the sum for any
 * number of terms.
 */
const LEAST = { single: 2 ** -100, double: 2 ** -900 } as const;
/** Powers of two up to this one, and their inverses, are normal numbers. */
const MOST_EXPONENT = { single: 120, double: 1000 } as const;

const precisionOf = (dtype: DType): 'single' | 'double' => (isSingle(dtype) ? 'single' : 'double');

/**
 * Has a sum of powers of moduli overflowed, or lost terms to underflow? 0 stands for nothing but
 * zeros, NaN stays NaN.
 */
export const isOutOfRange = (sum: number, dtype: DType): boolean =>
  sum === Number.POSITIVE_INFINITY || (sum > 0 && sum < LEAST[precisionOf(dtype)]);

/** Factors that bring the largest modulus near 1. */
export interface Scaling {
  /**
   * What elements are multiplied by, one after another: the product need not be a number of the
   * dtype.
   */
  readonly factors: readonly number[];
  /** The norm, from that of the scaled elements. */
  readonly undo: (norm: number) => number;
}

/**
 * A power of two, so that nothing is rounded; for other orders than 2, whose powers may be high, a
 * second factor makes the largest modulus 1. Undefined where the largest modulus is the norm: 0,
 * infinite or NaN.
 */
export function scalingOf(largest: number, dtype: DType, order: NormOrder): Scaling | undefined {
  if (!(largest > 0 && largest < Number.POSITIVE_INFINITY)) return undefined;
  const most = MOST_EXPONENT[precisionOf(dtype)];
  const power = 2 ** Math.max(-most, Math.min(most, -Math.floor(Math.log2(largest))));
  const near = largest * power;
  return order === 2
    ? { factors: [power], undo: (norm) => norm / power }
    : { factors: [power, 1 / near], undo: (norm) => (norm * near) / power };
}

/** The scaled elements in memory of their own, which the caller releases. */
export function scaledCopy(x: Elements, { factors }: Scaling): Elements {
  const { backend, dtype } = x.storage;
  const y = { storage: backend.alloc(dtype, x.size), offset: 0, size: x.size };
  let from = x;
  for (const factor of factors) {
    backend.linearCombination([factor], [from], y);
    from = y;
  }
  return y;
}
