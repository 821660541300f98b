import { checkDType, type DType, isBoolean, isComplex, isFloat, isInteger, rangeOf } from '../base/dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../base/errors.js';
import { checkCount, checkOneOf } from '../base/options.js';
import { checkSeed, DISTRIBUTIONS, type Distribution } from '../base/random.js';
import { textOf } from '../base/text-of.js';
import type { AnyStorage, Elements, RandomDraw } from './backend.js';
import { checkReach, sizeOf } from './kernel-sizes.js';

/** The dtypes of the numbers of a distribution, in words and as a test. */
type Taken = readonly [dtypes: string, has: (dtype: DType) => boolean];
const FLOATS: Taken = ['a float or complex dtype', isFloat];
const TAKES: Readonly<Record<Distribution, Taken>> = {
  uniform: FLOATS,
  normal: FLOATS,
  exponential: FLOATS,
  gamma: FLOATS,
  integers: ['int32 or bool', isInteger],
  poisson: ['int32, float32 or float64', (dtype) => !isComplex(dtype) && !isBoolean(dtype)],
};

/** Whether a distribution has numbers of a dtype. */
export const hasRandomDType = (distribution: Distribution, dtype: DType): boolean =>
  TAKES[distribution][1](dtype);

/** Throws {@link DTypeError} unless a distribution has numbers of a dtype. */
export function checkRandomDType(distribution: Distribution, dtype: DType): void {
  if (!hasRandomDType(distribution, checkDType(dtype)))
    throw new DTypeError(
      `${distribution}: random numbers are of ${TAKES[distribution][0]}, received ${dtype}`,
    );
}

/**
 * Whether random numbers have a non-empty result.
 * @throws {@link ShapeError}, {@link DTypeError} or {@link ArgumentError} if operands do not fit
 */
export function checkRandom(y: Elements<AnyStorage>, draw: RandomDraw<AnyStorage>): boolean {
  const { distribution, seed, draw: number, shape, start, strides, parameters } = draw;
  checkOneOf('distribution', distribution, DISTRIBUTIONS);
  checkRandomDType(distribution, y.storage.dtype);
  checkSeed(seed);
  checkCount('random', { draw: number, start });
  if (number >= 2 ** 32) throw new ArgumentError(`expected a draw below 2^32, received ${number}`);
  const size = sizeOf(shape);
  checkReach(y, size);
  const isWithin = strides.length === shape.length && strides.every((n) => Number.isSafeInteger(n) && n >= 0);
  const last = shape.reduce((at, n, k) => at + (n - 1) * (strides[k] as number), start);
  if (!isWithin || (size > 0 && last >= 2 ** 52))
    throw new ShapeError(`expected strides of [${shape}] up to 2^52, received [${strides}] from ${start} on`);
  if (parameters.length !== 2)
    throw new ArgumentError(`expected two parameters, received ${parameters.length}`);
  for (const p of parameters) {
    if (typeof p === 'number') continue;
    const { dtype } = p.storage;
    if (dtype !== 'float64' && dtype !== 'float32')
      throw new DTypeError(`expected parameters of float64 or float32, received ${dtype}`);
    checkReach(p, size);
  }
  if (distribution === 'integers') checkIntegers(parameters, y.storage.dtype);
  return size > 0;
}

function checkIntegers([low, count]: RandomDraw<AnyStorage>['parameters'], dtype: DType): void {
  const [least, most] = rangeOf(dtype) as readonly [number, number];
  const isRange =
    Number.isInteger(low) && Number.isInteger(count) && (count as number) > 0 && (low as number) >= least;
  if (!isRange || (low as number) + (count as number) - 1 > most)
    throw new ArgumentError(
      `integers: expected a range within ${dtype}, received ${textOf(count)} from ${textOf(low)} on`,
    );
}
