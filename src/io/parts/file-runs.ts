import { PartitionError } from '../../core/base/errors.js';
import { checkOptionsObject } from '../../core/base/options.js';
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
 * Runs of at least this many bytes are read and written directly. Arrays with shorter runs are
 * first moved to a layout with longer ones.
 */
const LONG_RUN = 1 << 18;

/** The bytes of a box in the file of a C-order array: runs of equal length. */
export interface Runs {
  readonly count: number;
  /** The bytes of one run. */
  readonly bytes: number;
  /** The position of run `k` in the file. */
  position(k: number): number;
}

/** @param offset the position of the array's first element in the file, in bytes */
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
 * Steps through the runs. For the next `length` bytes of the box, `move` is called for each
 * contiguous piece with its position in the file and its start and stop in those bytes.
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

/** The bytes of the runs, one run after another. */
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

/**
 * The bytes of runs of a source that is read from front to back. Positions count from its next
 * byte, and rise.
 */
export function skippingSource(source: ByteSource, runs: Runs): ByteSource {
  const next = cursor(runs);
  let at = 0;
  return {
    name: source.name,
    read(into) {
      next(into.length, (position, from, to) => {
        while (at < position) at += source.read(new Uint8Array(Math.min(1 << 16, position - at))).length;
        source.read(into.subarray(from, to));
        at += to - from;
      });
      return into;
    },
  };
}

/** Writes bytes to the runs, one run after another. */
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
 * Splits along the first of `axes` with at least one element for each rank, otherwise along the
 * longest.
 */
export function splitFor(shape: Shape, ranks: number, axes: readonly number[]): Layout {
  const longest = axes.reduce(
    (best, k) => ((shape[k] as number) > (shape[best] as number) ? k : best),
    axes[0] ?? 0,
  );
  return Layout.split(shape, ranks, axes.find((k) => (shape[k] as number) >= ranks) ?? longest);
}

/**
 * The layout in which ranks read or write the file of an array. It is the array's own layout if
 * every rank has one run or long runs, otherwise rows of the file. The function is pure, so all
 * ranks get the same.
 *
 * @param fortran whether the first axis varies fastest in the file
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

/**
 * Checks that the layout of `x` gives each rank a box of the global array.
 *
 * @throws {@link PartitionError} if it does not
 */
export function checkBoxes(owner: string, x: DistributedArray): void {
  checkDistributed(owner, x);
  const { layout } = x;
  if (layout.kind === 'concatenated' && layout.localShapes.some((s) => s.length !== 1))
    throw new PartitionError(
      `${owner}: expected a layout of boxes, received blocks without a place in a global array ` +
        `(${layout}): ravel them`,
    );
}

/**
 * Moves `x` to another space with a different layout. Returns `x` itself if the layout is the same.
 * Collective.
 */
export function moved(x: DistributedArray, space: DistributedSpace): DistributedArray {
  if (space.layout.equals(x.layout)) return x;
  const y = onAllRanks(x.comm, () => space.empty());
  const plan = TransferPlan.between(x.layout, space.layout, x.comm);
  plan.run(x.local, y.local);
  // it is as large as the arrays, and rarely needed again
  plan.dispose();
  return y;
}

/**
 * Options as plain data, which ranks compare. Other values are left out. To be called where the
 * ranks agree, so that options which are no object on one rank are an error on all.
 */
export function plainOptions(owner: string, options: DistributedArrayOptions): object {
  checkOptionsObject(owner, options);
  const { comm: _, backend, ...rest } = options;
  const name = typeof backend === 'object' ? backend.name : backend;
  return JSON.parse(JSON.stringify({ ...rest, backend: name }));
}
