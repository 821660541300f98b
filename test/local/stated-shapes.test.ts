/**
 * Tests that the axes of a model and of data match the memory. The parts of composed operators must
 * be at the places that the stated shapes define.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import { NDArray } from '../../src/core/array/ndarray.js';
import { product, type Shape } from '../../src/core/base/shape.js';
import type { Range } from '../../src/core/base/slice.js';
import type { Backend } from '../../src/core/ports/backend.js';
import {
  type AnyLocalOperator,
  AVOLinearModelling,
  Block,
  BlockDiag,
  FirstDerivative,
  Fredholm1,
  Gradient,
  HStack,
  Kirchhoff,
  MatrixMult,
  MDC,
  Patch2D,
  Patch3D,
  PhaseShift,
  Radon2D,
  Radon3D,
  Sliding1D,
  Sliding2D,
  Sliding3D,
  VStack,
  windowDesign,
} from '../../src/local/index.js';
import { makeBackend } from '../support/backends.js';
import { MORE, SEED } from '../support/draws.js';
import { expectClose } from '../support/expect-close.js';

const runs = { seed: SEED, numRuns: 25 * MORE, includeErrorInReport: true };
const few = fc.integer({ min: 1, max: 4 });
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
/** All indices of a shape, in C order. */
const indices = (shape: Shape): number[][] =>
  shape.reduce<number[][]>((list, n) => list.flatMap((index) => range(n).map((i) => [...index, i])), [[]]);
const whole: Range = [null, null];

describe('stated shapes of local operators', () => {
  let backend: Backend;
  before(async () => {
    backend = await makeBackend('cpu');
  });
  const random = (shape: Shape, seed = 1): NDArray => NDArray.normal(shape, { backend, seed });
  const model = (A: AnyLocalOperator): NDArray => A.domain({ backend }).random(5);
  const close = (a: NDArray, b: NDArray, title: string): void => {
    expect([...a.shape], title).to.deep.equal([...b.shape]);
    expectClose(a, b, 1e-12, title);
  };

  it('windows: `x[w0, w1, …]` is the part of the model that window w0, w1, … has', () => {
    const axis = fc
      .record({ nwin: few, over: fc.nat(2), count: few, rest: fc.nat(1) })
      .map(({ nwin, over, count, rest }) => {
        const nover = Math.min(over, nwin - 1);
        return { nwin, nover, n: nwin + (count - 1) * (nwin - nover) + (nwin - nover > 1 ? rest : 0), count };
      });
    type Axis = { nwin: number; nover: number; n: number; count: number };
    const options = { tapertype: 'none' as const };
    const pair = <T>(list: T[]): [T, T] => [list[0] as T, list[1] as T];
    const kinds: Readonly<
      Record<
        string,
        {
          windowed: number;
          ndim: number;
          make: (Op: AnyLocalOperator, dims: Shape, dimsd: Shape, axes: Axis[]) => AnyLocalOperator;
        }
      >
    > = {
      Sliding1D: {
        windowed: 1,
        ndim: 1,
        make: (Op, dims, dimsd, [a]) =>
          new Sliding1D(Op, dims, dimsd, (a as Axis).nwin, (a as Axis).nover, options),
      },
      Sliding2D: {
        windowed: 1,
        ndim: 2,
        make: (Op, dims, dimsd, [a]) =>
          new Sliding2D(Op, dims, dimsd, (a as Axis).nwin, (a as Axis).nover, options),
      },
      Sliding3D: {
        windowed: 2,
        ndim: 3,
        make: (Op, dims, dimsd, axes) =>
          new Sliding3D(
            Op,
            dims,
            dimsd,
            pair(axes.map((a) => a.nwin)),
            pair(axes.map((a) => a.nover)),
            options,
          ),
      },
      Patch2D: {
        windowed: 2,
        ndim: 2,
        make: (Op, dims, dimsd, axes) =>
          new Patch2D(
            Op,
            dims,
            dimsd,
            pair(axes.map((a) => a.nwin)),
            pair(axes.map((a) => a.nover)),
            options,
          ),
      },
      Patch3D: {
        windowed: 3,
        ndim: 3,
        make: (Op, dims, dimsd, [a, b, c]) => {
          const three = (f: (x: Axis) => number) =>
            [f(a as Axis), f(b as Axis), f(c as Axis)] as [number, number, number];
          return new Patch3D(
            Op,
            dims,
            dimsd,
            three((x) => x.nwin),
            three((x) => x.nover),
            options,
          );
        },
      },
    };
    const draw = fc.record({
      name: fc.constantFrom(...Object.keys(kinds)),
      axes: fc.tuple(axis, axis, axis),
      m: fc.tuple(few, few, few),
    });
    fc.assert(
      fc.property(draw, ({ name, axes, m }) => {
        const { windowed, ndim, make } = kinds[name] as (typeof kinds)[string];
        const cut = axes.slice(0, windowed);
        const dimsd = axes.slice(0, ndim).map(({ n }) => n);
        const part = m.slice(0, ndim);
        const window = dimsd.map((n, k) => cut[k]?.nwin ?? n);
        const Op = new MatrixMult(random([product(window), product(part)]));
        const nwins = cut.map((a) => a.count);
        const { dims } = windowDesign(
          dimsd,
          windowed === 1 ? (cut[0] as Axis).nwin : cut.map((a) => a.nwin),
          windowed === 1 ? (cut[0] as Axis).nover : cut.map((a) => a.nover),
          part,
        );
        const A = make(Op, dims, dimsd, cut);
        expect([...A.dims]).to.deep.equal([...nwins, ...part]);
        // the stated shape gives the same operator
        expect([...make(Op, A.dims, dimsd, cut).dims]).to.deep.equal([...A.dims]);
        const x = model(A);
        const y = NDArray.zeros(dimsd, { backend });
        for (const w of indices(nwins)) {
          const values = Op.matvec(x.slice(...w).ravel()).reshape(window);
          const place = dimsd.map((n, k): Range => {
            const a = cut[k];
            return a
              ? [(w[k] as number) * (a.nwin - a.nover), (w[k] as number) * (a.nwin - a.nover) + a.nwin]
              : [0, n];
          });
          y.set(place, y.slice(...place).add(values));
        }
        close(A.matvec(x), y, name);
      }),
      runs,
    );
  });

  it('windows refuse dims that are not theirs', () => {
    const Op = new MatrixMult(random([4, 6]));
    for (const dims of [[9, 8], [6, 12], [3, 3, 2, 4], [54], [18, 18]] as Shape[])
      expect(() => new Patch2D(Op, dims, [6, 6], [2, 2], [0, 0])).to.throw(
        /3 × 3 windows, of 6 elements each/,
      );
    expect([...new Patch2D(Op, [6, 9], [6, 6], [2, 2], [0, 0]).dims]).to.deep.equal([3, 3, 2, 3]);
  });

  it('stacks: `x[k]` and `y[k]` belong to operator k, where shapes are the same; flat otherwise', () => {
    const draw = fc.record({ count: few, dims: fc.tuple(few, few), columns: few, forceflat: fc.boolean() });
    fc.assert(
      fc.property(draw, ({ count, dims: [n, m], columns, forceflat }) => {
        const ops = range(count).map((k) => new MatrixMult(random([n, m], k), { otherdims: columns }));
        const options = forceflat ? { forceflat } : {};
        const shaped = (a: NDArray): NDArray => (forceflat ? a.ravel() : a);

        const D = new BlockDiag(ops, options);
        expect([[...D.dims], [...D.dimsd]]).to.deep.equal([
          [count, m, columns],
          [count, n, columns],
        ]);
        const x = model(D);
        const blocks = NDArray.zeros(D.dimsd, { backend });
        ops.forEach((op, k) => blocks.set([k], op.matvec(x.slice(k))));
        close(D.matvec(x), shaped(blocks), 'BlockDiag');
        close(D.rmatvec(blocks), shaped(D.H.matvec(blocks.ravel()).reshape(D.dims)), 'BlockDiag, adjoint');
        close(D.matvec(x.ravel()), blocks.ravel(), 'BlockDiag, flat');

        const V = new VStack(ops, options);
        expect([[...V.dims], [...V.dimsd]]).to.deep.equal([[m, columns], [count * n * columns]]);
        const u = model(V);
        const rows = V.matvec(u).reshape([count, n, columns]);
        ops.forEach((op, k) => close(rows.slice(k), op.matvec(u), 'VStack'));
        expect([...V.rmatvec(rows.ravel()).shape]).to.deep.equal(forceflat ? [m * columns] : [m, columns]);

        const H = new HStack(ops, options);
        expect([[...H.dims], [...H.dimsd]]).to.deep.equal([[count * m * columns], [n, columns]]);
        const parts = x.ravel();
        const total = ops.map((op, k) => op.matvec(x.slice(k))).reduce((a, b) => a.add(b));
        close(H.matvec(parts), shaped(total), 'HStack');

        const B = new Block([ops, ops], options);
        expect([[...B.dims], [...B.dimsd]]).to.deep.equal([[count * m * columns], [2 * n * columns]]);
        close(B.matvec(parts).reshape([2, n, columns]).slice(1), total, 'Block');
        for (const A of [D, V, H, B]) A.dotTest({ domain: A.domain({ backend }) });
      }),
      runs,
    );
    const unlike = new BlockDiag([new FirstDerivative([2, 3]), new FirstDerivative([3, 2])]);
    expect([[...unlike.dims], [...unlike.dimsd], unlike.forceflat]).to.deep.equal([[12], [12], true]);
    const data = new BlockDiag([new Gradient([2, 3]), new Gradient([2, 3])]);
    expect([[...data.dims], [...data.dimsd], data.forceflat]).to.deep.equal([[2, 2, 3], [2, 2, 2, 3], false]);
    const oneSide = new BlockDiag([new MatrixMult(random([2, 3])), new MatrixMult(random([4, 3]))]);
    expect([[...oneSide.dims], [...oneSide.dimsd], oneSide.forceflat]).to.deep.equal([[2, 3], [6], true]);
    expect([...oneSide.rmatvec(NDArray.ones(6, { backend })).shape]).to.deep.equal([6]);
    oneSide.dotTest({ domain: oneSide.domain({ backend }) });
  });

  it('axes of components, parameters, sources and slices', () => {
    const draw = fc.record({ a: few, b: few, c: few, n: fc.integer({ min: 2, max: 5 }) });
    fc.assert(
      fc.property(draw, ({ a, b, c, n }) => {
        const G = new Gradient([a, b, c]);
        const x = model(G);
        const y = G.matvec(x);
        for (const axis of range(3))
          close(y.slice(axis), new FirstDerivative([a, b, c], { axis }).matvec(x), 'Gradient');

        const slices = random([a, b, c]);
        const F = new Fredholm1(slices, n);
        const f = model(F);
        for (const k of range(a))
          close(F.matvec(f).slice(k), slices.slice(k).matmul(f.slice(k)), 'Fredholm1');

        const A = new AVOLinearModelling([0, 20, 40], {
          nt0: n,
          vsvp: range(n).map((k) => 0.4 + k / 20),
          spatdims: [a, b],
        });
        const one = new AVOLinearModelling([0, 20, 40], { nt0: n, vsvp: range(n).map((k) => 0.4 + k / 20) });
        const v = model(A);
        close(
          A.matvec(v).slice(whole, whole, a - 1, b - 1),
          one.matvec(v.slice(whole, whole, a - 1, b - 1).copy()),
          'AVO',
        );

        const kernel = NDArray.normal([2, b, c], { dtype: 'complex128', backend, seed: 4 });
        const M = new MDC(kernel, n + 2, a, { twosided: false });
        const single = new MDC(kernel, n + 2, 1, { twosided: false });
        const w = model(M);
        close(
          M.matvec(w).slice(whole, whole, [a - 1, a]),
          single.matvec(w.slice(whole, whole, [a - 1, a]).copy()),
          'MDC',
        );

        const t = range(n);
        const [py, px] = [range(a).map((k) => 0.3 + k / 7), range(b).map((k) => 0.2 + k / 9)];
        const R = new Radon3D(t, range(3), range(n), py, px);
        const r = model(R);
        const sums = indices([a, b]).map(([iy = 0, ix = 0]) =>
          new Radon3D(t, range(3), range(n), [py[iy] as number], [px[ix] as number]).matvec(
            r.slice([iy, iy + 1], [ix, ix + 1]).copy(),
          ),
        );
        close(
          R.matvec(r),
          sums.reduce((u, z) => u.add(z)),
          'Radon3D, model',
        );
        // the trace in the middle of the slow axis is equal to that of the two-dimensional
        // transform
        const flat = new Radon2D(t, range(n), px).matvec(r.slice(0).copy());
        close(
          new Radon3D(t, range(3), range(n), [py[0] as number], px).matvec(r.slice([0, 1]).copy()).slice(1),
          flat,
          'Radon3D, data',
        );

        const freq = range(Math.floor((n + 2) / 2) + 1).map((k) => k / 9);
        const [kx, ky] = [
          range(a).map((k) => (k - Math.floor(a / 2)) / 9),
          range(b).map((k) => (k - Math.floor(b / 2)) / 11),
        ];
        const P = new PhaseShift(2, 0.7, n + 2, freq, kx, { ky });
        const Q = new PhaseShift(2, 0.7, n + 2, freq, ky, { ky: kx });
        const p = model(P);
        close(P.matvec(p), Q.matvec(p.transpose([0, 2, 1]).copy()).transpose([0, 2, 1]), 'PhaseShift');

        const geometry = {
          x: range(a).map((k) => 10 * k),
          z: range(b).map((k) => 10 + 10 * k),
          t: range(60).map((k) => k * 0.004),
          srcs: [range(c).map((k) => 5 * k), range(c).map(() => 0)],
          recs: [range(n).map((k) => 7 * k), range(n).map(() => 0)],
        };
        const K = new Kirchhoff(geometry, [1], 0, { vel: 1000 });
        expect([[...K.dims], [...K.dimsd]]).to.deep.equal([
          [a, b],
          [c, n, 60],
        ]);
        const spike = NDArray.zeros([a, b], { backend });
        spike.set([a - 1, b - 1], 1);
        const trace = K.matvec(spike).slice(c - 1, n - 1);
        const time = (station: number): number => Math.hypot(10 * (a - 1) - station, 10 * b) / 1000;
        const sample = (time(5 * (c - 1)) + time(7 * (n - 1))) / 0.004;
        const centre = trace.vdot(NDArray.array(range(60), { backend, dtype: 'float64' }));
        expect(centre as number, 'Kirchhoff').to.be.closeTo(sample, 1e-9);
      }),
      runs,
    );
  });
});
