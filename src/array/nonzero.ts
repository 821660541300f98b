import { asDType } from '../core/array/casting.js';
import { binary } from '../core/array/elementwise.js';
import type { NDArray } from '../core/array/ndarray.js';
import { truePositions } from '../core/array/true-positions.js';
import { placeDType } from '../core/base/dtype.js';
import { ShapeError } from '../core/base/errors.js';
import { tidy } from '../core/base/scope.js';
import { product, type Shape, stridesOf } from '../core/base/shape.js';
import { isDistributed } from '../core/distributed/align.js';
import { Layout } from '../core/distributed/layout.js';
import { checkReducible } from '../core/distributed/reductions.js';
import { splitByRows } from '../core/distributed/unsplit.js';
import { type ArrayLike, type ArrayOf, arrayOf } from './operands.js';
import { flagsOf } from './reductions.js';

/** The elements of an array that are not 0. */
interface Found<X> {
  /** The positions of those of this rank in its part, flattened. */
  readonly positions: NDArray;
  /** The shape of the global array, and that of this rank's rows. */
  readonly shape: Shape;
  readonly partShape: Shape;
  /** The first of this rank's rows. */
  readonly firstRow: number;
  /** The array of these parts, one after another in the order of ranks. */
  readonly joined: (part: NDArray) => ArrayOf<X>;
}

function find<X extends ArrayLike>(name: string, x: X): Found<X> {
  const flags = flagsOf(arrayOf(name, x));
  checkReducible(name, flags);
  const joined = (join: (part: NDArray) => unknown) => join as (part: NDArray) => ArrayOf<X>;
  if (!isDistributed(flags)) {
    const { shape } = flags;
    const positions = truePositions(flags);
    return { positions, shape, partShape: shape, firstRow: 0, joined: joined((part) => part) };
  }
  const { layout, space, comm, local, globalShape, box } = splitByRows(name, flags);
  const positions = truePositions(local);
  const counts = layout.replicated ? undefined : comm.allgatherObject(positions.size);
  return {
    positions,
    shape: globalShape,
    partShape: local.shape,
    firstRow: box.start[0] as number,
    joined: joined((part) => {
      const rest = part.shape.slice(1);
      return space
        .withLayout(
          counts
            ? Layout.fromLocalShapes(counts.map((count) => [count, ...rest]))
            : Layout.replicated(part.shape, comm.size),
        )
        .wrap(part);
    }),
  };
}

/** The positions along each axis. */
function alongAxes({ positions, shape, partShape, firstRow }: Found<ArrayLike>): NDArray[] {
  const strides = stridesOf(partShape);
  return partShape.map((n, k) => {
    const stride = strides[k] as number;
    const upTo = stride > 1 ? binary('floorDivide', positions, stride) : positions;
    const dtype = placeDType(shape[k] as number);
    if (k > 0) return asDType(binary('remainder', upTo, Math.max(1, n)), dtype);
    const rows = asDType(upTo, dtype);
    return firstRow > 0 ? rows.add(firstRow) : rows;
  });
}

/**
 * The positions of the elements that are not 0 in the flattened array, ascending, int32 (float64 if
 * the array has more than 2^31 elements). NaN is not 0. Of a distributed array, each rank has the
 * positions in its rows: their number is known only after the call, which exchanges it in one
 * exchange of objects. An array that is not split by rows is moved first, as flags of one byte.
 */
export const flatnonzero = <X extends ArrayLike>(x: X): ArrayOf<X> =>
  tidy(() => {
    const { positions, shape, firstRow, joined } = find('flatnonzero', x);
    const dtype = placeDType(product(shape));
    return joined(positions.astype(dtype).add(firstRow * product(shape.slice(1))));
  });

/**
 * The positions of the elements that are not 0, one int32 array for each axis (float64 along one of
 * more than 2^31 elements), in the order of the flattened array. Communication and layout as those
 * of {@link flatnonzero}.
 * @throws {@link ShapeError} for an array without axes
 */
export const nonzero = <X extends ArrayLike>(x: X): ArrayOf<X>[] =>
  tidy(() => {
    const found = find('nonzero', x);
    if (found.shape.length === 0) throw new ShapeError('nonzero: expected an array of at least one axis');
    return alongAxes(found).map(found.joined);
  });

/**
 * The positions of the elements that are not 0 as rows of an array `[count, axes]`, int32 (float64
 * if an axis has more than 2^31 elements).
 * Communication and layout as those of {@link flatnonzero}.
 */
export const argwhere = <X extends ArrayLike>(x: X): ArrayOf<X> =>
  tidy(() => {
    const found = find('argwhere', x);
    const { positions, shape } = found;
    const dtype = placeDType(Math.max(0, ...shape));
    const rows = positions.space.withShape([positions.size, shape.length], dtype).empty();
    alongAxes(found).forEach((along, k) => rows.set([null, k], along));
    return found.joined(rows);
  });
