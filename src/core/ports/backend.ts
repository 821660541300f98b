import type { Scalar } from '../base/complex.js';
import type { DType, HostArray } from '../base/dtype.js';
import type { Shape } from '../base/shape.js';
import type { Span } from './span.js';

/** Memory of one backend. Arrays pass it to kernels and never look inside. */
export interface Storage {
  readonly backend: Backend;
  readonly dtype: DType;
  /** Elements. */
  readonly length: number;
  /** `length` elements from `offset` on, as a message layer sees them. */
  span(offset: number, length: number): Span;
  /**
   * Where the memory is a typed array of this process, a live view of it (complex: pairs);
   * otherwise undefined. Memory that was viewed is never pooled. Waits.
   */
  hostView(offset: number, length: number): HostArray | undefined;
}

/** What kernels know of a storage. */
export type AnyStorage = Pick<Storage, 'dtype' | 'length'>;

/**
 * A run of `size` elements of a storage from `offset` on: what kernels read and write. An NDArray
 * is one.
 */
export interface Elements<S extends AnyStorage = Storage> {
  readonly storage: S;
  readonly offset: number;
  readonly size: number;
}

/**
 * `x ↦ f(x)`. abs, real and imag of complex data write the real dtype; isnan and isfinite write
 * int32. Which functions a dtype has: `kernel-dtypes.ts`.
 */
export const UNARY_OPS = [
  'negative',
  'abs',
  'conj',
  'real',
  'imag',
  'exp',
  'log',
  'sqrt',
  'square',
  'reciprocal',
  'sign',
  'sin',
  'cos',
  'tan',
  'arctan',
  'tanh',
  'floor',
  'ceil',
  'rint',
  'isnan',
  'isfinite',
] as const;
/** A function of one array, element by element. */
export type UnaryOp = (typeof UNARY_OPS)[number];

/** The functions of two arrays that are 1 where true and 0 elsewhere. */
export const COMPARISONS = ['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual'] as const;
/** One of {@link COMPARISONS}. */
export type Comparison = (typeof COMPARISONS)[number];

/**
 * `multiplyConj` is `conj(x)·y`. maximum and minimum let NaN win. Of complex data the ordered ones
 * are refused, of int32 divide and arctan2; products of int32 wrap around.
 */
export const BINARY_OPS = [
  'add',
  'subtract',
  'multiply',
  'divide',
  'multiplyConj',
  'power',
  'maximum',
  'minimum',
  'arctan2',
  ...COMPARISONS,
] as const;
/** A function of two arrays, element by element. */
export type BinaryOp = (typeof BINARY_OPS)[number];

/**
 * `sum`, `prod`, `max`, `min` keep the dtype; the others give a real number: `sumAbs` Σ|x|,
 * `sumSquares` Σ|x|², `sumPower` Σ|x|^p, `maxAbs`, `minAbs`, `countNonzero`, `countAtMost` (how
 * many |x| ≤ p). Of nothing: 0 for sums and counts, 1 for prod, −∞ for max, ∞ for min, 0 for
 * maxAbs, ∞ for minAbs.
 */
export const REDUCE_OPS = [
  'sum',
  'prod',
  'max',
  'min',
  'sumAbs',
  'sumSquares',
  'sumPower',
  'maxAbs',
  'minAbs',
  'countNonzero',
  'countAtMost',
] as const;
/** A reduction of an array. */
export type ReduceKernel = (typeof REDUCE_OPS)[number];

/** An array seen from one axis: `[outer, n, inner]`, C order. */
export type Extents = readonly [outer: number, n: number, inner: number];

/**
 * An N-dimensional strided walk through a storage; strides in elements, 0 (broadcast) and negative
 * ones allowed for the source.
 */
export interface Strided<S extends AnyStorage = Storage> {
  readonly elements: Elements<S>;
  /** Where the walk starts, relative to `elements.offset`. */
  readonly start: number;
  readonly strides: readonly number[];
}

/** One inner product of a batch: `Σ conj(x)·y`, or `Σ x·y`. */
export interface InnerProduct<S extends AnyStorage = Storage> {
  readonly x: Elements<S>;
  readonly y: Elements<S>;
  readonly conjugate: boolean;
}

/** `'n'` as it is, `'t'` transposed, `'c'` conjugated and transposed. */
export type Trans = 'n' | 't' | 'c';

/**
 * `C ← α op(A) op(B) + β C` for a batch of row-major matrices. `lda` etc. are row lengths in
 * memory, strides the distance between matrices (0 reuses one).
 */
export interface MatMul {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transA: Trans;
  readonly transB: Trans;
  readonly lda: number;
  readonly ldb: number;
  readonly ldc: number;
  readonly batch: number;
  readonly strideA: number;
  readonly strideB: number;
  readonly strideC: number;
  /** With 0, A and B are not read. */
  readonly alpha: Scalar;
  /** With 0, C is not read. */
  readonly beta: Scalar;
}

/**
 * `'c2c'`: complex to complex. `'r2c'`: real input of `shape`, output cut to `⌊n/2⌋ + 1` along the
 * last of `axes`. `'c2r'`: its inverse, `shape` being the real output's. The input is not changed
 * unless the plan allows it. Unscaled (as FFTW) times `scale`; forward is exp(−i…).
 */
export interface FftPlan {
  readonly kind: 'c2c' | 'r2c' | 'c2r';
  readonly shape: Shape;
  readonly axes: readonly number[];
  /** 'r2c' is forward, 'c2r' inverse. */
  readonly direction: 'forward' | 'inverse';
  readonly scale: number;
  /** The input need not survive: that of 'c2r' may be used as work memory. @default false */
  readonly overwrite?: boolean | undefined;
}

/**
 * Rows `start ≤ i < end` of a banded matrix that share their taps:
 * `y[i] = Σₖ taps[k] · x[i + lo + k]`. No taps: zero rows. What taps of 0 would meet is not read.
 */
export interface BandSegment {
  readonly start: number;
  readonly end: number;
  readonly lo: number;
  readonly taps: readonly number[];
}

/**
 * A banded matrix applied along one axis of a block. Indices of `segments` are local to the block;
 * reads before 0 come from `front` and after n − 1 from `back`, which hold the neighbouring cells
 * of the axis as arrays `[outer, width, inner]` (the last cell of `front` is index −1, the first of
 * `back` is index n).
 */
export interface AxisBand<S extends AnyStorage = Storage> {
  readonly axis: number;
  readonly segments: readonly BandSegment[];
  readonly front?: Elements<S> | undefined;
  readonly back?: Elements<S> | undefined;
}

/** `y ← Σ bands(x)`, or added to y. */
export interface Stencil<S extends AnyStorage = Storage> {
  readonly shape: Shape;
  readonly bands: readonly AxisBand<S>[];
  readonly mode: 'set' | 'add';
  /**
   * Only outputs with `start ≤ index < end` along `axis` are computed; others keep their values.
   */
  readonly range?: { readonly axis: number; readonly start: number; readonly end: number } | undefined;
}

/**
 * Forward: `y[i] = Σⱼ h[j] · x[i + offset − j]`, zero outside x. Adjoint:
 * `y[i] = Σⱼ conj(h[j]) · x[i − offset + j]`. All shapes have the same number of axes (1 in
 * `hShape` where an axis is not convolved); the output shape is free.
 */
export interface Convolution {
  readonly xShape: Shape;
  readonly hShape: Shape;
  readonly yShape: Shape;
  readonly offset: readonly number[];
  readonly direction: 'forward' | 'adjoint';
}

/**
 * A sparse matrix along one axis, `width` entries a row:
 * `y[o, i, j] = Σₖ weights[i, k] · x[o, index[i, k], j]` with x `[outer, nx, inner]` and y
 * `[outer, ny, inner]`. Entries with a negative index are skipped. Without weights they are 1.
 */
export interface IndexTable<S extends AnyStorage = Storage> {
  readonly outer: number;
  readonly nx: number;
  readonly ny: number;
  readonly inner: number;
  readonly width: number;
  /** `[ny, width]`, int32; float64 where nx is larger than 2^31, on backends that hold so much. */
  readonly index: Elements<S>;
  /** `[ny, width]`, the dtype of x or its real dtype. */
  readonly weights?: Elements<S> | undefined;
}

/**
 * Curves that image points draw through traces of `nt` samples: point i meets trace (s, r) at
 * `v = srcs[s, i] + recs[r, i]`, between the samples `⌊v⌋` and `⌊v⌋ + 1`, where `0 ≤ v < nt − 1`;
 * elsewhere not at all.
 */
export interface Curves<S extends AnyStorage = Storage> {
  readonly points: number;
  readonly ns: number;
  readonly nr: number;
  readonly nt: number;
  /** In samples, float64: `[ns, points]` and `[nr, points]`. */
  readonly srcs: Elements<S>;
  readonly recs: Elements<S>;
  /** `[ns, nr, points]` of the real dtype of the data; without them 1. */
  readonly amplitudes?: Elements<S> | undefined;
}

/**
 * Convolution with filters that change along an axis: sample i has
 * `hᵢ = (1 − w[i]) bank[f] + w[i] bank[f + 1]` with `f = first[i]`; the second one is not read
 * where f is the last. Forward: `y[o, i + k − offset, j] = Σ hᵢ[k] · x[o, i, j]` over the model x
 * `[outer, nx, inner]`, the data y `[outer, ny, inner]`; what falls outside of y is dropped.
 * Adjoint: `x[o, i, j] = Σₖ conj(hᵢ[k]) · y[o, i + k − offset, j]`.
 */
export interface VaryingConvolution<S extends AnyStorage = Storage> {
  readonly outer: number;
  readonly nx: number;
  readonly ny: number;
  readonly inner: number;
  /** The bank is `[filters, length]`, of the dtype of the data. */
  readonly filters: number;
  readonly length: number;
  readonly offset: number;
  /** int32, `[nx]`: below `filters` and not negative. */
  readonly first: Elements<S>;
  /** `[nx]`, of the real dtype of the data. */
  readonly weights: Elements<S>;
  readonly direction: 'forward' | 'adjoint';
}

/** One value of a {@link Program}; `x`, `y`, `condition` are positions of earlier ones. */
export type Instruction = { readonly dtype: DType } & (
  | { readonly op: 'input'; readonly input: number }
  | { readonly op: 'constant'; readonly value: Scalar }
  /** The element's place in the whole array, and its size. */
  | { readonly op: 'index' | 'size' }
  | { readonly op: 'cast'; readonly x: number }
  | { readonly op: 'unary'; readonly name: UnaryOp; readonly x: number }
  | { readonly op: 'binary'; readonly name: BinaryOp; readonly x: number; readonly y: number }
  | { readonly op: 'where'; readonly condition: number; readonly x: number; readonly y: number }
);

/** An input of a {@link Program}. */
export interface ProgramInput {
  readonly kind: 'array' | 'scalar';
  readonly dtype: DType;
}

/**
 * What is done to each element, in order, no value without use. Every instruction is a kernel of
 * the backend with the same dtypes, and rounds as that does, so a program can be run one kernel
 * after another or in one pass.
 */
export interface Program {
  readonly inputs: readonly ProgramInput[];
  readonly instructions: readonly Instruction[];
  /** Positions of the results. */
  readonly outputs: readonly number[];
}

/**
 * Where the elements of a call lie in the whole array: `start` is the index of the first, `size`
 * the whole array's size.
 */
export interface ProgramRange {
  readonly start: number;
  readonly size: number;
}

/** How the values of a reduction are joined. */
export const FOLDS = ['sum', 'prod', 'max', 'min'] as const;
/** One of {@link FOLDS}. */
export type Fold = (typeof FOLDS)[number];

/** How a backend used memory: what tests count. */
export interface MemoryStats {
  /** Storages handed out. */
  readonly allocations: number;
  /** Of these, the ones that needed new memory. */
  readonly poolMisses: number;
  /** Bytes that live storages hold, and that the pool keeps. */
  readonly liveBytes: number;
  readonly pooledBytes: number;
  /** Kernels that went through the host because the engine lacks them. */
  readonly hostFallbacks: number;
}

/**
 * The kernels. They are local to one rank and know nothing of MPI; they write into the storages that
 * they are given and may run later than the call: only those that return values wait. Unless stated
 * otherwise all operands have one dtype, the output may be one of the inputs exactly (elementwise
 * kernels, `linearCombination`) and must not overlap them otherwise.
 *
 * The reference kernels in `src/cpu/reference` define each of them; `lops-mpi/testing` exports the
 * suite that compares any backend with them.
 * @typeParam S the storages that operands have
 */
export interface Kernels<S extends AnyStorage = Storage> {
  copy(x: Elements<S>, y: Elements<S>): void;
  /** `y[…] ← x[…]`, or `+=`, over an N-dimensional index range of `shape`. */
  stridedCopy(shape: Shape, x: Strided<S>, y: Strided<S>, mode: 'set' | 'add'): void;
  fill(y: Elements<S>, value: Scalar): void;
  /**
   * Converts the dtype. Real → complex has zero imaginary parts, complex → real takes the real
   * part, float → int32 truncates.
   */
  cast(x: Elements<S>, y: Elements<S>): void;

  // Elementwise
  unary(op: UnaryOp, x: Elements<S>, y: Elements<S>): void;
  /** `z ← x op y`; one of x and y may be a scalar. Comparisons write int32. */
  binary(op: BinaryOp, x: Elements<S> | Scalar, y: Elements<S> | Scalar, z: Elements<S>): void;
  /** `z ← condition ? x : y`, condition int32. */
  where(condition: Elements<S>, x: Elements<S> | Scalar, y: Elements<S> | Scalar, z: Elements<S>): void;
  /**
   * `y ← Σ coefficients[k] · xs[k]`; y may be any of xs. A coefficient of 0 means that its x is not
   * read, 1 and −1 add and subtract; any other is a complex factor where the dtype is complex, so
   * that a real multiple of ∞ + i is ∞ + NaN i, as NumPy's. Real coefficients for real dtypes.
   */
  linearCombination(coefficients: readonly Scalar[], xs: readonly Elements<S>[], y: Elements<S>): void;
  /**
   * Shrinks moduli and keeps phases. soft: max(|x| − t, 0); hard: 0 where |x| ≤ √(2t); half: 0
   * where |x| ≤ 54^⅓/4 t^⅔, otherwise ⅔ x (1 + cos(2π/3 − ⅔ arccos(t/8 (|x|/3)^−1.5))).
   */
  threshold(kind: 'soft' | 'hard' | 'half', t: number, x: Elements<S>, y: Elements<S>): void;

  // Reductions: wide accumulators, the same bits every time
  /** Several inner products in one pass: `[re, im, re, im, …]` (im 0 for real dtypes). Waits. */
  dots(products: readonly InnerProduct<S>[]): Float64Array;
  /** Over all elements. `parameter` is p of sumPower and countAtMost. Waits. */
  reduce(op: ReduceKernel, x: Elements<S>, parameter?: number): Scalar;
  /**
   * Over the middle one of `[outer, n, inner]`, int32 modulo 2^32; y is `[outer, inner]` of x's
   * dtype (sum, prod, max, min), otherwise of its real dtype.
   */
  reduceAxis(op: ReduceKernel, x: Elements<S>, extents: Extents, y: Elements<S>, parameter?: number): void;
  /**
   * The first position of the largest (smallest) value; of complex data, of the modulus. −1 of
   * nothing. NaN wins. Waits.
   */
  argExtreme(op: 'max' | 'min', x: Elements<S>): number;
  /** The k-th smallest value, k from 0, of real data. Waits. */
  kthSmallest(x: Elements<S>, k: number): number;
  /** Running sums along the middle axis, of int32 modulo 2^32. */
  cumsum(x: Elements<S>, extents: Extents, y: Elements<S>): void;

  // Linear algebra and signal kernels
  matmul(a: Elements<S>, b: Elements<S>, c: Elements<S>, spec: MatMul): void;
  fft(x: Elements<S>, y: Elements<S>, plan: FftPlan): void;
  stencil(x: Elements<S>, y: Elements<S>, stencil: Stencil<S>): void;
  convolve(x: Elements<S>, h: Elements<S>, y: Elements<S>, convolution: Convolution): void;
  gather(x: Elements<S>, y: Elements<S>, table: IndexTable<S>): void;
  /**
   * The adjoint of gather: `x[o, index[i, k], j] += conj(weights[i, k]) · y[o, i, j]`, in a fixed
   * order.
   */
  scatterAdd(y: Elements<S>, x: Elements<S>, table: IndexTable<S>): void;

  // Fields
  /**
   * `traces[s, r, ⌊v⌋ + (0, 1)] += a (1 − w, w) · image[i]` with the fraction `w = v − ⌊v⌋`, for
   * traces `[ns, nr, nt]`.
   */
  spreadCurves(image: Elements<S>, traces: Elements<S>, curves: Curves<S>): void;
  /**
   * The adjoint: `image[i] = Σ a ((1 − w) traces[s, r, ⌊v⌋] + w traces[s, r, ⌊v⌋ + 1])` over all
   * traces.
   */
  sumCurves(traces: Elements<S>, image: Elements<S>, curves: Curves<S>): void;
  /**
   * Fills `to`, the data of the forward direction and the model of the adjoint, from the other one.
   */
  convolveVarying(
    from: Elements<S>,
    bank: Elements<S>,
    to: Elements<S>,
    convolution: VaryingConvolution<S>,
  ): void;

  // Programs: a backend without them runs the kernels above one after another
  /** Runs a program in one pass over memory. Outputs may be inputs exactly. */
  program(
    program: Program,
    inputs: readonly (Elements<S> | Scalar)[],
    outputs: readonly Elements<S>[],
    range: ProgramRange,
  ): void;
  /** Reduces the only output of a program over `n` elements without storing it. Waits. */
  programReduce(
    fold: Fold,
    program: Program,
    inputs: readonly (Elements<S> | Scalar)[],
    n: number,
    range: ProgramRange,
  ): Scalar;
}
/** The name of a kernel. */
export type KernelName = keyof Kernels;

/** The argument of each kernel that it writes; kernels without one return a value. */
export const WRITTEN: Readonly<Record<KernelName, number | undefined>> = {
  copy: 1,
  stridedCopy: 2,
  fill: 0,
  cast: 1,
  unary: 2,
  binary: 3,
  where: 3,
  linearCombination: 2,
  threshold: 3,
  dots: undefined,
  reduce: undefined,
  reduceAxis: 3,
  argExtreme: undefined,
  kthSmallest: undefined,
  cumsum: 2,
  matmul: 2,
  fft: 1,
  stencil: 1,
  convolve: 2,
  gather: 1,
  scatterAdd: 1,
  spreadCurves: 1,
  sumCurves: 1,
  convolveVarying: 2,
  program: 2,
  programReduce: undefined,
};

/**
 * What arrays, operators and solvers use of a device. `CheckedBackend` makes one from memory and
 * kernels.
 */
export interface Backend extends Kernels {
  readonly name: string;
  /** The dtypes that it holds. */
  readonly dtypes: readonly DType[];
  readonly defaultDType: DType;
  /**
   * Where memory is scarce: until the answer is called, what does not fit is kept in slower memory,
   * so that ranks that set up together all come to the end; it answers what did not fit, or ''.
   * Calls may nest.
   */
  overcommit?(): () => string;

  // Memory
  /** Memory with undefined contents. Throws `BackendError` for a dtype it doesn't hold. */
  alloc(dtype: DType, length: number): Storage;
  /** Gives a storage back; it must not be used again. Releasing twice does nothing. */
  release(storage: Storage): void;
  /** Copies host values (complex: pairs) in. The host array may be reused when the call returns. */
  upload(from: HostArray, to: Elements): void;
  /** Waits, and copies out into `to`, or into a fresh typed array. */
  download(from: Elements, to?: HostArray): HostArray;
  /** Waits until all kernels so far are done. */
  synchronize(): void;
  stats(): MemoryStats;
  /**
   * Whether the device has this kernel. One that it lacks runs on the host with copies of its
   * operands, so operators may prefer others.
   */
  has(kernel: KernelName): boolean;
}
