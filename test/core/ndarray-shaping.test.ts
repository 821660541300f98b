import { expect } from 'chai';
import fc from 'fast-check';
import { concatenate, stack } from '../../src/core/array/array-functions.js';
import type { Nested } from '../../src/core/array/host-values.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { isComplex } from '../../src/core/base/dtype.js';
import { ArgumentError, BackendError, DTypeError, ShapeError } from '../../src/core/base/errors.js';
import { product } from '../../src/core/base/shape.js';
import type { Index } from '../../src/core/base/slice.js';
import { CpuBackend } from '../../src/cpu/cpu-backend.js';
import { at, dtypesOf, element, flat, indices, numbered, numeric, onEveryBackend, shapes } from './arrays.js';

/**
 * The positions that an index selects, computed step by step as Python does. Undefined for an
 * integer.
 */
function positions(index: Index, n: number): number[] {
  if (typeof index === 'number') return [index < 0 ? index + n : index];
  const [start, end, step = 1] = index ?? [];
  const s = step ?? 1;
  const all = Array.from({ length: n }, (_, i) => i);
  const within = (i: number) => {
    const [a, b] = [start, end].map((v) => (v == null ? undefined : v < 0 ? v + n : v));
    return s > 0
      ? (a === undefined || i >= a) && (b === undefined || i < b)
      : (a === undefined || i <= a) && (b === undefined || i > b);
  };
  const walk = (s > 0 ? all : all.reverse()).filter(within);
  return walk.filter((_, k) => k % Math.abs(s) === 0);
}

const indexOf = (n: number): fc.Arbitrary<Index> => {
  const bound = fc.option(fc.integer({ min: -n - 2, max: n + 2 }), { nil: null });
  const ranges = fc.tuple(bound, bound, fc.constantFrom(null, 1, 1, 2, 3, -1, -2));
  const choices: fc.Arbitrary<Index>[] = [ranges, fc.constant(null)];
  if (n > 0) choices.push(fc.integer({ min: -n, max: n - 1 }));
  return fc.oneof(...choices);
};

const indexed = shapes().chain((shape) =>
  fc.tuple(
    fc.constant(shape),
    fc.integer({ min: 0, max: shape.length }).chain((k) => fc.tuple(...shape.slice(0, k).map(indexOf))),
  ),
);

/** The shape and the source places of a region, computed with {@link positions}. */
function expectedRegion(
  shape: readonly number[],
  index: readonly Index[],
): { shape: number[]; places: number[][] } {
  const lists = shape.map((n, k) => positions(index[k] ?? null, n));
  const places = lists.reduce<number[][]>(
    (all, list) => all.flatMap((place) => list.map((i) => [...place, i])),
    [[]],
  );
  return { shape: lists.filter((_, k) => typeof index[k] !== 'number').map((l) => l.length), places };
}

onEveryBackend('shapes of NDArray', (backend) => {
  it('slices as NumPy', () => {
    fc.assert(
      fc.property(indexed, dtypesOf(backend()), ([shape, index], dtype) => {
        const x = numbered(shape, dtype);
        const expected = expectedRegion(shape, index);
        const y = x.slice(...index);
        expect(y.shape).to.deep.equal(expected.shape);
        const whole = x.toArray();
        expect(flat(y.toArray())).to.deep.equal(expected.places.map((place) => at(whole, place)));
      }),
      { numRuns: 200 },
    );
  });
  it('assigns to slices, broadcasting', () => {
    fc.assert(
      fc.property(
        indexed,
        dtypesOf(backend()),
        fc.nat(),
        fc.boolean(),
        ([shape, index], dtype, bits, withScalar) => {
          const x = numbered(shape, dtype);
          const expected = expectedRegion(shape, index);
          // some axes of the value have length 1, and some of the leading axes are missing
          const small = expected.shape
            .map((n, k) => ((bits >> k) & 1 ? 1 : n))
            .slice(expected.shape.length > 0 && bits % 3 === 0 ? 1 : 0);
          const value = withScalar ? element(dtype, 50) : numbered(small, dtype).add(100);
          const model = flat(x.toArray());
          const flatPlace = (place: readonly number[]) =>
            place.reduce((sum, i, k) => sum * (shape[k] as number) + i, 0);
          indices(expected.shape).forEach((target, k) => {
            const skip = target.length - small.length;
            const source = small.map((n, j) => (n === 1 ? 0 : (target[skip + j] as number)));
            model[flatPlace(expected.places[k] as number[])] =
              value instanceof NDArray ? at(value.toArray(), source) : value;
          });
          expect(x.set(index, value)).to.equal(x);
          expect(flat(x.toArray())).to.deep.equal(model);
        },
      ),
      { numRuns: 200 },
    );
  });
  it('copies first where source and target of an assignment overlap', () => {
    const x = NDArray.arange(6);
    x.set([[1, 6]], x.slice([0, 5]));
    expect(x.toArray()).to.deep.equal([0, 0, 1, 2, 3, 4]);
    x.set([[null, null, -1]], x);
    expect(x.toArray()).to.deep.equal([4, 3, 2, 1, 0, 0]);
  });
  it('reads and writes single elements', () => {
    for (const dtype of numeric(backend())) {
      const x = numbered([2, 3], dtype);
      expect(x.get(1, -1)).to.deep.equal(element(dtype, 5));
      x.set([1, 0], 4);
      expect(x.get(1, 0)).to.deep.equal(isComplex(dtype) ? { re: 4, im: 0 } : 4);
      expect(NDArray.full([], 3, { dtype }).get()).to.deep.equal(isComplex(dtype) ? { re: 3, im: 0 } : 3);
    }
  });
  it('reshapes, with one size that is computed', () => {
    const x = NDArray.arange(24);
    expect(x.reshape([2, -1, 4]).shape).to.deep.equal([2, 3, 4]);
    expect(x.reshape([4, 6]).ravel().toArray()).to.deep.equal(x.toArray());
    expect(NDArray.zeros([0, 3]).reshape([3, -1]).shape).to.deep.equal([3, 0]);
    expect(x.reshape([1, 24, 1]).squeeze().shape).to.deep.equal([24]);
    expect(x.reshape([1, 24, 1]).squeeze(-1).shape).to.deep.equal([1, 24]);
    expect(x.expandDims(-1).shape).to.deep.equal([24, 1]);
    for (const wrong of [[5, -1], [-1, -1], [25], [2, 1.5], [Number.NaN]])
      expect(() => x.reshape(wrong), `${wrong}`).to.throw(ShapeError);
    expect(() => x.squeeze(0)).to.throw(ShapeError, 'length 1');
  });
  it('transposes as NumPy', () => {
    fc.assert(
      fc.property(
        shapes().chain((shape) =>
          fc.tuple(
            fc.constant(shape),
            fc.shuffledSubarray(
              shape.map((_, k) => k),
              { minLength: shape.length },
            ),
          ),
        ),
        dtypesOf(backend()),
        ([shape, axes], dtype) => {
          const x = numbered(shape, dtype);
          const y = x.transpose(axes);
          const to = axes.map((a) => shape[a] as number);
          expect(y.shape).to.deep.equal(to);
          const whole = x.toArray();
          const source = (place: readonly number[]) => shape.map((_, k) => place[axes.indexOf(k)] as number);
          expect(flat(y.toArray())).to.deep.equal(indices(to).map((place) => at(whole, source(place))));
          if (shape.length === 2)
            expect(x.transpose().toArray()).to.deep.equal(x.transpose([1, 0]).toArray());
        },
      ),
    );
    expect(() => NDArray.zeros([2, 3]).transpose([0])).to.throw(ShapeError, 'all 2 axes');
    expect(() => NDArray.zeros([2, 3]).transpose([0, 0])).to.throw(ShapeError, 'distinct');
  });
  it('flips, rolls, pads and takes as NumPy', () => {
    const x = NDArray.arange(6).reshape([2, 3]);
    expect(x.flip().toArray()).to.deep.equal([
      [5, 4, 3],
      [2, 1, 0],
    ]);
    expect(x.flip(-1).toArray()).to.deep.equal([
      [2, 1, 0],
      [5, 4, 3],
    ]);
    expect(x.roll(1).toArray()).to.deep.equal([
      [5, 0, 1],
      [2, 3, 4],
    ]);
    expect(x.roll(-4, 1).toArray()).to.deep.equal([
      [1, 2, 0],
      [4, 5, 3],
    ]);
    expect(NDArray.zeros([0]).roll(2).shape).to.deep.equal([0]);
    expect(
      x
        .pad(
          [
            [0, 1],
            [1, 0],
          ],
          9,
        )
        .toArray(),
    ).to.deep.equal([
      [9, 0, 1, 2],
      [9, 3, 4, 5],
      [9, 9, 9, 9],
    ]);
    expect(x.take([2, 0, -1], 1).toArray()).to.deep.equal([
      [2, 0, 2],
      [5, 3, 5],
    ]);
    expect(x.take([5, 1]).toArray()).to.deep.equal([5, 1]);
    expect(x.take([], 0).shape).to.deep.equal([0, 3]);
    expect(x.broadcastTo([2, 2, 3]).toArray()).to.deep.equal([
      [
        [0, 1, 2],
        [3, 4, 5],
      ],
      [
        [0, 1, 2],
        [3, 4, 5],
      ],
    ]);
    expect(NDArray.array(4).broadcastTo(2).toArray()).to.deep.equal([4, 4]);
    expect(() => x.take([3], 1)).to.throw(ShapeError, 'position 3');
    expect(() => x.pad([[1, 1]])).to.throw(ShapeError);
    expect(() => x.roll(0.5)).to.throw(ArgumentError);
    expect(() => x.broadcastTo([3, 2])).to.throw(ShapeError);
  });
  it('concatenates and stacks as NumPy', () => {
    fc.assert(
      fc.property(
        shapes(3, 1),
        fc.nat(2),
        fc.array(fc.nat(3), { minLength: 1, maxLength: 4 }),
        dtypesOf(backend()),
        (other, where, lengths, dtype) => {
          const axis = Math.min(where, other.length);
          const parts = lengths.map((n) => numbered(other.toSpliced(axis, 0, n), dtype));
          const y = concatenate(parts, axis);
          expect(y.shape).to.deep.equal(
            other.toSpliced(
              axis,
              0,
              lengths.reduce((a, b) => a + b),
            ),
          );
          let start = 0;
          parts.forEach((part, k) => {
            const end = start + (lengths[k] as number);
            expect(y.slice(...other.slice(0, axis).map(() => null), [start, end]).toArray()).to.deep.equal(
              part.toArray(),
            );
            start = end;
          });
          const slabs = stack([numbered(other, dtype), numbered(other, dtype)], axis);
          expect(slabs.shape).to.deep.equal(other.toSpliced(axis, 0, 2));
          expect(flat(slabs.slice(...other.slice(0, axis).map(() => null), 1).toArray())).to.deep.equal(
            flat(numbered(other, dtype).toArray()),
          );
        },
      ),
      { numRuns: 50 },
    );
    expect(() => concatenate([])).to.throw(ArgumentError);
    expect(() => concatenate([NDArray.zeros([2, 2]), NDArray.zeros([2, 3])], 0)).to.throw(ShapeError);
    expect(() => stack([NDArray.zeros([2]), NDArray.zeros([3])])).to.throw(ShapeError);
    expect(() =>
      concatenate([NDArray.zeros([2]), NDArray.zeros([2], { backend: new CpuBackend({ name: 'other' }) })]),
    ).to.throw(BackendError);
  });
  it('refuses wrong indices and axes', () => {
    const x = NDArray.zeros([2, 3]);
    const wrong: (() => unknown)[] = [
      () => x.slice(2),
      () => x.slice(0, -4),
      () => x.slice(Number.NaN),
      () => x.slice(0.5),
      () => x.slice([0, 1, 0]),
      () => x.slice([Number.NaN]),
      () => x.slice(0, 0, 0),
      () => x.slice('0' as never),
      () => x.get(0),
      () => x.get(0, [0] as never),
      () => x.set([5, 0], 1),
      () => x.flip(2),
      () => x.flip(Number.NaN),
      () => x.sum(Number.NaN),
      () => x.sum(2),
      () => x.sum([0, 0]),
      () => x.cumsum(-3),
      () => x.cumprod(-3),
      () => x.roll(1, 7),
      () => x.take([0], 2),
      () => x.argmax(Number.NaN),
      () => x.norm(2, Number.NaN),
      () => x.set([null], NDArray.zeros([4])),
    ];
    for (const call of wrong) expect(call, String(call)).to.throw(ShapeError);
    expect(() => x.set([0], [1, 2, 3] as never)).to.throw(ArgumentError, 'NDArray.array');
  });
  it('refuses values that do not fit', () => {
    const dtypes = backend().dtypes;
    if (dtypes.includes('complex128')) {
      const x = NDArray.zeros([2], { dtype: 'float64' });
      expect(() => x.set([0], { re: 1, im: 1 })).to.throw(DTypeError);
      expect(() => x.set([null], NDArray.zeros([2], { dtype: 'complex128' }))).to.throw(DTypeError);
      expect(() => x.set([null], NDArray.zeros([2], { dtype: 'float32' }))).to.throw(DTypeError, 'astype');
      expect(
        NDArray.zeros([2], { dtype: 'complex128' })
          .set([null], NDArray.ones([2]))
          .toArray(),
      ).to.deep.equal([
        { re: 1, im: 0 },
        { re: 1, im: 0 },
      ]);
    }
    if (dtypes.includes('int32'))
      expect(() => NDArray.zeros([2], { dtype: 'int32' }).set([0], 0.5)).to.throw(DTypeError);
  });
  it('converts to nested lists of every depth', () => {
    const nested: Nested = [
      [[1], [2]],
      [[3], [4]],
      [[5], [6]],
    ];
    expect(NDArray.array(nested).toArray()).to.deep.equal(nested);
    expect(product(NDArray.array(nested).shape)).to.equal(6);
  });
});
