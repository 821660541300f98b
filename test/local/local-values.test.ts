import { expect } from 'chai';
import type { Nested } from '../../src/core/array/host-values.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { ArgumentError, DTypeError, type LopsError, ShapeError } from '../../src/core/base/errors.js';
import type { Backend } from '../../src/core/ports/backend.js';
import { setDefaultBackend } from '../../src/core/ports/defaults.js';
import { openWorkspaces } from '../../src/core/vector/workspace.js';
import { CpuBackend } from '../../src/cpu/index.js';
import {
  type AnyLocalOperator,
  AVOLinearModelling,
  Bilinear,
  Block,
  CausalIntegration,
  Conj,
  Convolve2D,
  ConvolveND,
  cosinetaper,
  DCT,
  DWT,
  DWT2D,
  FirstDirectionalDerivative,
  Flip,
  FunctionOperator,
  gaussian,
  hanningtaper,
  hyperbolic2d,
  hyperbolic3d,
  Identity,
  Imag,
  Interp,
  Kirchhoff,
  Kronecker,
  klauder,
  LinearRegression,
  linear2d,
  linear3d,
  makeaxis,
  NonStationaryConvolve1D,
  NonStationaryConvolve2D,
  ormsby,
  Pad,
  Patch2D,
  PrestackLinearModelling,
  parabolic2d,
  Radon2D,
  Radon3D,
  Real,
  Regression,
  Restriction,
  Roll,
  ricker,
  SecondDirectionalDerivative,
  Sliding1D,
  Sliding2D,
  Spread,
  Sum,
  Symmetrize,
  taper,
  taper2d,
  taper3d,
  tapernd,
  windowDesign,
  Zero,
} from '../../src/local/index.js';
import { TAPER_TYPES } from '../../src/local/signal/windows/tapers.js';
import { BACKENDS, makeBackend } from '../support/backends.js';
import { expectClose } from '../support/expect-close.js';

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const grid = (n: number, m: number, value: (i: number, j: number) => number): number[][] =>
  range(n).map((i) => range(m).map((j) => value(i, j)));

for (const entry of BACKENDS) {
  describe(`values of further local operators [${entry.name}]`, () => {
    let backend: Backend;
    let dtype: 'float32' | 'float64';
    let delta: number;
    before(async () => {
      backend = await makeBackend(entry.name);
      dtype = backend.dtypes.includes('float64') ? 'float64' : 'float32';
      delta = dtype === 'float64' ? 1e-12 : 2e-5;
    });
    const array = (values: Nested) => NDArray.array(values, { dtype, backend });
    const close = (x: NDArray, expected: readonly number[], atol = delta) =>
      expectClose(x, expected, { atol });

    const x123 = () => array([1, 2, 3]);
    it('Flip reverses', () => close(new Flip(3).matvec(x123()), [3, 2, 1]));
    it('Roll shifts cyclically', () => close(new Roll(3).matvec(x123()), [3, 1, 2]));
    it('Pad adds zeros', () => close(new Pad(3, [1, 2]).matvec(x123()), [0, 1, 2, 3, 0, 0]));
    it('Symmetrize mirrors at the first element', () => {
      close(new Symmetrize(3).matvec(x123()), [3, 2, 1, 2, 3]);
      close(new Symmetrize(3).rmatvec(array([1, 2, 3, 4, 5])), [3, 6, 6]);
    });
    it('Sum adds up, and its adjoint repeats', () => {
      close(new Sum(3).matvec(x123()), [6]);
      close(new Sum(3).rmatvec(array([2])), [2, 2, 2]);
    });
    it('the adjoint of Restriction adds elements of one place', () =>
      close(new Restriction(3, [2, 2, 0]).rmatvec(x123()), [3, 0, 3]));
    it('Zero gives zeros', () => close(new Zero(2, 3).matvec(x123()), [0, 0]));

    it('running integrals of ones have the values by hand', () => {
      const x = array([1, 1, 1, 1]);
      close(new CausalIntegration(4, { sampling: 2 }).matvec(x), [2, 4, 6, 8]);
      close(new CausalIntegration(4, { kind: 'half' }).matvec(x), [0.5, 1.5, 2.5, 3.5]);
      close(new CausalIntegration(4, { kind: 'trapezoidal', removefirst: true }).matvec(x), [1, 2, 3]);
    });

    it('the directional derivative of a plane is its slope along the direction', () => {
      const plane = array(grid(4, 5, (i, j) => 2 * i - 5 * j));
      close(
        new FirstDirectionalDerivative([4, 5], [0.6, 0.8], { edge: true }).matvec(plane),
        new Array(20).fill(1.2 - 4),
      );
      const field = array([grid(4, 5, (i) => i), grid(4, 5, (_, j) => j)] as Nested);
      const expected = grid(4, 5, (i, j) => 2 * i - 5 * j).flat();
      close(new FirstDirectionalDerivative([4, 5], field, { edge: true }).matvec(plane), expected);
      const D = new FirstDirectionalDerivative([4, 5], field);
      const twice = D.rmatvec(D.matvec(plane)).scale(-1);
      close(new SecondDirectionalDerivative([4, 5], field).matvec(plane), Array.from(twice.toHost()));
    });

    it('a non-stationary convolution with one filter is a convolution', () => {
      const x = array(range(7).map((i) => Math.sin(i)));
      const h = [1, -2, 0.5];
      close(
        new NonStationaryConvolve1D(7, array([h]), [3]).matvec(x),
        Array.from(new ConvolveND(7, array(h), { offset: [1] }).matvec(x).toHost()),
      );
      const plane = array(grid(5, 6, (i, j) => Math.cos(i * j)));
      const filter = grid(3, 3, (i, j) => i - 2 * j);
      const same = Array.from(
        new Convolve2D([5, 6], array(filter), { offset: [1, 1] }).matvec(plane).toHost(),
      );
      close(new NonStationaryConvolve2D([5, 6], array([[filter, filter]]), [2], [1, 4]).matvec(plane), same);
    });

    it('a non-stationary filter is interpolated at the sample that it spreads', () => {
      const spike = array([0, 0, 1, 0, 0]);
      // halfway between both filters
      close(
        new NonStationaryConvolve1D(
          5,
          array([
            [1, 2, 3],
            [3, 4, 9],
          ]),
          [1, 3],
        ).matvec(spike),
        [0, 2, 3, 6, 0],
      );
      const plane = array(grid(3, 3, (i, j) => (i === 1 && j === 1 ? 1 : 0)));
      const bank = [0, 1].map((p) => [0, 1].map((q) => [[p + 10 * q]]));
      close(
        new NonStationaryConvolve2D([3, 3], array(bank), [0, 2], [0, 2]).matvec(plane),
        [0, 0, 0, 0, 5.5, 0, 0, 0, 0],
      );
    });

    it('interpolation of linear signals is exact, nearest rounds half to even', () => {
      const x = array(range(6).map((i) => 3 * i));
      close(new Interp(6, [0, 1.25, 4.5, 5]).matvec(x), [0, 3.75, 13.5, 15]);
      close(new Interp(6, [0.5, 1.5, 4.4], { kind: 'nearest' }).matvec(x), [0, 6, 12]);
      close(new Interp(6, [2, 5], { kind: 'sinc' }).matvec(x), [6, 15]);
      const plane = array(grid(4, 5, (i, j) => i + 10 * j));
      close(
        new Bilinear(
          [
            [0.5, 3],
            [1.25, 4],
          ],
          [4, 5],
        ).matvec(plane),
        [13, 43],
      );
    });

    it('spreading by a table and by a function are the same', () => {
      const rows = grid(2, 3, (i, j) => i + j);
      const table = rows.map((row) => row.map((t) => [t, t + 1]));
      const x = array(grid(2, 3, (i, j) => 1 + i + 3 * j));
      const expected = [1, 2 + 4, 5 + 7, 8, 0, 0, 1, 6, 12, 8];
      close(new Spread([2, 3], [2, 5], { table }).matvec(x), expected);
      close(new Spread([2, 3], [2, 5], { fh: (ix, it) => [ix + it, ix + it + 1] }).matvec(x), expected);
    });

    it('Radon curves start where the model has its spike', () => {
      const [t, h] = [range(12).map((i) => i * 0.5), [0, 2, 4]];
      const spike = (row: number, sample: number) =>
        array(grid(2, 12, (i, j) => (i === row && j === sample ? 1 : 0)));
      // p Δh/Δt = 1 sample per trace
      const trace = (samples: readonly number[]) =>
        samples.flatMap((s) => range(12).map((i) => (i === s ? 1 : 0)));
      const options = { interp: false, centeredh: false } as const;
      close(new Radon2D(t, h, [0, 0.25], options).matvec(spike(1, 3)), trace([3, 4, 5]));
      close(
        new Radon2D(t, h, [0, 0.25], { ...options, kind: 'parabolic' }).matvec(spike(1, 3)),
        trace([3, 4, 7]),
      );
      close(
        new Radon2D(t, h, [1, 0.25], { ...options, kind: 'hyperbolic' }).matvec(spike(1, 3)),
        trace([3, 3, 3]),
      );
      close(new Radon2D(t, h, [0, 0.25], { interp: false }).matvec(spike(1, 3)), trace([2, 3, 4]));
      const kept = new Radon3D(t, h, [0, 1], [0.1, 0.3], [0.2, 0.5, -0.1], { kind: 'parabolic' });
      const made = new Radon3D(t, h, [0, 1], [0.1, 0.3], [0.2, 0.5, -0.1], {
        kind: 'parabolic',
        onthefly: true,
      });
      const x = kept.domain({ dtype, backend }).random(4);
      close(made.matvec(x), Array.from(kept.matvec(x).toHost()));
    });

    it('Kirchhoff puts a point where its rays arrive, by velocity and by tables', () => {
      const geometry = {
        z: [30],
        x: [0, 40],
        t: range(20).map((i) => i * 5),
        srcs: [[0], [0]],
        recs: [[40], [0]],
      };
      // 30 + 50 and 50 + 30 metres at 2 m/s: 40 s, sample 8
      const K = new Kirchhoff(geometry, [1], 0, { vel: 2 });
      close(
        K.matvec(array([[1], [2]])),
        range(20).map((i) => (i === 8 ? 3 : 0)),
      );
      const tables = [
        [[10], [20]],
        [[12.5], [30]],
      ] as const;
      // samples 4.5 and 10, amplitudes 1·2 and 3·4
      const given = new Kirchhoff(geometry, [1], 0, {
        trav: tables,
        amp: [
          [[1], [3]],
          [[2], [4]],
        ],
        onthefly: true,
      });
      close(
        given.matvec(array([[1], [1]])),
        range(20).map((i) => (i === 4 || i === 5 ? 1 : i === 10 ? 12 : 0)),
      );
      const both = new Kirchhoff(geometry, [1], 0, { trav: [[22.5], [50]] });
      close(
        both.matvec(array([[1], [1]])),
        range(20).map((i) => (i === 4 || i === 5 ? 0.5 : i === 10 ? 1 : 0)),
      );
      const narrow = new Kirchhoff(geometry, [1], 0, { vel: 2, angleaperture: [10, 20] });
      close(narrow.matvec(array([[1], [2]])), new Array(20).fill(0));
      const offset = new Kirchhoff(geometry, [1], 0, { vel: 2, aperture: [1, 5 / 3] });
      close(
        offset.matvec(array([[1], [0]])),
        range(20).map((i) => (i === 8 ? 0.5 : 0)),
      );
    });

    it('Kirchhoff limits angles to 90 degrees where there are amplitudes, fading from 72', () => {
      const geometry = {
        z: [10],
        x: [0, 10 * Math.tan((81 * Math.PI) / 180)],
        t: range(4),
        srcs: [[0], [0]],
        recs: [[0], [0]],
      };
      const ones = [[[1], [1]] as const, [[1], [1]] as const] as const;
      const trav = [
        [[0], [1]],
        [[0], [1]],
      ] as const;
      const values = (options: object) =>
        new Kirchhoff(geometry, [1], 0, { trav, ...options }).matvec(array([[1], [1]]));
      // The second point is seen under 81 degrees by both: half of the way between 72 and 90
      close(values({ amp: ones }), [1, 0, 0.25, 0]);
      close(values({ amp: ones, angleaperture: 180 }), [1, 0, 1, 0]);
      close(values({}), [1, 0, 1, 0]);
    });

    it('windows that fade into one another add up to the array', () => {
      const x = array(range(11).map(Math.sqrt));
      const design = windowDesign(11, 5, 2, 5);
      expect(design).to.deep.equal({
        nwins: [3],
        dims: [15],
        dwins: [
          [
            [0, 5],
            [3, 8],
            [6, 11],
          ],
        ],
      });
      const S = new Sliding1D(new Identity(5), 15, 11, 5, 2);
      close(
        S.matvec(new Sliding1D(new Identity(5), 15, 11, 5, 2, { tapertype: 'none' }).rmatvec(x)),
        Array.from(x.toHost()),
      );
      const y = array(range(19).map(Math.cbrt));
      const both = new Sliding1D(new Identity(9), 27, 19, 9, 4, { tapertype: 'cosinesqrt' });
      close(both.matvec(both.rmatvec(y)), Array.from(y.toHost()));
      const plane = array(grid(8, 8, (i, j) => i - j * j));
      const I = new Identity([4, 5], [4, 5]);
      const cut = new Patch2D(I, [12, 10], [8, 8], [4, 5], [2, 2], { tapertype: 'none' });
      close(
        new Patch2D(I, [12, 10], [8, 8], [4, 5], [2, 2]).matvec(cut.rmatvec(plane)),
        Array.from(plane.toHost()),
      );
    });

    it('cosine transforms of a constant have one coefficient, and are inverted', () => {
      const ones = array(new Array(4).fill(1));
      close(new DCT(4).matvec(ones), [2, 0, 0, 0]);
      for (const n of [6, 80]) {
        const x = array(range(n).map((i) => Math.sin(i * i)));
        for (const type of [1, 2, 3, 4] as const) {
          const C = new DCT(n, { type });
          close(C.rmatvec(C.matvec(x)), Array.from(x.toHost()));
        }
      }
    });

    it('wavelet transforms: Haar by hand; Daubechies orthonormal, with no details of polynomials', () => {
      const r = Math.SQRT1_2;
      close(new DWT(4).matvec(array([1, 2, 3, 5])), [3 * r, 8 * r, -r, -2 * r]);
      close(new DWT(4, { level: 2 }).matvec(array([1, 2, 3, 5])), [5.5, -2.5, -r, -2 * r]);
      close(new DWT(3, { level: 2 }).rmatvec(array([5.5, -2.5, -r, -2 * r])), [1, 2, 3]);
      close(
        new DWT2D([2, 2]).matvec(
          array([
            [1, 2],
            [3, 5],
          ]),
        ),
        [5.5, -1.5, -2.5, 0.5],
      );
      const parabola = array(range(32).map((i) => (i / 8) ** 2));
      const details = Array.from(new DWT(32, { wavelet: 'db3' }).matvec(parabola).toHost()).slice(16);
      // without the elements at which the signal wraps around
      expectClose(details.slice(3, -3), new Array(10).fill(0), { atol: 10 * delta });
      const x = array(range(32).map((i) => Math.sin(i * i)));
      const W = new DWT(32, { wavelet: 'db7', level: 4 });
      close(W.rmatvec(W.matvec(x)), Array.from(x.toHost()));
    });

    it('regression evaluates polynomials', () => {
      close(new Regression([0, 1, 2], 2, { dtype }).matvec(array([1, 2, 3])), [1, 6, 17]);
    });

    const REUSED: Readonly<Record<string, () => AnyLocalOperator>> = {
      CausalIntegration: () =>
        new CausalIntegration([6, 5], { axis: 0, kind: 'trapezoidal', removefirst: true }),
      Radon2D: () => new Radon2D(range(9), range(4), [0.1, 0.2], { onthefly: true }),
      Kirchhoff: () =>
        new Kirchhoff(
          { z: [30, 40], x: [0, 40], t: range(20).map((i) => i * 5), srcs: [[0], [0]], recs: [[40], [0]] },
          [1],
          0,
          { vel: 2, onthefly: true },
        ),
      Sliding2D: () => new Sliding2D(new Identity([5, 3]), [15, 3], [11, 3], 5, 2),
      DCT: () => new DCT([5, 70]),
      DWT2D: () => new DWT2D([8, 8], { level: 2 }),
      Kronecker: () => new Kronecker(new Identity(3), new Identity(4)),
    };
    for (const [name, make] of Object.entries(REUSED))
      it(`${name} allocates nothing after its first calls`, () => {
        const A = make();
        const x = A.domain({ dtype, backend }).random(1);
        const y = A.matvec(x);
        const close_ = openWorkspaces();
        const round = () => {
          A.matvec(x, y);
          A.rmatvec(y, x);
        };
        round();
        round();
        const before = backend.stats();
        for (let k = 0; k < 3; k++) round();
        const after = backend.stats();
        expect(after.liveBytes).to.equal(before.liveBytes);
        expect(after.poolMisses).to.equal(before.poolMisses);
        close_();
        x.dispose();
        y.dispose();
      });
  });
}

describe('wavelets, tapers and events', () => {
  before(() => {
    setDefaultBackend(new CpuBackend());
  });

  it('wavelets are 1 in the middle and symmetric', () => {
    const t = range(26).map((i) => i * 0.004);
    for (const { wavelet, t: axis, center } of [
      ricker(t),
      gaussian(t, 5),
      klauder(t, [4, 30]),
      ormsby(t, [5, 9, 25, 30]),
    ]) {
      expect(wavelet.length).to.equal(49);
      expect(center).to.equal(24);
      expect(axis[center]).to.equal(0);
      expect(wavelet[center] as number).to.be.closeTo(1, 1e-14);
      expectClose(wavelet, wavelet.slice().reverse(), { atol: 1e-13 });
    }
    expect(gaussian(t, 5).wavelet[29] as number).to.be.closeTo(Math.exp(-0.5), 1e-15);
    // the autocorrelation of a sweep from 4 to 30 Hz over 0.192 s, by NumPy
    const sweep = [1, 0.87915275091, 0.59954731451, 0.24728253157, -0.08273588332, -0.3182300925];
    expectClose(klauder(t, [4, 30]).wavelet.slice(24, 24 + sweep.length), sweep, { atol: 1e-9 });
    expect(klauder(t, [4, 30]).wavelet[0] as number).to.be.closeTo(0.0957161686, 1e-9);
    expect(ricker(t, 10, (n) => new Array<number>(n).fill(0)).wavelet[24]).to.equal(0);
  });

  it('tapers have the values of their formulas', () => {
    expect([...hanningtaper(7, 3)].map((v) => Math.round(v * 100) / 100)).to.deep.equal([
      0, 0.5, 1, 1, 1, 0.5, 0,
    ]);
    expect(cosinetaper(7, 3, true)[1] as number).to.be.closeTo(0.25, 1e-15);
    expect([...hanningtaper(3, 0)]).to.deep.equal([1, 1, 1]);
    expect([...hanningtaper(3, 1)]).to.deep.equal([1, 1, 1]);
    expectClose(cosinetaper(7, 3, false, 0.5), taper(7, 3, 'cosinesqrt'), { atol: 1e-15 });
    expect(taper(7, 3, 'cosinesqrt')[1] as number).to.be.closeTo(Math.SQRT1_2, 1e-15);
    expect([...taper2d(2, 5, 2).shape]).to.deep.equal([5, 2]);
    expect(() => hanningtaper(3, 3)).to.throw(ArgumentError, 'at least 5 samples');
    for (const exponent of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => cosinetaper(7, 3, false, exponent)).to.throw(ArgumentError, 'exponent');
    for (const type of TAPER_TYPES)
      for (const n of [-1, 1.5, Number.NaN]) {
        expect(() => taper(5, n, type), type).to.throw(ShapeError, 'ntap');
        expect(() => taper(n, 0, type), type).to.throw(ShapeError, 'nmask');
      }
    expect([...taper(3, 9, 'none')]).to.deep.equal([1, 1, 1]);
  });

  it('tapers of several axes are products of tapers along each, of every type', () => {
    for (const type of TAPER_TYPES) {
      const [nmask, ntap] = [
        [7, 1, 6, 4],
        [3, 1, 2, 0],
      ] as const;
      const factors = nmask.map((n, k) => taper(n, ntap[k] as number, type));
      const whole = tapernd(nmask, ntap, type);
      expect([...whole.shape]).to.deep.equal([...nmask]);
      const expected = range(168).map((i) => {
        const at = [Math.floor(i / 24), 0, Math.floor(i / 4) % 6, i % 4];
        return at.reduce((product, j, k) => product * ((factors[k] as Float64Array)[j] as number), 1);
      });
      expectClose(whole.toHost(), expected, { atol: 1e-15 });
      expectClose(taper3d(4, [7, 6], [3, 2], type).toHost(), expected, { atol: 1e-15 });
      const plane = tapernd([7, 6], [3, 2], type).toHost();
      expectClose(taper2d(6, 7, [3, 2], type).toHost(), plane, { atol: 0 });
      expectClose(taper2d(6, 7, 3, type).toHost(), tapernd([7, 6], [3, 0], type).toHost(), { atol: 0 });
      expect(tapernd([5, 4], [2, 2], type, { dtype: 'float32' }).dtype).to.equal('float32');
    }
    expect(() => tapernd([7, 6], [3])).to.throw(ShapeError, '2 sizes and lengths');
    expect(() => tapernd([7, 3], [3, 3])).to.throw(ArgumentError, 'at least 5 samples');
    expect(() => tapernd([7, -1], [3, 0])).to.throw(ShapeError, 'nmask');
    expect(() => taper2d(1.5, 7, 3)).to.throw(ShapeError, 'nt');
    expect(() => taper2d(6, 7, [3, 2, 1] as never)).to.throw(ShapeError, '2 sizes and lengths');
    expect(() => taper3d(4, [7, 6, 5] as never, [3, 2])).to.throw(ShapeError, '3 sizes and lengths');
  });

  it('makeaxis gives evenly spaced axes, and a symmetric t2', () => {
    const { t, t2, x, y } = makeaxis({ ox: -2, dx: 2, nx: 3, ot: 0, dt: 0.5, nt: 2 });
    expect([[...t], [...t2], [...x], y]).to.deep.equal([[0, 0.5], [-0.5, 0, 0.5], [-2, 0, 2], undefined]);
  });

  it('events have the times of their formula', () => {
    const [x, y, t] = [[0, 3], [0, 4], range(20)];
    const first = ({ d }: { d: NDArray }) =>
      range(d.size / 20).map((k) =>
        Array.from(d.toHost())
          .slice(k * 20, (k + 1) * 20)
          .reduce((sum, v, i) => sum + v * i, 0),
      );
    const check = (events: { d: NDArray; dwav: NDArray }, times: readonly number[]) => {
      expectClose(first(events), times, { atol: 1e-12 });
      expect([...events.dwav.shape]).to.deep.equal([...events.d.shape]);
    };
    check(linear2d(x, t, 2, 5, 30, 1, [1]), [5, 5.75]);
    check(parabolic2d(x, t, 5, 1, 0.5, 1, [1]), [5, 12.5]);
    check(hyperbolic2d(x, t, 4, 1, 1, [1]), [4, 5]);
    check(linear3d(x, y, t, 1, 5, 30, 90, 1, [1]), [5, 5, 7, 7]);
    check(hyperbolic3d(x, y, t, 0, 1, 2, 1, [1]), [0, 3, 2, Math.sqrt(13)]);
    // the middle of the wavelet is at the event, even if the event is after the last sample
    const { d, dwav } = hyperbolic2d([0], range(6), [2, 6], 1, [1, 10], [1, 2, 3]);
    expect(Array.from(d.toHost())).to.deep.equal([0, 0, 1, 0, 0, 0]);
    expect(Array.from(dwav.toHost())).to.deep.equal([0, 1, 2, 3, 0, 0]);
  });
});

describe('refusals of further local operators', () => {
  before(() => {
    setDefaultBackend(new CpuBackend());
  });
  const misspelt = { axs: 0 } as object;
  const geometry = { z: [1], x: [1], t: [0, 1], srcs: [[0], [0]], recs: [[0], [0]] };
  const CASES: readonly [
    what: string,
    make: () => unknown,
    error: new (message: string) => LopsError,
    message: string,
  ][] = [
    ['option', () => new Flip(3, misspelt), ArgumentError, "did you mean 'axis'"],
    [
      'option of ConvolveND',
      () => new ConvolveND(3, [1], misspelt),
      ArgumentError,
      'ConvolveND: unknown option',
    ],
    [
      'option of windows',
      () => new Sliding1D(new Identity(2), 2, 2, 2, 0, { taper: 1 } as object),
      ArgumentError,
      'tapertype',
    ],
    ['index', () => new Restriction(3, [3]), ArgumentError, 'between -3 and 2'],
    ['fractional index', () => new Restriction(3, [0.5]), ArgumentError, '0.5'],
    ['shift', () => new Roll(3, { shift: 0.5 }), ArgumentError, 'whole number'],
    ['pad', () => new Pad([2, 3], [[1, 1]]), ShapeError, 'a pair of numbers'],
    ['pad of one pair', () => new Pad([2, 3], [1, 1]), ArgumentError, 'pairs of'],
    ['negative pad', () => new Pad(3, [-1, 1]), ArgumentError, 'non-negative'],
    ['kind', () => new CausalIntegration(3, { kind: 'trapez' as 'half' }), ArgumentError, "'trapezoidal'"],
    ['place', () => new Interp(4, [3.5]), ArgumentError, 'between 0 and 3'],
    ['place of Bilinear', () => new Bilinear([[0], [3]], [3, 3]), ArgumentError, 'axis 1'],
    ['sample', () => new Spread([1, 1], [1, 2], { table: [[[2]]] }), ArgumentError, 'between 0 and 1'],
    ['table and function', () => new Spread([1, 1], [1, 2], {}), ArgumentError, 'either table or fh'],
    ['table shape', () => new Spread([1, 1], [1, 2], { table: [[2]] }), ShapeError, '[1, 1, 1]'],
    ['even filter', () => new NonStationaryConvolve1D(4, [[1, 2]], [0]), ArgumentError, 'odd number'],
    [
      'places of filters',
      () => new NonStationaryConvolve1D(4, [[1], [2]], [2, 1]),
      ArgumentError,
      'increasing',
    ],
    ['filter axes', () => new Convolve2D([3, 3], [1, 2]), ShapeError, 'two axes'],
    ['offset', () => new ConvolveND([3, 3], [[1, 2]], { offset: [1, 0] }), ArgumentError, 'offset'],
    [
      'complex direction',
      () => new FirstDirectionalDerivative([2, 2], [{ re: 1, im: 1 }, 1]),
      DTypeError,
      'real v',
    ],
    ['direction shape', () => new FirstDirectionalDerivative([2, 2], [1, 2, 3]), ShapeError, '[2]'],
    ['order', () => new Regression([1], -1), ArgumentError, 'order'],
    [
      'linearization',
      () => new AVOLinearModelling([1], { linearization: 'fati' as 'fatti' }),
      ArgumentError,
      "did you mean 'fatti'",
    ],
    [
      'ratios',
      () => new PrestackLinearModelling([1], [1], { vsvp: [1, 2], nt0: 3 }),
      ShapeError,
      '3 samples',
    ],
    ['rows', () => new Block([[new Identity(2)], []]), ArgumentError, 'rows'],
    ['velocity and tables', () => new Kirchhoff(geometry, [1], 0, {}), ArgumentError, 'either vel or trav'],
    ['stations', () => new Kirchhoff({ ...geometry, srcs: [[0]] }, [1], 0, { vel: 1 }), ShapeError, '2 rows'],
    [
      'table of times',
      () => new Kirchhoff(geometry, [1], 0, { trav: [[[1]], [[1, 2]]] }),
      ShapeError,
      'receivers',
    ],
    ['center', () => new Kirchhoff(geometry, [1], 1, { vel: 1 }), ArgumentError, 'wavcenter'],
    ['window', () => new Sliding1D(new Identity(5), 5, 4, 5, 0), ArgumentError, 'nwin'],
    [
      'window of the operator',
      () => new Sliding1D(new Identity(4), 5, 8, 5, 0),
      ShapeError,
      'a window of [5]',
    ],
    ['model of windows', () => new Sliding1D(new Identity(4), 5, 8, 4, 0), ShapeError, '2 windows'],
    ['type', () => new DCT(3, { type: 5 as 4 }), ArgumentError, '1, 2, 3 or 4'],
    ['wavelet', () => new DWT(4, { wavelet: 'sym4' }), ArgumentError, "'haar'"],
    [
      'curve',
      () => new Radon2D([0, 1], [0, 1], [1], { kind: 'hyper' as 'linear' }),
      ArgumentError,
      'hyperbolic',
    ],
    ['axis of one value', () => new Radon2D([0], [0, 1], [1]), ShapeError, 'taxis'],
    [
      'complex vector',
      () => new Real(2, { dtype: 'float64' }).matvec(NDArray.array([{ re: 1, im: 1 }, 2])),
      DTypeError,
      'real vectors',
    ],
    [
      'missing adjoint',
      () => new FunctionOperator((x) => x, 2).rmatvec(NDArray.array([1, 2])),
      ArgumentError,
      'no adjoint',
    ],
    ['frequencies', () => klauder([0, 1, 2], [3, 2]), ArgumentError, 'increasing'],
  ];
  for (const [what, make, error, message] of CASES)
    it(what, () => expect(make).to.throw(error as new (m: string) => Error, message));

  it('Real, Imag and Conj give parts of complex vectors', () => {
    const z = NDArray.array([
      { re: 1, im: 2 },
      { re: -3, im: 4 },
    ]);
    expect(Array.from(new Real(2).matvec(z).toHost())).to.deep.equal([1, -3]);
    expect(Array.from(new Imag(2).matvec(z).toHost())).to.deep.equal([2, 4]);
    expect(Array.from(new Imag(2).rmatvec(NDArray.array([5, 6])).toHost())).to.deep.equal(
      [-0, 5, -0, 6].map((v) => v + 0),
    );
    expect(Array.from(new Conj(2).matvec(z).toHost())).to.deep.equal([1, -2, -3, -4]);
  });
  it('LinearRegression evaluates its line at other places', () => {
    const line = new LinearRegression([0, 1]);
    expect(Array.from(line.apply([2, 3], NDArray.array([1, 2])).toHost())).to.deep.equal([5, 7]);
  });
});
