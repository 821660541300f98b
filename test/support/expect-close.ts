import { expect } from 'chai';
import { type HostValues, type Nested, nestedValues } from '../../src/core/array/host-values.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { isScalar } from '../../src/core/base/complex.js';
import { type DType, lanesOf } from '../../src/core/base/dtype.js';
import { formatShape, product, type Shape, sameShape } from '../../src/core/base/shape.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import type { Layout } from '../../src/core/distributed/layout.js';
import {
  type ComparisonRule,
  compareNumbers,
  describeDifferences,
  multiIndex,
  SAME_BITS,
} from '../../src/testing/comparison.js';

/** Arrays, host values, numbers, complex numbers and lists of them. Lists of pairs are complex. */
export type Comparable = { asArray(): NDArray } | HostValues | Nested | ArrayLike<number>;

/**
 * The accepted modulus of a difference: `atol + rtol · max(largest, scale)`, where `largest` is the
 * largest finite modulus of the expected values. A number is an `rtol`, or an `atol` if all
 * expected values are zero.
 */
export type Tolerance =
  | number
  | {
      readonly rtol?: number;
      readonly atol?: number;
      /** @default 0 */
      readonly scale?: number;
      /** True if `rtol` is relative to each element instead of the largest one. */
      readonly each?: boolean;
      /** The rule for expected values of infinity and NaN. @default 'refused' */
      readonly notFinite?: ComparisonRule['notFinite'];
    }
  | NormTolerance;

export interface NormTolerance {
  /** The accepted 2-norm of all differences. */
  readonly norm: number;
}

/** What a message says of the compared values. */
export interface Details {
  readonly what?: string;
  readonly layout?: Layout;
  readonly seed?: number;
}

interface Numbers {
  readonly values: ArrayLike<number>;
  readonly lanes: 1 | 2;
  /** Undefined for lists without a shape of their own, which may be lanes. */
  readonly shape?: Shape;
  /** The dtype of an array. Lists of numbers have none. */
  readonly dtype?: DType;
  readonly layout?: Layout;
}

export function numbersOf(x: Comparable): Numbers {
  if (x instanceof NDArray)
    return { values: x.toHost(), lanes: lanesOf(x.dtype), shape: x.shape, dtype: x.dtype };
  if (typeof x === 'object' && 'asArray' in x)
    return { ...numbersOf(x.asArray()), ...(x instanceof DistributedArray && { layout: x.layout }) };
  if (typeof x === 'object' && 'values' in x && 'dtype' in x)
    return { values: x.values, lanes: lanesOf(x.dtype), shape: x.shape };
  if (ArrayBuffer.isView(x) || (Array.isArray(x) && x.every((v) => typeof v === 'number')))
    return { values: x as ArrayLike<number>, lanes: 1 };
  const { values, dtype, shape } = nestedValues(x as Nested, 'float64');
  return { values, lanes: lanesOf(dtype), ...(isScalar(x) || shape.length === 1 ? {} : { shape }) };
}

const pairs = (values: ArrayLike<number>): Float64Array => {
  const all = new Float64Array(2 * values.length);
  for (let i = 0; i < values.length; i++) all[2 * i] = values[i] as number;
  return all;
};

/** Both lists as pairs if one of them is complex. */
export function inLanes(a: Numbers, b: Numbers): readonly [ArrayLike<number>, ArrayLike<number>, 1 | 2] {
  if (a.lanes === b.lanes) return [a.values, b.values, a.lanes];
  // a plain list of twice the length holds the parts of complex numbers
  const paired = (x: Numbers, n: number) =>
    x.lanes === 2 || (x.shape === undefined && x.values.length === 2 * n) ? x.values : pairs(x.values);
  return [paired(a, b.values.length / b.lanes), paired(b, a.values.length / a.lanes), 2];
}

export function ruleOf(
  tolerance: Exclude<Tolerance, NormTolerance>,
  expected: ArrayLike<number>,
  lanes: 1 | 2,
): ComparisonRule {
  const {
    rtol = 0,
    atol = 0,
    scale,
    each,
    notFinite = 'refused',
  } = typeof tolerance === 'number' ? { rtol: tolerance } : tolerance;
  if (each) return { allowed: (modulus) => atol + rtol * Math.max(modulus, scale ?? 0), notFinite };
  let largest = 0;
  for (let i = 0; i < expected.length; i += lanes) {
    const x = expected[i] as number;
    const modulus = lanes === 2 ? Math.hypot(x, expected[i + 1] as number) : Math.abs(x);
    if (Number.isFinite(modulus) && modulus > largest) largest = modulus;
  }
  if (largest === 0 && typeof tolerance === 'number') largest = 1;
  const allowed = atol + rtol * Math.max(largest, scale ?? 0);
  return { allowed: () => allowed, notFinite };
}

const SAME_VALUES: ComparisonRule = { allowed: () => 0, notFinite: 'refused' };
const isNorm = (tolerance: Tolerance | 'same bits'): tolerance is NormTolerance =>
  typeof tolerance === 'object' && 'norm' in tolerance;

function normOfDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < b.length; i++) sum += ((a[i] as number) - (b[i] as number)) ** 2;
  return Math.sqrt(sum);
}

/** The rank that holds an element of a distributed array. */
function holderOf(layout: Layout, index: number): string {
  if (layout.kind !== 'boxes' || layout.replicated) return '';
  const place = multiIndex(index, layout.globalShape);
  for (let rank = 0; rank < layout.ranks; rank++) {
    const { start, shape } = layout.box(rank);
    if (place.every((i, k) => i >= (start[k] as number) && i < (start[k] as number) + (shape[k] as number)))
      return ` (rank ${rank})`;
  }
  return '';
}

/** The first difference as a message, or undefined. */
export function differenceOf(
  actual: Comparable,
  expected: Comparable,
  tolerance: Tolerance | 'same bits',
): string | undefined {
  const [a, e] = [numbersOf(actual), numbersOf(expected)];
  if (a.dtype && e.dtype && a.dtype !== e.dtype) return `expected dtype ${e.dtype}, received ${a.dtype}`;
  if (a.shape && e.shape && !sameShape(a.shape, e.shape))
    return `expected shape ${formatShape(e.shape)}, received ${formatShape(a.shape)}`;
  const [received, wanted, lanes] = inLanes(a, e);
  if (received.length !== wanted.length)
    return `expected ${wanted.length / lanes} elements, received ${received.length / lanes}`;
  const norm = isNorm(tolerance) ? normOfDifference(received, wanted) : 0;
  if (isNorm(tolerance) && norm <= tolerance.norm) return undefined;
  const rule = isNorm(tolerance)
    ? SAME_VALUES
    : tolerance === 'same bits'
      ? SAME_BITS
      : ruleOf(tolerance, wanted, lanes);
  const found = compareNumbers(received, wanted, lanes, rule);
  if (!found) return undefined;
  const shape = [a.shape, e.shape].find((s) => s && product(s) === found.size);
  const text = describeDifferences(found, shape) + (a.layout ? holderOf(a.layout, found.index) : '');
  return isNorm(tolerance) ? `2-norm of the difference ${norm}, allowed ${tolerance.norm}: ${text}` : text;
}

function check(
  actual: Comparable,
  expected: Comparable,
  tolerance: Tolerance | 'same bits',
  details: string | Details,
): void {
  const found = differenceOf(actual, expected, tolerance);
  if (found === undefined) return;
  const { what, layout, seed } = typeof details === 'string' ? { what: details } : details;
  const where = layout ?? (actual instanceof DistributedArray ? actual.layout : undefined);
  const parts = [what, where && `layout ${where}`, seed !== undefined && `seed ${seed}`, found];
  expect.fail(parts.filter(Boolean).join(': '));
}

/**
 * Fails unless the values agree within a tolerance. Two arrays must also agree in shape and dtype.
 * A failure names the place of the largest error, both values there, the number of elements that
 * differ, and the layout of a distributed array with the rank that holds the element. Collective
 * for distributed arrays, whose ranks all compare the whole.
 */
export function expectClose(
  actual: Comparable,
  expected: Comparable,
  tolerance: Tolerance,
  details: string | Details = '',
): void {
  check(actual, expected, tolerance, details);
}

/** Fails unless the values have the same bits, signs of zeros included. NaN is NaN. */
export function expectSameBits(
  actual: Comparable,
  expected: Comparable,
  details: string | Details = '',
): void {
  check(actual, expected, 'same bits', details);
}
