import type { NDArray, NDArraySpace } from '../array/ndarray.js';
import { broadcastStrides } from '../base/broadcast.js';
import { PartitionError, ShapeError } from '../base/errors.js';
import { formatShape, product, stridesOf } from '../base/shape.js';
import type { Elements } from '../ports/backend.js';
import { checkBoxes, type EitherArray, isDistributed, partOf } from './align.js';
import type { DistributedArray } from './distributed-array.js';
import { Exchange } from './exchange.js';
import { patternOf } from './exchange-pattern.js';
import type { IndexBox, Layout } from './layout.js';

/**
 * Positions along an axis of one of several arrays: `count` of them, from `first`, in steps of
 * `step`, which may be 0 or negative.
 */
export interface Run {
  /** The index of the array. */
  readonly source: number;
  readonly first: number;
  readonly count: number;
  readonly step: number;
}

/** All positions of an array along an axis. */
export const wholeRun = (x: EitherArray, axis: number, source = 0): Run => ({
  source,
  first: 0,
  count: x.space.shape[axis] as number,
  step: 1,
});

/** The positions of an axis of length n, shifted cyclically: i moves to `(i + shift) mod n`. */
export function rollRuns(n: number, shift: number): Run[] {
  const s = n > 0 ? ((shift % n) + n) % n : 0;
  return [
    { source: 0, first: n - s, count: s, step: 1 },
    { source: 0, first: 0, count: n - s, step: 1 },
  ];
}

/** The positions `from ≤ i < to` of the runs, one after another. */
function cutRuns(runs: readonly Run[], from: number, to: number): Run[] {
  const cut: Run[] = [];
  let at = 0;
  for (const { source, first, count, step } of runs) {
    const start = Math.max(from - at, 0);
    const n = Math.min(to - at, count) - start;
    if (n > 0) cut.push({ source, first: first + start * step, count: n, step });
    at += count;
  }
  return cut;
}

/** The lowest position of a run, and how many positions lie between it and the highest one. */
const spanOf = ({ first, count, step }: Run): { low: number; length: number } => ({
  low: Math.min(first, first + (count - 1) * step),
  length: Math.abs(step) * (count - 1) + 1,
});

const lengthOf = (runs: readonly Run[]): number => runs.reduce((sum, { count }) => sum + count, 0);

/**
 * The array of a space that runs of arrays on this rank fill. Along the other axes, lengths of 1
 * are stretched.
 */
function join(space: NDArraySpace, sources: readonly NDArray[], runs: readonly Run[], axis: number): NDArray {
  const { shape } = space;
  const y = space.empty();
  if (y.size === 0) return y;
  const strides = stridesOf(shape);
  const row = strides[axis] as number;
  let at = 0;
  for (const { source, first, count, step } of runs) {
    const x = sources[source] as NDArray;
    const own = stridesOf(x.shape)[axis] as number;
    const read = broadcastStrides(x.shape, shape.with(axis, x.shape[axis] as number));
    x.backend.stridedCopy(
      shape.with(axis, count),
      { elements: x, start: first * own, strides: read.with(axis, own * step) },
      { elements: y, start: at * row, strides },
      'set',
    );
    at += count;
  }
  return y;
}

/** The boxes of a source that the ranks need for their parts of a result along a split axis. */
function fetch(
  x: DistributedArray,
  layout: Layout,
  axis: number,
  runsOf: (rank: number) => readonly Run[],
): NDArray[] {
  const { comm, backend, dtype } = x;
  const most = Math.max(...Array.from({ length: comm.size }, (_, rank) => runsOf(rank).length));
  const wanted = (rank: number): IndexBox[] => {
    const { start, shape } = layout.box(rank);
    const none: IndexBox = { start: start.with(axis, 0), shape: shape.with(axis, 0) };
    const boxes = runsOf(rank).map((run): IndexBox => {
      const { low, length } = spanOf(run);
      return { start: start.with(axis, low), shape: shape.with(axis, length) };
    });
    return [...boxes, ...Array.from({ length: most - boxes.length }, () => none)];
  };
  const { globalShape } = x.layout;
  const held = (rank: number): IndexBox => x.layout.box(rank);
  const pattern = patternOf({ globalShape, replicated: false, held, wanted }, comm.rank, comm.size);
  const targets = wanted(comm.rank).map(({ shape }) => x.local.space.withShape(shape).empty());
  const exchange = new Exchange(pattern, comm, dtype, backend, { buffers: 'pooled' });
  exchange.start(
    x.local,
    targets.map((y): Elements | undefined => (y.size > 0 ? y : undefined)),
  );
  exchange.finish();
  exchange.dispose();
  return targets;
}

/** The array whose layout decides: the first that is split along the axis, or at all. */
function leaderOf(arrays: readonly DistributedArray[], axis: number): DistributedArray | undefined {
  const split = arrays.filter((x) => !x.layout.replicated);
  return split.find((x) => (x.layout.grid[axis] as number) > 1) ?? split[0] ?? arrays[0];
}

function checkAlike(
  name: string,
  arrays: readonly DistributedArray[],
  leader: DistributedArray,
  axis: number,
) {
  const evened = leader.layout.withLength(axis, 0);
  for (const x of arrays) {
    if (x.comm.id !== leader.comm.id || String(x.mask) !== String(leader.mask))
      throw new PartitionError(`${name}: expected arrays of one communicator and mask`);
    if (!x.layout.replicated && !x.layout.withLength(axis, 0).equals(evened))
      throw new PartitionError(
        `${name}: the arrays are split differently (${leader.layout} and ${x.layout}): move one with ` +
          'redistribute() first',
      );
  }
}

/**
 * The array whose elements along an axis are runs of other arrays, one after another. Along the
 * other axes, the arrays have the shape of the first, or length 1, which is stretched. They have
 * one dtype and backend. If the axis is split, so is that of the result: as before if its length is
 * the same, otherwise evenly. Then each rank receives at most one message from each other rank for
 * each array. Otherwise nothing is sent. NDArrays and replicated arrays are the same on all ranks.
 */
export function assemble(
  name: string,
  sources: readonly EitherArray[],
  runs: readonly Run[],
  axis: number,
): EitherArray {
  const first = sources[0] as EitherArray;
  const shape = first.space.shape.with(axis, lengthOf(runs));
  for (const x of sources) {
    const fits =
      x.space.shape.length === shape.length &&
      x.space.shape.every((n, k) => k === axis || n === 1 || n === shape[k]);
    if (!fits)
      throw new ShapeError(
        `${name}: shapes ${formatShape(first.space.shape)} and ${formatShape(x.space.shape)} ` +
          `differ in more than axis ${axis}`,
      );
  }
  const distributed = sources.filter(isDistributed);
  const leader = leaderOf(distributed, axis);
  if (!leader)
    return join((first as NDArray).space.withShape(shape), sources as readonly NDArray[], runs, axis);
  for (const x of distributed) checkBoxes(name, x);
  checkAlike(name, distributed, leader, axis);
  const isResized = shape[axis] !== leader.globalShape[axis];
  const layout = isResized ? leader.layout.withLength(axis, shape[axis] as number) : leader.layout;
  const { comm, space } = leader;
  const box = layout.box(comm.rank);
  const target = leader.local.space.withShape(box.shape);
  /** This rank's part of an array that is whole, which stays whole along the axis. */
  const cut = (x: NDArray): NDArray => {
    const n = x.shape[axis] as number;
    return partOf(x, shape.with(axis, n), box.start.with(axis, 0), box.shape.with(axis, n));
  };
  const isSplit = (x: EitherArray): x is DistributedArray =>
    isDistributed(x) && !x.layout.replicated && (x.layout.grid[axis] as number) > 1;
  const wholeParts = sources.map((x) => {
    if (isSplit(x)) return undefined;
    return isDistributed(x) && !x.layout.replicated ? x.local : cut(isDistributed(x) ? x.local : x);
  });
  if ((layout.grid[axis] as number) === 1)
    return space.withLayout(layout).wrap(join(target, wholeParts as NDArray[], runs, axis));
  const runsOf = (rank: number): Run[] => {
    const { start, shape: sizes } = layout.box(rank);
    const from = start[axis] as number;
    return product(sizes) === 0 ? [] : cutRuns(runs, from, from + (sizes[axis] as number));
  };
  const mine = runsOf(comm.rank);
  const parts: NDArray[] = [];
  const rebased: (Run | undefined)[] = mine.map(() => undefined);
  sources.forEach((x, source) => {
    const whole = wholeParts[source];
    if (whole) {
      mine.forEach((run, k) => {
        if (run.source === source) rebased[k] = { ...run, source: parts.length };
      });
      parts.push(whole);
      return;
    }
    const of = (rank: number): Run[] => runsOf(rank).filter((run) => run.source === source);
    const fetched = fetch(x as DistributedArray, layout, axis, of);
    let next = 0;
    mine.forEach((run, k) => {
      if (run.source !== source) return;
      rebased[k] = { ...run, source: parts.length + next++, first: run.first - spanOf(run).low };
    });
    parts.push(...fetched);
  });
  return space.withLayout(layout).wrap(join(target, parts, rebased as Run[], axis));
}
