import { bytesOf, type ComplexDType, realOf } from '../../core/base/dtype.js';
import { around, product, stridesOf } from '../../core/base/shape.js';
import type { FftPlan } from '../../core/ports/backend.js';
import { fftDType } from '../../core/ports/kernel-operands.js';
import type { CudaFftPlan, DeviceAddress } from './cuda-addon-interface.js';
import { type CudaEngine, elementAt } from './cuda-engine.js';
import { type CudaKernelOf, input, output } from './cuda-memory.js';
import type { VectorKernels } from './vector-kernels.js';

/** The numbers of cuFFT's types. */
const TYPE = {
  complex64: { c2c: 0x29, r2c: 0x2a, c2r: 0x2c },
  complex128: { c2c: 0x69, r2c: 0x6a, c2r: 0x6c },
} as const;
type Kind = FftPlan['kind'];

const MOST_PLANS = 64;
/** The most axes of one plan. */
const MOST_RANK = 3;
/**
 * Transforms of a middle axis are repeated for each part before it, or after it, at most this many
 * times. Beyond that, the array is transposed.
 */
const MOST_REPEATS = 16;

/** A transform of the middle axes of [outer, lengths…, inner]. */
interface Layout {
  readonly outer: number;
  readonly lengths: readonly number[];
  readonly inner: number;
}

/** Fourier transforms by cuFFT. */
export class FftKernels {
  readonly #engine: CudaEngine;
  readonly #vectors: VectorKernels;
  /** In the order of last use. */
  readonly #plans = new Map<string, CudaFftPlan>();

  constructor(engine: CudaEngine, vectors: VectorKernels) {
    this.#engine = engine;
    this.#vectors = vectors;
  }

  readonly fft: CudaKernelOf<'fft'> = (source, target, plan) => {
    const [x, y, dtype] = [input(source), output(target), fftDType(plan, source, target)];
    if (plan.kind === 'c2r') return this.#toReal(dtype, x, y, plan);
    const direction = plan.direction === 'forward' ? -1 : 1;
    let { shape, axes } = plan;
    let from = x;
    if (plan.kind === 'r2c') {
      const done = this.#fromReal(dtype, x, y, plan);
      const last = axes[axes.length - 1] as number;
      shape = shape.map((n, k) => (k === last ? Math.floor(n / 2) + 1 : n));
      axes = axes.filter((axis) => !done.includes(axis));
      from = y;
    }
    this.#complex(dtype, from, y, shape, axes, direction);
    if (plan.scale !== 1)
      this.#vectors.combine(dtype, product(shape), [{ x: y, coefficient: plan.scale }], y);
  };

  /** Transforms any axes, neighbouring axes together. If there are none, copies. */
  #complex(
    dtype: ComplexDType,
    x: DeviceAddress,
    y: DeviceAddress,
    shape: readonly number[],
    axes: readonly number[],
    direction: -1 | 1,
  ): void {
    let from = x;
    for (const [first, count] of runsOf(axes.filter((axis) => shape[axis] !== 1))) {
      const layout = layoutOf(shape, first, count);
      this.#transformC2C(dtype, from, y, layout, direction);
      from = y;
    }
    if (from !== y) this.#engine.copy(from, y, product(shape) * bytesOf(dtype));
  }

  #transformC2C(
    dtype: ComplexDType,
    x: DeviceAddress,
    y: DeviceAddress,
    { outer, lengths, inner }: Layout,
    direction: -1 | 1,
  ): void {
    const n = product(lengths);
    if (outer === 1 || inner === 1)
      return this.#execute(dtype, 'c2c', lengths, x, y, inner, outer, direction);
    if (outer <= MOST_REPEATS) {
      for (let o = 0; o < outer; o++) {
        const at = o * n * inner;
        this.#execute(
          dtype,
          'c2c',
          lengths,
          elementAt(x, at, dtype),
          elementAt(y, at, dtype),
          inner,
          1,
          direction,
        );
      }
      return;
    }
    this.#engine.withScratch(outer * n * inner * bytesOf(dtype), (work) => {
      this.#vectors.stridedCopy(
        dtype,
        [outer, inner, n],
        x,
        [n * inner, 1, inner],
        work,
        [n * inner, n, 1],
        'set',
      );
      this.#execute(dtype, 'c2c', lengths, work, work, 1, outer * inner, direction);
      this.#vectors.stridedCopy(
        dtype,
        [outer, n, inner],
        work,
        [n * inner, 1, n],
        y,
        [n * inner, inner, 1],
        'set',
      );
    });
  }

  /**
   * Transforms the real axis, and the axes before it that the same plan can transform.
   *
   * @returns the transformed axes
   */
  #fromReal(
    dtype: ComplexDType,
    x: DeviceAddress,
    y: DeviceAddress,
    { shape, axes }: FftPlan,
  ): readonly number[] {
    const real = realOf(dtype);
    const last = axes[axes.length - 1] as number;
    const [outer, n, inner] = around(shape, last);
    if (n === 1) {
      this.#vectors.cast(real, dtype, product(shape), x, y);
      return [last];
    }
    const run = inner === 1 ? runsOf(axes).find(([first, count]) => first + count - 1 === last) : undefined;
    const [first, count] = run ?? [last, 1];
    const before = product(shape.slice(0, first));
    const whole = [before, ...shape.slice(first, first + count)];
    const input = outer > 1 && inner > 1 ? [outer, inner, n] : whole;
    // cuFFT requires real memory with the alignment of complex numbers
    const aligned = x % bytesOf(dtype) === 0;
    if (outer === 1 || inner === 1) {
      const transform = (from: DeviceAddress) =>
        this.#execute(dtype, 'r2c', shape.slice(first, first + count), from, y, inner, before, -1);
      if (aligned) transform(x);
      else
        this.#engine.withScratch(product(shape) * bytesOf(real), (work) => {
          this.#engine.copy(x, work, product(shape) * bytesOf(real));
          transform(work);
        });
      return axes.filter((axis) => axis >= first && axis < first + count);
    }
    const half = Math.floor(n / 2) + 1;
    this.#engine.withScratch(product(input) * bytesOf(real), (lines) =>
      this.#engine.withScratch(outer * inner * half * bytesOf(dtype), (spectra) => {
        this.#vectors.stridedCopy(real, input, x, [n * inner, 1, inner], lines, stridesOf(input), 'set');
        this.#execute(dtype, 'r2c', [n], lines, spectra, 1, outer * inner, -1);
        this.#vectors.stridedCopy(
          dtype,
          [outer, half, inner],
          spectra,
          [half * inner, 1, half],
          y,
          stridesOf([outer, half, inner]),
          'set',
        );
      }),
    );
    return [last];
  }

  /**
   * Works on a copy of x, because cuFFT may overwrite its input. The copy is made exactly
   * Hermitian, because cuFFT assumes that.
   */
  #toReal(dtype: ComplexDType, x: DeviceAddress, y: DeviceAddress, { shape, axes, scale }: FftPlan): void {
    const engine = this.#engine;
    const last = axes[axes.length - 1] as number;
    const [outer, n, inner] = around(shape, last);
    const half = Math.floor(n / 2) + 1;
    const halved = shape.map((size, k) => (k === last ? half : size));
    const total = product(halved);
    engine.withScratch(total * bytesOf(dtype), (spectra) => {
      const others = axes.slice(0, -1).filter((axis) => shape[axis] !== 1);
      if (others.length > 0) this.#complex(dtype, x, spectra, halved, others, 1);
      engine.args.start().int(others.length > 0 ? spectra : x);
      engine.args.int(spectra).int(half).int(n).int(inner).real(scale).int(total);
      engine.launchThreads(engine.kernel('products', dtype, 'hermitian'), total);
      this.#realLines(dtype, spectra, y, outer, n, inner);
    });
  }

  #realLines(
    dtype: ComplexDType,
    spectra: DeviceAddress,
    y: DeviceAddress,
    outer: number,
    n: number,
    inner: number,
  ): void {
    const engine = this.#engine;
    const real = realOf(dtype);
    if (n === 1) return this.#vectors.cast(dtype, real, outer * inner, spectra, y);
    const bytes = outer * n * inner * bytesOf(real);
    if (outer === 1 || inner === 1) {
      if (y % bytesOf(dtype) === 0) return this.#execute(dtype, 'c2r', [n], spectra, y, inner, outer, 1);
      return engine.withScratch(bytes, (work) => {
        this.#execute(dtype, 'c2r', [n], spectra, work, inner, outer, 1);
        engine.copy(work, y, bytes);
      });
    }
    const half = Math.floor(n / 2) + 1;
    engine.withScratch(bytes, (lines) =>
      engine.withScratch(outer * inner * half * bytesOf(dtype), (work) => {
        const shape = [outer, inner, half];
        this.#vectors.stridedCopy(
          dtype,
          shape,
          spectra,
          [half * inner, 1, inner],
          work,
          stridesOf(shape),
          'set',
        );
        this.#execute(dtype, 'c2r', [n], work, lines, 1, outer * inner, 1);
        this.#vectors.stridedCopy(
          real,
          [outer, n, inner],
          lines,
          [n * inner, 1, n],
          y,
          [n * inner, inner, 1],
          'set',
        );
      }),
    );
  }

  /** Transforms [outer, lengths…, inner] with outer or inner equal to 1. */
  #execute(
    dtype: ComplexDType,
    kind: Kind,
    lengths: readonly number[],
    x: DeviceAddress,
    y: DeviceAddress,
    inner: number,
    outer: number,
    direction: -1 | 1,
  ): void {
    const half = lengths.map((n, k) => (k === lengths.length - 1 ? Math.floor(n / 2) + 1 : n));
    const [input, output] = [kind === 'c2r' ? half : lengths, kind === 'r2c' ? half : lengths];
    const key = `${TYPE[dtype][kind]} ${lengths.join('x')} ${inner} ${outer}`;
    const { context } = this.#engine;
    let plan = this.#plans.get(key);
    if (plan) this.#plans.delete(key);
    else {
      const distance = (shape: readonly number[]) => (inner > 1 ? 1 : product(shape));
      const [inputDistance, outputDistance, batch] = [distance(input), distance(output), inner * outer];
      plan = context.fftPlan(
        TYPE[dtype][kind],
        lengths,
        input,
        inner,
        inputDistance,
        output,
        inner,
        outputDistance,
        batch,
      );
    }
    this.#plans.set(key, plan);
    for (const oldest of this.#plans.keys()) {
      if (this.#plans.size <= MOST_PLANS) break;
      this.#plans.delete(oldest);
    }
    plan.execute(x, y, direction);
  }
}

/** Neighbouring axes as runs `[first, count]` of up to three. */
function runsOf(axes: readonly number[]): (readonly [first: number, count: number])[] {
  const runs: [number, number][] = [];
  // From the last axis on, so that a run of three that is split off includes it
  for (const axis of [...axes].sort((a, b) => b - a)) {
    const run = runs.at(-1);
    if (run && run[0] === axis + 1 && run[1] < MOST_RANK) {
      run[0] = axis;
      run[1] += 1;
    } else runs.push([axis, 1]);
  }
  return runs;
}

function layoutOf(shape: readonly number[], first: number, count: number): Layout {
  return {
    outer: product(shape.slice(0, first)),
    lengths: shape.slice(first, first + count),
    inner: product(shape.slice(first + count)),
  };
}
