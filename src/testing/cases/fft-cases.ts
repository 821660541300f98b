import { complexOf, type DType, isComplex, isFloat } from '../../core/base/dtype.js';
import { product } from '../../core/base/shape.js';
import type { FftPlan } from '../../core/ports/backend.js';
import { type KernelCase, type KernelCases, Operands } from '../kernel-case.js';
import { at } from './at.js';

const LENGTHS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 16, 17, 25, 30, 60, 97, 100, 128, 289, 1000];
const FORMS: readonly (readonly [shape: readonly number[], axes: readonly number[]])[] = [
  ...LENGTHS.map((n) => [[n], [0]] as const),
  [[0], [0]],
  [[3, 0], [1]],
  [[4, 0, 3], [2]],
  [[5, 12], [1]],
  [[12, 5], [0]],
  [
    [6, 10],
    [0, 1],
  ],
  [
    [6, 10],
    [1, 0],
  ],
  [[7, 4, 6], [1]],
  [
    [3, 4, 5],
    [0, 1, 2],
  ],
  [
    [4, 3, 6],
    [2, 0],
  ],
  [
    [4, 3, 6],
    [0, 2],
  ],
  [
    [2, 17, 3],
    [1, 2],
  ],
  [
    [2, 3, 4, 5],
    [1, 3],
  ],
  [
    [8, 1, 8],
    [0, 1, 2],
  ],
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
  const directions =
    kind === 'c2c'
      ? (['forward', 'inverse'] as const)
      : kind === 'r2c'
        ? (['forward'] as const)
        : (['inverse'] as const);
  return FORMS.filter(([shape]) => kind === 'c2c' || product(shape) > 0).flatMap(([shape, axes]) =>
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
          run: (b, e) => void b.fft(at(e, 0), at(e, 1), { kind, shape, axes, direction, scale }),
        };
      }),
    ),
  );
}

export const fftCasesByDType: readonly KernelCases[] = (['c2c', 'r2c', 'c2r'] as const).map((kind) => ({
  kernel: `fft ${kind}`,
  cases: (dtype) => fftCases(kind, dtype),
}));
