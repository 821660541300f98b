/** Shapes, regions and rearrangements of arrays, for the methods of NDArray. */

import { broadcastStrides } from '../base/broadcast.js';
import { isScalar, type Scalar } from '../base/complex.js';
import { type HostArray, hostArray, isComplex, placeDType } from '../base/dtype.js';
import { ArgumentError, ShapeError } from '../base/errors.js';
import {
  around,
  formatShape,
  product,
  type Shape,
  stridesOf,
  toAxes,
  toAxis,
  toShape,
} from '../base/shape.js';
import { type Index, type Region, resolveRegion } from '../base/slice.js';
import { textOf } from '../base/text-of.js';
import { binary, checkOperand, expandInto, isLocalArray, type Operand, overlaps } from './elementwise.js';
import type { NDArray } from './ndarray.js';
import { type NumberList, numberList } from './number-list.js';
import { checkFits, checkHolds } from './vector-methods.js';

/**
 * The shape into which an array of `from` is reshaped. One length may be −1: that which is left.
 * @throws {@link ShapeError} if the sizes differ
 */
export function resolveShape(from: Shape, shape: number | Shape): number[] {
  const list = typeof shape === 'number' ? [shape] : Array.isArray(shape) ? [...shape] : toShape(shape);
  const size = product(from);
  const open = list.indexOf(-1);
  if (open >= 0) {
    const rest = product(toShape(list.filter((_, k) => k !== open)));
    list[open] = rest > 0 ? size / rest : 0;
    if (!Number.isInteger(list[open]))
      throw new ShapeError(
        `cannot reshape ${formatShape(from)} into ${formatShape(shape as Shape)}: ${size} ` +
          `elements are no multiple of ${rest}`,
      );
  }
  const to = toShape(list);
  if (product(to) !== size)
    throw new ShapeError(
      `cannot reshape ${formatShape(from)} (${size} elements) into ${formatShape(to)} (${product(to)})`,
    );
  return to;
}

export const reshape = (x: NDArray, shape: number | Shape): NDArray =>
  x.view(0, resolveShape(x.shape, shape));

export function ravel(x: NDArray): NDArray {
  return x.view(0, [x.size]);
}

export function expandDims(x: NDArray, axis: number): NDArray {
  const k = toAxis(axis, x.shape.length + 1);
  return x.view(0, [...x.shape.slice(0, k), 1, ...x.shape.slice(k)]);
}

/** The axes of length 1 that are removed: those given, or all. */
export function squeezedAxes(shape: Shape, axes: number | readonly number[] | undefined): number[] {
  const gone =
    axes === undefined ? shape.flatMap((n, k) => (n === 1 ? [k] : [])) : toAxes(axes, shape.length);
  const bad = gone.find((k) => shape[k] !== 1);
  if (bad !== undefined)
    throw new ShapeError(`squeeze: axis ${bad} of ${formatShape(shape)} is not of length 1`);
  return gone;
}

export function squeeze(x: NDArray, axes?: number | readonly number[]): NDArray {
  const gone = squeezedAxes(x.shape, axes);
  return x.view(
    0,
    x.shape.filter((_, k) => !gone.includes(k)),
  );
}

/** An order of all axes: reversed unless one is given. */
export function orderOfAxes(ndim: number, axes: readonly number[] | undefined): number[] {
  const order =
    axes === undefined ? Array.from({ length: ndim }, (_, k) => ndim - 1 - k) : toAxes(axes, ndim);
  if (order.length !== ndim)
    throw new ShapeError(`transpose: expected an order of all ${ndim} axes, received ${textOf(axes)}`);
  return order;
}

export function transpose(x: NDArray, axes?: readonly number[]): NDArray {
  const order = orderOfAxes(x.shape.length, axes);
  const strides = stridesOf(x.shape);
  return walk(
    x,
    order.map((k) => x.shape[k] as number),
    0,
    order.map((k) => strides[k] as number),
  );
}

export function slice(x: NDArray, indices: readonly Index[]): NDArray {
  const region = resolveRegion(indices, x.shape);
  return region.contiguous
    ? x.view(region.start, region.shape)
    : walk(x, region.shape, region.start, region.strides);
}

export function get(x: NDArray, indices: readonly number[]): Scalar {
  if (indices.length !== x.shape.length) {
    throw new ShapeError(
      `expected ${x.shape.length} indices for an array of shape ${formatShape(x.shape)}, ` +
        `received ${indices.length}`,
    );
  }
  const region = resolveRegion(indices, x.shape);
  if (region.shape.length > 0)
    throw new ShapeError(`get: expected integers, received ${textOf(indices)}; use slice() for ranges`);
  const [first, second] = x.backend.download({
    storage: x.storage,
    offset: x.offset + region.start,
    size: 1,
  });
  return isComplex(x.dtype) ? { re: first as number, im: second as number } : (first as number);
}

export function set<T extends NDArray>(x: T, indices: Index | readonly Index[], value: Operand): T {
  checkOperand('set', value, x);
  const region = resolveRegion(
    Array.isArray(indices) ? (indices as readonly Index[]) : [indices as Index],
    x.shape,
  );
  if (isScalar(value)) setScalar(x, region, value);
  else setArray(x, region, value);
  return x;
}

export function broadcastTo(x: NDArray, shape: number | Shape): NDArray {
  const to = toShape(shape);
  broadcastStrides(x.shape, to);
  const y = x.space.withShape(to).empty();
  expandInto(x, y);
  return y;
}

export function flip(x: NDArray, axes?: number | readonly number[]): NDArray {
  const strides = stridesOf(x.shape);
  let start = 0;
  if (x.size > 0) {
    for (const k of toAxes(axes, x.shape.length)) {
      start += ((x.shape[k] as number) - 1) * (strides[k] as number);
      strides[k] = -(strides[k] as number);
    }
  }
  return walk(x, x.shape, start, strides);
}

export function roll(x: NDArray, shift: number, axis?: number): NDArray {
  if (!Number.isSafeInteger(shift))
    throw new ArgumentError(`roll: expected shift to be an integer, received ${textOf(shift)}`);
  if (axis === undefined) return x.ravel().roll(shift, 0).reshape(x.shape);
  const k = toAxis(axis, x.shape.length);
  const n = x.shape[k] as number;
  const s = n > 0 ? ((shift % n) + n) % n : 0;
  const y = x.emptyLike();
  const rows = (first: number, count: number) =>
    resolveRegion(
      x.shape.map((_, j): Index => (j === k ? [first, first + count] : null)),
      x.shape,
    );
  const part = (from: number, count: number, to: number) =>
    copyInto(x, rows(from, count), y, rows(to, count));
  part(0, n - s, s);
  part(n - s, s, 0);
  return y;
}

export function pad(
  x: NDArray,
  widths: readonly (readonly [before: number, after: number])[],
  value: Scalar = 0,
): NDArray {
  if (
    !Array.isArray(widths) ||
    widths.length !== x.shape.length ||
    widths.some(
      (w) => !Array.isArray(w) || w.length !== 2 || w.some((n) => !Number.isSafeInteger(n) || n < 0),
    )
  ) {
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
  copyInto(x, resolveRegion([], x.shape), y, inside);
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
  const wide = positions.dtype === dtype ? positions : positions.astype(dtype);
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

/** A new array of `shape`, read through strides. */
function walk(x: NDArray, shape: Shape, start: number, strides: readonly number[]): NDArray {
  const y = x.space.withShape(shape).empty();
  if (y.size > 0)
    x.backend.stridedCopy(
      shape,
      { elements: x, start, strides },
      { elements: y, start: 0, strides: stridesOf(shape) },
      'set',
    );
  return y;
}

function copyInto(x: NDArray, from: Region, y: NDArray, to: Region): void {
  if (product(from.shape) === 0) return;
  x.backend.stridedCopy(
    from.shape,
    { elements: x, start: from.start, strides: from.strides },
    { elements: y, start: to.start, strides: to.strides },
    'set',
  );
}

function setScalar(x: NDArray, region: Region, value: Scalar): void {
  const size = product(region.shape);
  if (size === 0) return;
  const fitting = checkFits(x, value);
  if (region.contiguous) {
    x.backend.fill({ storage: x.storage, offset: x.offset + region.start, size }, fitting);
    return;
  }
  const cell = x.space.withShape([]).empty();
  cell.fill(fitting);
  const zero = { elements: cell, start: 0, strides: region.shape.map(() => 0) };
  x.backend.stridedCopy(
    region.shape,
    zero,
    { elements: x, start: region.start, strides: region.strides },
    'set',
  );
  cell.dispose();
}

function setArray(x: NDArray, region: Region, value: NDArray): void {
  const strides = broadcastStrides(value.shape, region.shape);
  checkHolds('set', x, value);
  if (product(region.shape) === 0) return;
  let from = value;
  if (value.dtype !== x.dtype) {
    from = value.astype(x.dtype);
  } else if (overlaps(value, x)) {
    from = value.copy();
  }
  x.backend.stridedCopy(
    region.shape,
    { elements: from, start: 0, strides },
    { elements: x, start: region.start, strides: region.strides },
    'set',
  );
  if (from !== value) from.dispose();
}
