import { expect } from 'chai';
import type { HostArray } from '../../src/core/base/dtype.js';
import { fillNormal } from '../../src/core/base/random.js';
import { REDUCE_OPS, type ReduceKernel } from '../../src/core/ports/backend.js';
import { CpuBackend } from '../../src/cpu/cpu-backend.js';

const backend = new CpuBackend();
const of = (values: HostArray, dtype?: 'complex64' | 'complex128') => {
  const storage = backend.wrap(values, dtype);
  return { storage, offset: 0, size: storage.length };
};
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** A float64 as an integer multiple of 2^-1074. */
function exact(x: number): bigint {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, x);
  const high = bits.getUint32(0);
  const exponent = (high >>> 20) & 0x7ff;
  const mantissa = (BigInt(high & 0xfffff) << 32n) | BigInt(bits.getUint32(4));
  const magnitude = exponent === 0 ? mantissa : (mantissa | (1n << 52n)) << BigInt(exponent - 1);
  return x < 0 ? -magnitude : magnitude;
}
const relativeError = (got: number, want: bigint) => Number(((exact(got) - want) * 10n ** 20n) / want) / 1e20;

describe('reference kernels: reductions', () => {
  it('sum a million numbers to the last bits', () => {
    const x = new Float64Array(1_000_003).fill(0.1);
    for (let i = 0; i < x.length; i += 3) x[i] = 1e-3 * (i % 1000);
    let want = 0n;
    for (const v of x) want += exact(v);
    expect(Math.abs(relativeError(backend.reduce('sum', of(x)) as number, want))).to.be.below(5e-15);
  });

  it('sum single precision in double', () => {
    const x = new Float32Array(1_000_000).fill(0.1);
    expect(backend.reduce('sum', of(x))).to.be.closeTo(Math.fround(0.1) * 1e6, 1e-7);
    expect(backend.dots([{ x: of(x), y: of(x), conjugate: true }])[0]).to.be.closeTo(
      Math.fround(0.1) ** 2 * 1e6,
      1e-8,
    );
  });

  it('multiply integers exactly', () => {
    const x = Int32Array.from({ length: 999 }, (_, i) => (i * 7919) % 20011);
    const y = Int32Array.from({ length: 999 }, (_, i) => ((i * 104729) % 30011) - 15000);
    let want = 0n;
    x.forEach((v, i) => (want += BigInt(v) * BigInt(y[i] as number)));
    expect(BigInt(backend.dots([{ x: of(x), y: of(y), conjugate: false }])[0] as number)).to.equal(want);
  });

  it('conjugate the first factor', () => {
    const x = of(Float64Array.of(1, 2, 3, -1), 'complex128');
    const y = of(Float64Array.of(0, 1, 2, 2), 'complex128');
    // (1−2i)i + (3+i)(2+2i) and (1+2i)i + (3−i)(2+2i)
    expect([
      ...backend.dots([
        { x, y, conjugate: true },
        { x, y, conjugate: false },
      ]),
    ]).to.deep.equal([6, 9, 6, 5]);
  });

  it('have the value of no elements, or refuse it', () => {
    const none = of(new Float64Array(0));
    const expected: Record<ReduceKernel, number> = {
      sum: 0,
      prod: 1,
      max: -inf,
      min: inf,
      sumAbs: 0,
      sumSquares: 0,
      sumPower: 0,
      maxAbs: 0,
      minAbs: inf,
      countNonzero: 0,
      countAtMost: 0,
      nanmax: Number.NaN,
      nanmin: Number.NaN,
    };
    for (const op of REDUCE_OPS) expect(backend.reduce(op, none, 1), op).to.deep.equal(expected[op]);
    expect(backend.argExtreme('max', none)).to.equal(-1);
    expect([...backend.dots([{ x: none, y: none, conjugate: true }])]).to.deep.equal([0, 0]);
  });

  it('equal results by hand for a few numbers', () => {
    const x = of(Float64Array.of(3, -4, 0, 2));
    const expected: Record<ReduceKernel, number> = {
      sum: 1,
      prod: -0,
      max: 3,
      min: -4,
      sumAbs: 9,
      sumSquares: 29,
      sumPower: 99,
      maxAbs: 4,
      minAbs: 0,
      countNonzero: 3,
      countAtMost: 3,
      nanmax: 3,
      nanmin: -4,
    };
    for (const op of REDUCE_OPS) expect(backend.reduce(op, x, 3), op).to.equal(expected[op]);
    const z = of(Float32Array.of(3, 4, 0, 0, 1, -1), 'complex64');
    expect(backend.reduce('sum', z)).to.deep.equal({ re: 4, im: 3 });
    expect(backend.reduce('prod', of(Float32Array.of(3, 4, 1, -1), 'complex64'))).to.deep.equal({
      re: 7,
      im: 1,
    });
    expect([
      backend.reduce('sumSquares', z),
      backend.reduce('maxAbs', z),
      backend.reduce('minAbs', z),
      backend.reduce('countNonzero', z),
    ]).to.deep.equal([27, 5, 0, 2]);
  });

  it('return NaN where an element is NaN', () => {
    const x = of(Float64Array.of(1, 5, nan, -7, nan));
    for (const op of ['sum', 'prod', 'max', 'min', 'sumAbs', 'sumSquares', 'maxAbs', 'minAbs'] as const)
      expect(backend.reduce(op, x), op).to.deep.equal(nan);
    expect([backend.argExtreme('max', x), backend.argExtreme('min', x)]).to.deep.equal([2, 2]);
    expect(backend.reduce('countAtMost', x, 6)).to.equal(2);
  });

  it('find the first of equals', () => {
    const x = of(Float64Array.of(1, 5, -7, 5, -7));
    expect([backend.argExtreme('max', x), backend.argExtreme('min', x)]).to.deep.equal([1, 2]);
    expect(backend.argExtreme('max', of(Float64Array.of(-inf, -inf)))).to.equal(0);
    expect(backend.argExtreme('max', of(Float64Array.of(1, 1, 3, 4, 5, 0), 'complex128'))).to.equal(1);
  });

  it('select the k-th smallest element', () => {
    const values = fillNormal(4, 0, new Float64Array(301));
    const sorted = [...values].sort((a, b) => a - b);
    for (const k of [0, 1, 150, 300]) expect(backend.kthSmallest(of(values), k)).to.equal(sorted[k]);
    for (const k of [-1, 301, 0.5])
      expect(() => backend.kthSmallest(of(values), k)).to.throw('between 0 and 300');
  });

  it('sort along the middle axis, with NaN last and -0 before 0', () => {
    const x = Float64Array.of(3, nan, 0, 1, nan, -0, -1, 7, inf, -inf, 0, 5);
    const y = new Float64Array(12);
    backend.sort(of(x), [2, 3, 2], of(y));
    expect([...y]).to.deep.equal([0, -0, 3, 1, nan, nan, -1, -inf, 0, 5, inf, 7]);
    backend.sort(of(x), [1, 12, 1], of(x));
    expect([...x]).to.deep.equal([-inf, -1, -0, 0, 0, 1, 3, 5, 7, inf, nan, nan]);
    expect(() => backend.sort(of(x, 'complex128'), [1, 6, 1], of(y, 'complex128'))).to.throw('complex128');
  });

  it('reduce, and compute running sums, along the middle axis', () => {
    const [outer, n, inner] = [3, 5, 4];
    const values = fillNormal(5, 0, new Float64Array(outer * n * inner * 2), 2);
    const x = of(values, 'complex128');
    const [sums, largest, running] = [
      new Float64Array(outer * inner * 2),
      new Float64Array(outer * inner),
      new Float64Array(values.length),
    ];
    backend.reduceAxis('sum', x, [outer, n, inner], of(sums, 'complex128'));
    backend.reduceAxis('maxAbs', x, [outer, n, inner], of(largest));
    backend.accumulate('sum', x, [outer, n, inner], of(running, 'complex128'));
    for (let o = 0; o < outer; o++) {
      for (let j = 0; j < inner; j++) {
        let [re, im, most] = [0, 0, 0];
        for (let i = 0; i < n; i++) {
          const at = 2 * ((o * n + i) * inner + j);
          re += values[at] as number;
          im += values[at + 1] as number;
          most = Math.max(most, Math.hypot(values[at] as number, values[at + 1] as number));
          expect(running[at]).to.be.closeTo(re, 1e-14);
          expect(running[at + 1]).to.be.closeTo(im, 1e-14);
        }
        const to = o * inner + j;
        expect(sums[2 * to]).to.be.closeTo(re, 1e-14);
        expect(sums[2 * to + 1]).to.be.closeTo(im, 1e-14);
        expect(largest[to]).to.equal(most);
      }
    }
  });
});
