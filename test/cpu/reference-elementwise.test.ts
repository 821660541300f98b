import { expect } from 'chai';
import { type DType, hostArray } from '../../src/core/base/dtype.js';
import { fillNormal } from '../../src/core/base/random.js';
import type { BinaryOp, UnaryOp } from '../../src/core/ports/backend.js';
import { CpuBackend } from '../../src/cpu/cpu-backend.js';
import { expectClose } from '../support/expect-close.js';

const backend = new CpuBackend();
const of = (dtype: DType, values: ArrayLike<number>) => {
  const lanes = dtype.startsWith('complex') ? 2 : 1;
  const host = hostArray(dtype, values.length / lanes);
  host.set(values);
  return { storage: backend.wrap(host, dtype), offset: 0, size: values.length / lanes };
};
const unary = (
  op: UnaryOp,
  values: ArrayLike<number>,
  dtype: DType = 'float64',
  result = dtype,
): number[] => {
  const x = of(dtype, values);
  const y = of(result, hostArray(result, x.size));
  backend.unary(op, x, y);
  return [...backend.download(y)];
};
const binary = (
  op: BinaryOp,
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  dtype: DType = 'float64',
  result = dtype,
): number[] => {
  const a = of(dtype, x);
  const z = of(result, hostArray(result, a.size));
  backend.binary(op, a, of(dtype, y), z);
  return [...backend.download(z)];
};
const c = (op: UnaryOp, re: number, im: number) => unary(op, [re, im], 'complex128');
const near = (got: readonly number[], want: readonly number[], tolerance = 1e-15) => {
  expectClose(got, want, { rtol: tolerance, scale: 1, each: true, notFinite: 'equal' });
};
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

describe('reference kernels: elementwise functions', () => {
  it('round halves to even and keep integers, infinities and NaN', () => {
    expect(
      unary('rint', [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999999999999994, 2251799813685248.5, inf, 3]),
    ).to.deep.equal([0, 2, 2, -0, -2, -2, 0, 2251799813685248, inf, 3]);
  });

  it('propagate NaN as NumPy does', () => {
    expect(binary('maximum', [nan, 1, 2, -inf], [1, nan, 3, -1])).to.deep.equal([nan, nan, 3, -1]);
    expect(binary('minimum', [nan, 1, 2, inf], [1, nan, 3, -1])).to.deep.equal([nan, nan, 2, -1]);
    expect(unary('sign', [nan, -3, 0, 7])).to.deep.equal([nan, -1, 0, 1]);
    expect(unary('isnan', [nan, inf, 1], 'float64', 'bool')).to.deep.equal([1, 0, 0]);
    expect(unary('isfinite', [nan, inf, 1], 'float64', 'bool')).to.deep.equal([0, 0, 1]);
    expect(unary('isnan', [nan, 1, 1, nan, 1, 1], 'complex128', 'bool')).to.deep.equal([1, 1, 0]);
    expect(binary('notEqual', [nan, 1], [nan, 1], 'float64', 'bool')).to.deep.equal([1, 0]);
  });

  it('take powers as C does', () => {
    expect(binary('power', [1, 1, -1, -8, 0, 2, nan, -2], [nan, inf, inf, 1 / 3, 0, -1, 0, 3])).to.deep.equal(
      [1, 1, 1, nan, 1, 0.5, 1, -8],
    );
  });

  it('wrap integers around', () => {
    expect(binary('multiply', [65537, -3], [65537, 5], 'int32')).to.deep.equal([131073, -15]);
    expect(binary('add', [2147483647], [1], 'int32')).to.deep.equal([-2147483648]);
    expect(binary('power', [3, -2, 5], [4, 3, 0], 'int32')).to.deep.equal([81, -8, 1]);
  });

  it('round to single precision', () => {
    expect(binary('divide', [1, 2], [3, 3], 'float32')).to.deep.equal([
      Math.fround(1 / 3),
      Math.fround(2 / 3),
    ]);
  });

  it('use principal branches for complex numbers', () => {
    expect(c('sqrt', -4, 0)).to.deep.equal([0, 2]);
    expect(c('sqrt', -4, -0)).to.deep.equal([0, -2]);
    expect(c('sqrt', 3, 4)).to.deep.equal([2, 1]);
    expect(c('sqrt', 0, 0)).to.deep.equal([0, 0]);
    near(c('log', -1, 0), [0, Math.PI]);
    near(c('log', 0, -2), [Math.LN2, -Math.PI / 2]);
    near(c('exp', 0, Math.PI), [-1, 0], 2e-16);
    expect(c('sign', 3, -4)).to.deep.equal([0.6, -0.8]);
    expect(c('sign', 0, 0)).to.deep.equal([0, 0]);
    near(binary('power', [-1, 0, 0, 0, 0, 0, 2, 1], [0.5, 0, 0, 0, 2, 1, -3, 0], 'complex128'), [
      0,
      1,
      1,
      0,
      0,
      0,
      2 / 125,
      -11 / 125,
    ]);
  });

  it('do not overflow or lose digits where the result is finite', () => {
    near(c('sqrt', 1e308, 1e308), [1.09868411346781e154, 0.455089860562227e154], 1e-14);
    near(
      c('sqrt', 3e-320, 4e-320).map((v) => v * 1e160),
      [2, 1],
      1e-4,
    );
    near(c('log', 1e308, 1e308), [308 * Math.LN10 + Math.LN2 / 2, Math.PI / 4]);
    near(c('log', 1e-320, 0), [-320 * Math.LN10, 0], 1e-3);
    // |z| = 1 + 5e-17: the difference from 1 is far below the rounding error of the modulus
    near([(c('log', 1, 1e-8)[0] as number) * 1e17], [5], 1e-12);
    const [re, im] = c('exp', 710, Math.PI / 2 - 0.1) as [number, number];
    expect(re).to.be.within(2.2e307, 2.3e307);
    expect(im).to.equal(inf);
    near(binary('divide', [1e300, 1e300], [1e300, 1e300], 'complex128'), [1, 0]);
    near(
      c('reciprocal', 1e300, 1e300).map((v) => v * 1e300),
      [0.5, -0.5],
    );
    near(c('sign', 1e-320, -1e-320), [Math.SQRT1_2, -Math.SQRT1_2], 1e-12);
    near(c('sign', 1.5e308, 1.5e308), [Math.SQRT1_2, Math.SQRT1_2]);
    near(c('tanh', 400, 1), [1, 0]);
    near(unary('abs', [3e200, 4e200], 'complex128', 'float64'), [5e200], 3e-16);
  });

  it('satisfy the identities of complex functions', () => {
    const n = 200;
    const z = fillNormal(1, 0, new Float64Array(2 * n), 2).map((v) => 0.7 * v);
    const all = (op: UnaryOp, x: ArrayLike<number>) => unary(op, x, 'complex128');
    const two = (op: BinaryOp, x: ArrayLike<number>, y: ArrayLike<number>) => binary(op, x, y, 'complex128');
    const ones = Float64Array.from(z, (_, i) => 1 - (i % 2));
    const same = (x: readonly number[], y: ArrayLike<number>) => near(x, [...(y as Float64Array)], 1e-13);
    same(all('square', all('sqrt', z)), z);
    same(all('exp', all('log', z)), z);
    same(two('divide', all('sin', z), all('cos', z)), all('tan', z));
    same(two('add', all('square', all('sin', z)), all('square', all('cos', z))), ones);
    same(all('tan', all('arctan', z)), z);
    same(
      two(
        'divide',
        two('subtract', all('exp', z), all('exp', all('negative', z))),
        two('add', all('exp', z), all('exp', all('negative', z))),
      ),
      all('tanh', z),
    );
    same(two('multiply', z, all('reciprocal', z)), ones);
    same(
      two(
        'power',
        z,
        z.map((_, i) => (i % 2 === 0 ? 0.5 : 0)),
      ),
      all('sqrt', z),
    );
    same(
      two(
        'power',
        z,
        z.map((_, i) => (i % 2 === 0 ? 3 : 0)),
      ),
      two('multiply', z, two('multiply', z, z)),
    );
    same(two('multiplyConj', z, z), two('multiply', all('conj', z), z));
  });

  it('compare numbers and NaN', () => {
    const x = [1, 2, 3];
    const expected = {
      equal: [0, 1, 0],
      notEqual: [1, 0, 1],
      less: [1, 0, 0],
      lessEqual: [1, 1, 0],
      greater: [0, 0, 1],
      greaterEqual: [0, 1, 1],
    } as const;
    for (const [op, flags] of Object.entries(expected))
      expect(binary(op as BinaryOp, x, [2, 2, 2], 'float64', 'bool')).to.deep.equal(flags);
    expect(binary('equal', [1, 2, 1, 2], [1, 2, 1, 3], 'complex128', 'bool')).to.deep.equal([1, 0]);
  });
});

describe('reference kernels: thresholds', () => {
  /** Each threshold minimises ½(u − x)² + penalty, or (u − x)² + t √|u| for half. */
  const costs = {
    soft: (u: number, x: number, t: number) => (u - x) ** 2 / 2 + t * Math.abs(u),
    hard: (u: number, x: number, t: number) => (u - x) ** 2 / 2 + (u === 0 ? 0 : t),
    half: (u: number, x: number, t: number) => (u - x) ** 2 + t * Math.sqrt(Math.abs(u)),
  };
  for (const [kind, cost] of Object.entries(costs)) {
    it(`${kind} minimises its cost`, () => {
      for (const t of [0.3, 1, 2.5]) {
        const xs = Array.from({ length: 81 }, (_, i) => (i - 40) / 8 + 0.013);
        const y = of('float64', new Float64Array(xs.length));
        backend.threshold(kind as keyof typeof costs, t, of('float64', xs), y);
        const us = backend.download(y);
        xs.forEach((x, i) => {
          const least = cost(us[i] as number, x, t);
          for (let u = -6; u <= 6; u += 0.01) expect(least).to.be.at.most(cost(u, x, t) + 1e-9);
          expect(least).to.be.at.most(cost(0, x, t) + 1e-9);
        });
      }
    });

    it(`${kind} shrinks complex moduli and keeps phases`, () => {
      const [x, y] = [of('complex128', [3, 4, 0.1, 0, 0, 0]), of('complex128', new Float64Array(6))];
      const [r, s] = [of('float64', [5, 0.1, 0]), of('float64', new Float64Array(3))];
      backend.threshold(kind as keyof typeof costs, 0.5, x, y);
      backend.threshold(kind as keyof typeof costs, 0.5, r, s);
      const [five] = backend.download(s);
      near([...backend.download(y)], [(five as number) * 0.6, (five as number) * 0.8, 0, 0, 0, 0]);
    });
  }
});
