import { expect } from 'chai';
import type { ArrayLike, ArrayPadOptions } from '../../src/array/index.js';
import * as xp from '../../src/array/index.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import type { DType } from '../../src/core/base/dtype.js';
import { ArgumentError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose, expectSameBits } from '../support/expect-close.js';
import { expectAllThrow, layoutsOf, NOTHING, placed, traffic } from '../support/vectors.js';

type Either = NDArray | DistributedArray;
type Call = (x: Either) => unknown;

const whole = (x: Either): NDArray => (x instanceof NDArray ? x : x.asArray());
const listOf = (result: unknown): Either[] => (Array.isArray(result) ? result : [result]) as Either[];

/** Functions that only move elements, of any array. */
const MOVES: Readonly<Record<string, Call>> = {
  ravel: (x) => xp.ravel(x),
  'reshape to a row': (x) => xp.reshape(x, [1, -1]),
  'reshape to a column': (x) => xp.reshape(x, [-1, 1, 1]),
  expandDims: (x) => xp.expandDims(x, [0, -1]),
  'expandDims and squeeze': (x) => xp.squeeze(xp.expandDims(x, [0, -1])),
  transpose: (x) => xp.transpose(x),
  moveaxis: (x) => xp.moveaxis(x, 0, -1),
  swapaxes: (x) => xp.swapaxes(x, 0, -1),
  broadcastTo: (x) => xp.broadcastTo(x, [2, ...x.space.shape]),
  atleast3d: (x) => xp.atleast3d(x),
  'flip along the first axis': (x) => xp.flip(x, { axis: 0 }),
  flip: (x) => xp.flip(x),
  roll: (x) => xp.roll(x, 3),
  'roll along axes': (x) => xp.roll(x, [1, -9], { axis: [0, -1] }),
  tile: (x) => xp.tile(x, 3),
  'tile along axes': (x) => xp.tile(x, [2, 1, 2]),
  concatenate: (x) => xp.concatenate([x, xp.flip(x), x]),
  'concatenate along the last axis': (x) => xp.concatenate([x, x], { axis: -1 }),
  'concatenate flattened': (x) => xp.concatenate([x, x], { axis: null }),
  stack: (x) => xp.stack([x, x]),
  'stack along the last axis': (x) => xp.stack([x, x], { axis: -1 }),
  vstack: (x) => xp.vstack([x, x]),
  dstack: (x) => xp.dstack([x, x]),
  columnStack: (x) => xp.columnStack([x, x]),
  hstack: (x) => xp.hstack([x, x]),
  arraySplit: (x) => xp.arraySplit(x, 3),
  'split at positions': (x) => xp.split(x, [1, 1, -1], { axis: -1 }),
  'pad with edges': (x) => xp.pad(x, [2, 1], { mode: 'edge' }),
  'pad periodically': (x) => xp.pad(x, [9, 7], { mode: 'wrap' }),
  'pad symmetrically': (x) => xp.pad(x, [9, 7], { mode: 'symmetric' }),
  'pad by reflection': (x) => xp.pad(x, [9, 7], { mode: 'reflect' }),
};
const OF_MATRICES: Readonly<Record<string, Call>> = {
  rot90: (x) => xp.rot90(x),
  'rot90 backwards': (x) => xp.rot90(x, -1),
  'rot90 twice': (x) => xp.rot90(x, 2, { axes: [1, 0] }),
};

/** Functions that compute, of arrays of floats. */
const COMPUTED: Readonly<Record<string, Call>> = {
  diff: (x) => xp.diff(x),
  'diff along the first axis': (x) => xp.diff(x, { axis: 0, n: 2 }),
  'diff with more elements': (x) => xp.diff(x, { axis: 0, prepend: 1, append: x }),
  gradient: (x) => xp.gradient(x, 0.5),
  'gradient of second order': (x) => xp.gradient(x, 2, { edgeOrder: 2, axis: 0 }),
  'gradient at positions': (x) =>
    xp.gradient(
      x,
      Array.from({ length: x.space.shape[0] as number }, (_, i) => i * i + i),
      {
        axis: 0,
        edgeOrder: 2,
      },
    ),
  'pad with a constant': (x) => xp.pad(x, 2, { constantValues: [1, 2] }),
  'pad with a ramp': (x) => xp.pad(x, [3, 2], { mode: 'linear_ramp', endValues: -3 }),
  'pad with the mean': (x) => xp.pad(x, 1, { mode: 'mean' }),
  'pad with the mean of the ends': (x) => xp.pad(x, [1, 2], { mode: 'mean', statLength: 2 }),
  'pad by odd reflection': (x) => xp.pad(x, [9, 7], { mode: 'reflect', reflectType: 'odd' }),
  'pad by odd symmetry': (x) => xp.pad(x, [9, 7], { mode: 'symmetric', reflectType: 'odd' }),
};
const INTEGRALS: Readonly<Record<string, Call>> = {
  trapz: (x) => xp.trapz(x, null, { dx: 0.5 }),
  'trapz at positions': (x) =>
    xp.trapz(
      x,
      Array.from({ length: x.space.shape[0] as number }, (_, i) => i * i),
      { axis: 0 },
    ),
};

const SHAPES = [[7], [5, 4], [3, 1, 4]] as const;

/** The places in a list of numbers, in C order, that a function of arrays moves where. */
function expectMoved(name: string, call: Call, x: NDArray): void {
  const places = NDArray.arange(x.size, { dtype: 'int32', backend: x.backend }).reshape(x.shape);
  const from = listOf(call(places)) as NDArray[];
  listOf(call(x)).forEach((y, k) => {
    const taken = x.ravel().take(Array.from((from[k] as NDArray).toHost()));
    expectSameBits(whole(y), taken.reshape((from[k] as NDArray).shape), { what: name });
  });
}

group('functions that rearrange arrays', () => {
  distributed('move elements of any layout as on one rank', { timeout: 240_000 }, ({ comm, dtypes }) => {
    for (const shape of SHAPES) {
      for (const dtype of dtypes) {
        const x = NDArray.normal(shape, {
          dtype: dtype === 'int32' || dtype === 'bool' ? undefined : dtype,
          seed: 3,
        });
        const data = x.dtype === dtype ? x : x.multiply(4).floor().astype('int32').astype(dtype);
        const calls = { ...MOVES, ...(shape.length > 1 ? OF_MATRICES : {}) };
        for (const [name, call] of Object.entries(calls)) {
          if (comm.size === 1) expectMoved(name, call, data);
          const wanted = listOf(call(data)).map(whole);
          const layouts = [...layoutsOf(shape, comm.size), Layout.replicated(shape, comm.size)];
          for (const layout of dtype === dtypes[0] ? layouts : layouts.slice(0, 2)) {
            const results = listOf(call(placed(data, layout, comm)));
            results.forEach((y, k) => {
              expect(y, `${name} ${layout}`).to.be.instanceOf(DistributedArray);
              expectSameBits(whole(y), wanted[k] as NDArray, { what: `${name} of ${dtype}`, layout });
            });
          }
        }
      }
    }
  });

  distributed('compute as on one rank', { timeout: 240_000 }, ({ comm, floats, tolerance }) => {
    for (const shape of [[7], [5, 4]]) {
      for (const dtype of floats) {
        const x = NDArray.normal(shape, { dtype, seed: 3 });
        for (const [name, call] of Object.entries({ ...COMPUTED, ...INTEGRALS })) {
          const wanted = listOf(call(x));
          for (const layout of layoutsOf(shape, comm.size)) {
            listOf(call(placed(x, layout, comm))).forEach((y, k) => {
              const limit = { rtol: 20 * tolerance(dtype), atol: 20 * tolerance(dtype) };
              expectClose(y, wanted[k] as NDArray, limit, { what: name, layout });
            });
          }
        }
      }
    }
  });

  distributed('send what their comments say', ({ comm, floats }) => {
    const dtype = floats[0] as DType;
    const x = DistributedArray.ones([8, 6], { dtype });
    const peers = comm.size - 1;
    for (const call of [
      () => xp.concatenate([x, x], { axis: 1 }),
      () => xp.stack([x, x]),
      () => xp.flip(x, { axis: 1 }),
      () => xp.transpose(x),
      () => xp.expandDims(x, 1),
      () => xp.broadcastTo(x, [3, 8, 6]),
      () =>
        xp.pad(
          x,
          [
            [0, 0],
            [2, 1],
          ],
          { mode: 'reflect' },
        ),
      () => xp.diff(x),
    ])
      expect(traffic(comm, call), String(call)).to.deep.equal(NOTHING);
    for (const call of [
      () => xp.flip(x, { axis: 0 }),
      () => xp.roll(x, 1, { axis: 0 }),
      () => xp.tile(x, [2, 1]),
      () =>
        xp.pad(
          x,
          [
            [2, 2],
            [0, 0],
          ],
          { mode: 'wrap' },
        ),
      () => xp.arraySplit(x, 1),
    ]) {
      const { messages, ...others } = traffic(comm, call);
      expect(messages, String(call)).to.be.at.most(peers);
      expect(others).to.deep.equal({ reductions: 0, collectives: 0 });
    }
  });

  distributed('pad as NumPy', { ranks: [1] }, () => {
    const ints = (values: number[]): NDArray => NDArray.array(values, { dtype: 'int32' });
    const padded = (x: NDArray, width: number | [number, number], options: ArrayPadOptions): unknown =>
      xp.pad(x, width, options).toArray();
    const x = ints([1, 2, 4]);
    expect(padded(x, [5, 4], { mode: 'reflect', reflectType: 'odd' })).to.deep.equal([
      -6, -5, -4, -2, 0, 1, 2, 4, 6, 7, 8, 10,
    ]);
    expect(padded(x, [4, 3], { mode: 'symmetric', reflectType: 'odd' })).to.deep.equal([
      -2, -2, 0, 1, 1, 2, 4, 4, 6, 7,
    ]);
    expect(padded(ints([1, 2, 2]), 1, { mode: 'mean' })).to.deep.equal([2, 1, 2, 2, 2]);
    expect(padded(ints([5, 1, 3]), [1, 2], { mode: 'maximum', statLength: [1, 2] })).to.deep.equal([
      5, 5, 1, 3, 3, 3,
    ]);
    expect(padded(ints([-4]), [1, 3], { mode: 'linear_ramp' })).to.deep.equal([0, -4, -3, -2, 0]);
    expect(padded(ints([49]), [49, 0], { mode: 'linear_ramp' })).to.deep.equal(
      Array.from({ length: 50 }, (_, i) => i),
    );
    expect(padded(NDArray.array([-2.25]), 2, { mode: 'linear_ramp', endValues: 3 })).to.deep.equal([
      3, 0.375, -2.25, 0.375, 3,
    ]);
  });

  distributed('refuse what does not fit, on all ranks', ({ comm, floats }) => {
    const dtype = floats[0] as DType;
    const x = DistributedArray.ones([4, 3], { dtype });
    const other = DistributedArray.ones([4, 3], { dtype, axis: 1 });
    const wrong: readonly (readonly [() => unknown, typeof ShapeError | typeof ArgumentError])[] = [
      [() => xp.concatenate([x, DistributedArray.ones([4, 2], { dtype })]), ShapeError],
      [() => xp.concatenate([]), ArgumentError],
      [() => xp.concatenate([x, undefined as unknown as ArrayLike]), ArgumentError],
      [() => xp.concatenate([x], { axis: 2 }), ShapeError],
      [() => xp.stack([x, DistributedArray.ones([4, 2], { dtype })]), ShapeError],
      [() => xp.split(x, 3), ShapeError],
      [() => xp.split(x, 0), ArgumentError],
      [() => xp.reshape(x, [5, -1]), ShapeError],
      [() => xp.squeeze(x, { axis: 0 }), ShapeError],
      [() => xp.transpose(x, [0, 0]), ShapeError],
      [() => xp.moveaxis(x, [0, 1], 0), ArgumentError],
      [() => xp.broadcastTo(x, [4, 4]), ShapeError],
      [() => xp.roll(x, 0.5), ArgumentError],
      [() => xp.roll(x, [1, 2, 3], { axis: [0, 1] }), ArgumentError],
      [() => xp.rot90(x, 1, { axes: [0, 0] }), ShapeError],
      [() => xp.tile(x, -1), ShapeError],
      [() => xp.pad(x, -1), ShapeError],
      [() => xp.pad(x, 1, { mode: 'mean', statLength: 0 }), ShapeError],
      [() => xp.pad(x, 1, { mode: 'reflect', reflectType: 'odder' as never }), ArgumentError],
      [
        () =>
          xp.pad(x, [
            [1, 1],
            [1, 1],
            [1, 1],
          ]),
        ShapeError,
      ],
      [() => xp.pad(x, 1, { mode: 'mirror' as never }), ArgumentError],
      [() => xp.pad(DistributedArray.ones([0, 2], { dtype }), 1, { mode: 'edge' }), ShapeError],
      [() => xp.diff(x, { n: -1 }), ArgumentError],
      [() => xp.gradient(x, 1, 2, 3), ArgumentError],
      [() => xp.gradient(x, [1, 2], { axis: 0 }), ShapeError],
      [() => xp.gradient(x, { edgeOrder: 3 as never }), ArgumentError],
      [() => xp.gradient(DistributedArray.ones([1, 3], { dtype })), ShapeError],
      [() => xp.trapz(x, [1, 2]), ShapeError],
    ];
    for (const [call, kind] of wrong) expect(call, String(call)).to.throw(kind as typeof ShapeError);
    expectAllThrow(comm, () => xp.concatenate([x, other]), PartitionError);
    const blocks = DistributedArray.ones([4, 3], { dtype, axis: 1 }).ravel();
    if (comm.size > 1) expectAllThrow(comm, () => xp.flip(blocks), PartitionError);
  });
});
