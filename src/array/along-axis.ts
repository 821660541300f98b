import { asDType } from '../core/array/casting.js';
import { NDArray } from '../core/array/ndarray.js';
import { broadcastShapes, broadcastStrides } from '../core/base/broadcast.js';
import { isScalar, type Scalar } from '../core/base/complex.js';
import { isInteger, placeDType } from '../core/base/dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../core/base/errors.js';
import { type Defaults, withDefaults } from '../core/base/options.js';
import { tidy } from '../core/base/scope.js';
import { formatShape, type Shape, sameShape, toAxis } from '../core/base/shape.js';
import { textOf } from '../core/base/text-of.js';
import {
  type EitherArray,
  isArrayOfEitherKind,
  isDistributed,
  ownPart,
  partOf,
} from '../core/distributed/align.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import { unsplit } from '../core/distributed/unsplit.js';
import { onAllRanks } from '../core/ports/agreement.js';
import { putAt } from './assigning.js';
import { type ArrayLike, type ArrayOf, arrayOf, integersOf, valueFor } from './operands.js';
import { broadcastTo } from './shaping.js';

/** Options of functions of lines along an axis. */
export interface LineOptions {
  /** The axis. Negative ones count from the end. @default -1 */
  readonly axis?: number;
}
const DEFAULTS = { axis: -1 } satisfies Defaults<LineOptions>;

/** Checks that positions along an axis are integers within it. */
function checkPlaces(name: string, indices: NDArray, n: number, axis: number): void {
  if (!isInteger(indices.dtype))
    throw new DTypeError(`${name}: expected indices of dtype int32, received ${indices.dtype}`);
  if (indices.size === 0) return;
  const [low, high] = [indices.min(), indices.max()];
  if (low < -n || high >= n)
    throw new ShapeError(`${name}: position ${low < -n ? low : high} is outside axis ${axis} of length ${n}`);
}

/**
 * Where the elements are in the flattened array: for each of `indices`, the place in its own line.
 */
function flatPlaces(shape: Shape, indices: NDArray, axis: number): NDArray {
  const n = shape[axis] as number;
  const lines = broadcastShapes(shape.with(axis, 1), indices.shape.with(axis, 1));
  const to = lines.with(axis, indices.shape[axis] as number);
  const strides = broadcastStrides(shape, lines.with(axis, n));
  const { backend } = indices;
  const dtype = placeDType(shape.reduce((a, b) => a * b, 1));
  const wide = asDType(indices, dtype);
  const own = wide.add(wide.less(0).astype(dtype).multiply(n)).multiply(strides[axis] as number);
  return to.reduce((places, length, k) => {
    if (k === axis || strides[k] === 0 || length === 1) return places;
    const steps = NDArray.arange(length, { dtype, backend }).multiply(strides[k] as number);
    return places.add(steps.reshape(to.map((_, j) => (j === k ? length : 1))));
  }, own);
}

/** Positions for each rank's part of an array that is not split along the axis. */
function partOfIndices(name: string, x: DistributedArray, indices: EitherArray, axis: number): NDArray {
  const { shape } = indices.space;
  const n = shape[axis] as number;
  const fits = (k: number): boolean => k === axis || shape[k] === 1 || shape[k] === x.globalShape[k];
  if (!shape.every((_, k) => fits(k)))
    throw new ShapeError(
      `${name}: indices of shape ${formatShape(shape)} do not fit a distributed array of ` +
        formatShape(x.globalShape),
    );
  if (isDistributed(indices) && !indices.layout.replicated) {
    if (!sameShape(shape.with(axis, 0), x.globalShape.with(axis, 0)))
      throw new ShapeError(`${name}: distributed indices do not broadcast: replicate them with broadcast()`);
    return indices.redistribute(x.layout.withLength(axis, n)).local;
  }
  const { start, shape: sizes } = x.box;
  const whole = ownPart(indices);
  return partOf(whole, x.globalShape.with(axis, n), start.with(axis, 0), sizes.with(axis, n));
}

function checkSameAxes(name: string, x: EitherArray, indices: EitherArray): void {
  const [m, n] = [x.space.shape.length, indices.space.shape.length];
  if (m !== n) throw new ShapeError(`${name}: expected indices of ${m} axes, received ${n}`);
  if (isDistributed(indices) && !isDistributed(x))
    throw new ArgumentError(`${name}: expected indices that are not distributed, as the array is not`);
}

/** Indices as an array, which are checked on all ranks. */
function indicesOf(name: string, x: EitherArray, given: ArrayLike, axis: number): EitherArray {
  const indices = integersOf(name, given, x.backend);
  checkSameAxes(name, x, indices);
  const check = (part: NDArray): void => checkPlaces(name, part, x.space.shape[axis] as number, axis);
  if (isDistributed(indices)) onAllRanks(indices.comm, () => check(indices.local));
  else check(indices);
  return indices;
}

/**
 * The elements at positions along an axis, of each line its own: `y[i, j] = x[i, indices[i, j]]`.
 * Shapes broadcast along the other axes. An array that is split along the axis is moved to a split
 * along another axis; a vector is copied to all ranks. The ranks agree on distributed indices in
 * one exchange of objects.
 * @throws {@link ShapeError} if a position is outside of the axis
 */
export function takeAlongAxis<X extends ArrayLike>(
  x: X,
  indices: ArrayLike,
  options?: LineOptions,
): ArrayOf<X> {
  const { axis } = withDefaults('takeAlongAxis', options, DEFAULTS);
  return tidy(() => {
    const given = arrayOf('takeAlongAxis', x);
    const k = toAxis(axis, given.space.shape.length);
    const places = indicesOf('takeAlongAxis', given, indices, k);
    const { shape } = given.space;
    const lines = broadcastShapes(shape.with(k, 1), places.space.shape.with(k, 1));
    const from = isDistributed(given) ? broadcastTo(given, lines.with(k, shape[k] as number)) : given;
    const take = (part: NDArray, own: NDArray): NDArray => {
      const index = flatPlaces(part.shape, own, k);
      const y = part.space.withShape(index.shape).empty();
      if (y.size > 0)
        part.backend.gather(part, y, { outer: 1, nx: part.size, ny: y.size, inner: 1, width: 1, index });
      return y;
    };
    if (!isDistributed(from)) return take(from, places as NDArray);
    const moved = unsplit('takeAlongAxis', from, [k]);
    const layout = moved.layout.withLength(k, places.space.shape[k] as number);
    const own = partOfIndices('takeAlongAxis', moved, places, k);
    // A rank that owns nothing has another shape
    const y = take(moved.local, own).reshape(layout.localShape(moved.comm.rank));
    return moved.space.withLayout(layout).wrap(y);
  }) as ArrayOf<X>;
}

/**
 * Assigns to the elements that {@link takeAlongAxis} takes, in place; of equal positions, the last
 * counts. Communication as there; an array that is split along the axis is moved back as well.
 * @param values numbers that broadcast to the shape of the indices
 * @returns the array
 */
export function putAlongAxis<X extends EitherArray>(
  x: X,
  indices: ArrayLike,
  values: ArrayLike,
  options?: LineOptions,
): X {
  const { axis } = withDefaults('putAlongAxis', options, DEFAULTS);
  if (!isArrayOfEitherKind(x))
    throw new ArgumentError(`putAlongAxis: expected an array, received ${textOf(x)}`);
  tidy(() => {
    const k = toAxis(axis, x.space.shape.length);
    const places = indicesOf('putAlongAxis', x, indices, k);
    const given = valueFor('putAlongAxis', x, values);
    const put = (part: NDArray, own: NDArray, value: NDArray | Scalar): void => {
      const index = flatPlaces(part.shape, own, k);
      const { dtype, backend } = part;
      putAt(
        part,
        index,
        isScalar(value)
          ? NDArray.full(index.shape, value, { dtype, backend })
          : value.astype(dtype).broadcastTo(index.shape),
      );
    };
    if (!isDistributed(x)) {
      if (isDistributed(given))
        throw new ArgumentError(
          'putAlongAxis: expected values that are not distributed, as the array is not',
        );
      put(x, places as NDArray, given);
      return;
    }
    const lines = broadcastShapes(x.globalShape.with(k, 1), places.space.shape.with(k, 1));
    if (!isScalar(given)) broadcastStrides(given.space.shape, lines.with(k, places.space.shape[k] as number));
    const moved = unsplit('putAlongAxis', x, [k]);
    const own = partOfIndices('putAlongAxis', moved, places, k);
    const ones = x.globalShape.map(() => 1);
    const wide = (v: EitherArray): EitherArray =>
      isDistributed(v) ? v : v.reshape([...ones.slice(v.ndim), ...v.shape]);
    const value = isScalar(given) ? given : partOfIndices('putAlongAxis', moved, wide(given), k);
    if (moved.local.size > 0) put(moved.local, own, value);
    if (moved !== x) x.local.assign(moved.redistribute(x.layout).local);
  });
  return x;
}
