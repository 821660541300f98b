import { expect } from 'chai';
import fc from 'fast-check';
import { NDArray } from '../../src/core/array/ndarray.js';
import { complex, conj, re, type Scalar } from '../../src/core/base/complex.js';
import { ArgumentError, NumericalError, ShapeError } from '../../src/core/base/errors.js';
import type { LinearOperator } from '../../src/core/operator/linear-operator.js';
import { setDefaultBackend } from '../../src/core/ports/defaults.js';
import { CpuBackend } from '../../src/cpu/cpu-backend.js';
import { cg } from '../../src/optimization/krylov/cg.js';
import { cgPipelined } from '../../src/optimization/krylov/cg-pipelined.js';
import { cgSingleReduction } from '../../src/optimization/krylov/cg-single-reduction.js';
import { cgls } from '../../src/optimization/krylov/cgls.js';
import { cglsSingleReduction } from '../../src/optimization/krylov/cgls-single-reduction.js';
import { conditionEstimate } from '../../src/optimization/krylov/condition-estimate.js';
import { lsmr } from '../../src/optimization/krylov/lsmr.js';
import { lsqr } from '../../src/optimization/krylov/lsqr.js';
import { minres } from '../../src/optimization/krylov/minres.js';
import { powerIteration } from '../../src/optimization/power-iteration.js';
import type { StopReason } from '../../src/optimization/solver-state.js';
import { expectClose } from '../support/expect-close.js';
import { Dense, type Matrix, normalSolution, randomMatrix, solveDense } from './dense.js';

type Operator = LinearOperator<NDArray>;
interface Options {
  readonly x0?: NDArray | undefined;
  readonly damp?: number;
}
interface Answer {
  readonly x: NDArray;
  readonly iterations: number;
  readonly reason: StopReason;
  readonly cost: number[];
}

/** Least-squares solvers, run until no further progress is possible. */
const LEAST_SQUARES: Readonly<Record<string, (A: Operator, y: NDArray, options?: Options) => Answer>> = {
  cgls: (A, y, o) => cgls(A, y, { ...o, niter: 200, tol: 1e-30 }),
  cglsSingleReduction: (A, y, o) => cglsSingleReduction(A, y, { ...o, niter: 200, tol: 1e-30, replace: 5 }),
  lsqr: (A, y, o) => lsqr(A, y, { ...o, niter: 200, atol: 1e-15, btol: 1e-15, conlim: 0 }),
  lsmr: (A, y, o) => lsmr(A, y, { ...o, niter: 200, atol: 1e-15, btol: 1e-15, conlim: 0 }),
};

/** The least-squares solvers with tolerances of 0. */
const FOREVER: Readonly<Record<string, (A: Operator, y: NDArray, niter: number) => Answer>> = {
  cgls: (A, y, niter) => cgls(A, y, { niter, tol: 0 }),
  cglsSingleReduction: (A, y, niter) => cglsSingleReduction(A, y, { niter, tol: 0 }),
  lsqr: (A, y, niter) => lsqr(A, y, { niter, atol: 0, btol: 0, conlim: 0 }),
  lsmr: (A, y, niter) => lsmr(A, y, { niter, atol: 0, btol: 0, conlim: 0 }),
};

/** Solvers of Hermitian systems. */
const SQUARE: Readonly<
  Record<string, (A: Operator, y: NDArray, options?: { readonly x0?: NDArray | undefined }) => Answer>
> = {
  cgSingleReduction: (A, y, o) => cgSingleReduction(A, y, { ...o, niter: 200, tol: 1e-24, replace: 5 }),
  cgPipelined: (A, y, o) => cgPipelined(A, y, { ...o, niter: 200, tol: 1e-24, replace: 5 }),
  minres: (A, y, o) => minres(A, y, { ...o, niter: 200, rtol: 1e-15 }),
};

const vector = (values: readonly Scalar[], dtype?: 'float32' | 'complex128') =>
  NDArray.array([...values], dtype ? { dtype } : {});
const column = (n: number, seed: number, dtype: 'float64' | 'complex128' = 'float64'): Scalar[] =>
  randomMatrix(n, 1, seed, dtype).map((row) => row[0] as Scalar);
const hilbert = (n: number): number[][] =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => 1 / (i + j + 1)));
const diagonal = (values: readonly number[]): number[][] =>
  values.map((v, i) => values.map((_, j) => (i === j ? v : 0)));

/** `B + Bᴴ + shift`, indefinite for a small shift. */
function hermitian(n: number, seed: number, dtype: 'float64' | 'complex128', shift: number): Scalar[][] {
  const b = randomMatrix(n, n, seed, dtype);
  return b.map((row, i) =>
    row.map((v, j) => {
      const w = conj(b[j]?.[i] as Scalar);
      const sum =
        typeof v === 'number' || typeof w === 'number' ? re(v) + re(w) : complex(v.re + w.re, v.im + w.im);
      if (i !== j) return sum;
      return typeof sum === 'number' ? sum + shift : complex(sum.re + shift, 0);
    }),
  );
}

describe('solvers of least squares', () => {
  let backend: CpuBackend;
  before(() => {
    backend = new CpuBackend();
    setDefaultBackend(backend);
  });

  for (const [name, solve] of Object.entries(LEAST_SQUARES)) {
    describe(name, () => {
      for (const dtype of ['float64', 'complex128'] as const) {
        for (const damp of [0, 0.7]) {
          it(`an inconsistent system, ${dtype}, damp ${damp}`, () => {
            const a = randomMatrix(9, 5, 21, dtype);
            const rhs = column(9, 7, dtype);
            const { x } = solve(new Dense(a, dtype), vector(rhs), { damp });
            expectClose(x, normalSolution(a, rhs, damp), { atol: 1e-10 });
          });
        }

        it(`from a start, ${dtype}`, () => {
          const a = randomMatrix(9, 5, 21, dtype);
          const rhs = column(9, 7, dtype);
          const x0 = vector(column(5, 8, dtype));
          const before = [...x0.toHost()];
          const { x } = solve(new Dense(a, dtype), vector(rhs), { x0 });
          expectClose(x, normalSolution(a, rhs), { atol: 1e-10 });
          expect([...x0.toHost()]).to.deep.equal(before);
        });
      }

      it('finds the least-squares solution of least norm of a rank-deficient inconsistent system', () => {
        const a = [
          [1, 1, 0],
          [2, 2, 1],
          [0, 0, 3],
          [0, 0, 0],
        ];
        const { x, cost } = solve(new Dense(a), vector([2, 5, 3, 7]));
        expectClose(x, [1, 1, 1], { atol: 1e-7 });
        expect(cost.at(-1)).to.be.closeTo(7, 1e-10);
      });

      it('solves an ill-conditioned system of Hilbert columns', () => {
        const a = hilbert(12).map((row) => row.slice(0, 6));
        const y = vector(a.map((row) => row.reduce((sum, v) => sum + v, 0)));
        // the condition number is 5e6, so a gradient of 1e-15 allows an error of 1e-3
        expectClose(solve(new Dense(a), y).x, new Array(6).fill(1), { atol: 1e-3 });
      });

      const forever = FOREVER[name];
      if (forever)
        it('ten times as many iterations as needed do not make the functional worse', () => {
          const problems: [Matrix, readonly Scalar[]][] = [
            [randomMatrix(9, 5, 21), column(9, 7)],
            [hilbert(12).map((row) => row.slice(0, 6)), column(12, 3)],
            [randomMatrix(5, 9, 2), column(5, 7)],
          ];
          for (const [a, rhs] of problems) {
            const [A, y] = [new Dense(a), vector(rhs)];
            const functional = (niter: number): number => {
              const { x } = forever(A, y, niter);
              return y.subtract(A.matvec(x)).norm();
            };
            expect(functional(200)).to.be.at.most(functional(20) * (1 + 1e-9) + 1e-12 * y.norm());
          }
        });

      it('the cost is the norm of the residual', () => {
        const a = randomMatrix(9, 5, 3);
        const A = new Dense(a);
        const y = vector(column(9, 4));
        const { x, cost, iterations } = solve(A, y);
        expect(cost).to.have.length(iterations + 1);
        expect(cost[0]).to.be.closeTo(y.norm(), 1e-12);
        expect(cost.at(-1)).to.be.closeTo(y.subtract(A.matvec(x)).norm(), 1e-10);
      });

      it('ends at once for a zero right-hand side, an exact start and data orthogonal to the range', () => {
        const zero = solve(new Dense(randomMatrix(9, 5, 1)), NDArray.zeros([9]));
        expect(zero).to.include({ iterations: 0, reason: 'solved exactly' });
        expect(zero.x.norm()).to.equal(0);
        const exact = solve(
          new Dense([
            [2, 0],
            [0, 4],
            [0, 0],
          ]),
          vector([2, 8, 0]),
          { x0: vector([1, 2]) },
        );
        expect(exact).to.include({ iterations: 0, reason: 'solved exactly' });
        expect([...exact.x.toHost()]).to.deep.equal([1, 2]);
        const orthogonal = solve(new Dense([[1], [0]]), vector([0, 3]));
        expect(orthogonal).to.include({ iterations: 0, reason: 'solved exactly' });
        const one = solve(new Dense([[4]]), vector([8]));
        expectClose(one.x, [2], { atol: 1e-15 });
        expect(one.iterations).to.equal(1);
      });

      it('ends without NaN for an operator of zeros', () => {
        const { x, reason } = solve(new Dense(diagonal([0, 0])), vector([1, 2]));
        expect(reason).to.equal('solved exactly');
        expect(x.norm()).to.equal(0);
      });
    });
  }

  it('lsqr and lsmr return why they stopped, and estimate norms', () => {
    const compatible = randomMatrix(8, 4, 5);
    const A = new Dense(compatible);
    const truth = column(4, 6);
    const y = A.matvec(vector(truth));
    for (const solve of [lsqr, lsmr]) {
      const done = solve(A, y, { niter: 100, atol: 1e-12, btol: 1e-12 });
      expect(done.reason).to.equal('residual within tolerance');
      expect(done.istop).to.equal(1);
      expectClose(done.x, truth, { atol: 1e-9 });
      const inconsistent = solve(A, vector(column(8, 9)), { niter: 100, atol: 1e-10, btol: 0 });
      expect(inconsistent).to.include({ reason: 'gradient within tolerance', istop: 2 });
      expect(solve(A, y, { niter: 1 })).to.include({ reason: 'iteration limit reached', istop: 7 });
      const frobenius = Math.sqrt(compatible.flat().reduce<number>((sum, v) => sum + re(v) ** 2, 0));
      expect(inconsistent.anorm).to.be.within(0.3 * frobenius, 1.5 * frobenius);
      const singular = solve(new Dense(diagonal([1, 0.5, 1e-5])), vector([1, 1, 1e-3]), {
        niter: 50,
        atol: 0,
        btol: 0,
        conlim: 1e4,
      });
      expect(singular).to.include({ reason: 'condition limit reached', istop: 3 });
      const exact = solve(A, y, { niter: 100, atol: 0, btol: 0, conlim: 0 });
      expect(exact.reason).to.be.oneOf(['machine precision reached', 'solved exactly']);
    }
  });

  it('the gradient of lsmr never grows, the residual of lsqr never grows', () => {
    const A = new Dense(randomMatrix(20, 12, 4));
    const y = vector(column(20, 2));
    let gradient = Number.POSITIVE_INFINITY;
    for (const { arnorm, x } of lsmr.steps(A, y, { niter: 10, atol: 0, btol: 0 })) {
      expect(arnorm).to.be.at.most(gradient * (1 + 1e-12));
      expect(A.rmatvec(y.subtract(A.matvec(x))).norm()).to.be.closeTo(arnorm, 1e-9);
      gradient = arnorm;
    }
    let residual = Number.POSITIVE_INFINITY;
    for (const { rnorm, arnorm, xnorm, x } of lsqr.steps(A, y, { niter: 10, damp: 0.3, atol: 0, btol: 0 })) {
      expect(rnorm).to.be.at.most(residual);
      residual = rnorm;
      const r = y.subtract(A.matvec(x));
      expect(Math.hypot(r.norm(), 0.3 * x.norm())).to.be.closeTo(rnorm, 1e-9);
      expect(A.rmatvec(r).axpby(-0.09, x, 1).norm()).to.be.closeTo(arnorm, 1e-9);
      expect(x.norm()).to.be.closeTo(xnorm, 1e-9);
    }
  });

  it('unseen systems: random shapes, dtypes, damping and starts, against a dense solution', () => {
    const problem = fc.record({
      rows: fc.integer({ min: 1, max: 9 }),
      columns: fc.integer({ min: 1, max: 6 }),
      seed: fc.integer({ min: 1, max: 1e6 }),
      dtype: fc.constantFrom<'float64' | 'complex128'>('float64', 'complex128'),
      damp: fc.constantFrom(0.3, 1, 2.5),
      started: fc.boolean(),
    });
    fc.assert(
      fc.property(problem, ({ rows, columns, seed, dtype, damp, started }) => {
        const a = randomMatrix(rows, columns, seed, dtype);
        const rhs = column(rows, seed + 1, dtype);
        const x0 = started ? vector(column(columns, seed + 2, dtype)) : undefined;
        const expected = normalSolution(a, rhs, damp);
        for (const [name, solve] of Object.entries(LEAST_SQUARES)) {
          // the damping of these solvers applies to x − x0
          if (started && name.startsWith('ls')) continue;
          const { x } = solve(new Dense(a, dtype), vector(rhs), { x0, damp });
          expectClose(x, expected, { atol: 1e-9 }, name);
        }
        if (rows === columns) {
          const h = hermitian(rows, seed, dtype, 30);
          for (const [name, solve] of Object.entries(SQUARE))
            expectClose(
              solve(new Dense(h, dtype), vector(rhs), { x0 }).x,
              solveDense(h, rhs),
              { atol: 1e-9 },
              name,
            );
        }
      }),
      { numRuns: 150, interruptAfterTimeLimit: 8000 },
    );
  });

  it('lsqr gives the iterates of cgls', () => {
    const A = new Dense(randomMatrix(20, 12, 4));
    const y = vector(column(20, 2));
    for (const niter of [1, 3, 7]) {
      const expected = cgls(A, y, { niter, tol: 0 }).x;
      expectClose(lsqr(A, y, { niter }).x, expected, { norm: 1e-10 });
      expectClose(cglsSingleReduction(A, y, { niter, tol: 0 }).x, expected, { norm: 1e-10 });
    }
  });

  it('cgls: a relative tolerance, and a preconditioner that helps', () => {
    const scales = Array.from({ length: 12 }, (_, i) => 10 ** (i / 4));
    const a = randomMatrix(30, 12, 4).map((row) => row.map((v, j) => re(v) * (scales[j] as number)));
    const A = new Dense(a);
    const y = vector(column(30, 2));
    const M = new Dense(diagonal(scales.map((s) => 1 / (30 * s * s))));
    for (const solver of [cgls, cglsSingleReduction]) {
      for (const x0 of [undefined, NDArray.ones([12])]) {
        const plain = solver(A, y, { niter: 500, tol: 0, rtol: 1e-8, x0 });
        const helped = solver(A, y, { niter: 500, tol: 0, rtol: 1e-8, M, x0 });
        for (const { x, reason } of [plain, helped]) {
          expect(reason).to.equal('tolerance reached');
          expect(A.rmatvec(y.subtract(A.matvec(x))).norm()).to.be.below(2e-8 * A.rmatvec(y).norm());
        }
        expect(helped.iterations).to.be.below(plain.iterations / 1.5);
      }
    }
  });
});

describe('solvers of Hermitian systems', () => {
  before(() => {
    setDefaultBackend(new CpuBackend());
  });

  for (const [name, solve] of Object.entries(SQUARE)) {
    describe(name, () => {
      for (const dtype of ['float64', 'complex128'] as const) {
        it(`a definite system, from zero and from a start, ${dtype}`, () => {
          const a = hermitian(8, 3, dtype, 14);
          const rhs = column(8, 5, dtype);
          const truth = solveDense(a, rhs);
          for (const x0 of [undefined, vector(column(8, 6, dtype))]) {
            const { x, cost, iterations } = solve(new Dense(a, dtype), vector(rhs), { x0 });
            expectClose(x, truth, { atol: 1e-10 });
            expect(cost).to.have.length(iterations + 1);
          }
        });
      }

      it('ends at once for a zero right-hand side and an exact start, and solves one element', () => {
        const zero = solve(new Dense(diagonal([1, 2])), NDArray.zeros([2]));
        expect(zero).to.include({ iterations: 0, reason: 'solved exactly' });
        const exact = solve(new Dense(diagonal([2, 4])), vector([2, 8]), { x0: vector([1, 2]) });
        expect(exact).to.include({ iterations: 0, reason: 'solved exactly' });
        const one = solve(new Dense([[4]]), vector([8]));
        expect([...one.x.toHost()]).to.deep.equal([2]);
        expect(one.iterations).to.equal(1);
      });

      it('refuses an operator that is not square', () => {
        expect(() => solve(new Dense(randomMatrix(4, 3, 1)), vector([1, 2, 3, 4]))).to.throw(ShapeError);
      });
    });
  }

  it('the iterates of cg, single-reduction and pipelined, preconditioned or not', () => {
    const a = hermitian(12, 3, 'float64', 16);
    const A = new Dense(a);
    const y = vector(column(12, 5));
    const M = new Dense(diagonal(a.map((row, i) => 1 / re(row[i] as Scalar))));
    for (const options of [{}, { M }]) {
      for (const niter of [1, 2, 5, 8]) {
        const expected = cg(A, y, { niter, tol: 0, ...options }).x;
        for (const replace of [0, 3]) {
          expectClose(cgSingleReduction(A, y, { niter, tol: 0, replace, ...options }).x, expected, {
            norm: 1e-11,
          });
          expectClose(cgPipelined(A, y, { niter, tol: 0, replace, ...options }).x, expected, { norm: 1e-11 });
        }
      }
    }
  });

  it('residual replacement makes the pipelined form ten times as accurate', () => {
    const n = 60;
    const A = new Dense(diagonal(Array.from({ length: n }, (_, i) => 1 + 1e5 * (i / (n - 1)) ** 4)));
    const y = NDArray.ones([n]);
    const truth = (x: NDArray): number => y.subtract(A.matvec(x)).norm();
    const without = cgPipelined(A, y, { niter: 400, tol: 0, rtol: 1e-13, replace: 0 });
    const replaced = cgPipelined(A, y, { niter: 400, tol: 0, rtol: 1e-13, replace: 20 });
    expect(truth(replaced.x)).to.be.below(truth(without.x) / 10);
  });

  it(
    'far beyond convergence on ill-conditioned systems: forms of one reduction stay where those of two ' +
      'do',
    () => {
      for (const dtype of ['float64', 'float32'] as const) {
        const digits = dtype === 'float64' ? 4 : 1.5;
        const scale = (j: number) => 10 ** ((-digits * j) / 11);
        const A = new Dense(
          randomMatrix(30, 12, 5).map((row) => row.map((v, j) => re(v) * scale(j))),
          dtype,
        );
        const y = NDArray.normal([30], { seed: 2, dtype });
        const [normal, right] = [A.H.mul(A), A.rmatvec(y)];
        for (const damp of [0, 0.01]) {
          const gradient = (x: NDArray) =>
            A.rmatvec(y.subtract(A.matvec(x)))
              .axpby(-damp * damp, x, 1)
              .norm() / right.norm();
          const expected = gradient(cgls(A, y, { niter: 3000, tol: 0, damp }).x);
          for (const replace of [0, 50])
            for (const niter of [300, 3000]) {
              const { x } = cglsSingleReduction(A, y, { niter, tol: 0, damp, replace });
              expect(gradient(x), `cgls ${dtype} ${damp} ${replace} ${niter}`).to.be.below(300 * expected);
            }
        }
        const residual = (x: NDArray) => right.subtract(normal.matvec(x)).norm() / right.norm();
        const most = 1e5 * (dtype === 'float64' ? Number.EPSILON : 2 ** -23);
        for (const solve of [cg, cgSingleReduction, cgPipelined])
          for (const niter of [1000, 3000])
            expect(residual(solve(normal, right, { niter, tol: 0 }).x), dtype).to.be.below(most);
      }
    },
  );

  it('minres solves indefinite, shifted and singular systems', () => {
    for (const dtype of ['float64', 'complex128'] as const) {
      const a = hermitian(9, 2, dtype, 0.5);
      const rhs = column(9, 4, dtype);
      const { x } = minres(new Dense(a, dtype), vector(rhs), { niter: 60, rtol: 1e-15 });
      expectClose(x, solveDense(a, rhs), { atol: 1e-9 });
      const shifted = a.map((row, i) =>
        row.map((v, j) => (i !== j ? v : typeof v === 'number' ? v - 0.3 : complex(v.re - 0.3, v.im))),
      );
      const moved = minres(new Dense(a, dtype), vector(rhs), {
        niter: 60,
        rtol: 1e-15,
        shift: 0.3,
        x0: vector(column(9, 7, dtype)),
      });
      expectClose(moved.x, solveDense(shifted, rhs), { atol: 1e-9 });
    }
    const singular = minres(new Dense(diagonal([3, -2, 0])), vector([3, 4, 5]), { niter: 20 });
    // a least-squares solution that is not of minimal norm: the third element is free
    expectClose(singular.x.slice([0, 2]), [1, -2], { atol: 1e-10 });
    expect(singular.reason).to.equal('gradient within tolerance');
    expect(singular.cost.at(-1)).to.be.closeTo(5, 1e-10);
  });

  it('minres: a preconditioner that helps; the residual never grows', () => {
    const n = 30;
    const values = Array.from({ length: n }, (_, i) => (i % 2 === 0 ? 1 : -1) * 10 ** (i / 10));
    const A = new Dense(
      diagonal(values).map((row, i) => row.map((v, j) => (Math.abs(i - j) === 1 ? 0.2 : v))),
    );
    const M = new Dense(diagonal(values.map((v) => 1 / Math.abs(v))));
    const y = NDArray.ones([n]);
    const plain = minres(A, y, { niter: 300, rtol: 1e-10 });
    const helped = minres(A, y, { niter: 300, rtol: 1e-10, M });
    expect(helped.iterations).to.be.below(plain.iterations / 2);
    expectClose(helped.x, plain.x, { norm: 1e-6 });
    for (const { cost } of [plain, helped])
      cost.forEach((c, k) => k === 0 || expect(c).to.be.at.most(cost[k - 1] as number));
    expect(() => minres(A, y, { M: new Dense(diagonal(values.map((v) => -1 / Math.abs(v)))) })).to.throw(
      NumericalError,
    );
    expect(() => minres(A, y, { shift: Number.NaN })).to.throw(ArgumentError, /shift/);
  });

  it('cg: a relative tolerance, and a preconditioner that helps', () => {
    const n = 40;
    const scales = Array.from({ length: n }, (_, i) => 10 ** (i / 10));
    const A = new Dense(
      diagonal(scales).map((row, i) => row.map((v, j) => (Math.abs(i - j) === 1 ? 0.1 : v))),
    );
    const y = NDArray.ones([n]);
    const M = new Dense(diagonal(scales.map((s) => 1 / s)));
    const plain = cg(A, y, { niter: 300, tol: 0, rtol: 1e-9 });
    const helped = cg(A, y, { niter: 300, tol: 0, rtol: 1e-9, M });
    expect(plain.reason).to.equal('tolerance reached');
    expect(y.subtract(A.matvec(helped.x)).norm()).to.be.below(1.1e-9 * y.norm());
    expect(helped.iterations).to.be.below(plain.iterations / 2);
  });

  it('xnorm is the norm of the returned x, also from a start', () => {
    const A = new Dense(randomMatrix(6, 6, 3));
    const symmetric = A.add(A.H);
    const y = NDArray.normal([6], { seed: 5 });
    for (const x0 of [undefined, NDArray.normal([6], { seed: 6 })]) {
      for (const { iteration, x, xnorm } of minres.steps(symmetric, y, { x0, niter: 5 }))
        expect(xnorm).to.be.closeTo(x.norm(), 1e-12, `minres, ${iteration}`);
      for (const damp of [0, 0.4])
        for (const { iteration, x, xnorm } of lsmr.steps(A, y, { x0, damp, niter: 5 }))
          expect(xnorm).to.be.closeTo(x.norm(), 1e-12, `lsmr, ${iteration}`);
    }
  });

  it('minres: a preconditioner that is not positive definite on the residual is an error', () => {
    const A = new Dense(diagonal([2, 3]));
    const M = (...values: number[]) => new Dense(diagonal(values));
    for (const [y, values] of [
      [
        [0, 1],
        [1, 0],
      ],
      [
        [0, 1],
        [1, -1],
      ],
      [
        [1, 1],
        [1, 0],
      ],
      [
        [3, 1],
        [1, -1],
      ],
    ] as const)
      expect(() => minres(A, vector([...y]), { M: M(...values), niter: 20 })).to.throw(
        NumericalError,
        /positive definite preconditioner M/,
      );
    expect([...minres(A, vector([1, 0]), { M: M(1, 0) }).x.toHost()]).to.deep.equal([0.5, 0]);
    const { x } = minres(A, vector([1, 5]), { M: M(0.5, 0.3), niter: 20 });
    expect(x.get(1)).to.be.closeTo(5 / 3, 1e-12);
  });

  it('an infinite conlim, niter or maxTime is no limit', () => {
    const A = new Dense(diagonal([1, 1e-9]));
    const y = vector([1, 1e-9]);
    const limits = {
      conlim: Number.POSITIVE_INFINITY,
      niter: Number.POSITIVE_INFINITY,
      maxTime: Number.POSITIVE_INFINITY,
    };
    for (const solve of [lsqr, lsmr]) {
      const most = solve(A, y, { ...limits, atol: 0, btol: 1e-14 });
      expect(most.reason).to.equal(solve(A, y, { conlim: 0, niter: 100, atol: 0, btol: 1e-14 }).reason);
    }
    expect(minres(A, y, limits).reason).to.equal('residual within tolerance');
    expect(() => lsqr(A, y, { conlim: Number.NaN })).to.throw(ArgumentError, /conlim/);
  });

  it('conditionEstimate is infinite for singular operators, and accurate for small singular values', () => {
    const conditions = [
      [diagonal([1, 0]), Number.POSITIVE_INFINITY],
      [diagonal([0, 0]), Number.POSITIVE_INFINITY],
      [diagonal([3, 0, 1, 2]), Number.POSITIVE_INFINITY],
      [
        [
          [1, 2],
          [2, 4],
          [3, 6],
        ],
        Number.POSITIVE_INFINITY,
      ],
      [
        [
          [1, 2, 3],
          [2, 4, 6],
        ],
        Number.POSITIVE_INFINITY,
      ],
      [diagonal([1, 1, 1]), 1],
      [diagonal([1, 2, 3]), 3],
      [
        [
          [2, 0, 0],
          [0, 1, 0],
        ],
        2,
      ],
      [
        [
          [2, 0],
          [0, 1],
          [0, 0],
        ],
        2,
      ],
      [diagonal([1, 1e-7, 3]), 3e7],
    ] as const;
    for (const [a, expected] of conditions) {
      const { condition } = conditionEstimate(new Dense(a.map((row) => [...row])));
      if (Number.isFinite(expected)) expect(condition).to.be.closeTo(expected, 1e-8 * expected);
      else expect(condition).to.equal(expected);
    }
  });

  it('powerIteration finds the largest eigenvalue and its vector', () => {
    for (const dtype of ['float64', 'complex128'] as const) {
      const a = hermitian(7, 3, dtype, 10);
      const A = new Dense(a, dtype);
      const { maxeig, x, reason } = powerIteration(A, { niter: 2000, tol: 1e-13 });
      expect(reason).to.equal('tolerance reached');
      expect(A.matvec(x).axpby(-re(maxeig), x, 1).norm()).to.be.below(1e-4 * re(maxeig));
      expect(x.norm()).to.be.closeTo(1, 1e-12);
    }
    expect(powerIteration(new Dense(diagonal([0, 0])))).to.include({ maxeig: 0, reason: 'solved exactly' });
    expect(() => powerIteration(new Dense(randomMatrix(3, 2, 1)))).to.throw(ShapeError);
  });

  it('refuse arguments that do not fit', () => {
    const A = new Dense(diagonal([1, 2]));
    const y = NDArray.ones([2]);
    // @ts-expect-error misspelled
    expect(() => lsqr(A, y, { atoll: 1 })).to.throw(ArgumentError, /did you mean 'atol'/);
    expect(() => lsmr(A, y, { conlim: -1 })).to.throw(ArgumentError, /conlim/);
    expect(() => cgPipelined(A, y, { replace: 1.5 })).to.throw(ArgumentError, /replace/);
    expect(() => cg(A, y, { maxTime: -1 })).to.throw(ArgumentError, /maxTime/);
    const matrix: Matrix = randomMatrix(3, 3, 1);
    expect(() => cgls(A, y, { M: new Dense(matrix) })).to.throw(ShapeError);
  });
});
