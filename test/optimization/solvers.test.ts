import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { type Complex, complex, conj, im, mul, re, type Scalar } from '../../src/core/base/complex.js';
import { ArgumentError, DTypeError, NumericalError, ShapeError } from '../../src/core/base/errors.js';
import type { LinearOperator } from '../../src/core/operator/linear-operator.js';
import { setDefaultBackend } from '../../src/core/ports/defaults.js';
import { CpuBackend } from '../../src/cpu/cpu-backend.js';
import { type CgOptions, type CgResult, type CgStep, cg } from '../../src/optimization/krylov/cg.js';
import { cgls } from '../../src/optimization/krylov/cgls.js';
import { expectClose } from '../support/expect-close.js';
import { Dense, type Matrix, normalSolution, randomMatrix, solveDense } from './dense.js';

const times = (a: Matrix, x: readonly Scalar[]): Complex[] =>
  a.map((row) =>
    row.reduce<Complex>(
      (sum, v, j) => complex(sum.re + re(mul(v, x[j] as Scalar)), sum.im + im(mul(v, x[j] as Scalar))),
      complex(0),
    ),
  );
const adjoint = (a: Matrix): Scalar[][] => (a[0] ?? []).map((_, j) => a.map((row) => conj(row[j] as Scalar)));
const matmul = (a: Matrix, b: Matrix): Complex[][] => {
  const columns = adjoint(b).map((row) => row.map(conj));
  return a.map((row) => columns.map((column) => times([row], column)[0] as Complex));
};
const real = (a: Matrix): number[][] => a.map((row) => row.map(re));
const diagonal = (values: readonly number[]): number[][] =>
  values.map((v, i) => values.map((_, j) => (i === j ? v : 0)));

/** A Hermitian positive definite matrix: `Bᴴ B + shift I`. */
function definite(n: number, seed: number, dtype: 'float64' | 'complex128', shift = 1): Scalar[][] {
  const b = randomMatrix(n, n, seed, dtype);
  const a = matmul(adjoint(b), b).map((row, i) =>
    row.map((v, j) => complex(v.re + (i === j ? shift : 0), v.im)),
  );
  return dtype === 'float64' ? real(a) : a;
}

/** The common part of both solvers. */
interface Solver {
  (A: LinearOperator<NDArray>, y: NDArray, options?: CgOptions<NDArray>): CgResult<NDArray>;
  steps(
    A: LinearOperator<NDArray>,
    y: NDArray,
    options?: CgOptions<NDArray>,
  ): Generator<Omit<CgStep<NDArray>, 'state'>, CgResult<NDArray>, void>;
}

const hilbert = (n: number): number[][] =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => 1 / (i + j + 1)));

describe('CG and CGLS on local arrays', () => {
  let backend: CpuBackend;
  before(() => {
    backend = new CpuBackend();
    setDefaultBackend(backend);
  });
  const vector = (values: readonly Scalar[], dtype?: 'float32' | 'complex128') =>
    NDArray.array([...values], dtype ? { dtype } : {});

  describe('cg', () => {
    for (const dtype of ['float64', 'complex128'] as const) {
      it(`solves a positive definite system of n unknowns in n steps, ${dtype}`, () => {
        const a = definite(8, 3, dtype);
        const truth = randomMatrix(8, 1, 5, dtype).map((row) => row[0] as Scalar);
        const rhs = times(a, truth);
        const y = dtype === 'float64' ? vector(rhs.map(re)) : vector(rhs);
        const result = cg(new Dense(a, dtype), y, { niter: 30, tol: 1e-22 });
        expectClose(result.x, truth, { atol: 1e-10 });
        expect(result.reason).to.equal('tolerance reached');
        expect(result.istop).to.equal(1);
        expect(result.iterations).to.be.within(6, 11);
        expect(result.cost).to.have.length(result.iterations + 1);
        expect(result.x.dtype).to.equal(dtype);
      });
    }

    it('history is the norm of the residual, from the start on', () => {
      const a = real(definite(5, 1, 'float64'));
      const y = vector([1, -2, 3, 0, 2]);
      const A = new Dense(a);
      for (const { iteration, x, cost } of cg.steps(A, y, { niter: 4, tol: 0 })) {
        const residual = y.subtract(A.matvec(x)).norm();
        expect(cost).to.be.closeTo(residual, 1e-10 * y.norm(), `iteration ${iteration}`);
      }
    });

    it('compares tol with the squared residual', () => {
      const A = new Dense(definite(12, 9, 'float64', 0.1));
      const y = vector(Array.from({ length: 12 }, (_, i) => Math.sin(i)));
      const { cost, iterations, reason } = cg(A, y, { niter: 100, tol: 1e-2 });
      expect(reason).to.equal('tolerance reached');
      expect((cost[iterations] as number) ** 2).to.be.at.most(1e-2);
      expect((cost[iterations - 1] as number) ** 2).to.be.above(1e-2);
    });

    it('reduces the residual far below the right-hand side in an ill-conditioned system', () => {
      const n = 10;
      const a = hilbert(n);
      const y = vector(times(a, new Array(n).fill(1)).map(re));
      const { x } = cg(new Dense(a), y, { niter: 60, tol: 1e-24 });
      expect(y.subtract(new Dense(a).matvec(x)).norm() / y.norm()).to.be.below(1e-11);
      expectClose(x, new Array(n).fill(1), { atol: 1e-2 });
    });

    it('finds the solution in the range of A of a singular consistent system', () => {
      const { x, cost } = cg(new Dense(diagonal([4, 2, 1, 0, 0])), vector([4, 4, 4, 0, 0]), {
        niter: 20,
        tol: 1e-26,
      });
      expectClose(x, [1, 2, 4, 0, 0], { atol: 1e-12 });
      expect(cost.at(-1)).to.be.below(1e-12);
    });

    it('ends with a reason for a zero operator', () => {
      const { x, reason, istop } = cg(new Dense(diagonal([0, 0])), vector([1, 1]));
      expect(reason).to.equal('breakdown');
      expect(istop).to.equal(2);
      expect([...x.toHost()]).to.deep.equal([0, 0]);
    });

    it('is refused for an operator that is not square', () => {
      expect(() => cg(new Dense(randomMatrix(4, 3, 1)), vector([1, 2, 3, 4]))).to.throw(ShapeError, /cgls/);
    });
  });

  describe('cgls', () => {
    const tall = {
      float64: randomMatrix(9, 5, 21),
      complex128: randomMatrix(9, 5, 22, 'complex128'),
    } as const;
    for (const dtype of ['float64', 'complex128'] as const) {
      for (const damp of [0, 0.7]) {
        for (const start of ['zero', 'a nonzero vector'] as const) {
          it(
            `agrees with the normal equations of an inconsistent system, ${dtype}, damp ${damp}, from ` +
              `${start}`,
            () => {
              const a = tall[dtype];
              const rhs = randomMatrix(9, 1, 7, dtype).map((row) => row[0] as Scalar);
              const x0 =
                start === 'zero'
                  ? undefined
                  : vector(randomMatrix(5, 1, 8, dtype).map((row) => row[0] as Scalar));
              const before = x0 ? [...x0.toHost()] : [];
              const { x, reason } = cgls(new Dense(a, dtype), vector(rhs), {
                x0,
                damp,
                niter: 50,
                tol: 1e-24,
              });
              expectClose(x, normalSolution(a, rhs, damp), { atol: 1e-11 });
              expect(reason).to.equal('tolerance reached');
              if (x0) expect([...x0.toHost()]).to.deep.equal(before);
            },
          );
        }
      }
    }

    it('returns the norms that its scalars are named for', () => {
      const A = new Dense(tall.float64);
      const y = vector(randomMatrix(9, 1, 3).map((row) => re(row[0] as Scalar)));
      const damp = 0.4;
      for (const { x, cost, r1norm, r2norm } of cgls.steps(A, y, {
        x0: NDArray.full([5], 0.5),
        damp,
        niter: 4,
        tol: 0,
      })) {
        const r = y.subtract(A.matvec(x));
        const gradient = A.rmatvec(r).subtract(x.multiply(damp * damp));
        expect(cost).to.be.closeTo(r.norm(), 1e-12);
        expect(r1norm).to.be.closeTo(gradient.norm() ** 2, 1e-10);
        expect(r2norm).to.be.closeTo(Math.hypot(r.norm(), damp * x.norm()), 1e-12);
      }
    });

    it('finds the solution of least norm of an underdetermined system', () => {
      const a = randomMatrix(3, 6, 13);
      const y = [1, -1, 2];
      const least = times(adjoint(a), solveDense(matmul(a, adjoint(a)), y));
      expectClose(cgls(new Dense(a), vector(y), { niter: 40, tol: 1e-28 }).x, least, { atol: 1e-11 });
    });

    it('finds the least-squares solution of least norm of a rank-deficient inconsistent system', () => {
      // columns 0 and 1 are equal, and the last row is zero, so its datum cannot be reached
      const a = [
        [1, 1, 0],
        [2, 2, 1],
        [0, 0, 3],
        [0, 0, 0],
      ];
      const { x, cost } = cgls(new Dense(a), vector([2, 5, 3, 7]), { niter: 30, tol: 1e-28 });
      expectClose(x, [1, 1, 1], { atol: 1e-12 });
      expect(cost.at(-1)).to.be.closeTo(7, 1e-12);
    });

    it('solves an ill-conditioned system of Hilbert columns', () => {
      const a = hilbert(12).map((row) => row.slice(0, 6));
      const y = vector(times(a, new Array(6).fill(1)).map(re));
      const { x } = cgls(new Dense(a), y, { niter: 100, tol: 0 });
      expectClose(x, new Array(6).fill(1), { atol: 1e-6 });
    });

    it('a complex operator accepts real data', () => {
      const a = tall.complex128;
      const y = [1, 2, 3, 4, 5, 6, 7, 8, 9];
      const { x } = cgls(new Dense(a, 'complex128'), vector(y), { niter: 50, tol: 1e-24 });
      expect(x.dtype).to.equal('complex128');
      expectClose(x, normalSolution(a, y), { atol: 1e-11 });
    });

    it('a real operator accepts complex data and a complex start', () => {
      const a = tall.float64;
      const y = randomMatrix(9, 1, 5, 'complex128').map((row) => row[0] as Scalar);
      expectClose(cgls(new Dense(a), vector(y), { niter: 50, tol: 1e-24 }).x, normalSolution(a, y), {
        atol: 1e-11,
      });
      const x0 = vector(randomMatrix(5, 1, 6, 'complex128').map((row) => row[0] as Scalar));
      const { x } = cgls(new Dense(a), vector(y.map(re)), { x0, niter: 50, tol: 1e-24 });
      expectClose(x, normalSolution(a, y.map(re)), { atol: 1e-11 });
    });

    it('single precision stays single', () => {
      const a = tall.float64;
      const y = [1, 2, 3, 4, 5, 6, 7, 8, 9];
      const { x } = cgls(new Dense(a, 'float32'), vector(y, 'float32'), { niter: 30, tol: 1e-10 });
      expect(x.dtype).to.equal('float32');
      expectClose(x, normalSolution(a, y), { atol: 1e-4 });
    });

    it('a zero right-hand side gives zeros at once', () => {
      const { x, iterations, reason, cost, istop } = cgls(new Dense(tall.float64), NDArray.zeros([9]));
      expect({ iterations, reason, cost, istop }).to.deep.equal({
        iterations: 0,
        reason: 'solved exactly',
        cost: [0],
        istop: 1,
      });
      expect(x.norm()).to.equal(0);
    });

    it('an exact start stops at once, with no division by zero', () => {
      const A = new Dense([
        [2, 0],
        [0, 4],
        [0, 0],
      ]);
      const { x, iterations, reason } = cgls(A, vector([2, 8, 0]), { x0: vector([1, 2]), tol: 0 });
      expect(iterations).to.equal(0);
      expect(reason).to.equal('solved exactly');
      expect([...x.toHost()]).to.deep.equal([1, 2]);
    });

    it('data orthogonal to the range: the gradient is zero, the residual not', () => {
      const { x, reason, cost } = cgls(new Dense([[1], [0]]), vector([0, 3]), { tol: 0 });
      expect(reason).to.equal('solved exactly');
      expect(cost).to.deep.equal([3]);
      expect(x.norm()).to.equal(0);
    });

    it('solves a system of one element', () => {
      const { x, iterations, reason } = cgls(new Dense([[4]]), vector([8]), { tol: 0 });
      expect([...x.toHost()]).to.deep.equal([2]);
      expect({ iterations, reason }).to.deep.equal({ iterations: 1, reason: 'solved exactly' });
      expect([...cg(new Dense([[4]]), vector([8]), { tol: 0 }).x.toHost()]).to.deep.equal([2]);
    });

    it('returns the start where niter is 0', () => {
      const { iterations, reason, cost } = cgls(new Dense(tall.float64), NDArray.ones([9]), { niter: 0 });
      expect({ iterations, reason, cost }).to.deep.equal({
        iterations: 0,
        reason: 'iteration limit reached',
        cost: [3],
      });
    });
  });

  describe('the loop', () => {
    const spd = (): Dense => new Dense(definite(6, 4, 'float64'));
    const solvers: Readonly<Record<'cg' | 'cgls', Solver>> = { cg, cgls };

    for (const name of ['cg', 'cgls'] as const) {
      const solver = solvers[name];

      it(`${name}: steps by hand give what the function gives`, () => {
        const A = spd();
        const y = NDArray.arange(6);
        const whole = solver(A, y, { niter: 4, tol: 0 });
        if (name === 'cg') {
          const state = cg.init(A, y, { tol: 0 });
          for (let k = 0; k < 4; k++) cg.step(state);
          expect([...state.x.toHost()]).to.deep.equal([...whole.x.toHost()]);
        } else {
          const state = cgls.init(A, y, { tol: 0 });
          for (let k = 0; k < 4; k++) cgls.step(state);
          expect([...state.x.toHost()]).to.deep.equal([...whole.x.toHost()]);
        }
      });

      it(`${name}: breaking off keeps x and gives the rest back`, () => {
        const A = spd().mul(spd());
        const y = NDArray.arange(6);
        let x: NDArray | undefined;
        const before = backend.stats().liveBytes;
        for (const step of solver.steps(A, y, { niter: 100, tol: 0 })) {
          x = step.x;
          if (step.iteration === 3) break;
        }
        const left = backend.stats().liveBytes - before;
        const one = backend.stats().liveBytes;
        NDArray.empty([6]);
        expect(left).to.equal(backend.stats().liveBytes - one);
        expect([...(x as NDArray).toHost()]).to.deep.equal([
          ...solver(A, y, { niter: 3, tol: 0 }).x.toHost(),
        ]);
      });

      it(`${name}: allocates nothing after the first step, also inside of products and sums`, () => {
        const A = spd().mul(spd()).add(spd());
        const counts: number[] = [];
        for (const { iteration } of solver.steps(A, NDArray.arange(6), { niter: 6, tol: 0 })) {
          if (iteration > 0) counts.push(backend.stats().allocations);
        }
        expect(counts).to.have.length(6);
        expect(new Set(counts).size).to.equal(1);
      });

      it(`${name}: applications of the operator`, () => {
        const A = spd();
        solver(A, NDArray.arange(6), { niter: 5, tol: 0 });
        expect(A.applications).to.equal(name === 'cg' ? 5 : 11);
      });

      it(`${name}: NaN in the data is an error that names the iteration`, () => {
        expect(() => solver(spd(), NDArray.full([6], Number.NaN))).to.throw(
          NumericalError,
          /NaN in iteration 0/,
        );
      });

      it(`${name}: overflow on the way is an error that names the iteration`, () => {
        const first = { cg: 1e300, cgls: 1e160 };
        const start = { cg: 1e30, cgls: 1e-10 };
        expect(() =>
          solver(new Dense(diagonal([first[name], 1])), vector([start[name], 1]), { tol: 0 }),
        ).to.throw(NumericalError, /in iteration 1/);
      });

      it(`${name}: refuses what does not fit`, () => {
        const y = NDArray.arange(6);
        // @ts-expect-error misspelled
        expect(() => solver(spd(), y, { nitre: 3 })).to.throw(ArgumentError, /did you mean 'niter'/);
        // @ts-expect-error misspelled; the error comes before the first iteration
        expect(() => solver.steps(spd(), y, { tool: 3 })).to.throw(ArgumentError, /did you mean 'tol'/);
        expect(() => solver(spd(), y, { niter: 1.5 })).to.throw(ArgumentError, /whole number/);
        expect(() => solver(spd(), y, { niter: -1 })).to.throw(ArgumentError, /whole number/);
        expect(() => solver(spd(), y, { tol: Number.NaN })).to.throw(ArgumentError, /tol/);
        expect(() => solver(spd(), NDArray.arange(7))).to.throw(ShapeError, /7/);
        expect(() => solver(spd(), y, { x0: NDArray.arange(5) })).to.throw(ShapeError, /x0/);
        expect(() => solver(spd(), NDArray.ones([6], { dtype: 'float32' }))).to.throw(DTypeError, /float32/);
      });
    }

    it('cgls refuses a damping that is no number', () => {
      expect(() => cgls(spd(), NDArray.arange(6), { damp: Number.POSITIVE_INFINITY })).to.throw(
        ArgumentError,
        /damp/,
      );
    });
  });
});
