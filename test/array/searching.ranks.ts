import { expect } from 'chai';
import * as xp from '../../src/array/index.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { isComplex, isFloat } from '../../src/core/base/dtype.js';
import { PartitionError, ShapeError } from '../../src/core/base/errors.js';
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

  distributed('stay where the rows are, for one exchange of objects', ({ comm }) => {
    const exchange = traffic(comm, () => void comm.allgatherObject(1));
    const x = DistributedArray.toDist(holed([8, 3], 'float64'));
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
