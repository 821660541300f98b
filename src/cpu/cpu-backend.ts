import { im, isZero, re, type Scalar, scalarOf } from '../core/base/complex.js';
import {
  bytesOf,
  checkDType,
  DTYPES,
  type DType,
  dtypeOf,
  type HostArray,
  hostArray,
  hostView,
  isComplex,
  lanesOf,
  realOf,
} from '../core/base/dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../core/base/errors.js';
import { checkOptions } from '../core/base/options.js';
import { around, type Shape } from '../core/base/shape.js';
import { textOf } from '../core/base/text-of.js';
import { composeProgram, composeReduction } from '../core/expressions/compose.js';
import type {
  Backend,
  BinaryOp,
  Convolution,
  Curves,
  Elements,
  Extents,
  FftPlan,
  Fold,
  IndexTable,
  InnerProduct,
  MatMul,
  MemoryStats,
  Program,
  ProgramInput,
  ProgramRange,
  ReduceKernel,
  Stencil,
  Storage,
  Strided,
  UnaryOp,
  VaryingConvolution,
} from '../core/ports/backend.js';
import { binaryResult, checkStorable, reduceResult, unaryResult } from '../core/ports/kernel-dtypes.js';
import {
  binaryDType,
  checkCoefficients,
  checkHost,
  checkIndices,
  checkKth,
  checkLength,
  checkPlaces,
  checkRun,
  checkThreshold,
  disposedStorage,
  fftDType,
  foreignStorage,
  isElements,
} from '../core/ports/kernel-operands.js';
import {
  checkConvolution,
  checkMatMul,
  checkReach,
  checkStencil,
  checkWalk,
  fftSizes,
  sizeOf,
} from '../core/ports/kernel-sizes.js';
import { CpuStorage } from './cpu-storage.js';
import type { CpuBand, CpuCurves, CpuIndexTable, CpuKernels } from './kernels.js';
import { Pool } from './pool.js';
import { type CpuOperands, reduceProgram, runProgram, scalarOperand } from './programs.js';
import { referenceKernels } from './reference/index.js';

export interface CpuBackendOptions {
  /** Kernels that replace the reference ones. */
  readonly kernels?: Partial<CpuKernels>;
  /** Default 'cpu'. */
  readonly name?: string;
  /** Most bytes of released memory to keep; default a quarter of the machine's. */
  readonly poolBytes?: number;
  /** The address of a buffer modulo 64, for aligned memory; only native code can see it. */
  readonly addressOf?: (buffer: ArrayBuffer) => number;
}

/** Memory for scalar operands: a scalar is an array that is walked with step 0. */
function scalarSlots(): Record<DType, HostArray> {
  return Object.fromEntries(DTYPES.map((dtype) => [dtype, hostArray(dtype, 1)])) as Record<DType, HostArray>;
}

/**
 * Where a process may make no code (`--disallow-code-generation-from-strings`), one kernel after
 * another.
 */
function orComposed<R>(generated: () => R, composed: () => R): R {
  try {
    return generated();
  } catch (error) {
    if (error instanceof EvalError) return composed();
    throw error;
  }
}

/** Arrays in host memory. Kernels have run when their call returns. */
export class CpuBackend implements Backend {
  readonly name: string;
  readonly dtypes: readonly DType[] = DTYPES;
  readonly defaultDType: DType = 'float64';
  readonly #kernels: CpuKernels;
  readonly #pool: Pool;
  readonly #left = scalarSlots();
  readonly #right = scalarSlots();
  readonly #result = new Float64Array(2);
  /** Storages that were dropped without being released no longer hold memory. */
  readonly #dropped = new FinalizationRegistry<number>((bytes) => {
    this.#liveBytes -= bytes;
  });
  #allocations = 0;
  #liveBytes = 0;

  constructor(options: CpuBackendOptions = {}) {
    checkOptions('CpuBackend', options, ['kernels', 'name', 'poolBytes', 'addressOf']);
    const { poolBytes } = options;
    if (poolBytes !== undefined && !(poolBytes >= 0))
      throw new ArgumentError(`expected poolBytes to be a number of bytes, received ${textOf(poolBytes)}`);
    this.name = options.name ?? 'cpu';
    this.#kernels = { ...referenceKernels, ...options.kernels };
    this.#pool = new Pool(poolBytes, options.addressOf);
  }

  alloc(dtype: DType, length: number): CpuStorage {
    checkDType(dtype);
    checkLength(length);
    const block = this.#pool.take(length * bytesOf(dtype));
    const storage = new CpuStorage(
      this,
      dtype,
      length,
      hostView(dtype, block.buffer, block.byteOffset, length),
      block,
    );
    this.#allocations += 1;
    this.#liveBytes += block.bytes;
    this.#dropped.register(storage, block.bytes, storage);
    return storage;
  }

  /**
   * A typed array of the user's as a storage, without copying; its memory never enters the pool.
   * Complex dtypes take interleaved pairs.
   */
  wrap(values: HostArray, dtype: DType = dtypeOf(values)): CpuStorage {
    if (realOf(dtype) !== dtypeOf(values))
      throw new DTypeError(`expected the typed array of ${dtype}, received one of ${dtypeOf(values)}`);
    const length = values.length / lanesOf(dtype);
    if (!Number.isInteger(length))
      throw new ShapeError(`expected pairs for ${dtype}, received ${values.length} numbers`);
    return new CpuStorage(this, dtype, length, values);
  }

  release(storage: Storage): void {
    const own = this.#own(storage);
    if (own.released) return;
    const { block, exposed } = own;
    own.detach();
    if (!block) return;
    this.#dropped.unregister(own);
    this.#liveBytes -= block.bytes;
    if (!exposed) this.#pool.give(block);
  }

  upload(from: HostArray, to: Elements): void {
    const y = this.#use(to);
    checkHost(from, to);
    y.values.set(from, to.offset * lanesOf(y.dtype));
  }

  download(from: Elements, to?: HostArray): HostArray {
    const x = this.#use(from);
    const lanes = lanesOf(x.dtype);
    const run = x.values.subarray(from.offset * lanes, (from.offset + from.size) * lanes);
    if (!to) return run.slice();
    checkHost(to, from);
    to.set(run);
    return to;
  }

  synchronize(): void {}

  stats(): MemoryStats {
    return {
      allocations: this.#allocations,
      poolMisses: this.#pool.misses,
      liveBytes: this.#liveBytes,
      pooledBytes: this.#pool.pooledBytes,
      hostFallbacks: 0,
    };
  }

  copy(x: Elements, y: Elements): void {
    const [from, to] = [this.#use(x), this.#use(y)];
    checkReach(y, x.size, from.dtype);
    this.#kernels.copy(from.dtype, x.size, from.values, x.offset, to.values, y.offset);
  }

  stridedCopy(shape: Shape, x: Strided, y: Strided, mode: 'set' | 'add'): void {
    const from = this.#use(x.elements);
    const to = this.#use(y.elements);
    if (sizeOf(shape) === 0) return;
    checkReach(y.elements, 0, from.dtype);
    for (const walk of [x, y]) checkWalk(shape, walk);
    const [xStart, yStart] = [x.elements.offset + x.start, y.elements.offset + y.start];
    this.#kernels.stridedCopy(
      from.dtype,
      shape,
      from.values,
      xStart,
      x.strides,
      to.values,
      yStart,
      y.strides,
      mode === 'add',
    );
  }

  fill(y: Elements, value: Scalar): void {
    const to = this.#use(y);
    checkStorable(value, to.dtype);
    this.#kernels.fill(to.dtype, y.size, re(value), im(value), to.values, y.offset);
  }

  cast(x: Elements, y: Elements): void {
    const [from, to] = [this.#use(x), this.#use(y)];
    checkReach(y, x.size);
    this.#kernels.cast(from.dtype, to.dtype, x.size, from.values, x.offset, to.values, y.offset);
  }

  unary(op: UnaryOp, x: Elements, y: Elements): void {
    const [from, to] = [this.#use(x), this.#use(y)];
    checkReach(y, x.size, unaryResult(op, from.dtype));
    this.#kernels.unary(op, from.dtype, x.size, from.values, x.offset, to.values, y.offset);
  }

  binary(op: BinaryOp, x: Elements | Scalar, y: Elements | Scalar, z: Elements): void {
    const to = this.#use(z);
    const dtype = binaryDType(op, x, y, to.dtype);
    checkReach(z, z.size, binaryResult(op, dtype));
    const [xs, xo, xStep] = this.#operand(x, dtype, z.size, this.#left);
    const [ys, yo, yStep] = this.#operand(y, dtype, z.size, this.#right);
    this.#kernels.binary(op, dtype, z.size, xs, xo, xStep, ys, yo, yStep, to.values, z.offset);
  }

  where(condition: Elements, x: Elements | Scalar, y: Elements | Scalar, z: Elements): void {
    const to = this.#use(z);
    const [xs, xo, xStep] = this.#operand(x, to.dtype, z.size, this.#left);
    const [ys, yo, yStep] = this.#operand(y, to.dtype, z.size, this.#right);
    checkReach(condition, z.size);
    this.#kernels.where(
      to.dtype,
      z.size,
      this.#integers(condition),
      condition.offset,
      xs,
      xo,
      xStep,
      ys,
      yo,
      yStep,
      to.values,
      z.offset,
    );
  }

  linearCombination(coefficients: readonly Scalar[], xs: readonly Elements[], y: Elements): void {
    const to = this.#use(y);
    const { dtype, values } = to;
    checkCoefficients(coefficients, dtype);
    let [first, second, terms] = [-1, -1, 0];
    for (let k = 0; k < xs.length; k++) {
      if (isZero(coefficients[k] as Scalar)) continue;
      checkReach(xs[k] as Elements, y.size, dtype);
      if (terms === 0) first = k;
      else second = k;
      terms += 1;
    }
    const n = y.size;
    if (terms === 0) return this.#kernels.fill(dtype, n, 0, 0, values, y.offset);
    if (terms > 2) return this.#combine(coefficients, xs, to, y);
    const [x, a] = [xs[first] as Elements, coefficients[first] as Scalar];
    const from = this.#use(x).values;
    if (terms === 1) {
      if (a !== 1) this.#kernels.scale(dtype, n, re(a), im(a), from, x.offset, values, y.offset);
      else if (from !== values || x.offset !== y.offset)
        this.#kernels.copy(dtype, n, from, x.offset, values, y.offset);
      return;
    }
    const [w, b] = [xs[second] as Elements, coefficients[second] as Scalar];
    this.#kernels.axpby(
      dtype,
      n,
      re(a),
      im(a),
      from,
      x.offset,
      re(b),
      im(b),
      this.#use(w).values,
      w.offset,
      values,
      y.offset,
    );
  }

  threshold(kind: 'soft' | 'hard' | 'half', t: number, x: Elements, y: Elements): void {
    const [from, to] = [this.#use(x), this.#use(y)];
    checkThreshold(from.dtype);
    checkReach(y, x.size, from.dtype);
    this.#kernels.threshold(kind, t, from.dtype, x.size, from.values, x.offset, to.values, y.offset);
  }

  dots(products: readonly InnerProduct[]): Float64Array {
    const out = new Float64Array(2 * products.length);
    let at = 0;
    for (const { x, y, conjugate } of products) {
      const [xs, ys] = [this.#use(x), this.#use(y)];
      checkReach(y, x.size, xs.dtype);
      this.#kernels.dot(xs.dtype, x.size, xs.values, x.offset, ys.values, y.offset, conjugate, out, at);
      at += 2;
    }
    return out;
  }

  reduce(op: ReduceKernel, x: Elements, parameter = 0): Scalar {
    const from = this.#use(x);
    const dtype = reduceResult(op, from.dtype);
    this.#kernels.reduce(op, from.dtype, x.size, from.values, x.offset, parameter, this.#result);
    return scalarOf(dtype, this.#result[0] as number, this.#result[1] as number);
  }

  reduceAxis(op: ReduceKernel, x: Elements, extents: Extents, y: Elements, parameter = 0): void {
    const [from, to] = [this.#use(x), this.#use(y)];
    const [outer, n, inner] = extents;
    checkReach(x, sizeOf(extents));
    checkReach(y, outer * inner, reduceResult(op, from.dtype));
    if (outer * inner === 0) return;
    this.#kernels.reduceAxis(
      op,
      from.dtype,
      outer,
      n,
      inner,
      from.values,
      x.offset,
      parameter,
      to.values,
      y.offset,
    );
  }

  argExtreme(op: 'max' | 'min', x: Elements): number {
    const from = this.#use(x);
    return this.#kernels.argExtreme(op, from.dtype, x.size, from.values, x.offset);
  }

  kthSmallest(x: Elements, k: number): number {
    const from = this.#use(x);
    checkKth(x, k);
    return this.#kernels.kthSmallest(from.dtype, x.size, from.values, x.offset, k);
  }

  cumsum(x: Elements, extents: Extents, y: Elements): void {
    const [from, to] = [this.#use(x), this.#use(y)];
    const [outer, n, inner] = extents;
    const size = sizeOf(extents);
    for (const e of [x, y]) checkReach(e, size, from.dtype);
    if (size === 0) return;
    this.#kernels.cumsum(from.dtype, outer, n, inner, from.values, x.offset, to.values, y.offset);
  }

  matmul(a: Elements, b: Elements, c: Elements, spec: MatMul): void {
    const [as, bs, cs] = [this.#use(a), this.#use(b), this.#use(c)];
    if (!checkMatMul(a, b, c, spec)) return;
    this.#kernels.matmul(cs.dtype, as.values, a.offset, bs.values, b.offset, cs.values, c.offset, spec);
  }

  fft(x: Elements, y: Elements, plan: FftPlan): void {
    const [from, to] = [this.#use(x), this.#use(y)];
    const [nx, ny] = fftSizes(plan);
    const dtype = fftDType(plan, x, y);
    checkReach(x, nx, plan.kind === 'r2c' ? realOf(dtype) : dtype);
    checkReach(y, ny, plan.kind === 'c2r' ? realOf(dtype) : dtype);
    this.#kernels.fft(dtype, from.values, x.offset, to.values, y.offset, plan);
  }

  stencil(x: Elements, y: Elements, stencil: Stencil): void {
    const [from, to] = [this.#use(x), this.#use(y)];
    const { shape, mode, range } = stencil;
    if (!checkStencil(x, y, stencil)) return;
    const bands = stencil.bands.map((band): CpuBand => {
      const [outer, , inner] = around(shape, band.axis);
      const cells = outer * inner;
      const widthOf = (ghost: Elements | undefined) => (ghost && cells > 0 ? ghost.size / cells : 0);
      return {
        axis: band.axis,
        segments: band.segments,
        front: band.front && this.#use(band.front).values,
        frontOffset: band.front?.offset ?? 0,
        frontWidth: widthOf(band.front),
        back: band.back && this.#use(band.back).values,
        backOffset: band.back?.offset ?? 0,
        backWidth: widthOf(band.back),
      };
    });
    const { axis, start, end } = range ?? { axis: 0, start: 0, end: shape[0] ?? 1 };
    this.#kernels.stencil(from.dtype, from.values, x.offset, to.values, y.offset, {
      shape,
      bands,
      mode,
      axis,
      start,
      end,
    });
  }

  convolve(x: Elements, h: Elements, y: Elements, convolution: Convolution): void {
    const [xs, hs, ys] = [this.#use(x), this.#use(h), this.#use(y)];
    if (!checkConvolution(x, h, y, convolution)) return;
    this.#kernels.convolve(
      ys.dtype,
      xs.values,
      x.offset,
      hs.values,
      h.offset,
      ys.values,
      y.offset,
      convolution,
    );
  }

  gather(x: Elements, y: Elements, table: IndexTable): void {
    const [from, to] = [this.#use(x), this.#use(y)];
    const { outer, nx, ny, inner } = table;
    checkReach(x, sizeOf([outer, nx, inner]));
    checkReach(y, sizeOf([outer, ny, inner]), from.dtype);
    if (outer * ny * inner === 0) return;
    this.#kernels.gather(from.dtype, from.values, x.offset, to.values, y.offset, this.#table(table));
  }

  scatterAdd(y: Elements, x: Elements, table: IndexTable): void {
    const [from, to] = [this.#use(y), this.#use(x)];
    const { outer, nx, ny, inner } = table;
    checkReach(x, sizeOf([outer, nx, inner]));
    checkReach(y, sizeOf([outer, ny, inner]), to.dtype);
    if (outer * nx * inner === 0) return;
    this.#kernels.scatterAdd(from.dtype, from.values, y.offset, to.values, x.offset, this.#table(table));
  }

  spreadCurves(image: Elements, traces: Elements, curves: Curves): void {
    const [from, to] = [this.#use(image), this.#use(traces)];
    if (!this.#checkCurves(image, traces, curves)) return;
    this.#kernels.spreadCurves(
      from.dtype,
      from.values,
      image.offset,
      to.values,
      traces.offset,
      this.#curves(curves),
    );
  }

  sumCurves(traces: Elements, image: Elements, curves: Curves): void {
    const [from, to] = [this.#use(traces), this.#use(image)];
    if (!this.#checkCurves(image, traces, curves)) return;
    this.#kernels.sumCurves(
      from.dtype,
      from.values,
      traces.offset,
      to.values,
      image.offset,
      this.#curves(curves),
    );
  }

  convolveVarying(from: Elements, bank: Elements, to: Elements, convolution: VaryingConvolution): void {
    const [x, h, y] = [this.#use(from), this.#use(bank), this.#use(to)];
    const { first, weights, outer, nx, ny, inner, filters, length, direction } = convolution;
    const [model, data] = direction === 'adjoint' ? [to, from] : [from, to];
    checkReach(model, sizeOf([outer, nx, inner]), x.dtype);
    checkReach(data, sizeOf([outer, ny, inner]), x.dtype);
    checkReach(bank, sizeOf([filters, length]), x.dtype);
    checkReach(first, nx, 'int32');
    checkReach(weights, nx, realOf(x.dtype));
    if (outer * inner * (direction === 'adjoint' ? nx : ny) === 0) return;
    this.#kernels.convolveVarying(
      x.dtype,
      x.values,
      from.offset,
      h.values,
      bank.offset,
      y.values,
      to.offset,
      {
        ...convolution,
        first: this.#integers(first),
        firstOffset: first.offset,
        weights: this.#use(weights).values,
        weightsOffset: weights.offset,
      },
    );
  }

  program(
    program: Program,
    inputs: readonly (Elements | Scalar)[],
    outputs: readonly Elements[],
    range: ProgramRange,
  ): void {
    const operands = this.#operands(program, inputs);
    const to = outputs.map((y) => this.#use(y).values);
    const places = outputs.map((y) => y.offset);
    orComposed(
      () => runProgram(program, operands, to, places, outputs[0]?.size ?? 0, range),
      () => composeProgram(this, program, inputs, outputs, range),
    );
  }

  programReduce(
    fold: Fold,
    program: Program,
    inputs: readonly (Elements | Scalar)[],
    n: number,
    range: ProgramRange,
  ): Scalar {
    const operands = this.#operands(program, inputs);
    return orComposed(
      () => reduceProgram(fold, program, operands, n, range, this.#kernels.reduce),
      () => composeReduction(this, fold, program, inputs, n, range),
    );
  }

  #operands(program: Program, inputs: readonly (Elements | Scalar)[]): CpuOperands {
    return {
      values: inputs.map((x, k) =>
        isElements(x) ? this.#use(x).values : scalarOperand(x, (program.inputs[k] as ProgramInput).dtype),
      ),
      offsets: inputs.map((x) => (isElements(x) ? x.offset : 0)),
    };
  }

  #own(storage: Storage): CpuStorage {
    if (storage instanceof CpuStorage && storage.backend === this) return storage;
    throw foreignStorage(storage, this.name);
  }

  #use(elements: Elements): CpuStorage {
    const storage = this.#own(elements.storage);
    if (storage.released) throw disposedStorage();
    checkRun(elements);
    return storage;
  }

  #operand(
    x: Elements | Scalar,
    dtype: DType,
    n: number,
    slots: Record<DType, HostArray>,
  ): readonly [HostArray, number, 0 | 1] {
    if (isElements(x)) {
      const { values } = this.#use(x);
      checkReach(x, n, dtype);
      return [values, x.offset, 1];
    }
    checkStorable(x, dtype);
    const slot = slots[dtype];
    slot[0] = re(x);
    if (isComplex(dtype)) slot[1] = im(x);
    return [slot, 0, 0];
  }

  #combine(coefficients: readonly Scalar[], xs: readonly Elements[], to: CpuStorage, y: Elements): void {
    const used = xs.map((x, k) => ({ x, c: coefficients[k] as Scalar })).filter(({ c }) => !isZero(c));
    this.#kernels.linearCombination(
      to.dtype,
      y.size,
      Float64Array.from(used.flatMap(({ c }) => [re(c), im(c)])),
      used.map(({ x }) => this.#use(x).values),
      used.map(({ x }) => x.offset),
      to.values,
      y.offset,
    );
  }

  #integers(elements: Elements): Int32Array {
    checkIndices(elements);
    return this.#use(elements).values as Int32Array;
  }

  #places(elements: Elements, n: number): Int32Array | Float64Array {
    checkPlaces(elements, n);
    return this.#use(elements).values as Int32Array | Float64Array;
  }

  #curves({ points, ns, nr, nt, srcs, recs, amplitudes }: Curves): CpuCurves {
    return {
      points,
      ns,
      nr,
      nt,
      srcs: this.#use(srcs).values,
      srcsOffset: srcs.offset,
      recs: this.#use(recs).values,
      recsOffset: recs.offset,
      amplitudes: amplitudes && this.#use(amplitudes).values,
      amplitudesOffset: amplitudes?.offset ?? 0,
    };
  }

  #checkCurves(
    image: Elements,
    traces: Elements,
    { points, ns, nr, nt, srcs, recs, amplitudes }: Curves,
  ): boolean {
    checkReach(image, sizeOf([points]));
    checkReach(traces, sizeOf([ns, nr, nt]), image.storage.dtype);
    checkReach(srcs, sizeOf([ns, points]), 'float64');
    checkReach(recs, sizeOf([nr, points]), 'float64');
    if (amplitudes) checkReach(amplitudes, sizeOf([ns, nr, points]), realOf(image.storage.dtype));
    return points > 0;
  }

  #table(table: IndexTable): CpuIndexTable {
    const { outer, nx, ny, inner, width, index, weights } = table;
    const values = weights && this.#use(weights);
    checkReach(index, sizeOf([ny, width]));
    if (weights) checkReach(weights, ny * width);
    return {
      outer,
      nx,
      ny,
      inner,
      width,
      index: this.#places(index, nx),
      indexOffset: index.offset,
      weights: values?.values,
      weightsOffset: weights?.offset ?? 0,
      complexWeights: values !== undefined && isComplex(values.dtype),
    };
  }
}
