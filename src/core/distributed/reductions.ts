import { where } from '../array/elementwise.js';
import { NDArray } from '../array/ndarray.js';
import { reduce } from '../array/reductions.js';
import { type DType, isBoolean, isFloat, isInteger, rangeOf } from '../base/dtype.js';
import { PartitionError } from '../base/errors.js';
import { product, sameShape } from '../base/shape.js';
import { onAllRanks } from '../ports/agreement.js';
import type { Communicator, ReduceOp } from '../ports/communicator.js';
import { checkExact } from '../vector/integer-sums.js';
import { checkBoxes, type EitherArray, isDistributed } from './align.js';
import type { DistributedArray } from './distributed-array.js';
import { type IndexBox, Layout } from './layout.js';

/** The reductions whose results on parts can be combined, and by which operation. */
const COMBINED = {
  sum: 'sum',
  sumSquares: 'sum',
  prod: 'prod',
  max: 'max',
  min: 'min',
} as const satisfies Record<string, ReduceOp>;
/** One of {@link COMBINED}. */
export type Reduction = keyof typeof COMBINED;

/** The result for no elements. */
function identityOf(op: ReduceOp, dtype: DType): number {
  const range = rangeOf(dtype);
  if (op === 'max') return range ? range[0] : Number.NEGATIVE_INFINITY;
  if (op === 'min') return range ? range[1] : Number.POSITIVE_INFINITY;
  return op === 'prod' ? 1 : 0;
}

/** The largest sum of bool that int32 holds. */
const MOST_COUNT = 2 ** 31 - 1;

/** The shape with length 1 for reduced axes. */
export const withOnes = (shape: readonly number[], axes: readonly number[]): number[] =>
  shape.map((n, k) => (axes.includes(k) ? 1 : n));

/** Reduces an array of one rank over axes, which stay with length 1. */
export function reduceLocal(op: Reduction, x: NDArray, axes: readonly number[]): NDArray {
  const { dtype, backend } = x;
  const isExtreme = op === 'max' || op === 'min';
  if (isExtreme && product(axes.map((k) => x.shape[k] as number)) === 0)
    return NDArray.full(withOnes(x.shape, axes), identityOf(op, dtype), { dtype, backend });
  return reduce(op, x, axes, { keepdims: true }) as NDArray;
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
 * NaN if a rank has NaN.
 */
export function combine(comm: Communicator, op: ReduceOp, x: NDArray): NDArray {
  if (!isFloat(x.dtype) || (op !== 'max' && op !== 'min')) {
    const y = x.copy();
    comm.allreduce(y, op);
    return y;
  }
  // MPI may lose NaN: where it is, the second half has a number that always remains
  const identity = identityOf(op, x.dtype);
  const both = x.space.withShape([2, x.size], x.dtype).empty().fill(identity);
  const flat = x.ravel();
  const isNaNs = flat.isnan();
  both.set([0], where(isNaNs, identity, flat));
  both.set([1], where(isNaNs, 0, both.slice(1)));
  comm.allreduce(both, op);
  return where(both.slice(1).isfinite(), Number.NaN, both.slice(0)).reshape(x.shape);
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
 * Reduces an array of either kind over axes, which stay with length 1. If a reduced axis is split,
 * or ranks own nothing of the array's process grid, the result is replicated, which costs one
 * reduction of it; otherwise nothing is sent. Of integers the ranks agree that sums and products
 * are exact, which costs one exchange of objects.
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
  const { comm, space } = x;
  const reduced = (): NDArray => reduceLocal(op, x.local, axes);
  // Sums and products of integers may fail because of the values on one rank
  const mayFail = isInteger(x.dtype) && op !== 'max' && op !== 'min';
  const reducedPart = mayFail ? onAllRanks(comm, reduced) : reduced();
  // Counts that together may be larger than int32
  const part =
    isBoolean(x.dtype) && mayFail && x.size > MOST_COUNT ? reducedPart.astype('float64') : reducedPart;
  const shape = withOnes(x.globalShape, axes);
  const own = layoutWithout(x, axes);
  if (own) return space.withLayout(own).wrap(part);
  const by = COMBINED[op];
  const whole = combine(comm, by, placed(part, boxWithout(x, axes), shape, identityOf(by, part.dtype)));
  if (isInteger(x.dtype) && isFloat(whole.dtype) && whole.size > 0)
    checkExact(`${name} of ${x.dtype}`, whole.backend.reduce('maxAbs', whole) as number);
  return space.withLayout(Layout.replicated(shape, comm.size)).wrap(whole);
}

/** An array without some axes of length 1. Without axes, it is an array of one rank. */
export function dropAxes(x: EitherArray, axes: readonly number[]): EitherArray {
  if (axes.length === 0) return x;
  const [local, layout] = isDistributed(x) ? [x.local, x.layout.without(axes)] : [x, undefined];
  const flat = local.reshape(local.shape.filter((_, k) => !axes.includes(k)));
  return isDistributed(x) && layout ? x.space.withLayout(layout).wrap(flat) : flat;
}
