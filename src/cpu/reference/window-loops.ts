import { im, re } from '../../core/base/complex.js';
import { lanesOf } from '../../core/base/dtype.js';
import { type Shape, stridesOf } from '../../core/base/shape.js';
import type { CpuKernel, CpuKernels } from '../host-memory.js';

/** NaN comes last. */
const ascending = (a: number, b: number): number =>
  Number.isNaN(a) || Number.isNaN(b) ? +Number.isNaN(a) - +Number.isNaN(b) : a - b;

/** The position in an array of shape `from` of each element of one of shape `to`, in its order. */
function* places(from: Shape, to: Shape): Generator<number> {
  const strides = stridesOf(from);
  const index = to.map(() => 0);
  for (;;) {
    yield index.reduce((sum, i, k) => sum + i * (strides[k] as number), 0);
    let k = to.length - 1;
    for (; k >= 0; k--) {
      index[k] = (index[k] as number) + 1;
      if ((index[k] as number) < (to[k] as number)) break;
      index[k] = 0;
    }
    if (k < 0) return;
  }
}

const orderFilter: CpuKernel<'orderFilter'> = (from, to, { xShape, yShape, offsets, rank }) => {
  const [x, y] = [from.storage.memory, to.storage.memory];
  const strides = stridesOf(xShape);
  const steps = offsets.map((offset) => offset.reduce((sum, o, k) => sum + o * (strides[k] as number), 0));
  let at = to.offset;
  for (const place of places(xShape, yShape)) {
    const window = steps.map((step) => x[from.offset + place + step] as number).sort(ascending);
    y[at++] = window[rank] as number;
  }
};

/** The values at `t` after the first sample of the B-splines of an order that are not 0 there. */
export function splineWeights(order: number, t: number): number[] {
  let weights = [1];
  for (let d = 1; d <= order; d++)
    weights = Array.from(
      { length: d + 1 },
      (_, j) => ((t + d - j) * (weights[j - 1] ?? 0) + (j + 1 - t) * (weights[j] ?? 0)) / d,
    );
  return weights;
}

const splineSum: CpuKernel<'splineSum'> = (from, coordinates, to, { shape, order, points, fill }) => {
  const [x, c, y] = [from.storage.memory, coordinates.storage.memory, to.storage.memory];
  const lanes = lanesOf(to.storage.dtype);
  const strides = stridesOf(shape);
  for (let p = 0; p < points; p++) {
    let terms = [{ place: 0, weight: 1 }];
    const own = shape.map((_, k) => c[coordinates.offset + k * points + p] as number);
    const isOutside = !own.every(Number.isFinite);
    shape.forEach((n, k) => {
      const at = (own[k] as number) - (order - 1) / 2;
      const first = Math.floor(at);
      const weights = splineWeights(order, at - first);
      terms = terms.flatMap(({ place, weight }) =>
        weights.map((w, j) => ({
          place: place + Math.min(Math.max(first + j, 0), n - 1) * (strides[k] as number),
          weight: weight * w,
        })),
      );
    });
    for (let lane = 0; lane < lanes; lane++) {
      const at = (place: number): number => x[lanes * (from.offset + place) + lane] as number;
      const sum = isOutside
        ? [re(fill), im(fill)][lane]
        : terms.reduce((total, { place, weight }) => total + weight * at(place), 0);
      y[lanes * (to.offset + p) + lane] = sum as number;
    }
  }
};

export const windowKernels = { orderFilter, splineSum } satisfies CpuKernels;
