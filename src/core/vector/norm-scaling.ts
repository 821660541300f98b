import { type DType, isSingle } from '../base/dtype.js';
import type { Elements } from '../ports/backend.js';
import type { NormOrder } from './vector.js';

/**
 * Sums of powers from this value on are precise. The largest term of such a sum is a normal number.
 * Terms that were lost to underflow are below the last place of the sum, for any number of terms.
 */
const LEAST = { single: 2 ** -100, double: 2 ** -900 } as const;
/** Powers of two up to this exponent, and their inverses, are normal numbers. */
const MOST_EXPONENT = { single: 120, double: 1000 } as const;

const precisionOf = (dtype: DType): 'single' | 'double' => (isSingle(dtype) ? 'single' : 'double');

/**
 * Whether a sum of powers of moduli has overflowed, or has lost terms to underflow. A sum of 0
 * means that all elements are 0. NaN is not out of range.
 */
export const isOutOfRange = (sum: number, dtype: DType): boolean =>
  sum === Number.POSITIVE_INFINITY || (sum > 0 && sum < LEAST[precisionOf(dtype)]);

/** Factors that scale the largest modulus to about 1. */
export interface Scaling {
  /**
   * The factors by which elements are multiplied, one after another. Their product may lie outside
   * of the range of the dtype.
   */
  readonly factors: readonly number[];
  /** Computes the norm from that of the scaled elements. */
  readonly undo: (norm: number) => number;
}

/**
 * The scaling for a largest modulus. The first factor is a power of two, so that nothing is
 * rounded. For orders other than 2, whose powers may be high, a second factor makes the largest
 * modulus 1. Undefined if the norm is the largest modulus itself: 0, infinite or NaN.
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

/** The scaled elements in new memory, which the caller releases. */
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
