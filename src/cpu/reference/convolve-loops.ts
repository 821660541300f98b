import { type HostArray, lanesOf } from '../../core/base/dtype.js';
import { product, stridesOf } from '../../core/base/shape.js';
import type { CpuKernel, CpuKernels } from '../host-memory.js';

/** Calls `visit` for each multi-index of `shape`, in C order. The array is reused. */
function forIndices(
  shape: readonly number[],
  visit: (index: readonly number[], position: number) => void,
): void {
  const total = product(shape);
  const index = new Array<number>(shape.length).fill(0);
  for (let position = 0; position < total; position++) {
    visit(index, position);
    for (let k = shape.length - 1; k >= 0; k--) {
      index[k] = (index[k] as number) + 1;
      if ((index[k] as number) < (shape[k] as number)) break;
      index[k] = 0;
    }
  }
}

/**
 * `acc[i] += h[j] x[i + s (offset − j)]` along the last axis, with s = 1 forward and −1 adjoint
 * (with conj h). Positions are in lanes.
 */
function addLine(
  acc: Float64Array,
  ny: number,
  x: HostArray,
  xAt: number,
  nx: number,
  h: HostArray,
  hAt: number,
  nh: number,
  offset: number,
  sign: number,
  lanes: number,
): void {
  for (let j = 0; j < nh; j++) {
    const shift = sign * (offset - j);
    const first = Math.max(0, -shift);
    const last = Math.min(ny, nx - shift);
    const re = h[hAt + lanes * j] as number;
    if (lanes === 1) {
      for (let i = first; i < last; i++) acc[i] = (acc[i] as number) + re * (x[xAt + i + shift] as number);
      continue;
    }
    const im = sign * (h[hAt + 2 * j + 1] as number);
    for (let i = first; i < last; i++) {
      const from = xAt + 2 * (i + shift);
      const [a, b] = [x[from] as number, x[from + 1] as number];
      acc[2 * i] = (acc[2 * i] as number) + (re * a - im * b);
      acc[2 * i + 1] = (acc[2 * i + 1] as number) + (re * b + im * a);
    }
  }
}

/** Computes the sum line by line of the last axis, in double precision. */
const convolve: CpuKernel<'convolve'> = (from, filter, to, convolution) => {
  const [x, h, y] = [from.storage.memory, filter.storage.memory, to.storage.memory];
  const [xo, ho, yo] = [from.offset, filter.offset, to.offset];
  const lanes = lanesOf(to.storage.dtype);
  const { xShape, hShape, yShape, offset } = convolution;
  const sign = convolution.direction === 'forward' ? 1 : -1;
  const axes = yShape.length - 1;
  const [ny, nx, nh] =
    axes < 0 ? [1, 1, 1] : [yShape[axes] as number, xShape[axes] as number, hShape[axes] as number];
  const shift = axes < 0 ? 0 : (offset[axes] as number);
  if (product(xShape) * product(hShape) === 0) {
    y.fill(0, lanes * yo, lanes * (yo + product(yShape)));
    return;
  }
  const xStrides = stridesOf(xShape);
  const acc = new Float64Array(ny * lanes);
  forIndices(yShape.slice(0, -1), (yIndex, yRow) => {
    acc.fill(0);
    forIndices(hShape.slice(0, -1), (hIndex, hRow) => {
      let from = 0;
      for (let k = 0; k < axes; k++) {
        const i = (yIndex[k] as number) + sign * ((offset[k] as number) - (hIndex[k] as number));
        if (i < 0 || i >= (xShape[k] as number)) return;
        from += i * (xStrides[k] as number);
      }
      addLine(acc, ny, x, lanes * (xo + from), nx, h, lanes * (ho + hRow * nh), nh, shift, sign, lanes);
    });
    y.set(acc, lanes * (yo + yRow * ny));
  });
};

export const convolutionKernels = { convolve } satisfies CpuKernels;
