import { expect } from 'chai';
import fc from 'fast-check';
import type { Nested } from '../../src/core/array/host-values.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { abs, add, conj, mul, re, type Scalar } from '../../src/core/base/complex.js';
import { isComplex, isFloat, realOf } from '../../src/core/base/dtype.js';
import { ArgumentError, BackendError, DTypeError, ShapeError } from '../../src/core/base/errors.js';
import type { Shape } from '../../src/core/base/shape.js';
import { CpuBackend } from '../../src/cpu/cpu-backend.js';
import { expectClose } from '../support/expect-close.js';
import { skip } from '../support/skip.js';
import { tolerance } from '../support/tolerance.js';
import { at, dtypesOf, flat, indices, numbered, onEveryBackend, shapes } from './arrays.js';

/** Elements grouped by the part of their index that remains when `axes` are reduced. */
function groups(nested: Nested, shape: Shape, axes: readonly number[]): Scalar[][] {
  const rest = shape.map((_, k) => k).filter((k) => !axes.includes(k));
  const within = shape.map((n, k) => (axes.includes(k) ? n : 1));
  return indices(rest.map((k) => shape[k] as number)).map((place) => {
    const base = shape.map((_, k) => (rest.includes(k) ? (place[rest.indexOf(k)] as number) : 0));
    return indices(within).map((offset) =>
      at(
        nested,
        offset.map((i, k) => i + (base[k] as number)),
      ),
    );
  });
}

const withAxes = shapes(4, 1)
  .filter((s) => s.length > 0)
  .chain((shape) =>
    fc.tuple(
      fc.constant(shape),
      fc.shuffledSubarray(
        shape.map((_, k) => k),
        { minLength: 1 },
      ),
    ),
  );

const sum = (list: readonly Scalar[]) => list.reduce<Scalar>(add, 0);
const total = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);

onEveryBackend('reductions of NDArray', (backend) => {
  const near = (y: NDArray | Nested, expected: Nested, relative: number) => {
    expectClose(y, expected, { rtol: relative, scale: 1 });
  };

  it('match sums over the elements, over any axes', () => {
    fc.assert(
      fc.property(withAxes, dtypesOf(backend()), fc.boolean(), ([shape, axes], dtype, keepdims) => {
        const x = numbered(shape, dtype);
        const lists = groups(x.toArray(), shape, axes);
        const float = isFloat(dtype) ? dtype : backend().defaultDType;
        const eps = 10 * tolerance(float);
        const result = x.sum(axes, { keepdims });
        expect(result.dtype).to.equal(dtype);
        expect(result.shape).to.deep.equal(
          keepdims
            ? shape.map((n, k) => (axes.includes(k) ? 1 : n))
            : shape.filter((_, k) => !axes.includes(k)),
        );
        near(flat(result.toArray()), lists.map(sum), 0);
        near(x.sum(), sum(flat(x.toArray())), 0);
        near(
          flat(x.mean(axes).toArray()),
          lists.map((l) => mul(sum(l), 1 / l.length)),
          eps,
        );
        expect(x.mean(axes).dtype).to.equal(float);
        const spread = (l: readonly Scalar[]) => {
          const mean = mul(sum(l), 1 / l.length);
          return total(l.map((a) => abs(add(a, mul(mean, -1))) ** 2)) / l.length;
        };
        near(flat(x.var(axes).toArray()), lists.map(spread), eps);
        near(
          flat(x.std(axes, { keepdims }).toArray()),
          lists.map((l) => Math.sqrt(spread(l))),
          10 * Math.sqrt(eps),
        );
        near(x.var(), spread(flat(x.toArray())), eps);
        for (const [order, f] of [
          [2, (l) => Math.sqrt(total(l.map((m) => m * m)))],
          [1, total],
          [3, (l) => total(l.map((m) => m ** 3)) ** (1 / 3)],
          [0, (l) => l.filter((m) => m !== 0).length],
          [Number.POSITIVE_INFINITY, (l) => Math.max(...l)],
          [Number.NEGATIVE_INFINITY, (l) => Math.min(...l)],
        ] as readonly (readonly [number, (l: readonly number[]) => number])[]) {
          const norms = x.norm(order, axes);
          expect(norms.dtype).to.equal(realOf(float));
          near(
            flat(norms.toArray()),
            lists.map((l) => f(l.map(abs))),
            eps,
          );
        }
        expect(flat(x.any(axes).toArray())).to.deep.equal(
          lists.map((l) => Number(l.some((a) => abs(a) !== 0))),
        );
        expect(flat(x.all(axes).toArray())).to.deep.equal(
          lists.map((l) => Number(l.every((a) => abs(a) !== 0))),
        );
        expect(x.any()).to.equal(flat(x.toArray()).some((a) => abs(a) !== 0));
        expect(x.all()).to.equal(flat(x.toArray()).every((a) => abs(a) !== 0));
        if (isComplex(dtype)) {
          expect(() => x.max(axes)).to.throw(DTypeError);
          expect(() => x.min()).to.throw(DTypeError);
          expect(() => x.argmax()).to.throw(DTypeError);
          return;
        }
        expect(flat(x.max(axes).toArray())).to.deep.equal(lists.map((l) => Math.max(...l.map(re))));
        expect(flat(x.min(axes, { keepdims }).toArray())).to.deep.equal(
          lists.map((l) => Math.min(...l.map(re))),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('multiply elements, of all axes or of one', () => {
    expect(
      NDArray.array([
        [1, 2],
        [3, 4],
      ]).prod(),
    ).to.equal(24);
    expect(
      NDArray.array([
        [1, 2],
        [3, 4],
      ])
        .prod(0)
        .toArray(),
    ).to.deep.equal([3, 8]);
  });

  it('find the first extreme along an axis', () => {
    fc.assert(
      fc.property(
        shapes(3, 1)
          .filter((s) => s.length > 0)
          .chain((shape) => fc.tuple(fc.constant(shape), fc.nat(shape.length - 1))),
        fc.infiniteStream(
          fc.oneof(
            { weight: 8, arbitrary: fc.integer({ min: -2, max: 2 }) },
            { weight: 1, arbitrary: fc.constant(Number.NaN) },
          ),
        ),
        ([shape, axis], stream) => {
          const values = indices(shape).map(() => stream.next().value as number);
          const x = NDArray.array(values).reshape(shape);
          const first = (l: readonly number[], better: (a: number, b: number) => boolean) => {
            const nan = l.findIndex(Number.isNaN);
            return nan >= 0 ? nan : l.reduce((best, v, i) => (better(v, l[best] as number) ? i : best), 0);
          };
          const lists = groups(x.toArray(), shape, [axis]).map((l) => l.map(re));
          expect(flat(x.argmax(axis).toArray())).to.deep.equal(lists.map((l) => first(l, (a, b) => a > b)));
          expect(flat(x.argmin(axis).toArray())).to.deep.equal(lists.map((l) => first(l, (a, b) => a < b)));
          const kept = x.argmax(axis, { keepdims: true });
          expect(kept.shape).to.deep.equal(shape.map((n, k) => (k === axis ? 1 : n)));
          expect(flat(kept.toArray())).to.deep.equal(flat(x.argmax(axis).toArray()));
          expect(x.argmax()).to.equal(first(values, (a, b) => a > b));
          expect(x.argmin()).to.equal(first(values, (a, b) => a < b));
        },
      ),
    );
  });

  it('compute running sums', () => {
    const x = NDArray.array([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(x.cumsum().toArray()).to.deep.equal([1, 3, 6, 10, 15, 21]);
    expect(x.cumsum(0).toArray()).to.deep.equal([
      [1, 2, 3],
      [5, 7, 9],
    ]);
    expect(x.cumsum(-1).toArray()).to.deep.equal([
      [1, 3, 6],
      [4, 9, 15],
    ]);
  });

  it('running products', () => {
    const x = NDArray.array([
      [1, 2, 3],
      [-4, 5, 0.5],
    ]);
    expect(x.cumprod().toArray()).to.deep.equal([1, 2, 6, -24, -120, -60]);
    expect(x.cumprod(0).toArray()).to.deep.equal([
      [1, 2, 3],
      [-4, 10, 1.5],
    ]);
    expect(x.cumprod(-1).toArray()).to.deep.equal([
      [1, 2, 6],
      [-4, -20, -10],
    ]);
    expect(NDArray.array([3, Number.POSITIVE_INFINITY, 2, 0]).cumprod().toArray()).to.deep.equal([
      3,
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      Number.NaN,
    ]);
    const complex = NDArray.array([
      { re: 0, im: 1 },
      { re: 1, im: 1 },
      { re: 2, im: 0 },
    ]);
    expect(complex.cumprod().toArray()).to.deep.equal([
      { re: 0, im: 1 },
      { re: -1, im: 1 },
      { re: -2, im: 2 },
    ]);
    const long = NDArray.full([2, 1000, 3], 1 + 2 ** -10);
    const last = long.cumprod(1).slice(null, 999).toHost();
    for (const value of last) expect(value).to.be.closeTo((1 + 2 ** -10) ** 1000, 1e-4);
  });

  it('of no elements are 0, 1 or refused', () => {
    const x = NDArray.zeros([0, 2]);
    expect([x.sum(), x.prod(), x.norm(), x.any(), x.all()]).to.deep.equal([0, 1, 0, false, true]);
    expect(x.sum(0).toArray()).to.deep.equal([0, 0]);
    expect(x.sum(1).shape).to.deep.equal([0]);
    expect(x.mean()).to.satisfy(Number.isNaN);
    for (const call of [() => x.max(), () => x.min(0), () => x.argmax(), () => x.argmin(0)])
      expect(call).to.throw(ShapeError, 'of nothing');
    expect(x.max(1).shape).to.deep.equal([0]);
  });

  it('along empty axes have the shapes of NumPy', () => {
    for (const shape of [
      [3, 0],
      [0, 3],
      [0, 0],
      [2, 0, 3],
    ]) {
      const x = NDArray.zeros(shape);
      for (const axis of shape.keys()) {
        const n = shape[axis] as number;
        for (const keepdims of [false, true]) {
          const left = keepdims
            ? shape.map((m, k) => (k === axis ? 1 : m))
            : shape.filter((_, k) => k !== axis);
          const message = `[${shape}], axis ${axis}, keepdims ${keepdims}`;
          for (const [name, y, value] of [
            ['sum', x.sum(axis, { keepdims }), 0],
            ['prod', x.prod(axis, { keepdims }), 1],
            ['mean', x.mean(axis, { keepdims }), Number.NaN],
            ['var', x.var(axis, { keepdims }), Number.NaN],
            ['std', x.std(axis, { keepdims }), Number.NaN],
            ['any', x.any(axis, { keepdims }), 0],
            ['all', x.all(axis, { keepdims }), 1],
            ['norm', x.norm(2, axis, { keepdims }), 0],
          ] as const) {
            expect(y.shape, `${name} ${message}`).to.deep.equal(left);
            for (const v of y.toHost())
              expect(Object.is(v, value), `${name} ${message}: ${v}`).to.equal(true);
          }
          for (const call of [
            () => x.max(axis, { keepdims }),
            () => x.min(axis, { keepdims }),
            () => x.argmax(axis, { keepdims }),
            () => x.argmin(axis, { keepdims }),
          ]) {
            if (n === 0 && left.every((m) => m > 0)) expect(call, message).to.throw(ShapeError);
            else if (n > 0) expect(call().shape, message).to.deep.equal(left);
          }
          for (const y of [x.cumsum(axis), x.cumprod(axis)]) expect(y.shape).to.deep.equal(shape);
        }
      }
    }
  });

  it('keep all axes where no axis is named', () => {
    const x = NDArray.array([
      [1, 5, 2],
      [7, 0, 7],
    ]);
    const kept = { keepdims: true } as const;
    for (const [y, value] of [
      [x.sum(undefined, kept), 22],
      [x.prod(undefined, kept), 0],
      [x.max(undefined, kept), 7],
      [x.min(undefined, kept), 0],
      [x.argmax(undefined, kept), 3],
      [x.argmin(undefined, kept), 4],
      [x.any(undefined, kept), 1],
      [x.all(undefined, kept), 0],
      [x.mean(undefined, kept), x.mean()],
      [x.var(undefined, { ddof: 1, ...kept }), x.var(undefined, { ddof: 1 })],
      [x.std(undefined, kept), x.std()],
      [x.norm(1, undefined, kept), 22],
    ] as const) {
      near(y.toArray(), [[value]], 1e-6);
      expect(y.shape).to.deep.equal([1, 1]);
    }
    for (const call of [
      () => x.argmax(0, { keepdim: true } as never),
      () => x.sum(undefined, { axes: 0 } as never),
    ])
      expect(call).to.throw(ArgumentError, 'unknown option');
  });

  it('give means of 1 for ones, and deviations without overflow', () => {
    for (const n of [3, 7, 49, 98, 103]) expect(NDArray.ones([n, 2]).mean(0).toArray()).to.deep.equal([1, 1]);
    const x = NDArray.array([1e25, 3e25], { dtype: 'float32' });
    expect(x.std()).to.be.closeTo(1e25, 1e19);
    near(x.std(0), 1e25, 1e-6 * 1e25);
  });

  it('divide variances by n - ddof', () => {
    const x = NDArray.array([
      [1, 2, 3],
      [1, 1, 4],
    ]);
    expect(x.slice(0).var(undefined, { ddof: 1 })).to.equal(1);
    near(x.var(1, { ddof: 1 }), [1, 3], 1e-6);
    near(x.std(1, { ddof: 1, keepdims: true }), [[1], [Math.sqrt(3)]], 1e-6);
    expect(() => x.var(1, { ddof: Number.NaN })).to.throw(ArgumentError, 'ddof');
    expect(() => x.sum(1, { keepdim: true } as never)).to.throw(ArgumentError, "did you mean 'keepdims'");
    expect(() => x.std(undefined, { dof: 1 } as never)).to.throw(ArgumentError, "did you mean 'ddof'");
  });

  it('multiply matrices as np.matmul', () => {
    const size = fc.integer({ min: 0, max: 4 });
    const batches = shapes(2, 1).chain((batch) => {
      const thinned = fc
        .tuple(fc.nat(), fc.nat(batch.length))
        .map(([bits, skip]) => batch.map((n, k) => ((bits >> k) & 1 ? 1 : n)).slice(skip));
      return fc.tuple(thinned, thinned);
    });
    fc.assert(
      fc.property(
        batches,
        size,
        size,
        size,
        dtypesOf(backend()).filter(isFloat),
        ([p, q], m, k, n, dtype) => {
          const [a, b] = [numbered([...p, m, k], dtype), numbered([...q, k, n], dtype).conj()];
          const c = a.matmul(b);
          const ndim = Math.max(p.length, q.length);
          const batch = Array.from({ length: ndim }, (_, i) =>
            Math.max(p[i - ndim + p.length] ?? 1, q[i - ndim + q.length] ?? 1),
          );
          expect(c.shape).to.deep.equal([...batch, m, n]);
          expect(c.dtype).to.equal(dtype);
          const [u, v] = [a.toArray(), b.toArray()];
          const pick = (shape: readonly number[], place: readonly number[]) =>
            shape.map((s, i) => (s === 1 ? 0 : (place[place.length - shape.length + i] as number)));
          const expected = indices([...batch, m, n]).map((place) => {
            const [outer, i, j] = [place.slice(0, -2), place.at(-2) as number, place.at(-1) as number];
            return sum(
              Array.from({ length: k }, (_, l) =>
                mul(at(u, [...pick(p, outer), i, l]), at(v, [...pick(q, outer), l, j])),
              ),
            );
          });
          near(flat(c.toArray()), expected, 10 * tolerance(dtype));
        },
      ),
      { numRuns: 60 },
    );
    const a = NDArray.array([
      [1, 2],
      [3, 4],
    ]);
    const v = NDArray.array([5, 6]);
    expect(a.matmul(v).toArray()).to.deep.equal([17, 39]);
    expect(v.matmul(a).toArray()).to.deep.equal([23, 34]);
    expect(v.matmul(v).toArray()).to.equal(61);
    expect(() => a.matmul(NDArray.zeros([3]))).to.throw(ShapeError, 'inner sizes');
    expect(() => a.matmul(NDArray.array(1))).to.throw(ShapeError);
    expect(() => a.matmul(NDArray.zeros([2], { backend: new CpuBackend({ name: 'other' }) }))).to.throw(
      BackendError,
    );
  });

  it('conjugate the first factor in vdot, and none in dot', function () {
    if (!backend().dtypes.includes('complex128')) skip(this, 'no complex data');
    const z = NDArray.array(
      [
        { re: 1, im: 2 },
        { re: 3, im: -1 },
      ],
      { dtype: 'complex128' },
    );
    const x = NDArray.array([2, 1], { dtype: 'float64' });
    expect(z.vdot(z)).to.deep.equal({ re: 15, im: 0 });
    expect(z.dot(z)).to.deep.equal(
      add(mul({ re: 1, im: 2 }, { re: 1, im: 2 }), mul({ re: 3, im: -1 }, { re: 3, im: -1 })),
    );
    expect(z.vdot(x)).to.deep.equal(conj({ re: 5, im: 3 }));
    expect(x.rdot(z)).to.equal(5);
  });
});
