import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { setDefaultBackend } from '../../src/core/ports/defaults.js';
import { exactDots } from '../../src/core/vector/inner-products.js';
import { CpuBackend } from '../../src/cpu/cpu-backend.js';

const dot = (a: readonly number[], b: readonly number[]): number =>
  exactDots.rdot(NDArray.array([...a]), NDArray.array([...b]));
const sum = (...a: readonly number[]): number => dot(a, new Array(a.length).fill(1));

/** A double as an integer multiple of 2^-1100. */
function whole(x: number): bigint {
  let [mantissa, shift] = [x, 1100];
  while (!Number.isInteger(mantissa)) [mantissa, shift] = [mantissa * 2, shift - 1];
  return BigInt(mantissa) * 2n ** BigInt(shift);
}

describe('inner products without rounding', () => {
  before(() => setDefaultBackend(new CpuBackend()));

  it('are exact, however far apart the terms are', () => {
    expect(sum(1e300, 1, -1e300)).to.equal(1);
    expect(sum(1, 1e-300, -1)).to.equal(1e-300);
    expect(sum(5e-324, 1e308, 5e-324, -1e308)).to.equal(1e-323);
    expect(sum(-1e16, 1, 1e16)).to.equal(1);
    expect(sum(-3, 1)).to.equal(-2);
    expect(sum(1e308, 1e308, -1e308)).to.equal(1e308);
    expect(sum()).to.equal(0);
    // 2^-60 is below the last place of the product of either pair
    expect(dot([1 + 2 ** -30, -1], [1 + 2 ** -30, 1 + 2 ** -29])).to.equal(2 ** -60);
  });

  it('are the rounded sum of the exact products, for random numbers of all sizes in any order', () => {
    const values = Array.from({ length: 300 }, (_, k) => Math.sin(k * k + 1) * 10 ** (((k * 37) % 60) - 30));
    const others = values.map((v, k) => Math.cos(7 * k) / (Math.abs(v) + 1e-3));
    const exact = values.reduce((total, v, k) => total + whole(v) * whole(others[k] as number), 0n);
    const result = dot(values, others);
    const error = whole(result) * 2n ** 1100n - exact;
    const ulp = whole(Math.abs(result)) * 2n ** 1047n;
    expect(error <= ulp && error >= -ulp).to.equal(true);
    const order = values.map((_, k) => (k * 7) % 300);
    expect(
      dot(
        order.map((k) => values[k] as number),
        order.map((k) => others[k] as number),
      ),
    ).to.equal(result);
  });

  it('have the infinities and NaN of plain sums', () => {
    expect(sum(1, Number.POSITIVE_INFINITY)).to.equal(Number.POSITIVE_INFINITY);
    expect(sum(1, Number.NEGATIVE_INFINITY)).to.equal(Number.NEGATIVE_INFINITY);
    expect(sum(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)).to.be.NaN;
    expect(sum(1, Number.NaN)).to.be.NaN;
    expect(sum(1e308, 1e308)).to.equal(Number.POSITIVE_INFINITY);
  });

  it('are exact in complex and single precision, pending ones too', () => {
    const x = NDArray.array([
      { re: 1, im: 2 },
      { re: -3, im: 0.5 },
    ]);
    const y = NDArray.array([
      { re: 0.25, im: -1 },
      { re: 2, im: 4 },
    ]);
    expect(exactDots.vdots([x, y])).to.deep.equal([{ re: -5.75, im: -14.5 }]);
    expect(exactDots.dot(x, y)).to.deep.equal({ re: -5.75, im: -11.5 });
    expect([...exactDots.startDots([x, y]).wait()]).to.deep.equal([-5.75, -14.5]);
    const f = NDArray.array([1e8, 1, -1e8], { dtype: 'float32' });
    expect(exactDots.rdot(f, NDArray.ones([3], { dtype: 'float32' }))).to.equal(1);
    expect(x.vdot(y)).to.deep.equal({ re: -5.75, im: -14.5 });
  });
});
