/** Shapes, regions and rearrangements of arrays, for the methods of NDArray. */

import { broadcastStrides } from '../base/broadcast.js';
import { isScalar, type Scalar } from '../base/complex.js';
import { hostArray, isComplex, placeDType } from '../base/dtype.js';
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
import { checkOperand, expandInto, type Operand, overlaps } from './elementwise.js';
import type { NDArray } from './ndarray.js';
import { type NumberList, numberList } from './number-list.js';
import { checkFits, checkHolds } from './vector-methods.js';

export function reshape(x: NDArray, shape: number | Shape): NDArray {
  const list = typeof shape === 'number' ? [shape] : Array.isArray(shape) ? [...shape] : toShape(shape);
  const open = list.indexOf(-1);
  if (open >= 0) {
    const rest = product(toShape(list.filter((_, k) => k !== open)));
    list[open] = rest > 0 ? x.size / rest : 0;
    if (!Number.isInteger(list[open]))
      throw new ShapeError(
        `cannot reshape ${formatShape(x.shape)} into ${formatShape(shape as Shape)}: ${x.size} ` +
          `elements are no multiple of ${rest}`,
      );
  }
  const to = toShape(list);
  if (product(to) !== x.size)
    throw new ShapeError(
      `cannot reshape ${formatShape(x.shape)} (${x.size} elements) into ${formatShape(to)} ` +
        `(${product(to)})`,
    );
  return x.view(0, to);
}

export function ravel(x: NDArray): NDArray {
  return x.view(0, [x.size]);
}

export function expandDims(x: NDArray, axis: number): NDArray {
  const k = toAxis(axis, x.shape.length + 1);
  return x.view(0, [...x.shape.slice(0, k), 1, ...x.shape.slice(k)]);
}

export function squeeze(x: NDArray, axes?: number | readonly number[]): NDArray {
  const gone =
    axes === undefined ? x.shape.flatMap((n, k) => (n === 1 ? [k] : [])) : toAxes(axes, x.shape.length);
  const bad = gone.find((k) => x.shape[k] !== 1);
  if (bad !== undefined)
    throw new ShapeError(`squeeze: axis ${bad} of ${formatShape(x.shape)} is not of length 1`);
  return x.view(
    0,
    x.shape.filter((_, k) => !gone.includes(k)),
  );
}

export function transpose(x: NDArray, axes?: readonly number[]): NDArray {
  const ndim = x.shape.length;
  const order = axes === undefined ? x.shape.map((_, k) => ndim - 1 - k) : toAxes(axes, ndim);
  if (order.length !== ndim)
    throw new ShapeError(`transpose: expected an order of all ${ndim} axes, received ${textOf(axes)}`);
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

export function take(x: NDArray, given: NumberList, axis?: number): NDArray {
  const positions = numberList('take', 'positions', given);
  const [outer, n, inner] =
    axis === undefined ? ([1, x.size, 1] as const) : around(x.shape, toAxis(axis, x.shape.length));
  const k = axis === undefined ? 0 : toAxis(axis, x.shape.length);
  const table = hostArray(placeDType(n), positions.length);
  for (let at = 0; at < positions.length; at++) {
    const p = positions[at] as number;
    const i = p < 0 ? p + n : p;
    if (!Number.isInteger(p) || i < 0 || i >= n)
      throw new ShapeError(`take: position ${p} is outside axis ${k} of length ${n}`);
    table[at] = i;
  }
  const y = x.space.withShape(axis === undefined ? [table.length] : x.shape.with(k, table.length)).empty();
  if (y.size === 0) return y;
  const index = x.space.withShape([table.length, 1], placeDType(n)).empty();
  x.backend.upload(table, index);
  x.backend.gather(x, y, { outer, nx: n, ny: table.length, inner, width: 1, index });
  index.dispose();
  return y;
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
