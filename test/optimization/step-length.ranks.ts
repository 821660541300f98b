import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { abs, complex } from '../../src/core/base/complex.js';
import { type DType, isComplex } from '../../src/core/base/dtype.js';
import { ArgumentError, NumericalError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Diagonal, MatrixMult } from '../../src/local/index.js';
import { MPIBlockDiag, MPIFirstDerivative } from '../../src/operators/index.js';
import { powerIteration } from '../../src/optimization/power-iteration.js';
import { fista } from '../../src/optimization/sparsity/fista.js';
import { ista } from '../../src/optimization/sparsity/ista.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow } from '../support/vectors.js';

const few = { backends: ['cpu', 'deferred', 'tfjs:wasm'] };

/** A vector with `n` ones per rank and one other value on the last rank. */
function spiked(rank: number, size: number, n: number, spike: number, dtype: DType): MPIBlockDiag {
  const d = NDArray.ones([n], { dtype });
  if (rank === size - 1) d.set([n >> 1], spike);
  return new MPIBlockDiag([new Diagonal(d, { dtype })]);
}
const matrix = (rows: number[][]): MatrixMult => new MatrixMult(NDArray.array(rows));

group('power iteration', () => {
  distributed(
    'does not end before the dominant eigenvector has grown',
    few,
    ({ comm, reals: [dtype = 'float64'] }) => {
      for (const [n, spike, seed] of [
        [5, 2, 1],
        [3000, 2, 1],
        [3000, -3, 3],
        [3000, 2, 4],
        [3000, 1.5, 5],
      ] as const) {
        const A = spiked(comm.rank, comm.size, n, spike, dtype);
        const { maxeig, reason } = powerIteration(A, { niter: 200, seed, domain: A.domain({ dtype }) });
        expect(reason).to.equal('tolerance reached');
        expect(maxeig).to.be.closeTo(spike, 1e-3 * Math.abs(spike));
      }
    },
  );

  distributed('separates eigenvalues of one modulus', { backends: ['cpu'], ranks: [1] }, () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      for (const [A, modulus] of [
        [
          matrix([
            [0, 1],
            [1, 0],
          ]),
          1,
        ],
        [
          matrix([
            [0, -2],
            [-2, 0],
          ]),
          2,
        ],
        [new Diagonal([3, -3, 1, 0.5]), 3],
        [new Diagonal([-3, 2.5, 1]), 3],
        [
          matrix([
            [0, 1, 0],
            [0, 0, 1],
            [1, 0, 0],
          ]),
          1,
        ],
      ] as const) {
        const { maxeig, x, reason } = powerIteration(A, { niter: 200, seed, tol: 1e-10 });
        expect(reason).to.equal('tolerance reached');
        expect(Math.abs(maxeig as number)).to.be.closeTo(modulus, 1e-6);
        expect(
          A.matvec(x)
            .axpby(-(maxeig as number), x, 1)
            .norm(),
        ).to.be.below(1e-4);
      }
      expect(
        powerIteration(
          matrix([
            [0, 1],
            [1, 0],
          ]),
          { seed },
        ).maxeig,
      ).to.be.closeTo(1, 1e-6);
    }
    const unitary = new Diagonal([complex(0, 1), complex(-1, 0), complex(0.6, 0.8), complex(0.3, 0)]);
    const { maxeig } = powerIteration(unitary, { niter: 200 });
    expect(Math.hypot((maxeig as { re: number }).re, (maxeig as { im: number }).im)).to.be.closeTo(1, 1e-3);
    // real vectors never converge
    expect(
      powerIteration(
        matrix([
          [0, -1],
          [1, 0],
        ]),
        { niter: 50 },
      ).reason,
    ).to.equal('iteration limit reached');
  });
});

group('power iteration from a given start', () => {
  const host = { backends: ['cpu', 'reference', 'deferred'] };
  distributed('takes the space of x0, and any norm of it', host, ({ comm, floats, tolerance }) => {
    for (const dtype of floats) {
      const A = new MPIBlockDiag([new Diagonal([1, -2 - comm.rank, 1.5], { dtype })]);
      const x0 = A.domain({ dtype }).zeros();
      const before = x0.copy();
      // Orthogonal to all eigenvectors but one of each rank's three
      for (let r = 0; r < comm.size; r++) x0.setAt(3 * r, 7);
      const { maxeig, x, iterations, reason } = powerIteration(A, { x0 });
      expect([maxeig, iterations, reason], dtype).to.deep.equal([
        isComplex(dtype) ? complex(1, 0) : 1,
        2,
        'tolerance reached',
      ]);
      expectClose(x, x0.copy().scale(1 / x0.norm()), 10 * tolerance(dtype));
      expect(x0.norm(Number.POSITIVE_INFINITY), 'unchanged').to.equal(7);
      // The start can hide the largest eigenvalue; the default start does not
      expect(abs(powerIteration(A, { niter: 200, domain: x0.space }).maxeig), dtype).to.be.closeTo(
        1 + comm.size,
        1e-2,
      );
      expectAllThrow(comm, () => powerIteration(A, { x0: before }), ArgumentError, 'other than zero');
    }
  });

  distributed('a complex start makes the run complex; other spaces are refused', ({ comm, dtypes }) => {
    if (!dtypes.includes('complex128')) return;
    const A = new MPIBlockDiag([new Diagonal([3, 1])]);
    const x0 = A.domain({ dtype: 'complex128' }).random(1);
    const { maxeig, x } = powerIteration(A, { x0, niter: 50 });
    expect(x.dtype).to.equal('complex128');
    expect(abs(maxeig)).to.be.closeTo(3, 1e-3);
    const real = A.domain().random(1);
    expect(powerIteration(A, { x0: real, domain: x0.space, niter: 50 }).x.dtype).to.equal('complex128');
    const longer = DistributedArray.ones(2 * comm.size + 1);
    expectAllThrow(
      comm,
      () => powerIteration(A, { x0: longer, domain: A.domain() }),
      ShapeError,
      `it has ${longer.size} elements`,
    );
    const empty = new MPIFirstDerivative([0, 3]);
    for (const start of [undefined, empty.domain().zeros()])
      expect(powerIteration(empty, { x0: start }).reason).to.equal('solved exactly');
    expectAllThrow(comm, () => powerIteration(A, { x0: 1 as never }), ArgumentError, 'x0');
  });
});

group('step lengths of ista and fista', () => {
  for (const [name, solver] of Object.entries({ ista, fista })) {
    distributed(
      `${name}: an estimate that misses a direction is reduced; the misfit does not rise above the start`,
      few,
      ({ comm, reals }) => {
        const [dtype = 'float64'] = reals;
        for (const [n, spike, niter] of [
          [4000, 2, 100],
          [40, 5, 1],
          [40, 5, 0],
        ] as const) {
          const A = spiked(comm.rank, comm.size, n, spike, dtype);
          const y = DistributedArray.full([n * comm.size], 2, { dtype });
          const start = 0.5 * y.norm() ** 2;
          const { x, alpha } = solver(A, y, { eps: 0.1, niter: 200, eigs: { niter } });
          expect(alpha).to.be.below(2 / spike ** 2);
          for (const { residual } of solver.steps(A, y, { eps: 0.1, niter: 10, eigs: { niter } }))
            expect(0.5 * residual ** 2).to.be.at.most(start * 1.001);
          // (d y − ε/2) / d²
          const d = A.matvec(DistributedArray.ones([n * comm.size], { dtype }));
          const exact = d.multiply(y).subtract(DistributedArray.full([n * comm.size], 0.05, { dtype }));
          const off = d.multiply(d).multiply(x).subtract(exact).norm(Number.POSITIVE_INFINITY);
          expect(off).to.be.below(2e-3);
        }
      },
    );

    distributed(
      `${name}: a given alpha stays as it is; one that is too large is an error on all ranks`,
      few,
      ({ comm, reals }) => {
        const [dtype = 'float64'] = reals;
        const A = spiked(comm.rank, comm.size, 20, 2, dtype);
        const y = DistributedArray.full([20 * comm.size], 2, { dtype });
        expect(solver(A, y, { alpha: 0.24, niter: 20 }).alpha).to.equal(0.24);
        for (const alpha of [1, 100])
          expect(() => solver(A, y, { alpha, niter: 100 })).to.throw(NumericalError, /alpha/);
      },
    );

    distributed(
      `${name}: colours of a mask find their own step`,
      { backends: ['cpu'] },
      ({ comm, reals }) => {
        const [dtype = 'float64'] = reals;
        const mask = Array.from({ length: comm.size }, (_, r) => (r < comm.size / 2 ? 0 : 1));
        const spike = comm.size === 1 || mask[comm.rank] === 1 ? 6 : 2;
        const d = NDArray.ones([8], { dtype }).set([3], spike);
        const A = new MPIBlockDiag([new Diagonal(d, { dtype })]);
        const y = DistributedArray.full([8 * comm.size], 2, { dtype, mask });
        const { x, alpha } = solver(A, y, { eps: 0.1, niter: 300, eigs: { niter: 1 } });
        expect(alpha).to.be.below(2 / spike ** 2);
        expect(x.local.get(3)).to.be.closeTo((spike * 2 - 0.05) / spike ** 2, 2e-3);
      },
    );
  }
});
