import { NDArray } from '../../core/array/ndarray.js';
import { isScalar } from '../../core/base/complex.js';
import { epsilonOf, INDEX_DTYPE, isComplex } from '../../core/base/dtype.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../../core/base/errors.js';
import { checkCount, checkFlag } from '../../core/base/options.js';
import { RandomStream } from '../../core/base/random.js';
import { product, type Shape, toAxis, toShape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import { checkBoxes, type EitherArray, isDistributed } from '../../core/distributed/align.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { sortOverRanks } from '../../core/distributed/sorting/sort-over-ranks.js';
import { DistributedSpace } from '../../core/distributed/space.js';
import { takeAlong } from '../../core/distributed/take-along.js';
import type { Backend } from '../../core/ports/backend.js';
import { type ArrayLike, arrayOf, onParts } from '../operands.js';
import { search, wholeOn } from '../searching.js';
import { takeAs } from '../selecting.js';
import { orderOf } from '../sorting/order.js';
import { type DrawOptions, fill, spaceFor } from './draws.js';
import type { Generator } from './generator.js';

/** Options of {@link Generator.choice}. */
export interface ChoiceOptions extends DrawOptions {
  /** The axis of the array from which elements are taken. @default 0 */
  readonly axis?: number;
  /** Whether an element may be chosen several times. @default true */
  readonly replace?: boolean;
  /** The probability of each element, in steps of 2⁻³². @default the same */
  readonly p?: ArrayLike | undefined;
}
/** Integers from `low` on, so many. Takes a draw. */
const integersInto = <X extends EitherArray>(rng: Generator, x: X, low: number, count: number): X =>
  fill(x, { distribution: 'integers', seed: rng.seed, draw: rng.nextDraw(), parameters: [low, count] });
/** Uniform words of 32 bits, as int32. */
const words = <X extends EitherArray>(rng: Generator, x: X): X => integersInto(rng, x, -(2 ** 31), 2 ** 32);

/** The bits of the second word of a key: with those of the first, as many as float64 holds. */
const LOW = 2 ** 21;

/**
 * 53 random bits for each element, the keys of a random order: one array of float64, or on backends
 * that do not hold it two arrays of int32, the second of which counts more.
 */
function keysIn(rng: Generator, { backend }: { backend: Backend }, empty: () => EitherArray): EitherArray[] {
  const high = words(rng, empty());
  const low = integersInto(rng, empty(), 0, LOW);
  if (!backend.dtypes.includes('float64')) return [low, high];
  const [key, rest] = [high.astype('float64'), low.astype('float64')];
  return [key.axpby(1, rest as never, LOW)];
}

const localKeys = (rng: Generator, n: number, backend: Backend): EitherArray[] =>
  keysIn(rng, { backend }, () => NDArray.empty([n], { dtype: INDEX_DTYPE, backend }));

/** Throws if there is a dtype among the options of what has one already. */
function checkNoDType(owner: string, { dtype }: DrawOptions): void {
  if (dtype !== undefined)
    throw new ArgumentError(
      `${owner}: the dtype is int32, or that of the array: pass no dtype, and cast the result with astype()`,
    );
}

/** The integers below n in random order. */
export function permutedRange(rng: Generator, n: number, options: DrawOptions): EitherArray {
  checkCount('permutation', { n });
  checkNoDType('permutation', options);
  const space = spaceFor('permutation', [n], options, INDEX_DTYPE);
  return orderOf(
    keysIn(rng, space, () => space.empty()),
    0,
  );
}

/** The slices along an axis in random order. */
export function permuted(rng: Generator, x: EitherArray, axis: number): EitherArray {
  checkBoxes('permutation', x);
  const { shape } = x.space;
  if (shape.length === 0)
    throw new ShapeError('permutation: expected an array with axes, received one without');
  const k = toAxis(axis, shape.length);
  if (isDistributed(x) && shape.length === 1 && !x.layout.replicated) {
    // The elements move with their keys
    const keys = keysIn(rng, x, () => x.space.withDType(INDEX_DTYPE).empty());
    return sortOverRanks({ keys: keys as DistributedArray[], axis: 0, carried: [x] })[0] as DistributedArray;
  }
  const order = orderOf(localKeys(rng, shape[k] as number, x.backend), 0) as NDArray;
  return takeAlong('permutation', x, order, k);
}

/** The probabilities of n elements, as numbers of the host. */
function probabilities(p: ArrayLike, n: number): Float64Array {
  const given = wholeOn('choice', 'probabilities', arrayOf('choice', p));
  if (isComplex(given.dtype)) throw new DTypeError('choice: expected p to be real');
  const values = Float64Array.from(given.toHost());
  const sum = values.reduce((total, v) => total + v, 0);
  if (given.ndim !== 1 || values.length !== n)
    throw new ShapeError(`choice: expected ${n} probabilities, received an array of shape [${given.shape}]`);
  if (!values.every((v) => v >= 0) || !(Math.abs(sum - 1) <= Math.sqrt(epsilonOf(given.dtype))))
    throw new ArgumentError(`choice: expected probabilities of sum 1, received ${textOf(p)} of sum ${sum}`);
  return values;
}

/** The words at which the next element begins. An element without words is never chosen. */
function thresholds(p: Float64Array, backend: Backend): NDArray {
  const total = p.reduce((sum, v) => sum + v, 0);
  let sum = 0;
  const starts = Array.from(p, (v) => Math.round(((sum += v) / total) * 2 ** 32) - 2 ** 31);
  const within = starts.slice(0, -1).filter((start) => start < 2 ** 31);
  return NDArray.array(Int32Array.from(within), { backend });
}

/**
 * Positions without repetition: those of the least of exponential numbers with the rates p
 * (Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006).
 */
function weightedOrder(rng: Generator, p: Float64Array, count: number): Int32Array {
  if (p.filter((v) => v > 0).length < count)
    throw new ArgumentError(`choice: expected at least ${count} elements of a probability above 0`);
  const stream = new RandomStream(rng.seed, 'exponential', rng.nextDraw());
  const keys = Array.from(p, (v, i) => stream.exponential(i) / v);
  const order = Int32Array.from(keys, (_, i) => i);
  return order.sort((i, j) => (keys[i] as number) - (keys[j] as number) || i - j).slice(0, count);
}

/** What is chosen from, and how. */
export interface Choice {
  readonly from: number | EitherArray;
  readonly axis: number;
  readonly replace: boolean;
  readonly p: ArrayLike | undefined;
  readonly shape: number | Shape | undefined;
  readonly options: DrawOptions;
}

/** Positions below n, of the shape of the choice: an array in `space`. */
function positions(
  rng: Generator,
  n: number,
  choice: Choice,
  space: ReturnType<typeof spaceFor>,
): EitherArray {
  const { replace, p: given, shape = [] } = choice;
  const sizes = toShape(shape);
  const count = product(sizes);
  const p = given === undefined ? undefined : probabilities(given, n);
  if (n === 0 && count > 0) throw new ArgumentError('choice: there is nothing to choose from');
  if (replace && !p) return integersInto(rng, space.empty() as EitherArray, 0, Math.max(1, n));
  if (replace && p) {
    const starts = thresholds(p, space.backend);
    const drawn = words(rng, space.empty() as EitherArray);
    return onParts(drawn, (part) => search(starts, part, 'right'));
  }
  if (count > n)
    throw new ArgumentError(`choice: expected at most ${n} elements without replacement, received ${count}`);
  const order = p
    ? NDArray.array(weightedOrder(rng, p, count), { backend: space.backend })
    : (orderOf(localKeys(rng, n, space.backend), 0) as NDArray).slice([0, count]);
  const whole = order.reshape(sizes);
  return space instanceof DistributedSpace ? space.empty().assignGlobal(whole) : whole.contiguous();
}

/** The elements that were chosen: see {@link Generator.choice}. */
export function chosen(rng: Generator, choice: Choice): EitherArray | number {
  const { from, axis, replace, shape, options } = choice;
  checkFlag('choice', { replace });
  checkNoDType('choice', options);
  const dtype = INDEX_DTYPE;
  if (typeof from === 'number') {
    checkCount('choice', { n: from });
    const space = spaceFor('choice', shape ?? [], options, dtype);
    const y = positions(rng, from, choice, space);
    return shape === undefined ? ((y as NDArray).toHost()[0] as number) : y;
  }
  if (isScalar(from))
    throw new ArgumentError(`choice: expected an integer or an array, received ${textOf(from)}`);
  const k = toAxis(axis, from.space.shape.length);
  const n = from.space.shape[k] as number;
  const { backend } = from;
  const space = spaceFor('choice', shape ?? [], { ...options, backend }, dtype);
  if (isDistributed(from)) {
    if (space instanceof DistributedSpace)
      throw new PartitionError('choice: the layout is that of the array: pass no options of layouts');
    checkBoxes('choice', from);
    const whole = positions(rng, n, choice, space) as NDArray;
    return takeAs('choice', from, whole.ravel(), k, whole.shape);
  }
  const at = positions(rng, n, choice, space);
  if (isDistributed(at) && from.ndim !== 1)
    throw new PartitionError('choice: expected an array of one axis for a distributed result');
  return onParts(at, (part) => takeAs('choice', from, part.ravel(), k, part.shape) as NDArray);
}
