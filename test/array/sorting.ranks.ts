import { expect } from 'chai';
import * as xp from '../../src/array/index.js';
import { NDArray, NDArraySpace } from '../../src/core/array/ndarray.js';
import { bytesOf, type DType, hostArray, isComplex, isFloat, lanesOf } from '../../src/core/base/dtype.js';
import { ArgumentError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { fillNormal } from '../../src/core/base/random.js';
import { product, type Shape } from '../../src/core/base/shape.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { resolveBackend } from '../../src/core/ports/defaults.js';
import { distributed, group } from '../support/distributed.js';
import { expectSameBits } from '../support/expect-close.js';
import { mostBytes } from '../support/peak.js';
import { expectAllThrow, layoutsOf, NOTHING, placed, traffic } from '../support/vectors.js';

type Either = NDArray | DistributedArray;
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

const whole = (x: Either): NDArray => (x instanceof NDArray ? x : x.asArray());

/** Values with ties, both zeros, infinities and NaN. */
function valuesOf(dtype: DType, shape: Shape, seed = 1): NDArray {
  const host = hostArray(dtype, product(shape));
  const normal = fillNormal(seed, 0, new Float64Array(host.length));
  const special = [nan, -0, 0, inf, -inf, -0];
  host.set(
    normal.map((v, i) => {
      if (dtype === 'bool') return Number(v > 0);
      if (!isFloat(dtype)) return Math.round(2 * v);
      return i % 3 === 0 ? (special[(i / 3) % 11] ?? Math.round(v)) : Math.round(3 * v) / 2;
    }),
  );
  return NDArraySpace.of(shape, dtype, resolveBackend(undefined)).upload(host);
}

/** NumPy's order of elements, of which complex ones are pairs. */
function compare(a: readonly number[], b: readonly number[]): number {
  const kind = (v: readonly number[]): number => v.reduce((sum, x) => 2 * sum + Number(Number.isNaN(x)), 0);
  if (kind(a) !== kind(b)) return kind(a) - kind(b);
  const differing = a.findIndex((x, k) => x !== b[k] && !(Number.isNaN(x) && Number.isNaN(b[k])));
  return differing < 0 ? 0 : (a[differing] as number) - (b[differing] as number) < 0 ? -1 : 1;
}

/** The flat places of each line along an axis. */
function linesOf(shape: Shape, axis: number): number[][] {
  const n = shape[axis] as number;
  const inner = product(shape.slice(axis + 1));
  const lines = n === 0 ? 0 : product(shape) / n;
  return Array.from({ length: lines }, (_, l) =>
    Array.from({ length: n }, (_unused, i) => Math.floor(l / inner) * n * inner + i * inner + (l % inner)),
  );
}

/** The elements, each as a list of its numbers. */
function elementsOf(x: NDArray): number[][] {
  const [host, lanes] = [Array.from(x.toHost()), lanesOf(x.dtype)];
  return Array.from({ length: x.size }, (_, i) => host.slice(i * lanes, (i + 1) * lanes));
}

/** The stable order of each line by keys, the last of which counts most. */
function expectedOrder(keys: readonly NDArray[], axis: number): number[] {
  const [first] = keys as readonly [NDArray];
  const lists = keys.map(elementsOf).reverse();
  const result = new Array<number>(first.size);
  for (const line of linesOf(first.shape, axis)) {
    const order = line.map((_, i) => i);
    order.sort((i, j) => {
      for (const list of lists) {
        const by = compare(list[line[i] as number] as number[], list[line[j] as number] as number[]);
        if (by !== 0) return by;
      }
      return i - j;
    });
    order.forEach((i, to) => {
      result[line[to] as number] = i;
    });
  }
  return result;
}

const SHAPES: readonly Shape[] = [[23], [150, 2], [3, 30, 2], [6, 9]];
/** Dtypes in the first layouts, float64 (or what there is) in all. */
function eachOperand(
  dtypes: readonly DType[],
  shape: Shape,
  ranks: number,
  run: (dtype: DType, layouts: ReturnType<typeof layoutsOf>) => void,
): void {
  const layouts = layoutsOf(shape, ranks);
  dtypes.forEach((dtype, k) => {
    run(dtype, k === 0 ? layouts : layouts.filter((_, i) => i % 4 === k % 4).slice(0, 2));
  });
}

group('sorting of arrays of one rank', () => {
  distributed('sorts lines of every dtype along every axis', { ranks: [1] }, ({ dtypes }) => {
    for (const dtype of [...dtypes, 'bool'] as DType[])
      for (const shape of [...SHAPES, [0], [4, 0], [1, 300]])
        for (const axis of shape.keys()) {
          const x = valuesOf(dtype, shape);
          const order = expectedOrder([x], axis);
          const positions = xp.argsort(x, { axis });
          expect(positions.dtype).to.equal('int32');
          expect(Array.from(positions.toHost()), `${dtype} ${shape} ${axis}`).to.deep.equal(order);
          const sorted = elementsOf(xp.sort(x, { axis }));
          const elements = elementsOf(x);
          for (const line of linesOf(shape, axis))
            line.forEach((to) => {
              const expected = elements[line[order[to] as number] as number] as number[];
              expect(compare(sorted[to] as number[], expected), `${dtype} ${shape} ${axis}`).to.equal(0);
            });
        }
  });

  distributed('has the results of NumPy', { ranks: [1] }, ({ dtypes }) => {
    const x = NDArray.array([3, nan, -1, 0, inf, -inf, 2, nan]);
    expect(xp.sort(x).toArray()).to.deep.equal([-inf, -1, 0, 2, 3, inf, nan, nan]);
    expect(xp.argsort(x).toArray()).to.deep.equal([5, 2, 3, 6, 0, 4, 1, 7]);
    expect([...xp.sort([0, -0, 0, -0]).toHost()]).to.deep.equal([-0, -0, 0, 0]);
    expect(xp.argsort([0, -0, 0, -0]).toArray()).to.deep.equal([0, 1, 2, 3]);
    expect(
      xp
        .sort(
          [
            [3, 1],
            [2, 4],
          ],
          { axis: null },
        )
        .toArray(),
    ).to.deep.equal([1, 2, 3, 4]);
    expect(
      xp
        .sort(
          [
            [3, 1],
            [2, 0],
          ],
          { axis: 0, kind: 'quicksort' },
        )
        .toArray(),
    ).to.deep.equal([
      [2, 0],
      [3, 1],
    ]);
    expect(
      xp
        .lexsort([
          [9, 4, 0, 4, 0, 2, 1],
          [1, 5, 1, 4, 3, 4, 4],
        ])
        .toArray(),
    ).to.deep.equal([2, 0, 4, 6, 5, 3, 1]);
    expect(
      xp
        .lexsort(
          NDArray.array([
            [1, 0],
            [3, 3],
          ]),
        )
        .toArray(),
    ).to.deep.equal([1, 0]);
    expect(xp.partition([7, 1, 7, 7, 1, 5, 7, 2, 3, 2, 6, 2, 3, 0], 4).get(4)).to.equal(2);
    expect(xp.argpartition([3, 4, 2, 1], [1, 3]).toArray()).to.deep.equal([3, 2, 0, 1]);
    expect(xp.topk([1, nan, 5, 5, -2], 4).map((y) => y.toArray())).to.deep.equal([
      [5, 5, 1, -2],
      [2, 3, 0, 4],
    ]);
    expect(xp.topk([1, nan, 5, 5, -2], 2, { largest: false }).map((y) => y.toArray())).to.deep.equal([
      [-2, 1],
      [4, 0],
    ]);
    const least = NDArray.array([-(2 ** 31), 2 ** 31 - 1, 0], { dtype: 'int32' });
    expect(xp.topk(least, 3)[1].toArray()).to.deep.equal([1, 2, 0]);
    if (!dtypes.includes('complex128')) return;
    const z = NDArray.fromHost(Float64Array.of(1, nan, 2, 1, nan, 0, 1, 5, nan, nan, 1, -1), [6], {
      dtype: 'complex128',
    });
    expect(xp.argsort(z).toArray()).to.deep.equal([5, 3, 1, 0, 2, 4]);
  });

  distributed(
    'partition has the sorted elements at places, and smaller ones before them',
    {},
    ({ comm, dtypes }) => {
      for (const dtype of [...dtypes, 'bool'] as DType[])
        for (const shape of [[41], [7, 6], [3, 5, 4]])
          for (const axis of shape.keys()) {
            const x = valuesOf(dtype, shape, 3);
            const n = shape[axis] as number;
            const [sorted, lines] = [elementsOf(xp.sort(x, { axis })), linesOf(shape, axis)];
            for (const layout of [undefined, ...layoutsOf(shape, comm.size)])
              for (const kth of [0, n - 1, [-1, 1, 1], [Math.floor(n / 2), 0]]) {
                const y = elementsOf(
                  whole(xp.partition(layout ? placed(x, layout, comm) : x, kth, { axis })),
                );
                const what = `${dtype} ${shape} along ${axis} at ${kth}`;
                const places = [kth].flat().map((k) => (k + n) % n);
                for (const line of lines) {
                  const values = line.map((at) => y[at] as number[]);
                  expect(values.toSorted(compare).map(String), what).to.deep.equal(
                    line
                      .map((at) => sorted[at] as number[])
                      .toSorted(compare)
                      .map(String),
                  );
                  for (const k of places) {
                    const own = values[k] as number[];
                    expect(compare(own, sorted[line[k] as number] as number[]), what).to.equal(0);
                    expect(
                      values.slice(0, k).every((v) => compare(v, own) <= 0),
                      what,
                    ).to.equal(true);
                    expect(
                      values.slice(k + 1).every((v) => compare(v, own) >= 0),
                      what,
                    ).to.equal(true);
                  }
                }
              }
          }
    },
  );

  distributed('leaves its operand as it is, and refuses what cannot be sorted', { ranks: [1] }, () => {
    const x = NDArray.array([3, 1, 2]);
    xp.sort(x);
    expect(x.toArray()).to.deep.equal([3, 1, 2]);
    expect(() => xp.sort(x, { axis: 1 })).to.throw(ShapeError, 'axis');
    expect(() => xp.sort(x, { kind: 'bubble' as 'stable' })).to.throw(ArgumentError, 'kind');
    expect(() => xp.partition(x, 3)).to.throw(ShapeError, 'partition: position 3');
    expect(() => xp.argpartition(x, 0.5)).to.throw(ArgumentError, 'argpartition');
    expect(() => xp.lexsort([])).to.throw(ArgumentError, 'lexsort');
    expect(() => xp.lexsort([x, [1, 2]])).to.throw(ShapeError, 'lexsort');
    expect(() => xp.topk(x, 4)).to.throw(ShapeError, 'topk: expected k from 0 to 3');
    expect(() => xp.topk(x, 1, { largest: 1 as never })).to.throw(ArgumentError, 'largest');
  });
});

group('sorting over ranks', () => {
  for (const shape of SHAPES.slice(0, 3))
    distributed(`[${shape}]: all layouts have the sorted lines of one rank`, ({ comm, dtypes }) => {
      eachOperand(['bool', ...dtypes].toReversed() as DType[], shape, comm.size, (dtype, layouts) => {
        const [x, other] = [valuesOf(dtype, shape), valuesOf('int32', shape, 2)];
        for (const layout of layouts) {
          const [y, by] = [placed(x, layout, comm), placed(other, layout, comm)];
          for (const axis of [...shape.keys(), null]) {
            const sorted = xp.sort(y, { axis });
            if (axis !== null) expect(sorted.layout.equals(layout)).to.equal(true);
            expectSameBits(sorted.asArray(), whole(xp.sort(x, { axis })));
            expectSameBits(xp.argsort(y, { axis }).asArray(), whole(xp.argsort(x, { axis })));
            if (axis === null) continue;
            expectSameBits(xp.lexsort([by, y], { axis }).asArray(), xp.lexsort([other, x], { axis }));
            const k = Math.min(3, shape[axis] as number);
            const best = xp.topk(y, k, { axis });
            xp.topk(x, k, { axis }).forEach((expected, part) => {
              expectSameBits((best[part] as DistributedArray).asArray(), expected);
            });
          }
        }
      });
    });

  distributed('lines of some length are exchanged between ranks', { ranks: [2, 3] }, ({ comm, backend }) => {
    const x = valuesOf(backend.defaultDType, [600, 7]);
    const y = placed(x, layoutsOf(x.shape, comm.size)[1] as never, comm);
    expectSameBits(xp.sort(y, { axis: 0 }).asArray(), xp.sort(x, { axis: 0 }));
    expectSameBits(xp.argsort(y, { axis: 0 }).asArray(), xp.argsort(x, { axis: 0 }));
  });

  const SIZE = 200_000;
  const ORDERS: Readonly<Record<string, (i: number) => number>> = {
    random: (i) => ((i * 7919) % SIZE) + 0.5,
    sorted: (i) => i,
    reversed: (i) => -i,
    equal: () => 3,
    'two values': (i) => (i * 7) % 2,
    'one rank has the smallest': (i) => (i < SIZE / 2 ? 0 : -i),
  };
  distributed('needs one share beside the result in any order', { backends: ['cpu'] }, ({ backend }) => {
    for (const [name, of] of Object.entries(ORDERS)) {
      const x = NDArray.fromHost(
        Float64Array.from({ length: SIZE }, (_, i) => of(i)),
        [SIZE],
      );
      const y = DistributedArray.toDist(x, { dtype: 'float64' });
      const share = y.local.size * bytesOf('float64');
      let result: DistributedArray | undefined;
      const peak = mostBytes(backend, () => {
        result = xp.sort(y);
      });
      expect(peak / share, name).to.be.at.most(2 * 1.125);
      expectSameBits((result as DistributedArray).asArray(), xp.sort(x));
      let order: DistributedArray | undefined;
      const orderPeak = mostBytes(backend, () => {
        order = xp.argsort(y);
      });
      expect(orderPeak / share, name).to.be.at.most(2.5 * 1.125);
      expectSameBits((order as DistributedArray).asArray(), xp.argsort(x));
    }
  });

  distributed('sends what it says', ({ comm, backend }) => {
    const x = DistributedArray.random([1000], { backend });
    let rounds = 0;
    if (comm.size > 1) for (let n = Math.ceil(1000 / comm.size); n > 0; n = Math.floor(n / 16)) rounds++;
    const exchanges = (arrays: number): object => ({
      messages: 0,
      reductions: rounds,
      collectives: rounds === 0 ? 0 : rounds + 1 + arrays,
    });
    expect(traffic(comm, () => xp.sort(x))).to.deep.equal(exchanges(1));
    expect(traffic(comm, () => xp.argsort(x))).to.deep.equal(exchanges(2));
    const rows = DistributedArray.random([30, 5], { backend });
    expect(traffic(comm, () => xp.sort(rows))).to.deep.equal(NOTHING);
    expect(traffic(comm, () => xp.topk(rows, 2))).to.deep.equal(NOTHING);
    const flags = x.greater(0);
    expect(traffic(comm, () => xp.sort(flags)).reductions).to.equal(comm.size > 1 ? 1 : 0);
  });

  distributed('refuses on all ranks', ({ comm }) => {
    const x = DistributedArray.ones([6, 4]);
    expectAllThrow(comm, () => xp.sort(x, { axis: 2 }), ShapeError);
    expectAllThrow(comm, () => xp.topk(x, 7, { axis: 0 }), ShapeError);
    expectAllThrow(comm, () => xp.lexsort(x as never), ArgumentError);
    if (comm.size > 1) {
      const masked = DistributedArray.ones([6], { mask: Array.from({ length: comm.size }, (_, r) => r % 2) });
      expectAllThrow(comm, () => xp.sort(masked), PartitionError);
      const moved = x.redistribute(1);
      expectAllThrow(comm, () => xp.lexsort([x, moved]), PartitionError);
    }
  });
});

group('unique', () => {
  /** What NumPy's unique returns of elements. */
  function expectedUnique(x: NDArray): { index: number[]; inverse: number[]; counts: number[] } {
    const order = expectedOrder([x.ravel()], 0);
    const elements = elementsOf(x);
    const isUnknown = (v: readonly number[]): boolean => v.some(Number.isNaN);
    const [index, counts]: [number[], number[]] = [[], []];
    const inverse = new Array<number>(x.size);
    order.forEach((at, i) => {
      const [a, b] = [elements[at] as number[], elements[order[i - 1] as number]];
      const isSame = b !== undefined && (compare(a, b) === 0 || (isUnknown(a) && isUnknown(b)));
      if (!isSame) {
        index.push(at);
        counts.push(0);
      }
      counts[counts.length - 1] = (counts.at(-1) as number) + 1;
      inverse[at] = index.length - 1;
    });
    return { index, inverse, counts };
  }
  const ALL = { returnIndex: true, returnInverse: true, returnCounts: true } as const;

  distributed('finds values, first places, numbers and counts', ({ comm, dtypes }) => {
    for (const shape of [[37], [5, 6], [0]])
      eachOperand(['bool', ...dtypes].toReversed() as DType[], shape, comm.size, (dtype, layouts) => {
        const x = valuesOf(dtype, shape);
        const expected = expectedUnique(x);
        const check = (results: readonly Either[], alone: Either): void => {
          const [values, index, inverse, counts] = results.map(whole) as [NDArray, NDArray, NDArray, NDArray];
          expect(Array.from(index.toHost())).to.deep.equal(expected.index);
          expect(Array.from(inverse.toHost())).to.deep.equal(expected.inverse);
          expect(inverse.shape).to.deep.equal(shape);
          expect(Array.from(counts.toHost())).to.deep.equal(expected.counts);
          expect(values.dtype).to.equal(dtype);
          const elements = elementsOf(x);
          for (const list of [values, whole(alone)])
            elementsOf(list).forEach((v, k) => {
              expect(compare(v, elements[expected.index[k] as number] as number[])).to.equal(0);
            });
          expect(whole(alone).shape).to.deep.equal([expected.index.length]);
        };
        check(xp.unique(x, ALL), xp.unique(x));
        for (const layout of layouts) {
          const y = placed(x, layout, comm);
          check(xp.unique(y, ALL), xp.unique(y));
        }
      });
  });

  distributed('compares slices along an axis', ({ comm, backend }) => {
    const x = NDArray.array(
      [
        [1, 0, 0],
        [1, 0, 0],
        [2, 3, 4],
        [0, 5, 1],
        [2, 3, 4],
        [1, 0, -1],
      ],
      { backend },
    );
    const rows = [
      [0, 5, 1],
      [1, 0, -1],
      [1, 0, 0],
      [2, 3, 4],
    ];
    const columns = x.transpose();
    for (const layout of [undefined, ...layoutsOf(x.shape, comm.size)]) {
      const y = layout ? placed(x, layout, comm) : x;
      const [values, index, inverse, counts] = xp.unique(y, { ...ALL, axis: 0 }).map(whole) as NDArray[];
      expect(values?.toArray()).to.deep.equal(rows);
      expect(index?.toArray()).to.deep.equal([3, 5, 0, 2]);
      expect(inverse?.toArray()).to.deep.equal([2, 2, 3, 0, 3, 1]);
      expect(counts?.toArray()).to.deep.equal([1, 1, 2, 2]);
      if (layout) continue;
      expect(xp.unique(columns, { axis: 1 }).transpose().toArray()).to.deep.equal(rows);
    }
    expect(xp.unique(NDArray.zeros([3, 0]), { axis: 0 }).shape).to.deep.equal([1, 0]);
    expect(xp.unique(NDArray.ones([2, 3, 2]), { axis: 1 }).shape).to.deep.equal([2, 1, 2]);
    expect(() => xp.unique(x, { returnIndex: 1 as never })).to.throw(ArgumentError, 'returnIndex');
  });

  distributed('complex numbers are compared as wholes', { ranks: [1, 2] }, ({ comm, dtypes }) => {
    for (const dtype of dtypes.filter(isComplex)) {
      const x = valuesOf(dtype, [40]);
      const y = placed(x, layoutsOf([40], comm.size)[0] as never, comm);
      expectSameBits(xp.unique(y).asArray(), xp.unique(x));
    }
    expect(() => xp.unique('abc' as never)).to.throw(ArgumentError);
  });
});
