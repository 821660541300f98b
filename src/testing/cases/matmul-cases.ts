import { type DType, isComplex, isFloat } from '../../core/base/dtype.js';
import type { MatMul, Trans } from '../../core/ports/backend.js';
import { type CaseOperand, type KernelCase, type KernelCases, Operands, scalarFor } from '../kernel-case.js';

interface Form {
  readonly title: string;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch?: number;
  /** The operand that is the same for the whole batch. */
  readonly shared?: 'a' | 'b';
  /** The number of unused elements at the end of each row and between matrices. */
  readonly gap?: number;
}

const FORMS: readonly Form[] = [
  { title: 'no rows', m: 0, n: 3, k: 2 },
  { title: 'no columns', m: 2, n: 0, k: 2 },
  { title: 'nothing to sum', m: 2, n: 3, k: 0 },
  { title: 'one by one', m: 1, n: 1, k: 1 },
  { title: 'matrix times vector', m: 9, n: 1, k: 13 },
  { title: 'row times matrix', m: 1, n: 11, k: 7 },
  { title: 'outer product', m: 6, n: 5, k: 1 },
  { title: 'square', m: 16, n: 16, k: 16 },
  { title: 'uneven', m: 13, n: 7, k: 19 },
  { title: 'larger than a tile', m: 67, n: 35, k: 70 },
  { title: 'two columns', m: 11, n: 2, k: 21 },
  { title: 'a few columns', m: 21, n: 8, k: 11, batch: 2 },
  { title: 'rows with gaps', m: 5, n: 7, k: 3, gap: 4 },
  { title: 'batch', m: 4, n: 3, k: 5, batch: 6 },
  { title: 'batch with gaps', m: 3, n: 4, k: 2, batch: 3, gap: 3 },
  { title: 'batch with one A', m: 4, n: 2, k: 3, batch: 5, shared: 'a' },
  { title: 'batch with one B', m: 4, n: 2, k: 3, batch: 5, shared: 'b' },
  { title: 'batch of none', m: 4, n: 2, k: 3, batch: 0 },
];

function spec(
  form: Form,
  transA: Trans,
  transB: Trans,
  alpha: MatMul['alpha'],
  beta: MatMul['beta'],
): MatMul & { sizes: readonly [number, number, number] } {
  const { m, n, k, batch = 1, gap = 0, shared } = form;
  const [aRows, aColumns] = transA === 'n' ? [m, k] : [k, m];
  const [bRows, bColumns] = transB === 'n' ? [k, n] : [n, k];
  const [lda, ldb, ldc] = [aColumns + gap, bColumns + gap, n + gap].map((l) => Math.max(1, l)) as [
    number,
    number,
    number,
  ];
  const [a, b, c] = [aRows * lda + gap, bRows * ldb + gap, m * ldc + gap];
  const [strideA, strideB] = [shared === 'a' ? 0 : a, shared === 'b' ? 0 : b];
  const sizes = [shared === 'a' ? a : a * batch, shared === 'b' ? b : b * batch, c * batch] as const;
  return { m, n, k, transA, transB, lda, ldb, ldc, batch, strideA, strideB, strideC: c, alpha, beta, sizes };
}

function matmulCases(dtype: DType): KernelCase[] {
  const make = new Operands(300);
  const transposes: readonly Trans[] = ['n', 't', 'c'];
  const factors = [
    [1, 0],
    [scalarFor(dtype, 2, -0.5), 1],
    [-1, scalarFor(dtype, -3, 0.5)],
  ] as const;
  const cases = FORMS.flatMap((form) =>
    transposes.flatMap((transA) =>
      transposes.flatMap((transB) =>
        factors
          .filter(
            (_, f) =>
              f === (form.m + transA.charCodeAt(0) + transB.charCodeAt(0)) % 3 || form.title === 'uneven',
          )
          .map(([alpha, beta]): KernelCase => {
            const { sizes, ...matmul } = spec(form, transA, transB, alpha, beta);
            return {
              title:
                `${form.title}, ${transA}${transB}, alpha ${JSON.stringify(alpha)}, beta ` +
                `${JSON.stringify(beta)}`,
              operands: [
                make.in(dtype, sizes[0], 1),
                make.in(dtype, sizes[1], 3),
                make.out(dtype, sizes[2], 2),
              ],
              ulps: 8,
              scale: 4 * form.k + 8,
              run: (b, e) => void b.matmul(e[0], e[1], e[2], matmul),
            };
          }),
      ),
    ),
  );
  if (!isFloat(dtype)) return cases;
  const form: Form = { title: 'NaN', m: 5, n: 6, k: 4 };
  const { sizes, ...matmul } = spec(form, 'n', 'n', 1, 0);
  const c = make.numbers(dtype, sizes[2]).fill(Number.NaN);
  const a = make.numbers(dtype, sizes[0]);
  a[isComplex(dtype) ? 10 : 5] = Number.NaN;
  const zeros = make.numbers(dtype, sizes[1]).fill(0);
  const nanCase = (title: string, operands: readonly CaseOperand[]): KernelCase => ({
    title,
    operands,
    ulps: 8,
    scale: 24,
    run: (b, e) => void b.matmul(e[0], e[1], e[2], matmul),
  });
  return [
    ...cases,
    nanCase('NaN in C under beta 0 is not read', [
      make.in(dtype, sizes[0]),
      make.in(dtype, sizes[1]),
      make.out(dtype, sizes[2], 0, c),
    ]),
    nanCase('NaN in A gives NaN in its row', [
      make.in(dtype, sizes[0], 0, a),
      make.in(dtype, sizes[1], 0, zeros),
      make.out(dtype, sizes[2]),
    ]),
  ];
}

export const matmulCasesByDType: readonly KernelCases[] = [{ kernel: 'matmul', cases: matmulCases }];
