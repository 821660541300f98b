import { PartitionError } from '../../core/base/errors.js';
import { product, type Shape, stridesOf } from '../../core/base/shape.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { checkDistributed } from '../../core/distributed/distributed-array.js';
import { type IndexBox, Layout } from '../../core/distributed/layout.js';
import type { DistributedArrayOptions, DistributedSpace } from '../../core/distributed/space.js';
import { TransferPlan } from '../../core/distributed/transfer.js';
import { onAllRanks } from '../../core/ports/agreement.js';
import type { ByteSource } from './byte-source.js';
import { readAt, writeAt } from './raw-io.js';

/**
 * Runs of at least this many bytes are read and written where they are; shorter ones are first
 * moved to ranks that have longer ones.
 */
const LONG_RUN = 1 << 18;

/** The bytes of a box in the file of a C-order array: runs of one length. */
export interface Runs {
  readonly count: number;
  /** Of one run. */
  readonly bytes: number;
  /** Of run `k` in the file. */
  position(k: number): number;
}

/** @param offset of the array's first element in the file, in bytes */
export function runsOf(globalShape: Shape, { start, shape }: IndexBox, itemBytes: number, offset = 0): Runs {
  let first = globalShape.length - 1;
  while (first > 0 && shape[first] === globalShape[first]) first--;
  const strides = stridesOf(globalShape);
  const corner = strides.reduce((sum, step, k) => sum + step * (start[k] as number), 0);
  return {
    count: product(shape) === 0 ? 0 : product(shape.slice(0, first)),
    bytes: itemBytes * product(shape.slice(first)),
    position(run) {
      let at = corner;
      for (let k = first - 1, rest = run; k >= 0; k--) {
        const n = shape[k] as number;
        at += (rest % n) * (strides[k] as number);
        rest = Math.floor(rest / n);
      }
      return offset + itemBytes * at;
    },
  };
}

/**
 * Goes through the runs: `move` gets, for the next `length` bytes of the box, the place in the file
 * and in those bytes.
 */
function cursor(
  runs: Runs,
): (length: number, move: (position: number, from: number, to: number) => void) => void {
  let done = 0;
  return (length, move) => {
    for (let from = 0; from < length; ) {
      const run = Math.floor(done / runs.bytes);
      const within = done - run * runs.bytes;
      const to = Math.min(length, from + runs.bytes - within);
      move(runs.position(run) + within, from, to);
      done += to - from;
      from = to;
    }
  };
}

/** The bytes of runs, one after another. */
export function runsSource(fd: number, name: string, runs: Runs): ByteSource {
  const next = cursor(runs);
  return {
    name,
    read(into) {
      next(into.length, (position, from, to) => readAt(fd, into.subarray(from, to), position, name));
      return into;
    },
  };
}

/** Writes bytes to runs, one after another. */
export function runsSink(fd: number, runs: Runs): (bytes: Uint8Array) => void {
  const next = cursor(runs);
  return (bytes) =>
    next(bytes.length, (position, from, to) => writeAt(fd, bytes.subarray(from, to), position));
}

export const reversedBox = ({ start, shape }: IndexBox): IndexBox => ({
  start: start.toReversed(),
  shape: shape.toReversed(),
});

/**
 * Split along the first of `axes` that is long enough for all ranks, otherwise along the longest.
 */
export function splitFor(shape: Shape, ranks: number, axes: readonly number[]): Layout {
  const longest = axes.reduce(
    (best, k) => ((shape[k] as number) > (shape[best] as number) ? k : best),
    axes[0] ?? 0,
  );
  return Layout.split(shape, ranks, axes.find((k) => (shape[k] as number) >= ranks) ?? longest);
}

/**
 * The layout in which ranks read or write a file of an array: its own where every rank has one run,
 * or long ones; otherwise rows of the file. Pure, so that all ranks choose the same. `fortran`: the
 * file runs through the first axis fastest.
 */
export function fileLayout(layout: Layout, itemBytes: number, fortran: boolean): Layout {
  const { globalShape, ranks } = layout;
  const shape = fortran ? globalShape.toReversed() : globalShape;
  const isLong = (rank: number): boolean => {
    const box = layout.box(rank);
    const { count, bytes } = runsOf(shape, fortran ? reversedBox(box) : box, itemBytes);
    return count <= 1 || bytes >= LONG_RUN;
  };
  if (!layout.replicated && Array.from({ length: ranks }, (_, r) => r).every(isLong)) return layout;
  const axes = globalShape.map((_, k) => (fortran ? globalShape.length - 1 - k : k));
  return splitFor(globalShape, ranks, axes);
}

/** Throws unless a layout says which part of the global array each rank has. */
export function checkBoxes(owner: string, x: DistributedArray): void {
  checkDistributed(owner, x);
  const { layout } = x;
  if (layout.kind === 'concatenated' && layout.localShapes.some((s) => s.length !== 1))
    throw new PartitionError(
      `${owner}: expected a layout of boxes, received blocks without a place in a global array ` +
        `(${layout}): ravel them`,
    );
}

/** `x` in another space that differs by its layout: `x` itself where it does not. Collective. */
export function moved(x: DistributedArray, space: DistributedSpace): DistributedArray {
  if (space.layout.equals(x.layout)) return x;
  const y = onAllRanks(x.comm, () => space.empty());
  const plan = TransferPlan.between(x.layout, space.layout, x.comm);
  plan.run(x.local, y.local);
  // as large as the arrays, and rarely needed again
  plan.dispose();
  return y;
}

/** Options as plain data, to be compared among ranks. What is no data is left out. */
export function plainOptions({ comm: _, backend, ...rest }: DistributedArrayOptions): object {
  const name = typeof backend === 'object' ? backend.name : backend;
  return JSON.parse(JSON.stringify({ ...rest, backend: name }));
}
