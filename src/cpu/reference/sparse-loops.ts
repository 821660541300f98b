import { isComplex, lanesOf } from '../../core/base/dtype.js';
import { ArgumentError } from '../../core/base/errors.js';
import type { CpuKernel, CpuKernels } from '../host-memory.js';

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

export const sparseKernels = { sparseProduct } satisfies CpuKernels;
