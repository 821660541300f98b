import { floatsOf } from '../core/array/casting.js';
import { NDArray } from '../core/array/ndarray.js';
import { isScalar, type Scalar } from '../core/base/complex.js';
import { hostArray, isBoolean, isComplex, realOf } from '../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../core/base/errors.js';
import { checkCount, type Defaults, isListOf, withDefaults } from '../core/base/options.js';
import { tidy } from '../core/base/scope.js';
import { formatShape, toAxes, toAxis } from '../core/base/shape.js';
import type { Index } from '../core/base/slice.js';
import { textOf } from '../core/base/text-of.js';
import { type EitherArray, isArrayOfEitherKind, isDistributed } from '../core/distributed/align.js';
import { assemble, wholeRun } from '../core/distributed/assemble.js';
import { add, divide, multiply, subtract } from './elementwise/arithmetic.js';
import { notEqual } from './elementwise/comparisons.js';
import { alike } from './joining.js';
import { sum } from './methods.js';
import { type ArrayLike, type ArrayOf, arrayOf, onParts } from './operands.js';

/** `count` elements along an axis, from `first`. */
const rows = (name: string, x: EitherArray, axis: number, first: number, count: number): EitherArray =>
  assemble(name, [x], [{ source: 0, first, count, step: 1 }], axis);

/** Arrays one after another along an axis. */
const joined = (name: string, arrays: readonly EitherArray[], axis: number): EitherArray =>
  assemble(
    name,
    arrays,
    arrays.map((x, source) => wholeRun(x, axis, source)),
    axis,
  );

// In place: arrays of this module, which nobody else holds
const subtractFrom = (x: EitherArray, y: EitherArray): EitherArray =>
  isDistributed(x) ? x.subtractInPlace(y) : x.subtractInPlace(y as NDArray);
const addTo = (x: EitherArray, y: EitherArray): EitherArray =>
  isDistributed(x) ? x.addInPlace(y) : x.addInPlace(y as NDArray);
const scaleBy = (x: EitherArray, y: EitherArray | number): EitherArray =>
  isDistributed(x) ? x.multiplyInPlace(y) : x.multiplyInPlace(y as NDArray | number);
const divideBy = (x: EitherArray, y: number): EitherArray => x.divideInPlace(y);

/** Options of {@link diff}. */
export interface DiffOptions {
  /** How often differences are taken. @default 1 */
  readonly n?: number;
  /** The axis. Negative ones count from the end. @default -1 */
  readonly axis?: number;
  /** What is put before the array along the axis: an array, or a number. @default nothing */
  readonly prepend?: ArrayLike | undefined;
  /** What is put after the array along the axis: an array, or a number. @default nothing */
  readonly append?: ArrayLike | undefined;
}
const DIFF_DEFAULTS = {
  n: 1,
  axis: -1,
  prepend: undefined,
  append: undefined,
} satisfies Defaults<DiffOptions>;

/** An array between others along an axis, of which numbers are one element long. */
function extended(x: EitherArray, axis: number, { prepend, append }: DiffOptions): EitherArray {
  const given = [prepend, x, append].filter((y) => y !== undefined);
  if (given.length === 1) return x;
  const ones = x.space.shape.map(() => 1);
  const arrays = alike('diff', given).map((y) => (y.space.shape.length === 0 ? y.reshape(ones) : y));
  // The first array of assemble() has the shape of the result
  const main = prepend === undefined ? 0 : 1;
  const order = [main, ...arrays.flatMap((_, k) => (k === main ? [] : [k]))];
  return assemble(
    'diff',
    order.map((k) => arrays[k] as EitherArray),
    arrays.map((y, k) => wholeRun(y, axis, order.indexOf(k))),
    axis,
  );
}

/** `x[i + 1] − x[i]` along an axis; of bool, whether the two differ. */
function difference(x: EitherArray, axis: number): EitherArray {
  const n = x.space.shape[axis] as number;
  const count = Math.max(n - 1, 0);
  if (!isDistributed(x)) {
    const part = (first: number): NDArray =>
      x.slice(...x.shape.map((_, k): Index => (k === axis ? [first, first + count] : null)));
    const [later, sooner] = [part(Math.min(n, 1)), part(0)];
    return isBoolean(x.dtype) ? notEqual(later, sooner) : subtract(later, sooner);
  }
  const later = rows('diff', x, axis, Math.min(n, 1), count);
  const sooner = rows('diff', x, axis, 0, count);
  return isBoolean(x.dtype) ? notEqual(later, sooner) : subtractFrom(later, sooner);
}

/**
 * The n-th differences `x[i + 1] − x[i]` along an axis; of bool, whether the two differ. If the
 * axis is split, neighbours exchange a few elements for each difference, and the result is split
 * evenly.
 */
export function diff<X extends ArrayLike>(x: X, options?: DiffOptions): ArrayOf<X> {
  const given = withDefaults('diff', options, DIFF_DEFAULTS);
  checkCount('diff', { n: given.n });
  return tidy(() => {
    const from = arrayOf('diff', x);
    const axis = toAxis(given.axis, from.space.shape.length);
    let y = extended(from, axis, given);
    for (let i = 0; i < given.n; i++) {
      const before = y;
      y = tidy(() => difference(before, axis));
      if (before !== from) before.dispose();
    }
    return y === from ? from.copy() : y;
  }) as ArrayOf<X>;
}

/** Options of {@link gradient}. */
export interface ArrayGradientOptions {
  /** One axis or several. @default all */
  readonly axis?: number | readonly number[] | null | undefined;
  /** The order of accuracy at the ends: 1 or 2. @default 1 */
  readonly edgeOrder?: 1 | 2;
}
const GRADIENT_DEFAULTS = { axis: undefined, edgeOrder: 1 } satisfies Defaults<ArrayGradientOptions>;

/** A number between samples, or the positions of all samples of an axis. */
export type Spacing = number | NDArray | readonly number[];

/** The distances between the samples of an axis: one number if they are the same. */
function distancesOf(spacing: Spacing, n: number): number | readonly number[] {
  if (typeof spacing === 'number') return spacing;
  const positions = spacing instanceof NDArray ? Array.from(spacing.toHost()) : spacing;
  const isPositions =
    isListOf(positions, (v) => typeof v === 'number') &&
    positions.length === n &&
    (!(spacing instanceof NDArray) || spacing.ndim === 1);
  if (!isPositions)
    throw new ShapeError(
      `gradient: expected a number or the ${n} positions of an axis as spacing, received ${textOf(spacing)}`,
    );
  const steps = positions.slice(1).map((v, i) => v - (positions[i] as number));
  return steps.every((d) => d === steps[0]) ? (steps[0] as number) : steps;
}

/** The weights of the derivative of a parabola, at one of its three points. */
const PARABOLA: Readonly<Record<'first' | 'middle' | 'last', (a: number, b: number) => number[]>> = {
  first: (a, b) => [-(2 * a + b) / (a * (a + b)), (a + b) / (a * b), -a / (b * (a + b))],
  middle: (a, b) => [-b / (a * (a + b)), (b - a) / (a * b), a / (b * (a + b))],
  last: (a, b) => [b / (a * (a + b)), -(b + a) / (a * b), (2 * b + a) / (b * (a + b))],
};

/** The derivative along an axis of at least two samples at one distance, written in place. */
function evenGradient(x: NDArray, axis: number, distance: number): NDArray {
  const y = x.space.empty();
  if (x.size === 0) return y;
  const n = x.shape[axis] as number;
  const cut = (a: NDArray, first: number, count: number): NDArray =>
    a.slice(...a.shape.map((_, k): [number, number] | null => (k === axis ? [first, first + count] : null)));
  const put = (first: number, count: number, before: number, after: number): void => {
    const to = cut(y, first, count);
    x.backend.linearCombination([1, -1], [cut(x, after, count), cut(x, before, count)], to);
    to.divideInPlace((after - before) * distance);
  };
  put(0, 1, 0, 1);
  if (n > 2) put(1, n - 2, 0, 2);
  put(n - 1, 1, n - 2, n - 1);
  return y;
}

function gradientAlong(
  x: EitherArray,
  axis: number,
  distances: number | readonly number[],
  edgeOrder: 1 | 2,
): EitherArray {
  const n = x.space.shape[axis] as number;
  if (n < edgeOrder + 1)
    throw new ShapeError(
      `gradient: axis ${axis} of ${formatShape(x.space.shape)} has fewer than ${edgeOrder + 1} elements`,
    );
  const isWhole = !isDistributed(x) || x.layout.grid[axis] === 1;
  if (isWhole && edgeOrder === 1 && typeof distances === 'number')
    return onParts(x, (part) => evenGradient(part, axis, distances));
  const dtype = realOf(x.dtype);
  /** One weight for each row along the axis. */
  const weights = (values: readonly number[]): NDArray =>
    NDArray.array([...values], { dtype, backend: x.backend }).reshape(
      x.space.shape.map((_, k) => (k === axis ? values.length : 1)),
    );
  const stretch = (first: number, count: number): EitherArray => rows('gradient', x, axis, first, count);
  const at = (i: number): number => (typeof distances === 'number' ? distances : (distances[i] as number));
  /**
   * The derivative at an end: of the line, or of the parabola, through the samples from `start`.
   */
  const end = (start: number, place: 'first' | 'last'): EitherArray => {
    if (edgeOrder === 1) return divide(subtract(stretch(start + 1, 1), stretch(start, 1)), at(start));
    const [a, b, c] = PARABOLA[place](at(start), at(start + 1)) as [number, number, number];
    const [p, q, r] = [stretch(start, 1), stretch(start + 1, 1), stretch(start + 2, 1)];
    return add(add(multiply(p, a), multiply(q, b)), multiply(r, c));
  };
  const inside = (): EitherArray =>
    tidy(() => {
      const p = stretch(0, n - 2);
      if (typeof distances === 'number') {
        const r = stretch(2, n - 2);
        return divideBy(subtractFrom(r, p), 2 * distances);
      }
      const taps = Array.from({ length: n - 2 }, (_, i) => PARABOLA.middle(at(i), at(i + 1)));
      const term = (y: EitherArray, tap: number): EitherArray =>
        scaleBy(y, weights(taps.map((t) => t[tap] as number)));
      term(p, 0);
      for (const tap of [1, 2]) {
        const q = term(stretch(tap, n - 2), tap);
        addTo(p, q);
        q.dispose();
      }
      return p;
    });
  const parts = [end(0, 'first'), ...(n > 2 ? [inside()] : []), end(n - 1 - edgeOrder, 'last')];
  return joined('gradient', parts, axis);
}

/**
 * The derivative along axes: of second order inside, of the order `edgeOrder` at the ends. A list
 * of arrays for several axes, one array for one. Along a split axis, neighbours exchange a few
 * elements, and the result is split evenly.
 * @param args the spacing, of all axes or of each: a number, or the positions of the samples; 1 if
 *   there is none; and last the options
 * @throws {@link ShapeError} if an axis has fewer than `edgeOrder + 1` elements
 */
export function gradient<X extends ArrayLike>(
  x: X,
  ...args: readonly (Spacing | ArrayGradientOptions)[]
): ArrayOf<X> | ArrayOf<X>[] {
  const isSpacing = (v: unknown): v is Spacing =>
    typeof v === 'number' || Array.isArray(v) || isArrayOfEitherKind(v);
  const last = args.at(-1);
  const hasOptions = args.length > 0 && !isSpacing(last);
  const options = hasOptions ? (last as ArrayGradientOptions) : undefined;
  const { axis, edgeOrder } = withDefaults('gradient', options, GRADIENT_DEFAULTS);
  if (edgeOrder !== 1 && edgeOrder !== 2)
    throw new ArgumentError(`gradient: expected edgeOrder to be 1 or 2, received ${textOf(edgeOrder)}`);
  const spacings = (hasOptions ? args.slice(0, -1) : args) as readonly Spacing[];
  for (const spacing of spacings)
    if (!isSpacing(spacing) || isDistributed(spacing))
      throw new ArgumentError(
        `gradient: expected spacings as numbers, lists or NDArrays, received ${textOf(spacing)}`,
      );
  return tidy(() => {
    const from = floatsOf(arrayOf('gradient', x));
    const axes = toAxes(axis ?? undefined, from.space.shape.length, 'axis');
    if (spacings.length > 1 && spacings.length !== axes.length)
      throw new ArgumentError(
        `gradient: expected one spacing, or one for each of ${axes.length} axes, received ${spacings.length}`,
      );
    const results = axes.map((k, i) => {
      const spacing = spacings[spacings.length === 1 ? 0 : i] ?? 1;
      return gradientAlong(from, k, distancesOf(spacing, from.space.shape[k] as number), edgeOrder);
    });
    return results.length === 1 ? results[0] : results;
  }) as ArrayOf<X> | ArrayOf<X>[];
}

/** Options of {@link trapz}. */
export interface TrapzOptions {
  /** The distance between samples if there are no positions. @default 1 */
  readonly dx?: number;
  /** The axis. Negative ones count from the end. @default -1 */
  readonly axis?: number;
}
const TRAPZ_DEFAULTS = { dx: 1, axis: -1 } satisfies Defaults<TrapzOptions>;

/**
 * The integral along an axis by the trapezoidal rule; a number if there is no other axis. One
 * reduction if the axis is split; with positions that are distributed, or of the shape of y,
 * neighbours exchange a few elements before.
 * @param x the positions of the samples: one for each along the axis, or as many as y. Options may
 *   stand in its place
 */
export function trapz(y: ArrayLike, options?: TrapzOptions): EitherArray | Scalar;
export function trapz(y: ArrayLike, x?: ArrayLike | null, options?: TrapzOptions): EitherArray | Scalar;
export function trapz(
  y: ArrayLike,
  second?: ArrayLike | TrapzOptions | null,
  third?: TrapzOptions,
): EitherArray | Scalar {
  const isOptions = second !== null && typeof second === 'object' && !isList(second);
  const [x, options] = isOptions ? [null, second as TrapzOptions] : [second as ArrayLike | null, third];
  const given = withDefaults('trapz', options, TRAPZ_DEFAULTS);
  if (!Number.isFinite(given.dx))
    throw new ArgumentError(`trapz: expected dx to be a number, received ${textOf(given.dx)}`);
  return tidy(() => {
    const from = floatsOf(arrayOf('trapz', y));
    const { shape } = from.space;
    const axis = toAxis(given.axis, shape.length);
    const options = { dtype: realOf(from.dtype), backend: from.backend };
    const places =
      x === undefined || x === null
        ? undefined
        : arrayOf('trapz', Array.isArray(x) ? NDArray.array(x, options) : x);
    const terms =
      places === undefined
        ? withHalvedEnds(from, axis)
        : places.space.shape.length === 1 && !isDistributed(places)
          ? weighted(from, axis, places)
          : multiply(pairSums(from, axis), widthsOf(places, shape, axis));
    const sums = sum(terms, { axis, keepdims: false });
    const total = places === undefined && given.dx !== 1 ? multiply(sums, given.dx) : sums;
    return shape.length === 1 && !isScalar(total) ? (total as NDArray).get() : total;
  });
}

const isList = (x: object): boolean => Array.isArray(x) || isArrayOfEitherKind(x) || isScalar(x);

/** Samples of which the first and the last along an axis are halved; of one sample, 0. */
function withHalvedEnds(y: EitherArray, axis: number): EitherArray {
  const n = y.space.shape[axis] as number;
  const part = (own: NDArray, start: number): NDArray => {
    const terms = own.copy();
    const count = own.shape[axis] as number;
    const at = (i: number): NDArray => terms.slice(...own.shape.map((_, k) => (k === axis ? i : null)));
    if (n === 1) return terms.fill(0);
    if (count > 0 && start === 0) at(0).multiplyInPlace(0.5);
    if (count > 0 && start + count === n) at(count - 1).multiplyInPlace(0.5);
    return terms;
  };
  return isDistributed(y) ? y.space.wrap(part(y.local, y.box.start[axis] as number)) : part(y, 0);
}

/** Samples multiplied by half the distance between their neighbours. */
function weighted(y: EitherArray, axis: number, x: NDArray): EitherArray {
  const n = y.space.shape[axis] as number;
  if (x.shape[0] !== n || isComplex(x.dtype))
    throw new ShapeError(
      `trapz: expected ${n} real positions, received ${formatShape(x.shape)} of ${x.dtype}`,
    );
  const at = x.toHost();
  const between = (i: number): number =>
    i < 0 || i >= n - 1 ? 0 : (at[i + 1] as number) - (at[i] as number);
  const part = (own: NDArray, start: number): NDArray => {
    const count = own.shape[axis] as number;
    const weight = (i: number): number => (between(start + i - 1) + between(start + i)) / 2;
    const dtype = realOf(y.dtype);
    const values = hostArray(dtype, count);
    for (let i = 0; i < count; i++) values[i] = weight(i);
    const weights = own.space.withShape([count], dtype).upload(values);
    // A weight for each element: no third array of this size
    if (own.ndim === 1 && own.dtype === weights.dtype) return weights.multiplyInPlace(own);
    return own.multiply(weights.reshape(own.shape.map((_, k) => (k === axis ? count : 1))));
  };
  return isDistributed(y) ? y.space.wrap(part(y.local, y.box.start[axis] as number)) : part(y, 0);
}

/** `(y[i] + y[i + 1]) / 2` along an axis. */
function pairSums(y: EitherArray, axis: number): EitherArray {
  const n = y.space.shape[axis] as number;
  const count = Math.max(n - 1, 0);
  const later = rows('trapz', y, axis, Math.min(1, n), count);
  return divideBy(addTo(later, rows('trapz', y, axis, 0, count)), 2);
}

/** The distances of positions, of the shape of the samples. */
function widthsOf(x: EitherArray, shape: readonly number[], axis: number): EitherArray {
  if (x.space.shape.length !== shape.length)
    throw new ShapeError(
      `trapz: expected positions of shape ${formatShape(shape)} or one for each sample along the axis, ` +
        `received ${formatShape(x.space.shape)}`,
    );
  return diff(x, { axis });
}
