import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import type { Scalar } from '../../src/core/base/complex.js';
import { setDefaultBackend } from '../../src/core/ports/defaults.js';
import { CpuBackend } from '../../src/cpu/cpu-backend.js';
import { spgl1 } from '../../src/optimization/sparsity/spgl1.js';
import { expectClose } from '../support/expect-close.js';
import { Dense, normalSolution, randomMatrix } from './dense.js';

/** Minimises `½‖y − A x‖² + λ‖x‖₁` in place by coordinate descent. Returns `‖y − A x‖`. */
function lasso(columns: readonly number[][], y: readonly number[], lambda: number, x: number[]): number {
  const r = y.map(
    (value, i) =>
      value - columns.reduce((sum, column, j) => sum + (column[i] as number) * (x[j] as number), 0),
  );
  for (let sweep = 0, largest = 1; sweep < 20_000 && largest > 1e-13; sweep++) {
    largest = 0;
    for (const [j, column] of columns.entries()) {
      const square = column.reduce((sum, a) => sum + a * a, 0);
      const slope = column.reduce((sum, a, i) => sum + a * (r[i] as number), (x[j] as number) * square);
      const next = (Math.sign(slope) * Math.max(0, Math.abs(slope) - lambda)) / square;
      const change = next - (x[j] as number);
      x[j] = next;
      for (const [i, a] of column.entries()) r[i] = (r[i] as number) - a * change;
      largest = Math.max(largest, Math.abs(change));
    }
  }
  return Math.hypot(...r);
}

/**
 * The minimum of `‖x‖₁` with `‖y − A x‖ = sigma`, by bisection over the multipliers of the Pareto
 * curve.
 */
function denoised(matrix: readonly Scalar[][], y: readonly number[], sigma: number): number[] {
  const columns = (matrix[0] as Scalar[]).map((_, j) => matrix.map((row) => row[j] as number));
  const x = columns.map(() => 0);
  let [low, high] = [
    0,
    Math.max(
      ...columns.map((column) => Math.abs(column.reduce((sum, a, i) => sum + a * (y[i] as number), 0))),
    ),
  ];
  for (let k = 0; k < 40; k++) {
    const lambda = (low + high) / 2;
    if (lasso(columns, y, lambda, x) > sigma) high = lambda;
    else low = lambda;
  }
  return x;
}

describe('spgl1 on dense random matrices', () => {
  before(() => setDefaultBackend(new CpuBackend()));

  for (const [seed, sigma] of [
    [1, 0.5],
    [2, 0.1],
    [2, 0.5],
    [4, 0.5],
    [5, 0.1],
  ] as const) {
    it(`finds the point of the Pareto curve, seed ${seed}, sigma ${sigma}`, () => {
      const matrix = randomMatrix(8, 10, seed);
      const y = NDArray.normal([8], { seed: seed + 100 });
      const expected = denoised(matrix, Array.from(y.toHost() as Float64Array), sigma);
      const { x, tau, reason, cost } = spgl1(new Dense(matrix), y, { sigma, tol: 1e-6, niter: 500 });
      expect(reason).to.equal('residual within tolerance');
      expect(cost.at(-1)).to.be.closeTo(sigma, 1e-5);
      expectClose(x, expected, { atol: 1e-3 });
      // Newton's method approaches the norm from below
      const least = expected.reduce((sum, value) => sum + Math.abs(value), 0);
      expect(tau).to.be.within(least * (1 - 1e-4), least * (1 + 1e-7));
    });
  }

  // the limits are somewhat larger than the observed numbers
  for (const { size, sigma, most } of [
    { size: [50, 128, 8], sigma: 0, most: 160 },
    { size: [50, 128, 8], sigma: 0.05, most: 90 },
    { size: [120, 512, 20], sigma: 0, most: 320 },
    { size: [120, 512, 20], sigma: 0.05, most: 190 },
  ] as const)
    it(`${size[0]} of ${size[1]} with ${size[2]} nonzeros, noise ${sigma}: within ${most} iterations`, () => {
      const [m, n, k] = size;
      for (const seed of [1, 2, 3]) {
        const A = new Dense(randomMatrix(m, n, seed));
        const truth = NDArray.zeros([n]);
        const values = NDArray.normal([k], { seed: seed + 50 });
        for (let i = 0; i < k; i++) truth.setAt((37 * i + 11 * seed) % n, values.get(i));
        const clean = A.matvec(truth);
        const noise = NDArray.normal([m], { seed: seed + 90 });
        const level = sigma * clean.norm();
        const { x, iterations, reason, cost } = spgl1(A, clean.copy().axpby(level / noise.norm(), noise, 1), {
          sigma: level,
          niter: 1000,
        });
        expect(reason).to.equal('residual within tolerance');
        expect(iterations, `seed ${seed}`).to.be.at.most(most);
        expect(cost.at(-1)).to.be.within(level * (1 - 1e-9), level + 1.1e-4 * clean.norm() * (1 + sigma));
        // the norm is at most that of the true model, which has the same misfit
        expect(x.norm(1)).to.be.at.most(truth.norm(1) * (1 + 1e-9));
        expectClose(x, truth, { norm: (sigma === 0 ? 2e-3 : 0.2) * truth.norm() });
      }
    });

  it('ends at the least squares where no x has a misfit of sigma', () => {
    for (const seed of [1, 4, 5]) {
      const matrix = randomMatrix(10, 8, seed);
      const y = NDArray.normal([10], { seed: seed + 100 });
      const { x, reason } = spgl1(new Dense(matrix), y, { sigma: 0.1, tol: 1e-6, niter: 500 });
      expect(reason).to.equal('gradient within tolerance');
      expectClose(x, normalSolution(matrix, Array.from(y.toHost() as Float64Array)), { atol: 1e-4 });
    }
  });
});
