import { expect } from 'chai';
import type { EitherArray, IndexEntry } from '../../src/array/index.js';
import * as xp from '../../src/array/index.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import type { Scalar } from '../../src/core/base/complex.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { product } from '../../src/core/base/shape.js';
import { type Range, resolveRange } from '../../src/core/base/slice.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { distributed, group } from '../support/distributed.js';
import { MORE, SEED } from '../support/draws.js';
import { expectSameBits } from '../support/expect-close.js';
import { expectAllThrow, layoutsOf, NOTHING, placed, traffic } from '../support/vectors.js';

/** A number below n: the same draws on all ranks. */
function drawer(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

const ints = (values: number[], shape: number[] = [values.length]): NDArray =>
  NDArray.array(values, { dtype: 'int32' }).reshape(shape);
const whole = (y: EitherArray | Scalar): NDArray | Scalar =>
  y instanceof DistributedArray ? y.asArray() : (y as NDArray | Scalar);

/** A random range, with negative steps and ends outside of the axis. */
function rangeOf(draw: (n: number) => number, n: number): Range {
  const end = (): number | null => (draw(3) === 0 ? null : draw(2 * n + 4) - n - 2);
  return [end(), end(), [1, 1, 2, 3, -1, -2][draw(6)] as number];
}

/** A random index of an array of a shape: with index arrays if `lists`. */
function indexOf(draw: (n: number) => number, shape: readonly number[], lists: boolean): IndexEntry[] {
  const width = [[2], [3, 2], [1, 2]][draw(3)] as number[];
  const entries = shape.map((n): IndexEntry => {
    const kind = draw(lists ? 5 : 3);
    if (kind === 0) return draw(2 * n) - n;
    if (kind <= 2) return draw(4) === 0 ? ':' : rangeOf(draw, n);
    const own = draw(3) === 0 ? width.slice(-1) : width;
    return ints(
      Array.from({ length: product(own) }, () => draw(2 * n) - n),
      own,
    );
  });
  const kept = draw(3) === 0 ? entries.slice(0, draw(shape.length + 1)) : entries;
  if (draw(4) === 0) kept.splice(kept.length < shape.length ? kept.length : draw(kept.length + 1), 0, '...');
  if (draw(4) === 0) kept.splice(draw(kept.length + 1), 0, null);
  return kept;
}

/** Nested lists of elements at a basic index. */
function pick(list: unknown, index: readonly IndexEntry[]): unknown {
  const [entry, ...rest] = index;
  if (entry === undefined) return list;
  if (entry === null) return [pick(list, rest)];
  const items = list as unknown[];
  if (typeof entry === 'number') return pick(items.at(entry), rest);
  const [first, count, step] = resolveRange(entry === ':' ? [] : (entry as Range), items.length);
  return Array.from({ length: count }, (_, i) => pick(items[first + i * step], rest));
}

group('indices', () => {
  distributed('keep the signs of zeros', { ranks: [1] }, () => {
    const x = NDArray.array([0, -0, 1]);
    const taken = xp.take(x, [1, 0, 1]).toHost();
    expect(Array.from(taken, (v) => 1 / v)).to.deep.equal([-Infinity, Infinity, -Infinity]);
  });

  distributed('of integers and ranges select as on nested lists', { ranks: [1] }, () => {
    const draw = drawer(SEED);
    const shape = [4, 3, 5];
    const x = NDArray.arange(60, { dtype: 'int32' }).reshape(shape);
    for (let i = 0; i < 200 * MORE; i++) {
      const index = indexOf(draw, shape, false).filter((entry) => entry !== '...');
      const wanted = pick(x.toArray(), index);
      const received = xp.getItem(x, index);
      const values = received instanceof NDArray ? received.toArray() : received;
      expect(values, JSON.stringify(index)).to.deep.equal(wanted);
    }
  });

  distributed('of arrays select element by element', { ranks: [1] }, () => {
    const x = NDArray.arange(60, { dtype: 'int32' }).reshape([4, 3, 5]);
    const [a, b, c] = [ints([0, 3, -1, 2]), ints([2, 0, 1, 1]), ints([4, 4, 0, -2])];
    const at = (i: number): [number, number, number] =>
      [a.get(i), b.get(i), c.get(i)] as [number, number, number];
    const places = (i: number): number[] => at(i).map((p, k) => (p < 0 ? p + ([4, 3, 5][k] as number) : p));
    const pointwise = xp.getItem(x, [a, b, c]) as NDArray;
    expect(pointwise.toArray()).to.deep.equal([0, 1, 2, 3].map((i) => x.get(...places(i))));
    // Apart from one another, they come first; together, they keep their place
    expect((xp.getItem(x, [a, ':', c]) as NDArray).shape).to.deep.equal([4, 3]);
    expect((xp.getItem(x, [':', b, c]) as NDArray).shape).to.deep.equal([4, 4]);
    expect((xp.getItem(x, [null, ':', 1, c]) as NDArray).shape).to.deep.equal([1, 4, 4]);
    expect((xp.getItem(x, [1, ':', c]) as NDArray).shape).to.deep.equal([4, 3]);
    const mask = x.greater(40) as NDArray;
    const values = Array.from(x.toHost());
    expect((xp.getItem(x, [mask]) as NDArray).toArray()).to.deep.equal(values.filter((v) => v > 40));
    const rows = NDArray.array([true, false, true, false]);
    expect((xp.getItem(x, [rows, 1]) as NDArray).toArray()).to.deep.equal([
      [5, 6, 7, 8, 9],
      [35, 36, 37, 38, 39],
    ]);
  });

  distributed('select of any layout as on one rank', { timeout: 240_000 }, ({ comm, dtypes }) => {
    const draw = drawer(SEED + 1);
    for (const shape of [[7], [5, 4], [3, 4, 2]]) {
      const x = NDArray.arange(product(shape), { dtype: 'int32' }).reshape(shape);
      for (const layout of layoutsOf(shape, comm.size)) {
        const y = placed(x.astype(dtypes.includes('float32') ? 'float32' : 'int32'), layout, comm);
        for (let i = 0; i < 12 * MORE; i++) {
          const index = indexOf(draw, shape, i % 2 === 1);
          const wanted = xp.getItem(x, index);
          const received = whole(xp.getItem(y, index));
          const what = `${JSON.stringify(index)} of ${layout}`;
          if (!(wanted instanceof NDArray)) expect(received, what).to.equal(wanted);
          else expectSameBits((received as NDArray).astype('int32'), wanted, { what });
        }
        const flags = xp.equal(xp.remainder(x, 3), 1) as NDArray;
        const spread = placed(flags, layout, comm);
        const chosen = whole(xp.getItem(y, [spread])) as NDArray;
        expectSameBits(chosen.astype('int32'), xp.getItem(x, [flags]) as NDArray, {
          what: `a mask of ${layout}`,
        });
      }
    }
  });

  distributed('assign in any layout as on one rank', { timeout: 240_000 }, ({ comm }) => {
    const draw = drawer(SEED + 2);
    for (const shape of [[7], [5, 4], [3, 4, 2]]) {
      const x = NDArray.arange(product(shape), { dtype: 'int32' }).reshape(shape);
      for (const layout of layoutsOf(shape, comm.size)) {
        for (let i = 0; i < 12 * MORE; i++) {
          const index = indexOf(draw, shape, i % 2 === 1);
          const places = xp.getItem(x, index);
          const count = places instanceof NDArray ? places.shape : [];
          const value =
            i % 3 === 0
              ? -5
              : ints(
                  Array.from({ length: product(count) }, (_, k) => -k - 1),
                  [...count],
                );
          const what = `${JSON.stringify(index)} of ${layout}`;
          const list = Array.from(x.toHost());
          const at = places instanceof NDArray ? Array.from(places.toHost()) : [places as number];
          at.forEach((p, k) => {
            list[p] = typeof value === 'number' ? value : -k - 1;
          });
          const wanted = ints(list, [...shape]);
          expectSameBits(xp.setItem(x.copy(), index, value), wanted, { what });
          expectSameBits(xp.setItem(placed(x, layout, comm), index, value).asArray(), wanted, { what });
        }
        const flags = xp.equal(xp.remainder(x, 3), 1) as NDArray;
        const wanted = xp.setItem(x.copy(), [flags], -1);
        const y = xp.setItem(placed(x, layout, comm), [placed(flags, layout, comm)], -1);
        expectSameBits(y.asArray(), wanted, { what: `a mask of ${layout}` });
      }
    }
  });

  distributed(
    'take, repeat, delete and insert in any layout as on one rank',
    { timeout: 240_000 },
    ({ comm, dtypes }) => {
      const calls: Readonly<Record<string, (x: EitherArray) => EitherArray>> = {
        take: (x) => xp.take(x, [3, -1, 0, 0, 2]),
        'take along an axis': (x) =>
          xp.take(
            x,
            [
              [1, -1, 0],
              [2, 2, 1],
            ],
            { axis: 0 },
          ),
        'take one': (x) => xp.take(x, -1, { axis: -1 }),
        'take modulo': (x) => xp.take(x, [-20, 33], { axis: 0, mode: 'wrap' }),
        compress: (x) => xp.compress([true, false, true], x, { axis: 0 }),
        repeat: (x) => xp.repeat(x, 3, { axis: 0 }),
        'repeat flattened': (x) => xp.repeat(x, 2),
        'repeat each': (x) =>
          xp.repeat(
            x,
            Array.from({ length: x.space.shape[0] as number }, (_, i) => i % 3),
            { axis: 0 },
          ),
        delete: (x) => xp.delete(x, [0, -1, 0], { axis: 0 }),
        'delete flattened': (x) => xp.delete(x, 2),
        insert: (x) => xp.insert(x, [1, 0, 1], 7, { axis: 0 }),
        'insert at the end': (x) => xp.insert(x, x.space.shape[0] as number, 7, { axis: 0 }),
        'insert flattened': (x) => xp.insert(x, [1, 3], [8, 9]),
      };
      for (const shape of [[7], [5, 4], [3, 4, 2]]) {
        for (const dtype of dtypes.filter((d) => d !== 'bool')) {
          const x = NDArray.arange(product(shape), { dtype: 'int32' }).reshape(shape).astype(dtype);
          for (const [name, call] of Object.entries(calls)) {
            if (name === 'take one' && shape.length === 1) continue;
            const wanted = call(x) as NDArray;
            for (const layout of dtype === dtypes[0]
              ? layoutsOf(shape, comm.size)
              : layoutsOf(shape, comm.size).slice(0, 1))
              expectSameBits(whole(call(placed(x, layout, comm))) as NDArray, wanted, {
                what: `${name} of ${layout}`,
              });
          }
        }
      }
      const x = ints([1, 2, 3, 4, 5, 6], [2, 3]);
      expect(xp.insert(x, 1, [7, 8], { axis: 1 }).toArray()).to.deep.equal([
        [1, 7, 2, 3],
        [4, 8, 5, 6],
      ]);
      expect(xp.delete(x, NDArray.array([false, true, false]), { axis: 1 }).toArray()).to.deep.equal([
        [1, 3],
        [4, 6],
      ]);
    },
  );

  distributed('send what their comments say', ({ comm, floats }) => {
    const x = DistributedArray.ones([8, 6], { dtype: floats[0] as 'float32' });
    for (const call of [
      () => xp.getItem(x, [':', [1, null, 2]]),
      () => xp.getItem(x, [':', ints([3, 1])]),
      () => xp.take(x, [3, 1], { axis: 1 }),
      () => xp.setItem(x, [[1, 7, 2], 3], 2),
      () => xp.setItem(x, [ints([1, 5]), ints([0, 0])], 2),
    ])
      expect(traffic(comm, call), String(call)).to.deep.equal(NOTHING);
    const sliced = traffic(comm, () => xp.getItem(x, [[1, null]]));
    expect(sliced.messages).to.be.at.most(comm.size - 1);
    expect(sliced.collectives + sliced.reductions).to.equal(0);
    const taken = traffic(comm, () => xp.take(x, [7, 0], { axis: 0 }));
    expect(taken).to.deep.equal({ ...NOTHING, collectives: comm.size > 1 ? 1 : 0 });
  });

  distributed('refuse what does not fit, on all ranks', ({ comm, floats }) => {
    const dtype = floats[0] as 'float32';
    const x = DistributedArray.ones([4, 3], { dtype });
    const mask = DistributedArray.ones([4, 3], { dtype }).greater(0);
    const get =
      (...index: unknown[]): (() => unknown) =>
      () =>
        xp.getItem(x, index as IndexEntry[]);
    const wrong: readonly (readonly [() => unknown, new (message: string) => Error])[] = [
      [get(4), ShapeError],
      [get(0, 0, 0), ShapeError],
      [get('...', '...'), ShapeError],
      [get(ints([0, 4])), ShapeError],
      [get(ints([0, 1]), ints([0, 1, 2])), ShapeError],
      [get(NDArray.array([true, false])), ShapeError],
      [get([0, 1, 0]), ShapeError],
      [get('all'), ArgumentError],
      [get(NDArray.array([0.5])), ArgumentError],
      [get(mask, 0), ArgumentError],
      [() => xp.getItem(x, 1 as never), ArgumentError],
      [() => xp.setItem(x, [0], NDArray.ones([2], { dtype })), ShapeError],
      [() => xp.setItem(1 as never, [0], 1), ArgumentError],
      [() => xp.take(x, [4], { axis: 0 }), ShapeError],
      [() => xp.take(x, [0.5], { axis: 0 }), DTypeError],
      [() => xp.take(x, x, { axis: 0 }), PartitionError],
      [() => xp.compress([[true]], x), ShapeError],
      [() => xp.repeat(x, -1, { axis: 0 }), ArgumentError],
      [() => xp.repeat(x, [1, 2], { axis: 0 }), ShapeError],
      [() => xp.delete(x, 4, { axis: 0 }), ShapeError],
      [() => xp.insert(x, 5, 1, { axis: 0 }), ShapeError],
      [() => xp.insert(x, [0, 1, 2], [1, 2], { axis: 0 }), ShapeError],
    ];
    for (const [call, kind] of wrong) expectAllThrow(comm, call, kind, String(call));
    if (comm.size === 1) return;
    expectAllThrow(comm, () => xp.getItem(NDArray.ones([4, 3], { dtype }), [mask]), PartitionError);
  });
});
