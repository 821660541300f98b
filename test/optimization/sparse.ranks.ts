import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { isComplex } from '../../src/core/base/dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import type { LinearOperator } from '../../src/core/operator/linear-operator.js';
import { plainDots } from '../../src/core/vector/inner-products.js';
import { MatrixMult } from '../../src/local/index.js';
import {
  MPIBlockDiag,
  MPIFirstDerivative,
  MPIGradient,
  MPILinearOperator,
  MPIVStack,
} from '../../src/operators/index.js';
import {
  normalEquationsInversion,
  preconditionedInversion,
  regularizedInversion,
} from '../../src/optimization/inversion-drivers.js';
import { cgls } from '../../src/optimization/krylov/cgls.js';
import { conditionEstimate } from '../../src/optimization/krylov/condition-estimate.js';
import { lsqr } from '../../src/optimization/krylov/lsqr.js';
import { mixedPrecisionLeastSquares } from '../../src/optimization/krylov/mixed-precision.js';
import { projectOntoL1Ball } from '../../src/optimization/l1-projection.js';
import { fista } from '../../src/optimization/sparsity/fista.js';
import { irls } from '../../src/optimization/sparsity/irls.js';
import { ista } from '../../src/optimization/sparsity/ista.js';
import { omp } from '../../src/optimization/sparsity/omp.js';
import { spgl1 } from '../../src/optimization/sparsity/spgl1.js';
import { splitBregman } from '../../src/optimization/sparsity/split-bregman.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose, expectSameBits } from '../support/expect-close.js';
import { expectAllThrow } from '../support/vectors.js';
import { costs, definite, optimality } from './problems.js';

/** Four blocks of random columns on any ranks: 4 × 16 rows, 4 × 20 columns. */
function wide(
  size: number,
  rank: number,
  dtype: 'float64' | 'complex128' = 'float64',
): LinearOperator<DistributedArray> {
  const mine = [1, 2, 3, 4].filter((_, k) => Math.floor((k * size) / 4) === rank);
  return new MPIBlockDiag(
    mine.map(
      (seed) => new MatrixMult(NDArray.normal([16, 20], { seed, dtype }).multiplyInPlace(1 / 4), { dtype }),
    ),
  );
}

const SPIKES = [3, 17, 25, 44, 61, 70];
/** Sets a model to a few spikes. */
function spiky<M extends DistributedArray>(x: M): M {
  x.fill(0);
  for (const [k, at] of SPIKES.entries()) x.setAt(at, k % 2 === 0 ? 2 : -3);
  return x;
}

group('sparse solvers', () => {
  distributed(
    'omp, spgl1 and irls find a sparse model that least squares does not',
    { backends: ['cpu', 'reference'], timeout: 60_000 },
    ({ comm }) => {
      for (const dtype of ['float64', 'complex128'] as const) {
        const A = wide(comm.size, comm.rank, dtype);
        const truth = spiky(A.domain({ dtype }).zeros());
        const y = A.matvec(truth);
        const far = (x: DistributedArray) => x.subtract(truth).norm() / truth.norm();
        expect(far(cgls(A, y, { niter: 100, tol: 1e-20 }).x)).to.be.above(0.2);
        const greedy = omp(A, y, { niter: 20, sigma: 1e-8 });
        expect(greedy.iterations).to.equal(SPIKES.length);
        expect(greedy.reason).to.equal('residual within tolerance');
        expect(far(greedy.x), 'omp').to.be.below(1e-8);
        expect(greedy.x.norm(0)).to.equal(SPIKES.length);
        const scaled = omp(A, y, { niter: 20, sigma: 1e-8, normalizecols: true });
        expect(far(scaled.x)).to.be.below(1e-8);
        const pursuit = spgl1(A, y, { niter: 400, sigma: 0, tol: 1e-7 });
        expect(far(pursuit.x), 'spgl1').to.be.below(1e-4);
        const reweighted = irls(A, y, {
          kind: 'model',
          niter: 30,
          eps: 1e-8,
          inner: { niter: 100, rtol: 1e-10 },
        });
        expect(far(reweighted.x), 'irls').to.be.below(1e-4);
      }
    },
  );

  distributed(
    'matching pursuit reduces the residual, alike on all ranks',
    { backends: ['cpu', 'reference'] },
    ({ comm }) => {
      const A = wide(comm.size, comm.rank);
      const { cost } = omp(A, A.matvec(spiky(A.domain().zeros())), {
        niter: 15,
        inner: 0,
        normalizecols: true,
      });
      expect(cost.at(-1)).to.be.below(0.5 * (cost[0] as number));
      for (const other of comm.allgatherObject(cost)) expect(other).to.deep.equal(cost);
    },
  );

  distributed(
    'spgl1 meets the conditions of a minimum for sigma and for tau, without allocation',
    { backends: ['cpu', 'reference'] },
    ({ comm, backend }) => {
      const A = wide(comm.size, comm.rank);
      const noise = A.range().random(7);
      const y = A.matvec(spiky(A.domain().zeros())).axpby(0.05, noise, 1);
      const sigma = 0.05 * noise.norm();
      const check = ({ x, tau }: { x: DistributedArray; tau: number }) => {
        const r = y.subtract(A.matvec(x));
        const g = A.rmatvec(r);
        expect(x.norm(1)).to.be.closeTo(tau, 1e-6 * tau);
        // r̂ᴴA x = ‖Aᴴr‖∞ ‖x‖₁
        expect(g.rdot(x)).to.be.closeTo(g.norm(Number.POSITIVE_INFINITY) * tau, 2e-3 * r.norm() ** 2 + 2e-3);
        return r.norm();
      };
      const denoised = spgl1(A, y, { sigma, niter: 300, tol: 1e-5 });
      expect(denoised.reason).to.equal('residual within tolerance');
      expect(check(denoised)).to.be.closeTo(sigma, 1e-3 * sigma);
      const lasso = spgl1(A, y, { tau: denoised.tau, niter: 300, tol: 1e-6 });
      expect(lasso.reason).to.equal('tolerance reached');
      expect(check(lasso)).to.be.closeTo(sigma, 2e-3 * sigma);
      for (const cost of costs(spgl1.steps(A, y, { sigma, niter: 6 }), comm, backend))
        expect(cost.slice(2)).to.deep.equal([0, 0, 0]);
    },
  );

  distributed(
    'spgl1 with a mask: every colour solves its own problem',
    { backends: ['cpu', 'reference'] },
    ({ comm }) => {
      const mask = Array.from({ length: comm.size }, (_, r) => (r < comm.size / 2 ? 0 : 1));
      const color = mask[comm.rank] as number;
      const A = new MPIBlockDiag([
        new MatrixMult(
          NDArray.normal([8, 10], { seed: 3 + comm.rank }).multiplyInPlace(color === 0 ? 1 / 3 : 5),
        ),
      ]);
      const y = DistributedArray.random([8 * comm.size], { seed: 2, mask });
      const { x, iterations, cost } = spgl1(A, y, { sigma: 0.1 + 0.2 * color, niter: 15 });
      expect(y.subtract(A.matvec(x)).norm()).to.be.closeTo(cost.at(-1) as number, 1e-9);
      for (const other of comm.allgatherObject(iterations)) expect(other).to.equal(iterations);
      if (comm.size === 1) return;
      // the same as the colour alone
      const own = comm.split(color) as typeof comm;
      const B = new MPIBlockDiag(
        [
          new MatrixMult(
            NDArray.normal([8, 10], { seed: 3 + comm.rank }).multiplyInPlace(color === 0 ? 1 / 3 : 5),
          ),
        ],
        { comm: own },
      );
      const mine = B.range().zeros();
      mine.local.assign(y.local);
      const alone = spgl1(B, mine, { sigma: 0.1 + 0.2 * color, niter: 15 });
      expectClose(x.local, alone.x.local, { norm: 1e-8 * (1 + alone.x.local.norm()) });
      own.free();
    },
  );

  distributed('the projection onto the L1 ball is the nearest point of the ball', ({ floats, tolerance }) => {
    for (const dtype of floats) {
      const x = DistributedArray.random([7, 3], { dtype, seed: 4 });
      const project = (radius: number): DistributedArray => {
        const [y, inPlace] = [x.emptyLike(), x.copy()];
        expect(projectOntoL1Ball(x, radius, y, plainDots)).to.equal(
          projectOntoL1Ball(inPlace, radius, inPlace, plainDots),
        );
        expectClose(inPlace, y, 0);
        return y;
      };
      const inside = project(1000);
      expectClose(inside, x, 0);
      const radius = 0.3 * x.norm(1);
      const p = project(radius);
      expect(p.norm(1)).to.be.closeTo(radius, 100 * tolerance(dtype) * radius);
      // p is the nearest point if x − p is a subgradient: its elements have one modulus where p is
      // not zero
      const d = x.subtract(p);
      expect(d.rdot(p)).to.be.closeTo(
        d.norm(Number.POSITIVE_INFINITY) * radius,
        100 * tolerance(dtype) * x.norm() ** 2,
      );
      expect(project(0).norm()).to.equal(0);
    }
  });

  distributed(
    'irls with an L1 misfit is robust to outliers',
    { backends: ['cpu', 'reference'] },
    ({ comm }) => {
      const A = new MPIVStack(
        [1, 2, 3, 4]
          .filter((_, k) => k % comm.size === comm.rank)
          .map((seed) => new MatrixMult(NDArray.normal([10, 4], { seed }))),
      );
      const truth = A.domain().empty().fill(1);
      const y = A.matvec(truth);
      for (const at of [2, 17, 30]) y.setAt(at, 100);
      expect(cgls(A, y, { niter: 50, tol: 1e-20 }).x.subtract(truth).norm()).to.be.above(1);
      const { x, reason } = irls(A, y, { niter: 40, threshold: true, tol: 1e-8 });
      expectClose(x, truth, { norm: 1e-3 });
      expect(reason).to.be.oneOf(['update within tolerance', 'iteration limit reached']);
      x.assertReplicated();
    },
  );

  distributed(
    'split Bregman removes noise from steps, and reaches a minimum of its functional',
    ({ floats }) => {
      for (const dtype of floats.filter((d) => !d.endsWith('32') && d !== 'complex64')) {
        const n = 24;
        const D = new MPIFirstDerivative([n], { kind: 'forward' });
        const I = D.pow(0);
        const truth = DistributedArray.zeros([n], { dtype });
        for (let i = 0; i < n; i++) truth.setAt(i, i < 8 ? 1 : i < 17 ? -1 : 2);
        const y = truth.copy().axpby(0.15, DistributedArray.random([n], { dtype, seed: 3 }), 1);
        const { x, cost, iterations } = splitBregman(I, y, { l1: [{ R: D, eps: 0.5 }], niter: 40, inner: 2 });
        expect(cost).to.have.length(iterations + 1);
        // the cost at the start, where x = 0
        expect(cost[0]).to.be.closeTo(0.5 * y.norm() ** 2, 1e-12 * y.norm() ** 2);
        expectClose(x, truth, { norm: 0.7 * y.subtract(truth).norm() });
        // a minimum: small changes do not reduce the functional ½‖y − x‖² + ¼‖Dx‖₁
        const functional = (v: DistributedArray) =>
          0.5 * y.subtract(v).norm() ** 2 + 0.25 * D.matvec(v).norm(1);
        expect(cost.at(-1)).to.be.closeTo(functional(x), 1e-9);
        for (const seed of [1, 2, 3]) {
          const nearby = x.copy().axpby(1e-2, DistributedArray.random([n], { dtype, seed }), 1);
          expect(functional(nearby)).to.be.above(functional(x) - 1e-6);
        }
      }
    },
  );

  for (const [name, solver] of Object.entries({ ista, fista }))
    distributed(
      `${name} stops below shares of the first cost and of the norm of the data, at any scale`,
      { backends: ['cpu', 'reference'] },
      ({ comm }) => {
        for (const dtype of ['float64', 'complex128'] as const) {
          const A = wide(comm.size, comm.rank, dtype);
          const data = A.matvec(spiky(A.domain({ dtype }).zeros()));
          // Data of the second scale are solved in other units
          for (const scale of [1, 2 ** -240]) {
            const y = data.multiply(scale);
            const options = { niter: 20, alpha: 0.05, eps: 0.1 * scale, tol: 0 };
            const { cost } = solver(A, y, options);
            /** Between the costs of iteration k and of the one before. */
            const between = (k: number) => 0.5 * ((cost[k - 2] as number) + (cost[k - 1] as number));
            const rtol = (k: number) => between(k) / (cost[0] as number);
            const rtol1 = (k: number) => between(k) / y.norm();
            for (const [limit, expected] of [
              [{ rtol: rtol(5) }, 5],
              [{ rtol1: rtol1(7) }, 7],
              [{ rtol: rtol(9), rtol1: rtol1(6) }, 6],
              [{ rtol: rtol(4), rtol1: rtol1(6) }, 4],
            ] as const) {
              const ended = solver(A, y, { ...options, ...limit });
              expect([ended.iterations, ended.reason]).to.deep.equal([expected, 'tolerance reached']);
            }
            expect(solver(A, y, { ...options, rtol: 1e-9, rtol1: 1e-9 * scale }).iterations).to.equal(20);
          }
          const refused = { rtol: /expected rtol/, rtol1: /expected rtol1/ };
          for (const [limit, message] of Object.entries(refused))
            expect(() => solver(A, data, { [limit]: -1 })).to.throw(ArgumentError, message);
        }
      },
    );

  distributed(
    'invalid arguments are refused on all ranks',
    { backends: ['cpu', 'reference'] },
    ({ comm }) => {
      const A = wide(comm.size, comm.rank);
      const y = A.range().random(1);
      expect(() => spgl1(A, y, { sigma: 1, tau: 1 })).to.throw(ArgumentError, /exclude/);
      expect(() => splitBregman(A, y, { l1: [] })).to.throw(ArgumentError, /l1/);
      const terms: [object, RegExp][] = [
        [{ l1: [{ R: A, epss: 1 }] }, /l1\[0\]: unknown option 'epss', did you mean 'eps'/],
        [
          { l1: [{ R: A }], l2: [{ R: A }, { R: A, dat: y }] },
          /l2\[1\]: unknown option 'dat', did you mean 'data'/,
        ],
        [{ l1: [{ R: A, data: y }] }, /l1\[0\]: unknown option 'data'/],
        [{ l1: [{ eps: 1 }] }, /l1\[0\]/],
        [{ l1: [A] }, /l1\[0\]/],
        [{ l1: [{ R: A, eps: -1 }] }, /l1\[0\]: expected eps/],
        [{ l1: [{ R: A }], l2: [{ R: A, data: [1] }] }, /l2\[0\]: expected data/],
        [{ l1: { R: A } }, /expected l1 to be a list/],
        [{ l1: [{ R: A }], l2: { R: A } }, /expected l2 to be a list/],
      ];
      for (const [options, message] of terms)
        expect(() => splitBregman(A, y, options as never)).to.throw(ArgumentError, message);
      expect(() => fista(A, y, { threshkind: 'soft-percentile' })).to.throw(ArgumentError, /perc/);
      expect(() => fista(A, y, { perc: 10 })).to.throw(ArgumentError, /perc/);
      expect(() => omp(A, y, { inner: -1 })).to.throw(ArgumentError, /inner/);
      expect(() => mixedPrecisionLeastSquares(A, y)).to.throw(DTypeError, /single/);
      // @ts-expect-error misspelled
      expect(() => irls(A, y, { knd: 'data' })).to.throw(ArgumentError, /did you mean 'kind'/);
    },
  );
});

group('drivers', () => {
  distributed(
    'A.div solves a system, or least squares, by at most niter iterations of LSQR',
    { backends: ['cpu', 'reference', 'deferred'] },
    ({ comm, floats }) => {
      for (const dtype of floats) {
        const tall = new MPIBlockDiag([
          new MatrixMult(NDArray.normal([9, 4], { seed: 1 + comm.rank, dtype }), { dtype }),
        ]);
        const x = tall.domain({ dtype }).random(1);
        const y = tall.range({ dtype }).random(2);
        const near = dtype === 'float64' || dtype === 'complex128' ? 1e-6 : 1e-3;
        expectClose(tall.div(tall.matvec(x)), x, near, dtype);
        const residual = y.subtract(tall.matvec(tall.div(y)));
        expect(tall.rmatvec(residual).norm() / tall.rmatvec(y).norm(), dtype).to.be.below(near);
        // Of the solutions of a wide system, that of smallest norm: in the range of the adjoint
        const wide = tall.H;
        const least = wide.div(x);
        expectClose(wide.matvec(least), x, near, dtype);
        expectClose(tall.matvec(tall.div(least)), least, 3 * near, dtype);
        expectSameBits(tall.div(y, { niter: 3 }), lsqr(tall, y, { niter: 3, atol: 1e-8, btol: 1e-8 }).x);
        expect(tall.div(y.zerosLike()).norm()).to.equal(0);
        expect(tall.frameBound).to.equal(undefined);
        expect(() => tall.div(y, { niter: -1 })).to.throw(ArgumentError, 'expected niter');
        expect(() => tall.div(y, { nitr: 1 } as object)).to.throw(ArgumentError, "did you mean 'niter'");
        expect(() => tall.div(1 as never)).to.throw(ArgumentError, 'expected y');
        expectAllThrow(comm, () => tall.div(x), ShapeError);
      }
    },
  );

  distributed(
    'normal equations, regularisation and preconditioning give the same solution',
    ({ floats, tolerance }) => {
      for (const dtype of floats) {
        const dims = [8, 3];
        const A = new MPIFirstDerivative(dims, { kind: 'centered' });
        const R = new MPIGradient(dims, { kind: 'forward' });
        const I = A.pow(0);
        const y = A.range({ dtype }).random(3);
        const wish = A.domain({ dtype }).random(4);
        const regularizations = [
          { R, eps: 0.5 },
          { R: I, eps: 0.3, data: wish },
        ];
        const small = 100 * tolerance(dtype);
        const normal = normalEquationsInversion(A, y, {
          regularizations,
          niter: 200,
          tol: 0,
          rtol: tolerance(dtype),
        });
        const stacked = regularizedInversion(A, y, {
          regularizations,
          niter: 200,
          tol: 0,
          rtol: tolerance(dtype),
        });
        const gradient = A.rmatvec(y.subtract(A.matvec(normal.x)));
        gradient.axpby(-0.25, R.rmatvec(R.matvec(normal.x)), 1).axpby(0.09, wish.subtract(normal.x), 1);
        expect(gradient.norm()).to.be.below(small * y.norm());
        expectClose(stacked.x, normal.x, { norm: small * normal.x.norm() });
        const damped = normalEquationsInversion(A, y, {
          damp: 0.4,
          niter: 200,
          tol: 0,
          rtol: tolerance(dtype),
        });
        expect(optimality(A, y, damped.x, 0.4)).to.be.below(small);
        const weight = I.scale(2);
        const weighted = normalEquationsInversion(A, y, {
          weight: weight.mul(weight),
          damp: 0.8,
          niter: 200,
          tol: 0,
          rtol: tolerance(dtype),
        });
        expectClose(weighted.x, damped.x, { norm: small * damped.x.norm() });
        expectClose(
          regularizedInversion(A, y, { weight, damp: 0.8, niter: 200, tol: 0, rtol: tolerance(dtype) }).x,
          damped.x,
          { norm: small * damped.x.norm() },
        );
        const P = definite(dims);
        const { x, z } = preconditionedInversion(definite(dims), y, P, {
          niter: 200,
          tol: 0,
          rtol: tolerance(dtype),
        });
        expectClose(x, P.matvec(z), 0);
        expectClose(definite(dims).matvec(x), y, { norm: 1e4 * tolerance(dtype) * y.norm() });
      }
    },
  );

  distributed('mixed precision is as accurate as double precision', ({ backend, dtypes }) => {
    for (const dtype of dtypes.filter((d) => d === 'float64' || d === 'complex128')) {
      if (!backend.dtypes.includes('float32')) continue;
      const A = definite([9, 4]);
      const y = A.range({ dtype }).random(5);
      for (const x0 of [undefined, A.domain({ dtype }).random(6)]) {
        const { x, reason, iterations } = mixedPrecisionLeastSquares(A, y, { damp: 0.3, x0 });
        expect(reason).to.equal('gradient within tolerance');
        expect(iterations).to.be.within(2, 6);
        expect(isComplex(x.dtype)).to.equal(isComplex(dtype));
        expect(optimality(A, y, x, 0.3)).to.be.below(1e-11);
      }
    }
  });

  distributed('mixed precision solves an inconsistent system with a float32 matrix', ({ comm, reals }) => {
    if (!reals.includes('float64') || !reals.includes('float32')) return;
    const seeds = [1, 2, 3, 4].filter((_, k) => k % comm.size === comm.rank);
    const of = (dtype: 'float32' | 'float64') =>
      new MPIVStack(
        seeds.map((seed) => new MatrixMult(NDArray.normal([9, 5], { seed }).astype(dtype), { dtype })),
      );
    const A = of('float64');
    const y = A.range().random(5);
    const { x, reason } = mixedPrecisionLeastSquares(A, y, { single: of('float32') });
    expect(reason).to.equal('gradient within tolerance');
    expect(optimality(A, y, x)).to.be.below(1e-11);
    x.assertReplicated();
  });

  distributed('the condition number of a diagonal operator is exact', ({ comm, reals }) => {
    if (!reals.includes('float64')) return;
    const dims = [20];
    const A = definite(dims);
    const { largest, smallest, condition } = conditionEstimate(A, { niter: 25 });
    // 2 − 2 cos: eigenvalues of I + DᴴD with the last row of D zero
    const exact = Array.from({ length: 20 }, (_, k) => 3 - 2 * Math.cos((Math.PI * k) / 20));
    expect(largest).to.be.closeTo(Math.max(...exact), 1e-8);
    expect(smallest).to.be.closeTo(1, 1e-8);
    expect(condition).to.be.closeTo(largest / smallest, 1e-12);
    for (const other of comm.allgatherObject(condition)) expect(other).to.equal(condition);
  });

  distributed(
    'the condition number of a tall operator is bounded, and exact once the space is exhausted',
    ({ comm, reals }) => {
      for (const dtype of reals) {
        // columns are orthogonal: singular values are √(1² + k²) for k = 1 … 4
        const rows = Array.from({ length: 8 }, (_, i) =>
          Array.from({ length: 4 }, (_, k) => (i === k ? 1 : i === k + 4 ? k + 1 : 0)),
        );
        const A = MPILinearOperator.wrap(new MatrixMult(NDArray.array(rows, { dtype })), { comm });
        const [low, high] = [Math.SQRT2, Math.sqrt(17)];
        for (const niter of [1, 2, 3, 4, 9]) {
          const { largest, smallest, condition, iterations } = conditionEstimate(A, { niter });
          const slack = dtype === 'float32' ? 1e-5 : 1e-12;
          // in single precision, rounding errors hide that the residual is zero
          if (dtype === 'float64' || niter < 4) expect(iterations).to.equal(Math.min(niter, 4));
          expect(condition).to.be.at.most((high / low) * (1 + slack));
          if (niter >= 4)
            expect([smallest / low, largest / high].map((v) => Math.abs(v - 1) < slack)).to.deep.equal([
              true,
              true,
            ]);
        }
      }
    },
  );
});
