import { broadcastStrides } from '../base/broadcast.js';
import { isScalar, type Scalar } from '../base/complex.js';
import { hostArray, isComplex, placeDType, promote } from '../base/dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../base/errors.js';
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
import { ReductionMethods } from './ndarray-reductions.js';

/** Shapes, regions and rearrangements of an {@link NDArray}. */
export abstract class ShapingMethods extends ReductionMethods {
  /**
   * The same elements in another shape; one −1 stands for what is left. A view. Throws
   * {@link ShapeError} where sizes differ.
   */
  reshape(this: NDArray, shape: number | Shape): NDArray {
    const list = typeof shape === 'number' ? [shape] : Array.isArray(shape) ? [...shape] : toShape(shape);
    const open = list.indexOf(-1);
    if (open >= 0) {
      const rest = product(toShape(list.filter((_, k) => k !== open)));
      list[open] = rest > 0 ? this.size / rest : 0;
      if (!Number.isInteger(list[open]))
        throw new ShapeError(
          `cannot reshape ${formatShape(this.shape)} into ${formatShape(shape as Shape)}: ${this.size} ` +
            `elements are no multiple of ${rest}`,
        );
    }
    const to = toShape(list);
    if (product(to) !== this.size)
      throw new ShapeError(
        `cannot reshape ${formatShape(this.shape)} (${this.size} elements) into ${formatShape(to)} ` +
          `(${product(to)})`,
      );
    return this.view(0, to);
  }

  /** All elements along one axis, in C order. A view. */
  ravel(this: NDArray): NDArray {
    return this.view(0, [this.size]);
  }

  /** A new axis of length 1 before position `axis`. A view. */
  expandDims(this: NDArray, axis: number): NDArray {
    const k = toAxis(axis, this.shape.length + 1);
    return this.view(0, [...this.shape.slice(0, k), 1, ...this.shape.slice(k)]);
  }

  /** Without the axes of length 1, or without those named, which must be of length 1. A view. */
  squeeze(this: NDArray, axes?: number | readonly number[]): NDArray {
    const gone =
      axes === undefined
        ? this.shape.flatMap((n, k) => (n === 1 ? [k] : []))
        : toAxes(axes, this.shape.length);
    const bad = gone.find((k) => this.shape[k] !== 1);
    if (bad !== undefined)
      throw new ShapeError(`squeeze: axis ${bad} of ${formatShape(this.shape)} is not of length 1`);
    return this.view(
      0,
      this.shape.filter((_, k) => !gone.includes(k)),
    );
  }

  /**
   * Axes in another order, reversed by default; a copy. Throws {@link ShapeError} unless `axes`
   * names each once.
   */
  transpose(this: NDArray, axes?: readonly number[]): NDArray {
    const ndim = this.shape.length;
    const order = axes === undefined ? this.shape.map((_, k) => ndim - 1 - k) : toAxes(axes, ndim);
    if (order.length !== ndim)
      throw new ShapeError(`transpose: expected an order of all ${ndim} axes, received ${textOf(axes)}`);
    const strides = stridesOf(this.shape);
    return walk(
      this,
      order.map((k) => this.shape[k] as number),
      0,
      order.map((k) => strides[k] as number),
    );
  }

  /**
   * A region, as `x[i, a:b:c, :]` in NumPy: integers (their axis goes away), ranges
   * `[start, end, step]`, null for all of an axis; axes at the end may be left out. A view for
   * leading integers followed by at most one range of step 1; otherwise a copy.
   */
  slice(this: NDArray, ...indices: readonly Index[]): NDArray {
    const region = resolveRegion(indices, this.shape);
    return region.contiguous
      ? this.view(region.start, region.shape)
      : walk(this, region.shape, region.start, region.strides);
  }

  /** One element. Waits for the backend. */
  get(this: NDArray, ...indices: readonly number[]): Scalar {
    if (indices.length !== this.shape.length) {
      throw new ShapeError(
        `expected ${this.shape.length} indices for an array of shape ${formatShape(this.shape)}, ` +
          `received ${indices.length}`,
      );
    }
    const region = resolveRegion(indices, this.shape);
    if (region.shape.length > 0)
      throw new ShapeError(`get: expected integers, received ${textOf(indices)}; use slice() for ranges`);
    const [first, second] = this.backend.download({
      storage: this.storage,
      offset: this.offset + region.start,
      size: 1,
    });
    return isComplex(this.dtype) ? { re: first as number, im: second as number } : (first as number);
  }

  /**
   * Writes a region (indices as for `slice`) with a scalar or an array that broadcasts to it.
   * Refuses values whose dtype does not fit.
   */
  set<T extends NDArray>(this: T, indices: Index | readonly Index[], value: Operand): T {
    checkOperand('set', value, this);
    const region = resolveRegion(
      Array.isArray(indices) ? (indices as readonly Index[]) : [indices as Index],
      this.shape,
    );
    if (isScalar(value)) setScalar(this, region, value);
    else setArray(this, region, value);
    return this;
  }

  /** Stretched to `shape` by the broadcasting rule; a copy. */
  broadcastTo(this: NDArray, shape: number | Shape): NDArray {
    const to = toShape(shape);
    broadcastStrides(this.shape, to);
    const y = this.space.withShape(to).empty();
    expandInto(this, y);
    return y;
  }

  /** Reversed along the given axes, all by default; a copy. */
  flip(this: NDArray, axes?: number | readonly number[]): NDArray {
    const strides = stridesOf(this.shape);
    let start = 0;
    if (this.size > 0) {
      for (const k of toAxes(axes, this.shape.length)) {
        start += ((this.shape[k] as number) - 1) * (strides[k] as number);
        strides[k] = -(strides[k] as number);
      }
    }
    return walk(this, this.shape, start, strides);
  }

  /** Shifted cyclically by `shift` places along an axis; without one, in the flattened array. */
  roll(this: NDArray, shift: number, axis?: number): NDArray {
    if (!Number.isSafeInteger(shift))
      throw new ArgumentError(`roll: expected shift to be an integer, received ${textOf(shift)}`);
    if (axis === undefined) return this.ravel().roll(shift, 0).reshape(this.shape);
    const k = toAxis(axis, this.shape.length);
    const n = this.shape[k] as number;
    const s = n > 0 ? ((shift % n) + n) % n : 0;
    const y = this.emptyLike();
    const rows = (first: number, count: number) =>
      resolveRegion(
        this.shape.map((_, j): Index => (j === k ? [first, first + count] : null)),
        this.shape,
      );
    const part = (from: number, count: number, to: number) =>
      copyInto(this, rows(from, count), y, rows(to, count));
    part(0, n - s, s);
    part(n - s, s, 0);
    return y;
  }

  /** Surrounded by `[before, after]` constant cells per axis. */
  pad(
    this: NDArray,
    widths: readonly (readonly [before: number, after: number])[],
    value: Scalar = 0,
  ): NDArray {
    if (
      widths.length !== this.shape.length ||
      widths.some((w) => w.length !== 2 || w.some((n) => !Number.isSafeInteger(n) || n < 0))
    ) {
      throw new ShapeError(
        `pad: expected [before, after] for each of ${this.shape.length} axes, received ${textOf(widths)}`,
      );
    }
    const y = this.space
      .withShape(this.shape.map((n, k) => n + (widths[k] as readonly number[]).reduce((a, b) => a + b)))
      .empty();
    y.fill(value);
    const inside = resolveRegion(
      widths.map(([before], k) => [before, before + (this.shape[k] as number)] as const),
      y.shape,
    );
    copyInto(this, resolveRegion([], this.shape), y, inside);
    return y;
  }

  /**
   * The elements at `positions` along an axis, in their order; without an axis, of the flattened
   * array. Negative positions count from the end.
   */
  take(this: NDArray, positions: readonly number[], axis?: number): NDArray {
    const [outer, n, inner] =
      axis === undefined ? ([1, this.size, 1] as const) : around(this.shape, toAxis(axis, this.shape.length));
    const k = axis === undefined ? 0 : toAxis(axis, this.shape.length);
    const table = hostArray(placeDType(n), positions.length);
    for (const [at, p] of positions.entries()) {
      const i = p < 0 ? p + n : p;
      if (!Number.isInteger(p) || i < 0 || i >= n)
        throw new ShapeError(`take: position ${p} is outside axis ${k} of length ${n}`);
      table[at] = i;
    }
    const y = this.space
      .withShape(axis === undefined ? [table.length] : this.shape.with(k, table.length))
      .empty();
    if (y.size === 0) return y;
    const index = this.space.withShape([table.length, 1], placeDType(n)).empty();
    this.backend.upload(table, index);
    this.backend.gather(this, y, { outer, nx: n, ny: table.length, inner, width: 1, index });
    index.dispose();
    return y;
  }
}

/** A fresh array of `shape` read through strides. */
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
  const fitting = x.checkFits(value);
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
  if (promote(x.dtype, value.dtype) !== x.dtype)
    throw new DTypeError(`set: ${value.dtype} does not fit into ${x.dtype}: cast with astype('${x.dtype}')`);
  if (product(region.shape) === 0) return;
  const borrowed: NDArray[] = [];
  let from = value;
  if (value.dtype !== x.dtype) {
    from = value.astype(x.dtype);
    borrowed.push(from);
  } else if (overlaps(value, x)) {
    from = value.copy();
    borrowed.push(from);
  }
  x.backend.stridedCopy(
    region.shape,
    { elements: from, start: 0, strides },
    { elements: x, start: region.start, strides: region.strides },
    'set',
  );
  for (const b of borrowed) b.dispose();
}
