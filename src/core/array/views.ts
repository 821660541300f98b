/** Views of arrays, which share their memory, for the methods of NDArray. */

import { broadcastStrides } from '../base/broadcast.js';
import { ArgumentError, ShapeError } from '../base/errors.js';
import { formatShape, product, type Shape, sameShape, toAxes, toAxis, toShape } from '../base/shape.js';
import { type Index, resolveRegion } from '../base/slice.js';
import { reshapedStrides } from '../base/strides.js';
import { textOf } from '../base/text-of.js';
import type { NDArray } from './ndarray.js';

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

/** A view in another shape of the same size. Undefined if strides do not reach the elements. */
function viewInShape(x: NDArray, shape: Shape, shares: boolean): NDArray | undefined {
  if (x.isContiguous) return shares ? x.view(0, shape) : x.alias(0, shape);
  const strides = sameShape(x.shape, shape) ? x.strides : reshapedStrides(x.shape, x.strides, shape);
  if (!strides) return undefined;
  return shares ? x.view(0, shape, strides) : x.alias(0, shape, strides);
}

/**
 * A view in another shape of the same size.
 * @param shares whether the view shares the ownership of the memory
 * @throws {@link ArgumentError} if strides do not reach the elements
 */
export function reshapedView(x: NDArray, shape: Shape, shares = true): NDArray {
  const view = viewInShape(x, shape, shares);
  if (view) return view;
  throw new ArgumentError(
    `no view of shape ${formatShape(shape)} shares the memory of this view of shape ` +
      `${formatShape(x.shape)} with strides [${x.strides.join(', ')}]: take contiguous() first`,
  );
}

export function reshape(x: NDArray, shape: number | Shape): NDArray {
  const to = resolveShape(x.shape, shape);
  const view = viewInShape(x, to, true);
  if (view) return view;
  const copy = x.copy();
  const reshaped = copy.view(0, to);
  copy.dispose();
  return reshaped;
}

export const ravel = (x: NDArray): NDArray => reshape(x, [x.size]);

export function expandDims(x: NDArray, axis: number): NDArray {
  const k = toAxis(axis, x.shape.length + 1);
  return x.view(0, x.shape.toSpliced(k, 0, 1), x.strides.toSpliced(k, 0, 1));
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
  const kept = (list: readonly number[]) => list.filter((_, k) => !gone.includes(k));
  return x.view(0, kept(x.shape), kept(x.strides));
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
  const ordered = (list: readonly number[]) => order.map((k) => list[k] as number);
  return x.view(0, ordered(x.shape), ordered(x.strides));
}

export function slice(x: NDArray, indices: readonly Index[]): NDArray {
  const { start, shape, strides } = resolveRegion(indices, x.shape, x.strides);
  return x.view(start, shape, strides);
}

export function broadcastTo(x: NDArray, shape: number | Shape): NDArray {
  const to = toShape(shape);
  return x.view(0, to, broadcastStrides(x.shape, to, x.strides));
}

export function flip(x: NDArray, axes?: number | readonly number[]): NDArray {
  const strides = [...x.strides];
  let start = 0;
  for (const k of toAxes(axes, x.shape.length)) {
    start += Math.max((x.shape[k] as number) - 1, 0) * (strides[k] as number);
    strides[k] = -(strides[k] as number);
  }
  return x.size > 0 ? x.view(start, x.shape, strides) : x.view(0, x.shape);
}
