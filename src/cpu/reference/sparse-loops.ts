import { isComplex, lanesOf } from '../../core/base/dtype.js';
import { ArgumentError } from '../../core/base/errors.js';
import type { CpuKernel, CpuKernels, HostRun } from '../host-memory.js';

/** Throws unless the entries of a row, or a column, lie within the matrix. */
function check(what: string, from: number, to: number, n: number): void {
  if (from < 0 || to < from || to > n)
    throw new ArgumentError(`sparse matrix: expected ${what} from 0 to ${n}, received ${from} to ${to}`);
}

/** Each sum is computed in double precision, in the order of the entries. */
const sparseProduct: CpuKernel<'sparseProduct'> = (source, target, matrix) => {
  const { nx, ny, inner, starts, columns, values, mode } = matrix;
  const [x, y] = [source.storage.memory, target.storage.memory];
  const lanes = lanesOf(target.storage.dtype);
  const pairs = isComplex(values.storage.dtype);
  const [s, c, v] = [starts.storage.memory, columns.storage.memory, values.storage.memory];
  const sum = new Float64Array(lanes * inner);
  for (let i = 0; i < ny; i++) {
    const [first, end] = [s[starts.offset + i] as number, s[starts.offset + i + 1] as number];
    check('entries', first, end, columns.size);
    const to = lanes * (target.offset + i * inner);
    if (mode === 'add') sum.set(y.subarray(to, to + sum.length));
    else sum.fill(0);
    for (let e = first; e < end; e++) {
      const column = c[columns.offset + e] as number;
      check('columns', column, column + 1, nx);
      const from = lanes * (source.offset + column * inner);
      const at = values.offset + e;
      const re = v[pairs ? 2 * at : at] as number;
      const im = pairs ? (v[2 * at + 1] as number) : 0;
      if (lanes === 1)
        for (let j = 0; j < inner; j++) sum[j] = (sum[j] as number) + re * (x[from + j] as number);
      else
        for (let j = 0; j < 2 * inner; j += 2) {
          const [a, b] = [x[from + j] as number, x[from + j + 1] as number];
          sum[j] = (sum[j] as number) + (re * a - im * b);
          sum[j + 1] = (sum[j + 1] as number) + (re * b + im * a);
        }
    }
    y.set(sum, to);
  }
};

/** The numbers of an operand of int32. */
const numbers = ({ storage, offset, size }: HostRun): Int32Array =>
  storage.memory.subarray(offset, offset + size) as Int32Array;

/** Where the entries of each of n rows begin, if they are sorted by their rows. */
function startsOf(rows: Int32Array, n: number): Int32Array {
  const starts = new Int32Array(n + 1);
  for (const i of rows) if (i >= 0 && i < n) starts[i + 1] = (starts[i + 1] as number) + 1;
  for (let i = 0; i < n; i++) starts[i + 1] = (starts[i + 1] as number) + (starts[i] as number);
  return starts;
}

/** Sorts by counting rows, then each row by column; entries of one place keep their order. */
const compressRows: CpuKernel<'compressRows'> = (from, of, to) => {
  const [rows, columns] = [numbers(from), numbers(of)];
  const [starts, places] = [numbers(to.starts), numbers(to.columns)];
  const [order, slots] = [numbers(to.order), numbers(to.slots)];
  const n = starts.length - 1;
  const next = startsOf(rows, n);
  for (const list of [places, order, slots]) list.fill(-1);
  rows.forEach((i, e) => {
    if (i >= 0 && i < n) order[(next[i] as number)++] = e;
  });
  // Now the entries of row i end at next[i]
  let size = 0;
  starts[0] = 0;
  for (let i = 0, k = 0; i < n; i++) {
    const first = size;
    const own = order.subarray(k, next[i]);
    own.sort((a, b) => (columns[a] as number) - (columns[b] as number) || a - b);
    for (const e of own) {
      const j = columns[e] as number;
      if (size === first || places[size - 1] !== j) places[size++] = j;
      slots[k++] = size - 1;
    }
    starts[i + 1] = size;
  }
};

/** Rows are read in order, so that the columns of the transpose ascend. */
const transposeRows: CpuKernel<'transposeRows'> = (from, of, to) => {
  const [given, columns] = [numbers(from), numbers(of)];
  const [starts, places, order] = [numbers(to.starts), numbers(to.columns), numbers(to.order)];
  const n = starts.length - 1;
  const next = startsOf(columns, n);
  check('entries', 0, given[0] as number, 0);
  check('entries', columns.length, given[given.length - 1] as number, columns.length);
  for (let j = 1; j < given.length; j++)
    check('entries', given[j - 1] as number, given[j] as number, columns.length);
  starts.set(next);
  places.fill(-1);
  order.fill(-1);
  for (let j = 0; j + 1 < given.length; j++)
    for (let e = given[j] as number; e < (given[j + 1] as number); e++) {
      const i = columns[e] as number;
      if (i < 0 || i >= n) continue;
      const at = (next[i] as number)++;
      places[at] = j;
      order[at] = e;
    }
};

export const sparseKernels = { sparseProduct, compressRows, transposeRows } satisfies CpuKernels;
