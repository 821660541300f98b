import { expect } from 'chai';
import fc from 'fast-check';
import { where } from '../../src/core/array/array-functions.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import {
  abs,
  add,
  complex,
  conj,
  div,
  im,
  mul,
  neg,
  re,
  type Scalar,
  sub,
} from '../../src/core/base/complex.js';
import { complexOf, type DType, isComplex, isFloat, promote, realOf } from '../../src/core/base/dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/base/errors.js';
import { expectClose } from '../support/expect-close.js';
import { skip } from '../support/skip.js';
import { tolerance } from '../support/tolerance.js';
import { at, flat, fromFlat, indices, numbered, numeric, onEveryBackend, shapes } from './arrays.js';

/** Two shapes that broadcast, and the shape of the result. */
const pairs = shapes(3).chain((shape) => {
  const thinned = fc
    .tuple(fc.nat(), fc.nat(shape.length))
    .map(([bits, skip]) => shape.map((n, k) => ((bits >> k) & 1 ? 1 : n)).slice(skip));
  return fc.tuple(thinned, thinned);
});

/**
 * The broadcast shape by the rule itself: axes are aligned at the end, and length 1 is stretched.
 */
function together(a: readonly number[], b: readonly number[]): number[] {
  const n = Math.max(a.length, b.length);
  return Array.from({ length: n }, (_, k) => {
    const [p, q] = [a[k - n + a.length] ?? 1, b[k - n + b.length] ?? 1];
    return p === 1 ? q : p;
  });
}

const source = (shape: readonly number[], place: readonly number[]) =>
  shape.map((n, k) => (n === 1 ? 0 : (place[place.length - shape.length + k] as number)));
const real =
  (f: (a: number, b: number) => number) =>
  (a: Scalar, b: Scalar): Scalar =>
    f(re(a), re(b));

const OPS = {
  add,
  subtract: sub,
  multiply: mul,
  divide: div,
  maximum: real(Math.max),
  minimum: real(Math.min),
  arctan2: real(Math.atan2),
  equal: (a: Scalar, b: Scalar) => Number(re(a) === re(b) && im(a) === im(b)),
  notEqual: (a: Scalar, b: Scalar) => Number(re(a) !== re(b) || im(a) !== im(b)),
  less: real((a, b) => Number(a < b)),
  lessEqual: real((a, b) => Number(a <= b)),
  greater: real((a, b) => Number(a > b)),
  greaterEqual: real((a, b) => Number(a >= b)),
} as const;
type Op = keyof typeof OPS;
const names = Object.keys(OPS) as Op[];
const ORDERED: readonly Op[] = [
  'maximum',
  'minimum',
  'arctan2',
  'less',
  'lessEqual',
  'greater',
  'greaterEqual',
];
const FLAGS: readonly Op[] = ['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual'];

onEveryBackend('elementwise functions of NDArray', (backend) => {
  const mixes = (a: DType, b: DType) => a === b || !isFloat(a) || !isFloat(b) || realOf(a) === realOf(b);
  const has = (...dtypes: DType[]) => dtypes.every((d) => backend().dtypes.includes(d));

  function checkClose(y: NDArray, expected: readonly Scalar[], dtype: DType): void {
    expect(y.dtype).to.equal(dtype);
    const bound = isFloat(dtype) ? tolerance(dtype) : 0;
    expectClose(y, expected, { rtol: bound, atol: bound, each: true, notFinite: 'unspecified' });
  }

  it('of two arrays broadcast and promote', () => {
    fc.assert(
      fc.property(
        pairs,
        fc.constantFrom(...names),
        fc.constantFrom(...backend().dtypes),
        fc.constantFrom(...backend().dtypes),
        ([a, b], op, dx, dy) => {
          const [x, second] = [numbered(a, dx), numbered(b, dy)];
          const y = dy === 'bool' ? second : second.multiply(2).subtract(1);
          if (!mixes(dx, dy)) {
            expect(() => x[op](y)).to.throw(DTypeError, 'astype');
            return;
          }
          const common = promote(dx, dy);
          if (isComplex(common) && ORDERED.includes(op)) {
            expect(() => x[op](y)).to.throw(DTypeError, 'not defined');
            return;
          }
          if (common === 'bool' && op === 'subtract') {
            expect(() => x[op](y)).to.throw(DTypeError, 'int32');
            return;
          }
          const computed =
            !isFloat(common) && (op === 'divide' || op === 'arctan2') ? backend().defaultDType : common;
          const shape = together(a, b);
          const z = x[op](y);
          expect(z.shape).to.deep.equal(shape);
          const [u, v] = [x.toArray(), y.toArray()];
          const expected = indices(shape).map((place) =>
            (common === 'bool' && op === 'add' ? OPS.maximum : OPS[op])(
              at(u, source(a, place)),
              at(v, source(b, place)),
            ),
          );
          checkClose(z, expected, FLAGS.includes(op) ? 'bool' : computed);
        },
      ),
      { numRuns: 300 },
    );
    expect(() => NDArray.zeros([2, 3]).add(NDArray.zeros([2]))).to.throw(ShapeError, 'broadcast');
    expect(() => NDArray.zeros([2]).add([1, 2] as never)).to.throw(ArgumentError, 'NDArray.array');
    expect(() => NDArray.zeros([2]).add(undefined as never)).to.throw(ArgumentError);
  });

  it('with a scalar keep the shape, and promote the dtype where the scalar demands it', () => {
    for (const dtype of numeric(backend())) {
      const x = numbered([3], dtype);
      expect(x.multiply(2).dtype).to.equal(dtype);
      const half = x.multiply(0.5);
      expect(half.dtype).to.equal(isFloat(dtype) ? dtype : backend().defaultDType);
      checkClose(
        half,
        flat(x.toArray()).map((a) => mul(a, 0.5)),
        half.dtype,
      );
      const turned = isFloat(dtype) ? complexOf(dtype) : complexOf(backend().defaultDType);
      if (!has(turned)) continue;
      const i = complex(0, 1);
      checkClose(
        x.multiply(i),
        flat(x.toArray()).map((a) => mul(a, i)),
        turned,
      );
      expect(x.add(complex(1, 0)).dtype).to.equal(turned);
    }
    if (has('int32')) {
      const n = NDArray.array([1, 2, 3], { dtype: 'int32' });
      expect(n.multiply(2 ** 31).dtype).to.equal(backend().defaultDType);
      expect(n.power(2).dtype).to.equal('int32');
      expect(n.power(2).toArray()).to.deep.equal([1, 4, 9]);
      expect(n.power(-1).get(1)).to.equal(0.5);
      expect(n.divide(2).toArray()).to.deep.equal([0.5, 1, 1.5]);
      expect(n.less(2.5).toArray()).to.deep.equal([true, true, false]);
    }
  });

  it('of one array match the formulas', () => {
    const points = [-2, -0.5, 0, 0.25, 1, 3];
    const formulas = {
      negative: (a: number) => -a,
      abs: Math.abs,
      conj: (a: number) => a,
      real: (a: number) => a,
      imag: () => 0,
      exp: Math.exp,
      log: Math.log,
      sqrt: Math.sqrt,
      square: (a: number) => a * a,
      reciprocal: (a: number) => 1 / a,
      sign: Math.sign,
      sin: Math.sin,
      cos: Math.cos,
      tan: Math.tan,
      arctan: Math.atan,
      tanh: Math.tanh,
      floor: Math.floor,
      ceil: Math.ceil,
    } as const;
    for (const dtype of (['float32', 'float64'] as const).filter((d) => has(d))) {
      const x = NDArray.array(points, { dtype });
      for (const [name, f] of Object.entries(formulas))
        checkClose(x[name as keyof typeof formulas](), points.map(f), dtype);
      expect(
        NDArray.array([0.5, 1.5, 2.5, -0.5], { dtype }).rint().multiply(1).add(0).toArray(),
      ).to.deep.equal([0, 2, 2, 0]);
      expect(
        NDArray.array([1, Number.NaN, Number.POSITIVE_INFINITY], { dtype }).isnan().toArray(),
      ).to.deep.equal([false, true, false]);
      expect(
        NDArray.array([1, Number.NaN, Number.POSITIVE_INFINITY], { dtype }).isfinite().toArray(),
      ).to.deep.equal([true, false, false]);
      expect(x.clip(-1, 1).toArray()).to.deep.equal([-1, -0.5, 0, 0.25, 1, 1]);
      expect(x.clip(null, 0.5).toArray()).to.deep.equal([-2, -0.5, 0, 0.25, 0.5, 0.5]);
      expect(x.clip(0, null).min()).to.equal(0);
    }
    if (has('int32')) {
      const n = NDArray.array([1, 4], { dtype: 'int32' });
      expect(n.sqrt().dtype).to.equal(backend().defaultDType);
      expect(n.sqrt().toArray()).to.deep.equal([1, 2]);
      expect(n.negative().dtype).to.equal('int32');
    }
  });

  it('of complex arrays follow the complex formulas', function () {
    if (!has('complex128')) skip(this, 'no complex data');
    const points = [complex(1, 2), complex(-0.5, 0.25), complex(0, -1)];
    for (const dtype of ['complex64', 'complex128'] as const) {
      const z = fromFlat(points, [3], dtype);
      const real = realOf(dtype);
      checkClose(z.abs(), points.map(abs), real);
      checkClose(z.real(), points.map(re), real);
      checkClose(z.imag(), points.map(im), real);
      checkClose(z.conj(), points.map(conj), dtype);
      checkClose(z.negative(), points.map(neg), dtype);
      checkClose(
        z.reciprocal(),
        points.map((a) => div(1, a)),
        dtype,
      );
      checkClose(z.sqrt().square(), points, dtype);
      checkClose(z.exp().log(), points, dtype);
      checkClose(
        z.sign(),
        points.map((a) => div(a, abs(a))),
        dtype,
      );
      checkClose(
        z.power(2),
        points.map((a) => mul(a, a)),
        dtype,
      );
      expect(() => z.floor()).to.throw(DTypeError);
      expect(() => z.maximum(0)).to.throw(DTypeError);
    }
  });

  it('in place change the receiver and neither its shape nor its dtype', () => {
    const x = NDArray.array([
      [1, 2],
      [3, 4],
    ]);
    expect(x.addInPlace(NDArray.array([10, 20]))).to.equal(x);
    expect(x.toArray()).to.deep.equal([
      [11, 22],
      [13, 24],
    ]);
    x.subtractInPlace(1).multiplyInPlace(x).divideInPlace(4);
    expect(x.toArray()).to.deep.equal([
      [25, 110.25],
      [36, 132.25],
    ]);
    expect(x.maximumInPlace(30).minimumInPlace(120).toArray()).to.deep.equal([
      [30, 110.25],
      [36, 120],
    ]);
    expect(x.clipInPlace(35, 110).powerInPlace(2).toArray()).to.deep.equal([
      [1225, 12100],
      [1296, 12100],
    ]);
    expect(() => NDArray.zeros([2]).addInPlace(NDArray.zeros([2, 2]))).to.throw(ShapeError, 'does not fit');
    if (has('complex128')) {
      expect(() => NDArray.zeros([2], { dtype: 'float64' }).addInPlace(complex(0, 1))).to.throw(
        DTypeError,
        'complex128',
      );
      expect(() =>
        NDArray.zeros([2], { dtype: 'float64' }).multiplyInPlace(NDArray.zeros([2], { dtype: 'complex128' })),
      ).to.throw(DTypeError);
      expect(
        NDArray.zeros([2], { dtype: 'complex64' })
          .addInPlace(NDArray.ones([2], { dtype: 'float32' }))
          .get(1),
      ).to.deep.equal({ re: 1, im: 0 });
    }
    if (has('int32')) {
      expect(() => NDArray.ones([2], { dtype: 'int32' }).divideInPlace(2)).to.throw(DTypeError);
      expect(() => NDArray.ones([2], { dtype: 'int32' }).multiplyInPlace(0.5)).to.throw(DTypeError);
      expect(NDArray.ones([2], { dtype: 'int32' }).addInPlace(2).toArray()).to.deep.equal([3, 3]);
    }
  });

  it('choose elements by a condition', () => {
    const x = NDArray.array([
      [1, -2],
      [-3, 4],
    ]);
    expect(where(x.less(0), 0, x).toArray()).to.deep.equal([
      [1, 0],
      [0, 4],
    ]);
    expect(where(x.greater(0), NDArray.array([[10], [20]]), NDArray.array([5, 6])).toArray()).to.deep.equal([
      [10, 6],
      [5, 20],
    ]);
    expect(where(NDArray.array([0.5, 0]), 1, 2).toArray()).to.deep.equal([1, 2]);
    if (has('complex128')) {
      const z = where(NDArray.array([1, 0]), complex(0, 1), NDArray.array([3, 4], { dtype: 'float64' }));
      expect(z.toArray()).to.deep.equal([
        { re: 0, im: 1 },
        { re: 4, im: 0 },
      ]);
    }
    expect(() => where(NDArray.array([1, 0]), NDArray.zeros([3]), 0)).to.throw(ShapeError);
  });

  it('accept arrays without elements', () => {
    const x = NDArray.zeros([0, 3]);
    expect(
      x
        .add(1)
        .exp()
        .add(NDArray.ones([3])).shape,
    ).to.deep.equal([0, 3]);
    expect(x.addInPlace(2).transpose().shape).to.deep.equal([3, 0]);
    expect(x.toArray()).to.deep.equal([]);
  });
});
