import { NDArray } from '../core/array/ndarray.js';
import { isScalar, type Scalar } from '../core/base/complex.js';
import { isBoolean, realOf } from '../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../core/base/errors.js';
import { checkCount, type Defaults, withDefaults } from '../core/base/options.js';
import { tidy } from '../core/base/scope.js';
import { formatShape, toAxes, toAxis } from '../core/base/shape.js';
import { textOf } from '../core/base/text-of.js';
import { type EitherArray, isArrayOfEitherKind, isDistributed } from '../core/distributed/align.js';
import { assemble, wholeRun } from '../core/distributed/assemble.js';
import { add, divide, multiply, subtract } from './elementwise/arithmetic.js';
import { notEqual } from './elementwise/comparisons.js';
import { alike } from './joining.js';
import { type ArrayLike, type ArrayOf, arrayOf, arraysOf } from './operands.js';
import { floatsOf, sum } from './reductions.js';

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
    const difference = isBoolean(y.dtype) ? notEqual : subtract;
    for (let i = 0; i < given.n; i++) {
      const count = Math.max((y.space.shape[axis] as number) - 1, 0);
      const first = y.space.shape[axis] === 0 ? 0 : 1;
      y = difference(rows('diff', y, axis, first, count), rows('diff', y, axis, 0, count));
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
    Array.isArray(positions) &&
    positions.length === n &&
    positions.every((v) => typeof v === 'number') &&
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
  const inside = (): EitherArray => {
    const [p, r] = [stretch(0, n - 2), stretch(2, n - 2)];
    if (typeof distances === 'number') return divide(subtract(r, p), 2 * distances);
    const taps = Array.from({ length: n - 2 }, (_, i) => PARABOLA.middle(at(i), at(i + 1)));
    const [a, b, c] = [0, 1, 2].map((k) => weights(taps.map((t) => t[k] as number))) as [
      NDArray,
      NDArray,
      NDArray,
    ];
    return add(add(multiply(p, a), multiply(stretch(1, n - 2), b)), multiply(r, c));
  };
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
 * The integral along an axis by the trapezoidal rule; a number if there is no other axis. If the
 * axis is split, neighbours exchange a few elements, and one reduction follows.
 * @param x the positions of the samples: one for each along the axis, or as many as y
 */
export function trapz(y: ArrayLike, x?: ArrayLike | null, options?: TrapzOptions): EitherArray | Scalar {
  const given = withDefaults('trapz', options, TRAPZ_DEFAULTS);
  if (!Number.isFinite(given.dx))
    throw new ArgumentError(`trapz: expected dx to be a number, received ${textOf(given.dx)}`);
  return tidy(() => {
    const [samples, positions] = arraysOf('trapz', x === undefined || x === null ? [y] : [y, x]);
    const from = floatsOf(samples as EitherArray);
    const { shape } = from.space;
    const axis = toAxis(given.axis, shape.length);
    const count = Math.max((shape[axis] as number) - 1, 0);
    const pairs = add(
      rows('trapz', from, axis, Math.min(1, shape[axis] as number), count),
      rows('trapz', from, axis, 0, count),
    );
    const widths = positions === undefined ? given.dx : widthsOf(arrayOf('trapz', positions), shape, axis);
    const total = sum(divide(multiply(pairs, widths), 2), { axis, keepdims: false });
    return shape.length === 1 && !isScalar(total) ? (total as NDArray).get() : total;
  });
}

/** The distances of positions, as an array that broadcasts along the axis. */
function widthsOf(x: EitherArray, shape: readonly number[], axis: number): EitherArray {
  const { length } = x.space.shape;
  if (length !== 1) return diff(x, { axis });
  if (x.space.shape[0] !== shape[axis])
    throw new ShapeError(`trapz: expected ${shape[axis]} positions, received ${x.space.shape[0]}`);
  const widths = diff(x);
  return widths.space.shape.length === shape.length
    ? widths
    : widths.reshape(shape.map((n, k) => (k === axis ? n - 1 : 1)));
}
