import { isDouble, lanesOf } from '../../core/base/dtype.js';
import { DISTRIBUTIONS } from '../../core/base/random.js';
import { product } from '../../core/base/shape.js';
import type { CudaEngine } from './cuda-engine.js';
import { type CudaKernelOf, type CudaRun, input, output } from './cuda-memory.js';

/** The most axes of one launch. */
const MOST_AXES = 4;

interface Axis {
  readonly n: number;
  readonly step: number;
}

/** The axes of a box. Those that are one run of places with the axis after them are merged. */
function mergedAxes(shape: readonly number[], strides: readonly number[]): Axis[] {
  const axes: Axis[] = [];
  shape.forEach((n, k) => {
    const step = strides[k] as number;
    const last = axes.at(-1);
    if (n === 1) return;
    if (last && last.step === n * step) axes[axes.length - 1] = { n: last.n * n, step };
    else axes.push({ n, step });
  });
  return axes;
}

/** Random numbers. */
export class RandomKernels {
  readonly #engine: CudaEngine;

  constructor(engine: CudaEngine) {
    this.#engine = engine;
  }

  readonly random: CudaKernelOf<'random'> = (y, numbers) => {
    const { distribution, seed, draw, shape, start, strides, parameters } = numbers;
    const axes = mergedAxes(shape, strides);
    if (axes.length > MOST_AXES) return false;
    const { dtype } = y.storage;
    const total = product(shape) * lanesOf(dtype);
    const engine = this.#engine;
    engine.args.start().int(output(y)).int(total).int(DISTRIBUTIONS.indexOf(distribution));
    engine.args
      .int(seed % 2 ** 32)
      .int(Math.floor(seed / 2 ** 32))
      .int(draw)
      .int(start);
    const all = [...Array.from({ length: MOST_AXES - axes.length }, () => ({ n: 1, step: 0 })), ...axes];
    for (const { n } of all.slice(1)) engine.args.int(n);
    for (const { step } of all) engine.args.int(step);
    for (const p of parameters) this.#put(p);
    engine.launchThreads(engine.kernel('random', dtype, 'random_numbers'), Math.ceil(total / 2));
  };

  /** Adds the address of floats, that of doubles, and the number that is used without both. */
  #put(p: CudaRun | number): void {
    const { args } = this.#engine;
    if (typeof p === 'number') return void args.int(0).int(0).real(p);
    const address = input(p);
    const isWide = isDouble(p.storage.dtype);
    args
      .int(isWide ? 0 : address)
      .int(isWide ? address : 0)
      .real(0);
  }
}
