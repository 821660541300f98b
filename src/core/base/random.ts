import { ArgumentError } from './errors.js';
import { cosineOf, logOf, sineOf } from './portable-functions.js';
import { textOf } from './text-of.js';

type Floats = Float32Array | Float64Array;

const TWO_32 = 2 ** 32;

/** The upper 32 bits of the product of two unsigned 32-bit numbers. */
export function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const bLow = b & 0xffff;
  const aHigh = a >>> 16;
  const bHigh = b >>> 16;
  // No sum exceeds 32 bits
  const first = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) >>> 0;
  const second = (Math.imul(aLow, bHigh) + (first & 0xffff)) >>> 0;
  return (Math.imul(aHigh, bHigh) + (first >>> 16) + (second >>> 16)) >>> 0;
}

/**
 * Philox4x32-10: four random words, which are a pure function of a 128-bit counter and a 64-bit
 * key. Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11.
 * @param counter four words, replaced by the result
 */
export function philox(counter: Uint32Array, keyLow: number, keyHigh: number): void {
  let c0 = counter[0] as number;
  let c1 = counter[1] as number;
  let c2 = counter[2] as number;
  let c3 = counter[3] as number;
  let k0 = keyLow | 0;
  let k1 = keyHigh | 0;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(0xd2511f53, c0);
    const high1 = mulHigh(0xcd9e8d57, c2);
    const low0 = Math.imul(0xd2511f53, c0);
    c0 = high1 ^ c1 ^ k0;
    c1 = Math.imul(0xcd9e8d57, c2);
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  counter[0] = c0;
  counter[1] = c1;
  counter[2] = c2;
  counter[3] = c3;
}

/**
 * The first seeds of draws without a given seed. They lie beyond the seeds that people write. Local
 * and distributed draws have separate ranges.
 */
const UNSEEDED = { local: 2 ** 52, distributed: 2 ** 52 + 2 ** 51 } as const;
let localDraws = 0;
const distributedDraws = new WeakMap<object, number>();

/**
 * The seed of a local draw without a given seed. Each call returns another one, and each run of a
 * program the same sequence.
 */
export const localSeed = (): number => UNSEEDED.local + localDraws++;

/**
 * The seed of a distributed draw without a given seed. Each call on a communicator returns another
 * one. All ranks make the draw together, so they have the same seed, on any number of ranks.
 */
export function distributedSeed(comm: object): number {
  const draws = distributedDraws.get(comm) ?? 0;
  distributedDraws.set(comm, draws + 1);
  return UNSEEDED.distributed + draws;
}

/**
 * The distributions of random numbers. Each has a stream of its own for a seed: the position in
 * this list, from 1 on.
 */
export const DISTRIBUTIONS = ['uniform', 'normal', 'integers', 'exponential', 'gamma', 'poisson'] as const;
/** One of {@link DISTRIBUTIONS}. */
export type Distribution = (typeof DISTRIBUTIONS)[number];

/** The largest mean of Poisson numbers, so that all of them fit into int32. */
export const MOST_MEAN = 2 ** 31 - 2 ** 20;

/** Throws {@link ArgumentError} unless `seed` is a non-negative integer. */
export function checkSeed(seed: unknown): void {
  if (!(Number.isSafeInteger(seed) && (seed as number) >= 0))
    throw new ArgumentError(`expected seed to be a non-negative integer, received ${textOf(seed)}`);
}

/**
 * The random words of one draw: a pure function of the seed, the distribution, the number of the
 * draw, a block and an attempt. {@link seek} makes them.
 */
export class RandomStream {
  readonly words = new Uint32Array(4);
  /** Two numbers in [0, 1) from the words, in steps of 2⁻⁵³. */
  u = 0;
  v = 0;
  readonly #keyLow: number;
  readonly #keyHigh: number;
  readonly #stream: number;
  readonly #draw: number;
  #block = -1;
  #attempt = -1;
  #normals = false;
  #even = 0;
  #odd = 0;

  constructor(seed: number, distribution: Distribution, draw = 0) {
    checkSeed(seed);
    this.#keyLow = seed >>> 0;
    this.#keyHigh = Math.floor(seed / TWO_32);
    this.#stream = DISTRIBUTIONS.indexOf(distribution) + 1;
    this.#draw = draw;
  }

  /** Makes the words of a block, and of an attempt below 2²⁴ for distributions that reject. */
  seek(block: number, attempt = 0): this {
    if (block === this.#block && attempt === this.#attempt) return this;
    const { words } = this;
    words[0] = block >>> 0;
    words[1] = Math.floor(block / TWO_32);
    words[2] = this.#stream + 256 * attempt;
    words[3] = this.#draw;
    philox(words, this.#keyLow, this.#keyHigh);
    this.u = (((words[0] as number) >>> 5) * 67108864 + ((words[1] as number) >>> 6)) / 2 ** 53;
    this.v = (((words[2] as number) >>> 5) * 67108864 + ((words[3] as number) >>> 6)) / 2 ** 53;
    this.#block = block;
    this.#attempt = attempt;
    this.#normals = false;
    return this;
  }

  /** The uniform number in [0, 1) of a place: two places share a block. */
  uniform(place: number): number {
    this.seek(Math.floor(place / 2));
    return place % 2 === 0 ? this.u : this.v;
  }

  /** The exponential number of mean 1 of a place. */
  exponential(place: number): number {
    return -logOf(1 - this.uniform(place));
  }

  /** The standard normal number of a place. */
  normal(place: number): number {
    this.seek(Math.floor(place / 2));
    return this.normalOfBlock(place % 2);
  }

  /** One of the two standard normal numbers of the present block (Box–Muller). */
  normalOfBlock(parity: number): number {
    if (!this.#normals) {
      const radius = Math.sqrt(-2 * logOf(1 - this.u));
      const angle = 2 * Math.PI * this.v;
      this.#even = radius * cosineOf(angle);
      this.#odd = radius * sineOf(angle);
      this.#normals = true;
    }
    return parity === 0 ? this.#even : this.#odd;
  }
}

function checkStart(start: unknown): void {
  if (!Number.isSafeInteger(start) || (start as number) < 0)
    throw new ArgumentError(`expected start to be a non-negative integer, received ${textOf(start)}`);
}

function checkLanes(lanes: unknown): void {
  if (lanes !== 1 && lanes !== 2) throw new ArgumentError(`expected 1 or 2 lanes, received ${textOf(lanes)}`);
}

function checkFloats(owner: string, out: unknown): void {
  if (!(out instanceof Float32Array || out instanceof Float64Array))
    throw new ArgumentError(`${owner}: expected a Float32Array or a Float64Array, received ${textOf(out)}`);
}

/** The leading 24 bits of a uniform number, which single precision holds. */
export const singleUniform = (u: number): number => Math.floor(u * 2 ** 24) / 2 ** 24;

/**
 * Fills `out` with uniform numbers in [0, 1) for the elements `start`, `start + 1`, … of a global
 * array. They are a function of seed and index alone: a range can be split without changing its
 * values. Single precision keeps the leading 24 bits.
 * @param lanes 2 if `out` holds complex pairs; both parts are then uniform
 * @throws {@link ArgumentError} if `seed` or `start` is not a non-negative integer, or `out` is not
 *   a float array
 */
export function fillUniform<A extends Floats>(seed: number, start: number, out: A, lanes: 1 | 2 = 1): A {
  checkFloats('fillUniform', out);
  const stream = new RandomStream(seed, 'uniform');
  checkStart(start);
  checkLanes(lanes);
  const single = out instanceof Float32Array;
  for (let i = 0; i < out.length; i++) {
    const u = stream.uniform(start * lanes + i);
    out[i] = single ? singleUniform(u) : u;
  }
  return out;
}

/**
 * Fills `out` with standard normal numbers for the elements `start`, `start + 1`, … of a global
 * array (Box–Muller). They are a function of seed and index alone: a range can be split without
 * changing its values.
 * @param lanes 2 if `out` holds complex pairs; real and imaginary part then have unit variance each
 * @throws {@link ArgumentError} if `seed` or `start` is not a non-negative integer, or `out` is not
 *   a float array
 */
export function fillNormal<A extends Floats>(seed: number, start: number, out: A, lanes: 1 | 2 = 1): A {
  checkFloats('fillNormal', out);
  const stream = new RandomStream(seed, 'normal');
  checkStart(start);
  checkLanes(lanes);
  for (let i = 0; i < out.length; i++) out[i] = stream.normal(start * lanes + i);
  return out;
}
