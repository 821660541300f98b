import { expect } from 'chai';
import * as xp from '../../src/array/index.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { isFloat } from '../../src/core/base/dtype.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow, layoutsOf, NOTHING, placed, traffic } from '../support/vectors.js';

type Either = NDArray | DistributedArray;
const whole = (x: Either): NDArray => (x instanceof NDArray ? x : x.asArray());

/** The sums of weights of the elements in each of some classes. */
function tally(
  values: ArrayLike<number>,
  weights: ArrayLike<number> | undefined,
  classes: number,
  classOf: (v: number) => number,
): number[] {
  const sums = new Array<number>(classes).fill(0);
  for (let i = 0; i < values.length; i++) {
    const k = classOf(values[i] as number);
    if (k >= 0 && k < classes) sums[k] = (sums[k] as number) + (weights ? (weights[i] as number) : 1);
  }
  return sums;
}

/** The bin of a value: bins contain their lower edge, the last one its upper edge too. */
const binOf =
  (edges: ArrayLike<number>) =>
  (v: number): number => {
    const last = edges.length - 2;
    for (let k = 0; k <= last; k++) {
      const [low, high] = [edges[k] as number, edges[k + 1] as number];
      if (v >= low && (k === last ? v <= high : v < high)) return k;
    }
    return -1;
  };

group('counts', () => {
  distributed(
    'of whole numbers are those of a loop, in any layout',
    ({ comm, backend, reals, tolerance }) => {
      if (!backend.dtypes.includes('int32')) return;
      for (const n of [0, 13]) {
        const places = Int32Array.from({ length: n }, (_, i) => (i * 5) % 7);
        const x = NDArray.fromHost(places, [n]).to(backend);
        for (const layout of [Layout.replicated([n], comm.size), ...layoutsOf([n], comm.size)]) {
          const u = placed(x, layout, comm);
          for (const minlength of [0, 9]) {
            const length = Math.max(minlength, n && 7);
            for (const y of [xp.bincount(x, { minlength }), xp.bincount(u, { minlength })]) {
              expect(y.dtype).to.equal('int32');
              expect([...whole(y).toHost()], `${layout}`).to.deep.equal(
                tally(places, undefined, length, (v) => v),
              );
            }
          }
          for (const dtype of reals) {
            const w = NDArray.normal([n], { dtype, seed: 3 }).to(backend);
            const expected = tally(places, w.toHost(), n && 7, (v) => v);
            for (const y of [
              xp.bincount(x, { weights: w }),
              xp.bincount(u, { weights: w }),
              xp.bincount(u, { weights: placed(w, layout, comm) }),
            ])
              expectClose(whole(y), NDArray.array(expected, { dtype, backend }), 20 * tolerance(dtype));
          }
        }
      }
      const flags = DistributedArray.toDist(NDArray.array([true, false, true]), { dtype: 'bool' });
      expect([...xp.bincount(flags).asArray().toHost()]).to.deep.equal([1, 2]);
      expect([...(xp.bincount([0, 2, 2]) as NDArray).toHost()]).to.deep.equal([1, 0, 2]);
    },
  );

  distributed('in bins are those of a loop, in any layout', ({ comm, backend, reals, tolerance }) => {
    for (const dtype of [...reals, ...(backend.dtypes.includes('int32') ? (['int32'] as const) : [])]) {
      const numbers = NDArray.normal([6, 3], { seed: 2 }).multiply(3);
      const x = (isFloat(dtype) ? numbers : numbers.rint()).astype(dtype).to(backend);
      const real = isFloat(dtype) ? dtype : backend.defaultDType;
      const w = NDArray.normal([6, 3], { dtype: real, seed: 3 }).to(backend);
      for (const options of [
        {},
        { bins: 4 },
        { bins: 5, range: [-2, 2] as const },
        { bins: [-4, -1, 0.5, 0.5, 3] },
        { bins: 3, density: true },
        { bins: [-3, 0, 2], density: true, weighted: true },
        { bins: 4, weighted: true },
      ]) {
        const { weighted = false, ...given } = options;
        for (const layout of [Layout.replicated(x.shape, comm.size), ...layoutsOf(x.shape, comm.size)]) {
          const u = placed(x, layout, comm);
          const weightsOf = (of: Either) => (weighted ? { weights: of } : {});
          const results = [
            xp.histogram(x, { ...given, ...weightsOf(w) }),
            xp.histogram(u, { ...given, ...weightsOf(w) }),
            xp.histogram(u, { ...given, ...weightsOf(placed(w, layout, comm)) }),
          ] as const;
          for (const [counts, edges] of results) {
            const bins = edges.toHost();
            const sums = tally(x.toHost(), weighted ? w.toHost() : undefined, edges.size - 1, binOf(bins));
            const total = sums.reduce((a, b) => a + b, 0);
            const expected = sums.map((v, k) =>
              given.density ? v / total / ((bins[k + 1] as number) - (bins[k] as number)) : v,
            );
            const isCount = !weighted && !given.density;
            expect(counts.dtype === 'int32', `${layout} ${JSON.stringify(options)}`).to.equal(isCount);
            if (isCount) expect([...whole(counts).toHost()]).to.deep.equal(expected);
            else
              expectClose(whole(counts), NDArray.array(expected, { dtype: real, backend }), {
                rtol: 50 * tolerance(real),
                atol: 50 * tolerance(real),
              });
          }
          expect(results[1][1].toArray()).to.deep.equal(results[0][1].toArray());
        }
      }
    }
  });

  distributed('have edges as NumPy has them', ({ dtypes }) => {
    const edgesOf = (...args: Parameters<typeof xp.histogram>) => xp.histogram(...args)[1].toArray();
    expect(edgesOf([1, 3], { bins: 2 })).to.deep.equal([1, 2, 3]);
    expect(edgesOf([2, 2], { bins: 2 })).to.deep.equal([1.5, 2, 2.5]);
    expect(edgesOf(DistributedArray.zeros([0]), { bins: 2 })).to.deep.equal([0, 0.5, 1]);
    const given = NDArray.array([0, 1, 2]);
    xp.histogram([0.5], { bins: given })[1].fill(7);
    expect(given.toArray()).to.deep.equal([0, 1, 2]);
    const [counts] = xp.histogram(NDArray.array([0, 1, Number.NaN, 2]), { bins: [0, 1, 2] });
    expect(counts.toArray()).to.deep.equal([1, 2]);
    if (dtypes.includes('float32')) {
      const [, edges] = xp.histogram(NDArray.ones(3, { dtype: 'float32' }), { bins: [0, 1] });
      expect(edges.dtype).to.equal('float32');
      const near = NDArray.array([1, 1 + 2 ** -23], { dtype: 'float32' });
      expect(() => xp.histogram(near, { bins: 5 })).to.throw(ArgumentError, 'no 5 bins of float32');
    }
  });

  distributed('may have complex weights', ({ dtypes }) => {
    if (!dtypes.includes('complex128')) return;
    const weights = [{ re: 0, im: 1 }, 2, { re: 2, im: -1 }];
    for (const x of [NDArray.array([0, 1, 1]), DistributedArray.toDist(NDArray.array([0, 1, 1]))]) {
      const [sums] = xp.histogram(x, { bins: [0, 1, 2], weights });
      expect(whole(sums).toArray()).to.deep.equal([
        { re: 0, im: 1 },
        { re: 4, im: -1 },
      ]);
      expect(xp.average(x, { weights })).to.deep.equal({ re: 1, im: -0.25 });
    }
  });

  distributed('are reduced once, and extremes before them', ({ comm, backend }) => {
    const x = DistributedArray.random([12, 2]);
    const reductions = (n: number) => ({ ...NOTHING, reductions: n });
    expect(traffic(comm, () => void xp.histogram(x, { bins: [0, 1, 2] }))).to.deep.equal(reductions(1));
    expect(traffic(comm, () => void xp.histogram(x, { range: [0, 1] }))).to.deep.equal(reductions(1));
    expect(traffic(comm, () => void xp.histogram(x))).to.deep.equal(reductions(2));
    const replicated = x.broadcast();
    expect(traffic(comm, () => void xp.histogram(replicated))).to.deep.equal(NOTHING);
    if (!backend.dtypes.includes('int32')) return;
    const places = DistributedArray.ones([9], { dtype: 'int32' });
    expect(traffic(comm, () => void xp.bincount(places))).to.deep.equal(reductions(2));
  });

  distributed('refuse what does not fit, on all ranks', ({ comm, backend, dtypes }) => {
    const x = DistributedArray.random([12, 2]);
    expectAllThrow(comm, () => xp.histogram(x, { bins: 0 }), ArgumentError);
    expectAllThrow(comm, () => xp.histogram(x, { bins: [1, 0] }), ArgumentError);
    expectAllThrow(comm, () => xp.histogram(x, { bins: [] }), ShapeError);
    expectAllThrow(comm, () => xp.histogram(x, { range: [1, 0] }), ArgumentError);
    expectAllThrow(comm, () => xp.histogram(x, { range: [1] as unknown as [number, number] }), ArgumentError);
    expectAllThrow(comm, () => xp.histogram(x, { weights: [1, 2] }), ShapeError);
    expectAllThrow(comm, () => xp.histogram(x, { bins: x.ravel() }), PartitionError);
    expectAllThrow(comm, () => xp.histogram(NDArray.ones([12, 2]), { weights: x }), PartitionError);
    expectAllThrow(comm, () => xp.histogram(x, { density: 1 } as object), ArgumentError);
    const bad = DistributedArray.random([12]);
    if (comm.rank === 0) bad.local.setAt(0, Number.NaN);
    expectAllThrow(comm, () => xp.histogram(bad), ArgumentError);
    expectAllThrow(comm, () => xp.bincount(x), ShapeError);
    expectAllThrow(comm, () => xp.bincount(x.ravel()), DTypeError);
    if (dtypes.includes('complex128'))
      expectAllThrow(comm, () => xp.histogram(x.astype('complex128')), DTypeError);
    if (!backend.dtypes.includes('int32')) return;
    const negative = DistributedArray.toDist(NDArray.array([0, 1, 2, -1], { dtype: 'int32' }));
    expectAllThrow(comm, () => xp.bincount(negative), ArgumentError);
    expectAllThrow(comm, () => xp.bincount(negative.abs(), { minlength: -1 }), ArgumentError);
    expectAllThrow(comm, () => xp.bincount(negative.abs(), { weights: [1] }), ShapeError);
  });
});
