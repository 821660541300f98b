import { complexOf, type DType, isComplex, isFloat } from '../../core/base/dtype.js';
import { product } from '../../core/base/shape.js';
import type { FftPlan } from '../../core/ports/backend.js';
import { type KernelCase, type KernelCases, Operands } from '../kernel-case.js';

const LENGTHS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 16, 17, 25, 30, 60, 97, 100, 128, 289, 1000];
const FORMS: readonly { readonly shape: readonly number[]; readonly axes: readonly number[] }[] = [
  ...LENGTHS.map((n) => ({ shape: [n], axes: [0] })),
  { shape: [0], axes: [0] },
  { shape: [3, 0], axes: [1] },
  { shape: [4, 0, 3], axes: [2] },
  { shape: [5, 12], axes: [1] },
  { shape: [12, 5], axes: [0] },
  { shape: [6, 10], axes: [0, 1] },
  { shape: [6, 10], axes: [1, 0] },
  { shape: [7, 4, 6], axes: [1] },
  { shape: [3, 4, 5], axes: [0, 1, 2] },
  { shape: [4, 3, 6], axes: [2, 0] },
  { shape: [4, 3, 6], axes: [0, 2] },
  { shape: [2, 17, 3], axes: [1, 2] },
  { shape: [2, 3, 4, 5], axes: [1, 3] },
  { shape: [8, 1, 8], axes: [0, 1, 2] },
];

/** The shape of the spectrum of a real transform, of which the first half is kept. */
function halved(shape: readonly number[], axes: readonly number[]): number[] {
  const last = axes[axes.length - 1];
  return shape.map((n, k) => (k === last ? Math.floor(n / 2) + 1 : n));
}

function fftCases(kind: FftPlan['kind'], dtype: DType): KernelCase[] {
  if (!isFloat(dtype) || isComplex(dtype) !== (kind === 'c2c')) return [];
  const make = new Operands(320);
  const complex = complexOf(dtype);
  const directions = (['forward', 'inverse'] as const).filter(
    (direction) => kind === 'c2c' || (kind === 'r2c') === (direction === 'forward'),
  );
  return FORMS.filter(({ shape }) => kind === 'c2c' || product(shape) > 0).flatMap(({ shape, axes }) =>
    directions.flatMap((direction) =>
      [1, 0.125].map((scale): KernelCase => {
        const half = product(halved(shape, axes));
        const n = product(shape);
        const [from, to] = kind === 'c2c' ? [n, n] : kind === 'r2c' ? [n, half] : [half, n];
        return {
          title: `${kind} ${direction}, [${shape}] over axes ${axes}, scale ${scale}`,
          operands: [
            make.in(kind === 'r2c' ? dtype : complex, from, 1),
            make.out(kind === 'c2r' ? dtype : complex, to, 3),
          ],
          ulps: 8,
          scale: 4 * scale * Math.sqrt(Math.max(1, product(axes.map((a) => shape[a] as number)))),
          run: (b, e) => void b.fft(e[0], e[1], { kind, shape, axes, direction, scale }),
        };
      }),
    ),
  );
}

export const fftCasesByDType: readonly KernelCases[] = (['c2c', 'r2c', 'c2r'] as const).map((kind) => ({
  kernel: `fft ${kind}`,
  cases: (dtype) => fftCases(kind, dtype),
}));
