import { NDArray } from '../../core/array/ndarray.js';
import type { Scalar } from '../../core/base/complex.js';
import { type HostArray, INDEX_DTYPE, realOf } from '../../core/base/dtype.js';
import { around, product, type Shape } from '../../core/base/shape.js';
import { type EitherArray, isDistributed } from '../../core/distributed/align.js';
import type { IndexBox, Layout } from '../../core/distributed/layout.js';
import { type Continuation, continuedPart } from '../../core/schemes/continuation.js';
import { where } from '../elementwise/choosing.js';
import { resizedLayout, resultBox, wrapped } from '../signal/convolving.js';
import { coefficientsOf, inDTypeOf, type SplineOptions } from './splines.js';

/** The values at `t` after the first sample of the B-splines of an order that are not 0 there. */
function splineWeights(order: number, t: number): number[] {
  let weights = [1];
  for (let d = 1; d <= order; d++) {
    const last = weights;
    weights = Array.from(
      { length: d + 1 },
      (_, j) => ((t + d - j) * (last[j - 1] ?? 0) + (j + 1 - t) * (last[j] ?? 0)) / d,
    );
  }
  return weights;
}

/** The layout of x with `n` elements along an axis: cut there as `like`, if that has as many. */
function layoutLike(x: EitherArray, axis: number, n: number, like: EitherArray): Layout | undefined {
  const lengths = x.space.shape.with(axis, n);
  const isPadded = x.space.shape[axis] !== n && like.space.shape[axis] === n;
  return isPadded && isDistributed(x) && isDistributed(like) && !x.layout.replicated
    ? x.layout.withLength(axis, like.layout.blocks(axis))
    : resizedLayout(x, lengths);
}

/** Splines along one axis at coordinates, of which NaN gives 0. One exchange if it is split. */
function sampledAlong(
  name: string,
  x: EitherArray,
  like: EitherArray,
  axis: number,
  coordinates: HostArray,
  order: number,
  kind: Continuation,
  cval: Scalar,
): EitherArray {
  const m = coordinates.length;
  const lengths = x.space.shape.with(axis, m);
  const layout = layoutLike(x, axis, m, like);
  const firstOf = (i: number): number => Math.floor((coordinates[i] as number) - (order - 1) / 2);
  const boxOf = (rank: number): IndexBox => {
    const box = resultBox(layout, lengths, rank);
    if (product(box.shape) === 0) return box;
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const from = box.start[axis] as number;
    for (let i = from; i < from + (box.shape[axis] as number); i++) {
      const first = firstOf(i);
      if (first < low) low = first;
      if (first + order > high) high = first + order;
    }
    if (low > high) [low, high] = [0, 0];
    return { start: box.start.with(axis, low), shape: box.shape.with(axis, high - low + 1) };
  };
  const rank = isDistributed(x) ? x.comm.rank : 0;
  const kinds = x.space.shape.map((_, k) => (k === axis ? kind : 'edge'));
  const part = continuedPart(name, x, boxOf, kinds, cval);
  const own = layout?.localShape(rank) ?? lengths;
  const y = part.space.withShape(own).empty();
  if (y.size > 0) {
    const { start } = resultBox(layout, lengths, rank);
    const base = boxOf(rank).start[axis] as number;
    const count = own[axis] as number;
    const width = order + 1;
    const [index, weights] = [new Int32Array(count * width), new Float64Array(count * width)];
    for (let i = 0; i < count; i++) {
      const at = (start[axis] as number) + i;
      const first = firstOf(at);
      const values = splineWeights(order, (coordinates[at] as number) - (order - 1) / 2 - first);
      for (let j = 0; j < width; j++) {
        index[i * width + j] = Number.isNaN(first) ? -1 : first - base + j;
        weights[i * width + j] = Number.isNaN(first) ? 0 : (values[j] as number);
      }
    }
    const { backend } = x;
    const [outer, , inner] = around(own, axis);
    part.backend.gather(part, y, {
      outer,
      nx: part.shape[axis] as number,
      ny: count,
      inner,
      width,
      index: NDArray.fromHost(index, [index.length], { dtype: INDEX_DTYPE, backend }),
      weights: NDArray.array([...weights], { dtype: realOf(x.dtype), backend }),
    });
  }
  return wrapped(x, layout, y);
}

/** An array without elements, split as a resampled one. */
const resizedToNothing = (x: EitherArray, sizes: Shape): EitherArray => {
  const layout = resizedLayout(x, sizes);
  const local = isDistributed(x) ? x.local : x;
  const own = layout && isDistributed(x) ? layout.localShape(x.comm.rank) : sizes;
  return wrapped(x, layout, local.space.withShape(own).empty());
};

/**
 * The values of splines through the samples of an array at the points of a grid, one axis after
 * another. Integers are rounded. Along a split axis each rank receives the samples that its part of
 * the result needs, one exchange for the coefficients and one for the values. The result is split
 * as x, evenly along an axis whose length changes.
 *
 * @param sizes the lengths of the result
 * @param placeOf the coordinate along an axis of an index of the result
 */
export function resampled(
  name: string,
  x: EitherArray,
  sizes: Shape,
  placeOf: (axis: number, index: number) => number,
  spline: Required<SplineOptions>,
): EitherArray {
  const { values, mode, continuation, padding } = coefficientsOf(name, x, spline);
  if (sizes.includes(0)) return resizedToNothing(x, sizes);
  const { backend } = values;
  /** Where one of the coordinates is outside. */
  let outside: NDArray | undefined;
  const y = sizes.reduce((z: EitherArray, m, k) => {
    const n = x.space.shape[k] as number;
    const places = Array.from({ length: m }, (_, i) => placeOf(k, i));
    const mapped = mode.map(NDArray.array(places, { backend }).add(padding), n + 2 * padding).toHost();
    // Far from the samples there is nothing but the constant
    const far = spline.order + 2;
    if (continuation === 'constant')
      for (let i = 0; i < m; i++)
        mapped[i] = Math.min(Math.max(mapped[i] as number, -far), n + 2 * padding + far - 1);
    if (mapped.some(Number.isNaN)) {
      const flags = NDArray.array(Array.from(mapped, Number.isNaN), { backend });
      const shaped = flags.reshape(sizes.map((_, j) => (j === k ? m : 1)));
      outside = outside ? outside.add(shaped) : shaped;
    }
    return sampledAlong(name, z, x, k, mapped, spline.order, continuation, spline.cval);
  }, values);
  const filled = outside ? (where(outside, spline.cval, y) as EitherArray) : y;
  return inDTypeOf(x, filled === x ? x.copy() : filled);
}
