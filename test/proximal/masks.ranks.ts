/** Tests that with a mask every colour gives the same bits as its ranks alone. */
import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { type DType, isComplex } from '../../src/core/base/dtype.js';
import { PartitionError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { StackedDistributedArray } from '../../src/core/distributed/stacked-distributed-array.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { vdots } from '../../src/core/vector/inner-products.js';
import type { AnyVector } from '../../src/core/vector/vector.js';
import { MatrixMult } from '../../src/local/index.js';
import { MPIBlockDiag, MPIFirstDerivative } from '../../src/operators/index.js';
import { fista, ista } from '../../src/optimization/index.js';
import { THRESHOLD_KINDS, threshold } from '../../src/optimization/sparsity/threshold.js';
import {
  admm,
  douglasRachford,
  L1,
  L2,
  Orthogonal,
  proximalGradient,
  Simplex,
  TV,
} from '../../src/proximal/index.js';
import { finish, SOLVER_TABLE, widest } from '../optimization/solver-table.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow } from '../support/vectors.js';
import { functionsFor, type Kind } from './functions.js';

/** Two halves of the ranks, and every second rank if that is another mask. */
const masksOf = (ranks: number): number[][] =>
  [(r: number) => (r < ranks / 2 ? 0 : 1), (r: number) => r % 2]
    .slice(0, ranks > 2 ? 2 : 1)
    .map((colour) => Array.from({ length: ranks }, (_, r) => colour(r)));

/**
 * The part of a masked vector that belongs to this rank's colour, as a vector on the ranks of the
 * colour alone.
 */
function alone(x: AnyVector, colour: Communicator): AnyVector {
  if (x instanceof StackedDistributedArray)
    return new StackedDistributedArray(x.arrays.map((a) => alone(a, colour) as DistributedArray));
  const { layout, partition, axis, dtype, globalShape, localShape, local } = x as DistributedArray;
  const localShapes = colour.allgatherObject(localShape);
  const length = localShapes.reduce((n, shape) => n + (shape[axis] as number), 0);
  const mine = layout.replicated
    ? DistributedArray.empty(globalShape, { comm: colour, partition, dtype })
    : DistributedArray.empty(
        globalShape.map((n, k) => (k === axis ? length : n)),
        { comm: colour, axis, localShapes, dtype },
      );
  mine.local.assign(local);
  return mine;
}

/** The values that this rank holds. */
const held = (x: AnyVector): number[] =>
  x instanceof StackedDistributedArray ? x.arrays.flatMap(held) : [...(x as DistributedArray).local.toHost()];

/**
 * Masked vectors of the kinds of {@link functionsFor}. The colours differ in size and in the scale
 * of their values.
 */
function kindsOf(mask: readonly number[], comm: Communicator): Kind[] {
  const scale = 1 + 3 * (mask[comm.rank] as number);
  const scaled = (x: DistributedArray): DistributedArray => {
    x.local.scale(scale);
    return x;
  };
  const scattered = (shape: number[], axis: number) => (dtype: DType, seed: number) =>
    scaled(DistributedArray.random(shape, { dtype, seed, mask, axis }));
  return [
    { name: 'scattered', dims: [2, 7], random: scattered([2, 7], 1) },
    {
      name: 'replicated',
      dims: [2, 7],
      random: (dtype, seed) =>
        scaled(DistributedArray.random([2, 7], { dtype, seed, mask, partition: 'BROADCAST' })),
    },
    {
      name: 'stacked',
      dims: undefined,
      random: (dtype, seed) =>
        new StackedDistributedArray([seed, seed + 100].map((s) => scattered([3, 2], 0)(dtype, s))),
    },
  ];
}

/** Runs `body` for every mask. `colour` has the ranks of this rank's colour. */
function forMasks(comm: Communicator, body: (mask: number[], colour: Communicator) => void): void {
  for (const mask of masksOf(comm.size)) {
    const colour = comm.split(mask[comm.rank] as number, comm.rank);
    body(mask, colour);
    colour.free();
  }
}

/** Reductions do not depend on kernels, so these backends are enough. */
const EVERYWHERE = { backends: ['cpu', 'reference'], timeout: 60_000 };

group('masks: the result of each colour is that of the colour alone', () => {
  distributed(
    'of norms, inner products, selections and percentile thresholds',
    EVERYWHERE,
    ({ comm, floats }) => {
      forMasks(comm, (mask, colour) => {
        for (const kind of kindsOf(mask, comm)) {
          for (const dtype of widest(floats)) {
            const [x, y] = [kind.random(dtype, 1), kind.random(dtype, 2)];
            const [a, b] = [alone(x, colour), alone(y, colour)];
            const label = `${kind.name} ${dtype} [${mask}]`;
            expect(x.space.reducedSize, label).to.equal(a.size);
            for (const order of [0, 0.5, 1, 2, 3, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
              expect(x.norm(order), `norm ${order} of ${label}`).to.equal(a.norm(order));
            expect(vdots([x, y], [x, x]), label).to.deep.equal(vdots([a, b], [a, a]));
            for (const k of [0, a.size >> 1, a.size - 1].filter((n) => n >= 0 && n < a.size))
              expect(x.kthSmallestAbs(k), `${k} of ${label}`).to.equal(a.kthSmallestAbs(k));
            for (const shape of THRESHOLD_KINDS) {
              const [u, v] = [x.copy(), a.copy()];
              threshold(shape, u, 0.4, 77);
              threshold(shape, v, 0.4, 77);
              expect(held(u), `${shape} of ${label}`).to.deep.equal(held(v));
            }
          }
        }
      });
    },
  );

  distributed('of values, proxes and dual proxes of every function', EVERYWHERE, ({ comm, floats }) => {
    forMasks(comm, (mask, colour) => {
      for (const kind of kindsOf(mask, comm)) {
        const single: Kind = { ...kind, random: (dtype, seed) => alone(kind.random(dtype, seed), colour) };
        const [real = 'float64', other = real] = widest(floats);
        for (const dtype of [real, other]) {
          for (const entry of functionsFor(kind, dtype)) {
            if (dtype === real && dtype !== other && !entry.realOnly) continue;
            if (entry.name.startsWith('TV') && kind.name === 'scattered') continue;
            const [f, g] = [entry.make(kind, dtype, 4), entry.make(single, dtype, 4)];
            const x = kind.random(dtype, 1);
            const a = alone(x, colour);
            const label = `${entry.name} of ${kind.name} ${dtype} [${mask}]`;
            expect(f.value(x), label).to.equal(g.value(a));
            expect(held(f.prox(x, 0.8)), label).to.deep.equal(held(g.prox(a, 0.8)));
            expect(held(f.proxDual(x, 0.8)), label).to.deep.equal(held(g.proxDual(a, 0.8)));
          }
        }
      }
    });
  });

  distributed('of every solver, and every threshold of ista and fista', EVERYWHERE, ({ comm, floats }) => {
    forMasks(comm, (mask, colour) => {
      for (const dtype of widest(floats).slice(-1)) {
        const matrix = NDArray.normal([4, 4], { seed: 10 + comm.rank, dtype });
        // positive definite
        const block = new MatrixMult(
          matrix
            .conj()
            .transpose()
            .matmul(matrix)
            .multiply(0.1)
            .add(NDArray.eye(4, undefined, undefined, { dtype })),
          { dtype },
        );
        const [A, own] = [new MPIBlockDiag([block]), new MPIBlockDiag([block], { comm: colour })];
        const y = DistributedArray.random([4 * comm.size], { dtype, seed: 2, mask });
        const b = alone(y, colour) as DistributedArray;
        const same = (
          name: string,
          run: (A: MPIBlockDiag, y: DistributedArray) => { x: DistributedArray; cost: readonly number[] },
        ) => {
          const [one, other] = [run(A, y), run(own, b)];
          expect(held(one.x), `${name} ${dtype} [${mask}]`).to.deep.equal(held(other.x));
          // a colour that has finished waits for the others
          expect(one.cost.slice(0, other.cost.length), `${name} ${dtype} [${mask}]`).to.deep.equal(
            other.cost,
          );
        };
        for (const [name, row] of Object.entries(SOLVER_TABLE)) {
          // Power iterations start from values drawn by global index, which differs from that of
          // the colour alone. One solver needs a second operator.
          if (/powerIteration|estimated step|mixedPrecision/.test(name)) continue;
          const proximal = /^(proximal|admm|linearized|primal|douglas)/.test(name);
          if (proximal) expectAllThrow(comm, () => finish(row, A, y, { niter: 3 }), PartitionError, name);
          else same(name, (op, data) => finish(row, op, data, { niter: 3 }));
        }
        for (const [solver, threshkind] of [ista, fista].flatMap((s) =>
          THRESHOLD_KINDS.map((t) => [s, t] as const),
        )) {
          const perc = threshkind.endsWith('percentile') ? { perc: 60 } : {};
          same(`${solver.name} ${threshkind}`, (op, data) =>
            solver(op, data, { niter: 2, alpha: 0.02, threshkind, ...perc }),
          );
        }
      }
    });
  });

  distributed('of percentiles and simplices', { ...EVERYWHERE, ranks: [2] }, ({ comm }) => {
    const mask = [0, 1];
    const x = DistributedArray.zeros([12], { dtype: 'float64', mask });
    x.local.assign(
      NDArray.array(comm.rank === 0 ? [9, 8, 7, 6, 5, 4] : [0.25, 0.5, 0.75, 1, 1.5, 2], {
        dtype: 'float64',
      }),
    );
    threshold('soft-percentile', x, 0, 50);
    expect(held(x)).to.deep.equal(
      comm.rank === 0 ? [2.5, 1.5, 0.5, 0, 0, 0] : [0, 0, 0, 0.125, 0.625, 1.125],
    );
    const s = DistributedArray.zeros([4], { dtype: 'float64', mask });
    s.local.assign(NDArray.array(comm.rank === 0 ? [5, 5] : [-0.5, 0.2], { dtype: 'float64' }));
    const expected = comm.rank === 0 ? [0.5, 0.5] : [0.15, 0.85];
    expectClose(held(new Simplex().prox(s, 1)), expected, { atol: 1e-15 });
  });

  distributed(
    'what applies an operator of all ranks a number of times that depends on the colour refuses masks',
    ({ comm, reals }) => {
      if (comm.size === 1) return;
      const [dtype = 'float64'] = reals;
      const mask = masksOf(comm.size)[0] as number[];
      const x = DistributedArray.random([2 * comm.size, 3], { dtype, mask });
      const D = new MPIFirstDerivative([2 * comm.size, 3]);
      const f = new L2({ Op: D, b: x });
      const rotated = new Orthogonal(new L1(), D.pow(0));
      const refusals: (() => unknown)[] = [
        () => new TV([2 * comm.size, 3]).prox(x, 1),
        () => new TV([2 * comm.size, 3]).value(x),
        () => proximalGradient(f, new L1(), x, { tau: 0.1 }),
        () => admm(rotated, new L1(), x, { tau: 0.1 }),
        () => admm(new L1(), rotated, x, { tau: 0.1 }),
        () => douglasRachford(new L1(), f, x, { tau: 0.1 }),
        () => rotated.add(new L1()).prox(x, 1),
      ];
      for (const [k, refused] of refusals.entries()) expectAllThrow(comm, refused, PartitionError, `${k}`);
      expect(isComplex(rotated.prox(x, 1).dtype)).to.equal(false);
    },
  );
});
