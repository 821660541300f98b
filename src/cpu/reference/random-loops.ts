import { isSingle, lanesOf } from '../../core/base/dtype.js';
import { expOf, logFactorialOf, logOf } from '../../core/base/portable-functions.js';
import {
  type Distribution,
  MOST_MEAN,
  mulHigh,
  RandomStream,
  singleUniform,
} from '../../core/base/random.js';
import type { CpuKernel, CpuKernels, HostRun } from '../host-memory.js';

const TWO_32 = 2 ** 32;

/** ⌊count · w / 2⁶⁴⌋ for a number w of 64 bits. */
function scaled(high: number, low: number, count: number): number {
  if (count === TWO_32) return high;
  const below = (Math.imul(high, count) >>> 0) + mulHigh(low, count);
  return mulHigh(high, count) + (below >= TWO_32 ? 1 : 0);
}

function integer(stream: RandomStream, place: number, low: number, count: number): number {
  const { words } = stream.seek(Math.floor(place / 2));
  const at = 2 * (place % 2);
  return low + scaled(words[at] as number, words[at + 1] as number, count);
}

/**
 * The method of Marsaglia and Tsang ("A simple method for generating gamma variables", 2000). An
 * attempt takes a normal number and a uniform one; two attempts share two blocks. For shapes below
 * 1, a number of shape + 1 is multiplied by a power of a uniform one.
 */
function standardGamma(stream: RandomStream, place: number, shape: number): number {
  if (!(shape >= 0 && shape < Number.POSITIVE_INFINITY)) return Number.NaN;
  if (shape === 0) return 0;
  const factor = shape < 1 ? expOf(logOf(1 - stream.seek(place).u) / shape) : 1;
  const d = (shape < 1 ? shape + 1 : shape) - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (let attempt = 1; ; attempt += 2) {
    for (const parity of [0, 1] as const) {
      const z = stream.seek(place, attempt).normalOfBlock(parity);
      const t = 1 + c * z;
      if (t <= 0) continue;
      const v = t * t * t;
      const { u: first, v: second } = stream.seek(place, attempt + 1);
      const u = 1 - (parity === 0 ? first : second);
      const square = z * z;
      if (u < 1 - 0.0331 * (square * square) || logOf(u) < 0.5 * square + d * (1 - v + logOf(v)))
        return factor * (d * v);
    }
  }
}

/**
 * For means below 10, the inverse of the distribution function; otherwise the method PTRS of
 * Hörmann ("The transformed rejection method for generating Poisson random variables", 1993).
 */
function poisson(stream: RandomStream, place: number, mean: number): number {
  if (!(mean >= 0 && mean <= MOST_MEAN)) return Number.NaN;
  if (mean < 10) {
    const { u } = stream.seek(place);
    let p = expOf(-mean);
    let sum = p;
    let k = 0;
    // From some k on, the sum does not change any more
    while (u >= sum && k < 100) {
      k += 1;
      p *= mean / k;
      sum += p;
    }
    return k;
  }
  const root = Math.sqrt(mean);
  const logMean = logOf(mean);
  const b = 0.931 + 2.53 * root;
  const a = -0.059 + 0.02483 * b;
  const inverse = 1.1239 + 1.1328 / (b - 3.4);
  const accepted = 0.9277 - 3.6224 / (b - 2);
  for (let attempt = 0; ; attempt++) {
    const { u, v } = stream.seek(place, attempt);
    const shifted = u - 0.5;
    const second = 1 - v;
    const us = 0.5 - Math.abs(shifted);
    const k = Math.floor(((2 * a) / us + b) * shifted + mean + 0.43);
    if (us >= 0.07 && second <= accepted) return k;
    if (k < 0 || (us < 0.013 && second > us)) continue;
    const left = logOf(second) + logOf(inverse) - logOf(a / (us * us) + b);
    if (left <= k * logMean - mean - logFactorialOf(k)) return k;
  }
}

/** The number of a place: lane j of element i has the place `lanes · i + j`. */
type Sample = (stream: RandomStream, place: number, a: number, b: number, single: boolean) => number;

const SAMPLES: Readonly<Record<Distribution, Sample>> = {
  uniform: (stream, place, a, b, single) => {
    const u = stream.uniform(place);
    return a + (b - a) * (single ? singleUniform(u) : u);
  },
  normal: (stream, place, a, b) => a + b * stream.normal(place),
  integers: integer,
  exponential: (stream, place, a) => a * stream.exponential(place),
  gamma: (stream, place, a, b) => b * standardGamma(stream, place, a),
  poisson,
};

const parameterOf = (p: HostRun | number, i: number): number =>
  typeof p === 'number' ? p : (p.storage.memory[p.offset + i] as number);

const random: CpuKernel<'random'> = (y, { distribution, seed, draw, shape, start, strides, parameters }) => {
  const { memory, dtype } = y.storage;
  const stream = new RandomStream(seed, distribution, draw);
  const [sample, lanes, single] = [SAMPLES[distribution], lanesOf(dtype), isSingle(dtype)];
  const index = shape.map(() => 0);
  const size = shape.reduce((n, k) => n * k, 1);
  let element = start;
  for (let i = 0; i < size; i++) {
    const [a, b] = [parameterOf(parameters[0], i), parameterOf(parameters[1], i)];
    for (let lane = 0; lane < lanes; lane++)
      memory[lanes * (y.offset + i) + lane] = sample(stream, lanes * element + lane, a, b, single);
    for (let k = shape.length - 1; k >= 0; k--) {
      element += strides[k] as number;
      index[k] = (index[k] as number) + 1;
      if ((index[k] as number) < (shape[k] as number)) break;
      element -= (shape[k] as number) * (strides[k] as number);
      index[k] = 0;
    }
  }
};

export const randomKernels = { random } satisfies CpuKernels;
