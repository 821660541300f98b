/**
 * Tests the middle of an axis: symmetric input gives symmetric output, for even and for odd numbers
 * of samples.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import { NDArray } from '../../src/core/array/ndarray.js';
import type { Backend } from '../../src/core/ports/backend.js';
import { RADON_KINDS } from '../../src/local/geophysics/radon-curves.js';
import {
  type AnyLocalOperator,
  Flip,
  gaussian,
  Identity,
  klauder,
  ormsby,
  Patch2D,
  Radon2D,
  Radon3D,
  ricker,
  Sliding1D,
  Smoothing1D,
  taper,
} from '../../src/local/index.js';
import { smooth } from '../../src/local/signal/smooth.js';
import { TAPER_TYPES } from '../../src/local/signal/windows/tapers.js';
import { makeBackend } from '../support/backends.js';
import { MORE, SEED } from '../support/draws.js';
import { expectClose } from '../support/expect-close.js';

const evenly = (n: number, step: number, first = 0): number[] =>
  Array.from({ length: n }, (_, i) => first + i * step);
const few = fc.integer({ min: 2, max: 7 });
const runs = { seed: SEED, numRuns: 40 * MORE, includeErrorInReport: true };

describe('the middle of an axis', () => {
  let backend: Backend;
  before(async () => {
    backend = await makeBackend('cpu');
  });
  const model = (A: AnyLocalOperator): NDArray => A.domain({ backend }).random(1);
  const close = (a: NDArray, b: NDArray, title: string): void => expectClose(a, b, 1e-9, title);

  it('Radon2D: opposite slopes give the mirror image; an axis around 0 is the centred one', () => {
    const draw = fc.record({
      nt: fc.integer({ min: 2, max: 12 }),
      nh: few,
      // slopes that avoid whole samples, where rounding decides between neighbours
      px: fc.array(fc.double({ min: 0.11, max: 1.7, noNaN: true }), { minLength: 1, maxLength: 4 }),
      kind: fc.constantFrom(...RADON_KINDS),
    });
    fc.assert(
      fc.property(draw, ({ nt, nh, px, kind }) => {
        const t = evenly(nt, 1);
        const A = new Radon2D(t, evenly(nh, 1), px, { kind });
        const y = A.matvec(model(A));
        const opposite = kind === 'parabolic' ? px : px.map((p) => -p);
        const B = new Radon2D(t, evenly(nh, 1), opposite, { kind });
        close(new Flip(A.dimsd, { axis: 0 }).matvec(B.matvec(model(A))), y, 'mirror image');
        const C = new Radon2D(t, evenly(nh, 1, -(nh - 1) / 2), px, { kind, centeredh: false });
        close(C.matvec(model(A)), y, 'axis around 0');
      }),
      runs,
    );
  });

  it('Radon3D: opposite slopes give the mirror image on both axes', () => {
    const slopes = fc.array(fc.double({ min: 0.11, max: 1.7, noNaN: true }), { minLength: 1, maxLength: 3 });
    const draw = fc.record({
      nt: few,
      ny: few,
      nx: few,
      py: slopes,
      px: slopes,
      kind: fc.constantFrom(...RADON_KINDS),
    });
    fc.assert(
      fc.property(draw, ({ nt, ny, nx, py, px, kind }) => {
        const t = evenly(nt, 1);
        const opposite = (list: number[]) => (kind === 'parabolic' ? list : list.map((p) => -p));
        const A = new Radon3D(t, evenly(ny, 1), evenly(nx, 1), py, px, { kind });
        const y = A.matvec(model(A));
        const B = new Radon3D(t, evenly(ny, 1), evenly(nx, 1), opposite(py), px, { kind });
        close(new Flip(A.dimsd, { axis: 0 }).matvec(B.matvec(model(A))), y, 'first axis');
        const C = new Radon3D(t, evenly(ny, 1), evenly(nx, 1), py, opposite(px), { kind });
        close(new Flip(A.dimsd, { axis: 1 }).matvec(C.matvec(model(A))), y, 'second axis');
        const [hy, hx] = [ny, nx].map((n) => evenly(n, 1, -(n - 1) / 2)) as [number[], number[]];
        close(
          new Radon3D(t, hy, hx, py, px, { kind, centeredh: false }).matvec(model(A)),
          y,
          'axes around 0',
        );
      }),
      runs,
    );
  });

  it('smoothing: the mirror image of an array gives the mirror image', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), (n, width) => {
        const x = NDArray.normal(n, { backend, seed: 2 });
        const F = new Flip(n);
        const S = new Smoothing1D(width, n);
        close(F.matvec(S.matvec(F.matvec(x))), S.matvec(x), 'Smoothing1D');
        if (width <= n) close(F.matvec(smooth(F.matvec(x), width)), smooth(x, width), 'smooth');
      }),
      runs,
    );
  });

  it('windows that reach both ends: mirrored windows give the mirror image', () => {
    const draw = fc
      .record({
        nwin: fc.integer({ min: 1, max: 7 }),
        over: fc.nat(3),
        count: fc.integer({ min: 1, max: 4 }),
        tapertype: fc.constantFrom(...TAPER_TYPES),
      })
      .map(({ nwin, over, count, tapertype }) => ({
        nwin,
        nover: Math.min(over, Math.floor(nwin / 2), nwin - 1),
        count,
        tapertype,
      }));
    fc.assert(
      fc.property(draw, ({ nwin, nover, count, tapertype }) => {
        const n = nwin + (count - 1) * (nwin - nover);
        const S = new Sliding1D(new Identity(nwin), count * nwin, n, nwin, nover, { tapertype });
        const x = NDArray.normal(count * nwin, { backend, seed: 3 });
        const flipped = new Flip(count * nwin).matvec(x);
        close(new Flip(n).matvec(S.matvec(flipped)), S.matvec(x), 'Sliding1D');
        const P = new Patch2D(new Identity([nwin, 2]), [count * nwin, 2], [n, 2], [nwin, 2], [nover, 0], {
          tapertype,
        });
        const plane = P.domain({ backend }).random(4);
        const turned = new Flip(plane.size).matvec(plane.ravel());
        close(new Flip(P.shape[0]).matvec(P.matvec(turned).ravel()), P.matvec(plane).ravel(), 'Patch2D');
      }),
      runs,
    );
  });

  it('wavelets and tapers are symmetric, of even numbers of samples too', () => {
    for (const n of [3, 4, 9, 10, 25, 26]) {
      const t = evenly(n, 0.004);
      const all = [ricker(t), gaussian(t, 2), klauder(t, [4, 30]), ormsby(t, [5, 9, 25, 30])].map(
        ({ wavelet }) => wavelet,
      );
      for (const type of TAPER_TYPES) all.push(taper(n, Math.floor(n / 2), type));
      for (const w of all) {
        expect(w.length % 2).to.equal(all.indexOf(w) < 4 ? 1 : n % 2);
        expectClose(w, w.slice().reverse(), { atol: 1e-13 });
      }
    }
  });
});
