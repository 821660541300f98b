import { isLocalArray } from '../array/elementwise.js';
import type { NDArray } from '../array/ndarray.js';
import { gatherAlong } from '../array/shaping.js';
import { type HostArray, hostArray, placeDType } from '../base/dtype.js';
import { product, sameShape } from '../base/shape.js';
import { checkBoxes, type EitherArray, isDistributed } from './align.js';
import type { DistributedArray } from './distributed-array.js';
import type { IndexBox, Layout } from './layout.js';

/** Whether two boxes of a layout differ along an axis only. */
const isInLine = (a: IndexBox, b: IndexBox, axis: number): boolean =>
  sameShape(a.start.with(axis, 0), b.start.with(axis, 0)) &&
  sameShape(a.shape.with(axis, 0), b.shape.with(axis, 0));

const rangeOf = ({ start, shape }: IndexBox, axis: number): readonly [from: number, to: number] => [
  start[axis] as number,
  (start[axis] as number) + (shape[axis] as number),
];

/** This rank's part of the elements at places along a split axis. One all-to-all exchange. */
function takeSplit(x: DistributedArray, places: HostArray, axis: number, layout: Layout): NDArray {
  const { comm, local, box } = x;
  const [start, end] = rangeOf(box, axis);
  const [from, to] = rangeOf(layout.box(comm.rank), axis);
  /** Places in this rank's part, in the order of the ranks that need them. */
  const needed: number[] = [];
  const order = hostArray(placeDType(to - from), to - from);
  const [sendCounts, receiveCounts] = [new Array<number>(comm.size), new Array<number>(comm.size)];
  let received = 0;
  for (let rank = 0; rank < comm.size; rank++) {
    const [before, receivedBefore] = [needed.length, received];
    const theirs = x.layout.box(rank);
    if (isInLine(box, theirs, axis)) {
      const [first, last] = rangeOf(layout.box(rank), axis);
      for (let i = first; i < last; i++) {
        const p = places[i] as number;
        if (p >= start && p < end) needed.push(p - start);
      }
      const [low, high] = rangeOf(theirs, axis);
      for (let i = from; i < to; i++) {
        const p = places[i] as number;
        if (p >= low && p < high) order[i - from] = received++;
      }
    }
    sendCounts[rank] = needed.length - before;
    receiveCounts[rank] = received - receivedBefore;
  }
  const axes = local.shape.map((_, k) => k);
  const isFirst = axis === 0;
  const front = isFirst ? local : local.transpose([axis, ...axes.filter((k) => k !== axis)]);
  const own = hostArray(placeDType(end - start), needed.length);
  own.set(needed);
  const outgoing = gatherAlong(front, own, 0);
  const row = product(front.shape.slice(1));
  const rows = (counts: readonly number[]): number[] => counts.map((n) => n * row);
  if (!isFirst) front.dispose();
  const incoming = front.space.withShape(front.shape.with(0, received)).empty();
  comm.alltoallv(outgoing, rows(sendCounts), incoming, rows(receiveCounts));
  outgoing.dispose();
  const y = gatherAlong(incoming, order, 0);
  incoming.dispose();
  return isFirst ? y : y.transpose([...axes.slice(1, axis + 1), 0, ...axes.slice(axis + 1)]);
}

/**
 * The elements at places along an axis, which `placesIn` or `placesOf` has made. If the axis is
 * split, so is the result: as before if its length is the same, otherwise evenly, or as `layout`
 * says; that costs one all-to-all exchange. Otherwise nothing is sent. Every rank has all places.
 */
export function takeAlong(
  name: string,
  x: EitherArray,
  places: HostArray | NDArray,
  axis: number,
  layout?: Layout,
): EitherArray {
  if (!isDistributed(x)) return gatherAlong(x, places, axis);
  checkBoxes(name, x);
  const isUploaded = isLocalArray(places);
  const n = isUploaded ? places.size : places.length;
  const to = layout ?? (n === x.globalShape[axis] ? x.layout : x.layout.withLength(axis, n));
  const part = (): NDArray => {
    const shape = to.localShape(x.comm.rank);
    if ((x.layout.grid[axis] as number) > 1) {
      const list = isUploaded ? places.toHost() : places;
      return takeSplit(x, list, axis, to).reshape(shape);
    }
    return product(shape) === 0 ? x.local.space.withShape(shape).empty() : gatherAlong(x.local, places, axis);
  };
  return x.space.withLayout(to).wrap(part());
}
