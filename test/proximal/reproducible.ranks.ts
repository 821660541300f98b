/**
 * Tests that with exact sums every function and every solver gives the same bits on any number of
 * ranks as on one rank.
 */
import { expect } from 'chai';
import type { DType } from '../../src/core/base/dtype.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { StackedDistributedArray } from '../../src/core/distributed/stacked-distributed-array.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { exactDots } from '../../src/core/vector/inner-products.js';
import type { AnyVector } from '../../src/core/vector/vector.js';
import { MPIFirstDerivative } from '../../src/operators/index.js';
import { fista, ista, splitBregman } from '../../src/optimization/index.js';
import {
  admm,
  Box,
  douglasRachford,
  Euclidean,
  EuclideanBall,
  L1,
  L1Ball,
  L2,
  linearizedAdmm,
  type ProxOperator,
  primalDual,
  proximalGradient,
  Simplex,
  TV,
} from '../../src/proximal/index.js';
import { definite } from '../optimization/problems.js';
import { finish, fits, SOLVER_TABLE, widest } from '../optimization/solver-table.js';
import { distributed, group } from '../support/distributed.js';
import { functionsFor, type Kind } from './functions.js';

const DIMS = [11, 3];

/** Kinds of vectors on some ranks. Their values do not depend on the number of ranks. */
function kindsOn(comm: Communicator): Kind[] {
  const dims = [2, 37];
  return [
    {
      name: 'scattered',
      dims,
      random: (dtype, seed) => DistributedArray.random(dims, { dtype, seed, axis: 1, comm }),
    },
    {
      name: 'replicated',
      dims,
      random: (dtype, seed) => DistributedArray.random(dims, { dtype, seed, partition: 'BROADCAST', comm }),
    },
    {
      name: 'stacked',
      dims: undefined,
      random: (dtype, seed) =>
        new StackedDistributedArray(
          [seed, seed + 100].map((s) => DistributedArray.random([11, 3], { dtype, seed: s, comm })),
        ),
    },
  ];
}

/** The elements of a whole vector in the order of the global array. */
const bits = (x: AnyVector): unknown[] =>
  x instanceof StackedDistributedArray
    ? x.arrays.map((a) => bits(a))
    : [...(x as DistributedArray).asArray().toHost()];

interface Ended {
  readonly x: DistributedArray;
  readonly cost: readonly number[];
}

/** Runs a solver on all ranks and on this rank alone, and compares iterates and costs. */
function compare(
  label: string,
  comm: Communicator,
  self: Communicator,
  dtype: DType,
  run: (y: DistributedArray) => Ended,
): void {
  const [all, one] = [comm, self].map((on) =>
    run(DistributedArray.random(DIMS, { dtype, seed: 3, comm: on })),
  ) as [Ended, Ended];
  expect(all.cost, `cost of ${label}`).to.deep.equal(one.cost);
  expect(bits(all.x), label).to.deep.equal(bits(one.x));
}

/** Functions whose proxes or values contain a norm, a sum or a search. */
const SUMMING: Readonly<Record<string, () => ProxOperator>> = {
  L1: () => new L1({ sigma: 0.3 }),
  Euclidean: () => new Euclidean({ sigma: 0.7 }),
  EuclideanBall: () => new EuclideanBall({ radius: 2, center: 0.1 }),
  L1Ball: () => new L1Ball({ radius: 5 }),
  Simplex: () => new Simplex({ radius: 5 }),
  TV: () => new TV(DIMS, { sigma: 0.3, niter: 4, tol: 1e-3 }),
  sum: () =>
    new Euclidean({ sigma: 0.5 }).add([new L1({ sigma: 0.1 }), new Box({ lower: -1 })], { niter: 5 }),
};

/** The other backends have the same numbers in single precision. */
const EVERYWHERE = { backends: ['cpu', 'reference'], timeout: 60_000 };

group('exact sums: the same bits on any number of ranks', () => {
  distributed(
    'of values, proxes, dual proxes and gradients of every function',
    EVERYWHERE,
    ({ comm, floats }) => {
      const self = comm.split(comm.rank) as Communicator;
      const [many, single] = [kindsOn(comm), kindsOn(self)];
      for (const [k, kind] of many.entries()) {
        const alone = single[k] as Kind;
        const [real = 'float64', other = real] = widest(floats);
        for (const dtype of new Set([real, other])) {
          for (const entry of functionsFor(kind, dtype)) {
            if (entry.name.startsWith('Nuclear') || (dtype === real && dtype !== other && !entry.realOnly))
              continue;
            const results = [kind, alone].map((on) => {
              const f = entry.make(on, dtype, 4);
              const x = on.random(dtype, 1);
              const p = f.prox(x, 0.8, undefined, exactDots);
              return [
                f.value(x, exactDots),
                f.value(p, exactDots),
                bits(p),
                bits(f.proxDual(x, 0.8, undefined, exactDots)),
                f.isSmooth && bits(f.grad(x, undefined, exactDots)),
              ];
            });
            expect(results[0], `${entry.name} of ${kind.name} ${dtype}`).to.deep.equal(results[1]);
          }
        }
      }
      self.free();
    },
  );

  for (const [name, row] of Object.entries(SOLVER_TABLE))
    distributed(name, EVERYWHERE, ({ comm, floats, skip }) => {
      const dtype = widest(floats).at(-1) as DType;
      if (!fits(row, dtype)) skip(`no ${dtype}`);
      const self = comm.split(comm.rank) as Communicator;
      compare(`${name} ${dtype}`, comm, self, dtype, (y) =>
        finish(row, definite(DIMS, y.comm), y, { niter: 3, reproducible: true }),
      );
      self.free();
    });

  distributed(
    'of solvers with functions that compute norms, and with thresholds',
    EVERYWHERE,
    ({ comm, reals }) => {
      const self = comm.split(comm.rank) as Communicator;
      const options = { niter: 3, reproducible: true };
      for (const dtype of widest(reals)) {
        for (const [name, g] of Object.entries(SUMMING)) {
          const runs: Record<string, (y: DistributedArray) => Ended> = {
            proximalGradient: (y) =>
              proximalGradient(new L2({ b: y }), g(), y, {
                ...options,
                tau: 0.4,
                acceleration: 'fista',
                tol: 1e-9,
              }),
            backtracking: (y) =>
              proximalGradient(new L2({ Op: definite(DIMS, y.comm), b: y }), g(), y.zerosLike(), {
                ...options,
                backtracking: true,
              }),
            admm: (y) => admm(new L2({ b: y }), g(), y, { ...options, tau: 0.6, tol: 1e-9 }),
            douglasRachford: (y) => douglasRachford(new L2({ b: y }), g(), y, { ...options, tau: 0.6 }),
            primalDual: (y) =>
              primalDual(new L2({ b: y }), g(), definite(DIMS, y.comm), y, {
                ...options,
                tau: 0.2,
                mu: 0.2,
                c: y,
              }),
            linearizedAdmm: (y) =>
              linearizedAdmm(new L2({ b: y }), g(), definite(DIMS, y.comm), y, {
                ...options,
                tau: 1,
                mu: 0.04,
              }),
          };
          for (const [solver, run] of Object.entries(runs))
            compare(`${solver} with ${name} ${dtype}`, comm, self, dtype, run);
        }
        const sparse: Record<string, (y: DistributedArray) => Ended> = {
          ista: (y) => ista(definite(DIMS, y.comm), y, { ...options, alpha: 0.04, threshkind: 'half' }),
          'ista, percentiles': (y) =>
            ista(definite(DIMS, y.comm), y, {
              ...options,
              alpha: 0.04,
              threshkind: 'soft-percentile',
              perc: 37,
            }),
          'fista with its own step': (y) => fista(definite(DIMS, y.comm), y, options),
          splitBregman: (y) => {
            const R = new MPIFirstDerivative(DIMS, { kind: 'forward', comm: y.comm });
            return splitBregman(definite(DIMS, y.comm), y, {
              ...options,
              l1: [{ R, eps: 0.3 }],
              l2: [{ R: R.pow(0), data: y }],
              inner: 2,
            });
          },
        };
        for (const [solver, run] of Object.entries(sparse))
          compare(`${solver} ${dtype}`, comm, self, dtype, run);
      }
      self.free();
    },
  );
});
