import { ShapeError } from './errors.js';
import { textOf } from './text-of.js';

/** The length along each axis. */
export type Shape = readonly number[];

export function product(shape: Shape): number {
  let n = 1;
  for (const s of shape) n *= s;
  return n;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let k = 0; k < a.length; k++) if (a[k] !== b[k]) return false;
  return true;
}

export const formatShape = (shape: Shape): string =>
  Array.isArray(shape) && shape.every(isNumber) ? `[${shape.join(', ')}]` : textOf(shape);
const isNumber = (n: unknown): boolean => typeof n === 'number';

/** Strides of a C-contiguous array, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let k = shape.length - 1; k >= 0; k--) {
    strides[k] = step;
    step *= shape[k] as number;
  }
  return strides;
}

/**
 * The product of the sizes before an axis, its size, and the product of those after it. From one of
 * its axes, every array is `[outer, n, inner]`.
 */
export function around(shape: Shape, axis: number): readonly [outer: number, n: number, inner: number] {
  return [product(shape.slice(0, axis)), shape[axis] as number, product(shape.slice(axis + 1))];
}

/**
 * Converts a shape, given as one number or a list, to a list.
 * @throws {@link ShapeError} unless all sizes are non-negative integers
 */
export function toShape(shape: number | Shape, name = 'shape'): number[] {
  const list = typeof shape === 'number' ? [shape] : Array.isArray(shape) ? [...(shape as Shape)] : undefined;
  if (!list?.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw new ShapeError(
      `expected ${name} of non-negative integers, received ${formatShape(list ?? (shape as Shape))}`,
    );
  }
  return list;
}

const prefixOf = (owner: string | undefined): string => (owner === undefined ? '' : `${owner}: `);

/**
 * Converts an axis to `0 … ndim − 1`. Negative axes count from the end.
 * @param owner the function that was called, for the message
 * @throws {@link ShapeError} if there is no such axis
 */
export function toAxis(axis: number, ndim: number, name = 'axis', owner?: string): number {
  const k = !Number.isInteger(axis) ? -1 : axis < 0 ? axis + ndim : axis;
  if (k < 0 || k >= ndim) {
    throw new ShapeError(
      `${prefixOf(owner)}expected ${name} between ${-ndim} and ${ndim - 1} for ${ndim} ` +
        `${ndim === 1 ? 'axis' : 'axes'}, received ${textOf(axis)}`,
    );
  }
  return k;
}

/**
 * Converts axes to a list in `0 … ndim − 1`: all axes if none are given.
 * @throws {@link ShapeError} if an axis does not exist or is named twice
 */
export function toAxes(
  axes: number | readonly number[] | undefined,
  ndim: number,
  name = 'axes',
  owner?: string,
): number[] {
  const list =
    axes === undefined
      ? Array.from({ length: ndim }, (_, k) => k)
      : (Array.isArray(axes) ? axes : [axes as number]).map((a) => toAxis(a, ndim, name, owner));
  if (new Set(list).size !== list.length)
    throw new ShapeError(`${prefixOf(owner)}expected distinct ${name}, received ${textOf(axes)}`);
  return list;
}
