import type { ComplexDType, DType, HostArray } from '../core/base/dtype.js';
import type { Shape } from '../core/base/shape.js';
import type {
  BandSegment,
  BinaryOp,
  Convolution,
  FftPlan,
  MatMul,
  ReduceKernel,
  UnaryOp,
  VaryingConvolution,
} from '../core/ports/backend.js';

/**
 * One axis of a stencil, its ghosts as typed arrays. Widths are in cells of the axis, 0 where there
 * are none.
 */
export interface CpuBand {
  readonly axis: number;
  readonly segments: readonly BandSegment[];
  readonly front: HostArray | undefined;
  readonly frontOffset: number;
  readonly frontWidth: number;
  readonly back: HostArray | undefined;
  readonly backOffset: number;
  readonly backWidth: number;
}

export interface CpuStencil {
  readonly shape: Shape;
  readonly bands: readonly CpuBand[];
  readonly mode: 'set' | 'add';
  /**
   * Outputs with `start ≤ index < end` along `axis`: the whole of axis 0 where nothing else was
   * asked for.
   */
  readonly axis: number;
  readonly start: number;
  readonly end: number;
}

/** An index table with its typed arrays. */
export interface CpuIndexTable {
  readonly outer: number;
  readonly nx: number;
  readonly ny: number;
  readonly inner: number;
  readonly width: number;
  readonly index: Int32Array | Float64Array;
  readonly indexOffset: number;
  readonly weights: HostArray | undefined;
  readonly weightsOffset: number;
  /** Weights are interleaved pairs. */
  readonly complexWeights: boolean;
}

/** Curves with their typed arrays. */
export interface CpuCurves {
  readonly points: number;
  readonly ns: number;
  readonly nr: number;
  readonly nt: number;
  readonly srcs: HostArray;
  readonly srcsOffset: number;
  readonly recs: HostArray;
  readonly recsOffset: number;
  readonly amplitudes: HostArray | undefined;
  readonly amplitudesOffset: number;
}

/** Filters that change along an axis, with their typed arrays. */
export interface CpuVaryingConvolution extends Omit<VaryingConvolution, 'first' | 'weights'> {
  readonly first: Int32Array;
  readonly firstOffset: number;
  readonly weights: HostArray;
  readonly weightsOffset: number;
}

/**
 * The inner loops of the CPU backend, each of which an addon may replace. What a kernel computes is
 * said in `core/backend.ts` and defined by the loops in `cpu/reference`.
 *
 * Memory is always a typed array and an offset: `x, xo` is the array of a whole storage (complex:
 * interleaved pairs; its own `byteOffset` may be non-zero) and the first *element* to use, so
 * complex kernels start at lane `2 * xo`. The arrays' types agree with `dtype`; sizes, offsets and
 * overlap were checked by the caller. Kernels keep no reference to any argument.
 */
export interface CpuKernels {
  copy(dtype: DType, n: number, x: HostArray, xo: number, y: HostArray, yo: number): void;
  /** `add` for `+=`; starts and strides in elements. */
  stridedCopy(
    dtype: DType,
    shape: Shape,
    x: HostArray,
    xStart: number,
    xStrides: readonly number[],
    y: HostArray,
    yStart: number,
    yStrides: readonly number[],
    add: boolean,
  ): void;
  fill(dtype: DType, n: number, re: number, im: number, y: HostArray, yo: number): void;
  cast(xDType: DType, yDType: DType, n: number, x: HostArray, xo: number, y: HostArray, yo: number): void;

  /** `dtype` is that of x. */
  unary(op: UnaryOp, dtype: DType, n: number, x: HostArray, xo: number, y: HostArray, yo: number): void;
  /**
   * `z[i] ← x[i · xStep] op y[i · yStep]`, steps 1, or 0 for a scalar that lies in memory. `dtype`
   * is that of x and y; comparisons write an Int32Array.
   */
  binary(
    op: BinaryOp,
    dtype: DType,
    n: number,
    x: HostArray,
    xo: number,
    xStep: number,
    y: HostArray,
    yo: number,
    yStep: number,
    z: HostArray,
    zo: number,
  ): void;
  where(
    dtype: DType,
    n: number,
    condition: Int32Array,
    co: number,
    x: HostArray,
    xo: number,
    xStep: number,
    y: HostArray,
    yo: number,
    yStep: number,
    z: HostArray,
    zo: number,
  ): void;
  /** `y ← a x`; y may be x. */
  scale(
    dtype: DType,
    n: number,
    aRe: number,
    aIm: number,
    x: HostArray,
    xo: number,
    y: HostArray,
    yo: number,
  ): void;
  /** `z ← a x + b y`; z may be x or y. */
  axpby(
    dtype: DType,
    n: number,
    aRe: number,
    aIm: number,
    x: HostArray,
    xo: number,
    bRe: number,
    bIm: number,
    y: HostArray,
    yo: number,
    z: HostArray,
    zo: number,
  ): void;
  /**
   * `y ← Σ coefficients[k] xs[k]` for three terms and more; coefficients are pairs, y may be any of
   * xs.
   */
  linearCombination(
    dtype: DType,
    n: number,
    coefficients: Float64Array,
    xs: readonly HostArray[],
    xos: readonly number[],
    y: HostArray,
    yo: number,
  ): void;
  threshold(
    kind: 'soft' | 'hard' | 'half',
    t: number,
    dtype: DType,
    n: number,
    x: HostArray,
    xo: number,
    y: HostArray,
    yo: number,
  ): void;

  /** Writes re and im to `out[at]` and `out[at + 1]`. */
  dot(
    dtype: DType,
    n: number,
    x: HostArray,
    xo: number,
    y: HostArray,
    yo: number,
    conjugate: boolean,
    out: Float64Array,
    at: number,
  ): void;
  /** Writes re and im (0 for real results) to `out[0]` and `out[1]`. */
  reduce(
    op: ReduceKernel,
    dtype: DType,
    n: number,
    x: HostArray,
    xo: number,
    parameter: number,
    out: Float64Array,
  ): void;
  reduceAxis(
    op: ReduceKernel,
    dtype: DType,
    outer: number,
    n: number,
    inner: number,
    x: HostArray,
    xo: number,
    parameter: number,
    y: HostArray,
    yo: number,
  ): void;
  argExtreme(op: 'max' | 'min', dtype: DType, n: number, x: HostArray, xo: number): number;
  kthSmallest(dtype: DType, n: number, x: HostArray, xo: number, k: number): number;
  cumsum(
    dtype: DType,
    outer: number,
    n: number,
    inner: number,
    x: HostArray,
    xo: number,
    y: HostArray,
    yo: number,
  ): void;

  matmul(
    dtype: DType,
    a: HostArray,
    ao: number,
    b: HostArray,
    bo: number,
    c: HostArray,
    co: number,
    spec: MatMul,
  ): void;
  /** `dtype` is that of the complex side. */
  fft(dtype: ComplexDType, x: HostArray, xo: number, y: HostArray, yo: number, plan: FftPlan): void;
  stencil(dtype: DType, x: HostArray, xo: number, y: HostArray, yo: number, stencil: CpuStencil): void;
  convolve(
    dtype: DType,
    x: HostArray,
    xo: number,
    h: HostArray,
    ho: number,
    y: HostArray,
    yo: number,
    convolution: Convolution,
  ): void;
  gather(dtype: DType, x: HostArray, xo: number, y: HostArray, yo: number, table: CpuIndexTable): void;
  scatterAdd(dtype: DType, y: HostArray, yo: number, x: HostArray, xo: number, table: CpuIndexTable): void;
  spreadCurves(
    dtype: DType,
    image: HostArray,
    io: number,
    traces: HostArray,
    to: number,
    curves: CpuCurves,
  ): void;
  sumCurves(
    dtype: DType,
    traces: HostArray,
    to: number,
    image: HostArray,
    io: number,
    curves: CpuCurves,
  ): void;
  convolveVarying(
    dtype: DType,
    from: HostArray,
    fo: number,
    bank: HostArray,
    bo: number,
    to: HostArray,
    tOffset: number,
    convolution: CpuVaryingConvolution,
  ): void;
}
