import { asDType } from '../array/casting.js';
import { asArray, where } from '../array/elementwise.js';
import { NDArray } from '../array/ndarray.js';
import { areInt32, checkOutShape, maskFor, putInto, reduceAxes, withOnes } from '../array/reductions.js';
import { MOST, tooLargeForInt32 } from '../array/shared-reductions.js';
import { isScalar, type Scalar } from '../base/complex.js';
import { type DType, INDEX_DTYPE, isFloat, isInteger, rangeOf } from '../base/dtype.js';
import { ArgumentError, PartitionError, ShapeError } from '../base/errors.js';
import { formatShape, product, sameShape } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import { gatherFromAllRanks } from '../ports/agreement.js';
import type { Communicator, ReduceOp } from '../ports/communicator.js';
import { checkExact } from '../vector/integer-sums.js';
import { align, checkBoxes, type EitherArray, isArrayOfEitherKind, isDistributed, ownPart } from './align.js';
import type { DistributedArray } from './distributed-array.js';
import { type IndexBox, Layout } from './layout.js';

/** The reductions whose results on parts can be combined, and by which operation. */
const COMBINED = {
  sum: 'sum',
  sumSquares: 'sum',
  prod: 'prod',
  max: 'max',
  min: 'min',
  nanmax: 'max',
  nanmin: 'min',
} as const satisfies Record<string, ReduceOp>;
/** One of {@link COMBINED}. */
export type Reduction = keyof typeof COMBINED;

const skipsNaN = (op: Reduction): boolean => op === 'nanmax' || op === 'nanmin';

/** The result for no elements. */
function identityOf(op: Reduction, dtype: DType): number {
  const range = rangeOf(dtype);
  if (skipsNaN(op) && !range) return Number.NaN;
  const by = COMBINED[op];
  if (by === 'max') return range ? range[0] : Number.NEGATIVE_INFINITY;
  if (by === 'min') return range ? range[1] : Number.POSITIVE_INFINITY;
  return by === 'prod' ? 1 : 0;
}

/** Reduces an array of one rank over axes, which stay with length 1. */
export function reduceLocal(op: Reduction, x: NDArray, axes: readonly number[]): NDArray {
  const { dtype, backend } = x;
  const isExtreme = COMBINED[op] === 'max' || COMBINED[op] === 'min';
  if (isExtreme && product(axes.map((k) => x.shape[k] as number)) === 0)
    return NDArray.full(withOnes(x.shape, axes), identityOf(op, dtype), { dtype, backend });
  return reduceAxes(op, x, axes);
}

/** `part` at its place in an array of `shape`, whose other elements have no effect on `op`. */
export function placed(part: NDArray, box: IndexBox, shape: readonly number[], identity: number): NDArray {
  if (sameShape(part.shape, shape)) return part;
  const whole = NDArray.full(shape, identity, { dtype: part.dtype, backend: part.backend });
  if (part.size === 0) return whole;
  return whole.set(
    box.start.map((start, k): [number, number] => [start, start + (part.shape[k] as number)]),
    part,
  );
}

/**
 * Reduces the arrays of all ranks, element by element: one reduction. The extremes of floats are
 * NaN if a rank has NaN; those that skip NaN, if all have.
 */
export function combine(comm: Communicator, op: Reduction, x: NDArray): NDArray {
  const by = COMBINED[op];
  if (!isFloat(x.dtype) || (by !== 'max' && by !== 'min')) {
    const y = x.copy();
    comm.allreduce(y, by);
    return y;
  }
  // MPI may lose NaN: the second half has 0, which always remains, where one decides, or a number
  const identity = identityOf(by, x.dtype);
  const both = x.space.withShape([2, x.size], x.dtype).empty();
  const flat = x.ravel();
  const isNaNs = flat.isnan();
  both.set([0], where(isNaNs, identity, flat));
  both.set([1], where(isNaNs.equal(skipsNaN(op) ? 1 : 0), asArray(identity, x), 0));
  comm.allreduce(both, by);
  const isDecided = both.slice(1).isfinite();
  return where(skipsNaN(op) ? isDecided.equal(0) : isDecided, Number.NaN, both.slice(0)).reshape(x.shape);
}

/**
 * The place of the parts of a reduction's result: the box of this rank, with the reduced axes
 * whole.
 */
export function boxWithout(x: DistributedArray, axes: readonly number[]): IndexBox {
  const { start, shape } = x.box;
  return { start: start.map((s, k) => (axes.includes(k) ? 0 : s)), shape: withOnes(shape, axes) };
}

/**
 * The layout of a reduction's result, over axes that stay with length 1. Undefined if one of them
 * is split, or if there are ranks beyond the grid, which have no part of a result that is laid out
 * as x is.
 */
export const layoutWithout = ({ layout }: DistributedArray, axes: readonly number[]): Layout | undefined =>
  layout.hasIdleRanks || axes.some((k) => (layout.grid[k] as number) > 1)
    ? undefined
    : layout.withShape(withOnes(layout.globalShape, axes));

/** Throws unless x has axes over which ranks can reduce. */
export function checkReducible(name: string, x: EitherArray): void {
  if (!isDistributed(x)) return;
  checkBoxes(name, x);
  if (x.mask)
    throw new PartitionError(
      `${name}: the ranks of a mask have other elements each: use dot() and norm(), or local`,
    );
}

/**
 * The results of the parts of an array over axes, which stay with length 1, combined. If a reduced
 * axis is split, or ranks own nothing of the array's process grid, the result is replicated, which
 * costs one reduction of it; otherwise nothing is sent.
 */
export function joined(
  x: DistributedArray,
  axes: readonly number[],
  by: Reduction,
  compute: (part: NDArray) => NDArray,
): DistributedArray {
  const { comm, space } = x;
  const part = compute(x.local);
  const own = layoutWithout(x, axes);
  if (own) return space.withLayout(own).wrap(part);
  const shape = withOnes(x.globalShape, axes);
  const whole = combine(comm, by, placed(part, boxWithout(x, axes), shape, identityOf(by, part.dtype)));
  return space.withLayout(Layout.replicated(shape, comm.size)).wrap(whole);
}

/**
 * Sums or products of the integers of this rank, or an error on all ranks: one exchange of objects.
 * @param isJoined whether those of all ranks are joined. If int32 might not hold the results, they
 *   are float64
 * @throws {@link NumericalError} if one is not exact, or might not be if it is joined
 */
export function exactParts(
  name: string,
  op: 'sum' | 'prod',
  comm: Communicator,
  isJoined: boolean,
  compute: () => NDArray,
): NDArray {
  let part: NDArray | undefined;
  const largest = gatherFromAllRanks(comm, () => {
    part = compute();
    return part.size > 0 ? (part.backend.reduce('maxAbs', part) as number) : 0;
  });
  const y = part as NDArray;
  const most = largest.reduce((a, b) => (op === 'sum' ? a + b : a * Math.max(1, b)), op === 'sum' ? 0 : 1);
  if (!isJoined || !isInteger(y.dtype) || most <= MOST) return y;
  if (!y.backend.dtypes.includes('float64')) throw tooLargeForInt32(name);
  return y.astype('float64');
}

/**
 * Reduces an array of either kind over axes, which stay with length 1: see {@link joined}. Of
 * integers the ranks agree that sums and products are exact, which costs one exchange of objects.
 * @throws {@link NumericalError} if a sum or product of integers is not exact
 */
export function reduceOver(
  name: string,
  op: Reduction,
  x: EitherArray,
  axes: readonly number[],
): EitherArray {
  if (!isDistributed(x)) return reduceLocal(op, x, axes);
  checkReducible(name, x);
  const reduced = (part: NDArray): NDArray => reduceLocal(op, part, axes);
  if (!isInteger(x.dtype) || (op !== 'sum' && op !== 'prod')) return joined(x, axes, op, reduced);
  const isJoined = layoutWithout(x, axes) === undefined;
  const y = joined(x, axes, op, (part) => exactParts(name, op, x.comm, isJoined, () => reduced(part)));
  if (isJoined && isFloat(y.dtype) && y.size > 0)
    checkExact(`${name} of ${x.dtype}`, y.backend.reduce('maxAbs', y.local) as number);
  return y;
}

/**
 * An array, and a mask of its elements that broadcasts to it, cut to one layout.
 * @throws {@link PartitionError} if they are split differently
 */
export function maskedParts(
  name: string,
  x: EitherArray,
  mask: unknown,
): readonly [EitherArray, EitherArray] {
  if (!isArrayOfEitherKind(mask))
    throw new ArgumentError(`${name}: expected where to be an array, received ${textOf(mask)}`);
  if (!isDistributed(x) && !isDistributed(mask)) return [x, maskFor(name, x, mask)];
  const { space, locals } = align(name, [x, mask]);
  const [own, part] = locals as readonly [NDArray, NDArray];
  if (!isDistributed(x) || !space || !sameShape(space.shape, x.globalShape))
    throw new ShapeError(
      `${name}: expected where to broadcast to ${formatShape(x.space.shape)}, and to be an NDArray if the ` +
        `array is one, received ${isDistributed(mask) ? 'a DistributedArray' : 'an NDArray'} of shape ` +
        formatShape(mask.space.shape),
    );
  return [space.wrap(own.contiguous()), space.wrap(maskFor(name, own, part).contiguous())];
}

/**
 * Puts the result of a reduction into an array of its layout, and returns that. A result that is
 * whole on each rank is put into an array of any layout.
 * @throws {@link ShapeError} unless `out` has its shape
 * @throws {@link PartitionError} if `out` is split in another way
 */
export function intoArray(name: string, out: unknown, result: EitherArray | Scalar | boolean): EitherArray {
  if (!isArrayOfEitherKind(out))
    throw new ArgumentError(`${name}: expected out to be an array, received ${textOf(out)}`);
  if (typeof result === 'boolean' || isScalar(result)) {
    checkOutShape(name, out, []);
    putInto(name, ownPart(out), result);
    return out;
  }
  checkOutShape(name, out, result.space.shape);
  const { space, locals } = align(name, [result, out]);
  const isSplit = space !== undefined && space.comm.size > 1 && !space.layout.replicated;
  if (isSplit && !(isDistributed(out) && space.layout.equals(out.layout)))
    throw new PartitionError(
      `${name}: the result is split over ranks, and out is not split in the same way: redistribute() it`,
    );
  putInto(name, ownPart(out), locals[0] as NDArray);
  return out;
}

/** An array without some axes of length 1. Without axes, it is an array of one rank. */
export function dropAxes(x: EitherArray, axes: readonly number[]): EitherArray {
  if (axes.length === 0) return x;
  const [local, layout] = isDistributed(x) ? [x.local, x.layout.without(axes)] : [x, undefined];
  const flat = local.reshape(local.shape.filter((_, k) => !axes.includes(k)));
  return isDistributed(x) && layout ? x.space.withLayout(layout).wrap(flat) : flat;
}

/**
 * Whole numbers as int32 if all of them fit, otherwise as they are. The ranks agree, in one
 * exchange of objects.
 */
export function asIntegers(x: EitherArray): EitherArray {
  if (x.dtype === INDEX_DTYPE) return x;
  const fit = isDistributed(x)
    ? gatherFromAllRanks(x.comm, () => areInt32(x.local)).every(Boolean)
    : areInt32(x);
  return fit ? asDType(x, INDEX_DTYPE) : x;
}
