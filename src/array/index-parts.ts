import type { NDArray } from '../core/array/ndarray.js';
import { placeDType } from '../core/base/dtype.js';
import { product, type Shape } from '../core/base/shape.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import { fetchBox } from '../core/distributed/fetch-box.js';
import type { IndexBox } from '../core/distributed/layout.js';
import { type RangeOf, type Selected, type Selection, shapeOfSelected } from './index-entries.js';

/** What an index selects of the part of a rank. */
interface OnPart {
  /** Whether it is nothing. */
  readonly isEmpty: boolean;
  readonly selected: Selected;
  /** Along each axis with a range, which of its positions are on the rank. */
  readonly windows: readonly (readonly [from: number, to: number])[];
  /** Which positions of the index arrays are on the rank. */
  readonly kept: readonly number[];
}

export function onPart(x: DistributedArray, { axes, listShape, result }: Selected, rank: number): OnPart {
  const { start, shape } = x.layout.box(rank);
  const bounds = axes.map(
    (_, k) => [start[k] as number, (start[k] as number) + (shape[k] as number)] as const,
  );
  const isIn = (i: number, k: number): boolean => i >= (bounds[k]?.[0] ?? 0) && i < (bounds[k]?.[1] ?? 0);
  const kept: number[] = [];
  const count = listShape ? product(listShape) : 0;
  const lists = axes.flatMap((s, k) => (s.kind === 'list' ? [{ positions: s.positions.toHost(), k }] : []));
  for (let j = 0; j < count; j++)
    if (lists.every(({ positions, k }) => isIn(positions[j] as number, k))) kept.push(j);
  const isOutside = axes.some((s, k) => s.kind === 'integer' && !isIn(s.at, k));
  const windows = axes.map((s, k): readonly [number, number] => {
    if (s.kind !== 'range' || isOutside) return [0, 0];
    const [low, high] = bounds[k] as readonly [number, number];
    const reach = (i: number): number => Math.min(Math.max(Math.ceil(i), 0), s.count);
    return s.step > 0
      ? [reach((low - s.first) / s.step), reach((high - s.first) / s.step)]
      : [reach((s.first - high + 1) / -s.step), reach((s.first - low + 1) / -s.step)];
  });
  const own = axes.map((s, k): Selection => {
    const from = bounds[k]?.[0] ?? 0;
    if (s.kind === 'integer') return { ...s, at: s.at - from };
    if (s.kind === 'list') {
      const dtype = placeDType(shape[k] as number);
      return { ...s, positions: s.positions.take(kept).subtract(from).astype(dtype) };
    }
    const [first, end] = windows[k] as readonly [number, number];
    return { ...s, first: s.first + first * s.step - from, count: Math.max(end - first, 0) };
  });
  const selected: Selected = { axes: own, listShape: listShape && [kept.length], result };
  const isEmpty = isOutside || product(shape) === 0 || product(shapeOfSelected(selected)) === 0;
  return { isEmpty, selected, windows, kept };
}

/** Which of the values that are whole on this rank belong to the elements of its part. */
export function partOfWhole(values: NDArray, { axes, listShape, result }: Selected, part: OnPart): NDArray {
  // The axes of index arrays become one
  const flat = result.flatMap((r): number[] => {
    if (r === 'lists') return [product(listShape as Shape)];
    return [r === 'new' ? 1 : (axes[r] as RangeOf).count];
  });
  const cut = values
    .reshape(flat)
    .slice(...result.map((r) => (typeof r === 'number' ? (part.windows[r] as [number, number]) : null)));
  const at = result.indexOf('lists');
  return at < 0 ? cut : cut.take(part.kept, at);
}

/** Those of split values that belong to the elements of this rank's part. One exchange. */
export function partOfSplit(x: DistributedArray, values: DistributedArray, selected: Selected): NDArray {
  const wanted = (rank: number): IndexBox => {
    const { windows } = onPart(x, selected, rank);
    const ranges = selected.result.map((r): readonly [number, number] =>
      typeof r === 'number' ? (windows[r] as readonly [number, number]) : [0, 1],
    );
    return { start: ranges.map(([from]) => from), shape: ranges.map(([from, to]) => Math.max(to - from, 0)) };
  };
  return fetchBox(values, wanted);
}
