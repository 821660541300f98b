import { type HostArray, isComplex, lanesOf } from '../../core/base/dtype.js';
import { ArgumentError } from '../../core/base/errors.js';
import type { StorageMemory } from '../../core/kernels/device-memory.js';
import type { IndexTable } from '../../core/ports/backend.js';
import type { CpuKernel, CpuKernels } from '../host-memory.js';

type HostTable = IndexTable<StorageMemory<HostArray>>;

const weight: [re: number, im: number] = [1, 0];
/** Reads entry `e` of the weights into `weight`. */
function readWeight({ weights }: HostTable, e: number, sign: 1 | -1): void {
  if (!weights) return;
  const { memory, dtype } = weights.storage;
  const at = lanesOf(dtype) * (weights.offset + e);
  weight[0] = memory[at] as number;
  weight[1] = isComplex(dtype) ? sign * (memory[at + 1] as number) : 0;
}

function outside(index: number, n: number): never {
  throw new ArgumentError(`index table: expected indices below ${n}, received ${index}`);
}

/** Visits the entries of a table of width 1: where n numbers are in x and in y. */
function forEntries(
  { outer, nx, ny, inner, index }: HostTable,
  lanes: number,
  visit: (inX: number, inY: number, n: number, isSkipped: boolean) => void,
): void {
  const [places, offset] = [index.storage.memory, index.offset];
  const n = inner * lanes;
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < ny; i++) {
      const place = places[offset + i] as number;
      if (place >= nx) outside(place, nx);
      visit((o * nx + place) * n, (o * ny + i) * n, n, place < 0);
    }
}

const put: CpuKernel<'put'> = (source, target, table) => {
  const lanes = lanesOf(target.storage.dtype);
  const [y, yo, x, xo] = [source.storage.memory, source.offset, target.storage.memory, target.offset];
  forEntries(table, lanes, (inX, inY, n, isSkipped) => {
    const [from, to] = [lanes * yo + inY, lanes * xo + inX];
    if (!isSkipped) for (let j = 0; j < n; j++) x[to + j] = y[from + j] as number;
  });
};

/** Tables of width 1 without weights. */
const copyEntries: CpuKernel<'gather'> = (source, target, table) => {
  const lanes = lanesOf(target.storage.dtype);
  const [x, xo, y, yo] = [source.storage.memory, source.offset, target.storage.memory, target.offset];
  forEntries(table, lanes, (inX, inY, n, isSkipped) => {
    const [from, to] = [lanes * xo + inX, lanes * yo + inY];
    for (let j = 0; j < n; j++) y[to + j] = isSkipped ? 0 : (x[from + j] as number);
  });
};

/** Computes the sum of each row in double precision. */
const gather: CpuKernel<'gather'> = (from, to, table) => {
  if (table.width === 1 && !table.weights) return copyEntries(from, to, table);
  const [x, xo, y, yo] = [from.storage.memory, from.offset, to.storage.memory, to.offset];
  const lanes = lanesOf(from.storage.dtype);
  const { outer, nx, ny, inner, width } = table;
  const [index, indexOffset] = [table.index.storage.memory, table.index.offset];
  const acc = new Float64Array(inner * lanes);
  weight[0] = 1;
  weight[1] = 0;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < ny; i++) {
      acc.fill(0);
      for (let k = 0; k < width; k++) {
        const source = index[indexOffset + i * width + k] as number;
        if (source < 0) continue;
        if (source >= nx) outside(source, nx);
        readWeight(table, i * width + k, 1);
        const [re, im] = weight;
        const first = lanes * (xo + (o * nx + source) * inner);
        if (lanes === 1 || !table.weights)
          for (let j = 0; j < lanes * inner; j++) acc[j] = (acc[j] as number) + re * (x[first + j] as number);
        else {
          for (let j = 0; j < 2 * inner; j += 2) {
            const [a, b] = [x[first + j] as number, x[first + j + 1] as number];
            acc[j] = (acc[j] as number) + (re * a - im * b);
            acc[j + 1] = (acc[j + 1] as number) + (re * b + im * a);
          }
        }
      }
      y.set(acc, lanes * (yo + (o * ny + i) * inner));
    }
  }
};

/** Adds entry after entry in the order of the table. Each sum is rounded to x's dtype. */
const scatterAdd: CpuKernel<'scatterAdd'> = (source, target, table) => {
  const [y, yo, x, xo] = [source.storage.memory, source.offset, target.storage.memory, target.offset];
  const lanes = lanesOf(target.storage.dtype);
  const { outer, nx, ny, inner, width } = table;
  const [index, indexOffset] = [table.index.storage.memory, table.index.offset];
  weight[0] = 1;
  weight[1] = 0;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < ny; i++) {
      for (let k = 0; k < width; k++) {
        const place = index[indexOffset + i * width + k] as number;
        if (place < 0) continue;
        if (place >= nx) outside(place, nx);
        readWeight(table, i * width + k, -1);
        const [re, im] = weight;
        const from = lanes * (yo + (o * ny + i) * inner);
        const to = lanes * (xo + (o * nx + place) * inner);
        if (lanes === 1 || !table.weights)
          for (let j = 0; j < lanes * inner; j++)
            x[to + j] = (x[to + j] as number) + re * (y[from + j] as number);
        else {
          for (let j = 0; j < 2 * inner; j += 2) {
            const [a, b] = [y[from + j] as number, y[from + j + 1] as number];
            x[to + j] = (x[to + j] as number) + (re * a - im * b);
            x[to + j + 1] = (x[to + j + 1] as number) + (re * b + im * a);
          }
        }
      }
    }
  }
};

export const indexedKernels = { gather, put, scatterAdd } satisfies CpuKernels;
