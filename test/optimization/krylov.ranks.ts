import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { isComplex } from '../../src/core/base/dtype.js';
import { NumericalError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { StackedDistributedArray } from '../../src/core/distributed/stacked-distributed-array.js';
import type { LinearOperator } from '../../src/core/operator/linear-operator.js';
import { MatrixMult } from '../../src/local/index.js';
import {
  MPIBlockDiag,
  MPIGradient,
  MPILaplacian,
  MPIStackedVStack,
  MPIVStack,
} from '../../src/operators/index.js';
import { cg } from '../../src/optimization/krylov/cg.js';
import { cgPipelined } from '../../src/optimization/krylov/cg-pipelined.js';
import { cgSingleReduction } from '../../src/optimization/krylov/cg-single-reduction.js';
import { cgls } from '../../src/optimization/krylov/cgls.js';
import { cglsSingleReduction } from '../../src/optimization/krylov/cgls-single-reduction.js';
import { lsmr } from '../../src/optimization/krylov/lsmr.js';
import { lsqr } from '../../src/optimization/krylov/lsqr.js';
import { minres } from '../../src/optimization/krylov/minres.js';
import { powerIteration } from '../../src/optimization/power-iteration.js';
import { fista } from '../../src/optimization/sparsity/fista.js';
import { ista } from '../../src/optimization/sparsity/ista.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow, traffic } from '../support/vectors.js';
import { costs, definite, optimality, rounding } from './problems.js';

const forever = { tol: 0 } as const;
const tight = { atol: 0, btol: 0, conlim: 0 } as const;

/**
 * Solvers of square systems: the number of reductions per iteration, and a function that runs them.
 */
const SQUARE = {
  cg: { reductions: 2, steps: (A: Square, y: DistributedArray) => cg.steps(A, y, { niter: 6, ...forever }) },
  cgSingleReduction: {
    reductions: 1,
    steps: (A: Square, y: DistributedArray) =>
      cgSingleReduction.steps(A, y, { niter: 6, replace: 3, ...forever }),
  },
  cgPipelined: {
    reductions: 1,
    steps: (A: Square, y: DistributedArray) => cgPipelined.steps(A, y, { niter: 6, replace: 3, ...forever }),
  },
  minres: {
    reductions: 2,
    steps: (A: Square, y: DistributedArray) => minres.steps(A, y, { niter: 6, rtol: 0 }),
  },
} as const;
type Square = LinearOperator<DistributedArray>;

group('cost of an iteration', () => {
  for (const [name, { reductions, steps }] of Object.entries(SQUARE)) {
    distributed(
      `${name}: ${reductions} reductions, no other collective, no allocation`,
      ({ comm, backend, floats }) => {
        for (const dtype of floats) {
          const each = costs(
            steps(definite([9, 4]), DistributedArray.random([9, 4], { dtype, seed: 3 })),
            comm,
            backend,
          );
          expect(each).to.have.length(5);
          for (const cost of each) expect(cost, dtype).to.deep.equal([reductions, 0, 0, 0, 0]);
        }
      },
    );
  }

  distributed(
    'least squares cost 2 reductions, 1 in the single-reduction form; sparse solvers 2; no allocation',
    ({ comm, backend, floats }) => {
      for (const dtype of floats) {
        const dims = [7, 3];
        const A = new MPIStackedVStack([
          definite(dims),
          new MPILaplacian(dims).scale(0.5),
          new MPIGradient(dims),
        ]);
        const y = A.range({ dtype }).random(4);
        const M = definite(dims).pow(0);
        const loops = [
          [2, lsqr.steps(A, y, { niter: 5, damp: 0.1, ...tight })],
          [2, lsmr.steps(A, y, { niter: 5, damp: 0.1, ...tight })],
          [1, cglsSingleReduction.steps(A, y, { niter: 5, damp: 0.1, replace: 2, ...forever })],
          [1, cglsSingleReduction.steps(A, y, { niter: 5, M, ...forever })],
          [2, cgls.steps(A, y, { niter: 5, damp: 0.1, M, ...forever })],
          [2, ista.steps(A, y, { niter: 5, alpha: 0.01, ...forever })],
          [2, fista.steps(A, y, { niter: 5, alpha: 0.01, threshkind: 'half', ...forever })],
          [2, fista.steps(A, y, { niter: 5, alpha: 0.01, SOp: M, ...forever })],
        ] as const;
        for (const [k, [reductions, steps]] of loops.entries()) {
          const each = costs(steps, comm, backend);
          expect(each).to.have.length(4);
          for (const cost of each) expect(cost, `${dtype}, ${k}`).to.deep.equal([reductions, 0, 0, 0, 0]);
        }
      }
    },
  );

  distributed(
    'powerIteration costs 1 reduction; a preconditioner costs none more',
    ({ comm, backend, reals: [dtype = 'float64'] }) => {
      const A = definite([8, 2]);
      const domain = A.domain({ dtype });
      for (const cost of costs(powerIteration.steps(A, { niter: 5, tol: 0, domain }), comm, backend))
        expect(cost).to.deep.equal([1, 0, 0, 0, 0]);
      const y = domain.random(2);
      const M = A.pow(0).scale(0.5);
      for (const cost of costs(cg.steps(A, y, { niter: 5, tol: 0, M }), comm, backend))
        expect(cost).to.deep.equal([2, 0, 0, 0, 0]);
      for (const cost of costs(minres.steps(A, y, { niter: 5, rtol: 0, M }), comm, backend))
        expect(cost).to.deep.equal([2, 0, 0, 0, 0]);
      for (const cost of costs(cgPipelined.steps(A, y, { niter: 5, tol: 0, M }), comm, backend))
        expect(cost).to.deep.equal([1, 0, 0, 0, 0]);
    },
  );

  distributed(
    'a time limit costs one reduction more, and all ranks stop together',
    ({ comm, backend, reals: [dtype = 'float64'] }) => {
      const A = definite([9, 4]);
      const y = DistributedArray.random([9, 4], { dtype, seed: 3 });
      for (const cost of costs(cg.steps(A, y, { niter: 6, tol: 0, maxTime: 1000 }), comm, backend))
        expect(cost).to.deep.equal([3, 0, 0, 0, 0]);
      const { reason, iterations } = cg(A, y, { niter: 1000, tol: 0, maxTime: comm.rank === 0 ? 0 : 1000 });
      expect(reason).to.equal('time limit reached');
      expect(iterations).to.equal(1);
    },
  );
});

group('solutions', () => {
  distributed('square systems are solved, also with empty ranks', ({ floats, tolerance }) => {
    for (const dtype of floats) {
      for (const dims of [[11, 3], [2, 5], [1]]) {
        const A = definite(dims);
        const truth = DistributedArray.random(dims, { dtype, seed: 1 });
        const y = A.matvec(truth);
        const tol = (tolerance(dtype) * y.norm()) ** 2;
        const solutions = {
          single: cgSingleReduction(A, y, { niter: 200, tol, replace: 7 }),
          pipelined: cgPipelined(A, y, { niter: 200, tol, replace: 7 }),
          minres: minres(A, y, { niter: 200, rtol: tolerance(dtype) }),
        };
        for (const [name, { x, reason }] of Object.entries(solutions)) {
          expect(reason, name).to.be.oneOf([
            'tolerance reached',
            'solved exactly',
            'residual within tolerance',
            'gradient within tolerance',
          ]);
          expect(x.dtype).to.equal(dtype);
          expectClose(x, truth, { norm: 100 * tolerance(dtype) * truth.norm() }, `${name} ${dtype} ${dims}`);
        }
      }
    }
  });

  distributed('least-squares problems of stacked data are solved, damped or not', ({ floats, tolerance }) => {
    for (const dtype of floats) {
      const dims = [7, 3];
      const A = new MPIStackedVStack([
        definite(dims),
        new MPILaplacian(dims).scale(0.5),
        new MPIGradient(dims),
      ]);
      const y = A.range({ dtype }).random(4);
      const x0 = A.domain({ dtype }).random(5);
      for (const damp of [0, 0.2]) {
        const tol = rounding(A, y, tolerance(dtype));
        const options = { niter: 60, damp, atol: tolerance(dtype), btol: 0, conlim: 0 };
        expect(optimality(A, y, cglsSingleReduction(A, y, { niter: 60, tol, damp, x0 }).x, damp)).to.be.below(
          100 * tolerance(dtype),
        );
        expect(optimality(A, y, lsqr(A, y, options).x, damp), 'lsqr').to.be.below(100 * tolerance(dtype));
        expect(optimality(A, y, lsmr(A, y, options).x, damp), 'lsmr').to.be.below(100 * tolerance(dtype));
      }
    }
  });

  distributed('stacked models, and complex data of real operators, are solved', ({ dtypes, tolerance }) => {
    for (const dtype of dtypes.filter((d) => d !== 'int32')) {
      const A = new MPIGradient([6, 4], { kind: 'forward' }).H;
      const y = A.range({ dtype }).random(2);
      const { x } = lsmr(A, y, { niter: 100, damp: 0.5, atol: tolerance(dtype), btol: 0 });
      expect(x).to.be.instanceOf(StackedDistributedArray);
      expect(isComplex(x.dtype)).to.equal(isComplex(dtype));
      expect(optimality(A, y, x, 0.5)).to.be.below(100 * tolerance(dtype));
    }
  });

  distributed('a replicated model has the same bits on every rank', ({ comm, reals }) => {
    for (const dtype of reals) {
      const rows = [1, 2, 3, 4].filter((_, k) => k % comm.size === comm.rank);
      const A = new MPIVStack(
        rows.map((seed) => new MatrixMult(NDArray.normal([3, 5], { seed, dtype }), { dtype })),
      );
      const y = A.range({ dtype }).random(6);
      lsqr(A, y, { niter: 10 }).x.assertReplicated();
      lsmr(A, y, { niter: 10 }).x.assertReplicated();
      cglsSingleReduction(A, y, { niter: 10 }).x.assertReplicated();
      fista(A, y, { niter: 10, threshkind: 'soft-percentile', perc: 60 }).x.assertReplicated();
    }
  });

  distributed('percentile thresholds keep the largest, over all ranks', ({ comm, reals }) => {
    for (const dtype of reals) {
      const A = definite([10, 2]).pow(0);
      const y = DistributedArray.random([10, 2], { dtype, seed: 8 });
      for (const threshkind of ['soft-percentile', 'hard-percentile', 'half-percentile'] as const) {
        const { x } = ista(A, y, { niter: 1, alpha: 1, threshkind, perc: 25 });
        // the percentile is between the 5th and the 6th largest of 20 values
        expect(x.norm(0), threshkind).to.equal(5);
        for (const other of comm.allgatherObject(x.norm(1))) expect(other).to.equal(x.norm(1));
      }
    }
  });
});

group('masks', () => {
  distributed(
    'every colour solves its own problem, and all iterate until the last has converged',
    ({ comm, reals }) => {
      for (const dtype of reals) {
        const mask = Array.from({ length: comm.size }, (_, r) => (r < comm.size / 2 ? 0 : 1));
        const color = mask[comm.rank] as number;
        const matrix = NDArray.normal([4, 4], { seed: 10 + color * comm.rank, dtype });
        const A = new MPIBlockDiag([new MatrixMult(matrix, { dtype })]);
        const y = DistributedArray.random([4 * comm.size], { dtype, seed: 2, mask });
        const small = dtype === 'float64' ? 1e-9 : 1e-3;
        const answers = [
          lsqr(A, y, { niter: 200, atol: small, btol: small, conlim: 0 }),
          lsmr(A, y, { niter: 200, atol: small, btol: small, conlim: 0 }),
          cglsSingleReduction(A, y, { niter: 200, tol: small }),
        ];
        for (const [k, { x, iterations }] of answers.entries()) {
          const all = comm.allgatherObject(iterations);
          expect(new Set(all).size, 'iterations are one number').to.equal(1);
          expect(A.rmatvec(y.subtract(A.matvec(x))).norm(), `${k}`).to.be.below(Math.sqrt(small));
        }
      }
    },
  );
});

group('faults of one colour', () => {
  distributed('end the solver on all ranks, at its start too', ({ comm, reals }) => {
    const [dtype = 'float64'] = reals;
    const mask = Array.from({ length: comm.size }, (_, r) => (r < comm.size / 2 ? 0 : 1));
    const diagonal = (value: number) =>
      new MPIBlockDiag([new MatrixMult(NDArray.eye(3, 3, 0, { dtype }).multiply(value), { dtype })]);
    const y = DistributedArray.random([3 * comm.size], { dtype, seed: 2, mask });
    const M = diagonal(mask[comm.rank] === 0 ? -1 : 1);
    expectAllThrow(comm, () => minres(diagonal(2), y, { M }), NumericalError);
  });
});

group('refusals', () => {
  distributed(
    'NaN on one rank, and a preconditioner that is not definite or does not fit, throw on all',
    ({ comm, reals }) => {
      const [dtype = 'float64'] = reals;
      const A = definite([8, 2]);
      const y = DistributedArray.ones([8, 2], { dtype });
      expect(() => minres(A, y, { M: A.pow(0).scale(-1) })).to.throw(NumericalError);
      expect(() => cg(A, y, { M: definite([4, 4]) })).to.throw(ShapeError);
      expect(() => fista(A, y, { alpha: 10, eps: 0, monitorres: true, niter: 20 })).to.throw(
        NumericalError,
        /alpha or eps should be smaller/,
      );
      if (comm.rank === comm.size - 1) y.local.fill(Number.NaN);
      for (const solve of [
        () => lsqr(A, y),
        () => lsmr(A, y),
        () => minres(A, y),
        () => cgSingleReduction(A, y),
        () => cgPipelined(A, y),
        () => cglsSingleReduction(A, y),
        () => ista(A, y, { alpha: 1 }),
        () => fista(A, y, { alpha: 1 }),
      ])
        expect(solve).to.throw(NumericalError, /iteration 0/);
    },
  );
});

group('limits of time', () => {
  distributed('cost one reduction an iteration, and none where there is no limit', ({ comm }) => {
    const [A, y] = [definite([8, 3]), DistributedArray.random([8, 3], { seed: 1, dtype: 'float32' })];
    const reductions = (maxTime?: number) =>
      traffic(
        comm,
        () => void cgls(A, y, { niter: 5, tol: 0, ...(maxTime === undefined ? {} : { maxTime }) }),
      ).reductions;
    expect(reductions(Number.POSITIVE_INFINITY)).to.equal(reductions());
    expect(reductions(3600)).to.equal(reductions() + 5);
  });
});

group('inner products that do not depend on the number of ranks', () => {
  distributed(
    'give conjugate gradients the bits of one rank in all iterates and costs',
    ({ comm, floats }) => {
      for (const dtype of floats) {
        const dims = [13, 5];
        const A = definite(dims);
        const y = DistributedArray.random(dims, { dtype, seed: 9 });
        const { x, cost } = cg(A, y, { niter: 12, tol: 0, reproducible: true });
        const self = comm.split(comm.rank) as typeof comm;
        const alone = DistributedArray.random(dims, { dtype, seed: 9, comm: self });
        const mine = cg(definite(dims, self), alone, { niter: 12, tol: 0, reproducible: true });
        expect(cost).to.deep.equal(mine.cost);
        expect(x.asArray().toHost()).to.deep.equal(mine.x.asArray().toHost());
        self.free();
      }
    },
  );
});
