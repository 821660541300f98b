import { isLocalArray } from '../array/elementwise.js';
import type { NDArray } from '../array/ndarray.js';
import { broadcastShapes } from '../base/broadcast.js';
import { isScalar, type Scalar } from '../base/complex.js';
import { isInteger } from '../base/dtype.js';
import { ArgumentError, PartitionError } from '../base/errors.js';
import { formatShape, type Shape } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import { onAllRanks } from '../ports/agreement.js';
import type { BinaryOp } from '../ports/backend.js';
import type { Communicator } from '../ports/communicator.js';
import type { DistributedArray } from './distributed-array.js';
import { Layout } from './layout.js';
import { DistributedSpace } from './space.js';

/** An array of one rank, or one that is spread over ranks. */
export type EitherArray = NDArray | DistributedArray;

/**
 * Whether a value is a DistributedArray. Looks at its space, because the module of the class
 * imports this one.
 */
export const isDistributed = (x: unknown): x is DistributedArray =>
  typeof x === 'object' && x !== null && 'local' in x && 'space' in x && x.space instanceof DistributedSpace;

/** The array of this rank: the part of a distributed array. */
export const ownPart = (x: EitherArray): NDArray => (isDistributed(x) ? x.local : x);

/** All elements of an array, on every rank. One transfer if it is split. */
export const onEveryRank = (x: EitherArray): NDArray => (isDistributed(x) ? x.broadcast().local : x);

/** Whether a value is an array of either kind. */
export const isArrayOfEitherKind = (x: unknown): x is EitherArray => isDistributed(x) || isLocalArray(x);

const shapeOf = (x: EitherArray | Scalar): Shape => (isScalar(x) ? [] : x.space.shape);

/** Operands of an elementwise function, each cut to this rank's part of the result. */
export interface Aligned {
  /** The space of the result, dtype aside. Undefined if no operand is distributed. */
  readonly space: DistributedSpace | undefined;
  readonly locals: readonly (NDArray | Scalar)[];
}

/**
 * The layout of the result: that of the first operand that is split, or the replicated one.
 * Operands that are split must agree. An axis of length 1 is stretched only if it is not split.
 */
function commonLayout(name: string, shape: Shape, operands: readonly DistributedArray[]): Layout {
  let common: Layout | undefined;
  let first: DistributedArray | undefined;
  for (const x of operands) {
    if (x.layout.replicated) continue;
    const layout = x.layout.withShape(shape);
    if (!layout)
      throw new PartitionError(
        `${name}: an array of shape ${formatShape(x.globalShape)} is split along an axis that is stretched ` +
          `in the result of shape ${formatShape(shape)}: replicate it with broadcast() first`,
      );
    if (common && !common.equals(layout))
      throw new PartitionError(
        `${name}: the operands are split differently (${first?.layout} and ${x.layout}): move one with ` +
          'redistribute() first',
      );
    common = layout;
    first ??= x;
  }
  return common ?? Layout.replicated(shape, (operands[0] as DistributedArray).comm.size);
}

/** The part of an array that is whole on this rank which broadcasts to `box`. */
export function partOf(x: NDArray, shape: Shape, start: readonly number[], sizes: Shape): NDArray {
  const skip = shape.length - x.shape.length;
  const isWhole = (n: number, k: number): boolean => n === 1 || n === sizes[skip + k];
  if (x.shape.every(isWhole)) return x;
  return x.slice(
    ...x.shape.map((n, k): [number, number] | null => {
      if (isWhole(n, k)) return null;
      const from = start[skip + k] as number;
      return [from, from + (sizes[skip + k] as number)];
    }),
  );
}

/**
 * Cuts the operands of an elementwise function to this rank's part of the result. Never
 * communicates. NDArrays beside distributed arrays count as replicated: they must be the same on
 * all ranks.
 * @throws {@link ShapeError} if the shapes do not broadcast together
 * @throws {@link PartitionError} if operands are split differently, have different communicators or
 *   masks, or are split along an axis that is stretched
 */
export function align(name: string, operands: readonly (EitherArray | Scalar)[]): Aligned {
  const distributed = operands.filter(isDistributed);
  const [first, ...others] = distributed;
  if (!first) return { space: undefined, locals: operands as readonly (NDArray | Scalar)[] };
  if (others.every((x) => x.space === first.space) && operands.every((x) => isScalar(x) || isDistributed(x)))
    return { space: first.space, locals: operands.map((x) => (isScalar(x) ? x : x.local)) };
  for (const x of others) {
    if (x.comm.id !== first.comm.id || String(x.mask) !== String(first.mask))
      throw new PartitionError(`${name}: expected arrays of one communicator and mask`);
  }
  const shape = broadcastShapes(...operands.map(shapeOf));
  const layout = commonLayout(name, shape, distributed);
  if (layout.kind === 'concatenated' && operands.some((x) => !isScalar(x) && !isDistributed(x)))
    throw new PartitionError(
      `${name}: an array of concatenated blocks has no global positions: combine it with arrays of the ` +
        'same layout or with scalars',
    );
  const leader = distributed.find((x) => !x.layout.replicated) ?? first;
  const { start, shape: sizes } = layout.box(leader.comm.rank);
  return {
    space: leader.space.withLayout(layout),
    locals: operands.map((x) => {
      if (isScalar(x)) return x;
      if (!isDistributed(x)) return partOf(x, shape, start, sizes);
      return x.layout.replicated && !layout.replicated ? partOf(x.local, shape, start, sizes) : x.local;
    }),
  };
}

/** Throws {@link PartitionError} if `x` is concatenated blocks, which have no global positions. */
export function checkBoxes(name: string, x: EitherArray): void {
  if (isDistributed(x) && x.layout.kind !== 'boxes')
    throw new PartitionError(
      `${name}: an array of concatenated blocks has no global positions: apply it to x.local`,
    );
}

/** Throws {@link ArgumentError} unless `x` is an array or a scalar. */
export function checkArrayOrScalar(name: string, x: unknown): asserts x is EitherArray | Scalar {
  if (isScalar(x) || isArrayOfEitherKind(x)) return;
  throw new ArgumentError(`${name}: expected an array or a number, received ${textOf(x)}`);
}

/**
 * Computes `x op y` of the parts on this rank. Powers of integers may fail because of a value on
 * one rank: then they fail on all ranks of `comm`, which costs one collective.
 */
export function onAllParts<T>(
  comm: Communicator | undefined,
  op: BinaryOp,
  [x, y]: readonly (NDArray | Scalar)[],
  compute: () => T,
): T {
  const mayFail =
    op === 'power' && [x, y].every((z) => z !== undefined && !isScalar(z) && isInteger(z.dtype));
  return comm && mayFail ? onAllRanks(comm, compute) : compute();
}
