import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { ArgumentError, NumericalError, ShapeError } from '../../src/core/base/errors.js';
import { setDefaultBackend } from '../../src/core/ports/defaults.js';
import { CpuBackend } from '../../src/cpu/cpu-backend.js';
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
  Orthogonal,
  type ProxOperator,
  proximalGradient,
  Simplex,
  TV,
} from '../../src/proximal/index.js';
import { Dense } from '../optimization/dense.js';
import { expectClose } from '../support/expect-close.js';

const vector = (...values: number[]): NDArray => NDArray.array(values, { dtype: 'float64' });
const numbers = (x: NDArray): number[] => [...x.toHost()];

function close(actual: NDArray, expected: readonly number[], tolerance = 1e-13): void {
  expectClose(actual, expected, { atol: tolerance });
}

/** The minimum of a function of one number on a fine grid, with refinement. */
function minimise(f: (z: number) => number): number {
  let [center, width] = [0, 8];
  for (let round = 0; round < 14; round++) {
    let best = Number.POSITIVE_INFINITY;
    let at = center;
    for (let i = -50; i <= 50; i++) {
      const z = center + (i / 50) * width;
      if (f(z) < best) [best, at] = [f(z), z];
    }
    [center, width] = [at, width / 10];
  }
  return center;
}

describe('values of proximal operators', () => {
  before(() => setDefaultBackend(new CpuBackend()));

  it('L0 keeps elements above √(2τσ) and sets the others to zero', () => {
    // √(2 · 0.5 · 2) is 1.414…
    close(new L0({ sigma: 2 }).prox(vector(-2, 1.4, 1.42, 0, -1), 0.5), [-2, 0, 1.42, 0, 0], 0);
    close(new L0({ sigma: 2 }).prox(vector(2, -2, 2.001), 1), [0, 0, 2.001], 0);
    expect(new L0({ sigma: 2 }).value(vector(0, 3, 0, -1))).to.equal(4);
  });

  it('projections keep what is small beside elements of 1e16', () => {
    close(new Simplex().prox(vector(1e16, 1), 1), [1, 0], 0);
    close(new Simplex({ radius: 4 }).prox(vector(1e16, 1e16 + 2, -1e300), 1), [1, 3, 0], 0);
    close(new Simplex({ radius: 2 }).prox(vector(-1e16, -1e16 - 4), 1), [2, 0], 0);
    close(new L1Ball().prox(vector(1e16, 1, 0), 1), [1, 0, 0], 0);
    close(new L1Ball({ radius: 4 }).prox(vector(1e16, 0, -1e16 - 2), 1), [1, 0, -3]);
    close(
      new L1Ball({ radius: 5 }).prox(NDArray.array([{ re: 3e16, im: 4e16 }, 1], { dtype: 'complex128' }), 1),
      [3, 4, 0, 0],
    );
    close(new L1Ball().prox(NDArray.array([1e8, 3, -1e8], { dtype: 'float32' }), 1), [0.5, 0, -0.5], 0);
    // sums of many equal elements, and a radius with which no element of the result is zero
    close(new Simplex({ radius: 3 }).prox(vector(7, 7, 7), 1), [1, 1, 1], 0);
    close(new Simplex({ radius: 9 }).prox(vector(-1, 0, 1), 1), [2, 3, 4], 0);
  });

  it('proxes and dual proxes keep what is small beside 1e16', () => {
    const [large, most] = [vector(1e16, 0), 1e16 - 2];
    close(new Euclidean({ sigma: most }).prox(large, 1), [2, 0], 0);
    close(new L21(2, { sigma: most }).prox(large, 1), [2, 0], 1e-15);
    close(new L21(1, { sigma: most }).prox(large, 1), [2, 0], 1e-15);
    close(new L1({ sigma: vector(most, 0) }).prox(large, 1), [2, 0], 0);
    close(new Huber({ alpha: 1e-20 }).prox(vector(1, 1e16), 1), [1e-20, 1e16], 0);
    close(new Huber({ alpha: 1, sigma: most }).prox(large, 1), [2, 0], 1e-15);
    close(new Nuclear([1, 2], { sigma: most }).prox(large, 1), [2, 0], 0);
    close(
      new EuclideanBall({ center: vector(1e16, 0), radius: 2 }).prox(vector(1e16 + 4, 0), 1),
      [1e16 + 2, 0],
      0,
    );
    // a step that single precision cannot represent
    close(new L21(1).prox(NDArray.array([0, 3], { dtype: 'float32' }), 1e-50), [0, 3], 0);
    for (const dual of [
      new L1({ sigma: 3 }),
      new L1({ sigma: vector(3, 7) }),
      new Euclidean({ sigma: 3 }),
      new L21(2, { sigma: 3 }),
      new Nuclear([2, 1], { sigma: 3 }),
      new Huber({ alpha: 1e-30, sigma: 3 }),
      new L1().scale(3),
      new Euclidean({ sigma: 3 }).precompose(1),
      new L1().conjugate().conjugate().scale(3),
    ]) {
      close(dual.proxDual(large, 0.7), [3, 0], 1e-15);
      close(dual.conjugate().prox(vector(1, -2), 0.7), [1, -2]);
    }
    close(new L2({ sigma: 1e-20 }).proxDual(vector(1e10, -2e10), 1), [1e-10, -2e-10], 1e-24);
  });

  it('Box accepts bounds for each element', () => {
    const box = new Box({
      lower: vector(-1, 0, 2, Number.NEGATIVE_INFINITY),
      upper: vector(1, 0, Number.POSITIVE_INFINITY, 5),
    });
    close(box.prox(vector(-3, 4, 1, 9), 1), [-1, 0, 2, 5], 0);
    expect(box.value(vector(-3, 4, 1, 9))).to.equal(Number.POSITIVE_INFINITY);
    expect(box.value(vector(0.5, 0, 7, -9))).to.equal(0);
    close(new Box({ lower: vector(1, -1) }).prox(vector(0, 0), 1), [1, 0], 0);
    close(new Box({ lower: 0, upper: vector(1, 2) }).prox(vector(3, -3), 1), [1, 0], 0);
    // bounds of another shape with the same memory
    close(new Box({ upper: vector(1, 2) }).prox(vector(3, 3).reshape([2, 1]), 1), [1, 2], 0);
    expect(() => new Box({ lower: vector(0, 3), upper: vector(1, 2) })).to.throw(
      ArgumentError,
      'expected the elements of lower',
    );
    expect(
      () => new Box({ lower: [0, 0] as unknown as number, upper: [1, 1] as unknown as number }),
    ).to.throw(ArgumentError, 'Box: expected lower');
    expect(() => new Box({ lower: '0' as unknown as number })).to.throw(ArgumentError, 'Box: expected lower');
  });

  it('L0 and L1 with a weight for each element, a ball around a number, and f(a x + b)', () => {
    close(new L0({ sigma: vector(2, 0, 50) }).prox(vector(2.1, 0.1, -9), 1), [2.1, 0.1, 0], 0);
    expect(new L0({ sigma: vector(2, 3, 50) }).value(vector(2.1, 0, -9))).to.equal(52);
    close(new EuclideanBall({ center: 1, radius: 5 }).prox(vector(7, 9), 1), [4, 5]);
    close(new L1().precompose(2, vector(1, -1)).prox(vector(3, 0.5), 1), [1, 0.5]);
    expect(new L1().precompose(2, 1).value(vector(3, -2))).to.equal(10);
    close(new L2({ sigma: 3 }).precompose(-2, 4).grad(vector(1, 5)), [-12, 36]);
    close(new Euclidean({ sigma: 10 }).grad(vector(3, 4)), [6, 8]);
  });

  it('L1 shrinks moduli by τσ', () => {
    close(new L1({ sigma: 2 }).prox(vector(-3, 0.5, 1, 2.5), 0.5), [-2, 0, 0, 1.5]);
    expect(new L1({ sigma: 2 }).value(vector(-3, 0.5))).to.equal(7);
    close(new L1({ sigma: vector(0, 1, 10) }).prox(vector(-3, 3, 3), 1), [-3, 2, 0]);
    expect(new L1({ sigma: vector(0, 1, 10) }).value(vector(-3, 3, 3))).to.equal(33);
    close(new L1({ sigma: vector(1, 1) }).prox(vector(0, 0), 1), [0, 0]);
    const z = NDArray.array([{ re: 3, im: 4 }], { dtype: 'complex128' });
    close(new L1().prox(z, 2.5), [1.5, 2]);
    expect(new L1().value(z)).to.equal(5);
  });

  it('L2 with data, a linear term and a weight has the values by hand', () => {
    close(new L2({ sigma: 3 }).prox(vector(4, -8), 1), [1, -2]);
    const f = new L2({ sigma: 3, b: vector(1, 0), q: vector(0, 2), alpha: 0.5 });
    expect(f.value(vector(2, 5))).to.equal(1.5 * (1 + 25) + 0.5 * 10);
    close(f.prox(vector(1, 1), 1), [1, 0]);
    close(f.grad(vector(2, 5)), [3, 16]);
    close(f.conjugate().conjugate().prox(vector(1, 1), 1), [1, 0]);
  });

  it('L21 shrinks the lengths of columns', () => {
    const x = vector(3, 0, 1, 4, 0, 0);
    expect(new L21(2, { sigma: 2 }).value(x)).to.equal(12);
    close(new L21(2).prox(x, 2.5), [1.5, 0, 0, 2, 0, 0]);
    const one = new L21(1, { sigma: 0.5 });
    close(one.prox(vector(-3, 1), 1), [-2.5, 0.5]);
    expect(() => new L21(4).prox(x, 1)).to.throw(ShapeError);
    expect(() => new L21(0)).to.throw(ArgumentError);
    const zeros = NDArray.zeros([2, 3], { dtype: 'complex128' });
    close(new L21(2).prox(zeros, 1), new Array<number>(12).fill(0));
  });

  it('the Euclidean norm shrinks vectors, and balls project them', () => {
    close(new Euclidean().prox(vector(3, 4), 2.5), [1.5, 2]);
    close(new Euclidean().prox(vector(3, 4), 6), [0, 0]);
    close(new Euclidean().prox(vector(0, 0), 1), [0, 0]);
    close(new EuclideanBall({ radius: 1, center: vector(1, 1) }).prox(vector(4, 5), 1), [1.6, 1.8]);
    close(new EuclideanBall({ radius: 9 }).prox(vector(4, 5), 1), [4, 5], 0);
    close(new L1Ball({ radius: 2 }).prox(vector(3, -1.5, 0.2), 1), [1.75, -0.25, 0]);
    close(new L1Ball({ radius: 2 }).prox(vector(0.5, -1), 1), [0.5, -1], 0);
  });

  it('Box and Simplex project onto their sets', () => {
    close(new Box({ lower: -1, upper: 2 }).prox(vector(-3, 0, 5), 1), [-1, 0, 2], 0);
    close(new Box().prox(vector(-3, 5), 1), [-3, 5], 0);
    expect(() => new Box({ lower: 2, upper: 1 })).to.throw(ArgumentError);
    close(new Simplex().prox(vector(0.5, 0.3, 0.2), 1), [0.5, 0.3, 0.2]);
    close(new Simplex({ radius: 3 }).prox(vector(5, 1, -2), 1), [3, 0, 0]);
    close(new Simplex({ radius: 2 }).prox(vector(1, 1, 1, 1), 1), [0.5, 0.5, 0.5, 0.5]);
    close(new Simplex().prox(vector(-4), 1), [1]);
    expect(() => new Simplex().prox(vector(Number.NaN, 1), 1)).to.throw(NumericalError);
  });

  it('Huber joins a parabola and a line', () => {
    const f = new Huber({ alpha: 2 });
    expect(f.value(vector(1, -2, 4))).to.be.closeTo(0.25 + 1 + 3, 1e-14);
    close(f.grad(vector(1, -2, 4)), [0.5, -1, 1]);
    close(f.prox(vector(3, -6), 1), [2, -5]);
  });

  it('one-dimensional proxes are the smallest values of what they minimise', () => {
    const tau = 0.6;
    const functions: Readonly<Record<string, ProxOperator>> = {
      'L1 with a quadratic': new L1({ sigma: 0.4 }).addQuadratic({
        rho: 0.5,
        b: vector(1.5),
        q: vector(-0.3),
      }),
      'translated Huber': new Huber({ alpha: 0.3 }).translate(vector(-0.8)),
      'scaled L1': new L1().scale(0.7),
      'sum of three': new L1({ sigma: 0.3 }).add([new Huber({ alpha: 0.2 }), new Box({ upper: 0.9 })], {
        niter: 3000,
      }),
    };
    for (const [name, f] of Object.entries(functions)) {
      for (const x of [-2, -0.1, 0.4, 3]) {
        const expected = minimise((z) => f.value(vector(z)) + (z - x) ** 2 / (2 * tau));
        expect(numbers(f.prox(vector(x), tau))[0], `${name} at ${x}`).to.be.closeTo(expected, 1e-6);
      }
    }
  });

  describe('nuclear norm', () => {
    it('thresholds singular values, of tall, wide and rank-deficient matrices', () => {
      const diagonal = NDArray.array([
        [5, 0, 0],
        [0, -2, 0],
      ]);
      const f = new Nuclear([2, 3]);
      expect(f.singularValues(diagonal)).to.deep.equal([5, 2]);
      expect(f.value(diagonal)).to.equal(7);
      close(f.prox(diagonal, 3), [2, 0, 0, 0, 0, 0]);
      // u vᵀ with ‖u‖ = 5, ‖v‖ = 13
      const rankOne = NDArray.array([
        [15, 36],
        [20, 48],
      ]);
      const g = new Nuclear([2, 2]);
      close(g.prox(rankOne, 13), [12, 28.8, 16, 38.4], 1e-12);
      expect(g.value(rankOne)).to.be.closeTo(65, 1e-12);
      close(g.prox(NDArray.zeros([2, 2]), 1), [0, 0, 0, 0], 0);
    });

    it('agrees with the eigenvalues of Gram matrices, real and complex', () => {
      for (const dtype of ['float64', 'complex128'] as const) {
        for (const [m, n] of [
          [7, 4],
          [3, 6],
          [5, 5],
          [1, 4],
        ] as const) {
          const f = new Nuclear([m, n], { sigma: 0.5 });
          const x = NDArray.normal([m, n], { seed: 3, dtype });
          const s = f.singularValues(x);
          // Σ s² is the square of the Frobenius norm, and the prox reduces every s
          expect(s.reduce((sum, v) => sum + v * v, 0)).to.be.closeTo(x.norm() ** 2, 1e-11);
          const t = 1;
          const p = f.prox(x, 2 * t);
          const shrunk = s.map((v) => Math.max(v - t, 0));
          expectClose(f.singularValues(p), shrunk, { atol: 1e-12 }, `${m} × ${n} ${dtype}`);
          // the difference has a spectral norm of at most t
          expect(f.singularValues(x.subtract(p))[0]).to.be.at.most(t + 1e-12);
        }
      }
    });

    it('refuses NaN and other sizes', () => {
      expect(() => new Nuclear([2, 2]).prox(NDArray.full([2, 2], Number.NaN), 1)).to.throw(NumericalError);
      expect(() => new Nuclear([2, 2]).prox(NDArray.zeros([5]), 1)).to.throw(ShapeError);
      expect(() => new Nuclear([2, 2, 1])).to.throw(ShapeError);
    });
  });

  describe('total variation', () => {
    it('moves the two levels of a step towards each other by t/n', () => {
      const x = vector(0, 0, 0, 4, 4, 4);
      expect(new TV(6, { sigma: 2 }).value(x)).to.equal(8);
      close(new TV(6, { niter: 3000 }).prox(x, 1), [1 / 3, 1 / 3, 1 / 3, 11 / 3, 11 / 3, 11 / 3], 1e-8);
      close(new TV(6, { niter: 3000 }).prox(x, 60), [2, 2, 2, 2, 2, 2], 1e-8);
      // half the distance between samples gives twice the slope
      close(
        new TV(6, { niter: 3000, sampling: 0.5 }).prox(x, 0.5),
        [1 / 3, 1 / 3, 1 / 3, 11 / 3, 11 / 3, 11 / 3],
        1e-8,
      );
    });
    it('stops early at a tolerance', () => {
      const x = NDArray.normal([12, 11], { seed: 1 });
      const exact = new TV([12, 11], { niter: 4000 }).prox(x, 0.3);
      expectClose(new TV([12, 11], { niter: 4000, tol: 1e-7 }).prox(x, 0.3), exact, { norm: 1e-3 });
      expect(new TV([12, 11], { niter: 4000, tol: 1 }).prox(x, 0.3).subtract(exact).norm()).to.be.above(1e-3);
    });
    it('isotropic is the length of the gradient, anisotropic the sum of its components', () => {
      const x = NDArray.array([
        [0, 3],
        [4, 0],
      ]);
      expect(new TV([2, 2]).value(x)).to.be.closeTo(5 + 3 + 4, 1e-14);
      expect(new TV([2, 2], { isotropic: false }).value(x)).to.equal(14);
    });
  });

  it('Orthogonal equals the prox by definition, for a rotation, a scaled one and rows of one', () => {
    const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
    const rotation = [
      [c, -s],
      [s, c],
    ];
    const x = vector(1.2, -0.7);
    for (const [matrix, alpha] of [
      [rotation, 1],
      [rotation.map((row) => row.map((v) => 2 * v)), 4],
      [rotation.slice(0, 1), 1],
    ] as const) {
      const Q = new Dense(matrix);
      const f = new Orthogonal(new L1({ sigma: 0.5 }), Q, { alpha, b: NDArray.full([matrix.length], 0.1) });
      const p = f.prox(x, 0.4);
      const objective = (z: NDArray): number => f.value(z) + z.subtract(x).norm() ** 2 / 0.8;
      const best = objective(p);
      for (let k = 0; k < 40; k++) {
        const nudge = NDArray.normal([2], { seed: k }).multiply(0.05 / (1 + (k % 5)));
        expect(objective(p.add(nudge))).to.be.at.least(best);
      }
    }
  });

  it('proximalGradient accepts local arrays, and solves a lasso problem with a known solution', () => {
    const A = new Dense([
      [1, 0],
      [0, 2],
    ]);
    const { x, cost } = proximalGradient(
      new L2({ Op: A, b: vector(3, 0.1) }),
      new L1({ sigma: 0.5 }),
      vector(0, 0),
      {
        tau: 0.25,
        niter: 200,
      },
    );
    close(x, [2.5, 0], 1e-10);
    expect(cost.at(-1)).to.be.closeTo(0.5 * (0.25 + 0.01) + 1.25, 1e-10);
  });
});
