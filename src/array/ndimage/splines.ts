import { floatsOf } from '../../core/array/casting.js';
import { NDArray } from '../../core/array/ndarray.js';
import type { Scalar } from '../../core/base/complex.js';
import { isFloat, isSingle, realOf } from '../../core/base/dtype.js';
import { ArgumentError } from '../../core/base/errors.js';
import { checkFlag, checkOneOf, type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { toAxis } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import { type EitherArray, isDistributed } from '../../core/distributed/align.js';
import { MOST_SPLINE_ORDER } from '../../core/ports/backend.js';
import type { Continuation } from '../../core/schemes/continuation.js';
import { type ArrayLike, type ArrayOf, arrayOf } from '../operands.js';
import { pad } from '../padding.js';
import { convolvedOver } from '../signal/convolving.js';
import { SPLINE_MODES, SPLINE_PADDING, type SplineMode } from './spline-coordinates.js';
import { BORDER_MODES, type BorderMode, checkConstant } from './windows-of-axes.js';

/** Options of interpolation by splines. */
export interface SplineOptions {
  /** The order of the splines: 0 for the nearest sample, 1 for lines, up to 5. @default 3 */
  readonly order?: number;
  /**
   * What is outside of the array. `constant`: `cval` anywhere outside; `grid-constant`: samples of
   * `cval`, between which it is interpolated. `wrap` has the period n − 1, `grid-wrap` n.
   * @default 'constant'
   */
  readonly mode?: BorderMode;
  /** The number outside, for the modes of constants. @default 0 */
  readonly cval?: Scalar;
  /**
   * Whether the array holds samples, and not the coefficients of splines that
   * {@link splineFilter} gives.
   * @default true
   */
  readonly prefilter?: boolean;
}
export const SPLINE_DEFAULTS = {
  order: 3,
  mode: 'constant',
  cval: 0,
  prefilter: true,
} satisfies Defaults<SplineOptions>;

/** Options of {@link splineFilter}. */
export interface SplineFilterOptions {
  /** The order of the splines, from 0 to 5. @default 3 */
  readonly order?: number;
  /** What is outside of the array. @default 'mirror' */
  readonly mode?: BorderMode;
}
const FILTER_DEFAULTS = { order: 3, mode: 'mirror' } satisfies Defaults<SplineFilterOptions>;

/** Options of {@link splineFilter1d}. */
export interface SplineFilter1dOptions extends SplineFilterOptions {
  /** The axis. Negative ones count from the end. @default -1 */
  readonly axis?: number;
}
const AXIS_DEFAULTS = { ...FILTER_DEFAULTS, axis: -1 } satisfies Defaults<SplineFilter1dOptions>;

/** The poles within the unit circle of the filter whose samples are those of a B-spline. */
const POLES: readonly (readonly number[])[] = [
  [],
  [],
  [Math.sqrt(8) - 3],
  [Math.sqrt(3) - 2],
  [
    Math.sqrt(664 - Math.sqrt(438976)) + Math.sqrt(304) - 19,
    Math.sqrt(664 + Math.sqrt(438976)) - Math.sqrt(304) - 19,
  ],
  [
    Math.sqrt(67.5 - Math.sqrt(4436.25)) + Math.sqrt(26.25) - 6.5,
    Math.sqrt(67.5 + Math.sqrt(4436.25)) - Math.sqrt(26.25) - 6.5,
  ],
];

/**
 * The inverse of the filter of a B-spline's samples, to a precision: for each pole z the weights
 * `(1 − z)/(1 + z) z^|k|`, one after another.
 */
function inverseFilter(order: number, precision: number): number[] {
  return (POLES[order] as readonly number[]).reduce(
    (filter, z) => {
      const reach = Math.ceil(Math.log(precision) / Math.log(Math.abs(z)));
      const factor = (1 - z) / (1 + z);
      const own = Array.from({ length: 2 * reach + 1 }, (_, k) => factor * z ** Math.abs(k - reach));
      const result = new Array<number>(filter.length + own.length - 1).fill(0);
      filter.forEach((a, i) => {
        own.forEach((b, j) => {
          result[i + j] = (result[i + j] as number) + a * b;
        });
      });
      return result;
    },
    [1],
  );
}

export function checkOrder(name: string, order: number): void {
  if (!Number.isSafeInteger(order) || order < 0 || order > MOST_SPLINE_ORDER)
    throw new ArgumentError(
      `${name}: expected an order from 0 to ${MOST_SPLINE_ORDER}, received ${textOf(order)}`,
    );
}

/** The coefficients along an axis. */
function filteredAlong(
  name: string,
  x: EitherArray,
  axis: number,
  order: number,
  kind: Continuation,
): EitherArray {
  const n = x.space.shape[axis] as number;
  if (order < 2 || n < 2) return x;
  const weights = inverseFilter(order, isSingle(x.dtype) ? 2 ** -27 : 2 ** -56);
  const { backend } = x;
  const shape = x.space.shape.map((_, k) => (k === axis ? weights.length : 1));
  const h = NDArray.array(weights, { dtype: realOf(x.dtype), backend })
    .astype(x.dtype)
    .reshape(shape);
  const reach = (weights.length - 1) / 2;
  return convolvedOver(name, x, h, {
    starts: shape.map((_, k) => (k === axis ? reach : 0)),
    lengths: x.space.shape,
    axes: [axis],
    kinds: shape.map((_, k) => (k === axis ? kind : 'edge')),
    method: 'direct',
  });
}

/** The coefficients of splines for an array, and how they are continued. */
export interface SplineCoefficients {
  readonly values: EitherArray;
  readonly mode: SplineMode;
  readonly continuation: Continuation;
  /** The number of coefficients before the first sample of the array. */
  readonly padding: number;
}

/** The coefficients for the options of an interpolation, which are checked. */
export function coefficientsOf(
  name: string,
  given: EitherArray,
  { order, mode: modeName, cval, prefilter }: Required<SplineOptions>,
): SplineCoefficients {
  checkOrder(name, order);
  checkOneOf('mode', modeName, BORDER_MODES);
  checkFlag(name, { prefilter });
  const mode = SPLINE_MODES[modeName];
  const x = floatsOf(given);
  checkConstant(name, x, cval);
  if (order < 2 || !prefilter) return { values: x, mode, continuation: mode.coefficients, padding: 0 };
  const padding = mode.padding ? SPLINE_PADDING : 0;
  const padded: EitherArray =
    mode.padding === undefined
      ? x
      : pad(x, padding, mode.padding === 'edge' ? { mode: 'edge' } : { constantValues: cval });
  const values = x.space.shape.reduce(
    (y: EitherArray, _, axis) => filteredAlong(name, y, axis, order, mode.samples),
    padded,
  );
  // Beyond the padding, the samples of the edge are reflected
  const continuation = mode.padding === 'edge' ? 'symmetric' : mode.coefficients;
  return { values, mode, continuation, padding };
}

/** Results in the dtype of the array: integers are rounded, halves away from 0. */
export function inDTypeOf(x: EitherArray, y: EitherArray): EitherArray {
  if (isFloat(x.dtype)) return y;
  const rounded = (part: NDArray): NDArray => part.add(part.sign().multiply(0.5)).astype(x.dtype);
  return isDistributed(y) ? y.space.wrap(rounded(y.local)) : rounded(y);
}

/**
 * The coefficients of the B-splines along an axis that interpolate an array: floats. By a filter
 * whose weights fall below the precision of the array. One exchange if the axis is split, otherwise
 * nothing is sent. The result is split as x.
 */
export function splineFilter1d<X extends ArrayLike>(x: X, options?: SplineFilter1dOptions): ArrayOf<X> {
  const name = 'ndimage.splineFilter1d';
  const { order, mode, axis } = withDefaults(name, options, AXIS_DEFAULTS);
  checkOrder(name, order);
  checkOneOf('mode', mode, BORDER_MODES);
  return tidy(() => {
    const a = arrayOf(name, x);
    const from = floatsOf(a);
    const k = toAxis(axis, a.space.shape.length);
    const y = filteredAlong(name, from, k, order, SPLINE_MODES[mode].samples);
    return y === a ? a.copy() : y;
  }) as ArrayOf<X>;
}

/** The coefficients along all axes, one after another: see {@link splineFilter1d}. */
export function splineFilter<X extends ArrayLike>(x: X, options?: SplineFilterOptions): ArrayOf<X> {
  const name = 'ndimage.splineFilter';
  const { order, mode } = withDefaults(name, options, FILTER_DEFAULTS);
  checkOrder(name, order);
  checkOneOf('mode', mode, BORDER_MODES);
  return tidy(() => {
    const a = arrayOf(name, x);
    const y = a.space.shape.reduce(
      (z: EitherArray, _, axis) => filteredAlong(name, z, axis, order, SPLINE_MODES[mode].samples),
      floatsOf(a),
    );
    return y === a ? a.copy() : y;
  }) as ArrayOf<X>;
}
