import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { FFT, FFT2D, PhaseShift, Shift } from '../../src/local/index.js';
import { makeBackend } from '../support/backends.js';
import { expectClose } from '../support/expect-close.js';

describe('spectral local operators', () => {
  it('give the frequencies of their data', () => {
    expect([...new FFT(5, { sampling: 0.5 }).f]).to.deep.equal([0, 0.4, 0.8, -0.8, -0.4]);
    expect([...new FFT(4, { real: true, sampling: 2 }).f]).to.deep.equal([0, 0.125, 0.25]);
    const F = new FFT2D([3, 4], { fftshiftAfter: true, sampling: [1, 0.25] });
    expect([...F.f2]).to.deep.equal([-2, -1, 0, 1]);
    expect([...F.f1].map((f) => Math.round(3 * f))).to.deep.equal([-1, 0, 1]);
  });

  it('keep single precision', async () => {
    const backend = await makeBackend('cpu');
    const x = NDArray.fromHost(Float32Array.of(1, 2, 3, 4), [4], { backend });
    expect(new FFT(4, { real: true }).matvec(x).dtype).to.equal('complex64');
    expect(new Shift(4, 0.5, { real: true }).matvec(x).dtype).to.equal('float32');
  });

  it('take the real part where the model is real', async () => {
    const backend = await makeBackend('cpu');
    const x = NDArray.fromHost(Float64Array.of(1, 5, 2, 6, 3, 7), [3], { dtype: 'complex128', backend });
    const F = new FFT(3, { real: true, norm: 'none' });
    expect([...F.matvec(x).toHost()]).to.deep.equal([...F.matvec(x.real()).toHost()]);
    expect(F.rmatvec(F.matvec(x)).dtype).to.equal('float64');
  });

  it('shift a wave by fractions of a sample, different for each line', async () => {
    const backend = await makeBackend('cpu');
    const n = 16;
    const wave = (s: number) =>
      Float64Array.from({ length: n }, (_, i) => Math.cos((2 * Math.PI * 3 * (i - s)) / n));
    const x = NDArray.fromHost(Float64Array.of(...wave(0), ...wave(0)), [2, n], { backend });
    const y = new Shift([2, n], [0.3, -1.6], { real: true, dtype: 'float64' }).matvec(x).toHost();
    expectClose(y, [...wave(0.3), ...wave(-1.6)], { atol: 1e-12 });
  });

  it('extrapolate a plane wave by its depth wavenumber, and damp what does not travel', async () => {
    const backend = await makeBackend('cpu');
    const [nt, nx, dt, dx, dz] = [32, 16, 0.01, 10, 7];
    const [f, k] = [4 / (nt * dt), 2 / (nx * dx)];
    const wave = (phase: number) =>
      Float64Array.from({ length: nt * nx }, (_, i) => {
        const [t, x] = [Math.floor(i / nx) * dt, (i % nx) * dx];
        return Math.cos(2 * Math.PI * (f * t + k * x) + phase);
      });
    const freq = Array.from({ length: nt / 2 + 1 }, (_, i) => i / (nt * dt));
    const kx = Array.from({ length: nx }, (_, i) => (i - nx / 2) / (nx * dx));
    const x = NDArray.fromHost(wave(0), [nt, nx], { backend });
    const travels = new PhaseShift(500, dz, nt, freq, kx).matvec(x).toHost();
    const kz = Math.sqrt((f / 500) ** 2 - k * k);
    expectClose(travels, wave(-2 * Math.PI * dz * kz), { atol: 1e-12 });
    const decays = new PhaseShift(2000, -dz, nt, freq, kx).matvec(x).toHost();
    const factor = Math.exp(-2 * Math.PI * dz * Math.sqrt(k * k - (f / 2000) ** 2));
    expectClose(
      decays,
      wave(0).map((v) => factor * v),
      { atol: 1e-12 },
    );
  });

  it('use the given wavenumbers, which may be asymmetric', async () => {
    const backend = await makeBackend('cpu');
    const [nt, nx, ny, vel] = [16, 5, 4, 100];
    const freq = Array.from({ length: nt / 2 + 1 }, (_, i) => i);
    const kx = [0.001, 0.002, 0, -0.003, 0.005];
    const ky = [0.004, -0.002, 0.0015, 0.003];
    const wave = (f: number, a: number, b: number, phase: number) =>
      Float64Array.from({ length: nt * nx * ny }, (_, i) => {
        const [t, x, y] = [Math.floor(i / (nx * ny)) / nt, (Math.floor(i / ny) % nx) / nx, (i % ny) / ny];
        return Math.cos(2 * Math.PI * (f * t - a * x - b * y) + phase);
      });
    for (const [f, a, b] of [
      [3, 1, 1],
      [3, -1, 0],
      [4, 2, -1],
      [2, -2, 0],
    ] as const) {
      const kz = Math.sqrt((f / vel) ** 2 - (kx[2 + a] as number) ** 2 - (ky[2 + b] as number) ** 2);
      const x = NDArray.fromHost(wave(f, a, b, 0), [nt, nx, ny], { backend });
      const y = new PhaseShift(vel, 7, nt, freq, kx, { ky }).matvec(x).toHost();
      expectClose(y, wave(f, a, b, -2 * Math.PI * 7 * kz), { atol: 1e-12 }, `wave ${f}, ${a}, ${b}`);
    }
  });
});
