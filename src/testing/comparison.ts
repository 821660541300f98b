import { product, type Shape } from '../core/base/shape.js';

/** The numbers that are accepted in place of the expected ones. */
export interface ComparisonRule {
  /** The largest modulus of a difference, from that of the finite parts of the expected element. */
  allowed(modulus: number): number;
  /** True if zeros must have the right sign. Complex numbers are then compared part by part. */
  readonly signedZeros?: boolean;
  /**
   * The rule for elements with an expected value of infinity or NaN. `'equal'`: the same infinity,
   * or NaN. `'any'`: one of these. `'unspecified'`: every value. `'refused'`: no value.
   *
   * @default 'equal'
   */
  readonly notFinite?: 'equal' | 'any' | 'unspecified' | 'refused';
}

/** All bits are the same. NaN is NaN, whatever its bits. */
export const SAME_BITS: ComparisonRule = { allowed: () => 0, signedZeros: true };

/** The elements that differ by more than a rule accepts. */
export interface Differences {
  /** The number of these elements. */
  readonly count: number;
  /** The number of all elements. */
  readonly size: number;
  /** The place of the largest error, as a multiple of the allowed one unless that is 0. */
  readonly index: number;
  readonly expected: string;
  readonly received: string;
  readonly error: number;
  readonly allowed: number;
}

const isFinitePair = (a: number, b: number): boolean => Number.isFinite(a) && Number.isFinite(b);
const finiteOrZero = (a: number): number => (Number.isFinite(a) ? a : 0);
/** The difference of two numbers. It is 0 for equal infinities. */
const apart = (a: number, b: number): number => (a === b ? 0 : a - b);
const modulusOf = (a: number, b: number): number => (b === 0 ? Math.abs(a) : Math.hypot(a, b));

function samePart(received: number, expected: number, allowed: number, signedZeros: boolean): boolean {
  if (Number.isNaN(expected)) return Number.isNaN(received);
  if (expected === received) return !signedZeros || expected !== 0 || Object.is(expected, received);
  return Math.abs(received - expected) <= allowed;
}

const show = (lanes: number, a: number, b: number): string => {
  const text = (v: number) => (Object.is(v, -0) ? '-0' : `${v}`);
  return lanes === 2 ? `${text(a)} + ${text(b)}i` : text(a);
};

/**
 * Compares numbers with the expected ones of the same length. Complex numbers are pairs, of which
 * one NaN is as good as the other.
 *
 * @returns undefined if the rule accepts all of them
 */
export function compareNumbers(
  received: ArrayLike<number>,
  expected: ArrayLike<number>,
  lanes: 1 | 2,
  { allowed: allowedFor, signedZeros = false, notFinite = 'equal' }: ComparisonRule,
): Differences | undefined {
  let [count, worst, index, worstError, worstAllowed] = [0, -1, 0, 0, 0];
  for (let i = 0; i < expected.length; i += lanes) {
    const [x, y] = [expected[i] as number, lanes === 2 ? (expected[i + 1] as number) : 0];
    const [a, b] = [received[i] as number, lanes === 2 ? (received[i + 1] as number) : 0];
    const finite = isFinitePair(x, y);
    if (!finite && (notFinite === 'unspecified' || (notFinite === 'any' && !isFinitePair(a, b)))) continue;
    const allowed = allowedFor(modulusOf(finiteOrZero(x), finiteOrZero(y)));
    const error = modulusOf(apart(a, x), apart(b, y));
    const equal =
      lanes === 1 || signedZeros
        ? samePart(a, x, allowed, signedZeros) && samePart(b, y, allowed, signedZeros)
        : Number.isNaN(x) || Number.isNaN(y)
          ? Number.isNaN(a) || Number.isNaN(b)
          : error <= allowed;
    if (equal && (finite || notFinite !== 'refused')) continue;
    count++;
    const excess = Number.isNaN(error) ? Number.POSITIVE_INFINITY : allowed > 0 ? error / allowed : error;
    if (excess > worst) [worst, index, worstError, worstAllowed] = [excess, i, error, allowed];
  }
  if (count === 0) return undefined;
  const textAt = (values: ArrayLike<number>): string =>
    show(lanes, values[index] as number, values[index + 1] as number);
  return {
    count,
    size: expected.length / lanes,
    index: index / lanes,
    expected: textAt(expected),
    received: textAt(received),
    error: worstError,
    allowed: worstAllowed,
  };
}

/** The multi-index of a place in C order. */
export function multiIndex(index: number, shape: Shape): number[] {
  return shape.map((n, axis) => Math.floor(index / product(shape.slice(axis + 1))) % n);
}

/**
 * `2 of 12 elements differ, the worst at [1, 2]: expected 3, received 4, error 1, allowed 0`
 *
 * @param shape one axis by default
 */
export function describeDifferences(d: Differences, shape: Shape = [d.size]): string {
  const elements = d.size === 1 ? 'element' : 'elements';
  return (
    `${d.count} of ${d.size} ${elements} ${d.count === 1 ? 'differs' : 'differ'}, ` +
    `the worst at [${multiIndex(d.index, shape).join(', ')}]: ` +
    `expected ${d.expected}, received ${d.received}, error ${d.error}, allowed ${d.allowed}`
  );
}
