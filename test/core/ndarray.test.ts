import { inspect } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { NDArray, NDArraySpace } from '../../src/core/array/ndarray.js';
import { complexOf, isComplex, isFloat, realOf } from '../../src/core/base/dtype.js';
import { ArgumentError, BackendError, DTypeError, ShapeError } from '../../src/core/base/errors.js';
import { tidy } from '../../src/core/base/scope.js';
import { defaultBackend } from '../../src/core/ports/defaults.js';
import { rdots } from '../../src/core/vector/inner-products.js';
import { CpuBackend } from '../../src/cpu/cpu-backend.js';
import { expectClose } from '../support/expect-close.js';
import { skip } from '../support/skip.js';
import { tolerance } from '../support/tolerance.js';
import { element, flat, numbered, numeric, onEveryBackend } from './arrays.js';

onEveryBackend('NDArray', (backend) => {
  describe('creation', () => {
    it('fills with zeros, ones or a value', () => {
      for (const dtype of numeric(backend())) {
        expect(NDArray.zeros([2, 3], { dtype }).sum()).to.deep.equal(isComplex(dtype) ? { re: 0, im: 0 } : 0);
        expect(NDArray.ones([2, 3], { dtype }).sum()).to.deep.equal(isComplex(dtype) ? { re: 6, im: 0 } : 6);
        expect(NDArray.full(4, 2, { dtype }).shape).to.deep.equal([4]);
        expect(NDArray.empty([], { dtype }).size).to.equal(1);
        expect(NDArray.eye(2, 3, 1, { dtype }).real().toArray()).to.deep.equal([
          [0, 1, 0],
          [0, 0, 1],
        ]);
      }
      expect(NDArray.zeros([2]).dtype).to.equal(backend().defaultDType);
      expect(NDArray.eye(2, 3, -1).toArray()).to.deep.equal([
        [0, 0, 0],
        [1, 0, 0],
      ]);
    });
    it('counts as np.arange', () => {
      expect(NDArray.arange(4).toArray()).to.deep.equal([0, 1, 2, 3]);
      expect(NDArray.arange(2, 8, 2.5).toArray()).to.deep.equal([2, 4.5, 7]);
      expect(NDArray.arange(5, 0, -2).toArray()).to.deep.equal([5, 3, 1]);
      expect(NDArray.arange(3, 1).shape).to.deep.equal([0]);
      expect(NDArray.arange(0, 3, 1, { dtype: 'float32' }).dtype).to.equal('float32');
      const typed = [
        NDArray.arange(3, { dtype: 'int32' }),
        NDArray.arange(1, 4, { dtype: 'int32' }),
        NDArray.arange(1, 6, 2, { dtype: 'int32' }),
      ];
      expect(typed.map((x) => [x.dtype, x.toArray()])).to.deep.equal([
        ['int32', [0, 1, 2]],
        ['int32', [1, 2, 3]],
        ['int32', [1, 3, 5]],
      ]);
      const misspelt: Record<string, unknown> = { dtipe: 'int32' };
      expect(() => NDArray.arange(3, misspelt)).to.throw(ArgumentError, 'dtype');
      expect(() => NDArray.arange(0, 3, 0)).to.throw(ArgumentError);
      expect(() => NDArray.arange(0, Number.NaN)).to.throw(ArgumentError, 'finite');
    });
    it('divides as np.linspace', () => {
      expect(NDArray.linspace(0, 1, 5).toArray()).to.deep.equal([0, 0.25, 0.5, 0.75, 1]);
      expect(NDArray.linspace(0, 1, 4, { endpoint: false }).toArray()).to.deep.equal([0, 0.25, 0.5, 0.75]);
      expect(NDArray.linspace(3, 4, 1).toArray()).to.deep.equal([3]);
      expect(NDArray.linspace(0, 1).size).to.equal(50);
      expect(NDArray.linspace(0, 0.1, 11).get(10)).to.equal(
        backend().defaultDType === 'float32' ? Math.fround(0.1) : 0.1,
      );
      expect(() => NDArray.linspace(0, 1, -1)).to.throw(ArgumentError, 'num');
    });
    it('has the numbers of a loop where steps are many', () => {
      const n = 9001;
      for (const [dtype, Values] of [
        ['float32', Float32Array],
        ['float64', Float64Array],
      ] as const) {
        if (!backend().dtypes.includes(dtype)) continue;
        const numbers = (first: number, step: number): Float32Array | Float64Array => {
          const values = new Values(n);
          for (let i = 0; i < n; i++) values[i] = first + i * step;
          return values;
        };
        const ends = numbers(0.1, (-3.7 - 0.1) / (n - 1));
        ends[n - 1] = -3.7;
        const faults = (x: NDArray, y: Float32Array | Float64Array): number =>
          x.toHost().filter((v, i) => v !== y[i]).length + Math.abs(x.size - y.length);
        expect(faults(NDArray.linspace(0.1, -3.7, n, { dtype }), ends)).to.equal(0);
        expect(faults(NDArray.linspace(0, n, n, { dtype, endpoint: false }), numbers(0, 1))).to.equal(0);
        expect(faults(NDArray.arange(5, 5 - 0.3 * (n - 0.5), -0.3, { dtype }), numbers(5, -0.3))).to.equal(0);
        expect(Object.is(NDArray.arange(0, -n, -1, { dtype }).get(0), 0)).to.equal(true);
      }
    });
    it('accepts nested lists and typed arrays', () => {
      expect(
        NDArray.array([
          [1, 2],
          [3, 4],
          [5, 6],
        ]).shape,
      ).to.deep.equal([3, 2]);
      expect(NDArray.array([[], []]).shape).to.deep.equal([2, 0]);
      expect(NDArray.array(5).shape).to.deep.equal([]);
      expect(NDArray.array(Float32Array.of(1, 2)).dtype).to.equal('float32');
      expect(NDArray.array([1, 2], { dtype: 'float32' }).toHost()).to.deep.equal(Float32Array.of(1, 2));
      expect(() => NDArray.array([[1, 2], [3]])).to.throw(ShapeError, 'equal lengths');
      expect(() => NDArray.array([1, [2]])).to.throw(ShapeError, 'equal lengths');
      expect(() => NDArray.array(['1'] as never)).to.throw(ArgumentError);
      expect(() => NDArray.fromHost(Float32Array.of(1, 2, 3), [2, 2])).to.throw(ShapeError, '4 values');
      expect(() => NDArray.fromHost(Float32Array.of(1, 2), [2], { dtype: 'float64' })).to.throw(
        DTypeError,
        'astype',
      );
    });
    it('copies its input', () => {
      const values = Float32Array.of(1, 2);
      const x = NDArray.fromHost(values);
      values[0] = 9;
      expect(x.toHost()).to.deep.equal(Float32Array.of(1, 2));
    });
    it('accepts complex numbers', function () {
      const dtype = complexOf(backend().defaultDType);
      if (!backend().dtypes.includes(dtype)) skip(this, 'no complex data');
      const x = NDArray.array([1, { re: 2, im: -3 }]);
      expect(x.dtype).to.equal(dtype);
      expect(x.toArray()).to.deep.equal([
        { re: 1, im: 0 },
        { re: 2, im: -3 },
      ]);
      expect(NDArray.full(1, { re: 0, im: 1 }).dtype).to.equal(dtype);
      expect(
        NDArray.fromHost(
          dtype === 'complex64' ? Float32Array.of(1, 2, 3, 4) : Float64Array.of(1, 2, 3, 4),
          [2],
          { dtype },
        ).get(1),
      ).to.deep.equal({ re: 3, im: 4 });
      expect(() => NDArray.array([{ re: 1, im: 1 }], { dtype: realOf(dtype) })).to.throw(DTypeError);
    });
    it('draws numbers that depend on the seed alone', () => {
      for (const dtype of backend().dtypes.filter(isFloat)) {
        const x = NDArray.normal([40, 50], { dtype, seed: 3 });
        expectClose(x.ravel(), NDArray.normal([2000], { dtype, seed: 3 }), 0);
        expect(x.toArray()).to.not.deep.equal(NDArray.normal([40, 50], { dtype, seed: 4 }).toArray());
        expect(x.real().std()).to.be.closeTo(1, 0.1);
        const u = NDArray.uniform([2000], { dtype, seed: 1 }).real();
        expect(u.min()).to.be.at.least(0);
        expect(u.max()).to.be.below(1);
        expect(u.mean()).to.be.closeTo(0.5, 0.05);
      }
      if (backend().dtypes.includes('int32'))
        expect(() => NDArray.normal([2], { dtype: 'int32' })).to.throw(DTypeError);
    });
    it('refuses unknown options, dtypes and backends, and invalid shapes', () => {
      expect(() => NDArray.zeros([2], { dtyp: 'float32' } as never)).to.throw(
        ArgumentError,
        "did you mean 'dtype'",
      );
      expect(() => NDArray.zeros([2], { dtype: 'float16' as never })).to.throw(DTypeError);
      expect(() => NDArray.zeros([2, -1])).to.throw(ShapeError);
      expect(() => NDArray.zeros([Number.NaN])).to.throw(ShapeError);
      expect(() => NDArray.zeros([1e10, 1e10])).to.throw(ShapeError, 'too many');
      expect(() => NDArray.zeros([2], { backend: 'nowhere' })).to.throw(BackendError, 'nowhere');
    });
  });

  describe('space', () => {
    it('is one object for equal arrays', () => {
      const x = NDArray.zeros([2, 3]);
      expect(x.space).to.equal(NDArray.ones([3, 2]).transpose().space);
      expect(x.space.withDType(x.dtype)).to.equal(x.space);
      expect(x.space.equals(NDArray.zeros([3, 2]).space)).to.equal(false);
      expect(`${x.space}`).to.include('[2, 3]');
      expect(NDArraySpace.of([2, 3], x.dtype, new CpuBackend()).equals(x.space)).to.equal(false);
    });
    it('makes vectors', () => {
      const { space } = NDArray.empty([5]);
      expect(space.zeros().toArray()).to.deep.equal([0, 0, 0, 0, 0]);
      expectClose(space.random(2), NDArray.normal([5], { seed: 2 }), 0);
    });
  });

  describe('memory', () => {
    it('is shared by views', () => {
      const x = NDArray.arange(12);
      const rows = x.reshape([3, 4]).slice([1, 3]);
      rows.fill(-1);
      expect(x.toArray()).to.deep.equal([0, 1, 2, 3, -1, -1, -1, -1, -1, -1, -1, -1]);
      expect(x.overlaps(rows)).to.equal(true);
      expect(x.slice([0, 4]).overlaps(rows)).to.equal(false);
      expect(x.copy().overlaps(x)).to.equal(false);
    });
    it('is released with the last view', () => {
      const before = backend().stats().liveBytes;
      const x = NDArray.zeros([100]);
      const view = x.slice([10, 20]);
      x.dispose();
      x.dispose();
      expect(view.fill(3).sum()).to.equal(30);
      expect(backend().stats().liveBytes).to.be.above(before);
      view.dispose();
      expect(backend().stats().liveBytes).to.equal(before);
    });
    it('is refused after dispose', () => {
      const x = NDArray.zeros([3]);
      x.dispose();
      expect(x.disposed).to.equal(true);
      for (const use of [
        () => x.add(1),
        () => x.fill(2),
        () => x.ravel(),
        () => x.toHost(),
        () => NDArray.zeros([3]).axpby(1, x, 1),
        () => x.norm(),
      ]) {
        expect(use).to.throw(BackendError, 'disposed');
      }
      expect(x.toString()).to.include('disposed');
    });
    it('moves between backends', () => {
      const other = new CpuBackend({ name: 'other' });
      const x = NDArray.arange(3);
      const y = x.to(other);
      expect(y.backend).to.equal(other);
      expect(y.toArray()).to.deep.equal([0, 1, 2]);
      expect(() => x.add(y)).to.throw(BackendError, "to('");
      expect(x.to(backend()).overlaps(x)).to.equal(true);
    });
    it('is a live typed array where the backend has one', () => {
      const x = NDArray.arange(4).slice([1, 3]);
      if (!x.storage.hostView(0, 0)) {
        expect(() => x.data).to.throw(BackendError, 'toHost');
        return;
      }
      const { data } = x;
      data[1] = 7;
      expect(x.toArray()).to.deep.equal([1, 7]);
      x.dispose();
      NDArray.zeros([4]);
      expect([...data]).to.deep.equal([1, 7]);
    });
    it('wraps a storage', () => {
      const storage = backend().alloc(backend().defaultDType, 6);
      const x = NDArray.wrap(storage, [2, 2], 1).fill(2);
      expect(x.sum()).to.equal(8);
      expect(() => NDArray.wrap(storage, [2, 3], 1)).to.throw(ShapeError);
    });
  });

  describe('as a vector', () => {
    it('combines linearly', () => {
      for (const dtype of numeric(backend())) {
        const [x, y] = [numbered([2, 3], dtype), numbered([2, 3], dtype).negative()];
        const expected = flat(x.toArray());
        expectClose(y.axpby(3, x, 2), expected, 0);
        expectClose(x.copy().scale(2), x.add(x), 0);
        expectClose(x.multiply(-1), x.negative(), 0);
        expectClose(x.conj().conjInPlace(), expected, 0);
        expect(x.zerosLike().any()).to.equal(false);
        expect(x.emptyLike().space).to.equal(x.space);
        expect(x.asArray().overlaps(x)).to.equal(false);
        expect(x.copy().setAt(4, 1).get(1, 1)).to.deep.equal(isComplex(dtype) ? { re: 1, im: 0 } : 1);
      }
    });
    it('does not read operands with a coefficient of 0', () => {
      const x = NDArray.ones([3]);
      const y = NDArray.full([3], Number.NaN);
      expect(y.axpby(2, x, 0).toArray()).to.deep.equal([2, 2, 2]);
      expect(x.axpby(0, NDArray.full([3], Number.NaN), 3).toArray()).to.deep.equal([3, 3, 3]);
    });
    it('takes inner products and norms', () => {
      fc.assert(
        fc.property(fc.constantFrom(...numeric(backend())), fc.integer({ min: 0, max: 60 }), (dtype, n) => {
          const [x, y] = [numbered([n], dtype), numbered([n], dtype).add(1)];
          const [u, v] = [flat(x.toArray()), flat(y.toArray())].map((list) =>
            list.map((a) => (typeof a === 'number' ? { re: a, im: 0 } : a)),
          ) as [{ re: number; im: number }[], { re: number; im: number }[]];
          let [re, im, reConj, imConj] = [0, 0, 0, 0];
          u.forEach((a, i) => {
            const b = v[i] as { re: number; im: number };
            re += a.re * b.re - a.im * b.im;
            im += a.re * b.im + a.im * b.re;
            reConj += a.re * b.re + a.im * b.im;
            imConj += a.re * b.im - a.im * b.re;
          });
          const scalar = (a: number, b: number) => (isComplex(dtype) ? { re: a, im: b } : a);
          expect(x.dot(y)).to.deep.equal(scalar(re, im));
          expect(x.vdot(y)).to.deep.equal(scalar(reConj, imConj));
          expect(x.rdot(y)).to.equal(reConj);
          expect(rdots([x, x], [x, y])[1]).to.equal(reConj);
          const moduli = u.map((a) => Math.hypot(a.re, a.im));
          const rtol = tolerance(isFloat(dtype) ? dtype : 'float64');
          const close = (value: number, expected: number) => expectClose(value, expected, { rtol, scale: 1 });
          close(x.norm(), Math.sqrt(moduli.reduce((s, m) => s + m * m, 0)));
          close(
            x.norm(1),
            moduli.reduce((s, m) => s + m, 0),
          );
          close(x.norm(3), moduli.reduce((s, m) => s + m ** 3, 0) ** (1 / 3));
          close(x.norm(0), moduli.filter((m) => m !== 0).length);
          if (n === 0) return;
          close(x.norm(Number.POSITIVE_INFINITY), Math.max(...moduli));
          close(x.norm(Number.NEGATIVE_INFINITY), Math.min(...moduli));
          close(x.kthSmallestAbs(n >> 1), moduli.sort((a, b) => a - b)[n >> 1] as number);
        }),
        { numRuns: 40 },
      );
      expect(() => NDArray.ones([2]).norm(-1)).to.throw(ShapeError);
      expect(() => NDArray.ones([2]).kthSmallestAbs(2)).to.throw(ArgumentError);
      expect(() => NDArray.ones([2]).dot(NDArray.ones([3]))).to.throw(ShapeError);
      expect(() => NDArray.ones([2]).dot(NDArray.ones([2, 1]))).to.throw(ShapeError);
    });
    it('maps a kernel over its elements', () => {
      const x = NDArray.array([-3, 0.5, 2]);
      const y = x.map((a, b) => backend().threshold('soft', 1, a, b), x.emptyLike());
      expect(y.toArray()).to.deep.equal([-2, 0, 1]);
      expect(x.map((a, b) => backend().unary('square', a, b))).to.equal(x);
      expect(x.get(0)).to.equal(9);
    });
    it('assigns real to complex, and refuses assignments that lose digits or parts', () => {
      const b = defaultBackend();
      for (const real of (['float32', 'float64'] as const).filter((d) => b.dtypes.includes(complexOf(d)))) {
        const x = numbered([3], real);
        const z = NDArray.zeros([3], { dtype: complexOf(real) });
        expect(z.assign(x).real().toArray()).to.deep.equal(x.toArray());
        expect(z.axpby({ re: 0, im: 1 }, x, 1).imag().toArray()).to.deep.equal(x.toArray());
        expect(() => x.assign(z)).to.throw(DTypeError, 'astype');
        expect(() => x.axpby(1, z, 1)).to.throw(DTypeError);
        expect(() => x.scale({ re: 1, im: 1 })).to.throw(DTypeError);
        expect(x.copy().scale({ re: 2, im: 0 }).toArray()).to.deep.equal(x.multiply(2).toArray());
      }
      if (b.dtypes.includes('int32')) {
        expect(() => NDArray.ones([2], { dtype: 'int32' }).scale(0.5)).to.throw(DTypeError);
        expect(() => NDArray.ones([2], { dtype: 'int32' }).fill(Number.NaN)).to.throw(DTypeError);
      }
      expect(() => NDArray.ones([2]).assign(NDArray.ones([3]))).to.throw(ShapeError);
      expect(() => NDArray.ones([2]).fill('1' as never)).to.throw(ArgumentError);
      expect(() => NDArray.ones([2]).setAt(2, 1)).to.throw(ShapeError);
    });
    it('works where operands overlap', () => {
      const x = NDArray.arange(6);
      x.slice([1, 6]).assign(x.slice([0, 5]));
      expect(x.toArray()).to.deep.equal([0, 0, 1, 2, 3, 4]);
      x.slice([0, 5]).addInPlace(x.slice([1, 6]));
      expect(x.toArray()).to.deep.equal([0, 1, 3, 5, 7, 4]);
      x.slice([0, 5]).axpby(1, x.slice([1, 6]), 1);
      expect(x.toArray()).to.deep.equal([1, 4, 8, 12, 11, 4]);
    });
  });

  it('converts dtypes', () => {
    for (const from of numeric(backend())) {
      for (const to of numeric(backend())) {
        const x = numbered([4], from).astype(to);
        expect(x.dtype).to.equal(to);
        const expected = [0, 1, 2, 3].map((i) => {
          const a = element(from, i);
          const [re, im] = typeof a === 'number' ? [a, 0] : [a.re, a.im];
          return isComplex(to) ? { re, im } : re;
        });
        expect(x.toArray()).to.deep.equal(expected);
      }
    }
    expect(() => NDArray.ones([1]).astype('int64' as never)).to.throw(DTypeError);
  });

  it('shows its shape and dtype when inspected', () => {
    expect(inspect(NDArray.arange(3))).to.equal(`NDArray [3] ${backend().defaultDType}\n[0. 1. 2.]`);
  });

  it('is iterated over its first axis', () => {
    const x = NDArray.arange(6).reshape([2, 3]);
    const rows = [...x] as NDArray[];
    expect(rows.map((row) => row.toArray())).to.deep.equal([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    rows[1]?.fill(7);
    expect(x.get(1, 0)).to.equal(7);
    expect([...NDArray.zeros([0, 3])]).to.deep.equal([]);
    expect([...NDArray.array([1, Number.NaN])]).to.deep.equal([1, Number.NaN]);
    expect([...NDArray.array([true, false])]).to.deep.equal([true, false]);
    if (backend().dtypes.includes('complex64'))
      expect([...NDArray.array([2], { dtype: 'complex64' })]).to.deep.equal([{ re: 2, im: 0 }]);
    expect(() => [...NDArray.array(3)]).to.throw(ShapeError, 'get() returns its element');
    const kept = tidy(() => [...NDArray.ones([2, 2])] as NDArray[]);
    expect(kept[0]?.toArray()).to.deep.equal([1, 1]);
  });

  it('is nested lists in JSON', () => {
    const text = JSON.stringify({
      x: NDArray.array([
        [1, 2],
        [3, Number.NaN],
      ]),
      s: NDArray.array(4),
    });
    expect(text).to.equal('{"x":[[1,2],[3,null]],"s":4}');
    expect(JSON.stringify(NDArray.array([true, false]))).to.equal('[true,false]');
    const z = NDArray.array([{ re: 1, im: -2 }]);
    expect(JSON.stringify(z)).to.equal('[{"re":1,"im":-2}]');
    expect(NDArray.array(JSON.parse(JSON.stringify(z))).toArray()).to.deep.equal(z.toArray());
  });
});
