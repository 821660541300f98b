import { ArgumentError, ShapeError } from '../core/base/errors.js';
import { type Defaults, isListOf, withDefaults } from '../core/base/options.js';
import { tidy } from '../core/base/scope.js';
import { formatShape, toAxes, toAxis, toShape } from '../core/base/shape.js';
import { textOf } from '../core/base/text-of.js';
import { type EitherArray, isDistributed } from '../core/distributed/align.js';
import { assemble, type Run, rollRuns, wholeRun } from '../core/distributed/assemble.js';
import { type ArrayLike, type ArrayOf, arrayOf } from './operands.js';
import { expandedDims, flatOf, reshaped, transposed, viewOf } from './shaping.js';

/** Options of {@link flip}. */
export interface ArrayFlipOptions {
  /** One axis or several. @default all */
  readonly axis?: number | readonly number[] | null | undefined;
}
const FLIP_DEFAULTS = { axis: undefined } satisfies Defaults<ArrayFlipOptions>;

function flipped(x: EitherArray, axes: readonly number[]): EitherArray {
  if (!isDistributed(x)) return x.flip(axes);
  if (axes.length === 0) return x.copy();
  return axes.reduce((y: EitherArray, k) => {
    const count = y.space.shape[k] as number;
    return assemble('flip', [y], [{ source: 0, first: count - 1, count, step: -1 }], k);
  }, x);
}

/**
 * The elements in reverse order along axes. Of an NDArray, the result is a view, of a distributed
 * array a copy. For each split axis, each rank sends at most one message to each other rank;
 * otherwise nothing is sent.
 */
export function flip<X extends ArrayLike>(x: X, options?: ArrayFlipOptions): ArrayOf<X> {
  const { axis } = withDefaults('flip', options, FLIP_DEFAULTS);
  return tidy(() => {
    const from = viewOf(arrayOf('flip', x));
    return flipped(from, toAxes(axis ?? undefined, from.space.shape.length, 'axis'));
  }) as ArrayOf<X>;
}

/** Options of {@link roll}. */
export interface ArrayRollOptions {
  /** One axis or several; null rolls the flattened array. @default the flattened array */
  readonly axis?: number | readonly number[] | null | undefined;
}
const ROLL_DEFAULTS = { axis: undefined } satisfies Defaults<ArrayRollOptions>;

/**
 * The elements shifted cyclically along axes: i moves to `(i + shift) mod n`. An axis that is named
 * twice is shifted by the sum. For each split axis, each rank sends at most one message to each
 * other rank; otherwise nothing is sent. The flattened array is as that of `ravel`.
 * @param shift one for all axes, or one for each
 */
export function roll<X extends ArrayLike>(
  x: X,
  shift: number | readonly number[],
  options?: ArrayRollOptions,
): ArrayOf<X> {
  const { axis } = withDefaults('roll', options, ROLL_DEFAULTS);
  const shifts = Array.isArray(shift) ? shift : [shift];
  if (!isListOf(shifts, Number.isSafeInteger))
    throw new ArgumentError(`roll: expected integers as shifts, received ${textOf(shift)}`);
  return tidy(() => {
    const from = arrayOf('roll', x);
    const { shape } = from.space;
    const isFlat = axis === null || axis === undefined;
    const axes = isFlat ? [0] : (Array.isArray(axis) ? axis : [axis]).map((k) => toAxis(k, shape.length));
    if (shifts.length !== 1 && axes.length !== 1 && shifts.length !== axes.length)
      throw new ArgumentError(
        `roll: expected one shift, or one for each axis, received ${textOf(shift)} for ${textOf(axis)}`,
      );
    const count = axes.length === 0 ? 0 : Math.max(shifts.length, axes.length);
    const pairs = Array.from({ length: count }, (_, i) => ({
      by: shifts[shifts.length === 1 ? 0 : i] as number,
      along: axes[axes.length === 1 ? 0 : i] as number,
    }));
    const start = isFlat ? flatOf('roll', from) : from;
    const rolled = pairs.reduce(
      (y, { by, along }) => assemble('roll', [y], rollRuns(y.space.shape[along] as number, by), along),
      start,
    );
    if (rolled === from) return from.copy();
    return isFlat ? reshaped('roll', rolled, shape) : rolled;
  }) as ArrayOf<X>;
}

/** Options of {@link rot90}. */
export interface Rot90Options {
  /** The two axes of the plane, from the first towards the second. @default [0, 1] */
  readonly axes?: readonly [number, number];
}
const ROT90_DEFAULTS = { axes: [0, 1] } satisfies Defaults<Rot90Options>;

/**
 * The array rotated by k quarter turns in the plane of two axes. Communication and memory as those
 * of {@link flip} and `transpose`.
 */
export function rot90<X extends ArrayLike>(x: X, k = 1, options?: Rot90Options): ArrayOf<X> {
  const { axes } = withDefaults('rot90', options, ROT90_DEFAULTS);
  if (!Number.isSafeInteger(k))
    throw new ArgumentError(`rot90: expected a number of quarter turns, received ${textOf(k)}`);
  return tidy(() => {
    const from = arrayOf('rot90', x);
    const plane = toAxes(axes, from.space.shape.length, 'axes');
    if (plane.length !== 2) throw new ArgumentError(`rot90: expected two axes, received ${textOf(axes)}`);
    const [a, b] = plane as [number, number];
    const order = from.space.shape.map((_, j) => (j === a ? b : j === b ? a : j));
    const turns = ((k % 4) + 4) % 4;
    if (turns === 0) return isDistributed(from) ? from.copy() : from.flip([]);
    if (turns === 2) return flipped(from, plane);
    const swapped = (y: EitherArray): EitherArray => transposed('rot90', y, order);
    return turns === 1 ? swapped(flipped(from, [b])) : flipped(swapped(from), [b]);
  }) as ArrayOf<X>;
}

/**
 * The array repeated along axes; missing ones count from the last. If an axis is split that is
 * repeated, each rank sends at most one message to each other rank.
 * @param reps how often, for one axis or for each
 */
export const tile = <X extends ArrayLike>(x: X, reps: number | readonly number[]): ArrayOf<X> =>
  tidy(() => {
    const from = arrayOf('tile', x);
    const given = toShape(reps, 'reps');
    if (given.some((n) => n >= 2 ** 32))
      throw new ShapeError(`tile: expected fewer than 2^32 repetitions, received ${formatShape(given)}`);
    const missing = given.length - from.space.shape.length;
    const wide =
      missing > 0
        ? expandedDims(
            from,
            Array.from({ length: missing }, (_, k) => k),
          )
        : from;
    const offset = Math.max(-missing, 0);
    const tiled = given.reduce((y: EitherArray, n, k) => {
      const axis = offset + k;
      const run: Run = wholeRun(y, axis);
      return n === 1
        ? y
        : assemble(
            'tile',
            [y],
            Array.from({ length: n }, () => run),
            axis,
          );
    }, wide);
    return tiled === from ? from.copy() : tiled;
  }) as ArrayOf<X>;
