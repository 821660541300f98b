import { NDArray } from '../../src/core/array/ndarray.js';
import { type DType, isComplex } from '../../src/core/base/dtype.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { StackedDistributedArray } from '../../src/core/distributed/stacked-distributed-array.js';
import type { Elements } from '../../src/core/ports/backend.js';
import type { AnyVector } from '../../src/core/vector/vector.js';
import {
  Box,
  Euclidean,
  EuclideanBall,
  Huber,
  L0,
  L1,
  L1Ball,
  L2,
  L21,
  Nuclear,
  type ProxOperator,
  Simplex,
  TV,
} from '../../src/proximal/index.js';

/**
 * A kind of vector. It has two components of the same size, so that vector fields can be tested,
 * too.
 */
export interface Kind {
  readonly name: 'local' | 'scattered' | 'replicated' | 'stacked';
  /** The shape of the whole array. Undefined for a stack. */
  readonly dims: readonly number[] | undefined;
  random(dtype: DType, seed: number): AnyVector;
}

const scattered = (dtype: DType, seed: number) => DistributedArray.random([2, 7], { dtype, seed, axis: 1 });

export const KINDS: readonly Kind[] = [
  { name: 'local', dims: [2, 7], random: (dtype, seed) => NDArray.normal([2, 7], { dtype, seed }) },
  { name: 'scattered', dims: [2, 7], random: scattered },
  {
    name: 'replicated',
    dims: [2, 7],
    random: (dtype, seed) => DistributedArray.random([2, 7], { dtype, seed, partition: 'BROADCAST' }),
  },
  {
    name: 'stacked',
    dims: undefined,
    random: (dtype, seed) =>
      new StackedDistributedArray([
        DistributedArray.random([3, 2], { dtype, seed }),
        DistributedArray.random([3, 2], { dtype, seed: seed + 100 }),
      ]),
  },
];

/** The properties and the costs of a function. */
export interface Entry {
  readonly name: string;
  /**
   * Makes the function. If its prox is an iteration, it makes `niter` steps, by default enough for
   * `accuracy`.
   */
  readonly make: (kind: Kind, dtype: DType, niter?: number) => ProxOperator;
  readonly convex?: false;
  /** The kinds that it does not accept. */
  readonly not?: readonly Kind['name'][];
  readonly realOnly?: true;
  readonly indicator?: true;
  /** True if its conjugate has a closed form. */
  readonly conjugate?: true;
  /** The relative accuracy of its prox, if that is an iteration. */
  readonly accuracy?: number;
  /** The numbers of reductions of one prox, if it is fixed, and of one value. */
  readonly reductions: readonly [prox: number | undefined, value: number | undefined];
}

/** Positive weights, one for each element. */
const weights = (kind: Kind, dtype: DType): AnyVector => {
  const w: AnyVector = kind.random(dtype === 'complex64' || dtype === 'float32' ? 'float32' : 'float64', 9);
  return w.map((a: Elements, b: Elements) => b.storage.backend.unary('abs', a, b));
};

export const FUNCTIONS: readonly Entry[] = [
  { name: 'L0', make: () => new L0({ sigma: 0.3 }), convex: false, reductions: [0, 1] },
  {
    name: 'L0, weighted',
    make: (k, d) => new L0({ sigma: weights(k, d) }),
    convex: false,
    reductions: [0, 1],
  },
  { name: 'L1', make: () => new L1({ sigma: 0.4 }), conjugate: true, reductions: [0, 1] },
  {
    name: 'L1, weighted',
    make: (k, d) => new L1({ sigma: weights(k, d) }),
    conjugate: true,
    reductions: [0, 1],
  },
  { name: 'L2', make: () => new L2<AnyVector>({ sigma: 0.7 }), conjugate: true, reductions: [0, 1] },
  {
    name: 'L2 with b and q',
    make: (k, d) => new L2<AnyVector>({ sigma: 0.7, alpha: 0.6, b: k.random(d, 5), q: k.random(d, 6) }),
    conjugate: true,
    reductions: [0, 1],
  },
  { name: 'L21', make: () => new L21(2, { sigma: 0.8 }), conjugate: true, reductions: [0, 1] },
  { name: 'Euclidean', make: () => new Euclidean({ sigma: 0.8 }), conjugate: true, reductions: [1, 1] },
  {
    name: 'Nuclear',
    make: () => new Nuclear([2, 7], { sigma: 0.8 }),
    not: ['scattered', 'stacked'],
    conjugate: true,
    reductions: [0, 0],
  },
  { name: 'Huber', make: () => new Huber({ alpha: 0.5, sigma: 0.9 }), conjugate: true, reductions: [0, 1] },
  {
    name: 'Box',
    make: () => new Box({ lower: -0.4, upper: 0.7 }),
    realOnly: true,
    indicator: true,
    reductions: [0, 1],
  },
  {
    name: 'Box, half open',
    make: () => new Box({ lower: 0 }),
    realOnly: true,
    indicator: true,
    reductions: [0, 1],
  },
  {
    name: 'Box, bounds with an element each',
    make: (k, d) => new Box({ lower: weights(k, d).multiply(-0.3), upper: weights(k, d).multiply(0.5) }),
    realOnly: true,
    indicator: true,
    reductions: [0, 1],
  },
  {
    name: 'Box, upper bounds with an element each',
    make: (k, d) => new Box({ lower: -0.2, upper: weights(k, d) }),
    realOnly: true,
    indicator: true,
    reductions: [0, 1],
  },
  {
    name: 'Simplex',
    make: () => new Simplex({ radius: 2 }),
    realOnly: true,
    indicator: true,
    reductions: [undefined, 1],
  },
  {
    name: 'L1Ball',
    make: () => new L1Ball({ radius: 2 }),
    indicator: true,
    conjugate: true,
    reductions: [undefined, 1],
  },
  {
    name: 'EuclideanBall',
    make: (k, d) => new EuclideanBall({ radius: 0.9, center: k.random(d, 5) }),
    indicator: true,
    conjugate: true,
    reductions: [1, 1],
  },
  {
    name: 'EuclideanBall around a number',
    make: () => new EuclideanBall({ radius: 0.9, center: -0.5 }),
    indicator: true,
    conjugate: true,
    reductions: [1, 1],
  },
  {
    name: 'TV',
    make: ({ dims = [] }, _, niter = 150) => new TV(dims, { sigma: 0.5, niter }),
    not: ['stacked'],
    accuracy: 1e-3,
    reductions: [0, 1],
  },
  {
    name: 'TV, anisotropic',
    make: ({ dims = [] }, _, niter = 150) => new TV(dims, { sigma: 0.5, niter, isotropic: false }),
    not: ['stacked'],
    accuracy: 1e-3,
    reductions: [0, 1],
  },
  {
    name: 'translated',
    make: (k, d) => new L1({ sigma: 0.4 }).translate(k.random(d, 5)),
    conjugate: true,
    reductions: [0, 1],
  },
  {
    name: 'translated by a number',
    make: () => new Huber({ alpha: 0.4 }).translate(0.3),
    conjugate: true,
    reductions: [0, 1],
  },
  {
    name: 'precomposed with a vector',
    make: (k, d) => new L1({ sigma: 0.4 }).precompose(-1.7, k.random(d, 5)),
    conjugate: true,
    reductions: [0, 1],
  },
  {
    name: 'precomposed',
    make: () => new L2<AnyVector>({ sigma: 0.6 }).precompose(0.5, 0.7),
    conjugate: true,
    reductions: [0, 1],
  },
  { name: 'scaled', make: () => new Euclidean().scale(0.6), conjugate: true, reductions: [1, 1] },
  {
    name: 'with a quadratic',
    make: (k, d) => new L1({ sigma: 0.4 }).addQuadratic({ rho: 0.3, b: k.random(d, 5), q: k.random(d, 6) }),
    reductions: [0, 2],
  },
  {
    name: 'conjugate',
    make: () => new Huber({ alpha: 0.5 }).conjugate(),
    conjugate: true,
    reductions: [0, undefined],
  },
  {
    name: 'sum',
    make: (_, __, niter = 200) =>
      new L1({ sigma: 0.4 }).add([new Euclidean({ sigma: 0.3 }), new L2<AnyVector>({ sigma: 0.2 })], {
        niter,
        tol: 0,
      }),
    accuracy: 1e-3,
    reductions: [200, 3],
  },
];

/** True if a function accepts a kind of vector and a dtype. */
export const accepts = ({ not = [], realOnly }: Entry, kind: Kind, dtype: DType): boolean =>
  !not.includes(kind.name) && !(realOnly && isComplex(dtype));

/** The functions that accept a kind and a dtype. */
export const functionsFor = (kind: Kind, dtype: DType): Entry[] =>
  FUNCTIONS.filter((entry) => accepts(entry, kind, dtype));
