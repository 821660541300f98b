/** Statistical tests of random numbers, with fixed seeds. */

import { expect } from 'chai';
import * as xp from '../../src/array/index.js';
import type { NDArray } from '../../src/core/array/ndarray.js';
import { setDefaultBackend } from '../../src/core/ports/defaults.js';
import { createCpuBackend } from '../../src/cpu/index.js';
import { erf, gammaln } from '../../src/cpu/reference/special-functions.js';

const N = 200_000;
const SEEDS = [1, 2, 2 ** 41 + 5];

/** The distribution function of numbers from 0 on, by Simpson's rule for its density. */
function integral(density: (x: number) => number, from: number): (x: number) => number {
  const step = 1 / 256;
  const sums = [0];
  return (x) => {
    const k = Math.floor((x - from) / (2 * step));
    for (let i = sums.length; i <= k; i++) {
      const a = from + 2 * step * (i - 1);
      const piece = (step / 3) * (density(a) + 4 * density(a + step) + density(a + 2 * step));
      sums.push((sums[i - 1] as number) + piece);
    }
    const a = from + 2 * step * k;
    const h = (x - a) / 2;
    return (sums[k] as number) + (h / 3) * (density(a) + 4 * density(a + h) + density(x));
  };
}

const gammaDensity =
  (k: number) =>
  (x: number): number =>
    x > 0 ? Math.exp((k - 1) * Math.log(x) - x - gammaln(k)) : 0;

/** The first four moments: mean, variance, skewness, and the kurtosis of the normal minus 3. */
interface Law {
  readonly draw: (rng: xp.RandomGenerator) => NDArray;
  readonly moments: readonly [mean: number, variance: number, skewness: number, excess: number];
  readonly distribution?: (x: number) => number;
  readonly probability?: (k: number) => number;
}

const poissonLaw = (lam: number): Law => ({
  draw: (rng) => rng.poisson(lam, N),
  moments: [lam, lam, 1 / Math.sqrt(lam), 1 / lam],
  probability: (k) => Math.exp(k * Math.log(lam) - lam - gammaln(k + 1)),
});
const gammaLaw = (k: number): Law => ({
  draw: (rng) => rng.standardGamma(k, N),
  moments: [k, k, 2 / Math.sqrt(k), 6 / k],
  // A density that is not bounded at 0 is integrated over the root of x
  distribution:
    k < 2
      ? (
          (below) => (x: number) =>
            below(Math.sqrt(x))
        )(integral((t) => 2 * t ** (2 * k - 1) * Math.exp(-t * t - gammaln(k)), 0))
      : integral(gammaDensity(k), 0),
});

const LAWS: Readonly<Record<string, Law>> = {
  random: {
    draw: (rng) => rng.random(N),
    moments: [1 / 2, 1 / 12, 0, -6 / 5],
    distribution: (x) => x,
  },
  'random of float32': {
    draw: (rng) => rng.random(N, { dtype: 'float32' }),
    moments: [1 / 2, 1 / 12, 0, -6 / 5],
    distribution: (x) => x,
  },
  'uniform from -3 to 5': {
    draw: (rng) => rng.uniform(-3, 5, N),
    moments: [1, 64 / 12, 0, -6 / 5],
    distribution: (x) => (x + 3) / 8,
  },
  standardNormal: {
    draw: (rng) => rng.standardNormal(N),
    moments: [0, 1, 0, 0],
    distribution: (x) => (1 + erf(x / Math.SQRT2)) / 2,
  },
  'normal of mean 2 and deviation 3, float32': {
    draw: (rng) => rng.normal(2, 3, N, { dtype: 'float32' }),
    moments: [2, 9, 0, 0],
    distribution: (x) => (1 + erf((x - 2) / 3 / Math.SQRT2)) / 2,
  },
  'exponential of mean 2': {
    draw: (rng) => rng.exponential(2, N),
    moments: [2, 4, 2, 6],
    distribution: (x) => 1 - Math.exp(-x / 2),
  },
  'gamma of shape 0.5': gammaLaw(0.5),
  'gamma of shape 1': gammaLaw(1),
  'gamma of shape 4.5': gammaLaw(4.5),
  'gamma of shape 60': gammaLaw(60),
  'poisson of mean 0.3': poissonLaw(0.3),
  'poisson of mean 9.99': poissonLaw(9.99),
  'poisson of mean 10': poissonLaw(10),
  'poisson of mean 300': poissonLaw(300),
  'integers from -2 to 7': {
    draw: (rng) => rng.integers(-2, 8, N),
    moments: [2.5, 99 / 12, 0, (-6 / 5) * (101 / 99)],
    probability: (k) => (k >= -2 && k < 8 ? 1 / 10 : 0),
  },
};

/** Asserts that a sum of squares of `count` standard normal numbers is of a likely size. */
function expectChiSquare(value: number, count: number, what: string): void {
  // Wilson and Hilferty: the third root is nearly normal
  const z = (Math.cbrt(value / count) - (1 - 2 / (9 * count))) / Math.sqrt(2 / (9 * count));
  expect(Math.abs(z), `${what}: χ² ${value} of ${count}`).to.be.below(4.5);
}

/** χ² of counts and what is expected; bins of less than 20 are joined with the one before. */
function chiSquare(counts: readonly number[], expected: readonly number[], what: string): void {
  const bins: [number, number][] = [[0, 0]];
  expected.forEach((e, i) => {
    const last = bins.at(-1) as [number, number];
    if (last[1] >= 20) bins.push([counts[i] as number, e]);
    else {
      last[0] += counts[i] as number;
      last[1] += e;
    }
  });
  const [end] = bins.slice(-1) as [[number, number]];
  if (end[1] < 20 && bins.length > 1) {
    bins.pop();
    const last = bins.at(-1) as [number, number];
    last[0] += end[0];
    last[1] += end[1];
  }
  const value = bins.reduce((sum, [n, e]) => sum + (n - e) ** 2 / e, 0);
  expectChiSquare(value, bins.length - 1, what);
}

describe('the distributions of random numbers', () => {
  before(() => setDefaultBackend(createCpuBackend()));

  for (const [name, { draw, moments, distribution, probability }] of Object.entries(LAWS))
    it(name, () => {
      for (const seed of SEEDS) {
        const x = Float64Array.from(draw(new xp.random.Generator(seed)).toHost());
        const [mean, variance, skewness, excess] = moments;
        const central = (p: number): number => x.reduce((s, v) => s + (v - mean) ** p, 0) / N;
        const what = `${name}, seed ${seed}`;
        const scale = Math.sqrt(variance);
        expect(Math.abs(central(1)), `mean of ${what}`).to.be.below(4.5 * scale * Math.sqrt(1 / N));
        const fourth = (excess + 3) * variance ** 2;
        expect(Math.abs(central(2) - variance), `variance of ${what}`).to.be.below(
          4.5 * Math.sqrt((fourth - variance ** 2) / N),
        );
        // The error of the third moment has the variance μ₆ / n; μ₆ is estimated
        const third = Math.sqrt((central(6) - central(3) ** 2) / N);
        expect(Math.abs(central(3) - skewness * scale ** 3), `skewness of ${what}`).to.be.below(4.5 * third);

        if (distribution) {
          // Kolmogorov and Smirnov: √n D is below 2.2 with a probability of 1 − 10⁻⁴
          const sorted = [...x].sort((a, b) => a - b);
          const distance = sorted.reduce((most, v, i) => {
            const p = distribution(v);
            return Math.max(most, Math.abs(p - i / N), Math.abs(p - (i + 1) / N));
          }, 0);
          expect(Math.sqrt(N) * distance, `distance of ${what}`).to.be.within(0.2, 2.2);
          const bins = new Array<number>(100).fill(0);
          for (const v of x) {
            const bin = Math.min(99, Math.floor(100 * distribution(v)));
            bins[bin] = (bins[bin] as number) + 1;
          }
          chiSquare(
            bins,
            bins.map(() => N / 100),
            what,
          );
        }
        if (probability) {
          const least = x.reduce((a, b) => Math.min(a, b));
          const most = x.reduce((a, b) => Math.max(a, b));
          const counts = new Array<number>(most - least + 1).fill(0);
          for (const v of x) counts[v - least] = (counts[v - least] as number) + 1;
          chiSquare(
            counts,
            counts.map((_, k) => N * probability(k + least)),
            what,
          );
        }
      }
    });

  it('neighbours, draws and seeds are not correlated', () => {
    const draw = (seed: number, skipped = 0): Float64Array => {
      const rng = new xp.random.Generator(seed);
      for (let k = 0; k < skipped; k++) rng.random();
      return rng.standardNormal(N).toHost() as Float64Array;
    };
    const correlation = (x: Float64Array, y: Float64Array, lag: number): number => {
      let sum = 0;
      for (let i = 0; i + lag < N; i++) sum += (x[i] as number) * (y[i + lag] as number);
      return (sum / (N - lag)) * Math.sqrt(N);
    };
    const x = draw(5);
    for (const lag of [1, 2, 3, 16, 1000]) expect(Math.abs(correlation(x, x, lag))).to.be.below(4.5);
    for (const y of [draw(6), draw(5 + 2 ** 32), draw(5, 1), draw(5, 7)])
      for (const lag of [0, 1]) expect(Math.abs(correlation(x, y, lag))).to.be.below(4.5);
  });

  it('pairs of uniform numbers fill the square', () => {
    for (const seed of SEEDS) {
      const x = new xp.random.Generator(seed).random([N, 2]).toHost() as Float64Array;
      const counts = new Array<number>(400).fill(0);
      for (let i = 0; i < 2 * N; i += 2) {
        const bin = 20 * Math.floor(20 * (x[i] as number)) + Math.floor(20 * (x[i + 1] as number));
        counts[bin] = (counts[bin] as number) + 1;
      }
      chiSquare(
        counts,
        counts.map(() => N / 400),
        'pairs',
      );
    }
  });

  it('all permutations of four elements are as frequent', () => {
    const rng = new xp.random.Generator(12);
    const counts = new Map<string, number>();
    const trials = 4800;
    for (let k = 0; k < trials; k++) {
      const order = rng.permutation(4).toHost().join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).to.equal(24);
    const values = [...counts.values()];
    chiSquare(
      values,
      values.map(() => trials / 24),
      'permutations',
    );
  });

  it('choices have their probabilities', () => {
    const p = [0.1, 0.2, 0, 0.65, 0.05];
    const x = new xp.random.Generator(3).choice(5, N, { p }).toHost() as Int32Array;
    const counts = p.map((_, k) => x.filter((v) => v === k).length);
    expect(counts[2]).to.equal(0);
    chiSquare(
      counts,
      p.map((v) => N * v),
      'choices',
    );
    // Two of three without replacement: first i, then j, with probability p[i] p[j] / (1 − p[i])
    const q = [0.5, 0.3, 0.2];
    const rng = new xp.random.Generator(4);
    const trials = 4000;
    const pairs = new Map<string, number>();
    for (let k = 0; k < trials; k++) {
      const pair = rng.choice(3, [2], { replace: false, p: q }).toHost().join();
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    }
    const names = [...pairs.keys()];
    const probability = (name: string): number => {
      const [i, j] = name.split(',').map((k) => q[Number(k)] as number) as [number, number];
      return (i * j) / (1 - i);
    };
    chiSquare(
      names.map((name) => pairs.get(name) as number),
      names.map((name) => trials * probability(name)),
      'pairs',
    );
  });

  it('normal vectors have their mean and covariance', () => {
    const cov = [
      [2, 0.5, -1],
      [0.5, 1, 0],
      [-1, 0, 3],
    ];
    const mean = [1, -2, 0.5];
    const x = new xp.random.Generator(6).multivariateNormal(mean, cov, N);
    const error = xp.subtract(xp.cov(x.transpose()), cov).abs().max() as number;
    expect(error).to.be.below((4.5 * 3 * Math.SQRT2) / Math.sqrt(N));
    expect(xp.subtract(x.mean(0), mean).abs().max()).to.be.below((4.5 * Math.sqrt(3)) / Math.sqrt(N));
  });
});
