import { type DType, INDEX_DTYPE, realOf } from '../../core/base/dtype.js';
import { type CaseElements, type KernelCase, type KernelCases, Operands } from '../kernel-case.js';

const FORMS: readonly (readonly [outer: number, nx: number, ny: number, inner: number, width: number])[] = [
  [1, 5, 0, 1, 1],
  [0, 5, 3, 2, 1],
  [1, 5, 3, 0, 2],
  [2, 4, 3, 2, 0],
  [1, 1, 1, 1, 1],
  [1, 100, 300, 1, 1],
  [1, 300, 77, 1, 2],
  [3, 9, 12, 5, 1],
  [2, 10, 7, 3, 4],
  [4, 6, 6, 1, 3],
];
const WEIGHTS = ['none', 'same', 'real'] as const;

type Kernel = 'gather' | 'put' | 'scatterAdd';
const SEEDS: Readonly<Record<Kernel, number>> = { gather: 380, put: 382, scatterAdd: 381 };

function indexedCases(kernel: Kernel, dtype: DType): KernelCase[] {
  const make = new Operands(SEEDS[kernel]);
  const forms = kernel === 'put' ? FORMS.filter((form) => form[4] === 1) : FORMS;
  const allWeights = kernel === 'put' ? WEIGHTS.slice(0, 1) : WEIGHTS;
  return forms.flatMap(([outer, nx, ny, inner, width]) =>
    allWeights
      .filter((w) => w !== 'real' || realOf(dtype) !== dtype)
      .map((w): KernelCase => {
        const entries = ny * width;
        // On average every index occurs at least twice, and some entries are skipped.
        const index = make.integers(entries, nx + 1).map((i) => (i === nx ? -1 : i));
        const weights = make.in(w === 'real' ? realOf(dtype) : dtype, entries, 1);
        const [x, y] = [outer * nx * inner, outer * ny * inner];
        const table = (e: CaseElements) => ({
          outer,
          nx,
          ny,
          inner,
          width,
          index: e[2],
          weights: w === 'none' ? undefined : e[3],
        });
        const [from, to] = kernel === 'gather' ? [x, y] : [y, x];
        return {
          title: `[${outer}, ${nx} to ${ny}, ${inner}], ${width} entries a row, weights: ${w}`,
          operands: [
            make.in(dtype, from, 1),
            make.out(dtype, to, 2),
            make.in(INDEX_DTYPE, entries, 3, index),
            weights,
          ],
          ulps: 8,
          scale: 16,
          run: (b, e) => void b[kernel](e[0], e[1], table(e)),
        };
      }),
  );
}

export const indexedCasesByDType: readonly KernelCases[] = (['gather', 'put', 'scatterAdd'] as const).map(
  (kernel) => ({
    kernel,
    cases: (dtype) => indexedCases(kernel, dtype),
  }),
);
