import { CompressedRows } from './compressed-rows.js';
import { CsrArray } from './csr-array.js';
import { valuesAt } from './entry-values.js';

/** The different numbers of a list, ascending. */
export function distinct(values: Int32Array): Int32Array {
  const sorted = values.slice().sort();
  let n = 0;
  for (const value of sorted) if (n === 0 || sorted[n - 1] !== value) sorted[n++] = value;
  return sorted.slice(0, n);
}

/** The entries of the columns that are kept, in other columns. */
export function withColumns(
  a: CsrArray,
  keeps: (column: number) => boolean,
  width: number,
  move: (column: number) => number,
): CsrArray {
  const { starts, columns } = a.pattern;
  const kept = new Int32Array(columns.length);
  const to = new Int32Array(a.shape[0] + 1);
  let n = 0;
  for (let i = 0; i < a.shape[0]; i++) {
    for (let e = starts[i] as number; e < (starts[i + 1] as number); e++)
      if (keeps(columns[e] as number)) kept[n++] = e;
    to[i + 1] = n;
  }
  const places = kept.subarray(0, n);
  const moved = places.map((e) => move(columns[e] as number));
  return new CsrArray(new CompressedRows([a.shape[0], width], to, moved), valuesAt(a.data, places));
}
