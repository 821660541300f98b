import { im, re } from '../core/base/complex.js';
import { bytesOf, type HostArray, isDouble, isInteger, tagOf } from '../core/base/dtype.js';
import {
  type BandSegment,
  BINARY_OPS,
  type BinaryOp,
  type Convolution,
  type FftPlan,
  type MatMul,
  REDUCE_OPS,
  type ReduceKernel,
  UNARY_OPS,
  type UnaryOp,
} from '../core/ports/backend.js';
import { type CpuAddon, cpuAddon } from './cpu-addon.js';
import type { CpuBackendOptions } from './cpu-backend.js';
import type { CpuCurves, CpuKernels, CpuStencil } from './kernels.js';
import { referenceKernels } from './reference/index.js';

function positions<T extends string>(list: readonly T[]): Readonly<Record<T, number>> {
  return Object.fromEntries(list.map((name, k) => [name, k])) as Record<T, number>;
}

const UNARY: Readonly<Record<UnaryOp, number>> = positions(UNARY_OPS);
const BINARY: Readonly<Record<BinaryOp, number>> = positions(BINARY_OPS);
const REDUCE: Readonly<Record<ReduceKernel, number>> = positions(REDUCE_OPS);
const TRANS = { n: 0, t: 1, c: 2 } as const;
const FFT_KIND = { c2c: 0, r2c: 1, c2r: 2 } as const;

/** The addon writes these as floats. */
const writesIntegers = (op: UnaryOp): boolean => op === 'isnan' || op === 'isfinite';

/** Numbers for one call, in memory that is reused. */
class Packer {
  values = new Float64Array(64);
  #length = 0;

  start(): this {
    this.#length = 0;
    return this;
  }

  put(value: number): this {
    if (this.#length === this.values.length) this.#grow(1);
    this.values[this.#length++] = value;
    return this;
  }

  append(values: Float64Array): this {
    if (this.#length + values.length > this.values.length) this.#grow(values.length);
    this.values.set(values, this.#length);
    this.#length += values.length;
    return this;
  }

  #grow(by: number): void {
    const larger = new Float64Array(2 * (this.values.length + by));
    larger.set(this.values);
    this.values = larger;
  }
}

const packer = new Packer();

/** An operator's segments are the same list in every call, so they are packed once. */
const packedSegments = new WeakMap<readonly BandSegment[], Float64Array>();

function segmentsOf(segments: readonly BandSegment[]): Float64Array {
  let packed = packedSegments.get(segments);
  if (!packed) {
    packed = Float64Array.from([
      segments.length,
      ...segments.flatMap((s) => [s.start, s.end, s.lo, s.taps.length, ...s.taps]),
    ]);
    packedSegments.set(segments, packed);
  }
  return packed;
}

const MOST_BANDS = 8;

function packStencil({ shape, bands, mode, axis, start, end }: CpuStencil): Float64Array {
  packer
    .start()
    .put(shape.length)
    .put(mode === 'add' ? 1 : 0)
    .put(axis)
    .put(start)
    .put(end)
    .put(bands.length);
  for (const n of shape) packer.put(n);
  for (const band of bands) {
    packer
      .put(band.axis)
      .put(band.frontOffset)
      .put(band.front ? band.frontWidth : 0)
      .put(band.backOffset)
      .put(band.back ? band.backWidth : 0);
    packer.append(segmentsOf(band.segments));
  }
  return packer.values;
}

function packMatMul(s: MatMul): Float64Array {
  packer
    .start()
    .put(s.m)
    .put(s.n)
    .put(s.k)
    .put(TRANS[s.transA])
    .put(TRANS[s.transB])
    .put(s.lda)
    .put(s.ldb)
    .put(s.ldc);
  packer
    .put(s.batch)
    .put(s.strideA)
    .put(s.strideB)
    .put(s.strideC)
    .put(re(s.alpha))
    .put(im(s.alpha))
    .put(re(s.beta))
    .put(im(s.beta));
  return packer.values;
}

function packFft({ shape, axes }: FftPlan): Float64Array {
  packer.start().put(shape.length);
  for (const n of shape) packer.put(n);
  packer.put(axes.length);
  for (const axis of axes) packer.put(axis);
  return packer.values;
}

function packConvolution({ xShape, hShape, yShape, offset, direction }: Convolution): Float64Array {
  packer
    .start()
    .put(direction === 'adjoint' ? 1 : 0)
    .put(xShape.length);
  for (let k = 0; k < xShape.length; k++)
    packer
      .put(xShape[k] as number)
      .put(hShape[k] as number)
      .put(yShape[k] as number)
      .put(offset[k] as number);
  return packer.values;
}

function packStrides(
  shape: readonly number[],
  xStrides: readonly number[],
  yStrides: readonly number[],
): Float64Array {
  packer.start().put(shape.length);
  for (let k = 0; k < shape.length; k++)
    packer
      .put(shape[k] as number)
      .put(xStrides[k] as number)
      .put(yStrides[k] as number);
  return packer.values;
}

const curveArguments = (c: CpuCurves) =>
  [
    c.points,
    c.ns,
    c.nr,
    c.nt,
    c.srcs,
    c.srcsOffset,
    c.recs,
    c.recsOffset,
    c.amplitudes,
    c.amplitudesOffset,
  ] as const;

/**
 * The kernels that the addon has, with the reference loops where it leaves a dtype or an operation
 * to them.
 */
export function nativeKernels(addon: CpuAddon): Partial<CpuKernels> {
  const own = referenceKernels;
  const kernels: Partial<CpuKernels> = {
    copy: (dtype, n, x, xo, y, yo) => addon.copy(bytesOf(dtype), n, x, xo, y, yo),
    stridedCopy: (dtype, shape, x, xStart, xStrides, y, yStart, yStrides, add) =>
      addon.stridedCopy(tagOf(dtype), x, xStart, y, yStart, add, packStrides(shape, xStrides, yStrides)),
    fill: (dtype, n, real, imaginary, y, yo) =>
      isInteger(dtype)
        ? own.fill(dtype, n, real, imaginary, y, yo)
        : addon.fill(tagOf(dtype), n, real, imaginary, y, yo),
    cast: (from, to, n, x, xo, y, yo) =>
      isInteger(from) || isInteger(to)
        ? own.cast(from, to, n, x, xo, y, yo)
        : addon.cast(tagOf(from), tagOf(to), n, x, xo, y, yo),
    unary: (op, dtype, n, x, xo, y, yo) => {
      if (isInteger(dtype) || writesIntegers(op) || !addon.unary(UNARY[op], tagOf(dtype), n, x, xo, y, yo))
        own.unary(op, dtype, n, x, xo, y, yo);
    },
    binary: (op, dtype, n, x, xo, xStep, y, yo, yStep, z, zo) => {
      if (isInteger(dtype) || !addon.binary(BINARY[op], tagOf(dtype), n, x, xo, xStep, y, yo, yStep, z, zo)) {
        own.binary(op, dtype, n, x, xo, xStep, y, yo, yStep, z, zo);
      }
    },
    where: (dtype, n, condition, co, x, xo, xStep, y, yo, yStep, z, zo) =>
      isInteger(dtype)
        ? own.where(dtype, n, condition, co, x, xo, xStep, y, yo, yStep, z, zo)
        : addon.where(tagOf(dtype), n, condition, co, x, xo, xStep, y, yo, yStep, z, zo),
    scale: (dtype, n, aRe, aIm, x, xo, y, yo) =>
      isInteger(dtype)
        ? own.scale(dtype, n, aRe, aIm, x, xo, y, yo)
        : addon.scale(tagOf(dtype), n, aRe, aIm, x, xo, y, yo),
    axpby: (dtype, n, aRe, aIm, x, xo, bRe, bIm, y, yo, z, zo) =>
      isInteger(dtype)
        ? own.axpby(dtype, n, aRe, aIm, x, xo, bRe, bIm, y, yo, z, zo)
        : addon.axpby(tagOf(dtype), n, aRe, aIm, x, xo, bRe, bIm, y, yo, z, zo),
    linearCombination: (dtype, n, coefficients, xs, xos, y, yo) => {
      if (isInteger(dtype) || !addon.linearCombination(tagOf(dtype), n, coefficients, xs, xos, y, yo)) {
        own.linearCombination(dtype, n, coefficients, xs, xos, y, yo);
      }
    },
    threshold: (kind, t, dtype, n, x, xo, y, yo) =>
      kind === 'half'
        ? own.threshold(kind, t, dtype, n, x, xo, y, yo)
        : addon.threshold(kind === 'hard', t, tagOf(dtype), n, x, xo, y, yo),
    dot: (dtype, n, x, xo, y, yo, conjugate, out, at) =>
      isInteger(dtype)
        ? own.dot(dtype, n, x, xo, y, yo, conjugate, out, at)
        : addon.dot(tagOf(dtype), n, x, xo, y, yo, conjugate, out, at),
    reduce: (op, dtype, n, x, xo, parameter, out) => {
      if (isInteger(dtype) || !addon.reduce(REDUCE[op], tagOf(dtype), n, x, xo, out))
        own.reduce(op, dtype, n, x, xo, parameter, out);
    },
    reduceAxis: (op, dtype, outer, n, inner, x, xo, parameter, y, yo) => {
      if (isInteger(dtype) || !addon.reduceAxis(REDUCE[op], tagOf(dtype), outer, n, inner, x, xo, y, yo)) {
        own.reduceAxis(op, dtype, outer, n, inner, x, xo, parameter, y, yo);
      }
    },
    stencil: (dtype, x, xo, y, yo, stencil) => {
      const { shape, bands } = stencil;
      if (isInteger(dtype) || bands.length > MOST_BANDS || shape.length === 0)
        return own.stencil(dtype, x, xo, y, yo, stencil);
      const [a, b, c] = bands;
      const spec = packStencil(stencil);
      if (bands.length <= 3)
        addon.stencil(
          tagOf(dtype),
          x,
          xo,
          y,
          yo,
          spec,
          a?.front,
          a?.back,
          b?.front,
          b?.back,
          c?.front,
          c?.back,
        );
      else
        addon.stencil(tagOf(dtype), x, xo, y, yo, spec, ...bands.flatMap((band) => [band.front, band.back]));
    },
    convolve: (dtype, x, xo, h, ho, y, yo, convolution) =>
      isInteger(dtype)
        ? own.convolve(dtype, x, xo, h, ho, y, yo, convolution)
        : addon.convolve(tagOf(dtype), x, xo, h, ho, y, yo, packConvolution(convolution)),
    spreadCurves: (dtype, image, io, traces, to, c) => {
      if (isInteger(dtype)) own.spreadCurves(dtype, image, io, traces, to, c);
      else addon.curves(true, tagOf(dtype), image, io, traces, to, ...curveArguments(c));
    },
    sumCurves: (dtype, traces, to, image, io, c) => {
      if (isInteger(dtype)) own.sumCurves(dtype, traces, to, image, io, c);
      else addon.curves(false, tagOf(dtype), traces, to, image, io, ...curveArguments(c));
    },
    convolveVarying: (dtype, x, xo, h, ho, y, yo, c) => {
      if (isInteger(dtype)) return own.convolveVarying(dtype, x, xo, h, ho, y, yo, c);
      addon.convolveVarying(
        c.direction === 'adjoint',
        tagOf(dtype),
        x,
        xo,
        h,
        ho,
        y,
        yo,
        c.outer,
        c.nx,
        c.ny,
        c.inner,
        c.filters,
        c.length,
        c.offset,
        c.first,
        c.firstOffset,
        c.weights,
        c.weightsOffset,
      );
    },
    gather: (dtype, x, xo, y, yo, t) => {
      if (isInteger(dtype) || !(t.index instanceof Int32Array)) return own.gather(dtype, x, xo, y, yo, t);
      addon.indexed(
        false,
        tagOf(dtype),
        x,
        xo,
        y,
        yo,
        t.outer,
        t.nx,
        t.ny,
        t.inner,
        t.width,
        t.index,
        t.indexOffset,
        t.weights,
        t.weightsOffset,
        t.complexWeights,
      );
    },
    scatterAdd: (dtype, y, yo, x, xo, t) => {
      if (isInteger(dtype) || !(t.index instanceof Int32Array)) return own.scatterAdd(dtype, y, yo, x, xo, t);
      addon.indexed(
        true,
        tagOf(dtype),
        y,
        yo,
        x,
        xo,
        t.outer,
        t.nx,
        t.ny,
        t.inner,
        t.width,
        t.index,
        t.indexOffset,
        t.weights,
        t.weightsOffset,
        t.complexWeights,
      );
    },
  };
  const { matmul, fft } = addon;
  if (matmul) {
    kernels.matmul = (dtype, a, ao, b, bo, c, co, spec) =>
      isInteger(dtype)
        ? own.matmul(dtype, a, ao, b, bo, c, co, spec)
        : matmul(tagOf(dtype), a, ao, b, bo, c, co, packMatMul(spec));
  }
  if (fft) {
    kernels.fft = (dtype, x: HostArray, xo, y, yo, plan) => {
      if (plan.axes.length === 0) return own.fft(dtype, x, xo, y, yo, plan);
      fft(
        isDouble(dtype),
        FFT_KIND[plan.kind],
        plan.direction === 'inverse',
        plan.scale,
        plan.overwrite === true,
        x,
        xo,
        y,
        yo,
        packFft(plan),
      );
    };
  }
  return kernels;
}

/**
 * The options of a {@link CpuBackend} with native kernels, undefined where the addon is missing.
 */
export function nativeOptions(): CpuBackendOptions | undefined {
  const state = cpuAddon();
  if (!state.available) return undefined;
  const { addon } = state;
  return { kernels: nativeKernels(addon), addressOf: (buffer) => addon.addressOf(buffer) };
}
