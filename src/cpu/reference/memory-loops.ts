import { im, re } from '../../core/base/complex.js';
import { type HostArray, isComplex, lanesOf } from '../../core/base/dtype.js';
import type { CpuKernel, CpuKernels } from '../host-memory.js';

const copy: CpuKernel<'copy'> = (from, to) => {
  const [x, y] = [from.storage.memory, to.storage.memory];
  const lanes = lanesOf(from.storage.dtype);
  const [first, at, count] = [lanes * from.offset, lanes * to.offset, lanes * from.size];
  if (count > 64) y.set(x.subarray(first, first + count), at);
  else for (let i = 0; i < count; i++) y[at + i] = x[first + i] as number;
};

const fill: CpuKernel<'fill'> = (to, value) => {
  const { memory: y, dtype } = to.storage;
  const [first, end] = [to.offset, to.offset + to.size];
  if (!isComplex(dtype)) {
    y.fill(re(value), first, end);
    return;
  }
  for (let i = 2 * first; i < 2 * end; i += 2) {
    y[i] = re(value);
    y[i + 1] = im(value);
  }
};

const cast: CpuKernel<'cast'> = (from, to) => {
  const [x, xo, y, yo] = [from.storage.memory, from.offset, to.storage.memory, to.offset];
  const xLanes = lanesOf(from.storage.dtype);
  const yLanes = lanesOf(to.storage.dtype);
  for (let i = 0; i < from.size; i++) {
    const a = xLanes * (xo + i);
    const b = yLanes * (yo + i);
    // A store truncates in an Int32Array and rounds in a Float32Array
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

const stridedCopy: CpuKernel<'stridedCopy'> = (shape, source, target, mode) => {
  const { memory: x, dtype } = source.elements.storage;
  const { memory: y } = target.elements.storage;
  const [xStart, yStart] = [source.elements.offset + source.start, target.elements.offset + target.start];
  const [xStrides, yStrides, add] = [source.strides, target.strides, mode === 'add'];
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

export const memoryKernels = { copy, fill, cast, stridedCopy } satisfies CpuKernels;
