import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { ArgumentError } from '../../src/core/base/errors.js';
import { distributedSeed, fillNormal, fillUniform, philox } from '../../src/core/base/random.js';
import { setDefaultBackend } from '../../src/core/ports/defaults.js';
import { CpuBackend } from '../../src/cpu/cpu-backend.js';

const moments = (x: Float64Array) => {
  const mean = x.reduce((s, v) => s + v, 0) / x.length;
  const central = (p: number) => x.reduce((s, v) => s + (v - mean) ** p, 0) / x.length;
  return { mean, variance: central(2), third: central(3), fourth: central(4) };
};

describe('random numbers', () => {
  // Reference results of the Random123 distribution (kat_vectors, philox4x32 10).
  const known: [number[], number[], number[]][] = [
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ];
  known.forEach(([counter, [k0, k1], expected], i) => {
    it(`philox gives known answer ${i}`, () => {
      const words = Uint32Array.from(counter);
      philox(words, k0 as number, k1 as number);
      expect([...words]).to.deep.equal(expected);
    });
  });

  it('arrays without a seed differ from call to call, and from those of small seeds', () => {
    setDefaultBackend(new CpuBackend());
    for (const draw of [NDArray.normal, NDArray.uniform]) {
      const unseeded = [draw(4), draw(4), draw(4)];
      const all = [...unseeded, draw(4, { seed: 0 }), draw(4, { seed: 1 })].map(String);
      expect(new Set(all).size, all.join(' ')).to.equal(5);
      expect(String(draw(4, { seed: 0 }))).to.equal(all[3]);
    }
  });
  it('each communicator has its own sequence of seeds', () => {
    const [a, b] = [{}, {}];
    const seeds = [distributedSeed(a), distributedSeed(a), distributedSeed(b)];
    expect(seeds[1]).to.equal((seeds[0] as number) + 1);
    expect(seeds[2]).to.equal(seeds[0]);
    expect(Number.isSafeInteger((seeds[0] as number) + 2 ** 50)).to.equal(true);
  });

  for (const [name, fill] of Object.entries({ fillNormal, fillUniform })) {
    it(`${name} depends on the global index alone`, () => {
      for (const lanes of [1, 2] as const) {
        const whole = fill(7, 0, new Float64Array(60 * lanes), lanes);
        for (const cut of [0, 1, 2, 29, 31, 60]) {
          const parts = [
            ...fill(7, 0, new Float64Array(cut * lanes), lanes),
            ...fill(7, cut, new Float64Array((60 - cut) * lanes), lanes),
          ];
          expect(parts).to.deep.equal([...whole]);
        }
      }
    });

    it(`${name} differs between seeds, between elements, and far beyond 2^32`, () => {
      const a = fill(1, 0, new Float64Array(100));
      const b = fill(2, 0, new Float64Array(100));
      const c = fill(1 + 2 ** 32, 0, new Float64Array(100));
      const d = fill(1, 2 ** 40, new Float64Array(100));
      expect(new Set([...a, ...b, ...c, ...d]).size).to.equal(400);
    });

    it(`${name} refuses seeds and starts that are no indices`, () => {
      for (const bad of [-1, 0.5, Number.NaN]) {
        expect(() => fill(bad, 0, new Float64Array(2))).to.throw(ArgumentError, 'seed');
        expect(() => fill(0, bad, new Float64Array(2))).to.throw(ArgumentError, 'start');
      }
    });
  }

  it('normal numbers have the moments of the normal distribution', () => {
    const n = 200_000;
    const m = moments(fillNormal(3, 0, new Float64Array(n)));
    expect(Math.abs(m.mean)).to.be.below(5 / Math.sqrt(n));
    expect(Math.abs(m.variance - 1)).to.be.below(5 * Math.sqrt(2 / n));
    expect(Math.abs(m.third)).to.be.below(5 * Math.sqrt(15 / n));
    expect(Math.abs(m.fourth - 3)).to.be.below(5 * Math.sqrt(96 / n));
  });

  it('uniform numbers have the moments of the uniform distribution and stay below 1', () => {
    const n = 200_000;
    const x = fillUniform(3, 0, new Float64Array(n));
    const m = moments(x);
    expect(Math.abs(m.mean - 0.5)).to.be.below(5 * Math.sqrt(1 / 12 / n));
    expect(Math.abs(m.variance - 1 / 12)).to.be.below(5 * Math.sqrt(1 / 180 / n));
    expect(Math.max(...fillUniform(3, 0, new Float32Array(100_000)))).to.be.below(1);
    expect(Math.min(...fillUniform(3, 0, new Float32Array(100_000)))).to.be.at.least(0);
  });

  it('neighbours and the two parts of complex numbers are uncorrelated', () => {
    const n = 100_000;
    const x = fillNormal(5, 0, new Float64Array(2 * n), 2);
    const correlation = (lag: number) => {
      let s = 0;
      for (let i = 0; i + lag < x.length; i++) s += (x[i] as number) * (x[i + lag] as number);
      return s / (x.length - lag);
    };
    for (const lag of [1, 2, 3, 4, 8, 64])
      expect(Math.abs(correlation(lag))).to.be.below(5 / Math.sqrt(2 * n));
  });

  it('single precision is the rounded double', () => {
    const wide = fillNormal(9, 11, new Float64Array(101));
    expect([...fillNormal(9, 11, new Float32Array(101))]).to.deep.equal([...Float32Array.from(wide)]);
  });
});
