import type { Scalar } from '../base/complex.js';
import type { DType, HostArray } from '../base/dtype.js';
import type { Distribution } from '../base/random.js';
import type { Shape } from '../base/shape.js';
import type { Span } from './span.js';

/** Memory of one backend. Arrays pass it to kernels and do not access its contents. */
export interface Storage {
  readonly backend: Backend;
  readonly dtype: DType;
  /** The number of elements. */
  readonly length: number;
  /** The span of `length` elements from `offset` on, for a message layer. */
  span(offset: number, length: number): Span;
  /**
   * A live view of the memory (complex: pairs) if it is a typed array of this process, otherwise
   * undefined. Memory that was viewed is never pooled. Waits.
   */
  hostView(offset: number, length: number): HostArray | undefined;
}

/** The properties of a storage that kernels use. */
export type AnyStorage = Pick<Storage, 'dtype' | 'length'>;

/**
 * A run of `size` elements of a storage from `offset` on, which kernels read or write. An NDArray
 * is one.
 */
export interface Elements<S extends AnyStorage = Storage> {
  /** Throws if the elements have strides. */
  readonly storage: S;
  readonly offset: number;
  readonly size: number;
  /**
   * Present if the elements do not lie one after another. `CheckedBackend` calls the kernels of a
   * device with copies of such elements.
   */
  readonly strided?: StridedElements<S> | undefined;
}

/**
 * `x ↦ f(x)`. abs, real and imag of complex data write the real dtype; isnan, isfinite, isinf and
 * signbit write {@link FLAG_DTYPE}. Complex functions have the principal branches and cuts of
 * NumPy. `gammaln` is ln |Γ(x)|, and `i0` the modified Bessel function of order 0.
 * `kernel-dtypes.ts` defines which functions a dtype has.
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
  'arcsin',
  'arccos',
  'sinh',
  'cosh',
  'arcsinh',
  'arccosh',
  'arctanh',
  'cbrt',
  'exp2',
  'expm1',
  'log2',
  'log10',
  'log1p',
  'trunc',
  'invert',
  'isinf',
  'signbit',
  'erf',
  'erfc',
  'gamma',
  'gammaln',
  'i0',
] as const;
/** A function of one array, element by element. */
export type UnaryOp = (typeof UNARY_OPS)[number];

/** The functions of two arrays whose result is 1 if the comparison is true, otherwise 0. */
export const COMPARISONS = ['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual'] as const;
/** One of {@link COMPARISONS}. */
export type Comparison = (typeof COMPARISONS)[number];

/**
 * `multiplyConj` is `conj(x)·y`. maximum and minimum return NaN if one operand is NaN, fmax and
 * fmin the other operand. NaN has no sign: copysign and signbit take it as positive. `remainder`
 * has the sign of the divisor, `fmod` that of the dividend. Products of int32 wrap around, and
 * divisions of int32 by 0 are 0. Shifts by fewer than 0 or more than 31 bits are those of NumPy: 0,
 * and −1 for right shifts of negative numbers.
 * `kernel-dtypes.ts` defines which functions a dtype has.
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
  'floorDivide',
  'remainder',
  'fmod',
  'fmax',
  'fmin',
  'hypot',
  'copysign',
  'logaddexp',
  'gcd',
  'lcm',
  'bitwiseAnd',
  'bitwiseOr',
  'bitwiseXor',
  'leftShift',
  'rightShift',
] as const;
/** A function of two arrays, element by element. */
export type BinaryOp = (typeof BINARY_OPS)[number];

/**
 * `sum`, `prod`, `max`, `min` keep the dtype. The others return a real number: `sumAbs` Σ|x|,
 * `sumSquares` Σ|x|², `sumPower` Σ|x|^p, `maxAbs`, `minAbs`, `countNonzero`, `countAtMost` (the
 * number of |x| ≤ p). `nanmax` and `nanmin` skip NaN, and keep the dtype. For no elements: 0 for
 * sums and counts, 1 for prod, −∞ for max, ∞ for min, 0 for maxAbs, ∞ for minAbs, NaN for nanmax
 * and nanmin, which is also the result if all elements are NaN.
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
  'nanmax',
  'nanmin',
] as const;
/** A reduction of an array. */
export type ReduceKernel = (typeof REDUCE_OPS)[number];

/** The operations of running results along an axis. */
export const ACCUMULATIONS = ['sum', 'prod'] as const;
/** One of {@link ACCUMULATIONS}. */
export type Accumulation = (typeof ACCUMULATIONS)[number];

/** Whether elements that are equal to a number are counted: see {@link Kernels.searchSorted}. */
export type SearchSide = 'left' | 'right';

/** The sizes of an array before, along and after one of its axes: `[outer, n, inner]`, C order. */
export type Extents = readonly [outer: number, n: number, inner: number];

/**
 * N-dimensional strided access to a storage. Strides are in elements. Those of a source may be 0
 * (broadcast) or negative.
 */
export interface Strided<S extends AnyStorage = Storage> {
  readonly elements: Elements<S>;
  /** The position of the first element, relative to `elements.offset`. */
  readonly start: number;
  readonly strides: readonly number[];
}

/** All elements of a shape, of an array with strides. */
export interface StridedElements<S extends AnyStorage = Storage> extends Strided<S> {
  readonly shape: Shape;
}

/** One inner product of a batch: `Σ conj(x)·y`, or `Σ x·y`. */
export interface InnerProduct<S extends AnyStorage = Storage> {
  readonly x: Elements<S>;
  readonly y: Elements<S>;
  readonly conjugate: boolean;
}

/** `'n'`: the matrix unchanged; `'t'`: transposed; `'c'`: conjugated and transposed. */
export type Trans = 'n' | 't' | 'c';

/**
 * `C ← α op(A) op(B) + β C` for a batch of row-major matrices. `lda`, `ldb` and `ldc` are the
 * lengths of rows in memory. `strideA`, `strideB` and `strideC` are the distances between matrices;
 * 0 uses one matrix for the whole batch.
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
  /** If it is 0, A and B are not read. */
  readonly alpha: Scalar;
  /** If it is 0, C is not read. */
  readonly beta: Scalar;
}

/**
 * `'c2c'`: complex to complex. `'r2c'`: real input of `shape`, output cut to `⌊n/2⌋ + 1` along the
 * last of `axes`. `'c2r'`: its inverse, where `shape` is that of the real output. The input is not
 * changed unless `overwrite` is true. The result is unscaled (as in FFTW) and then multiplied by
 * `scale`. Forward is exp(−i…).
 */
export interface FftPlan {
  readonly kind: 'c2c' | 'r2c' | 'c2r';
  readonly shape: Shape;
  readonly axes: readonly number[];
  /** 'forward' for 'r2c', 'inverse' for 'c2r'. */
  readonly direction: 'forward' | 'inverse';
  readonly scale: number;
  /**
   * Whether the kernel may change the input: that of 'c2r' may be used as work memory.
   * @default false
   */
  readonly overwrite?: boolean | undefined;
}

/**
 * Rows `start ≤ i < end` of a banded matrix that have the same taps:
 * `y[i] = Σₖ taps[k] · x[i + lo + k]`. Without taps, the rows are zero. Elements that a tap of 0
 * would multiply are not read.
 */
export interface BandSegment {
  readonly start: number;
  readonly end: number;
  readonly lo: number;
  readonly taps: readonly number[];
}

/**
 * A banded matrix that is applied along one axis of a block. Indices of `segments` are local to the
 * block. Indices below 0 are read from `front` and those above n − 1 from `back`. Both hold the
 * neighbouring cells of the axis as arrays `[outer, width, inner]`: the last cell of `front` has
 * index −1, the first of `back` has index n.
 */
export interface AxisBand<S extends AnyStorage = Storage> {
  readonly axis: number;
  readonly segments: readonly BandSegment[];
  readonly front?: Elements<S> | undefined;
  readonly back?: Elements<S> | undefined;
}

/** `y ← Σ bands(x)`, or `y ← y + Σ bands(x)` if `mode` is `'add'`. */
export interface Stencil<S extends AnyStorage = Storage> {
  readonly shape: Shape;
  readonly bands: readonly AxisBand<S>[];
  readonly mode: 'set' | 'add';
  /**
   * If given, only outputs with `start ≤ index < end` along `axis` are computed. The others keep
   * their values.
   */
  readonly range?: { readonly axis: number; readonly start: number; readonly end: number } | undefined;
}

/** A stencil for arrays of one dtype, which {@link Backend.prepareStencil} returns. */
export interface PreparedStencil<S extends AnyStorage = Storage> extends Stencil<S> {
  readonly dtype: DType;
}

/**
 * Forward: `y[i] = Σⱼ h[j] · x[i + offset − j]`, zero outside x. Adjoint:
 * `y[i] = Σⱼ conj(h[j]) · x[i − offset + j]`. All shapes have the same number of axes; `hShape` is
 * 1 along an axis without convolution. The shape of the output is free.
 */
export interface Convolution {
  readonly xShape: Shape;
  readonly hShape: Shape;
  readonly yShape: Shape;
  readonly offset: readonly number[];
  readonly direction: 'forward' | 'adjoint';
}

/**
 * A sparse matrix along one axis, with `width` entries in each row:
 * `y[o, i, j] = Σₖ weights[i, k] · x[o, index[i, k], j]` with x `[outer, nx, inner]` and y
 * `[outer, ny, inner]`. Entries with a negative index are skipped. Absent weights are 1.
 */
export interface IndexTable<S extends AnyStorage = Storage> {
  readonly outer: number;
  readonly nx: number;
  readonly ny: number;
  readonly inner: number;
  readonly width: number;
  /**
   * `[ny, width]`, int32. If nx is larger than 2^31 it is float64, on backends that have such
   * arrays.
   */
  readonly index: Elements<S>;
  /** `[ny, width]`, of the dtype of x or of its real dtype. */
  readonly weights?: Elements<S> | undefined;
}

/** The decompositions of matrices. Native code has the same order. */
export const DECOMPOSITIONS = ['lu', 'cholesky', 'qr', 'svd', 'eigh', 'eig'] as const;
/** One of {@link DECOMPOSITIONS}. */
export type Decomposition = (typeof DECOMPOSITIONS)[number];

/** Matrices `[count, rows, columns]`, one after another, each row by row. */
export interface Matrices {
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  /** Whether `qr` and `svd` give square factors. @default false */
  readonly full?: boolean;
  /** Whether `eigh` reads the lower triangle, and not the upper one. @default true */
  readonly lower?: boolean;
}

/**
 * A sparse matrix of `[ny, nx]` in compressed rows, times a matrix x of `[nx, inner]`:
 * `y[i, j] = Σₑ values[e] · x[columns[e], j]` over the entries `starts[i] ≤ e < starts[i + 1]` of
 * row i.
 */
export interface SparseProduct<S extends AnyStorage = Storage> {
  readonly nx: number;
  readonly ny: number;
  readonly inner: number;
  /** int32, `[ny + 1]`, ascending, from 0 to the number of entries. */
  readonly starts: Elements<S>;
  /** int32, `[entries]`, from 0 to `nx − 1`. */
  readonly columns: Elements<S>;
  /** `[entries]`, of the dtype of x or of its real dtype. */
  readonly values: Elements<S>;
  /** Whether the sums replace y or are added to it. */
  readonly mode: 'set' | 'add';
}

/** What {@link Kernels.transposeRows} writes: int32 arrays. Elements that are not used are −1. */
export interface PlacesInOrder<S extends AnyStorage = Storage> {
  /** Where the places of each row begin, `[rows + 1]`: the last one is their number. */
  readonly starts: Elements<S>;
  /** `[entries]`: the columns of each row, ascending, each once. */
  readonly columns: Elements<S>;
  /** `[entries]`: the numbers of the given entries, sorted by their places. */
  readonly order: Elements<S>;
}

/** What {@link Kernels.compressRows} writes. */
export interface CompressedPlaces<S extends AnyStorage = Storage> extends PlacesInOrder<S> {
  /** `[entries]`: the position in `columns` of entry `order[k]`, equal for entries of one place. */
  readonly slots: Elements<S>;
}

/**
 * The curves of image points in traces of `nt` samples. The curve of point i crosses the trace (s,
 * r) at `v = srcs[s, i] + recs[r, i]`, between the samples `⌊v⌋` and `⌊v⌋ + 1`. A trace with `v`
 * outside of `0 ≤ v < nt − 1` is skipped.
 */
export interface Curves<S extends AnyStorage = Storage> {
  readonly points: number;
  readonly ns: number;
  readonly nr: number;
  readonly nt: number;
  /** In samples, float64: `[ns, points]` and `[nr, points]`. */
  readonly srcs: Elements<S>;
  readonly recs: Elements<S>;
  /** `[ns, nr, points]` of the real dtype of the data. Absent amplitudes are 1. */
  readonly amplitudes?: Elements<S> | undefined;
}

/**
 * Windows around elements: `y[i]` is the element with `rank` smaller or equal ones before it among
 * `x[i + offsets[k]]` in ascending order, NaN last. All offsets lie between 0 and
 * `xShape − yShape` along each axis.
 */
export interface OrderFilter {
  readonly xShape: Shape;
  readonly yShape: Shape;
  readonly offsets: readonly (readonly number[])[];
  /** From 0 to the number of offsets − 1. */
  readonly rank: number;
}

/** The largest order of splines. */
export const MOST_SPLINE_ORDER = 5;

/**
 * Sums of B-splines at points: `y[p] = Σ x[j₁, …] β(c₁[p] − j₁) ⋯` with the B-spline β of an order
 * from 0 to 5 and the coordinates c, in samples of x. Coefficients outside of x are those at its
 * ends. Points with a coordinate of NaN have the value `fill`.
 */
export interface SplineSum {
  readonly shape: Shape;
  readonly order: number;
  readonly points: number;
  readonly fill: Scalar;
}

/**
 * Random numbers for a box of a global array. The number of an element is a function of the seed,
 * the distribution, the draw and the element's index in the global array. Both parts of a complex
 * element have the distribution. The parameters are two numbers, or arrays with one for each
 * element (float32 or float64):
 *
 * | | |
 * |---|---|
 * | `uniform` | a + (b − a) u with u in [0, 1) |
 * | `normal` | mean, standard deviation |
 * | `integers` | the least, and the number of integers, at most 2³²: not arrays |
 * | `exponential` | scale; b is not used |
 * | `gamma` | shape, scale |
 * | `poisson` | mean; b is not used |
 *
 * Elements with parameters outside of the definition are NaN, or 0 in int32.
 */
export interface RandomDraw<S extends AnyStorage = Storage> {
  readonly distribution: Distribution;
  /** From 0 to 2⁵³ − 1. */
  readonly seed: number;
  /** The number of the draw, from 0 to 2³² − 1. */
  readonly draw: number;
  /** The shape of the box. */
  readonly shape: Shape;
  /** The index of the first element of the box, and the strides of the global array. */
  readonly start: number;
  readonly strides: readonly number[];
  readonly parameters: readonly [Elements<S> | number, Elements<S> | number];
}

/**
 * Convolution with filters that change along an axis. The filter of sample i is
 * `hᵢ = (1 − w[i]) bank[f] + w[i] bank[f + 1]` with `f = first[i]`; `bank[f + 1]` is not read if f
 * is the last filter. Forward: `y[o, i + k − offset, j] = Σ hᵢ[k] · x[o, i, j]` with the model x
 * `[outer, nx, inner]` and the data y `[outer, ny, inner]`; indices outside of y are dropped.
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
  /** int32, `[nx]`: values from 0 to `filters − 1`. */
  readonly first: Elements<S>;
  /** `[nx]`, of the real dtype of the data. */
  readonly weights: Elements<S>;
  readonly direction: 'forward' | 'adjoint';
}

/** One value of a {@link Program}. `x`, `y` and `condition` are positions of earlier values. */
export type Instruction = { readonly dtype: DType } & (
  | { readonly op: 'input'; readonly input: number }
  | { readonly op: 'constant'; readonly value: Scalar }
  /** The element's index in the whole array, or the size of the whole array. */
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
 * The computation of each element, as instructions in order. Every value is used. Every instruction
 * is a kernel of the backend with the same dtypes and the same rounding. Therefore a program can
 * run one kernel after another, or in one pass.
 */
export interface Program {
  readonly inputs: readonly ProgramInput[];
  readonly instructions: readonly Instruction[];
  /** The positions of the results in `instructions`. */
  readonly outputs: readonly number[];
}

/**
 * The position of a call's elements in the whole array. `start` is the index of the first one,
 * `size` the size of the whole array.
 */
export interface ProgramRange {
  readonly start: number;
  readonly size: number;
}

/** The operations that reduce the values of a program. */
export const FOLDS = ['sum', 'prod', 'max', 'min'] as const;
/** One of {@link FOLDS}. */
export type Fold = (typeof FOLDS)[number];

/** The memory use of a backend, which tests count. */
export interface MemoryStats {
  /** Storages that were allocated. */
  readonly allocations: number;
  /** Those of them for which the pool had no memory. */
  readonly poolMisses: number;
  /** The bytes of live storages; `pooledBytes` are those that the pool keeps. */
  readonly liveBytes: number;
  readonly pooledBytes: number;
  /**
   * Kernels that ran on the host, because the device lacks them or refused the operation or the
   * dtype.
   */
  readonly hostFallbacks: number;
}

/**
 * The kernels. They are local to one rank and independent of MPI. They write into the storages of
 * their arguments, and may run later than the call: only those that return values wait. Unless
 * stated otherwise, all operands have one dtype. The output of elementwise kernels and of
 * `linearCombination` may be exactly one of the inputs. In all other cases it must not overlap
 * them.
 *
 * The reference kernels in `src/cpu/reference` define each kernel. `lops-mpi/testing` exports the
 * suite that compares any backend with them.
 * @typeParam S the storages of the operands
 */
export interface Kernels<S extends AnyStorage = Storage> {
  copy(x: Elements<S>, y: Elements<S>): void;
  /** `y[…] ← x[…]`, or `+=`, over the N-dimensional index range of `shape`. */
  stridedCopy(shape: Shape, x: Strided<S>, y: Strided<S>, mode: 'set' | 'add'): void;
  fill(y: Elements<S>, value: Scalar): void;
  /**
   * Converts the dtype. Real → complex sets imaginary parts to zero, complex → real takes the real
   * part, float → int32 truncates, any number but 0 → bool is true.
   */
  cast(x: Elements<S>, y: Elements<S>): void;

  // Elementwise
  unary(op: UnaryOp, x: Elements<S>, y: Elements<S>): void;
  /** `z ← x op y`. One of x and y may be a scalar. Comparisons write {@link FLAG_DTYPE}. */
  binary(op: BinaryOp, x: Elements<S> | Scalar, y: Elements<S> | Scalar, z: Elements<S>): void;
  /** `z ← condition ? x : y`, with a condition of {@link FLAG_DTYPE}. */
  where(condition: Elements<S>, x: Elements<S> | Scalar, y: Elements<S> | Scalar, z: Elements<S>): void;
  /**
   * `y ← Σ coefficients[k] · xs[k]`; y may be any of xs. An x with coefficient 0 is not read.
   * Coefficients 1 and −1 add and subtract. Any other coefficient is a complex factor if the dtype
   * is complex: as in NumPy, a real multiple of ∞ + i is ∞ + NaN i. Real dtypes need real
   * coefficients.
   */
  linearCombination(coefficients: readonly Scalar[], xs: readonly Elements<S>[], y: Elements<S>): void;
  /**
   * Shrinks moduli and keeps phases. soft: max(|x| − t, 0). hard: 0 if |x| ≤ √(2t). half: 0 if |x|
   * ≤ 54^⅓/4 t^⅔, otherwise ⅔ x (1 + cos(2π/3 − ⅔ arccos(t/8 (|x|/3)^−1.5))).
   */
  threshold(kind: 'soft' | 'hard' | 'half', t: number, x: Elements<S>, y: Elements<S>): void;

  // Reductions have wide accumulators and return the same bits at every call
  /**
   * Computes several inner products in one pass. Waits.
   * @returns `[re, im, re, im, …]`; im is 0 for real dtypes
   */
  dots(products: readonly InnerProduct<S>[]): Float64Array;
  /** Reduces all elements. `parameter` is p of sumPower and countAtMost. Waits. */
  reduce(op: ReduceKernel, x: Elements<S>, parameter?: number): Scalar;
  /**
   * Reduces the middle axis of `[outer, n, inner]`; int32 modulo 2^32. y is `[outer, inner]`, of
   * the dtype that `reduceResult` of `kernel-dtypes.ts` gives.
   */
  reduceAxis(op: ReduceKernel, x: Elements<S>, extents: Extents, y: Elements<S>, parameter?: number): void;
  /**
   * The first position of the largest (smallest) value, for complex data of the largest (smallest)
   * modulus. −1 for no elements. A NaN counts as the extreme. Waits.
   */
  argExtreme(op: 'max' | 'min', x: Elements<S>): number;
  /**
   * As {@link Kernels.argExtreme}, along the middle axis of `[outer, n, inner]`, which is not
   * empty. y is `[outer, inner]`, int32, or float64 for lines of more than 2^31 elements.
   */
  argExtremeAxis(op: 'max' | 'min', x: Elements<S>, extents: Extents, y: Elements<S>): void;
  /** The k-th smallest value of real data; k counts from 0. Waits. */
  kthSmallest(x: Elements<S>, k: number): number;
  /**
   * Running results along the middle axis, in float64: `y[i] = x[0] op x[1] op … op x[i]`. Those of
   * int32 are modulo 2^32, as long as the results are exact in float64.
   */
  accumulate(op: Accumulation, x: Elements<S>, extents: Extents, y: Elements<S>): void;
  /**
   * Sorts real numbers along the middle axis, ascending: -0 before 0, NaN last. y may be exactly x.
   * @param places if given, different places in the line, ascending: only the numbers at them
   * must be those of the sorted line, none before one of them is larger, and none after it is
   * smaller
   */
  sort(x: Elements<S>, extents: Extents, y: Elements<S>, places?: readonly number[]): void;
  /**
   * The positions of real numbers in their lines along the middle axis, in the order of the
   * numbers: `x[y[i]]` ascends. NaN comes last. Equal numbers, such as -0 and 0, keep their order.
   * y is int32, or float64 for lines of more than 2^31 numbers.
   */
  argsort(x: Elements<S>, extents: Extents, y: Elements<S>): void;

  // Positions and counts
  /**
   * Writes the positions of the true elements of x, which has {@link FLAG_DTYPE}, in ascending
   * order: the first `y.size` of them. y is int32, or float64 if x is longer than 2^31.
   */
  truePositions(x: Elements<S>, y: Elements<S>): void;
  /**
   * `y[i] ←` the number of elements of `sorted` that are less than `x[i]`, or for `'right'` not
   * greater. Real dtypes. NaN is greater than all other numbers, and equal to NaN. y is int32, or
   * float64 if `sorted` has 2^31 elements or more. If `sorted` does not ascend, y is undefined.
   */
  searchSorted(sorted: Elements<S>, x: Elements<S>, side: SearchSide, y: Elements<S>): void;
  /** `y[x[i]] += 1`, for int32 x and y. Elements of x that are not positions in y are skipped. */
  countInto(x: Elements<S>, y: Elements<S>): void;

  // Linear algebra and signal kernels
  matmul(a: Elements<S>, b: Elements<S>, c: Elements<S>, spec: MatMul): void;
  /**
   * Decomposes matrices of floats into parts: see `decompositions.ts`. Parts that are not wanted
   * are undefined. Returns the number of the first matrix that has no decomposition, or -1:
   * `cholesky`, it is not positive definite; `svd`, `eigh`, `eig`, it is not finite, or there is no
   * convergence; `lu`, it is singular, but its parts are there. Waits. x must not overlap the
   * parts. By LAPACK: there are no reference loops.
   */
  decompose(
    kind: Decomposition,
    x: Elements<S>,
    parts: readonly (Elements<S> | undefined)[],
    of: Matrices,
  ): number;
  /**
   * Solves `A X = B` with the parts of `lu`; X overwrites B, which has `of.count` matrices of
   * `of.rows` rows and `of.columns` columns. A singular matrix gives infinities or NaN.
   */
  solveLu(factors: Elements<S>, pivots: Elements<S>, b: Elements<S>, of: Matrices): void;
  fft(x: Elements<S>, y: Elements<S>, plan: FftPlan): void;
  stencil(x: Elements<S>, y: Elements<S>, stencil: PreparedStencil<S>): void;
  convolve(x: Elements<S>, h: Elements<S>, y: Elements<S>, convolution: Convolution): void;
  /** Real dtypes. */
  orderFilter(x: Elements<S>, y: Elements<S>, filter: OrderFilter): void;
  /**
   * `coordinates` is `[axes of x, points]`, of float64 or float32. x and y: floats of one dtype.
   */
  splineSum(x: Elements<S>, coordinates: Elements<S>, y: Elements<S>, sum: SplineSum): void;
  /**
   * `y[o, i, j] ← Σ weights[i, k] · x[o, index[i, k], j]`. Negative indices are skipped. With a
   * width of 1 and without weights, elements are copied bit by bit.
   */
  gather(x: Elements<S>, y: Elements<S>, table: IndexTable<S>): void;
  /**
   * `x[o, index[i], j] ← y[o, i, j]`: the last of equal indices counts, and negative ones are
   * skipped. For tables of width 1 without weights. The other elements of x stay as they are.
   */
  put(y: Elements<S>, x: Elements<S>, table: IndexTable<S>): void;
  /**
   * The adjoint of gather: `x[o, index[i, k], j] += conj(weights[i, k]) · y[o, i, j]`, in a fixed
   * order.
   */
  scatterAdd(y: Elements<S>, x: Elements<S>, table: IndexTable<S>): void;

  /** A sparse matrix times a matrix: see {@link SparseProduct}. A sum is rounded once. */
  sparseProduct(x: Elements<S>, y: Elements<S>, product: SparseProduct<S>): void;
  /**
   * Brings the entries of a sparse matrix into compressed rows: entry e is in row `rows[e]` and
   * column `columns[e]`, in any order. All arrays are int32. Entries of one place keep their order,
   * and those of rows that `to` has not are left out.
   */
  compressRows(rows: Elements<S>, columns: Elements<S>, to: CompressedPlaces<S>): void;
  /**
   * As `compressRows`, for the transpose of a matrix in compressed rows, which has each place once:
   * `starts` ascends from 0 to the number of entries, and entry e is in column `columns[e]`, which
   * is a row of `to`.
   */
  transposeRows(starts: Elements<S>, columns: Elements<S>, to: PlacesInOrder<S>): void;

  // Curves and varying filters
  /**
   * `traces[s, r, ⌊v⌋ + (0, 1)] += a (1 − w, w) · image[i]` with the fraction `w = v − ⌊v⌋`, for
   * traces `[ns, nr, nt]`.
   */
  spreadCurves(image: Elements<S>, traces: Elements<S>, curves: Curves<S>): void;
  /**
   * The adjoint of spreadCurves:
   * `image[i] = Σ a ((1 − w) traces[s, r, ⌊v⌋] + w traces[s, r, ⌊v⌋ + 1])` over all traces.
   */
  sumCurves(traces: Elements<S>, image: Elements<S>, curves: Curves<S>): void;
  /**
   * Computes `to` from `from`. `to` is the data in the forward direction, the model in the adjoint.
   * A filter that the bank does not have is an error on the CPU; devices take the nearest one.
   */
  convolveVarying(
    from: Elements<S>,
    bank: Elements<S>,
    to: Elements<S>,
    convolution: VaryingConvolution<S>,
  ): void;

  /**
   * Writes random numbers. `uniform`, `normal`, `exponential` and `gamma` have float and complex
   * dtypes, `integers` int32 and bool, `poisson` float32, float64 and int32. All backends return
   * the same bits.
   */
  random(y: Elements<S>, draw: RandomDraw<S>): void;

  // A backend without the kernels of programs runs the kernels above one after another
  /** Runs a program in one pass over memory. An output may be exactly one of the inputs. */
  program(
    program: Program,
    inputs: readonly (Elements<S> | Scalar)[],
    outputs: readonly Elements<S>[],
    range: ProgramRange,
  ): void;
  /** Reduces the only output of a program over `n` elements without storing this output. Waits. */
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

/** The position of the argument that a kernel writes; undefined for kernels that return a value. */
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
  argExtremeAxis: 3,
  kthSmallest: undefined,
  accumulate: 3,
  sort: 2,
  argsort: 2,
  truePositions: 1,
  searchSorted: 3,
  countInto: 1,
  matmul: 2,
  decompose: 2,
  solveLu: 2,
  fft: 1,
  stencil: 1,
  convolve: 2,
  orderFilter: 1,
  splineSum: 2,
  gather: 1,
  put: 1,
  scatterAdd: 1,
  sparseProduct: 1,
  compressRows: 2,
  transposeRows: 2,
  spreadCurves: 1,
  sumCurves: 1,
  convolveVarying: 2,
  random: 0,
  program: 2,
  programReduce: undefined,
};

/**
 * The functions of a device that arrays, operators and solvers use. `CheckedBackend` makes a
 * backend from memory and kernels.
 */
export interface Backend extends Kernels {
  readonly name: string;
  /** The dtypes of arrays on this backend. */
  readonly dtypes: readonly DType[];
  readonly defaultDType: DType;
  /**
   * For devices with little memory. Until the returned function is called, allocations that do not
   * fit are made in slower memory. Then all ranks of a collective set-up reach its end. The
   * returned function returns a description of what did not fit, or ''. Calls may be nested.
   */
  overcommit?(): () => string;

  // Memory
  /**
   * Allocates memory with undefined contents.
   * @throws `BackendError` for a dtype that the backend does not support
   */
  alloc(dtype: DType, length: number): Storage;
  /** Releases a storage, which must not be used again. A second release does nothing. */
  release(storage: Storage): void;
  /**
   * Copies host values (complex: pairs) into `to`. The host array may be changed after the call.
   */
  upload(from: HostArray, to: Elements): void;
  /** Waits, and copies the elements into `to`, or into a new typed array. */
  download(from: Elements, to?: HostArray): HostArray;
  /** Waits until all kernels that were called before are done. */
  synchronize(): void;
  stats(): MemoryStats;
  /**
   * Prepares a stencil for arrays of `dtype` on this backend: checks it, and computes once what
   * each call needs. The stencil may not be changed afterwards. The ghost cells must not be
   * released before the last call; each call reads their present values.
   */
  prepareStencil(dtype: DType, stencil: Stencil): PreparedStencil;
  /**
   * Whether the device has this kernel. A kernel that it lacks runs on the host, with copies of its
   * operands. Operators can choose other kernels then.
   */
  has(kernel: KernelName): boolean;
}
