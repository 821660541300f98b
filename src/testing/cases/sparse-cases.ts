import { type DType, INDEX_DTYPE, realOf } from '../../core/base/dtype.js';
import type { SparseProduct } from '../../core/ports/backend.js';
import { type CaseElements, type KernelCase, type KernelCases, Operands } from '../kernel-case.js';

/** The entries of row i are `i · most` modulo `most + 1`: some rows are empty. */
const FORMS: readonly (readonly [ny: number, nx: number, inner: number, most: number])[] = [
  [0, 5, 1, 3],
  [4, 0, 2, 0],
  [3, 5, 0, 2],
  [1, 1, 1, 1],
  [5, 7, 1, 0],
  [40, 30, 1, 5],
  [301, 77, 1, 9],
  [6, 200, 1, 150],
  [9, 12, 5, 4],
  [30, 20, 3, 7],
];

function startsOf(ny: number, most: number): Int32Array {
  const starts = new Int32Array(ny + 1);
  for (let i = 0; i < ny; i++) starts[i + 1] = (starts[i] as number) + ((most + i * most) % (most + 1));
  return starts;
}

function sparseProductCases(dtype: DType): KernelCase[] {
  const make = new Operands(395);
  const values = realOf(dtype) === dtype ? [dtype] : [dtype, realOf(dtype)];
  return FORMS.flatMap(([ny, nx, inner, most]) =>
    values.flatMap((ofValues) =>
      (['set', 'add'] as const).map((mode): KernelCase => {
        const starts = startsOf(ny, most);
        const entries = starts[ny] as number;
        const product = (e: CaseElements): SparseProduct => ({
          nx,
          ny,
          inner,
          starts: e[2],
          columns: e[3],
          values: e[4],
          mode,
        });
        return {
          title: `[${ny}, ${nx}] with ${entries} entries of ${ofValues}, ${inner} columns, ${mode}`,
          operands: [
            make.in(dtype, nx * inner, 1),
            make.out(dtype, ny * inner, 2),
            make.in(INDEX_DTYPE, ny + 1, 3, starts),
            make.in(INDEX_DTYPE, entries, 1, make.integers(entries, Math.max(nx, 1))),
            make.in(ofValues, entries, 2),
          ],
          ulps: 8,
          scale: 16,
          run: (b, e) => void b.sparseProduct(e[0], e[1], product(e)),
        };
      }),
    ),
  );
}

/** Entries at random places, with rows that are not there, and sorted by row. */
function compressRowsCases(dtype: DType): KernelCase[] {
  if (dtype !== INDEX_DTYPE) return [];
  const make = new Operands(396);
  return (['anywhere', 'outside', 'sorted'] as const).flatMap((kind) =>
    (
      [
        [0, 5, 4],
        [3, 0, 2],
        [1, 1, 1],
        [7, 1, 1000],
        [40, 300, 70],
        [1003, 30, 500],
        [4097, 3, 4],
        [4097, 90, 100000],
      ] as const
    ).map(([count, n, m]): KernelCase => {
      const rows = make.integers(count, Math.max(n, 1) + (kind === 'outside' ? 4 : 0));
      const columns = make.integers(count, m);
      if (kind === 'outside') for (let e = 0; e < count; e++) rows[e] = (rows[e] as number) - 2;
      if (kind === 'sorted') rows.sort();
      return {
        title: `${count} entries, [${n}, ${m}], rows ${kind}`,
        operands: [
          make.in(dtype, count, 1, rows),
          make.in(dtype, count, 2, columns),
          make.out(dtype, n + 1, 3),
          make.out(dtype, count, 1),
          make.out(dtype, count, 2),
          make.out(dtype, count, 4),
        ],
        run: (b, e) =>
          void b.compressRows(e[0], e[1], { starts: e[2], columns: e[3], order: e[4], slots: e[5] }),
      };
    }),
  );
}

/** The forms of products, with all columns inside, and with some outside. */
function transposeRowsCases(dtype: DType): KernelCase[] {
  if (dtype !== INDEX_DTYPE) return [];
  const make = new Operands(397);
  return FORMS.flatMap(([ny, nx, , most]) =>
    [0, 2].map((outside): KernelCase => {
      const starts = startsOf(ny, most);
      const count = starts[ny] as number;
      const columns = make.integers(count, Math.max(nx, 1) + outside).map((j) => j - outside / 2);
      return {
        title: `[${ny}, ${nx}] with ${count} entries, ${outside} columns outside`,
        operands: [
          make.in(dtype, ny + 1, 1, starts),
          make.in(dtype, count, 2, columns),
          make.out(dtype, nx + 1, 3),
          make.out(dtype, count, 1),
          make.out(dtype, count, 2),
        ],
        run: (b, e) => void b.transposeRows(e[0], e[1], { starts: e[2], columns: e[3], order: e[4] }),
      };
    }),
  );
}

export const sparseCasesByDType: readonly KernelCases[] = [
  { kernel: 'sparseProduct', cases: sparseProductCases },
  { kernel: 'compressRows', cases: compressRowsCases },
  { kernel: 'transposeRows', cases: transposeRowsCases },
];
