import { type DType, FLAG_DTYPE, isComplex, isFloat } from '../../core/base/dtype.js';
import { product, type Shape } from '../../core/base/shape.js';
import { type KernelCase, type KernelCases, Operands, SPECIAL } from '../kernel-case.js';

/** All places of a window of a shape, or those that are kept. */
function windowOf(shape: Shape, keeps: (i: number) => boolean = () => true): number[][] {
  let places: number[][] = [[]];
  for (const n of shape)
    places = places.flatMap((place) => Array.from({ length: n }, (_, i) => [...place, i]));
  return places.filter((_, i) => keeps(i));
}

const WINDOWS: readonly { readonly y: Shape; readonly window: Shape; readonly plus?: true }[] = [
  { y: [7], window: [3] },
  { y: [1], window: [1] },
  { y: [100], window: [25] },
  { y: [6, 5], window: [3, 3] },
  { y: [6, 5], window: [3, 3], plus: true },
  { y: [5, 4, 3], window: [1, 4, 1] },
  { y: [2, 3, 2, 3], window: [2, 1, 2, 2] },
  { y: [2, 2, 2, 2, 2], window: [2, 1, 2, 1, 2] },
  { y: [0, 3], window: [2, 2] },
];

function orderFilterCases(dtype: DType): KernelCase[] {
  const make = new Operands(393);
  return WINDOWS.flatMap(({ y, window, plus }) => {
    const xShape = y.map((n, k) => n + (window[k] as number) - 1);
    const offsets = windowOf(window, (i) => !plus || i % 2 === 1);
    const n = product(xShape);
    const numbers = isComplex(dtype) ? [] : make.numbers(dtype, n);
    const special = dtype === FLAG_DTYPE || !isFloat(dtype) ? [0, 1, 1] : SPECIAL;
    const mixed = numbers.map((v, i) => (i % 3 === 0 ? (special[i % special.length] as number) : v));
    return [0, Math.floor(offsets.length / 2), offsets.length - 1].flatMap((rank) =>
      (isComplex(dtype) ? [undefined] : [numbers, mixed]).map(
        (values): KernelCase => ({
          title: `rank ${rank} of ${offsets.length} for [${y}]`,
          operands: [make.in(dtype, n, 1, values), make.out(dtype, product(y), 2)],
          run: (b, e) => void b.orderFilter(e[0], e[1], { xShape, yShape: y, offsets, rank }),
        }),
      ),
    );
  });
}

function splineSumCases(dtype: DType): KernelCase[] {
  const make = new Operands(394);
  const shapes: readonly Shape[] = [[9], [1], [5, 6], [3, 4, 5], [2, 3, 2, 3, 2]];
  const at = dtype === 'float32' || dtype === 'complex64' ? ([0, 1] as const) : ([0] as const);
  return shapes.flatMap((shape) =>
    [0, 1, 2, 3, 4, 5].flatMap((order) =>
      at.flatMap((single): KernelCase => {
        const points = 40;
        const coordinates = shape.flatMap((n) =>
          Array.from({ length: points }, (_, p) =>
            p % 19 === 7 ? Number.NaN : (((p * 37 + n * 11) % 64) / 64) * (n + 3) - 1.5,
          ),
        );
        return {
          title: `order ${order} in [${shape}]${single ? ', coordinates in single precision' : ''}`,
          operands: [
            make.in(dtype, product(shape), 1),
            make.in(single ? 'float32' : 'float64', coordinates.length, 2, coordinates),
            make.out(dtype, points, 3),
          ],
          // Sums of (order + 1)^axes terms, in any order
          ulps: 16 * shape.length,
          scale: 4,
          run: (b, e) => void b.splineSum(e[0], e[1], e[2], { shape, order, points, fill: 3 }),
        };
      }),
    ),
  );
}

export const windowCasesByDType: readonly KernelCases[] = [
  { kernel: 'orderFilter', cases: orderFilterCases },
  { kernel: 'splineSum', cases: splineSumCases },
];
