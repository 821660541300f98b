import { expect } from 'chai';
import * as xp from '../../src/array/index.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/base/errors.js';
import { tidy } from '../../src/core/base/scope.js';
import { CooArray } from '../../src/core/sparse/coo-array.js';
import type { CsrArray, SparseArray } from '../../src/core/sparse/csr-array.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { beside, matrix } from '../support/sparse-matrix.js';

const SHAPES = [
  [7, 5],
  [5, 9],
  [1, 6],
  [6, 1],
  [0, 4],
  [4, 0],
] as const;

group('sparse arrays', () => {
  distributed('of dense matrices have their elements', { ranks: [1] }, ({ floats }) => {
    for (const dtype of floats)
      for (const shape of SHAPES) {
        const dense = matrix(shape, dtype, 1);
        for (const a of [xp.sparse.csrArray(dense), xp.sparse.cooArray(dense)]) {
          const what = `${a}`;
          expect([a.shape, a.dtype, a.ndim], what).to.deep.equal([dense.shape, dtype, 2]);
          expect(a.nnz, what).to.equal(dense.notEqual(0).sum());
          expect(a.toArray(), what).to.deep.equal(dense.toArray());
          expect(a.transpose().toArray(), what).to.deep.equal(dense.transpose().toArray());
          expectClose(a.adjoint().toDense(), dense.transpose().conj(), 0, { what });
          expect(a.toCsr().transpose().transpose()).to.equal(a.toCsr());
        }
      }
  });

  distributed('leave zeros of both signs out, and keep NaN', { ranks: [1] }, () => {
    const a = xp.sparse.csrArray([
      [0, -0, Number.NaN],
      [Number.POSITIVE_INFINITY, 2, 0],
    ]);
    expect([a.nnz, a.indices.toArray(), a.indptr.toArray()]).to.deep.equal([3, [2, 0, 1], [0, 1, 3]]);
    expect(a.get(0, 2)).to.be.NaN;
    expect([a.get(-1, 1), a.get(0, 0)]).to.deep.equal([2, 0]);
  });

  distributed('multiply vectors and matrices as dense ones', { ranks: [1] }, ({ floats, tolerance }) => {
    for (const dtype of floats)
      for (const other of beside(dtype, floats))
        for (const shape of SHAPES)
          for (const columns of [undefined, 1, 3]) {
            const dense = matrix(shape, dtype, 2);
            const a = xp.sparse.csrArray(dense);
            const vectors = (n: number) =>
              columns === undefined
                ? matrix([n, 1], other, 3, 1).reshape([n])
                : matrix([n, columns], other, 3, 1);
            const [x, y] = [vectors(shape[1]), vectors(shape[0])];
            const what = { what: `${a} times ${x.shape} of ${other}` };
            const close = { rtol: 8 * tolerance(dtype), scale: 1 };
            expectClose(a.matmul(x), dense.matmul(x), close, what);
            expectClose(a.rmatmul(y), dense.transpose().conj().matmul(y), close, what);
            expectClose(a.transpose().matmul(y), dense.transpose().matmul(y), close, what);
            expectClose(xp.sparse.cooArray(dense).rmatmul(y), a.rmatmul(y), 0, what);
          }
  });

  distributed('multiply and add sparse arrays', { ranks: [1] }, ({ floats, tolerance }) => {
    for (const dtype of floats)
      for (const [n, k, m] of [
        [7, 5, 6],
        [4, 0, 3],
        [1, 9, 1],
      ] as const) {
        const [a, b, c] = [matrix([n, k], dtype, 4), matrix([k, m], dtype, 5), matrix([n, k], dtype, 6)];
        const [p, q, r] = [a, b, c].map((x) => xp.sparse.csrArray(x)) as [CsrArray, CsrArray, CsrArray];
        const close = { rtol: 8 * tolerance(dtype), scale: 1 };
        const product = p.matmul(q);
        expect(product.format).to.equal('csr');
        expectClose(product.toDense(), a.matmul(b), close, { what: `${p} times ${q}` });
        expectClose(p.rmatmul(r).toDense(), a.transpose().conj().matmul(c), close, { what: 'adjoint' });
        expectClose(p.add(r).toDense(), a.add(c), close, { what: 'the sum' });
        expectClose(p.subtract(r).toDense(), a.subtract(c), close, { what: 'the difference' });
        expect(p.subtract(p).nnz).to.equal(p.nnz);
        expectClose(CooArray.from(p).add(r).toDense(), a.add(c), close, { what: 'of entries' });
      }
  });

  distributed('add up their elements, and have diagonals', { ranks: [1] }, ({ floats, tolerance }) => {
    for (const dtype of floats)
      for (const shape of SHAPES) {
        const dense = matrix(shape, dtype, 7);
        const close = { rtol: 8 * tolerance(dtype), scale: 1 };
        for (const a of [xp.sparse.csrArray(dense), xp.sparse.cooArray(dense)] as SparseArray[]) {
          expectClose([a.sum()], [dense.sum()], close, { what: `${a}` });
          for (const axis of [0, 1, -1])
            expectClose(a.sum(axis), dense.sum(axis), close, { what: `${a}, axis ${axis}` });
          for (let k = -8; k <= 10; k++)
            expect(a.diagonal(k).toArray(), `${a}, diagonal ${k}`).to.deep.equal(
              (xp.diagonal(dense, { offset: k }) as NDArray).toArray(),
            );
        }
      }
  });

  distributed('of entries sort them, and add those given twice', { ranks: [1] }, () => {
    const entries = { data: [1, 2, 4, 8, 16, 0], row: [2, 0, 2, 2, 0, 1], col: [1, 3, 1, 0, 2, 2] };
    const coo = xp.sparse.cooArray(entries, { shape: [4, 5] });
    expect([coo.nnz, coo.row.toArray(), coo.col.toArray(), coo.data.toArray()]).to.deep.equal([
      6,
      entries.row,
      entries.col,
      entries.data,
    ]);
    const csr = coo.toCsr();
    expect(csr.indptr.toArray()).to.deep.equal([0, 2, 3, 5, 5]);
    expect(csr.indices.toArray()).to.deep.equal([2, 3, 2, 0, 1]);
    expect(csr.data.toArray()).to.deep.equal([16, 2, 0, 8, 5]);
    expect(coo.transpose().toCsr().toArray()).to.deep.equal(csr.transpose().toArray());
    const unsorted = { data: [1, 2, 3, 4], indices: [2, 0, 2, 1], indptr: [0, 3, 4] };
    expect(xp.sparse.csrArray(unsorted).toArray()).to.deep.equal([
      [2, 0, 4],
      [0, 4, 0],
    ]);
    expect(xp.sparse.cooArray({ data: [1], row: [1], col: [2] }).shape).to.deep.equal([2, 3]);
  });

  distributed('are made from diagonals, and change values and dtype', { ranks: [1] }, ({ floats }) => {
    expect(xp.sparse.eyeArray(2, 3, { k: 1 }).toArray()).to.deep.equal([
      [0, 1, 0],
      [0, 0, 1],
    ]);
    const second = xp.sparse.diagsArray([[1], [-2], [1]], { offsets: [-1, 0, 1], shape: [3, 3] });
    expect(second.toArray()).to.deep.equal([
      [-2, 1, 0],
      [1, -2, 1],
      [0, 1, -2],
    ]);
    expect(xp.sparse.diagsArray([[1, 2]]).toArray()).to.deep.equal([
      [1, 0],
      [0, 2],
    ]);
    expect(second.multiply(2).get(1, 1)).to.equal(-4);
    expect(second.withData(NDArray.arange(7)).data.toArray()).to.deep.equal([0, 1, 2, 3, 4, 5, 6]);
    if (floats.includes('complex64')) {
      const z = second.astype('complex64').multiply({ re: 0, im: 1 });
      expect(z.conj().get(0, 0)).to.have.property('im', 2);
      expect(xp.sparse.csrArray(second, { dtype: 'float32' }).dtype).to.equal('float32');
    }
    expect(xp.sparse.isSparse(second)).to.equal(true);
    expect(xp.sparse.isSparse(second.toDense())).to.equal(false);
  });

  distributed('live longer than the scope in which they were made', { ranks: [1] }, () => {
    const a = tidy(() => {
      const made = xp.sparse.csrArray([
        [1, 0],
        [2, 3],
      ]);
      made.rmatmul(NDArray.ones([2]));
      return made;
    });
    expect(a.rmatmul(NDArray.ones([2])).toArray()).to.deep.equal([3, 3]);
    expect(a.matmul(NDArray.ones([2])).toArray()).to.deep.equal([1, 5]);
  });

  distributed(
    'add in double precision, and multiply integers in their own',
    { ranks: [1] },
    ({ backend }) => {
      const n = 2000;
      const ones = NDArray.full([n, 1], 1, { dtype: 'float32' });
      ones.set([0], 2 ** 24);
      const a = xp.sparse.csrArray(ones);
      expect(a.matmul(NDArray.array([3], { dtype: 'int32' })).dtype).to.equal('float32');
      if (!backend.dtypes.includes('float64')) return;
      const sum = Math.fround(2 ** 24 + n - 1);
      expect(a.sum(0).toArray()).to.deep.equal([sum]);
      const twice = { data: ones.ravel(), row: new Int32Array(n), col: new Int32Array(n) };
      expect(xp.sparse.csrArray(twice, { shape: [1, 1] }).toArray()).to.deep.equal([[sum]]);
    },
  );

  distributed('refuse what does not fit', { ranks: [1] }, () => {
    const a = xp.sparse.eyeArray(3, 4);
    const entries = { data: [1], row: [0], col: [4] };
    expect(() => xp.sparse.csrArray(entries, { shape: [2, 3] })).to.throw(ArgumentError, /from 0 to 2/);
    expect(() => xp.sparse.csrArray({ ...entries, col: [0.5] }, { shape: [2, 3] })).to.throw(ArgumentError);
    expect(() => xp.sparse.csrArray({ ...entries, data: [1, 2] })).to.throw(ShapeError);
    expect(() => xp.sparse.csrArray({ data: [1], indices: [0], indptr: [0, 2] })).to.throw(ArgumentError);
    expect(() => xp.sparse.csrArray({ data: [1], indices: [0], indptr: [0, 0] })).to.throw(ArgumentError);
    expect(() => xp.sparse.csrArray({ data: [1], indices: [0], indptr: [0, 1] }, { shape: [2, 2] })).to.throw(
      ShapeError,
    );
    expect(() => xp.sparse.csrArray([1, 2])).to.throw(ShapeError);
    expect(() => xp.sparse.csrArray(a, { shape: [4, 4] })).to.throw(ShapeError);
    expect(() => xp.sparse.csrArray(a, { dtype: 'int32' })).to.throw(DTypeError);
    expect(() => xp.sparse.csrArray(a, { dtyp: 'float32' } as object)).to.throw(ArgumentError, /dtype/);
    expect(() => a.matmul(NDArray.ones([3]))).to.throw(ShapeError);
    expect(() => a.rmatmul(NDArray.ones([4]))).to.throw(ShapeError);
    expect(() => a.matmul(NDArray.ones([4, 1, 1]))).to.throw(ShapeError);
    expect(() => a.matmul(a)).to.throw(ShapeError);
    expect(() => a.matmul([1, 2, 3, 4] as never)).to.throw(ArgumentError);
    expect(() => a.add(xp.sparse.eyeArray(4))).to.throw(ShapeError);
    expect(() => a.add(1 as never)).to.throw(ArgumentError);
    expect(() => a.sum(2)).to.throw(ShapeError);
    expect(() => a.diagonal(0.5)).to.throw(ArgumentError);
    expect(() => a.get(3, 0)).to.throw(ShapeError);
    expect(() => a.sliceRows(1, 4)).to.throw(ShapeError);
    expect(() => a.withData(NDArray.ones([2]))).to.throw(ShapeError);
    expect(() => a.withData(NDArray.ones([1, 3]))).to.throw(ShapeError);
    const { rows, columns } = CooArray.from(a);
    expect(() => new CooArray([3, 4], rows, columns.slice(1), a.data)).to.throw(ShapeError);
    for (const shape of [[2], [1, 3], [3, 1]])
      expect(() => new CooArray([3, 4], rows, columns, NDArray.ones(shape))).to.throw(ShapeError, /3 values/);
    expect(() => xp.sparse.diagsArray([[1, 2]], { shape: [3, 3] })).to.throw(ShapeError);
    expect(() => xp.sparse.diagsArray([[1, 2]], { offsets: [0, 1] })).to.throw(ArgumentError);
  });
});
