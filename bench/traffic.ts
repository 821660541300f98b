import type { Backend, Scalar } from 'lops-mpi';
import { bytesOf, type Elements } from 'lops-mpi/extend';
import { product } from '../src/core/base/shape.js';
import { storageOf } from '../src/core/ports/kernel-operands.js';

/** The kernels of a backend, which read and write its memory. */
const KERNELS = [
  'copy',
  'stridedCopy',
  'fill',
  'cast',
  'unary',
  'binary',
  'where',
  'linearCombination',
  'threshold',
  'dots',
  'reduce',
  'reduceAxis',
  'argExtreme',
  'kthSmallest',
  'accumulate',
  'sort',
  'argsort',
  'truePositions',
  'searchSorted',
  'countInto',
  'matmul',
  'fft',
  'stencil',
  'convolve',
  'gather',
  'scatterAdd',
  'sparseProduct',
  'compressRows',
  'transposeRows',
  'spreadCurves',
  'sumCurves',
  'convolveVarying',
  'program',
  'programReduce',
] as const satisfies readonly (keyof Backend)[];
type Kernel = (typeof KERNELS)[number];
type Arguments<K extends Kernel> = Parameters<NonNullable<Backend[K]>>;

const element = (x: Elements): number => bytesOf(storageOf(x).dtype);

/** The bytes of all arrays among operands. */
const bytes = (...operands: readonly (Elements | Scalar | undefined)[]): number =>
  operands.reduce<number>(
    (sum, x) => (typeof x === 'object' && 'size' in x ? sum + x.size * element(x) : sum),
    0,
  );

const isSame = (x: Elements, y: Elements): boolean => storageOf(x) === storageOf(y) && x.offset === y.offset;
/** True if CUDA splits lines into pieces and reads them twice, for long and few lines. */
const inPieces = (backend: Backend, n: number, lines: number): boolean =>
  backend.name === 'cuda' && n > 128 && lines < 65536;

/**
 * The bytes that a call of a kernel moves between memory and cores: each operand once, unless a
 * comment says otherwise.
 */
const TRAFFIC: { readonly [K in Kernel]: (...args: Arguments<K>) => number } = {
  copy: bytes,
  stridedCopy: (shape, x, _, mode) => (mode === 'add' ? 3 : 2) * product(shape) * element(x.elements),
  fill: (y) => bytes(y),
  cast: bytes,
  unary: (_, ...operands) => bytes(...operands),
  binary: (_, ...operands) => bytes(...operands),
  where: bytes,
  linearCombination: (coefficients, xs, y) => bytes(y, ...xs.filter((_, k) => coefficients[k] !== 0)),
  threshold: (_kind, _t, x, y) => bytes(x, y),
  dots: (products) => products.reduce((sum, { x, y }) => sum + (isSame(x, y) ? bytes(x) : bytes(x, y)), 0),
  reduce: (_, x) => bytes(x),
  reduceAxis: (_op, x, _extents, y) => bytes(x, y),
  argExtreme: (_, x) => bytes(x),
  // CUDA selects byte by byte
  kthSmallest: (x) => bytes(x) * (x.storage.backend.name === 'cuda' ? element(x) : 1),
  accumulate: (_op, x, [outer, n, inner], y) =>
    bytes(x, y) + (inPieces(x.storage.backend, n, outer * inner) ? bytes(x) : 0),
  // CUDA passes over the numbers more often
  sort: (x, _extents, y) => bytes(x, y),
  argsort: (x, _extents, y) => bytes(x, y),
  truePositions: (x, y) => bytes(x, y) + (x.storage.backend.name === 'cuda' ? bytes(x) : 0),
  // Bisection reads some of `sorted` for each element of x
  searchSorted: (sorted, x, _side, y) =>
    bytes(x, y) + x.size * Math.ceil(Math.log2(sorted.size + 1)) * element(sorted),
  countInto: (x, y) => bytes(x) + 2 * x.size * element(y),
  matmul: (a, _b, _c, { m, n, k, batch, strideA, strideB, beta }) => {
    const matrices = (stride: number) => (stride === 0 ? 1 : batch);
    return (
      element(a) *
      (matrices(strideA) * m * k + matrices(strideB) * k * n + batch * m * n * (beta === 0 ? 1 : 2))
    );
  },
  fft: (x, y) => bytes(x, y),
  stencil: (x, _y, { shape, bands, mode, range }) => {
    const share = range ? Math.max(0, range.end - range.start) / (shape[range.axis] || 1) : 1;
    const ghosts = bands.reduce((sum, { front, back }) => sum + bytes(front, back), 0);
    return (mode === 'add' ? 3 : 2) * share * product(shape) * element(x) + (share > 0 ? ghosts : 0);
  },
  convolve: (x, h, y) => bytes(x, h, y),
  gather: (x, y, { outer, inner, ny, width, index, weights }) =>
    bytes(y, index, weights) + outer * inner * ny * width * element(x),
  scatterAdd: (y, x, { outer, inner, ny, width, index, weights }) =>
    2 * bytes(x) + bytes(index, weights) + outer * inner * ny * width * element(y),
  // x as often as it has entries, unless they are in caches
  sparseProduct: (x, y, { inner, starts, columns, values, mode }) =>
    (mode === 'add' ? 2 : 1) * bytes(y) + bytes(starts, columns, values) + columns.size * inner * element(x),
  compressRows: (rows, columns, to) => bytes(rows, columns, to.starts, to.columns, to.order, to.slots),
  transposeRows: (starts, columns, to) => bytes(starts, columns, to.starts, to.columns, to.order),
  spreadCurves: (image, traces, { srcs, recs, amplitudes }) => bytes(image, traces, srcs, recs, amplitudes),
  sumCurves: (traces, image, { srcs, recs, amplitudes }) => bytes(traces, image, srcs, recs, amplitudes),
  convolveVarying: (from, bank, to, { first, weights }) => bytes(from, bank, to, first, weights),
  program: (_, inputs, outputs) => bytes(...inputs, ...outputs),
  programReduce: (_fold, _program, inputs) => bytes(...inputs),
};

/**
 * The bytes that kernels move on this rank during `work`. A kernel that another kernel calls is not
 * counted.
 */
export function trafficOf(backend: Backend, work: () => void): number {
  let moved = 0;
  let depth = 0;
  const watch = <K extends Kernel>(name: K): (() => void) => {
    const original = backend[name];
    const own = Object.getOwnPropertyDescriptor(backend, name);
    if (!original) return () => {};
    const counted = (...args: Arguments<K>): unknown => {
      if (depth === 0) moved += TRAFFIC[name](...args);
      depth++;
      try {
        return Reflect.apply(original, backend, args);
      } finally {
        depth--;
      }
    };
    Object.defineProperty(backend, name, { configurable: true, writable: true, value: counted });
    return () => {
      if (own) Object.defineProperty(backend, name, own);
      else Reflect.deleteProperty(backend, name);
    };
  };
  const restore = KERNELS.map((name) => watch(name));
  try {
    work();
  } finally {
    for (const undo of restore) undo();
  }
  return moved;
}
