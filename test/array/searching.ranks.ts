import { expect } from 'chai';
import * as xp from '../../src/array/index.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { isComplex, isFloat } from '../../src/core/base/dtype.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { distributed, group } from '../support/distributed.js';
import { expectAllThrow, layoutsOf, NOTHING, placed, traffic } from '../support/vectors.js';

type Either = NDArray | DistributedArray;

const whole = (x: Either): NDArray => (x instanceof NDArray ? x : x.asArray());
const listOf = (x: Either): unknown => whole(x).toArray();

/** An array on one rank, replicated, and in all layouts. */
const formsOf = (x: NDArray, comm: Communicator): Either[] => [
  x,
  ...[Layout.replicated(x.shape, comm.size), ...layoutsOf(x.shape, comm.size)].map((l) => placed(x, l, comm)),
];

/** Numbers of which about half are 0, and a NaN if they are floats. */
function holed(shape: number[], dtype: NDArray['dtype']): NDArray {
  const x = NDArray.fromHost(
    Int32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => ((i * 7) % 5 < 3 ? 0 : i)),
    shape,
  ).astype(dtype);
  return isFloat(dtype) && x.size > 2 ? x.setAt(2, Number.NaN) : x;
}

/** The indices of the elements that are not 0, in C order. */
function indicesOf(x: NDArray): number[][] {
  const lanes = isComplex(x.dtype) ? 2 : 1;
  const values = x.toHost();
  const found: number[][] = [];
  for (let i = 0; i < x.size; i++) {
    if (values[lanes * i] === 0 && (lanes === 1 || values[2 * i + 1] === 0)) continue;
    let rest = i;
    const index = x.shape.map(() => 0);
    for (let k = x.ndim - 1; k >= 0; k--) {
      const n = x.shape[k] as number;
      index[k] = rest % n;
      rest = Math.floor(rest / n);
    }
    found.push(index);
  }
  return found;
}

group('positions of nonzero elements', () => {
  distributed('are those of a loop, in any layout', ({ comm, backend }) => {
    for (const dtype of backend.dtypes) {
      for (const shape of [[11], [3, 2, 4], [0, 3]]) {
        const x = holed(shape, dtype).to(backend);
        const expected = indicesOf(x);
        for (const u of formsOf(x, comm)) {
          const label = `${dtype} ${u.space}`;
          const rows = xp.argwhere(u);
          expect(listOf(rows), label).to.deep.equal(expected);
          expect(rows.dtype).to.equal('int32');
          expect(whole(rows).shape).to.deep.equal([expected.length, shape.length]);
          expect(xp.nonzero(u).map(listOf), label).to.deep.equal(
            shape.map((_, k) => expected.map((index) => index[k])),
          );
          const flat = expected.map((index) => index.reduce((at, i, k) => at * (shape[k] as number) + i, 0));
          expect(listOf(xp.flatnonzero(u)), label).to.deep.equal(flat);
        }
      }
    }
  });

  distributed('stay where the rows are, for one exchange of objects', ({ comm, backend }) => {
    const exchange = traffic(comm, () => void comm.allgatherObject(1));
    const x = DistributedArray.toDist(holed([8, 3], backend.defaultDType));
    for (const compute of [xp.flatnonzero, xp.nonzero, xp.argwhere]) {
      expect(traffic(comm, () => void compute(x))).to.deep.equal(exchange);
      expect(traffic(comm, () => void compute(x.broadcast()))).to.deep.equal(
        traffic(comm, () => void x.broadcast()),
      );
    }
    const { box } = x;
    const [first, count] = [box.start[0] as number, box.shape[0] as number];
    const own = (xp.nonzero(x)[0] as DistributedArray).local.toHost();
    for (const row of own) expect(row).to.be.within(first, first + count - 1);
  });

  distributed('refuse what has no rows, on all ranks', ({ comm }) => {
    expectAllThrow(comm, () => xp.nonzero(3), ShapeError);
    expect([xp.argwhere(3).shape, xp.argwhere(0).shape, listOf(xp.flatnonzero(3))]).to.deep.equal([
      [1, 0],
      [0, 0],
      [0],
    ]);
    const masked = DistributedArray.ones([4], { mask: Array.from({ length: comm.size }, (_, r) => r % 2) });
    expectAllThrow(comm, () => xp.flatnonzero(masked), PartitionError);
    expect(traffic(comm, () => void xp.flatnonzero(NDArray.ones(3)))).to.deep.equal(NOTHING);
  });
});

const SORTED = [-3, -1, -1, 0, 2, 2, 2, 5];
/** Numbers around those of {@link SORTED}, with a NaN if they are floats. */
function queriesOf(shape: number[], dtype: NDArray['dtype']): NDArray {
  const size = shape.reduce((a, b) => a * b, 1);
  const values = Int32Array.from({ length: size }, (_, i) => ((5 * i) % 11) - 4);
  const x = NDArray.fromHost(values, shape).astype(dtype);
  return isFloat(dtype) && size > 3 ? x.setAt(3, Number.NaN) : x;
}
const countOf = (edges: readonly number[], holds: (edge: number) => boolean): number =>
  edges.filter(holds).length;
/** The order of sorted arrays, with NaN last. */
const isLess = (a: number, b: number): boolean => a < b || (Number.isNaN(b) && !Number.isNaN(a));

group('searches in sorted arrays', () => {
  distributed('count what comes before each value, in any layout', ({ comm, reals, backend }) => {
    for (const dtype of [...reals, ...(backend.dtypes.includes('int32') ? (['int32'] as const) : [])]) {
      const list = isFloat(dtype) ? [...SORTED, Number.NaN] : SORTED;
      const sorted = NDArray.array(list, { dtype, backend });
      const descending = NDArray.array([...SORTED].reverse(), { dtype, backend });
      const x = queriesOf([5, 4], dtype).to(backend);
      const expectAll = (received: Either, of: (v: number) => number, label: string) => {
        expect(received.dtype).to.equal('int32');
        expect([...whole(received).toHost()], label).to.deep.equal(Array.from(x.toHost(), of));
      };
      for (const u of formsOf(x, comm)) {
        const label = `${dtype} ${u.space}`;
        expectAll(xp.searchsorted(sorted, u), (v) => countOf(list, (e) => isLess(e, v)), label);
        expectAll(
          xp.searchsorted(sorted, u, { side: 'right' }),
          (v) => countOf(list, (e) => !isLess(v, e)),
          label,
        );
        for (const right of [false, true]) {
          const isBefore = (e: number, v: number) => (right ? isLess(e, v) : !isLess(v, e));
          expectAll(xp.digitize(u, sorted, { right }), (v) => countOf(list, (e) => isBefore(e, v)), label);
          expectAll(
            xp.digitize(u, descending, { right }),
            (v) => SORTED.length - countOf(SORTED, (e) => (right ? isLess(e, v) : !isLess(v, e))),
            label,
          );
        }
      }
      for (const s of formsOf(sorted, comm))
        expectAll(xp.searchsorted(s, x), (v) => countOf(list, (e) => isLess(e, v)), `${s.space}`);
    }
  });

  distributed('find elements among others, in any layout', ({ comm, backend }) => {
    for (const dtype of backend.dtypes) {
      const x = (dtype === 'bool' ? holed([5, 4], dtype) : queriesOf([5, 4], dtype)).to(backend);
      const others = dtype === 'bool' ? [true] : [...SORTED, ...(isFloat(dtype) ? [Number.NaN] : [])];
      const tests = NDArray.array(others, { dtype, backend });
      const values = isComplex(dtype) ? x.real().toHost() : x.toHost();
      const expected = Array.from(values, (v) => others.some((t) => Number(t) === v));
      for (const u of formsOf(x, comm)) {
        const found = xp.isin(u, tests);
        expect(found.dtype).to.equal('bool');
        expect(Array.from(whole(found).toHost(), Boolean), `${dtype} ${u.space}`).to.deep.equal(expected);
        const not = whole(xp.isin(u, tests, { invert: true })).toHost();
        expect(Array.from(not, Boolean)).to.deep.equal(expected.map((is) => !is));
        expect(whole(xp.isin(u, NDArray.zeros(0, { dtype, backend }))).any()).to.equal(false);
      }
    }
  });

  distributed('send nothing, or reduce the counts once', ({ comm }) => {
    const [edges, x] = [NDArray.array(SORTED), DistributedArray.toDist(NDArray.arange(20))];
    for (const compute of [
      () => xp.searchsorted(edges, x),
      () => xp.digitize(x, edges),
      () => xp.isin(x, edges),
    ])
      expect(traffic(comm, () => void compute())).to.deep.equal(NOTHING);
    expect(traffic(comm, () => void xp.searchsorted(x, edges))).to.deep.equal({ ...NOTHING, reductions: 1 });
    expect(xp.searchsorted(x, 7.5).get()).to.equal(8);
  });

  distributed('refuse what does not fit, on all ranks', ({ comm, dtypes }) => {
    const [edges, x] = [NDArray.array(SORTED), DistributedArray.toDist(NDArray.arange(20))];
    expectAllThrow(comm, () => xp.searchsorted(x, x), PartitionError);
    expectAllThrow(comm, () => xp.searchsorted([[1, 2]], x), ShapeError);
    expectAllThrow(comm, () => xp.searchsorted(edges, x, { side: 'middle' as 'left' }), ArgumentError);
    expectAllThrow(comm, () => xp.digitize(x, [1, 3, 2]), ArgumentError);
    expectAllThrow(comm, () => xp.digitize(x, x), PartitionError);
    expectAllThrow(comm, () => xp.digitize(x, edges, { right: 1 } as object), ArgumentError);
    expectAllThrow(comm, () => xp.isin(x, x), PartitionError);
    expectAllThrow(comm, () => xp.isin(x, 'a' as unknown as number), ArgumentError);
    if (dtypes.includes('complex128'))
      expectAllThrow(comm, () => xp.searchsorted(edges, x.astype('complex128')), DTypeError);
  });
});
