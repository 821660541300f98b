import { ShapeError } from './errors.js';
import { formatShape, type Shape, stridesOf } from './shape.js';
import type { Strides } from './strides.js';
import { textOf } from './text-of.js';

/**
 * `[start, end, step]` as in Python. `end` is excluded. Negative positions count from the end. On a
 * side where the position is absent or null, the range extends to the end of the axis.
 */
export type Range = readonly [start?: number | null, end?: number | null, step?: number | null];

/**
 * The selection along one axis: one index (which removes the axis), a range, or null for the whole
 * axis.
 */
export type Index = number | Range | null;

/** A region of an array. */
export interface Region {
  /** The shape without the axes that were indexed by an integer. */
  readonly shape: number[];
  /** The position of the region's first element, relative to the first one of the array. */
  readonly start: number;
  readonly strides: number[];
}

/** The first index, the number of indices and the step of a range along an axis of length `n`. */
export function resolveRange(range: Range, n: number): readonly [first: number, count: number, step: number] {
  const bad =
    range.length > 3 || range.some((v) => v !== null && v !== undefined && !Number.isSafeInteger(v));
  const step = range[2] ?? 1;
  if (bad || step === 0)
    throw new ShapeError(
      `expected a range [start, end, step] of integers with a step other than 0, received ${textOf(range)}`,
    );
  const [low, high] = step > 0 ? [0, n] : [-1, n - 1];
  const clamp = (v: number) => Math.min(Math.max(v < 0 ? v + n : v, low), high);
  const start = range[0] == null ? (step > 0 ? low : high) : clamp(range[0]);
  const end = range[1] == null ? (step > 0 ? high : low) : clamp(range[1]);
  return [start, Math.max(0, Math.ceil((end - start) / step)), step];
}

/**
 * Converts an index to `0 … n − 1`. Negative indices count from the end.
 * @throws {@link ShapeError} if the index is outside of the axis
 */
export function resolveIndex(index: number, n: number, axis: number): number {
  const i = index < 0 ? index + n : index;
  if (!Number.isInteger(index) || i < 0 || i >= n)
    throw new ShapeError(`index ${index} is outside axis ${axis} of length ${n}`);
  return i;
}

/**
 * The region of an array of `shape` that `indices` select. Axes without an index are whole.
 * @param steps the strides of the array, by default those of a C-contiguous one
 * @throws {@link ShapeError} if an index does not fit
 */
export function resolveRegion(
  indices: readonly Index[],
  shape: Shape,
  steps: Strides = stridesOf(shape),
): Region {
  if (indices.length > shape.length) {
    throw new ShapeError(
      `expected at most ${shape.length} indices for an array of shape ${formatShape(shape)}, received ` +
        `${indices.length}`,
    );
  }
  const region = { shape: [] as number[], start: 0, strides: [] as number[] };
  shape.forEach((n, axis) => {
    const index = indices[axis] ?? null;
    const stride = steps[axis] as number;
    if (typeof index === 'number') {
      region.start += resolveIndex(index, n, axis) * stride;
      return;
    }
    if (index !== null && !Array.isArray(index)) {
      throw new ShapeError(
        `expected an integer, a range [start, end, step] or null for axis ${axis}, received ${textOf(index)}`,
      );
    }
    const [first, count, step] = index === null ? [0, n, 1] : resolveRange(index as Range, n);
    region.shape.push(count);
    region.strides.push(stride * step);
    if (count > 0) region.start += first * stride;
  });
  return region;
}
