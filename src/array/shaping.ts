import { orderOfAxes, resolveShape, squeezedAxes } from '../core/array/views.js';
import { broadcastStrides } from '../core/base/broadcast.js';
import { ArgumentError } from '../core/base/errors.js';
import { type Defaults, withDefaults } from '../core/base/options.js';
import { tidy } from '../core/base/scope.js';
import { type Shape, sameShape, toAxes, toAxis, toShape } from '../core/base/shape.js';
import { textOf } from '../core/base/text-of.js';
import { type EitherArray, isDistributed } from '../core/distributed/align.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import { Layout } from '../core/distributed/layout.js';
import { splitByRows, splitOnce, unsplit } from '../core/distributed/unsplit.js';
import { type ArrayLike, type ArrayOf, arrayOf } from './operands.js';

/** The array with each rank's part reshaped to that of a layout. */
const relaid = (x: DistributedArray, layout: Layout): DistributedArray =>
  x.space.withLayout(layout).wrap(x.local.reshape(layout.localShape(x.comm.rank)));

/** An array as another object of the same memory, so that a function never returns its argument. */
export const viewOf = (x: EitherArray): EitherArray =>
  isDistributed(x) ? relaid(x, x.layout) : x.reshape(x.shape);

/** An operand as a new array. */
const given = (name: string, x: ArrayLike): EitherArray => viewOf(arrayOf(name, x));

/**
 * The array as one axis in C order. A distributed array is moved first if it is not split by rows.
 */
export const flatOf = (name: string, x: EitherArray): EitherArray =>
  isDistributed(x) ? reshaped(name, x, [x.globalShape.reduce((a, b) => a * b, 1)]) : x.ravel();

/** An array of another shape. */
export function reshaped(name: string, x: EitherArray, shape: Shape): EitherArray {
  if (!isDistributed(x)) return x.reshape(shape);
  if (sameShape(x.globalShape, shape)) return x;
  // An array without axes cannot be split
  return (shape.length === 0 ? x.broadcast() : splitByRows(name, x)).reshape(shape);
}

/** An array with new axes of length 1, at these places of the result. */
export function expandedDims(x: EitherArray, axes: readonly number[]): EitherArray {
  const old = x.space.shape.map((_, k) => k);
  const order = Array.from({ length: old.length + axes.length }, (_, k): number | null =>
    axes.includes(k) ? null : (old.shift() as number),
  );
  if (isDistributed(x)) return relaid(x, x.layout.transposed(order) as Layout);
  return x.reshape(order.map((k) => (k === null ? 1 : (x.shape[k] as number))));
}

/** An array without these axes, which are of length 1. */
export function squeezed(name: string, x: EitherArray, axes: readonly number[]): EitherArray {
  const kept = x.space.shape.filter((_, k) => !axes.includes(k));
  if (!isDistributed(x)) return x.reshape(kept);
  const from = unsplit(name, x, axes);
  const layout = from.layout.without(axes);
  // An array without axes is whole on each rank
  return layout ? relaid(from, layout) : relaid(from.broadcast(), Layout.replicated([], from.comm.size));
}

/** An array with its axes in another order. */
export function transposed(name: string, x: EitherArray, order: readonly number[]): EitherArray {
  if (!isDistributed(x)) return x.transpose(order);
  const from = splitOnce(name, x);
  const layout = from.layout.transposed(order) as Layout;
  return from.space.withLayout(layout).wrap(from.local.transpose(order).copy());
}

/** An array with at least so many axes: axes of length 1 are added where NumPy adds them. */
export function atLeast(ndim: 1 | 2 | 3, x: EitherArray): EitherArray {
  const { length } = x.space.shape;
  if (length >= ndim) return x;
  const places = length === 0 ? [0, 1, 2].slice(0, ndim) : ndim === 2 ? [0] : length === 2 ? [2] : [0, 2];
  return expandedDims(x, places);
}

/**
 * The elements in C order in another shape; one length may be −1. A distributed array is moved to a
 * split along its first axis, if it is split otherwise, and then its rows are completed by messages
 * between neighbours. The result shares the memory of the array where nothing is moved and, of a
 * view with strides, where strides reach the elements in this order.
 */
export const reshape = <X extends ArrayLike>(x: X, shape: number | Shape): ArrayOf<X> =>
  tidy(() => {
    const from = given('reshape', x);
    return reshaped('reshape', from, resolveShape(from.space.shape, shape));
  }) as ArrayOf<X>;

/** The elements in C order, as one axis. Communication and memory as those of {@link reshape}. */
export const ravel = <X extends ArrayLike>(x: X): ArrayOf<X> =>
  tidy(() => flatOf('ravel', given('ravel', x))) as ArrayOf<X>;

/**
 * The array with new axes of length 1, at these places of the result: a view. Nothing is sent.
 */
export const expandDims = <X extends ArrayLike>(x: X, axis: number | readonly number[]): ArrayOf<X> =>
  tidy(() => {
    const from = given('expandDims', x);
    const added = Array.isArray(axis) ? axis.length : 1;
    return expandedDims(from, toAxes(axis, from.space.shape.length + added, 'axis'));
  }) as ArrayOf<X>;

/** Options of {@link squeeze}. */
export interface SqueezeOptions {
  /** Axes of length 1. @default all of them */
  readonly axis?: number | readonly number[] | undefined;
}
const SQUEEZE_DEFAULTS = { axis: undefined } satisfies Defaults<SqueezeOptions>;

/**
 * The array without axes of length 1: a view. Only an array that is split along one of them is
 * moved.
 */
export function squeeze<X extends ArrayLike>(x: X, options?: SqueezeOptions): ArrayOf<X> {
  const { axis } = withDefaults('squeeze', options, SQUEEZE_DEFAULTS);
  return tidy(() => {
    const from = given('squeeze', x);
    return squeezed('squeeze', from, squeezedAxes(from.space.shape, axis));
  }) as ArrayOf<X>;
}

/**
 * The array with its axes in another order, reversed by default. Of an NDArray, the result is a
 * view, of a distributed array a copy. Nothing is sent, unless the array is split along several
 * axes: then it is first moved to a split along its longest axis.
 */
export const transpose = <X extends ArrayLike>(x: X, axes?: readonly number[]): ArrayOf<X> =>
  tidy(() => {
    const from = given('transpose', x);
    return transposed('transpose', from, orderOfAxes(from.space.shape.length, axes));
  }) as ArrayOf<X>;

/**
 * The array with some axes at other places; the others keep their order. Communication and memory
 * as those of {@link transpose}.
 */
export const moveaxis = <X extends ArrayLike>(
  x: X,
  source: number | readonly number[],
  destination: number | readonly number[],
): ArrayOf<X> =>
  tidy(() => {
    const from = given('moveaxis', x);
    const ndim = from.space.shape.length;
    const [old, places] = [toAxes(source, ndim, 'source'), toAxes(destination, ndim, 'destination')];
    if (old.length !== places.length)
      throw new ArgumentError(
        `moveaxis: expected as many destinations as sources, received ${textOf(source)} and ` +
          textOf(destination),
      );
    const others = from.space.shape.flatMap((_, k) => (old.includes(k) ? [] : [k]));
    const order = from.space.shape.map((_, k) => {
      const at = places.indexOf(k);
      return (at >= 0 ? old[at] : others.shift()) as number;
    });
    return transposed('moveaxis', from, order);
  }) as ArrayOf<X>;

/** The array with two axes exchanged. Communication and memory as those of {@link transpose}. */
export const swapaxes = <X extends ArrayLike>(x: X, axis1: number, axis2: number): ArrayOf<X> =>
  tidy(() => {
    const from = given('swapaxes', x);
    const ndim = from.space.shape.length;
    const [a, b] = [toAxis(axis1, ndim, 'axis1'), toAxis(axis2, ndim, 'axis2')];
    const order = from.space.shape.map((_, k) => (k === a ? b : k === b ? a : k));
    return transposed('swapaxes', from, order);
  }) as ArrayOf<X>;

/**
 * The array stretched to a shape: new axes come first, and axes of length 1 are repeated. Of an
 * NDArray, the result is a view that cannot be written where it is stretched; of a distributed
 * array a copy. Only an array that is split along a stretched axis is moved.
 */
export const broadcastTo = <X extends ArrayLike>(x: X, shape: number | Shape): ArrayOf<X> =>
  tidy(() => {
    const from = given('broadcastTo', x);
    const to = toShape(shape);
    if (!isDistributed(from)) return from.broadcastTo(to);
    const skip = to.length - from.ndim;
    broadcastStrides(from.globalShape, to);
    const stretched = from.globalShape.flatMap((n, k) => (n === to[skip + k] ? [] : [k]));
    const moved = unsplit('broadcastTo', from, stretched);
    const layout = moved.layout.withShape(to) as Layout;
    const part = moved.local.broadcastTo(layout.localShape(moved.comm.rank));
    return moved.space.withLayout(layout).wrap(part.copy());
  }) as ArrayOf<X>;

const atLeastFunction =
  (ndim: 1 | 2 | 3) =>
  <X extends ArrayLike>(x: X): ArrayOf<X> =>
    tidy(() => atLeast(ndim, given(`atleast${ndim}d`, x))) as ArrayOf<X>;

/** The array with at least one axis. Nothing is sent or copied. */
export const atleast1d = atLeastFunction(1);
/** The array with at least two axes: a vector is a row. Nothing is sent or copied. */
export const atleast2d = atLeastFunction(2);
/** The array with at least three axes: a vector is `[1, n, 1]`, a matrix `[m, n, 1]`. */
export const atleast3d = atLeastFunction(3);
