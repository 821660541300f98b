import { matmul } from '../../core/array/array-functions.js';
import type { NDArray } from '../../core/array/ndarray.js';
import type { Scalar } from '../../core/base/complex.js';
import { isBoolean, isInteger } from '../../core/base/dtype.js';
import { DTypeError, PartitionError, ShapeError } from '../../core/base/errors.js';
import { product, sameShape } from '../../core/base/shape.js';
import { type EitherArray, isDistributed, ownPart } from '../../core/distributed/align.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { Layout } from '../../core/distributed/layout.js';
import {
  asIntegers,
  checkReducible,
  combine,
  dropAxes,
  exactParts,
  reduceOver,
} from '../../core/distributed/reductions.js';
import { splitOnce } from '../../core/distributed/unsplit.js';
import { alike } from '../joining.js';
import type { ArrayLike } from '../operands.js';
import { squeezed } from '../shaping.js';

/** An array whose axes have names, each of which occurs once. */
export interface Labelled {
  readonly x: EitherArray;
  readonly labels: readonly string[];
}

/** Operands as arrays of one dtype, with global positions. Numbers are arrays without axes. */
export function operandsOf(name: string, ...given: readonly ArrayLike[]): EitherArray[] {
  const arrays = alike(name, given);
  for (const x of arrays) checkReducible(name, x);
  return arrays;
}

const lengthsOf = ({ x, labels }: Labelled): Map<string, number> =>
  new Map(labels.map((label, k) => [label, x.space.shape[k] as number]));

/** An array with its axes in another order. The same array if that is its order. */
const inOrder = (x: NDArray, order: readonly number[]): NDArray =>
  order.every((k, i) => k === i) ? x : x.transpose(order);

/** The sums of products of two arrays of one rank over the labels that are not in `to`. */
function contractLocal(
  a: NDArray,
  aLabels: readonly string[],
  b: NDArray,
  bLabels: readonly string[],
  to: readonly string[],
): NDArray {
  const batch = to.filter((l) => aLabels.includes(l) && bLabels.includes(l));
  const summed = aLabels.filter((l) => bLabels.includes(l) && !to.includes(l));
  const rows = aLabels.filter((l) => !bLabels.includes(l));
  const columns = bLabels.filter((l) => !aLabels.includes(l));
  const sizes = new Map([
    ...aLabels.map((l, k) => [l, a.shape[k] as number] as const),
    ...bLabels.map((l, k) => [l, b.shape[k] as number] as const),
  ]);
  const size = (labels: readonly string[]): number[] => labels.map((l) => sizes.get(l) as number);
  const [count, m, k, n] = [batch, rows, summed, columns].map((labels) => product(size(labels)));
  const matrices = (x: NDArray, own: readonly string[], order: readonly string[]): NDArray =>
    inOrder(
      x,
      order.map((l) => own.indexOf(l)),
    );
  const left = matrices(a, aLabels, [...batch, ...rows, ...summed]);
  const right = matrices(b, bLabels, [...batch, ...summed, ...columns]);
  const y = matmul(
    left.reshape([count as number, m as number, k as number]),
    right.reshape([count as number, k as number, n as number]),
  );
  const found = [...batch, ...rows, ...columns];
  return inOrder(
    y.reshape(size(found)),
    to.map((l) => found.indexOf(l)),
  );
}

/** Where the parts of a distributed array lie along its split axis. */
interface Split {
  readonly label: string;
  readonly lengths: readonly number[];
  readonly x: DistributedArray;
}

/** The array so that it is whole on each rank or split along one axis, over all ranks. */
export function settled(name: string, { x, labels }: Labelled): Labelled {
  checkReducible(name, x);
  if (!isDistributed(x) || x.layout.replicated) return { x, labels };
  const once = splitOnce(name, x);
  const isSplit = once.layout.grid.some((parts) => parts > 1);
  if (!isSplit && once.comm.size > 1) return { x: once.broadcast(), labels };
  return { x: once.layout.hasIdleRanks ? once.redistribute(once.layout.axis) : once, labels };
}

function splitOf({ x, labels }: Labelled): Split | undefined {
  if (!isDistributed(x) || x.layout.replicated) return undefined;
  const axis = x.layout.grid.findIndex((parts) => parts > 1);
  if (axis < 0) return undefined;
  const lengths = Array.from({ length: x.comm.size }, (_, r) => x.layout.box(r).shape[axis] as number);
  return { label: labels[axis] as string, lengths, x };
}

/** The split of two operands. */
function commonSplit(name: string, a: Split | undefined, b: Split | undefined): Split | undefined {
  if (!a || !b) return a ?? b;
  if (a.label === b.label && sameShape(a.lengths, b.lengths) && a.x.comm.id === b.x.comm.id) return a;
  throw new PartitionError(
    `${name}: the operands are split along axes that do not belong together (${a.x.layout} and ` +
      `${b.x.layout}): replicate one with broadcast() first, or redistribute() it`,
  );
}

/** Sums over the labels that nothing else has, and drops axes of length 1 that are stretched. */
function reducedTo(name: string, { x, labels }: Labelled, kept: (label: string) => boolean): Labelled {
  const gone = labels.flatMap((label, k) => (kept(label) ? [] : [k]));
  if (gone.length === 0) return { x, labels };
  const sums = dropAxes(reduceOver(name, 'sum', x, gone), gone);
  return { x: sums, labels: labels.filter(kept) };
}

/**
 * The sums of products of the elements of two arrays, over the labels that are not in `to`. Axes of
 * one label have one length, or length 1, which is stretched. Computed as products of matrices. If
 * a distributed operand is split along a label of the result, nothing is sent, and the result is
 * split there; the other operand is whole on each rank, or split along the same label. If the label
 * is summed over, one reduction of the result, which every rank then has.
 */
export function contract(name: string, a: Labelled, b: Labelled, to: readonly string[]): EitherArray {
  if (isBoolean(a.x.dtype)) throw new DTypeError(`${name} is not defined for bool: cast to int32 first`);
  const [aLengths, bLengths] = [lengthsOf(a), lengthsOf(b)];
  const stretched = (own: Labelled, lengths: Map<string, number>, others: Map<string, number>): Labelled => {
    const gone = own.labels.flatMap((l, k) =>
      lengths.get(l) === 1 && (others.get(l) ?? 1) !== 1 ? [k] : [],
    );
    if (gone.length === 0) return own;
    return { x: squeezed(name, own.x, gone), labels: own.labels.filter((_, k) => !gone.includes(k)) };
  };
  for (const [label, n] of aLengths) {
    const m = bLengths.get(label) ?? n;
    if (m !== n && m !== 1 && n !== 1)
      throw new ShapeError(`${name}: lengths ${n} and ${m} of axes that belong together differ`);
  }
  const wide = [stretched(a, aLengths, bLengths), stretched(b, bLengths, aLengths)] as const;
  const [left, right] = wide.map((own, k) => {
    const other = wide[1 - k] as Labelled;
    return settled(
      name,
      reducedTo(name, own, (l) => to.includes(l) || other.labels.includes(l)),
    );
  }) as [Labelled, Labelled];
  const split = commonSplit(name, splitOf(left), splitOf(right));
  const leader = split?.x ?? [left.x, right.x].find(isDistributed);
  const part = (own: Labelled): NDArray => {
    const local = ownPart(own.x);
    const axis = split ? own.labels.indexOf(split.label) : -1;
    if (!split || axis < 0 || splitOf(own)) return local;
    const start = split.lengths.slice(0, split.x.comm.rank).reduce((x, y) => x + y, 0);
    const end = start + (split.lengths[split.x.comm.rank] as number);
    return local.slice(
      ...local.shape.map((_, k): [number, number] | null => (k === axis ? [start, end] : null)),
    );
  };
  const compute = (): NDArray => contractLocal(part(left), left.labels, part(right), right.labels, to);
  if (!leader) return compute();
  const { comm, space } = leader;
  const isWhole = isInteger(left.x.dtype) && isInteger(right.x.dtype);
  const at = split ? to.indexOf(split.label) : -1;
  const isJoined = split !== undefined && at < 0;
  const y = (isWhole ? exactParts(name, 'sum', comm, isJoined, compute) : compute()).contiguous();
  if (split && at >= 0) {
    const shape = y.shape.with(
      at,
      split.lengths.reduce((m, n) => m + n, 0),
    );
    const layout = Layout.tiles(
      shape,
      comm.size,
      shape.map((_, k) => (k === at ? comm.size : 1)),
      shape.map((_, k) => (k === at ? split.lengths : undefined)),
    );
    return space.withLayout(layout).wrap(y);
  }
  const sum = isJoined ? combine(comm, 'sum', y) : y;
  const whole = isWhole ? (asIntegers(sum) as NDArray) : sum;
  return whole.ndim === 0 ? whole : space.withLayout(Layout.replicated(whole.shape, comm.size)).wrap(whole);
}

/** The number of an array without axes; other arrays as they are. */
export const numberOr = (y: EitherArray): EitherArray | Scalar =>
  !isDistributed(y) && y.ndim === 0 ? y.get() : y;
