import { around, product, type Shape, stridesOf } from '../../core/base/shape.js';
import type { FftPlan } from '../../core/ports/backend.js';
import type { CpuKernel, CpuKernels } from '../host-memory.js';
import { lineFft } from './line-fft.js';

/** Transforms every line of `work` (interleaved, C order) along `axis`, in place. */
function alongAxis(work: Float64Array, shape: Shape, axis: number, sign: 1 | -1): void {
  const [outer, n, inner] = around(shape, axis);
  if (n <= 1) return;
  const fft = lineFft(n);
  const line = new Float64Array(2 * n);
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      const first = 2 * (o * n * inner + j);
      for (let i = 0; i < n; i++) {
        line[2 * i] = work[first + 2 * i * inner] as number;
        line[2 * i + 1] = work[first + 2 * i * inner + 1] as number;
      }
      fft.transform(line, sign);
      for (let i = 0; i < n; i++) {
        work[first + 2 * i * inner] = line[2 * i] as number;
        work[first + 2 * i * inner + 1] = line[2 * i + 1] as number;
      }
    }
  }
}

/**
 * The shape of the complex side of a plan. If the other side is real, it has half of the last
 * transformed axis.
 */
function complexShape(plan: FftPlan): number[] {
  const shape = [...plan.shape];
  if (plan.kind !== 'c2c') {
    const last = plan.axes[plan.axes.length - 1] as number;
    shape[last] = Math.floor((shape[last] as number) / 2) + 1;
  }
  return shape;
}

/** Copies the box that two C-ordered complex arrays have in common, from the start of each axis. */
function crop(from: Float64Array, fromShape: Shape, to: Float64Array, toShape: Shape): void {
  const [fromStrides, toStrides] = [stridesOf(fromShape), stridesOf(toShape)];
  const box = fromShape.map((n, k) => Math.min(n, toShape[k] as number));
  const copyFrom = (k: number, a: number, b: number): void => {
    if (k === box.length) {
      to[2 * b] = from[2 * a] as number;
      to[2 * b + 1] = from[2 * a + 1] as number;
      return;
    }
    for (let i = 0; i < (box[k] as number); i++)
      copyFrom(k + 1, a + i * (fromStrides[k] as number), b + i * (toStrides[k] as number));
  };
  copyFrom(0, 0, 0);
}

/**
 * Fills the upper half of one axis with the conjugate of the lower half. Parts that are zero by
 * symmetry are not read.
 */
function mirror(work: Float64Array, shape: Shape, axis: number): void {
  const [outer, n, inner] = around(shape, axis);
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      const first = 2 * (o * n * inner + j);
      const step = 2 * inner;
      work[first + 1] = 0;
      if (n % 2 === 0 && n > 0) work[first + (n / 2) * step + 1] = 0;
      for (let i = Math.floor(n / 2) + 1; i < n; i++) {
        work[first + i * step] = work[first + (n - i) * step] as number;
        work[first + i * step + 1] = -(work[first + (n - i) * step + 1] as number);
      }
    }
  }
}

/** Computes in double precision for every dtype, and rounds once at the end. */
const fft: CpuKernel<'fft'> = (from, to, plan) => {
  const [x, xo, y, yo] = [from.storage.memory, from.offset, to.storage.memory, to.offset];
  const total = product(plan.shape);
  const sign = plan.direction === 'forward' ? -1 : 1;
  const { axes, shape, scale, kind } = plan;
  const last = axes[axes.length - 1] as number;
  const half = complexShape(plan);
  let work = new Float64Array(2 * total);
  if (kind === 'r2c') for (let i = 0; i < total; i++) work[2 * i] = x[xo + i] as number;
  else {
    const input = kind === 'c2c' ? work : new Float64Array(2 * product(half));
    for (let i = 0; i < input.length; i++) input[i] = x[2 * xo + i] as number;
    if (kind === 'c2r') {
      // The other axes first: the lines of the last axis are Hermitian only then
      for (const axis of axes.slice(0, -1)) alongAxis(input, half, axis, sign);
      crop(input, half, work, shape);
      mirror(work, shape, last);
    }
  }
  for (const axis of kind === 'c2r' ? [last] : axes) alongAxis(work, shape, axis, sign);
  if (kind === 'c2r') {
    for (let i = 0; i < total; i++) y[yo + i] = scale * (work[2 * i] as number);
    return;
  }
  if (kind === 'r2c') {
    const output = new Float64Array(2 * product(half));
    crop(work, shape, output, half);
    work = output;
  }
  for (let i = 0; i < work.length; i++) y[2 * yo + i] = scale * (work[i] as number);
};

export const fourierKernels = { fft } satisfies CpuKernels;
