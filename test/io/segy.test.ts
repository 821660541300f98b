import { expect } from 'chai';
import fc from 'fast-check';
import { ArgumentError } from '../../src/core/base/errors.js';
import { fromEbcdic, toEbcdic } from '../../src/io/segy/parts/ebcdic.js';
import { fromIbm, toIbm } from '../../src/io/segy/parts/ibm-float.js';

describe('floats of System/360', () => {
  it('have the values of the manuals', () => {
    const known: readonly (readonly [bits: number, value: number])[] = [
      [0x00000000, 0],
      [0x80000000, -0],
      [0x41100000, 1],
      [0xc1100000, -1],
      [0x40800000, 0.5],
      [0x42640000, 100],
      [0xc276a000, -118.625],
      [0x7fffffff, 16 ** 63 * (1 - 2 ** -24)],
      [0x00100000, 16 ** -65],
    ];
    for (const [bits, value] of known) {
      expect(fromIbm(bits), bits.toString(16)).to.equal(value);
      expect(toIbm(value), String(value)).to.equal(bits);
    }
  });
  it('convert to a number and back, for every normalized one', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.nat(127),
        fc.integer({ min: 0x100000, max: 0xffffff }),
        (negative, exponent, fraction) => {
          const bits = (((negative ? 0x80 : 0) | exponent) * 2 ** 24 + fraction) >>> 0;
          expect(toIbm(fromIbm(bits))).to.equal(bits);
        },
      ),
      { numRuns: 2000 },
    );
  });
  it('are the nearest to every number within their range', () => {
    const numbers = fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .filter((x) => Math.abs(x) < 7.2e75 && (x === 0 || Math.abs(x) > 1e-77));
    fc.assert(
      fc.property(numbers, (x) => {
        const bits = toIbm(x) as number;
        const y = fromIbm(bits);
        expect(Math.abs(y - x)).to.be.at.most(Math.abs(x) * 2 ** -21);
        for (const other of [bits - 1, bits + 1]) {
          // the neighbours with the same exponent of 16
          if ((other & 0xffffff) >= 0x100000 && other >>> 24 === bits >>> 24)
            expect(Math.abs(fromIbm(other) - x)).to.be.at.least(Math.abs(y - x));
        }
      }),
      { numRuns: 2000 },
    );
  });
  it('hold every float32 of up to 21 bits, and round half to even', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -(2 ** 21), max: 2 ** 21 }),
        fc.integer({ min: -120, max: 100 }),
        (m, e) => {
          const x = m * 2 ** e;
          expect(fromIbm(toIbm(x) as number)).to.equal(x);
        },
      ),
    );
    expect(toIbm(1 + 2 ** -21)).to.equal(0x41100000);
    expect(toIbm(1 + 3 * 2 ** -21)).to.equal(0x41100002);
    expect(toIbm(16 - 2 ** -30)).to.equal(0x42100000);
  });
  it('refuse numbers outside their range', () => {
    for (const x of [Number.NaN, Number.POSITIVE_INFINITY, -1e76, 16 ** 63])
      expect(toIbm(x)).to.equal(undefined);
    expect(toIbm(1e-90)).to.equal(0);
    expect(fromIbm(toIbm(16 ** -66) as number)).to.equal(16 ** -66);
  });
});

describe('EBCDIC', () => {
  it('has the letters of the standard', () => {
    expect([...toEbcdic('C 1 AZaz09.')]).to.deep.equal([
      0xc3, 0x40, 0xf1, 0x40, 0xc1, 0xe9, 0x81, 0xa9, 0xf0, 0xf9, 0x4b,
    ]);
    expect(fromEbcdic(Uint8Array.of(0xc3, 0x40, 0xf1, 0x00, 0x05))).to.equal('C 1  ');
    const ascii = Array.from({ length: 95 }, (_, k) => String.fromCharCode(32 + k)).join('');
    expect(fromEbcdic(toEbcdic(ascii))).to.equal(ascii);
    expect(() => toEbcdic('Ω')).to.throw(ArgumentError, 'EBCDIC');
  });
});
