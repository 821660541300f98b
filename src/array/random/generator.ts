import { checkDType, INDEX_DTYPE, rangeOf } from '../../core/base/dtype.js';
import { ArgumentError } from '../../core/base/errors.js';
import { checkFinite, checkFlag, type Defaults, withDefaults } from '../../core/base/options.js';
import { checkSeed, localSeed, MOST_MEAN } from '../../core/base/random.js';
import { tidy } from '../../core/base/scope.js';
import type { Shape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import { type EitherArray, isArrayOfEitherKind } from '../../core/distributed/align.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { type ArrayLike, type ArrayOf, arrayOf } from '../operands.js';
import { type ChoiceOptions, chosen, permuted, permutedRange } from './choosing.js';
import {
  type Bounds,
  type Drawn,
  type DrawnAs,
  type DrawOptions,
  drawn,
  drawOptions,
  type RandomParameter,
  type Request,
} from './draws.js';
import { multivariateNormal } from './multivariate-normal.js';

/** The shape of a random array. */
export type RandomShape = number | Shape | undefined;

/** Options of {@link Generator.integers}. */
export interface IntegersOptions extends DrawOptions {
  /** Whether `high` may occur. @default false */
  readonly endpoint?: boolean;
}

/** What {@link Generator.choice} returns: a number from a number without a shape. */
export type Chosen<X, S, O> = X extends number
  ? Drawn<never, S, O>
  : Extract<X, DistributedArray> extends never
    ? DrawnAs<O>
    : DistributedArray;

/** Options of {@link Generator.shuffle}, and of {@link Generator.permutation} of arrays. */
export interface ShuffleOptions {
  /** The axis along which slices are moved. @default 0 */
  readonly axis?: number;
}
const SHUFFLE_DEFAULTS = { axis: 0 } satisfies Defaults<ShuffleOptions>;

const ANY = { least: -Number.MAX_VALUE, most: Number.MAX_VALUE } as const;
const any = (name: string): Bounds => ({ name, ...ANY });
const positive = (name: string): Bounds => ({ name, least: 0, most: Number.MAX_VALUE });

/**
 * Random numbers as `numpy.random.Generator` has them, from other streams. The value of an element
 * is a function of the seed, the number of the call, and the element's index in the global array:
 * on every backend and any number of ranks, in every layout, the same program gives the same bits.
 * The words are those of Philox4x32-10, a generator that computes any number of its sequence at
 * once. Nothing is sent.
 *
 * All ranks make generators of one seed, and the same calls in the same order. With an option of
 * layouts an array is distributed, otherwise it is an NDArray, and the same on all ranks. Without a
 * shape, a method returns a number. With a complex dtype, both parts are independent numbers of the
 * distribution.
 *
 * Parameters that are arrays broadcast to the shape, which may then be left out. A distributed one
 * gives a distributed array of its layout. Their bounds are checked by reductions: two for each
 * distributed one.
 */
export class Generator {
  readonly seed: number;
  #draws = 0;

  /**
   * @throws {@link ArgumentError} if the seed is not an integer from 0 to 2⁵³ − 1
   */
  constructor(seed: number) {
    checkSeed(seed);
    this.seed = seed;
  }

  /** The number of draws so far. A permutation takes two. */
  get draws(): number {
    return this.#draws;
  }

  /** @internal The number of the next draw. */
  nextDraw(): number {
    if (this.#draws >= 2 ** 32) throw new ArgumentError('Generator: all 2^32 draws of this seed are used');
    return this.#draws++;
  }

  #drawn<R>(request: Omit<Request, 'seed' | 'nextDraw'>): R {
    return tidy(() => drawn({ ...request, seed: this.seed, nextDraw: () => this.nextDraw() })) as R;
  }

  /** Uniform numbers in [0, 1). Those of single precision have 24 random bits, others 53. */
  random<const S extends RandomShape = undefined, const O extends DrawOptions = object>(
    shape?: S,
    options?: O,
  ): Drawn<never, S, O> {
    const parameters = [
      [0, any('low')],
      [1, any('high')],
    ] as const;
    return this.#drawn({ owner: 'random', distribution: 'uniform', parameters, shape, options });
  }

  /** Uniform numbers `low + (high − low) u` with u of {@link random}. */
  uniform<
    A extends RandomParameter = number,
    B extends RandomParameter = number,
    const S extends RandomShape = undefined,
    const O extends DrawOptions = object,
  >(low?: A, high?: B, shape?: S, options?: O): Drawn<A | B, S, O> {
    const [first, last] = [low ?? 0, high ?? 1];
    if (typeof first === 'number' && typeof last === 'number')
      checkFinite('uniform', { 'high − low': last - first });
    const parameters = [
      [first, any('low')],
      [last, any('high')],
    ] as const;
    return this.#drawn({ owner: 'uniform', distribution: 'uniform', parameters, shape, options });
  }

  /**
   * Integers from `low` on and below `high`, or from 0 on and below `low` without `high`: int32, or
   * bool. Each has the same probability, up to 2⁻³².
   * @throws {@link ArgumentError} if there are no such integers, or the dtype does not hold them
   */
  integers<const S extends RandomShape = undefined, const O extends IntegersOptions = object>(
    low: number,
    high?: number | null,
    shape?: S,
    options?: O,
  ): Drawn<never, S, O> {
    const { endpoint = false, ...rest } = (options ?? {}) as IntegersOptions;
    checkFlag('integers', { endpoint });
    const [first, last] = high === undefined || high === null ? [0, low] : [low, high];
    const count = last - first + (endpoint ? 1 : 0);
    if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || count <= 0)
      throw new ArgumentError(
        `integers: expected integers in ascending order, received ${textOf(first)} and ${textOf(last)}`,
      );
    const range = rangeOf(checkDType(rest.dtype ?? INDEX_DTYPE));
    if (range && (first < range[0] || first + count - 1 > range[1]))
      throw new ArgumentError(
        `integers: ${first} to ${first + count - 1} do not fit into ${rest.dtype ?? INDEX_DTYPE}`,
      );
    const parameters = [[first, any('low')]] as const;
    const request = { owner: 'integers', distribution: 'integers', parameters, fixed: count } as const;
    return this.#drawn({ ...request, shape, options: rest, dtype: INDEX_DTYPE });
  }

  /** Normal numbers of mean 0 and variance 1 (Box–Muller). */
  standardNormal<const S extends RandomShape = undefined, const O extends DrawOptions = object>(
    shape?: S,
    options?: O,
  ): Drawn<never, S, O> {
    const parameters = [
      [0, any('loc')],
      [1, any('scale')],
    ] as const;
    return this.#drawn({ owner: 'standardNormal', distribution: 'normal', parameters, shape, options });
  }

  /** Normal numbers of mean `loc` and standard deviation `scale`. */
  normal<
    A extends RandomParameter = number,
    B extends RandomParameter = number,
    const S extends RandomShape = undefined,
    const O extends DrawOptions = object,
  >(loc?: A, scale?: B, shape?: S, options?: O): Drawn<A | B, S, O> {
    const parameters = [
      [loc ?? 0, any('loc')],
      [scale ?? 1, positive('scale')],
    ] as const;
    return this.#drawn({ owner: 'normal', distribution: 'normal', parameters, shape, options });
  }

  /** Exponential numbers of mean 1. */
  standardExponential<const S extends RandomShape = undefined, const O extends DrawOptions = object>(
    shape?: S,
    options?: O,
  ): Drawn<never, S, O> {
    const parameters = [[1, positive('scale')]] as const;
    const owner = 'standardExponential';
    return this.#drawn({ owner, distribution: 'exponential', parameters, shape, options });
  }

  /** Exponential numbers of mean `scale`: `−scale ln u`. */
  exponential<
    A extends RandomParameter = number,
    const S extends RandomShape = undefined,
    const O extends DrawOptions = object,
  >(scale?: A, shape?: S, options?: O): Drawn<A, S, O> {
    const parameters = [[scale ?? 1, positive('scale')]] as const;
    return this.#drawn({ owner: 'exponential', distribution: 'exponential', parameters, shape, options });
  }

  /** Numbers of the gamma distribution of a shape parameter k and scale 1: {@link gamma}. */
  standardGamma<
    A extends RandomParameter,
    const S extends RandomShape = undefined,
    const O extends DrawOptions = object,
  >(k: A, shape?: S, options?: O): Drawn<A, S, O> {
    const parameters = [[k, positive('k')]] as const;
    const request = { owner: 'standardGamma', distribution: 'gamma', parameters, fixed: 1 } as const;
    return this.#drawn({ ...request, shape, options });
  }

  /**
   * Numbers of the gamma distribution of density `xᵏ⁻¹ exp(−x/scale) / (Γ(k) scaleᵏ)`, mean
   * `k scale` (Marsaglia and Tsang, "A simple method for generating gamma variables", 2000).
   */
  gamma<
    A extends RandomParameter,
    B extends RandomParameter = number,
    const S extends RandomShape = undefined,
    const O extends DrawOptions = object,
  >(k: A, scale?: B, shape?: S, options?: O): Drawn<A | B, S, O> {
    const parameters = [
      [k, positive('k')],
      [scale ?? 1, positive('scale')],
    ] as const;
    return this.#drawn({ owner: 'gamma', distribution: 'gamma', parameters, shape, options });
  }

  /**
   * Poisson numbers of mean `lam`, at most 2³¹ − 2²⁰: int32, or a real float dtype (below mean 10
   * by inversion, otherwise Hörmann, "The transformed rejection method for generating Poisson
   * random variables", 1993).
   */
  poisson<
    A extends RandomParameter = number,
    const S extends RandomShape = undefined,
    const O extends DrawOptions = object,
  >(lam?: A, shape?: S, options?: O): Drawn<A, S, O> {
    const parameters = [[lam ?? 1, { name: 'lam', least: 0, most: MOST_MEAN }]] as const;
    const request = { owner: 'poisson', distribution: 'poisson', parameters } as const;
    return this.#drawn({ ...request, shape, options, dtype: INDEX_DTYPE });
  }

  /**
   * Normal vectors of a mean `[n]` and a covariance `[n, n]`, along a new last axis: `[…shape, n]`
   * of float32 or float64. The covariance is factored on the host (Cholesky's method with pivots),
   * so it may be semidefinite. The vectors are products of matrices, which backends round
   * differently in the last places. A distributed array is split along the other axes.
   * @throws {@link ArgumentError} if the covariance is not symmetric and positive semidefinite, up
   *   to 10⁻⁸ of its largest element
   */
  multivariateNormal<const O extends DrawOptions = object>(
    mean: ArrayLike,
    cov: ArrayLike,
    shape: number | Shape = [],
    options?: O,
  ): DrawnAs<O> {
    const given = drawOptions('multivariateNormal', options);
    return tidy(() => multivariateNormal(this, mean, cov, shape, given)) as DrawnAs<O>;
  }

  /**
   * Elements of an array along an axis, or of the integers below a number. The shape takes the
   * place of the axis. From a distributed array the result is laid out as by `take`, which costs
   * one all-to-all exchange if the axis is split; every rank computes all positions. From an
   * NDArray of one axis or a number, the result may be distributed, and nothing is sent. Without
   * replacement, every rank sorts as many random numbers as there are elements.
   * @throws {@link ArgumentError} if there are too few elements, or p are no probabilities
   */
  choice<
    X extends number | ArrayLike,
    const S extends RandomShape = undefined,
    const O extends ChoiceOptions = object,
  >(from: X, shape?: S, options?: O): Chosen<X, S, Omit<O, 'axis'>> {
    const { replace = true, p, axis = 0, ...rest } = (options ?? {}) as ChoiceOptions;
    const given = drawOptions('choice', rest);
    return tidy(() => {
      const array = typeof from === 'number' ? from : arrayOf('choice', from);
      return chosen(this, { from: array, axis, replace, p, shape, options: given });
    }) as never;
  }

  /**
   * The integers below n in random order, int32, or the slices of an array along an axis. All
   * orders have the same probability: elements are sorted by 53 random bits. The elements of a
   * distributed vector move with these, as `argsort` moves elements; of arrays with more axes,
   * every rank sorts the numbers of the slices, and one all-to-all exchange moves them if the axis
   * is split.
   */
  permutation<const O extends DrawOptions = object>(n: number, options?: O): DrawnAs<O>;
  permutation<X extends ArrayLike>(x: X, options?: ShuffleOptions): ArrayOf<X>;
  permutation(x: ArrayLike, options?: DrawOptions | ShuffleOptions): EitherArray {
    return tidy(() => {
      if (typeof x === 'number') return permutedRange(this, x, drawOptions('permutation', options));
      const { axis } = withDefaults('permutation', options as ShuffleOptions, SHUFFLE_DEFAULTS);
      return permuted(this, arrayOf('permutation', x), axis);
    });
  }

  /** Brings the slices of an array into a random order, in place: those of {@link permutation}. */
  shuffle<X extends EitherArray>(x: X, options?: ShuffleOptions): X {
    const { axis } = withDefaults('shuffle', options, SHUFFLE_DEFAULTS);
    tidy(() => {
      if (!isArrayOfEitherKind(x))
        throw new ArgumentError(`shuffle: expected an array, received ${textOf(x)}`);
      x.assign(permuted(this, x, axis) as never);
    });
    return x;
  }
}

/**
 * A generator of random numbers: `const rng = xp.random.defaultRng(7)`.
 * @param seed an integer from 0 to 2⁵³ − 1. Without one, each call gives another generator, and
 *   each run of a program the same sequence of them; all ranks must make as many
 */
export const defaultRng = (seed: number = localSeed()): Generator => new Generator(seed);
