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

function sparseProductCases(dtype: DType): KernelCase[] {
  const make = new Operands(395);
  const values = realOf(dtype) === dtype ? [dtype] : [dtype, realOf(dtype)];
  return FORMS.flatMap(([ny, nx, inner, most]) =>
    values.flatMap((ofValues) =>
      (['set', 'add'] as const).map((mode): KernelCase => {
        const starts = new Int32Array(ny + 1);
        for (let i = 0; i < ny; i++) starts[i + 1] = (starts[i] as number) + ((most + i * most) % (most + 1));
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

export const sparseCasesByDType: readonly KernelCases[] = [
  { kernel: 'sparseProduct', cases: sparseProductCases },
];
