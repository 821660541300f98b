import { type HostArray, isComplex, lanesOf } from '../../core/base/dtype.js';
import { product } from '../../core/base/shape.js';
import type { CpuKernels } from '../kernels.js';

export const copy: CpuKernels['copy'] = (dtype, n, x, xo, y, yo) => {
  const lanes = lanesOf(dtype);
  const [from, to, count] = [lanes * xo, lanes * yo, lanes * n];
  if (count > 64) y.set(x.subarray(from, from + count), to);
  else for (let i = 0; i < count; i++) y[to + i] = x[from + i] as number;
};

export const fill: CpuKernels['fill'] = (dtype, n, re, im, y, yo) => {
  if (!isComplex(dtype)) {
    y.fill(re, yo, yo + n);
    return;
  }
  for (let i = 2 * yo; i < 2 * (yo + n); i += 2) {
    y[i] = re;
    y[i + 1] = im;
  }
};

export const cast: CpuKernels['cast'] = (xDType, yDType, n, x, xo, y, yo) => {
  const xLanes = lanesOf(xDType);
  const yLanes = lanesOf(yDType);
  for (let i = 0; i < n; i++) {
    const a = xLanes * (xo + i);
    const b = yLanes * (yo + i);
    // Storing truncates in an Int32Array and rounds in a Float32Array
    y[b] = x[a] as number;
    if (yLanes === 2) y[b + 1] = xLanes === 2 ? (x[a + 1] as number) : 0;
  }
};

function walkLast(
  lanes: number,
  n: number,
  x: HostArray,
  xAt: number,
  xStep: number,
  y: HostArray,
  yAt: number,
  yStep: number,
  add: boolean,
): void {
  for (let i = 0; i < n; i++) {
    const from = lanes * (xAt + i * xStep);
    const to = lanes * (yAt + i * yStep);
    for (let l = 0; l < lanes; l++)
      y[to + l] = add ? (y[to + l] as number) + (x[from + l] as number) : (x[from + l] as number);
  }
}

export const stridedCopy: CpuKernels['stridedCopy'] = (
  dtype,
  shape,
  x,
  xStart,
  xStrides,
  y,
  yStart,
  yStrides,
  add,
) => {
  if (product(shape) === 0) return;
  const lanes = lanesOf(dtype);
  const last = shape.length - 1;
  if (last < 0) {
    walkLast(lanes, 1, x, xStart, 1, y, yStart, 1, add);
    return;
  }
  const index = new Array<number>(last).fill(0);
  let [xAt, yAt] = [xStart, yStart];
  for (;;) {
    walkLast(
      lanes,
      shape[last] as number,
      x,
      xAt,
      xStrides[last] as number,
      y,
      yAt,
      yStrides[last] as number,
      add,
    );
    let k = last - 1;
    for (; k >= 0; k--) {
      xAt += xStrides[k] as number;
      yAt += yStrides[k] as number;
      index[k] = (index[k] as number) + 1;
      if ((index[k] as number) < (shape[k] as number)) break;
      xAt -= (xStrides[k] as number) * (shape[k] as number);
      yAt -= (yStrides[k] as number) * (shape[k] as number);
      index[k] = 0;
    }
    if (k < 0) return;
  }
};
