import type { DType } from '../../core/base/dtype.js';
import { product } from '../../core/base/shape.js';
import type { Convolution } from '../../core/ports/backend.js';
import { type KernelCase, type KernelCases, Operands } from '../kernel-case.js';

type Form = Omit<Convolution, 'direction'> & { readonly title: string };

const FORMS: readonly Form[] = [
  { title: 'same size', xShape: [20], hShape: [5], yShape: [20], offset: [2] },
  { title: 'full', xShape: [20], hShape: [5], yShape: [24], offset: [0] },
  { title: 'valid', xShape: [20], hShape: [5], yShape: [16], offset: [4] },
  { title: 'filter longer than the signal', xShape: [4], hShape: [11], yShape: [4], offset: [5] },
  { title: 'one tap', xShape: [9], hShape: [1], yShape: [9], offset: [0] },
  { title: 'one element', xShape: [1], hShape: [3], yShape: [1], offset: [1] },
  { title: 'offset beyond the signal', xShape: [5], hShape: [2], yShape: [5], offset: [9] },
  { title: 'negative offset', xShape: [8], hShape: [3], yShape: [12], offset: [-2] },
  { title: 'nothing', xShape: [0], hShape: [3], yShape: [0], offset: [1] },
  { title: 'from nothing', xShape: [0], hShape: [3], yShape: [4], offset: [1] },
  { title: 'long', xShape: [1003], hShape: [61], yShape: [1003], offset: [30] },
  { title: 'last of two axes', xShape: [4, 15], hShape: [1, 4], yShape: [4, 15], offset: [0, 1] },
  { title: 'first of two axes', xShape: [15, 4], hShape: [4, 1], yShape: [15, 4], offset: [2, 0] },
  { title: 'two axes', xShape: [7, 9], hShape: [3, 4], yShape: [7, 9], offset: [1, 2] },
  { title: 'two axes, full', xShape: [6, 5], hShape: [3, 2], yShape: [8, 6], offset: [0, 0] },
  {
    title: 'middle of three axes',
    xShape: [2, 11, 3],
    hShape: [1, 5, 1],
    yShape: [2, 11, 3],
    offset: [0, 2, 0],
  },
  { title: 'many rows', xShape: [21, 60], hShape: [1, 13], yShape: [21, 60], offset: [0, 6] },
  { title: 'many columns', xShape: [70, 33], hShape: [13, 1], yShape: [64, 33], offset: [9, 0] },
  {
    title: 'middle axis of many cells',
    xShape: [3, 50, 20],
    hShape: [1, 43, 1],
    yShape: [3, 75, 20],
    offset: [0, 12, 0],
  },
  { title: 'two long rows', xShape: [2, 4500], hShape: [1, 7], yShape: [2, 4500], offset: [0, 3] },
  { title: 'short cells', xShape: [9, 40, 3], hShape: [1, 5, 1], yShape: [9, 44, 3], offset: [0, 0, 0] },
  { title: 'cells of four', xShape: [200, 4], hShape: [43, 1], yShape: [200, 4], offset: [21, 0] },
  { title: 'cells of eight', xShape: [100, 8], hShape: [43, 1], yShape: [100, 8], offset: [21, 0] },
  { title: 'cells of sixteen', xShape: [80, 16], hShape: [43, 1], yShape: [80, 16], offset: [21, 0] },
  { title: 'long rows added up', xShape: [3, 500], hShape: [2, 43], yShape: [3, 500], offset: [1, 21] },
  { title: 'three axes', xShape: [4, 5, 6], hShape: [2, 3, 3], yShape: [4, 5, 6], offset: [1, 1, 1] },
];

function convolveCases(dtype: DType): KernelCase[] {
  const make = new Operands(360);
  return FORMS.flatMap(({ title, ...form }) =>
    (['forward', 'adjoint'] as const).map((direction): KernelCase => {
      // The adjoint maps y to x.
      const [xShape, yShape] =
        direction === 'forward' ? [form.xShape, form.yShape] : [form.yShape, form.xShape];
      const convolution: Convolution = { ...form, xShape, yShape, direction };
      return {
        title: `${title}, ${direction}`,
        operands: [
          make.in(dtype, product(xShape), 1),
          make.in(dtype, product(form.hShape), 2),
          make.out(dtype, product(yShape), 3),
        ],
        ulps: 8,
        scale: 8 * Math.sqrt(product(form.hShape)),
        run: (b, e) => void b.convolve(e[0], e[1], e[2], convolution),
      };
    }),
  );
}

export const convolveCasesByDType: readonly KernelCases[] = [{ kernel: 'convolve', cases: convolveCases }];
