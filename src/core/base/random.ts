import { ArgumentError } from './errors.js';
import { textOf } from './text-of.js';

type Floats = Float32Array | Float64Array;

const TWO_32 = 2 ** 32;

/** The upper 32 bits of the product of two unsigned 32-bit numbers. */
function mulHigh(a: number, b: number): number {
  const [aHigh, aLow, bHigh, bLow] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + ((middle & 0xffff) + aLow * bHigh) / 0x10000) >>> 0;
}

/**
 * Philox4x32-10: four random words, which are a pure function of a 128-bit counter and a 64-bit
 * key. Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11.
 * @param counter four words, replaced by the result
 */
export function philox(counter: Uint32Array, keyLow: number, keyHigh: number): void {
  let [c0, c1, c2, c3] = [
    counter[0] as number,
    counter[1] as number,
    counter[2] as number,
    counter[3] as number,
  ];
  let [k0, k1] = [keyLow >>> 0, keyHigh >>> 0];
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0) >>> 0;
    const high1 = mulHigh(0xcd9e8d57, c2);
    const low1 = Math.imul(0xcd9e8d57, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
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

/** The random streams, which must not coincide for one seed. */
const STREAM = { uniform: 1, normal: 2 } as const;

/** Throws {@link ArgumentError} unless `seed` is a non-negative integer. */
export function checkSeed(seed: unknown): void {
  if (!(Number.isSafeInteger(seed) && (seed as number) >= 0))
    throw new ArgumentError(`expected seed to be a non-negative integer, received ${textOf(seed)}`);
}

/**
 * Calls `use(first, second, position)` for each counter that has lanes in `start … start + length`,
 * with its two uniform numbers in [0, 1).
 */
function forPairs(
  seed: number,
  stream: number,
  start: number,
  length: number,
  use: (u: number, v: number, lane: number) => void,
): void {
  checkSeed(seed);
  if (!Number.isSafeInteger(start) || start < 0)
    throw new ArgumentError(`expected start to be a non-negative integer, received ${textOf(start)}`);
  const [keyLow, keyHigh] = [seed >>> 0, Math.floor(seed / TWO_32)];
  const words = new Uint32Array(4);
  for (let block = Math.floor(start / 2); 2 * block < start + length; block++) {
    words[0] = block >>> 0;
    words[1] = Math.floor(block / TWO_32);
    words[2] = stream;
    words[3] = 0;
    philox(words, keyLow, keyHigh);
    const u = (((words[0] as number) >>> 5) * 67108864 + ((words[1] as number) >>> 6)) / 2 ** 53;
    const v = (((words[2] as number) >>> 5) * 67108864 + ((words[3] as number) >>> 6)) / 2 ** 53;
    use(u, v, 2 * block - start);
  }
}

function checkFloats(owner: string, out: unknown): void {
  if (!(out instanceof Float32Array || out instanceof Float64Array))
    throw new ArgumentError(`${owner}: expected a Float32Array or a Float64Array, received ${textOf(out)}`);
}

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
  const single = out instanceof Float32Array;
  const put = (lane: number, u: number) => {
    if (lane >= 0 && lane < out.length) out[lane] = single ? Math.floor(u * 2 ** 24) / 2 ** 24 : u;
  };
  forPairs(seed, STREAM.uniform, start * lanes, out.length, (u, v, lane) => {
    put(lane, u);
    put(lane + 1, v);
  });
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
  forPairs(seed, STREAM.normal, start * lanes, out.length, (u, v, lane) => {
    const radius = Math.sqrt(-2 * Math.log(1 - u));
    const angle = 2 * Math.PI * v;
    if (lane >= 0) out[lane] = radius * Math.cos(angle);
    if (lane + 1 < out.length) out[lane + 1] = radius * Math.sin(angle);
  });
  return out;
}
