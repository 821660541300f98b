import { asDType } from '../../core/array/casting.js';
import { where } from '../../core/array/elementwise.js';
import { NDArray } from '../../core/array/ndarray.js';
import type { Scalar } from '../../core/base/complex.js';
import { type DType, INDEX_DTYPE, isComplex } from '../../core/base/dtype.js';
import { DTypeError, PartitionError, ShapeError } from '../../core/base/errors.js';
import { withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { formatShape, product, type Shape } from '../../core/base/shape.js';
import { type EitherArray, isDistributed } from '../../core/distributed/align.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { type IndexBox, Layout } from '../../core/distributed/layout.js';
import { splitOnce, unsplit } from '../../core/distributed/unsplit.js';
import type { Backend } from '../../core/ports/backend.js';
import { continuedPart } from '../../core/schemes/continuation.js';
import { checkSameBackend } from '../../core/vector/vector.js';
import { type ArrayLike, type ArrayOf, arrayOf } from '../operands.js';
import { search } from '../searching.js';
import {
  coefficientsOf,
  inDTypeOf,
  SPLINE_DEFAULTS,
  type SplineCoefficients,
  type SplineOptions,
} from './splines.js';

/** What all points of an interpolation have in common. */
interface Interpolation {
  readonly coefficients: SplineCoefficients;
  readonly order: number;
  readonly fill: Scalar;
  /** The number of coefficients that a point may need beyond its own sample. */
  readonly reach: number;
}

/** The rows of a matrix at places. */
function rowsAt(x: NDArray, index: NDArray): NDArray {
  const [nx, inner] = x.shape as [number, number];
  const y = x.space.withShape([index.size, inner]).empty();
  if (y.size > 0) x.backend.gather(x, y, { outer: 1, nx, ny: index.size, inner, width: 1, index });
  return y;
}

/** The values at coordinates `[axes, points]` of a part that begins at `start`. */
function sumAt(part: NDArray, start: readonly number[], coordinates: NDArray, of: Interpolation): NDArray {
  const [axes, points] = coordinates.shape as [number, number];
  const y = part.space.withShape([points]).empty();
  if (points === 0) return y;
  const base = NDArray.array([...start], { dtype: coordinates.dtype, backend: part.backend });
  const local = coordinates.subtract(base.reshape([axes, 1]));
  part.backend.splineSum(part, local, y, { shape: part.shape, order: of.order, points, fill: of.fill });
  return y;
}

/** The coordinates within the coefficients; NaN is outside. */
function placesOf(coordinates: NDArray, shape: Shape, { coefficients, reach }: Interpolation): NDArray {
  const { mode, padding } = coefficients;
  const rows = shape.map((n, k) => {
    const row = mode.map(coordinates.slice([k, k + 1]).add(padding), n);
    // Farther away, all coefficients are the constant
    return row.maximum(1 - reach).minimum(n + reach - 2);
  });
  const places = coordinates.emptyLike();
  rows.forEach((row, k) => void places.slice([k, k + 1]).assign(row));
  return places;
}

/** The values at this rank's points of an array that is split: its owners compute them. */
function exchanged(x: DistributedArray, coordinates: NDArray, of: Interpolation): NDArray {
  const { comm, layout, backend } = x;
  const axis = Math.max(
    0,
    layout.grid.findIndex((parts) => parts > 1),
  );
  const { reach, coefficients } = of;
  const boxOf = (rank: number): IndexBox => {
    const box = layout.box(rank);
    if (product(box.shape) === 0) return { start: box.start.map(() => 0), shape: box.shape.map(() => 0) };
    return { start: box.start.map((s) => s - reach), shape: box.shape.map((n) => n + 2 * reach) };
  };
  const kinds = x.globalShape.map(() => coefficients.continuation);
  const part = continuedPart('ndimage.mapCoordinates', x, boxOf, kinds, of.fill);
  let end = 0;
  const ends = Array.from({ length: comm.size }, (_, rank) => {
    const { start, shape } = layout.box(rank);
    end = Math.max(end, product(shape) === 0 ? 0 : (start[axis] as number) + (shape[axis] as number));
    return end;
  });
  const n = x.globalShape[axis] as number;
  const [axes, points] = coordinates.shape as [number, number];
  const { dtype } = coordinates;
  // The owner of a point has the sample before it
  const cells = coordinates
    .slice([axis, axis + 1])
    .floor()
    .maximum(0)
    .minimum(n - 1);
  const sum = (coordinates.sum(0) as NDArray).reshape([1, points]);
  const known = where(sum.isnan(), Number.NaN, cells).ravel();
  const owner = search(NDArray.array(ends, { dtype, backend }), known, 'right');
  const lists = ends.map((_, rank) => {
    const isOwned = owner.equal(rank);
    const count = isOwned.sum() as number;
    const index = NDArray.empty([count], { dtype: INDEX_DTYPE, backend });
    if (count > 0) backend.truePositions(isOwned, index);
    return index;
  });
  const counts = lists.map((list) => list.size);
  const all = comm.allgatherObject(counts);
  const wanted = all.map((list) => list[comm.rank] as number);
  const [sent, received] = [counts.reduce((a, b) => a + b, 0), wanted.reduce((a, b) => a + b, 0)];
  const order = NDArray.empty([sent], { dtype: INDEX_DTYPE, backend });
  let at = 0;
  for (const list of lists) {
    if (list.size > 0) order.slice([at, at + list.size]).assign(list);
    at += list.size;
  }
  const outgoing = rowsAt(coordinates.transpose(), order);
  const incoming = NDArray.empty([received, axes], { dtype, backend });
  const numbers = (list: readonly number[]): number[] => list.map((k) => k * axes);
  comm.alltoallv(outgoing, numbers(counts), incoming, numbers(wanted));
  const computed = sumAt(part, boxOf(comm.rank).start, incoming.transpose(), of);
  const returned = x.local.space.withShape([sent]).empty();
  comm.alltoallv(computed, wanted, returned, counts);
  const y = x.local.space.withShape([points]).empty().fill(0);
  if (sent > 0)
    backend.scatterAdd(returned, y, { outer: 1, nx: points, ny: sent, inner: 1, width: 1, index: order });
  return points === 0 ? y : where(known.isnan(), of.fill, y);
}

/** The coordinates of this rank's points, and the layout of the result. */
function ownPoints(
  name: string,
  x: EitherArray,
  coordinates: EitherArray,
): { own: NDArray; layout: Layout | undefined; leader: DistributedArray | undefined } {
  const [, ...shape] = coordinates.space.shape;
  if (isDistributed(coordinates) && !coordinates.layout.replicated) {
    const c = unsplit(name, coordinates, [0]);
    if (isDistributed(x) && (x.comm.id !== c.comm.id || String(x.mask) !== String(c.mask)))
      throw new PartitionError(`${name}: expected arrays of one communicator and mask`);
    return { own: c.local, layout: c.layout.without([0]), leader: c };
  }
  const whole = isDistributed(coordinates) ? coordinates.local : coordinates;
  if (!isDistributed(x)) return { own: whole, layout: undefined, leader: undefined };
  if (x.layout.replicated) return { own: whole, layout: Layout.replicated(shape, x.comm.size), leader: x };
  if (shape.length === 0) throw new ShapeError(`${name}: expected coordinates of points [axes, points, …]`);
  const layout = Layout.split(shape, x.comm.size);
  const [first, count] = [
    layout.box(x.comm.rank).start[0] as number,
    layout.localShape(x.comm.rank)[0] as number,
  ];
  return { own: whole.slice(null, [first, first + count]), layout, leader: x };
}

/**
 * The values of splines through the samples of an array, at any points. Integers are rounded.
 * Points of a split array are sent to the ranks that have the samples around them, and the values
 * back: two all-to-all exchanges, and one exchange of objects. Ranks also exchange the samples at
 * the borders of their parts. The result is split as the points are; points that each rank has are
 * split evenly if the array is split.
 * @param coordinates `[axes, points, …]`: those along each axis, in samples
 * @throws {@link ShapeError} unless there are coordinates for each axis
 */
export function mapCoordinates<X extends ArrayLike, C extends ArrayLike>(
  x: X,
  coordinates: C,
  options?: SplineOptions,
): ArrayOf<X | C> {
  const name = 'ndimage.mapCoordinates';
  const spline = withDefaults(name, options, SPLINE_DEFAULTS);
  return tidy(() => {
    const a = arrayOf(name, x);
    const given = arrayOf(name, coordinates);
    checkSameBackend(a, given);
    const { shape } = given.space;
    const ndim = a.space.shape.length;
    if (ndim === 0 || shape[0] !== ndim)
      throw new ShapeError(
        `${name}: expected coordinates [${ndim}, points, …] for an array of ${ndim} axes, ` +
          `received the shape ${formatShape(shape)}`,
      );
    if (isComplex(given.dtype))
      throw new DTypeError(`${name}: expected real coordinates, received ${given.dtype}`);
    if (product(a.space.shape) === 0) throw new ShapeError(`${name}: expected an array with elements`);
    const { own, layout, leader } = ownPoints(name, a, given);
    const y = interpolatedAt(name, a, own, spline);
    const result = leader && layout ? leader.space.withLayout(layout).wrap(y) : y;
    return inDTypeOf(a, result);
  }) as ArrayOf<X | C>;
}

/** The dtype of coordinates: the widest real floats of a backend. */
export const coordinateDType = ({ dtypes }: Backend): DType =>
  dtypes.includes('float64') ? 'float64' : 'float32';

/** The values at this rank's points `[axes, points, …]`, as floats. Collective if x is split. */
export function interpolatedAt(
  name: string,
  x: EitherArray,
  own: NDArray,
  spline: Required<SplineOptions>,
): NDArray {
  const cast = asDType(own, coordinateDType(x.backend));
  const coefficients = coefficientsOf(name, x, spline);
  const { values, mode } = coefficients;
  const { order } = spline;
  const reach = Math.floor(order / 2) + (mode.coefficients === 'constant' ? order + 4 : 2);
  const of: Interpolation = { coefficients, order, fill: spline.cval, reach };
  const flat = cast.reshape([x.space.shape.length, product(own.shape.slice(1))]);
  const places = placesOf(flat, values.space.shape, of);
  return valuesAt(name, values, places, of).reshape(own.shape.slice(1));
}

function valuesAt(name: string, values: EitherArray, places: NDArray, of: Interpolation): NDArray {
  if (isDistributed(values) && !values.layout.replicated)
    return exchanged(splitOnce(name, values), places, of);
  const { shape } = values.space;
  const start = shape.map(() => -of.reach);
  const box = { start, shape: shape.map((n) => n + 2 * of.reach) };
  const kinds = shape.map(() => of.coefficients.continuation);
  return sumAt(
    continuedPart(name, values, () => box, kinds, of.fill),
    start,
    places,
    of,
  );
}
