import { expect } from 'chai';
import * as xp from '../../src/array/index.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { type DType, isComplex } from '../../src/core/base/dtype.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import type { Layout } from '../../src/core/distributed/layout.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow, layoutsOf, NOTHING, placed, traffic } from '../support/vectors.js';

type Either = NDArray | DistributedArray;
const { ndimage } = xp;
const MODES: readonly xp.BorderMode[] = [
  'reflect',
  'mirror',
  'nearest',
  'constant',
  'grid-constant',
  'wrap',
  'grid-wrap',
  'grid-mirror',
];
const X = [
  [1, 2, -1, 3],
  [0.5, 4, 2, -2],
  [3, -1, 0, 1],
];
const AT = [
  [0.3, 1.7, -0.4, 2.6],
  [2.2, 0.1, 3.3, 1.5],
];

/** Values of SciPy at `AT` for the orders from 0 on. */
const OF_SCIPY: Readonly<Partial<Record<xp.BorderMode, readonly (readonly number[])[]>>> = {
  mirror: [
    [-1, 3, 3, 2],
    [0.22, 2.075, 0.76, 1.6],
    [-0.2844, 2.561948571, 1.183009524, 2.102],
    [-0.1748504, 2.49676145, 1.0129552, 2.0205],
    [-0.212434089, 2.533661907, 1.069333045, 2.117341507],
    [-0.199185231, 2.528344348, 1.050232822, 2.12667875],
  ],
  nearest: [
    [-1, 3, 3, 0],
    [0.22, 2.075, 3, -0.5],
    [-0.165199755, 2.213512851, 4.111892535, -1.253457964],
    [-0.115006726, 2.150977288, 4.232435469, -1.489479844],
  ],
  'grid-wrap': [
    [-1, 3, 3, -1],
    [0.22, 2.075, 2.08, 0.1],
    [-0.207413333, 2.530466667, 3.298, -0.920666667],
    [-0.12206, 2.500131875, 3.489124, -1.2065],
    [-0.15537314, 2.541677367, 3.719815626, -1.425632611],
    [-0.145208307, 2.546640679, 3.79724253, -1.513476298],
  ],
};

group('interpolation of arrays', () => {
  distributed('by splines gives the values of SciPy', ({ comm, backend, tolerance }) => {
    const atol = Math.max(100 * tolerance(backend.defaultDType), 2e-9);
    const [x, at] = [NDArray.array(X), NDArray.array(AT)];
    const layouts = layoutsOf(x.shape, comm.size);
    for (const [mode, orders] of Object.entries(OF_SCIPY) as [xp.BorderMode, number[][]][]) {
      orders.forEach((wanted, order) => {
        const layout = layouts[order % layouts.length] as Layout;
        for (const u of [x, placed(x, layout, comm)] as Either[])
          expectClose(
            ndimage.mapCoordinates(u, at, { order, mode }),
            wanted,
            { atol },
            { what: `${mode} ${order}` },
          );
      });
    }
    const constant = [-0.1748504, 2.49676145, 7, 7];
    const zoomed = [
      [1, 0.125, 3],
      [0.407407407, 3.087962963, -0.481481481],
      [1.37037037, 2.486111111, -1.444444444],
      [3, -1.125, 1],
    ];
    const cells = [
      [1.212962963, 1.583333333, 1.657407407, -0.935185185, 0.916666667, 3.064814815],
      [-0.152777778, 2.625, 4.069444444, 2.625, -0.375, -2.041666667],
      [3.083333333, 1.083333333, -1.212962963, -0.25, 0.416666667, 1.37962963],
    ];
    for (const u of [x, ...layoutsOf(x.shape, comm.size).map((l) => placed(x, l, comm))] as Either[]) {
      expectClose(ndimage.mapCoordinates(u, at, { cval: 7 }), constant, { atol });
      expectClose(ndimage.zoom(u, [1.4, 0.8], { mode: 'mirror' }), zoomed, { atol });
      expectClose(ndimage.zoom(u, [1, 1.6], { order: 2, mode: 'grid-wrap', gridMode: true }), cells, {
        atol,
      });
    }
    const coefficients = [-2.470523947, 6.354934105, -6.864738026, 9.49013179];
    expectClose(ndimage.splineFilter(x.slice(0), { order: 4 }), coefficients, { atol });
  });

  distributed('by splines goes through the samples, in any mode', ({ comm, floats, tolerance }) => {
    const shape = [6, 5];
    const at = NDArray.array([
      [0, 3, 5, 2, 1],
      [4, 0, 1, 2, 3],
    ]);
    for (const dtype of floats) {
      const x = NDArray.normal(shape, { dtype, seed: 4 });
      const wanted = xp.getItem(x, [
        NDArray.array([0, 3, 5, 2, 1], { dtype: 'int32' }),
        NDArray.array([4, 0, 1, 2, 3], { dtype: 'int32' }),
      ]) as NDArray;
      const limit = { rtol: 200 * tolerance(dtype), atol: 200 * tolerance(dtype) };
      const layouts = layoutsOf(shape, comm.size);
      MODES.forEach((mode, m) => {
        for (let order = 0; order <= 5; order++) {
          const options = { mode, order };
          expectClose(ndimage.mapCoordinates(x, at, options), wanted, limit, { what: `${mode} ${order}` });
          const layout = layouts[(m + order) % layouts.length] as Layout;
          const y = ndimage.mapCoordinates(placed(x, layout, comm), at, options);
          expectClose(y, wanted, limit, { what: `${mode} ${order}`, layout });
        }
      });
    }
  });

  distributed('at distributed points is that of one rank', ({ comm, backend, tolerance }) => {
    const x = NDArray.normal([7, 5], { seed: 4 });
    const at = NDArray.uniform([2, 3, 4], { seed: 6 }).multiply(12).subtract(3);
    const limit = {
      rtol: 200 * tolerance(backend.defaultDType),
      atol: 200 * tolerance(backend.defaultDType),
    };
    MODES.forEach((mode, m) => {
      const wanted = ndimage.mapCoordinates(x, at, { mode, cval: 2 });
      expect(wanted.shape).to.deep.equal([3, 4]);
      const points = layoutsOf(at.shape, comm.size);
      layoutsOf(x.shape, comm.size).forEach((layout, l) => {
        const to = points[(l + m) % points.length] as Layout;
        const u = placed(x, layout, comm);
        expectClose(ndimage.mapCoordinates(u, placed(at, to, comm), { mode, cval: 2 }), wanted, limit, {
          layout,
        });
        expectClose(ndimage.mapCoordinates(x, placed(at, to, comm), { mode, cval: 2 }), wanted, limit, {
          layout: to,
        });
      });
      for (const gridMode of [false, true]) {
        const larger = ndimage.zoom(x, [0.6, 2.1], { mode, gridMode, cval: 2 });
        layoutsOf(x.shape, comm.size).forEach((layout, l) => {
          if ((l + m) % 3 !== 0) return;
          const y = ndimage.zoom(placed(x, layout, comm), [0.6, 2.1], { mode, gridMode, cval: 2 });
          expectClose(y, larger, limit, { what: mode, layout });
        });
      }
    });
    // Integers are rounded, halves away from 0
    const whole = NDArray.array([1, 2, -1, -2], { dtype: 'int32' });
    const halves = ndimage.mapCoordinates(whole, [[0.5, 2.5, 1.2]], { order: 1 });
    expect([halves.dtype, halves.toArray()]).to.deep.equal(['int32', [2, -2, 1]]);
  });

  distributed(
    'of rotated, shifted and transformed arrays is that of one rank',
    ({ comm, backend, tolerance }) => {
      const shape = [4, 5, 3];
      const x = NDArray.normal(shape, { seed: 8 });
      const limit = {
        rtol: 200 * tolerance(backend.defaultDType),
        atol: 200 * tolerance(backend.defaultDType),
      };
      const matrix = [
        [0.9, 0.2, 0],
        [-0.1, 1.1, 0.3],
        [0, 0.2, 0.8],
      ];
      const calls: readonly ((u: Either, options: xp.SplineOptions) => Either)[] = [
        (u, options) => ndimage.shift(u, [0.7, -1.2, 0.1], options),
        (u, options) => ndimage.rotate(u, 25, options),
        (u, options) => ndimage.rotate(u, -100, { ...options, axes: [2, 0], reshape: false }),
        (u, options) => ndimage.affineTransform(u, matrix, { ...options, offset: [0.3, -0.4, 0.2] }),
        (u, options) => ndimage.affineTransform(u, matrix, { ...options, outputShape: [6, 2, 4] }),
        (u, options) => ndimage.affineTransform(u, [0.5, 1.5, 1], options),
      ];
      MODES.forEach((mode, m) => {
        calls.forEach((call, c) => {
          const options = { mode, order: (m + c) % 4, cval: 2 };
          const wanted = call(x, options) as NDArray;
          layoutsOf(shape, comm.size).forEach((layout, l) => {
            if ((l + m + c) % 3 !== 0) return;
            const y = call(placed(x, layout, comm), options) as DistributedArray;
            expectClose(y, wanted, limit, { what: `${mode} ${c}`, layout });
            const lengths = wanted.shape.map((n, k) => [n, shape[k]] as const);
            if (lengths.every(([n, before]) => n === before)) expect(y.layout.equals(layout)).to.equal(true);
          });
        });
      });
      // quarter turns and whole distances move samples
      const plane = NDArray.array(X);
      expectClose(ndimage.rotate(plane, 90, { order: 1 }), xp.rot90(plane), limit);
      expectClose(ndimage.rotate(plane, -270, { order: 0 }), xp.rot90(plane), limit);
      expectClose(ndimage.shift(plane, [1, 0], { order: 1 }), [[0, 0, 0, 0], ...X.slice(0, 2)], limit);
      // Far away there is nothing but the constant, on one rank too
      for (const distance of [1e17, -1e300, 1e9])
        for (const x of [plane, DistributedArray.toDist(plane)])
          for (const far of [distance, [distance, 1]]) {
            const y = ndimage.shift(x, far, { order: 1, mode: 'grid-constant', cval: 7 });
            expectClose(y, NDArray.full(plane.shape, 7), limit, { what: `${far}` });
          }
      const none = ndimage.affineTransform(
        DistributedArray.ones([4, 3]),
        matrix.slice(0, 2).map((row) => row.slice(0, 2)),
        {
          outputShape: [0, 2],
        },
      );
      expect(none.globalShape).to.deep.equal([0, 2]);
    },
  );

  distributed('by lines is that of loops', ({ comm, floats, tolerance }) => {
    const [p, v] = [
      [0, 1, 2.5, 3],
      [1, 5, -2, 4],
    ];
    const line = (x: number): number => {
      if (Number.isNaN(x)) return x;
      if (x <= 0) return 1;
      const k = p.findIndex((q) => x < q);
      if (k < 0) return 4;
      const [a, b] = [p[k - 1] as number, p[k] as number];
      return (v[k - 1] as number) + ((x - a) / (b - a)) * ((v[k] as number) - (v[k - 1] as number));
    };
    for (const dtype of floats) {
      if (isComplex(dtype)) continue;
      const list = [-1, 0, 0.5, 1, 2.2, 3, 9, Number.NaN, 2.75, 1.5];
      const x = NDArray.array(list, { dtype }).reshape([5, 2]);
      const values = list.map(line);
      const rule = { atol: 20 * tolerance(dtype), notFinite: 'equal' } as const;
      for (const layout of layoutsOf([5, 2], comm.size)) {
        const y = xp.interp(placed(x, layout, comm), p, v);
        expectClose(y, NDArray.array(values, { dtype }).reshape([5, 2]), rule, { layout });
      }
      const ends = xp.interp(x, p, v, { left: -7, right: 9 });
      expect([ends.get(0, 0), ends.get(3, 0), ends.get(2, 1)]).to.deep.equal([-7, 9, 4]);
    }
    const angles = xp.interp([-180, -5, 185, 355, 720], [350, 10, 190], [1, 3, 5], { period: 360 });
    expectClose(angles, [4.888888889, 1.5, 4.944444444, 1.5, 2], 1e-5);
    const complex = xp.interp([0.5], [0, 1], NDArray.array([{ re: 0, im: 2 }, 4]));
    expect(complex.get(0)).to.deep.equal({ re: 2, im: 1 });
  });

  distributed('send what their comments say', ({ comm, floats }) => {
    const real = floats.find((dtype) => !isComplex(dtype)) as DType;
    const x = DistributedArray.ones([12, 6], { dtype: real });
    const peers = comm.size - 1;
    expect(traffic(comm, () => xp.interp(x, [0, 1], [0, 1]))).to.deep.equal(NOTHING);
    expect(traffic(comm, () => ndimage.zoom(x, [1, 2], { order: 3 })).collectives).to.equal(0);
    for (const call of [
      () => ndimage.zoom(x, [2, 1], { order: 1 }),
      () => ndimage.shift(x, 0.5, { order: 1 }),
    ]) {
      const sent = traffic(comm, call);
      expect(sent.messages).to.be.at.most(peers);
      expect([sent.reductions, sent.collectives]).to.deep.equal([0, 0]);
    }
  });

  distributed('refuse what does not fit, on all ranks', ({ comm, floats }) => {
    const real = floats.find((dtype) => !isComplex(dtype)) as DType;
    const x = DistributedArray.ones([4, 3], { dtype: real });
    const wrong: readonly (readonly [() => unknown, new (message: string) => Error])[] = [
      [() => ndimage.mapCoordinates(x, [[1, 2]]), ShapeError],
      [() => ndimage.mapCoordinates(x, [[1], [{ re: 0, im: 1 }]] as never), DTypeError],
      [() => ndimage.mapCoordinates(x, [[1], [2]], { order: 6 }), ArgumentError],
      [() => ndimage.mapCoordinates(x, [[1], [2]], { mode: 'edge' as never }), ArgumentError],
      [() => ndimage.mapCoordinates(x, [[1], [2]], { prefilter: 1 as never }), ArgumentError],
      [() => ndimage.zoom(x, [1, 2, 3]), ShapeError],
      [() => ndimage.zoom(x, -1), ArgumentError],
      [() => ndimage.zoom(x, 2, { order: -1 }), ArgumentError],
      [() => ndimage.shift(x, [1]), ShapeError],
      [() => ndimage.shift(x, Number.NaN), ArgumentError],
      [() => ndimage.shift(x, [undefined as never, 1]), ArgumentError],
      [() => ndimage.affineTransform(x, new Array<number>(2)), ShapeError],
      [() => ndimage.shift(x, 1, { mode: 'edge' as never }), ArgumentError],
      [() => ndimage.rotate(x, '3' as never), ArgumentError],
      [() => ndimage.rotate(x, 3, { axes: [0, -2] }), ArgumentError],
      [() => ndimage.rotate(x, 3, { axes: [0, 2] }), ShapeError],
      [() => ndimage.rotate(x, 3, { reshape: 1 as never }), ArgumentError],
      [() => ndimage.rotate(DistributedArray.ones([4], { dtype: real }), 3), ShapeError],
      [() => ndimage.affineTransform(x, [1, 2, 3]), ShapeError],
      [() => ndimage.affineTransform(x, 2 as never), ArgumentError],
      [() => ndimage.affineTransform(x, [[1, 2], [3]]), ShapeError],
      [() => ndimage.affineTransform(x, [1, Number.NaN]), ShapeError],
      [() => ndimage.affineTransform(x, [1, 2], { offset: [1, Number.POSITIVE_INFINITY] }), ArgumentError],
      [() => ndimage.affineTransform(x, [1, 2], { outputShape: [3] }), ShapeError],
      [
        () =>
          ndimage.affineTransform(x, [
            [1, 0, 0],
            [0, 1, 0],
            [0, 1, 1],
          ]),
        ArgumentError,
      ],
      [() => ndimage.splineFilter1d(x, { axis: 2 }), ShapeError],
      [() => xp.interp(x, [1, 0], [1, 2]), ArgumentError],
      [() => xp.interp(x, [0, 1], [1, 2, 3]), ShapeError],
      [() => xp.interp(x, [], []), ShapeError],
      [() => xp.interp(x, [0, 1], [1, 2], { period: 0 }), ArgumentError],
    ];
    for (const [call, kind] of wrong) expectAllThrow(comm, call, kind, String(call));
    if (comm.size > 1)
      expectAllThrow(
        comm,
        () =>
          xp.interp(
            [1],
            DistributedArray.ones(4, { dtype: real }),
            DistributedArray.ones(4, { dtype: real }),
          ),
        PartitionError,
      );
  });
});
