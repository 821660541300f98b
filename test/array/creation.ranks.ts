import { expect } from 'chai';
import * as xp from '../../src/array/index.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import type { Scalar } from '../../src/core/base/complex.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose, expectSameBits } from '../support/expect-close.js';
import { expectAllThrow, layoutsOf, NOTHING, placed, traffic } from '../support/vectors.js';

/** Elements that differ, in any dtype; NaN and infinity among floats. */
function dataOf(shape: readonly number[], dtype: NDArray['dtype']): NDArray {
  const x = NDArray.arange(shape.reduce((a, b) => a * b, 1)).add(1);
  if (dtype === 'bool') return x.greater(2).reshape(shape);
  const y = x.astype(dtype).reshape(shape);
  if (dtype === 'int32' || y.size < 4) return y;
  return y.setAt(1, Number.NaN).setAt(2, Number.POSITIVE_INFINITY);
}

/** A matrix of values that a function computes from the row and the column. */
const table = (n: number, m: number, value: (i: number, j: number) => number): number[][] =>
  Array.from({ length: n }, (_, i) => Array.from({ length: m }, (_, j) => value(i, j)));

const DIAGONALS = [-9, -1, 0, 2] as const;

/** All layouts for the default dtype, and two for others. */
function someLayouts(shape: readonly number[], ranks: number, dtype: NDArray['dtype']): Layout[] {
  const all = layoutsOf(shape, ranks);
  return [...(dtype === 'float64' ? all : all.slice(0, 2)), Layout.replicated(shape, ranks)];
}

group('creation', () => {
  distributed('keeps diagonals of arrays in any layout', ({ comm, backend }) => {
    for (const dtype of backend.dtypes) {
      for (const shape of [
        [5, 3],
        [2, 3, 4],
        [0, 4],
        [1, 1],
      ]) {
        const x = dataOf(shape, dtype);
        const values = x.toHost();
        const lanes = values.length / Math.max(1, x.size);
        const m = shape.at(-1) as number;
        for (const k of DIAGONALS) {
          for (const [keep, isKept] of [
            [xp.tril, (d: number) => d <= k],
            [xp.triu, (d: number) => d >= k],
          ] as const) {
            const expected = values.slice();
            for (let at = 0; at < x.size; at++) {
              const row = Math.floor(at / m) % (shape.at(-2) as number);
              if (!isKept((at % m) - row)) expected.fill(0, at * lanes, (at + 1) * lanes);
            }
            const wanted = NDArray.fromHost(expected, shape, { dtype });
            expectSameBits(keep(x, k), wanted, `${dtype} ${k}`);
            for (const layout of someLayouts(shape, comm.size, dtype)) {
              const y = keep(placed(x, layout, comm), k);
              expect(y.layout.equals(layout)).to.equal(true);
              expectSameBits(y.asArray(), wanted, `${dtype} ${k} ${layout}`);
            }
          }
        }
      }
    }
  });

  distributed('takes and makes diagonals in any layout', ({ comm, backend }) => {
    for (const dtype of backend.dtypes) {
      for (const shape of [[5, 3], [3, 6], [4, 4], [0, 2], [5], [0]]) {
        const x = dataOf(shape, dtype);
        for (const k of DIAGONALS) {
          const expected = xp.diag(x, k);
          const list = x.toArray() as Scalar[] & Scalar[][];
          const own =
            shape.length === 2
              ? list.flatMap((row, i) => (row as unknown as Scalar[]).filter((_, j) => j - i === k))
              : table(x.size + Math.abs(k), x.size + Math.abs(k), (i, j) =>
                  j - i === k ? (list[Math.min(i, j)] as number) : 0,
                );
          expectSameBits(
            expected,
            NDArray.array(own as never, { dtype }).reshape(expected.shape),
            `diag ${dtype} ${k}`,
          );
          for (const layout of someLayouts(shape, comm.size, dtype)) {
            const y = xp.diag(placed(x, layout, comm), k);
            expectSameBits(y.asArray(), expected, `diag ${dtype} ${k} ${layout}`);
            expect(y.layout.replicated).to.equal(layout.replicated);
          }
        }
      }
    }
  });

  distributed('sends nothing', ({ comm, backend }) => {
    const x = DistributedArray.random([8, 6], { axis: 1, dtype: backend.defaultDType });
    const v = DistributedArray.random([7]);
    const calls: readonly (() => unknown)[] = [
      ...DIAGONALS.flatMap((k) => [
        () => xp.tril(x, k),
        () => xp.triu(x, k),
        () => xp.diag(x, k),
        () => xp.diag(v, k),
      ]),
      () => xp.zerosLike(x),
      () => xp.fullLike(x, 3),
      () => xp.array(x, { dtype: 'float32' }),
      () => xp.vander(v, 3),
    ];
    for (const call of calls) expect(traffic(comm, () => void call())).to.deep.equal(NOTHING);
  });

  distributed('makes arrays like others, in their layout', ({ comm, backend }) => {
    for (const dtype of backend.dtypes) {
      const x = dataOf([4, 3], dtype);
      for (const layout of someLayouts([4, 3], comm.size, dtype)) {
        const u = placed(x, layout, comm);
        for (const [y, value] of [
          [xp.zerosLike(u), 0],
          [xp.onesLike(u), 1],
          [xp.fullLike(u, 1), 1],
        ] as const) {
          expect(y.space).to.equal(u.space);
          expectSameBits(y.asArray(), NDArray.full([4, 3], value, { dtype }));
        }
        expect(xp.emptyLike(u).space).to.equal(u.space);
        expect(xp.onesLike(u, { dtype: 'float32' }).dtype).to.equal('float32');
        expectAllThrow(comm, () => xp.zerosLike(u, { dtyp: 'int32' } as object), ArgumentError);
        expectAllThrow(comm, () => xp.zerosLike(u, { dtype: 'int' as 'int32' }), DTypeError);
        if (dtype !== 'complex64' && dtype !== 'complex128')
          expectAllThrow(comm, () => xp.fullLike(u, { re: 1, im: 2 }), DTypeError);
      }
    }
    expect(xp.zerosLike([[1, 2]]).toArray()).to.deep.equal([[0, 0]]);
  });

  distributed('converts to arrays, and copies only if it must', ({ backend }) => {
    const x = NDArray.arange(4);
    const u = DistributedArray.toDist(x);
    for (const y of [x, u]) {
      expect(xp.asarray(y)).to.equal(y);
      expect(xp.asarray(y, { dtype: y.dtype, backend })).to.equal(y);
      expect(xp.array(y).space).to.equal(y.space);
      expect(xp.array(y)).to.not.equal(y);
    }
    xp.array(x).fill(7);
    expect(x.toArray()).to.deep.equal([0, 1, 2, 3]);
    expect(xp.asarray([true, false]).dtype).to.equal('bool');
    expect(xp.array(Float32Array.of(1, 2)).dtype).to.equal('float32');
    expect(xp.array(3).shape).to.deep.equal([]);
    if (backend.dtypes.includes('int32')) expect(xp.asarray(u, { dtype: 'int32' }).dtype).to.equal('int32');
  });

  distributed('fills matrices by their diagonals', ({ backend }) => {
    for (const dtype of backend.dtypes) {
      for (const [n, m] of [
        [3, 5],
        [4, 2],
        [0, 3],
        [2, 0],
      ] as const) {
        for (const k of DIAGONALS) {
          const like = (rows: number[][]): NDArray => NDArray.array(rows.flat(), { dtype }).reshape([n, m]);
          expectSameBits(xp.eye(n, m, k, { dtype }), like(table(n, m, (i, j) => Number(j - i === k))));
          expectSameBits(xp.tri(n, m, { k, dtype }), like(table(n, m, (i, j) => Number(j - i <= k))));
        }
      }
      expectSameBits(xp.identity(3, { dtype }), xp.eye(3, { dtype }));
    }
    expect(xp.tri(2).toArray()).to.deep.equal([
      [1, 0],
      [1, 1],
    ]);
    expect(xp.eye(2, { k: 1 }).toArray()).to.deep.equal([
      [0, 1],
      [0, 0],
    ]);
    for (const wrong of [() => xp.eye(2, { k: 0.5 }), () => xp.tri(2, 2, Number.NaN)])
      expect(wrong).to.throw(ArgumentError, 'k to be an integer');
    expect(() => xp.tri(-1)).to.throw(ShapeError);
  });

  distributed('gives values in steps', ({ reals, dtypes, tolerance }) => {
    for (const dtype of reals) {
      const rule = { rtol: 4 * tolerance(dtype), atol: 0 };
      const close = (x: NDArray, list: number[]): void =>
        expectClose(x, NDArray.array(list, { dtype }), rule);
      close(xp.arange(1, 2, 0.25, { dtype }), [1, 1.25, 1.5, 1.75]);
      close(xp.linspace(0, 1, { endpoint: false, dtype }).slice([48, 50]), [0.96, 0.98]);
      close(xp.logspace(0, 3, 4, { dtype }), [1, 10, 100, 1000]);
      close(xp.logspace(0, 3, 3, { base: 2, endpoint: false, dtype }), [1, 2, 4]);
      close(xp.geomspace(-27, -1, 4, { dtype }), [-27, -9, -3, -1]);
      close(xp.geomspace(1, 8, 3, { endpoint: false, dtype }), [1, 2, 4]);
      close(xp.geomspace(5, 9, 1, { dtype }), [5]);
      close(xp.geomspace(5, 9, 0, { dtype }), []);
    }
    if (dtypes.includes('complex128')) {
      const spiral = xp.geomspace(1, { re: -4, im: 0 }, 3);
      expectClose(spiral, NDArray.array([1, { re: 0, im: 2 }, -4]), 1e-14);
      const wave = xp.logspace({ re: 0, im: 0 }, { re: 0, im: Math.PI }, 3, { base: Math.E });
      expectClose(wave, NDArray.array([1, { re: 0, im: 1 }, { re: -1, im: 0 }]), 1e-14);
    }
    expect(() => xp.geomspace(0, 2)).to.throw(ArgumentError, 'other than 0');
    expect(() => xp.geomspace(-1, 2)).to.throw(ArgumentError, 'one sign');
    for (const of of [xp.linspace, xp.geomspace, xp.logspace])
      expect(() => of(1, 2, 3, { endpoint: 1 } as object)).to.throw(ArgumentError, 'endpoint');
    expect(() => xp.arange(0, null as unknown as number)).to.throw(ArgumentError, 'null');
    expect(() => xp.logspace(0, 2, -1)).to.throw(ArgumentError, 'num');
    expect(() => xp.logspace(0, 2, { bas: 2 } as object)).to.throw(ArgumentError, "'base'");
  });

  distributed('gives indices and grids', ({ backend }) => {
    const [i, j] = [table(2, 3, (row) => row), table(2, 3, (_, column) => column)];
    expect(xp.indices([2, 3]).toArray()).to.deep.equal([i, j]);
    expect(xp.indices([2, 3]).dtype).to.equal('int32');
    expect(xp.indices(2, { dtype: 'float32', backend }).dtype).to.equal('float32');
    expect(xp.indices([0, 3]).shape).to.deep.equal([2, 0, 3]);
    const [x, y] = [NDArray.arange(3), NDArray.arange(2)];
    const lists = (...grids: NDArray[]): unknown => grids.map((g) => g.toArray());
    expect(lists(...xp.meshgrid(x, y))).to.deep.equal([j, i]);
    expect(lists(...xp.meshgrid(y, x, { indexing: 'ij' }))).to.deep.equal([i, j]);
    expect(lists(...xp.meshgrid([1, 2]))).to.deep.equal([[1, 2]]);
    expect(xp.meshgrid(x, y, [5, 6, 7, 8]).map((g) => g.shape)).to.deep.equal([
      [2, 3, 4],
      [2, 3, 4],
      [2, 3, 4],
    ]);
    expect(xp.meshgrid(x, 4, { indexing: 'xy' }).map((g) => g.shape)).to.deep.equal([
      [1, 3],
      [1, 3],
    ]);
    const open = xp.meshgrid(x, y, [5], { sparse: true });
    expect(open.map((g) => g.shape)).to.deep.equal([
      [1, 3, 1],
      [2, 1, 1],
      [1, 1, 1],
    ]);
    // None shares memory with what was given
    for (const options of [{}, { sparse: true }, { indexing: 'ij' }] as const)
      for (const grid of [...xp.meshgrid(x, y, options), ...xp.meshgrid(x, options)]) grid.fill(9);
    expect(lists(x, y)).to.deep.equal([
      [0, 1, 2],
      [0, 1],
    ]);
    expect(() => xp.meshgrid(x, { sparse: 1 } as object)).to.throw(ArgumentError, 'sparse');
    expect(() => xp.meshgrid(x, y, { indexing: 'yx' } as object)).to.throw(ArgumentError, 'indexing');
    expect(() => xp.meshgrid(DistributedArray.zeros(3))).to.throw(ArgumentError, 'one rank');
  });

  distributed('gives powers of vectors in any layout', ({ comm, dtypes, tolerance, backend }) => {
    for (const dtype of dtypes) {
      const x = NDArray.array([2, -1, 3, 0, 1], { dtype });
      const expected = table(5, 4, (i, j) => ([2, -1, 3, 0, 1][i] as number) ** (3 - j));
      const wanted = NDArray.array(expected, { dtype });
      const rule = tolerance(dtype === 'int32' ? backend.defaultDType : dtype);
      expectClose(xp.vander(x, 4), wanted, rule);
      for (const layout of someLayouts([5], comm.size, dtype)) {
        const u = placed(x, layout, comm);
        expectClose(xp.vander(u, 4).asArray(), wanted, rule);
        expectClose(xp.vander(u, { N: 4, increasing: true }).asArray(), wanted.flip(1), rule);
      }
    }
    const u = DistributedArray.ones(3);
    expect(xp.vander(u).globalShape).to.deep.equal([3, 3]);
    expect(xp.vander(u, 0).globalShape).to.deep.equal([3, 0]);
    expectAllThrow(comm, () => xp.vander(u, -1), ArgumentError);
    expectAllThrow(comm, () => xp.vander(DistributedArray.ones([2, 2])), ShapeError);
  });

  distributed('refuses what has no diagonal, on all ranks', ({ comm }) => {
    const blocks = DistributedArray.ones([4, 3], { axis: 1 }).ravel();
    if (comm.size > 1)
      for (const call of [() => xp.diag(blocks), () => xp.tril(blocks), () => xp.vander(blocks)])
        expectAllThrow(comm, call, PartitionError);
    expectAllThrow(comm, () => xp.tril(DistributedArray.ones(3)), ShapeError);
    expectAllThrow(comm, () => xp.diag(DistributedArray.ones([2, 2, 2])), ShapeError);
    expectAllThrow(comm, () => xp.triu(DistributedArray.ones([2, 2]), 0.5), ArgumentError);
  });
});
