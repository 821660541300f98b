import type { NDArray } from '../array/ndarray.js';
import { broadcastStrides } from '../base/broadcast.js';
import { PartitionError, ShapeError } from '../base/errors.js';
import { around, formatShape, product, stridesOf } from '../base/shape.js';
import { checkBoxes, type EitherArray, isDistributed, ownPart, partOf } from './align.js';
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

/** A run and where it begins in this rank's part of the result, along the axis. */
interface PlacedRun extends Run {
  readonly at: number;
}

/** The positions `from ≤ i < to` of the runs, one after another. */
function cutRuns(runs: readonly Run[], from: number, to: number): PlacedRun[] {
  const cut: PlacedRun[] = [];
  let place = -from;
  for (const { source, first, count, step } of runs) {
    const start = Math.max(-place, 0);
    const n = Math.min(to - from - place, count) - start;
    if (n > 0) cut.push({ source, first: first + start * step, count: n, step, at: place + start });
    place += count;
  }
  return cut;
}

/** The lowest position of a run, and how many positions lie between it and the highest one. */
const spanOf = ({ first, count, step }: Run): { low: number; length: number } => ({
  low: Math.min(first, first + (count - 1) * step),
  length: Math.abs(step) * (count - 1) + 1,
});

const lengthOf = (runs: readonly Run[]): number => runs.reduce((sum, { count }) => sum + count, 0);

/** Copies runs of an array into y. Along the other axes, lengths of 1 are stretched. */
function place(x: NDArray, y: NDArray, runs: readonly PlacedRun[], axis: number): void {
  const { shape } = y;
  if (y.size === 0) return;
  const strides = stridesOf(shape);
  const own = stridesOf(x.shape)[axis] as number;
  const read = broadcastStrides(x.shape, shape.with(axis, x.shape[axis] as number));
  for (const { first, count, step, at } of runs)
    x.backend.stridedCopy(
      shape.with(axis, count),
      { elements: x, start: first * own, strides: read.with(axis, own * step) },
      { elements: y, start: at * (strides[axis] as number), strides },
      'set',
    );
}

/** Copies runs of a split array into this rank's part y of a result in a layout. One exchange. */
function fetchInto(
  x: DistributedArray,
  y: NDArray,
  axis: number,
  layout: Layout,
  runsOf: (rank: number) => readonly PlacedRun[],
): void {
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
  // Rows in order are received in their place, others in a work array
  const mine = runsOf(comm.rank);
  const [outer, , row] = around(y.shape, axis);
  const isDirect = ({ step }: Run): boolean => outer === 1 && step === 1;
  const targets = mine.map((run) =>
    isDirect(run)
      ? y.alias(run.at * row, y.shape.with(axis, run.count))
      : y.space.withShape(y.shape.with(axis, spanOf(run).length)).empty(),
  );
  const exchange = new Exchange(pattern, comm, dtype, backend, { buffers: 'pooled' });
  exchange.start(
    x.local,
    Array.from({ length: most }, (_, k) => ((targets[k]?.size ?? 0) > 0 ? targets[k] : undefined)),
  );
  exchange.finish();
  exchange.dispose();
  mine.forEach((run, k) => {
    const from = targets[k] as NDArray;
    if (!isDirect(run)) place(from, y, [{ ...run, first: run.first - spanOf(run).low }], axis);
    from.dispose();
  });
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
  if (!leader) {
    const y = (first as NDArray).space.withShape(shape).empty();
    const placed = cutRuns(runs, 0, shape[axis] as number);
    sources.forEach((x, source) => {
      place(
        x as NDArray,
        y,
        placed.filter((run) => run.source === source),
        axis,
      );
    });
    return y;
  }
  for (const x of distributed) checkBoxes(name, x);
  checkAlike(name, distributed, leader, axis);
  const isResized = shape[axis] !== leader.globalShape[axis];
  const layout = isResized ? leader.layout.withLength(axis, shape[axis] as number) : leader.layout;
  const { comm, space } = leader;
  const box = layout.box(comm.rank);
  const y = leader.local.space.withShape(box.shape).empty();
  /** This rank's part of an array that is not split along the axis. */
  const partAcross = (x: EitherArray): NDArray => {
    if (isDistributed(x) && !x.layout.replicated) return x.local;
    const whole = ownPart(x);
    const n = whole.shape[axis] as number;
    return partOf(whole, shape.with(axis, n), box.start.with(axis, 0), box.shape.with(axis, n));
  };
  sources.forEach((x, source) => {
    const runsOf = (rank: number): PlacedRun[] => {
      const { start, shape: sizes } = layout.box(rank);
      const from = start[axis] as number;
      const own = product(sizes) === 0 ? [] : cutRuns(runs, from, from + (sizes[axis] as number));
      return own.filter((run) => run.source === source);
    };
    const isSplit = isDistributed(x) && !x.layout.replicated && (x.layout.grid[axis] as number) > 1;
    if (isSplit) fetchInto(x, y, axis, layout, runsOf);
    else place(partAcross(x), y, runsOf(comm.rank), axis);
  });
  return space.withLayout(layout).wrap(y);
}
