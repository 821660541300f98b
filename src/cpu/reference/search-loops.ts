import type { CpuKernel, CpuKernels } from '../host-memory.js';

const truePositions: CpuKernel<'truePositions'> = (from, to) => {
  const [x, y] = [from.storage.memory, to.storage.memory];
  const end = to.offset + to.size;
  for (let i = 0, at = to.offset; i < from.size && at < end; i++) if (x[from.offset + i] !== 0) y[at++] = i;
};

/** Bisection in the order of sorted arrays, with NaN last. */
const searchSorted: CpuKernel<'searchSorted'> = (sorted, queries, side, to) => {
  const [s, x, y] = [sorted.storage.memory, queries.storage.memory, to.storage.memory];
  for (let i = 0; i < to.size; i++) {
    const wanted = x[queries.offset + i] as number;
    let [first, last] = [0, sorted.size];
    while (first < last) {
      const middle = Math.floor((first + last) / 2);
      const found = s[sorted.offset + middle] as number;
      const isBefore = side === 'left' ? isLess(found, wanted) : !isLess(wanted, found);
      if (isBefore) first = middle + 1;
      else last = middle;
    }
    y[to.offset + i] = first;
  }
};
const isLess = (a: number, b: number): boolean => a < b || (Number.isNaN(b) && !Number.isNaN(a));

const countInto: CpuKernel<'countInto'> = (from, to) => {
  const [x, y] = [from.storage.memory, to.storage.memory];
  for (let i = from.offset; i < from.offset + from.size; i++) {
    const at = x[i] as number;
    if (at >= 0 && at < to.size) y[to.offset + at] = (y[to.offset + at] as number) + 1;
  }
};

export const searchKernels = { truePositions, searchSorted, countInto } satisfies CpuKernels;
