/** Elements, regions and rearrangements of arrays, for the methods of NDArray. */

import { broadcastStrides } from '../base/broadcast.js';
import { isScalar, type Scalar } from '../base/complex.js';
import { type HostArray, hostArray, isComplex, placeDType } from '../base/dtype.js';
import { ArgumentError, ShapeError } from '../base/errors.js';
import { isListOf } from '../base/options.js';
import { around, formatShape, product, toAxis } from '../base/shape.js';
import { type Index, type Region, resolveRegion } from '../base/slice.js';
import { textOf } from '../base/text-of.js';
import { asDType } from './casting.js';
import { binary, checkOperand, isLocalArray, type Operand } from './elementwise.js';
import type { NDArray } from './ndarray.js';
import { type NumberList, numberList } from './number-list.js';
import { checkWritableArray, elementAt, overlaps, within } from './strided.js';
import { checkFits, checkHolds } from './vector-methods.js';

export function get(x: NDArray, indices: readonly number[]): Scalar {
  if (indices.length !== x.shape.length) {
    throw new ShapeError(
      `expected ${x.shape.length} indices for an array of shape ${formatShape(x.shape)}, ` +
        `received ${indices.length}`,
    );
  }
  const region = resolveRegion(indices, x.shape, x.strides);
  if (region.shape.length > 0)
    throw new ShapeError(`get: expected integers, received ${textOf(indices)}; use slice() for ranges`);
  const [first, second] = x.backend.download(elementAt(x, region.start));
  return isComplex(x.dtype) ? { re: first as number, im: second as number } : (first as number);
}

export function set<T extends NDArray>(x: T, indices: Index | readonly Index[], value: Operand): T {
  checkOperand('set', value, x);
  const region = resolveRegion(
    Array.isArray(indices) ? (indices as readonly Index[]) : [indices as Index],
    x.shape,
    x.strides,
  );
  checkWritableArray(x);
  if (isScalar(value)) setScalar(x, region, value);
  else setArray(x, region, value);
  return x;
}

export function roll(x: NDArray, shift: number, axis?: number): NDArray {
  if (!Number.isSafeInteger(shift))
    throw new ArgumentError(`roll: expected shift to be an integer, received ${textOf(shift)}`);
  if (axis === undefined) return x.ravel().roll(shift, 0).reshape(x.shape);
  const k = toAxis(axis, x.shape.length);
  const n = x.shape[k] as number;
  const s = n > 0 ? ((shift % n) + n) % n : 0;
  const y = x.emptyLike();
  const rows = (a: NDArray, first: number, count: number) =>
    resolveRegion(
      a.shape.map((_, j): Index => (j === k ? [first, first + count] : null)),
      a.shape,
      a.strides,
    );
  const part = (from: number, count: number, to: number) =>
    copyInto(x, rows(x, from, count), y, rows(y, to, count));
  part(0, n - s, s);
  part(n - s, s, 0);
  return y;
}

export function pad(
  x: NDArray,
  widths: readonly (readonly [before: number, after: number])[],
  value: Scalar = 0,
): NDArray {
  const isWidth = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;
  if (!isListOf(widths, (w) => isListOf(w, isWidth) && w.length === 2) || widths.length !== x.shape.length) {
    throw new ShapeError(
      `pad: expected [before, after] for each of ${x.shape.length} axes, received ${textOf(widths)}`,
    );
  }
  const y = x.space
    .withShape(x.shape.map((n, k) => n + (widths[k] as readonly number[]).reduce((a, b) => a + b)))
    .empty();
  y.fill(value);
  const inside = resolveRegion(
    widths.map(([before], k) => [before, before + (x.shape[k] as number)] as const),
    y.shape,
  );
  copyInto(x, resolveRegion([], x.shape, x.strides), y, inside);
  return y;
}

/**
 * What becomes of positions outside of an axis: an error, modulo its length, or the nearest end.
 */
export const BOUNDS_MODES = ['raise', 'wrap', 'clip'] as const;
/** One of {@link BOUNDS_MODES}. */
export type BoundsMode = (typeof BOUNDS_MODES)[number];

/**
 * Positions along an axis of length n as numbers from 0 to n − 1. Negative ones count from the end.
 * @throws {@link ShapeError} if one is outside of the axis
 */
export function placesIn(
  name: string,
  positions: ArrayLike<number>,
  n: number,
  axis: number,
  mode: BoundsMode = 'raise',
): HostArray {
  const table = hostArray(placeDType(n), positions.length);
  for (let at = 0; at < positions.length; at++) {
    const p = positions[at] as number;
    let i = p < 0 && mode !== 'clip' ? p + n : p;
    if (mode === 'wrap') i = ((p % n) + n) % n;
    else if (mode === 'clip') i = Math.min(Math.max(p, 0), n - 1);
    if (!Number.isInteger(p) || !(i >= 0 && i < n))
      throw new ShapeError(`${name}: position ${p} is outside axis ${axis} of length ${n}`);
    table[at] = i;
  }
  return table;
}

/** As {@link placesIn}, of an array of integers on its own backend. Downloads only its extremes. */
export function placesOf(
  name: string,
  positions: NDArray,
  n: number,
  axis: number,
  mode: BoundsMode = 'raise',
): NDArray {
  const dtype = placeDType(n);
  const wide = asDType(positions, dtype);
  if (positions.size === 0) return wide;
  const [low, high] = [positions.min() as number, positions.max() as number];
  const isInside = low >= 0 && high < n;
  if (n === 0 || (mode === 'raise' && !isInside && (low < -n || high >= n)))
    throw new ShapeError(
      `${name}: position ${low < -n || n === 0 ? low : high} is outside axis ${axis} of length ${n}`,
    );
  if (isInside) return wide;
  if (mode === 'clip') return wide.clip(0, n - 1);
  return binary('remainder', wide, n);
}

/**
 * The elements at places along an axis, which {@link placesIn} or {@link placesOf} has made.
 */
export function gatherAlong(x: NDArray, places: HostArray | NDArray, axis: number): NDArray {
  const [outer, n, inner] = around(x.shape, axis);
  const isUploaded = isLocalArray(places);
  const count = isUploaded ? places.size : places.length;
  const y = x.space.withShape(x.shape.with(axis, count)).empty();
  if (y.size === 0) return y;
  const index = isUploaded ? places : x.space.withShape([count], placeDType(n)).upload(places);
  x.backend.gather(x, y, { outer, nx: n, ny: count, inner, width: 1, index });
  if (!isUploaded) index.dispose();
  return y;
}

export function take(x: NDArray, given: NumberList, axis?: number): NDArray {
  const positions = numberList('take', 'positions', given);
  const from = axis === undefined ? x.ravel() : x;
  const k = axis === undefined ? 0 : toAxis(axis, x.shape.length);
  return gatherAlong(from, placesIn('take', positions, from.shape[k] as number, k), k);
}

function copyInto(x: NDArray, from: Region, y: NDArray, to: Region): void {
  if (product(from.shape) === 0) return;
  x.backend.stridedCopy(
    from.shape,
    within(x, from.start, from.strides),
    within(y, to.start, to.strides),
    'set',
  );
}

function setScalar(x: NDArray, region: Region, value: Scalar): void {
  if (product(region.shape) === 0) return;
  const fitting = checkFits(x, value);
  x.backend.fill(x.alias(region.start, region.shape, region.strides), fitting);
}

function setArray(x: NDArray, region: Region, value: NDArray): void {
  broadcastStrides(value.shape, region.shape);
  checkHolds('set', x, value);
  if (product(region.shape) === 0) return;
  let from = value;
  if (value.dtype !== x.dtype) {
    from = value.astype(x.dtype);
  } else if (overlaps(value, x)) {
    from = value.copy();
  }
  const strides = broadcastStrides(from.shape, region.shape, from.strides);
  x.backend.stridedCopy(
    region.shape,
    within(from, 0, strides),
    within(x, region.start, region.strides),
    'set',
  );
  if (from !== value) from.dispose();
}
