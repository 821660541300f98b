import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { ArgumentError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { product, type Shape } from '../../src/core/base/shape.js';
import {
  type IndexBox,
  intersect,
  Layout,
  splitCount,
  splitStart,
} from '../../src/core/distributed/layout.js';

const shapes = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 3 });
const rankCounts = fc.integer({ min: 1, max: 12 });

/** The number of owners of each element of the global array. */
function owners(layout: Layout): number[] {
  const counts = new Array<number>(layout.size).fill(0);
  for (let rank = 0; rank < layout.ranks; rank++) {
    for (const i of elements(layout.box(rank), layout.globalShape)) counts[i] = (counts[i] as number) + 1;
  }
  return counts;
}

function elements({ start, shape }: IndexBox, globalShape: Shape): number[] {
  return shape.reduce<number[]>(
    (list, n, k) =>
      list.flatMap((at) =>
        Array.from({ length: n }, (_, i) => at * (globalShape[k] as number) + (start[k] as number) + i),
      ),
    [0],
  );
}

/** Sizes whose sum is n. */
const cuts = (n: number, parts: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 0, max: n }), { minLength: parts - 1, maxLength: parts - 1 }).map((places) => {
    const bounds = [0, ...places.sort((a, b) => a - b), n];
    return bounds.slice(1).map((b, i) => b - (bounds[i] as number));
  });

describe('Layout', () => {
  it('splits as evenly as possible, with one more in the first parts', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 70 }), (n, parts) => {
        const counts = Array.from({ length: parts }, (_, k) => splitCount(n, parts, k));
        expect(Math.max(...counts) - Math.min(...counts)).to.be.at.most(1);
        expect(counts).to.deep.equal([...counts].sort((a, b) => b - a));
        let at = 0;
        for (let k = 0; k < parts; k++) {
          expect(splitStart(n, parts, k)).to.equal(at);
          at += counts[k] as number;
        }
        expect(at).to.equal(n);
      }),
    );
  });

  it('has the local shapes of the golden table', () => {
    const url = new URL('../../../test/golden/array/local_split/case.json', import.meta.url);
    const { expected } = JSON.parse(readFileSync(url, 'utf8')) as {
      expected: {
        table: { global_shape: number[]; axis: number; nranks: number; local_shapes: number[][] }[];
      };
    };
    expect(expected.table.length).to.be.above(10);
    for (const row of expected.table) {
      expect(
        Layout.split(row.global_shape, row.nranks, row.axis).localShapes,
        JSON.stringify(row),
      ).to.deep.equal(row.local_shapes);
    }
  });

  it('assigns every element to one rank, along any axis', () => {
    fc.assert(
      fc.property(shapes, rankCounts, fc.nat(2), (shape, ranks, k) => {
        const axis = k % shape.length;
        const layout = Layout.split(shape, ranks, axis);
        expect(layout.axis).to.equal(axis);
        expect(layout.equals(Layout.split(shape, ranks, axis - shape.length))).to.equal(true);
        expect(owners(layout).every((n) => n === 1)).to.equal(true);
      }),
    );
  });

  it(
    'tiles: every element belongs to one rank, over process grids and uneven blocks; ranks beyond the ' +
      'grid own nothing',
    () => {
      const cases = fc
        .array(fc.tuple(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 1, max: 3 })), {
          minLength: 1,
          maxLength: 3,
        })
        .chain((axes) =>
          fc.tuple(
            fc.constant(axes),
            fc.tuple(...axes.map(([n, g]) => fc.option(cuts(n, g), { nil: undefined }))),
            fc.nat(3),
          ),
        );
      fc.assert(
        fc.property(cases, ([axes, extents, idle]) => {
          const shape = axes.map(([n]) => n);
          const grid = axes.map(([, g]) => g);
          const ranks = product(grid) + idle;
          for (const layout of [Layout.grid(shape, ranks, grid), Layout.tiles(shape, ranks, grid, extents)]) {
            expect(owners(layout).every((n) => n === 1)).to.equal(true);
            for (let r = product(grid); r < ranks; r++) expect(layout.localSize(r)).to.equal(0);
          }
          // row-major order: the last axis varies fastest
          const tiles = Layout.tiles(shape, ranks, grid, extents);
          if ((grid.at(-1) as number) > 1)
            expect(tiles.box(1).start.at(-1)).to.equal(tiles.box(0).shape.at(-1));
        }),
      );
    },
  );

  it('accepts local shapes as they are, and computes their places', () => {
    const cases = fc
      .tuple(shapes, rankCounts, fc.nat(2))
      .chain(([shape, ranks, k]) =>
        fc.tuple(
          fc.constant(shape),
          fc.constant(k % shape.length),
          cuts(shape[k % shape.length] as number, ranks),
        ),
      );
    fc.assert(
      fc.property(cases, ([shape, axis, sizes]) => {
        const local = sizes.map((n) => shape.map((m, k) => (k === axis ? n : m)));
        const layout = Layout.fromLocalShapes(local, axis, shape);
        expect(layout.localShapes).to.deep.equal(local);
        expect(layout.globalShape).to.deep.equal(shape);
        expect(owners(layout).every((n) => n === 1)).to.equal(true);
        const even = Layout.split(shape, sizes.length, axis);
        expect(layout.equals(even)).to.equal(
          JSON.stringify(layout.localShapes) === JSON.stringify(even.localShapes),
        );
      }),
    );
  });

  it('has the whole array on every rank where it is replicated', () => {
    const layout = Layout.replicated([3, 2], 3);
    expect(owners(layout)).to.deep.equal([3, 3, 3, 3, 3, 3]);
    expect(layout.replicated).to.equal(true);
    expect(layout.equals(Layout.split([3, 2], 3))).to.equal(false);
    expect(
      Layout.replicated([3, 2], 1).equals(Layout.split([3, 2], 1)),
      'no special case for one rank',
    ).to.equal(false);
  });

  it('concatenates blocks that have no place in a global array', () => {
    const layout = Layout.concatenated([[2, 3], [0], [4]]);
    expect(layout.globalShape).to.deep.equal([10]);
    expect(layout.localShapes).to.deep.equal([[2, 3], [0], [4]]);
    expect([0, 1, 2].map((r) => layout.box(r))).to.deep.equal([
      { start: [0], shape: [6] },
      { start: [6], shape: [0] },
      { start: [6], shape: [4] },
    ]);
  });

  it('intersects boxes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(5), fc.nat(5), fc.nat(5), fc.nat(5)), { minLength: 1, maxLength: 3 }),
        (axes) => {
          const a = { start: axes.map((x) => x[0]), shape: axes.map((x) => x[1]) };
          const b = { start: axes.map((x) => x[2]), shape: axes.map((x) => x[3]) };
          const whole = axes.map(() => 11);
          const common = elements(a, whole).filter((i) => new Set(elements(b, whole)).has(i));
          const shared = intersect(a, b);
          expect(shared ? elements(shared, whole) : []).to.deep.equal(common);
          expect(shared === undefined).to.equal(common.length === 0);
        },
      ),
    );
  });

  it('aligns to rows where all parts are whole rows', () => {
    expect(Layout.split([12], 3).alignsTo(4)).to.equal(true);
    expect(Layout.split([12], 3).alignsTo(3)).to.equal(false);
    expect(Layout.fromLocalShapes([[6], [0], [3]]).alignsTo(3)).to.equal(true);
    expect(Layout.replicated([12], 3).alignsTo(5)).to.equal(true);
    expect(Layout.split([3, 4], 3).alignsTo(4)).to.equal(false);
  });

  it('refuses arguments that do not fit', () => {
    expect(() => Layout.split([], 2)).to.throw(ShapeError, '[]');
    expect(() => Layout.split([3, -1], 2)).to.throw(ShapeError);
    expect(() => Layout.split([3, 1.5], 2)).to.throw(ShapeError);
    expect(() => Layout.split([3, 4], 2, 2)).to.throw(ShapeError, 'axis');
    expect(() => Layout.split([3, 4], 2, Number.NaN)).to.throw(ShapeError, 'NaN');
    expect(() => Layout.split([3, 4], 0)).to.throw(ArgumentError, '0');
    expect(() => Layout.grid([3, 4], 4, [2])).to.throw(PartitionError, '2 positive integers');
    expect(() => Layout.grid([3, 4], 4, [2, 0])).to.throw(PartitionError);
    expect(() => Layout.grid([3, 4], 4, [2, 3])).to.throw(PartitionError, 'needs 6 ranks, there are 4');
    expect(() => Layout.tiles([3, 4], 2, [2, 1], [[2, 2], undefined])).to.throw(
      PartitionError,
      'add up to 4, expected 3',
    );
    expect(() => Layout.tiles([3, 4], 2, [2, 1], [[3], undefined])).to.throw(
      PartitionError,
      '2 non-negative',
    );
    expect(() => Layout.tiles([3, 4], 2, [2, 1], [[4, -1], undefined])).to.throw(
      PartitionError,
      'non-negative',
    );
    expect(() => Layout.fromLocalShapes([])).to.throw(PartitionError);
    expect(() =>
      Layout.fromLocalShapes([
        [2, 3],
        [2, 4],
      ]),
    ).to.throw(PartitionError, 'rank 1 [2, 4]');
    expect(() => Layout.fromLocalShapes([[2, 3], [2]])).to.throw(PartitionError, 'rank 1');
    expect(() => Layout.fromLocalShapes([[2], [2, 3]])).to.throw(PartitionError, 'rank 1');
    expect(() => Layout.fromLocalShapes([[2], [2]], 0, [5])).to.throw(
      PartitionError,
      'add up to [4], expected [5]',
    );
    expect(() => Layout.split([3], 2).box(2)).to.throw(ArgumentError, '2');
    expect(() => Layout.split([3], 2).localShape(-1)).to.throw(ArgumentError);
  });
});
