import { unary } from '../../core/array/elementwise.js';
import type { NDArray } from '../../core/array/ndarray.js';
import { argsortLines, keysOf, takeLines } from '../../core/array/ordering.js';
import { INDEX_DTYPE, isBoolean, isInteger, placeDType } from '../../core/base/dtype.js';
import { ShapeError } from '../../core/base/errors.js';
import { checkFlag, type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { toAxis } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import { type EitherArray, isDistributed } from '../../core/distributed/align.js';
import { assemble } from '../../core/distributed/assemble.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { checkReducible } from '../../core/distributed/reductions.js';
import { sortOverRanks } from '../../core/distributed/sorting/sort-over-ranks.js';
import { type ArrayLike, type ArrayOf, arrayOf } from '../operands.js';
import { flatOf } from '../shaping.js';

/** Options of {@link topk}. */
export interface TopkOptions {
  /** The axis; null for the flattened array. @default -1 */
  readonly axis?: number | null | undefined;
  /** Whether the largest elements are taken, instead of the smallest. @default true */
  readonly largest?: boolean;
}
const DEFAULTS = { axis: -1, largest: true } satisfies Defaults<TopkOptions>;

/** Numbers whose order is that of the best elements. NaN stays NaN and comes last. */
function ranking(x: NDArray, largest: boolean): NDArray {
  const numbers = isBoolean(x.dtype) ? x.astype(INDEX_DTYPE) : x;
  if (!largest) return numbers;
  // −x of the least integer is not an integer; −x − 1 is
  return unary(isInteger(numbers.dtype) ? 'invert' : 'negative', numbers);
}

/** The best elements of an array of one rank, and their positions plus `start`. */
function bestOf(x: NDArray, k: number, axis: number, largest: boolean): [NDArray, NDArray] {
  const order = argsortLines(keysOf([ranking(x, largest)]), axis);
  const first = order.slice(...x.shape.map((_, j): [number, number] | null => (j === axis ? [0, k] : null)));
  return [takeLines(x, first, axis), first.copy()];
}

/** The best elements along a split axis: those of the ranks' best. */
function bestOverRanks(x: DistributedArray, k: number, axis: number, largest: boolean): EitherArray[] {
  const { layout, space, box } = x;
  const lengths = layout.blocks(axis).map((n) => Math.min(n, k));
  const own = Math.min(k, x.local.shape[axis] as number);
  const [values, positions] = bestOf(x.local, own, axis, largest);
  const candidates = space.withLayout(layout.withLength(axis, lengths));
  const dtype = placeDType(x.globalShape[axis] as number);
  const placed = candidates.wrap(positions.astype(dtype).addInPlace(box.start[axis] as number));
  const keys = [candidates.wrap(ranking(values, largest))];
  const sorted = sortOverRanks({ keys, axis, carried: [candidates.wrap(values), placed] });
  return sorted.map((y) => assemble('topk', [y], [{ source: 0, first: 0, count: k, step: 1 }], axis));
}

/**
 * The k largest (smallest) elements along an axis, the best first, and their positions, int32. Of
 * equal elements, the first come first. NaN is worse than all numbers. If the axis is split, each
 * rank takes its best, and the ranks sort these as `sort` does; nothing else is sent. The result is
 * then split evenly.
 * @throws {@link ShapeError} if the axis has fewer than k elements
 */
export function topk<X extends ArrayLike>(
  x: X,
  k: number,
  options?: TopkOptions,
): [values: ArrayOf<X>, positions: ArrayOf<X>] {
  const { axis, largest } = withDefaults('topk', options, DEFAULTS);
  checkFlag('topk', { largest });
  return tidy(() => {
    const given = arrayOf('topk', x);
    checkReducible('topk', given);
    const from = axis === null ? flatOf('topk', given) : given;
    const along = toAxis(axis ?? 0, from.space.shape.length);
    const n = from.space.shape[along] as number;
    if (!Number.isInteger(k) || k < 0 || k > n)
      throw new ShapeError(`topk: expected k from 0 to ${n}, received ${textOf(k)}`);
    if (!isDistributed(from)) return bestOf(from, k, along, largest);
    if ((from.layout.grid[along] as number) > 1) return bestOverRanks(from, k, along, largest);
    const space = from.space.withLayout(from.layout.withLength(along, k));
    const own = Math.min(k, from.local.shape[along] as number);
    return bestOf(from.local, own, along, largest).map((part) => space.wrap(part));
  }) as [ArrayOf<X>, ArrayOf<X>];
}
