import { asDType } from '../core/array/casting.js';
import { binary, where } from '../core/array/elementwise.js';
import { NDArray } from '../core/array/ndarray.js';
import { gatherAlong } from '../core/array/shaping.js';
import { isScalar, type Scalar } from '../core/base/complex.js';
import { complexOf, INDEX_DTYPE, isComplex, isFloat, isSingle } from '../core/base/dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../core/base/errors.js';
import { checkFinite, type Defaults, withDefaults } from '../core/base/options.js';
import { tidy } from '../core/base/scope.js';
import { formatShape } from '../core/base/shape.js';
import { textOf } from '../core/base/text-of.js';
import type { EitherArray } from '../core/distributed/align.js';
import { type ArrayLike, type ArrayOf, arrayOf, arraysOf, onParts } from './operands.js';
import { search, wholeOn } from './searching.js';

/** Options of {@link interp}. */
export interface LineInterpolationOptions {
  /** The value before the first position. @default the first value */
  readonly left?: Scalar | undefined;
  /** The value after the last position. @default the last value */
  readonly right?: Scalar | undefined;
  /**
   * The period of the positions, which then may have any order; `left` and `right` have no meaning.
   * @default not periodic
   */
  readonly period?: number | undefined;
}
const DEFAULTS = {
  left: undefined,
  right: undefined,
  period: undefined,
} satisfies Defaults<LineInterpolationOptions>;

/** The elements of a vector at positions in an array. */
const gathered = (values: NDArray, index: NDArray): NDArray =>
  gatherAlong(values, index, 0).reshape(index.shape);

/** Positions within one period, in ascending order, with one more on both sides, and values. */
function periodic(positions: NDArray, values: NDArray, period: number): [NDArray, NDArray] {
  const p = Math.abs(period);
  const host = Array.from(positions.toHost(), (x) => ((x % p) + p) % p);
  const order = host.map((_, i) => i).sort((i, j) => (host[i] as number) - (host[j] as number));
  const [first, last] = [order[0] as number, order.at(-1) as number];
  const all = [last, ...order, first];
  const { dtype, backend } = positions;
  const moved = all.map((i, k) => (host[i] as number) + (k === 0 ? -p : k === all.length - 1 ? p : 0));
  return [NDArray.array(moved, { dtype, backend }), values.take(all)];
}

/**
 * Linear interpolation: at each element of x the value of the lines through the points `(xp, fp)`.
 * NaN stays. Positions and values are whole on each rank; nothing is sent.
 * @param xp ascending positions
 * @param fp their values, real or complex
 * @throws {@link ArgumentError} if positions do not ascend
 */
export function interp<X extends ArrayLike>(
  x: X,
  xp: ArrayLike,
  fp: ArrayLike,
  options?: LineInterpolationOptions,
): ArrayOf<X> {
  const { left, right, period } = withDefaults('interp', options, DEFAULTS);
  if (period !== undefined) {
    checkFinite('interp', { period });
    if (period === 0) throw new ArgumentError('interp: expected a period other than 0');
  }
  return tidy(() => {
    const queries = arrayOf('interp', x);
    const float = isFloat(queries.dtype) ? queries.dtype : queries.backend.defaultDType;
    if (isComplex(float)) throw new DTypeError(`interp: expected real positions, received ${float}`);
    const from = asDType(queries, float);
    const vector = (what: string, list: ArrayLike): NDArray => {
      const given = arraysOf('interp', [from, list])[1] as EitherArray | Scalar;
      const z = isScalar(given) ? undefined : wholeOn('interp', what, given).to(from.backend);
      if (z?.ndim !== 1 || z.size === 0)
        throw new ShapeError(
          `interp: expected ${what} as a list of at least one, received ` +
            (z ? `the shape ${formatShape(z.shape)}` : textOf(given)),
        );
      return z;
    };
    const [atGiven, valuesGiven] = [vector('positions', xp), vector('values', fp)];
    if (atGiven.size !== valuesGiven.size)
      throw new ShapeError(
        `interp: expected as many values as positions, received ${valuesGiven.size} for ${atGiven.size}`,
      );
    if (isComplex(atGiven.dtype))
      throw new DTypeError(`interp: expected real positions, received ${atGiven.dtype}`);
    const cast = (z: NDArray): NDArray => {
      const to = isComplex(z.dtype) ? complexOf(float) : float;
      if (isFloat(z.dtype) && isSingle(z.dtype) !== isSingle(float))
        throw new DTypeError(`interp: ${float} and ${z.dtype} do not mix: cast one of them with astype()`);
      return asDType(z, to);
    };
    const [p, v] = [cast(atGiven), cast(valuesGiven)];
    const [positions, values] = period === undefined ? [p, v] : periodic(p, v, period);
    const host = positions.toHost();
    if (!host.every((q, i) => i === 0 || q >= (host[i - 1] as number)))
      throw new ArgumentError('interp: expected positions that ascend');
    const n = positions.size;
    const [first, last] = [host[0] as number, host[n - 1] as number];
    const end = (value: Scalar | undefined, k: number): Scalar =>
      (period === undefined ? value : undefined) ?? values.get(k);
    const slopes =
      n > 1
        ? values
            .slice([1, n])
            .subtract(values.slice([0, n - 1]))
            .divide(positions.slice([1, n]).subtract(positions.slice([0, n - 1])))
        : undefined;
    const compute = (given: NDArray): NDArray => {
      const part = period === undefined ? given : binary('remainder', given, Math.abs(period));
      const after = search(positions, part, 'right');
      const index = after
        .subtract(1)
        .maximum(0)
        .minimum(Math.max(n - 2, 0));
      const cells = asDType(index, INDEX_DTYPE);
      const base = gathered(values, cells);
      const inside = slopes
        ? gathered(slopes, cells)
            .multiply(part.subtract(gathered(positions, cells)))
            .add(base)
        : base.add(part.multiply(0));
      const upTo = where(part.greaterEqual(last), values.get(n - 1), inside);
      const below = where(part.less(first), end(left, 0), upTo);
      return where(part.greater(last), end(right, n - 1), below);
    };
    return onParts(from, compute);
  }) as ArrayOf<X>;
}
