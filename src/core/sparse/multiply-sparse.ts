import { type DType, type HostArray, hostArray, isComplex, lanesOf } from '../base/dtype.js';
import { CompressedRows, checkMost } from './compressed-rows.js';

/** A sparse matrix on the host. Complex values are pairs. */
export interface HostMatrix {
  readonly pattern: CompressedRows;
  readonly values: HostArray;
}

/** The columns of each row of the product, ascending. */
function patternOf(a: CompressedRows, b: CompressedRows): CompressedRows {
  const [n, m] = [a.shape[0], b.shape[1]];
  const starts = new Int32Array(n + 1);
  const seen = new Int32Array(m).fill(-1);
  const found = new Int32Array(m);
  let columns = new Int32Array(Math.max(a.size, b.size));
  let last = 0;
  for (let i = 0; i < n; i++) {
    let count = 0;
    for (let e = a.starts[i] as number; e < (a.starts[i + 1] as number); e++) {
      const k = a.columns[e] as number;
      for (let f = b.starts[k] as number; f < (b.starts[k + 1] as number); f++) {
        const j = b.columns[f] as number;
        if (seen[j] === i) continue;
        seen[j] = i;
        found[count++] = j;
      }
    }
    checkMost('entries', last + count);
    if (last + count > columns.length) {
      const larger = new Int32Array(2 * (last + count));
      larger.set(columns);
      columns = larger;
    }
    columns.set(found.subarray(0, count).sort(), last);
    last += count;
    starts[i + 1] = last;
  }
  return new CompressedRows([n, m], starts, columns.slice(0, last));
}

/**
 * The product of two sparse matrices of one dtype, row by row: the rows of b that a row of a meets
 * are added up in double precision, in the order of the columns of a. Memory beside the result: one
 * row of all columns. Flops: two (complex: eight) for each pair of an entry of a and one of the row
 * of b that it meets, and as many steps to find the places.
 */
export function multiplySparse(a: HostMatrix, b: HostMatrix, dtype: DType): HostMatrix {
  const pattern = patternOf(a.pattern, b.pattern);
  const lanes = lanesOf(dtype);
  const values = hostArray(dtype, pattern.size);
  const sum = new Float64Array(lanes * pattern.shape[1]);
  const [x, y] = [a.values, b.values];
  for (let i = 0; i < pattern.shape[0]; i++) {
    for (let e = a.pattern.starts[i] as number; e < (a.pattern.starts[i + 1] as number); e++) {
      const k = a.pattern.columns[e] as number;
      for (let f = b.pattern.starts[k] as number; f < (b.pattern.starts[k + 1] as number); f++) {
        const j = lanes * (b.pattern.columns[f] as number);
        if (!isComplex(dtype)) {
          sum[j] = (sum[j] as number) + (x[e] as number) * (y[f] as number);
          continue;
        }
        const [p, q] = [x[2 * e] as number, x[2 * e + 1] as number];
        const [r, s] = [y[2 * f] as number, y[2 * f + 1] as number];
        sum[j] = (sum[j] as number) + (p * r - q * s);
        sum[j + 1] = (sum[j + 1] as number) + (p * s + q * r);
      }
    }
    for (let e = pattern.starts[i] as number; e < (pattern.starts[i + 1] as number); e++)
      for (let lane = 0; lane < lanes; lane++) {
        const j = lanes * (pattern.columns[e] as number) + lane;
        values[lanes * e + lane] = sum[j] as number;
        sum[j] = 0;
      }
  }
  return { pattern, values };
}
