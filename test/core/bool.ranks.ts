import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { where } from '../../src/core/array/array-functions.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { DTypeError, MpiError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { ElementwiseKernel } from '../../src/core/expressions/elementwise-kernel.js';
import { fuse } from '../../src/core/expressions/fuse.js';
import { ReductionKernel } from '../../src/core/expressions/reduction-kernel.js';
import { readNpyDistributed, readZarr, writeNpyDistributed, writeZarr } from '../../src/io/index.js';
import { inFolder } from '../io/folder.js';
import { distributed, group } from '../support/distributed.js';

const [T, F] = [true, false];
const INF = Number.POSITIVE_INFINITY;

group('bool', () => {
  distributed('is made of booleans, and gives booleans', { ranks: [1] }, ({ backend }) => {
    const mask = NDArray.array([
      [T, F],
      [F, T],
    ]);
    expect([mask.dtype, mask.shape, mask.get(1, 1), mask.toString()]).to.deep.equal([
      'bool',
      [2, 2],
      1,
      '[[ True False]\n [False  True]]',
    ]);
    expect(mask.toHost()).to.deep.equal(Uint8Array.of(1, 0, 0, 1));
    expect(mask.toArray()).to.deep.equal([
      [T, F],
      [F, T],
    ]);
    expect(NDArray.array(T).toArray()).to.equal(T);
    expect(NDArray.array([1, T]).dtype).to.equal(backend.defaultDType);
    expect(NDArray.array([T, F], { dtype: 'int32' }).toArray()).to.deep.equal([1, 0]);
    expect(NDArray.array([]).dtype).to.equal(backend.defaultDType);
    expect(NDArray.array(Uint8Array.of(0, 1)).dtype).to.equal('bool');
    expect(NDArray.array(Uint8Array.of(0, 7), { dtype: 'int32' }).toArray()).to.deep.equal([0, 7]);
    for (const wrong of [
      () => NDArray.array(Uint8Array.of(0, 7)),
      () => NDArray.array([0, 2], { dtype: 'bool' }),
      () => NDArray.full([2], 0.5, { dtype: 'bool' }),
      () => mask.copy().fill(-1),
    ])
      expect(wrong, String(wrong)).to.throw(DTypeError);
  });

  distributed('is the dtype of comparisons and tests', { ranks: [1] }, ({ backend, dtypes }) => {
    for (const dtype of dtypes) {
      const x = NDArray.array([0, 1, 2], { dtype, backend });
      for (const y of [x.equal(1), x.notEqual(x), x.isnan(), x.isfinite()]) expect(y.dtype).to.equal('bool');
      expect([x.equal(1), x.any(0), x.all(0)].map((y) => y.toArray())).to.deep.equal([[F, T, F], T, F]);
    }
  });

  distributed('is whether a number is not 0', { ranks: [1] }, ({ backend, dtypes }) => {
    const values = [0, -0, 0.25, -3, Number.NaN, INF];
    for (const dtype of dtypes.filter((d) => d !== 'int32'))
      expect(NDArray.array(values, { dtype, backend }).astype('bool').toArray(), dtype).to.deep.equal([
        F,
        F,
        T,
        T,
        T,
        T,
      ]);
    expect(NDArray.array([0, -2], { dtype: 'int32', backend }).astype('bool').toArray()).to.deep.equal([
      F,
      T,
    ]);
    const i = NDArray.array(
      [
        { re: 0, im: 1 },
        { re: 0, im: 0 },
      ],
      { backend },
    );
    expect(i.astype('bool').toArray()).to.deep.equal([T, F]);
    const mask = NDArray.array([T, F], { backend });
    for (const dtype of backend.dtypes)
      expect(mask.astype(dtype).astype('bool').toArray()).to.deep.equal([T, F]);
  });

  distributed('add is or, multiply is and; there is no difference', { ranks: [1] }, ({ backend }) => {
    const [x, y] = [NDArray.array([T, T, F, F], { backend }), NDArray.array([T, F, T, F], { backend })];
    const results = [
      x.add(y),
      x.multiply(y),
      x.notEqual(y),
      x.equal(0).equal(0).equal(x),
      x.maximum(y),
      x.less(y),
    ];
    expect(results.map((z) => z.dtype)).to.deep.equal(results.map(() => 'bool'));
    expect(results.filter((_, k) => k !== 3).map((z) => z.toArray())).to.deep.equal([
      [T, T, T, F],
      [T, F, F, F],
      [F, T, T, F],
      [T, T, T, F],
      [F, F, T, F],
    ]);
    expect(x.equal(0).toArray()).to.deep.equal([F, F, T, T]);
    expect(x.copy().addInPlace(y).toArray()).to.deep.equal([T, T, T, F]);
    for (const wrong of [
      () => x.subtract(y),
      () => x.negative(),
      () => x.sign(),
      () => x.copy().scale(1),
      () => x.copy().axpby(1, y, 1),
      () => x.copy().addInPlace(2),
    ])
      expect(wrong, String(wrong)).to.throw(DTypeError);
  });

  distributed('mixes with numbers as 0 and 1', { ranks: [1] }, ({ backend, dtypes }) => {
    const mask = NDArray.array([T, F, T], { backend });
    for (const dtype of dtypes) {
      const x = NDArray.array([2, 3, 4], { dtype, backend });
      expect([mask.multiply(x).dtype, x.add(mask).dtype]).to.deep.equal([dtype, dtype]);
      expect(mask.multiply(x).real().toArray(), dtype).to.deep.equal([2, 0, 4]);
    }
    expect([mask.add(2).dtype, mask.multiply(0.5).dtype]).to.deep.equal(['int32', backend.defaultDType]);
    expect([mask.add(2), mask.multiply(0.5), mask.subtract(1)].map((y) => y.toArray())).to.deep.equal([
      [3, 2, 3],
      [0.5, 0, 0.5],
      [0, -1, 0],
    ]);
    expect([mask.square().dtype, mask.exp().dtype]).to.deep.equal(['int32', backend.defaultDType]);
    expect(where(mask, 1, 2).toArray()).to.deep.equal([1, 2, 1]);
    expect(where(mask, mask, mask.equal(0)).toArray()).to.deep.equal([T, T, T]);
  });

  distributed('sums are int32, means are floats', { ranks: [1] }, ({ backend }) => {
    const mask = NDArray.array(
      Array.from({ length: 300 }, (_, i) => [i % 3 === 0, T]),
      { backend },
    );
    expect([mask.sum(), mask.mean(), mask.max(), mask.min(), mask.any(), mask.all()]).to.deep.equal([
      400,
      2 / 3,
      1,
      0,
      T,
      F,
    ]);
    const sums = [mask.sum(0), mask.prod(0), mask.cumsum(0).slice(299)];
    expect(sums.map((y) => [y.dtype, y.toArray()])).to.deep.equal([
      ['int32', [100, 300]],
      ['int32', [0, 1]],
      ['int32', [100, 300]],
    ]);
    expect([mask.mean(0).dtype, mask.max(0).dtype]).to.deep.equal([backend.defaultDType, 'bool']);
    expect([mask.max(0), mask.min(0), mask.any(0), mask.all(0)].map((y) => y.toArray())).to.deep.equal([
      [T, T],
      [F, T],
      [T, T],
      [F, T],
    ]);
    expect([mask.argmax(0).toArray(), mask.argmin(0).toArray()]).to.deep.equal([
      [0, 0],
      [1, 0],
    ]);
    expect([mask.norm() ** 2, mask.dot(mask)].map(Math.round as never)).to.deep.equal([400, 400]);
    expect(mask.var()).to.be.closeTo(2 / 9, 1e-6);
  });

  distributed('in expressions', { ranks: [1] }, ({ backend }) => {
    const x = NDArray.array([-1, 0, 2, Number.NaN], { backend });
    const kernel = new ElementwiseKernel({
      inputs: { x: 'array' },
      outputs: ['a', 'b', 'c', 'd', 'e'],
      expression:
        'a = x > 0 || x < 0; b = (x > 0) + (x < 0); c = !(x > 0) && x == x; d = bool(x); e = 2 * (x > 0)',
    });
    const { a, b, c, d, e } = kernel.run({ x });
    expect([a, b, c, d, e].map((y) => y.dtype)).to.deep.equal(['bool', 'bool', 'bool', 'bool', 'int32']);
    expect([a, b, c, d, e].map((y) => y.toArray())).to.deep.equal([
      [T, F, T, F],
      [T, F, T, F],
      [T, T, F, F],
      [T, F, T, T],
      [0, 0, 2, 0],
    ]);
    const either = fuse((p, q) => p.greater(0).add(q.greater(0)));
    expect(either(x, x.negative()).toArray()).to.deep.equal([T, F, T, F]);
    const positive = new ReductionKernel({ inputs: { x: 'array' }, map: 'x > 0', reduce: 'sum' });
    expect(positive.run({ x })).to.equal(1);
  });

  distributed('over ranks: moved, gathered, in files', ({ comm, backend }) => {
    const whole = NDArray.array(
      Array.from({ length: 5 }, (_, i) => Array.from({ length: 7 }, (_, j) => (i * 7 + j) % 3 === 0)),
      { backend },
    );
    const x = DistributedArray.toDist(whole, { comm });
    expect([x.dtype, x.redistribute(1).dtype]).to.deep.equal(['bool', 'bool']);
    expect(x.asArray().toArray()).to.deep.equal(whole.toArray());
    expect(x.redistribute(1).asArray().toArray()).to.deep.equal(whole.toArray());
    expect(x.ravel().asArray().toArray()).to.deep.equal(whole.ravel().toArray());
    expect(x.add(x).asArray().toArray()).to.deep.equal(whole.toArray());
    expect(x.dot(x)).to.equal(whole.sum());
    inFolder(comm, (folder) => {
      const [npy, zarr] = [join(folder, 'x.npy'), join(folder, 'x.zarr')];
      writeNpyDistributed(npy, x);
      expect(readFileSync(npy, 'latin1')).to.contain("'descr': '|b1'");
      writeZarr(zarr, x, { chunks: [2, 3] });
      expect(JSON.parse(readFileSync(join(zarr, 'zarr.json'), 'utf8'))).to.deep.include({
        data_type: 'bool',
        fill_value: false,
      });
      for (const y of [readNpyDistributed(npy, { comm, backend }), readZarr(zarr, { comm, backend })]) {
        expect(y.dtype).to.equal('bool');
        expect(y.asArray().toArray()).to.deep.equal(whole.toArray());
      }
    });
    const [all, any] = [Uint8Array.of(1, comm.rank), Uint8Array.of(0, comm.rank)];
    comm.allreduce(all, 'land');
    comm.allreduce(any, 'lor');
    expect([...all, ...any]).to.deep.equal([1, 0, 0, comm.size > 1 ? 1 : 0]);
    expect(() => comm.allreduce(any, 'sum')).to.throw(MpiError, 'bool');
  });
});
