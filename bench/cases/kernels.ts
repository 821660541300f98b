import { COMM_WORLD, type DType, fuse, NDArray, tidy } from 'lops-mpi';
import type { Elements } from 'lops-mpi/extend';
import type { BenchCase, LimitName, RoofName, Work } from '../case.js';

const SIDE = 4096;
const SIZE = SIDE * SIDE;
const TAPS = 41;

interface KernelCase {
  readonly name: string;
  /** The least traffic in bytes for an element: each input read once, each output written once. */
  readonly bytes: number;
  readonly limit?: LimitName;
  readonly roof?: RoofName;
  /** The time depends on the values: there are cases of other ones. */
  readonly depends?: true;
  readonly prepare: (array: (dtype?: DType) => NDArray) => () => void;
}

type Values = 'random' | 'sorted' | 'constant' | 'nan';
const OTHERS: readonly Values[] = ['sorted', 'constant', 'nan'];

/** An array of random numbers in [0, 1), of random flags, or of other values. */
function valued(values: Values, dtype: DType, seed: number): NDArray {
  if (values === 'constant') return NDArray.full([SIDE, SIDE], 2, { dtype });
  const isFlag = dtype === 'bool';
  const x = NDArray.uniform([SIDE, SIDE], { seed, dtype: isFlag ? 'float64' : dtype });
  if (isFlag) {
    const flags = NDArray.zeros([SIDE, SIDE], { dtype });
    x.backend.binary('less', x, 0.5, flags);
    return flags;
  }
  if (values === 'sorted') x.backend.sort(x, [1, SIZE, 1], x);
  if (values === 'nan') x.data[SIZE - 5] = Number.NaN;
  return x;
}

const misfit = fuse((x, y) => x.subtract(y).square().add(1).sqrt());

/** Kernels that no other case times alone, on arrays of 4096 × 4096 float64. */
const KERNELS: readonly KernelCase[] = [
  {
    name: 'fill',
    bytes: 8,
    prepare: (array) =>
      (
        (y) => () =>
          y.backend.fill(y, 3)
      )(array()),
  },
  {
    name: 'cast',
    bytes: 12,
    prepare: (array) =>
      (
        (x, y) => () =>
          x.backend.cast(x, y)
      )(array(), array('float32')),
  },
  {
    name: 'sqrt',
    bytes: 16,
    limit: 'copy',
    prepare: (array) =>
      (
        (x, y) => () =>
          x.backend.unary('sqrt', x, y)
      )(array(), array()),
  },
  {
    name: 'scale',
    bytes: 16,
    limit: 'copy',
    prepare: (array) =>
      (
        (x, y) => () =>
          x.backend.binary('multiply', x, 3, y)
      )(array(), array()),
  },
  {
    name: 'threshold',
    bytes: 16,
    limit: 'copy',
    prepare: (array) =>
      (
        (x, y) => () =>
          x.backend.threshold('soft', 0.5, x, y)
      )(array(), array()),
  },
  {
    name: 'where',
    bytes: 25,
    prepare: (array) =>
      (
        (c, x, y, z) => () =>
          x.backend.where(c, x, y, z)
      )(array('bool'), array(), array(), array()),
  },
  ...[4, 8].map(
    (terms): KernelCase => ({
      name: `combine${terms}`,
      bytes: 8 * (terms + 1),
      prepare: (array) => {
        const [xs, y] = [Array.from({ length: terms }, () => array()), array()];
        return () => y.backend.linearCombination([1, 2, 3, 4, 5, 6, 7, 8].slice(0, terms), xs, y);
      },
    }),
  ),
  {
    name: 'transpose',
    bytes: 16,
    limit: 'copy',
    prepare: (array) => {
      const [x, y] = [array(), array()];
      const [from, to] = [
        { elements: x, start: 0, strides: [1, SIDE] },
        { elements: y, start: 0, strides: [SIDE, 1] },
      ];
      return () => x.backend.stridedCopy([SIDE, SIDE], from, to, 'set');
    },
  },
  {
    name: 'dots4',
    bytes: 64,
    limit: 'dot',
    prepare: (array) => {
      const products = Array.from({ length: 4 }, () => ({ x: array(), y: array(), conjugate: true }));
      return () => products[0]?.x.backend.dots(products);
    },
  },
  {
    name: 'sum',
    bytes: 8,
    limit: 'sumsq',
    prepare: (array) =>
      (
        (x) => () =>
          x.backend.reduce('sum', x)
      )(array()),
  },
  ...(
    [
      ['sum_rows', [SIDE, SIDE, 1]],
      ['sum_columns', [1, SIDE, SIDE]],
    ] as const
  ).map(
    ([name, extents]): KernelCase => ({
      name,
      bytes: 8,
      limit: 'sumsq',
      prepare: (array) => {
        const [x, y] = [array(), NDArray.zeros(SIDE)];
        return () => x.backend.reduceAxis('sum', x, extents, y);
      },
    }),
  ),
  {
    name: 'argmax',
    bytes: 8,
    limit: 'sumsq',
    depends: true,
    prepare: (array) =>
      (
        (x) => () =>
          x.backend.argExtreme('max', x)
      )(array()),
  },
  {
    name: 'median',
    bytes: 8,
    roof: 'sumsq',
    depends: true,
    prepare: (array) =>
      (
        (x) => () =>
          x.backend.kthSmallest(x, SIZE >> 1)
      )(array()),
  },
  {
    name: 'cumsum',
    bytes: 16,
    limit: 'copy',
    prepare: (array) =>
      (
        (x, y) => () =>
          x.backend.accumulate('sum', x, [SIDE, SIDE, 1], y)
      )(array(), array()),
  },
  {
    name: 'sort',
    bytes: 16,
    prepare: (array) =>
      (
        (x, y) => () =>
          x.backend.sort(x, [1, SIZE, 1], y)
      )(array(), array()),
  },
  {
    name: `convolve${TAPS}`,
    bytes: 16,
    prepare: (array) => {
      const [x, h, y] = [array(), NDArray.uniform([TAPS], { seed: 1 }), array()];
      const shape = [SIDE, SIDE];
      const convolution = {
        xShape: shape,
        hShape: [1, TAPS],
        yShape: shape,
        offset: [0, TAPS >> 1],
        direction: 'forward',
      } as const;
      return () => x.backend.convolve(x, h, y, convolution);
    },
  },
  ...(['gather', 'scatter'] as const).map(
    (name): KernelCase => ({
      // Rows in another order: the index is read once
      name,
      bytes: name === 'gather' ? 16 : 24,
      prepare: (array) => {
        const [x, y] = [array(), array()];
        const rows = Int32Array.from({ length: SIDE }, (_, i) => (i * 1025) % SIDE);
        const index: Elements = NDArray.fromHost(rows);
        const table = { outer: 1, nx: SIDE, ny: SIDE, inner: SIDE, width: 1, index };
        return name === 'gather'
          ? () => x.backend.gather(x, y, table)
          : () => x.backend.scatterAdd(x, y, table);
      },
    }),
  ),
];

/** √((x − y)² + 1) of arrays: as one kernel, and as four kernels with arrays between them. */
const EXPRESSIONS: readonly KernelCase[] = [
  {
    name: 'misfit_fused',
    bytes: 24,
    limit: 'axpy',
    prepare: (array) =>
      (
        (x, y, z) => () =>
          void misfit.into(z, x, y)
      )(array(), array(), array()),
  },
  {
    name: 'misfit_composed',
    bytes: 24,
    limit: 'axpy',
    prepare: (array) =>
      (
        (x, y) => () =>
          tidy(() => void x.subtract(y).square().add(1).sqrt())
      )(array(), array()),
  },
];

/** A kernel on arrays of each rank. */
const kernelCase = (
  { bytes, limit, roof, prepare }: KernelCase,
  title: string,
  values: Values = 'random',
): BenchCase => ({
  name: title,
  params: { shape: `${SIDE}x${SIDE}`, dtype: 'float64', values },
  setup: (): Work => {
    let seed = 1;
    return {
      run: prepare((dtype = 'float64') => valued(values, dtype, seed++)),
      bytes: bytes * SIZE * COMM_WORLD.size,
      ...(limit ? { limit } : {}),
      ...(roof ? { roof } : {}),
    };
  },
});

export const KERNEL_CASES: readonly BenchCase[] = [
  ...KERNELS.flatMap((each) => {
    const name = `kernel_${each.name}`;
    const others = each.depends ? OTHERS : [];
    return [kernelCase(each, name), ...others.map((values) => kernelCase(each, `${name}_${values}`, values))];
  }),
  ...EXPRESSIONS.map((each) => kernelCase(each, each.name)),
];
