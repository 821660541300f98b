import { type DType, INDEX_DTYPE, isFloat, realOf } from '../../core/base/dtype.js';
import { type KernelCase, type KernelCases, Operands } from '../kernel-case.js';

interface Form {
  readonly outer?: number;
  readonly nx: number;
  readonly ny?: number;
  readonly inner?: number;
  readonly filters: number;
  readonly length: number;
  readonly offset?: number;
  /** The number of samples between the positions of filters. 0: any filter at any sample. */
  readonly every: number;
}

const FORMS: readonly Form[] = [
  { nx: 0, ny: 3, filters: 2, length: 3, every: 1 },
  { nx: 3, ny: 0, filters: 2, length: 3, every: 1 },
  { nx: 4, ny: 4, filters: 1, length: 1, every: 1 },
  { nx: 9, filters: 2, length: 3, every: 4 },
  { nx: 6, filters: 3, length: 15, every: 2 },
  { nx: 200, filters: 200, length: 9, every: 1 },
  { nx: 300, filters: 4, length: 41, every: 90 },
  { nx: 300, filters: 5, length: 7, every: 0 },
  { nx: 5000, filters: 2, length: 21, every: 9000 },
  { nx: 130, ny: 100, filters: 3, length: 11, offset: 20, every: 40 },
  { nx: 60, ny: 100, filters: 3, length: 11, offset: -25, every: 20 },
  { nx: 40, ny: 10, filters: 2, length: 5, offset: 60, every: 20 },
  { outer: 3, nx: 50, inner: 2, filters: 3, length: 5, every: 20 },
  { outer: 2, nx: 40, inner: 7, filters: 4, length: 6, offset: 2, every: 3 },
  { outer: 2, nx: 23, inner: 70, filters: 3, length: 5, every: 8 },
  { nx: 12, inner: 1500, filters: 3, length: 11, every: 4 },
];

function casesOf(dtype: DType): KernelCase[] {
  const make = new Operands(392);
  return FORMS.flatMap(({ outer = 1, nx, inner = 1, filters, length, every, ...rest }) => {
    const { ny = nx, offset = Math.floor(length / 2) } = rest;
    return (['forward', 'adjoint'] as const).map((direction): KernelCase => {
      const place = (i: number): number => (every === 0 ? 0 : Math.min(i / every, filters - 1));
      const first =
        every === 0
          ? make.integers(nx, filters)
          : Int32Array.from({ length: nx }, (_, i) => Math.floor(place(i)));
      const weights = Float64Array.from({ length: nx }, (_, i) =>
        every === 0 ? i / nx : place(i) - Math.floor(place(i)),
      );
      const [model, data] = [outer * nx * inner, outer * ny * inner];
      const forward = direction === 'forward';
      return {
        title:
          `${direction}, [${outer}, ${nx} to ${ny}, ${inner}], ${filters} filters of ${length} every ` +
          `${every} from ${-offset}`,
        operands: [
          make.in(dtype, forward ? model : data, 1),
          make.in(dtype, filters * length, 2),
          make.out(dtype, forward ? data : model, 3),
          make.in(INDEX_DTYPE, nx, 1, first),
          make.in(realOf(dtype), nx, 2, weights),
        ],
        ulps: 16,
        scale: Math.sqrt(length),
        run: (b, e) =>
          void b.convolveVarying?.(e[0], e[1], e[2], {
            outer,
            nx,
            ny,
            inner,
            filters,
            length,
            offset,
            first: e[3],
            weights: e[4],
            direction,
          }),
      };
    });
  });
}

/** The cases of a kernel that a backend may lack. */
export const varyingConvolutionCases: readonly KernelCases[] = [
  {
    kernel: 'convolveVarying',
    cases: (dtype) => (isFloat(dtype) ? casesOf(dtype) : []),
  },
];
