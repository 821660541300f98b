import { DTYPES, isComplex, lanesOf } from '../../core/base/dtype.js';
import { product, stridesOf } from '../../core/base/shape.js';
import {
  held,
  type KernelCase,
  type KernelCases,
  Operands,
  RUNS,
  SPECIAL,
  scalarFor,
} from '../kernel-case.js';

interface Walk {
  readonly title: string;
  readonly shape: readonly number[];
  readonly x: { readonly size: number; readonly start: number; readonly strides: readonly number[] };
  readonly y: { readonly size: number; readonly start: number; readonly strides: readonly number[] };
}

const packed = (shape: readonly number[]) => ({ size: product(shape), start: 0, strides: stridesOf(shape) });

const WALKS: readonly Walk[] = [
  { title: 'nothing', shape: [3, 0, 2], x: packed([3, 0, 2]), y: packed([3, 0, 2]) },
  { title: 'no axes', shape: [], x: packed([]), y: packed([]) },
  { title: 'contiguous', shape: [3, 5, 7], x: packed([3, 5, 7]), y: packed([3, 5, 7]) },
  { title: 'transposed', shape: [5, 9], x: { size: 45, start: 0, strides: [1, 5] }, y: packed([5, 9]) },
  {
    title: 'axes permuted',
    shape: [4, 3, 5],
    x: { size: 60, start: 0, strides: [1, 20, 4] },
    y: packed([4, 3, 5]),
  },
  { title: 'a step', shape: [6], x: { size: 16, start: 0, strides: [3] }, y: packed([6]) },
  { title: 'backwards', shape: [11], x: { size: 11, start: 10, strides: [-1] }, y: packed([11]) },
  {
    title: 'backwards in two axes',
    shape: [4, 6],
    x: { size: 24, start: 23, strides: [-6, -1] },
    y: packed([4, 6]),
  },
  {
    title: 'a broadcast scalar',
    shape: [3, 4],
    x: { size: 1, start: 0, strides: [0, 0] },
    y: packed([3, 4]),
  },
  { title: 'broadcast rows', shape: [5, 4], x: { size: 4, start: 0, strides: [0, 1] }, y: packed([5, 4]) },
  { title: 'broadcast columns', shape: [5, 4], x: { size: 5, start: 0, strides: [1, 0] }, y: packed([5, 4]) },
  {
    title: 'into a box of a larger array',
    shape: [2, 3],
    x: packed([2, 3]),
    y: { size: 40, start: 12, strides: [10, 2] },
  },
  {
    title: 'out of a box of a larger array',
    shape: [3, 4, 2],
    x: { size: 210, start: 34, strides: [42, 7, 1] },
    y: packed([3, 4, 2]),
  },
  { title: 'into memory backwards', shape: [7], x: packed([7]), y: { size: 14, start: 12, strides: [-2] } },
  {
    title: 'five axes',
    shape: [2, 3, 1, 2, 3],
    x: { size: 36, start: 0, strides: [1, 2, 6, 18, 6] },
    y: packed([2, 3, 1, 2, 3]),
  },
];

export const memoryCases: readonly KernelCases[] = [
  {
    kernel: 'copy',
    cases: (dtype) => {
      const make = new Operands(1);
      const special = isComplex(dtype) ? SPECIAL.slice(0, 14) : SPECIAL;
      return [
        ...RUNS.map(
          ([n, offset]): KernelCase => ({
            title: `${n} elements from ${offset}`,
            operands: [make.in(dtype, n, offset), make.out(dtype, n, 2)],
            signedZeros: true,
            run: (b, e) => void b.copy(e[0], e[1]),
          }),
        ),
        {
          title: 'special values',
          operands: [
            make.in(
              dtype,
              special.length / lanesOf(dtype),
              0,
              special.map((v) => held(dtype, v)),
            ),
            make.out(dtype, special.length / lanesOf(dtype), 1),
          ],
          signedZeros: true,
          run: (b, e) => void b.copy(e[0], e[1]),
        },
        {
          title: 'between two runs of one storage',
          operands: [make.out(dtype, 40)],
          run: (b, e) => {
            const { storage } = e[0];
            b.copy({ storage, offset: 3, size: 11 }, { storage, offset: 20, size: 11 });
            return undefined;
          },
        },
      ];
    },
  },
  {
    kernel: 'stridedCopy',
    cases: (dtype) => {
      const make = new Operands(2);
      return (['set', 'add'] as const).flatMap((mode) =>
        WALKS.map(
          ({ title, shape, x, y }): KernelCase => ({
            title: `${mode}, ${title}`,
            operands: [make.in(dtype, x.size, 3), make.out(dtype, y.size, 1)],
            signedZeros: mode === 'set',
            run: (b, e) =>
              void b.stridedCopy(
                shape,
                { elements: e[0], start: x.start, strides: x.strides },
                { elements: e[1], start: y.start, strides: y.strides },
                mode,
              ),
          }),
        ),
      );
    },
  },
  {
    kernel: 'fill',
    cases: (dtype) => {
      const make = new Operands(3);
      return RUNS.map(
        ([n, offset], k): KernelCase => ({
          title: `${n} elements from ${offset}`,
          operands: [make.out(dtype, n, offset)],
          run: (b, e) => void b.fill(e[0], k % 2 === 0 ? scalarFor(dtype, 1.1, -2.5) : 0),
        }),
      );
    },
  },
  {
    kernel: 'cast',
    cases: (dtype) =>
      DTYPES.flatMap((to, k) => {
        const make = new Operands(100 + k);
        return RUNS.map(
          ([n, offset]): KernelCase => ({
            title: `to ${to}, ${n} elements from ${offset}`,
            operands: [make.in(dtype, n, offset), make.out(to, n, 1)],
            ulps: 1,
            run: (b, e) => void b.cast(e[0], e[1]),
          }),
        );
      }),
  },
];
