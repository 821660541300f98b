import { type HostArray, hostView, isComplex, lanesOf } from '../base/dtype.js';
import type { Elements, InnerProduct } from '../ports/backend.js';
import type { Scaling } from './norm-scaling.js';

/**
 * Inner products and norms without rounding: sums of doubles in fixed point over the whole range of
 * exponents.
 *
 * A product of two doubles is split into its rounded value and its rounding error (Dekker 1971).
 * Both are added to bins of 32 bits that contain whole numbers. The bins are summed over ranks. The
 * order of additions does not change the result, which is a function of the elements alone.
 */

/**
 * The number of bins. Bin k counts units of 2^(32 k − 1074 − 32). The topmost one receives carries.
 * Three more lanes count ∞, −∞ and NaN.
 */
const BINS = 69;
const [POSITIVE_INFINITY, NEGATIVE_INFINITY, NAN] = [BINS, BINS + 1, BINS + 2];
export const EXACT_LANES = BINS + 3;
const LOWEST = -1074 - 32;
const BASE = 2 ** 32;
/** After this number of additions of less than 2^32, bins are still below 2^53. */
const CARRY_AFTER = 2 ** 20;

const value = new Float64Array(1);
const words = new Uint32Array(value.buffer);
const HIGH = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;
const LOW = 1 - HIGH;
const SPLITTER = 2 ** 27 + 1;
/** The splitting of a larger factor would overflow. */
const LARGE = 2 ** 996;

/**
 * One sum for each exponent of the upper 26 bits of numbers, and one of their lower 27 bits. Each
 * is exact for at most `GATHER_AT_MOST` additions.
 */
class Gathered {
  readonly high = new Float64Array(2048);
  readonly low = new Float64Array(2048);
  least = 2048;
  largest = -1;
}
const GATHER_AT_MOST = 2 ** 25;
/** Sums of numbers with larger exponents might overflow. */
const LARGEST_GATHERED = 1984;
const UPPER_BITS = 0xf8000000;
/** The sums of the real and of the imaginary part. */
const GATHERED = [new Gathered(), new Gathered()] as const;

/** An exact sum of doubles. */
class ExactSum {
  #additions = 0;
  #gathered = 0;
  readonly #by: Gathered;
  constructor(
    readonly bins: Float64Array,
    part: 0 | 1 = 0,
  ) {
    this.#by = GATHERED[part];
  }

  /** As {@link add}, but the bins change only at the next {@link gather}. */
  addLater(x: number): void {
    if (x === 0) return;
    value[0] = x;
    const exponent = ((words[HIGH] as number) >>> 20) & 0x7ff;
    if (exponent > LARGEST_GATHERED) {
      this.add(x);
      return;
    }
    words[LOW] = ((words[LOW] as number) & UPPER_BITS) >>> 0;
    const upper = value[0];
    const by = this.#by;
    by.high[exponent] = (by.high[exponent] as number) + upper;
    by.low[exponent] = (by.low[exponent] as number) + (x - upper);
    if (exponent < by.least) by.least = exponent;
    if (exponent > by.largest) by.largest = exponent;
    if (++this.#gathered >= GATHER_AT_MOST) this.gather();
  }

  /** Adds the numbers of {@link addLater} to the bins. */
  gather(): void {
    const by = this.#by;
    for (let e = by.least; e <= by.largest; e++) {
      this.add(by.high[e] as number);
      this.add(by.low[e] as number);
      by.high[e] = by.low[e] = 0;
    }
    [by.least, by.largest, this.#gathered] = [2048, -1, 0];
    this.carry();
  }

  add(x: number): void {
    if (x === 0) return;
    value[0] = x;
    const high = words[HIGH] as number;
    let exponent = (high >>> 20) & 0x7ff;
    if (exponent === 0x7ff) {
      const lane = Number.isNaN(x) ? NAN : x > 0 ? POSITIVE_INFINITY : NEGATIVE_INFINITY;
      this.bins[lane] = (this.bins[lane] as number) + 1;
      return;
    }
    let top = high & 0xfffff;
    if (exponent === 0) exponent = 1;
    else top += 0x100000;
    // |x| = (top 2^32 + low) 2^(exponent − 1075): the lowest bit lies `exponent + 31` bits above
    // that of the lowest bin
    const place = exponent + 31;
    const k = place >>> 5;
    const shift = 2 ** (place & 31);
    const sign = high >>> 31 ? -1 : 1;
    const lower = (words[LOW] as number) * shift;
    const lowerTop = Math.floor(lower / BASE);
    const upper = top * shift;
    const upperTop = Math.floor(upper / BASE);
    const bins = this.bins;
    bins[k] = (bins[k] as number) + sign * (lower - lowerTop * BASE);
    bins[k + 1] = (bins[k + 1] as number) + sign * (lowerTop + (upper - upperTop * BASE));
    bins[k + 2] = (bins[k + 2] as number) + sign * upperTop;
    if (++this.#additions >= CARRY_AFTER) this.carry();
  }

  /** Adds `sign · x · y` without rounding (down to the smallest double). */
  addProduct(x: number, y: number, sign: number): void {
    const product = x * y;
    this.addLater(sign * product);
    if (product === 0 || !Number.isFinite(product) || Math.abs(x) > LARGE || Math.abs(y) > LARGE) return;
    let t = SPLITTER * x;
    const xHigh = t - (t - x);
    const xLow = x - xHigh;
    t = SPLITTER * y;
    const yHigh = t - (t - y);
    const yLow = y - yHigh;
    this.addLater(sign * (xLow * yLow - (product - xHigh * yHigh - xLow * yHigh - xHigh * yLow)));
  }

  /**
   * Normalizes all bins but the topmost to 0 … 2^32 − 1, so that each number has one
   * representation.
   */
  carry(): void {
    const { bins } = this;
    for (let k = 0; k < BINS - 1; k++) {
      const over = Math.floor((bins[k] as number) / BASE);
      bins[k] = (bins[k] as number) - over * BASE;
      bins[k + 1] = (bins[k + 1] as number) + over;
    }
    this.#additions = 0;
  }

  /**
   * The sum as a double, within one unit in its last place. It is a function of the exact sum
   * alone.
   */
  get total(): number {
    const { bins } = this;
    if (
      (bins[NAN] as number) > 0 ||
      ((bins[POSITIVE_INFINITY] as number) > 0 && (bins[NEGATIVE_INFINITY] as number) > 0)
    )
      return Number.NaN;
    if ((bins[POSITIVE_INFINITY] as number) > 0) return Number.POSITIVE_INFINITY;
    if ((bins[NEGATIVE_INFINITY] as number) > 0) return Number.NEGATIVE_INFINITY;
    this.carry();
    if ((bins[BINS - 1] as number) < 0) {
      // compute the modulus, so that small negative sums have no leading ones
      for (let k = 0; k < BINS; k++) bins[k] = -(bins[k] as number);
      this.carry();
      return -this.#fromTop();
    }
    return this.#fromTop();
  }

  #fromTop(): number {
    let sum = 0;
    for (let k = BINS - 1; k >= 0; k--) {
      const bin = this.bins[k] as number;
      // 2^(32 k + LOWEST) may be less than the smallest double, but its multiple is not
      if (bin !== 0)
        sum += bin * 2 ** Math.max(32 * k + LOWEST, -1000) * 2 ** Math.min(0, 32 * k + LOWEST + 1000);
    }
    return sum;
  }
}

/**
 * The elements as a typed array: host memory without a copy, otherwise a download. A `hostView`
 * would exclude the memory from the pool.
 */
function seenOnHost({ storage, offset, size }: Elements): HostArray {
  const span = storage.span(offset, size);
  return span.kind === 'host'
    ? hostView(storage.dtype, span.buffer, span.byteOffset, size)
    : storage.backend.download({ storage, offset, size });
}

/**
 * Adds this rank's share of an inner product to `lanes`: the bins of the real part, then those of
 * the imaginary part.
 */
export function addExactly({ x, y, conjugate }: InnerProduct, lanes: Float64Array): void {
  if (x.size === 0) return;
  const { backend, dtype } = x.storage;
  backend.synchronize();
  const [a, b] = [seenOnHost(x), seenOnHost(y)];
  const real = new ExactSum(lanes.subarray(0, EXACT_LANES));
  if (!isComplex(dtype)) {
    for (let i = 0; i < a.length; i++) real.addProduct(a[i] as number, b[i] as number, 1);
    real.gather();
    return;
  }
  const imaginary = new ExactSum(lanes.subarray(EXACT_LANES, 2 * EXACT_LANES), 1);
  const sign = conjugate ? 1 : -1;
  for (let i = 0; i < a.length; i += 2) {
    const [ar, ai, br, bi] = [a[i] as number, a[i + 1] as number, b[i] as number, b[i + 1] as number];
    real.addProduct(ar, br, 1);
    real.addProduct(ai, bi, sign);
    imaginary.addProduct(ar, bi, 1);
    imaginary.addProduct(ai, br, -sign);
  }
  real.gather();
  imaginary.gather();
}

/**
 * Adds `Σ |x|^order` of this rank's elements to the bins `lanes`. For orders other than 1 and 2,
 * each power is rounded. A power that is too small for a double counts as the smallest double, so
 * that the sum is 0 only if all elements are 0.
 */
export function addPowersExactly(
  x: Elements,
  order: number,
  scaling: Scaling | undefined,
  lanes: Float64Array,
): void {
  if (x.size === 0) return;
  x.storage.backend.synchronize();
  addPowers(
    seenOnHost(x),
    lanesOf(x.storage.dtype),
    { first: 0, step: 1, count: x.size },
    order,
    scaling?.factors ?? [],
    lanes,
  );
}

/**
 * As {@link addPowersExactly}, for `count` elements of `values`, from `first` on, `step` elements
 * apart.
 */
export function addPowers(
  values: HostArray,
  width: 1 | 2,
  { first, step, count }: { readonly first: number; readonly step: number; readonly count: number },
  order: number,
  factors: readonly number[],
  lanes: Float64Array,
): void {
  const sum = new ExactSum(lanes);
  const scaled = (k: number): number => {
    let v = values[k] as number;
    for (const factor of factors) v *= factor;
    return v;
  };
  for (let i = 0, k = width * first; i < count; i++, k += width * step) {
    const re = scaled(k);
    const im = width === 2 ? scaled(k + 1) : 0;
    if (re === 0 && im === 0) continue;
    const before = order === 2 ? re * re + im * im : modulus(re, im) ** order;
    if (before === 0) sum.addLater(Number.MIN_VALUE);
    else if (order !== 2) sum.addLater(before);
    else {
      sum.addProduct(re, re, 1);
      if (im !== 0) sum.addProduct(im, im, 1);
    }
  }
  sum.gather();
}

const modulus = (re: number, im: number): number => (im === 0 ? Math.abs(re) : Math.hypot(re, im));

/**
 * Converts sums in bins to doubles, within one unit in the last place: one for each
 * {@link EXACT_LANES} lanes.
 */
export const exactTotals = (lanes: Float64Array): Float64Array =>
  Float64Array.from({ length: lanes.length / EXACT_LANES }, (_, i) => {
    return new ExactSum(lanes.subarray(i * EXACT_LANES, (i + 1) * EXACT_LANES)).total;
  });
