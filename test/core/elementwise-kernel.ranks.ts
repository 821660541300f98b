import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { complexOf, type DType, isComplex } from '../../src/core/base/dtype.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { StackedDistributedArray } from '../../src/core/distributed/stacked-distributed-array.js';
import { ElementwiseKernel } from '../../src/core/expressions/elementwise-kernel.js';
import { fuse } from '../../src/core/expressions/fuse.js';
import { ReductionKernel } from '../../src/core/expressions/reduction-kernel.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { NOTHING, traffic } from '../support/vectors.js';

// The first run with CUDA compiles a kernel for each dtype and needs the longer limits.
const damped = new ElementwiseKernel({
  inputs: { x: 'array', y: 'array', a: 'scalar' },
  outputs: ['z', 'w'],
  expression: 't = a * x + y; z = t * t - x / 4; w = abs(t)',
});

group('ElementwiseKernel', () => {
  distributed(
    'equals the array methods, for all dtypes, without communication',
    { timeout: 120_000 },
    ({ comm, backend, floats, tolerance }) => {
      for (const dtype of floats) {
        const [x, y] = [1, 2].map((seed) => DistributedArray.random([7, 3], { dtype, backend, seed })) as [
          DistributedArray,
          DistributedArray,
        ];
        let result = damped.run({ x, y, a: 0.5 });
        expect(traffic(comm, () => (result = damped.run({ x, y, a: 0.5 })))).to.deep.equal(NOTHING);
        const [a, b] = [x.asArray(), y.asArray()];
        const t = a.multiply(0.5).add(b);
        expectClose(result.z, t.multiply(t).subtract(a.divide(4)), 4 * tolerance(dtype), dtype);
        expectClose(result.w, t.abs(), 4 * tolerance(dtype), dtype);
        const into = damped.run({ x, y, a: 0.5 }, { z: x });
        expect(into.z).to.equal(x);
        expectClose(x, result.z, 0, 'in place');
      }
    },
  );

  distributed(
    'a complex scalar makes real data complex; an integer keeps int32',
    ({ backend, floats, dtypes, tolerance }) => {
      const scaled = new ElementwiseKernel({
        inputs: { x: 'array', a: 'scalar' },
        outputs: ['z'],
        expression: 'z = x * a',
      });
      for (const dtype of floats) {
        if (!floats.includes(complexOf(dtype))) continue;
        const x = NDArray.normal([5], { dtype, backend });
        const a = { re: 1, im: -2 };
        expectClose(scaled.run({ x, a }).z, x.multiply(a), tolerance(dtype), dtype);
      }
      if (!dtypes.includes('int32')) return;
      const k = NDArray.array([3, -4, 2 ** 30], { dtype: 'int32', backend });
      const counted = new ElementwiseKernel({
        inputs: { k: 'array', m: 'integer' },
        outputs: ['z'],
        expression: 'z = k * m + 1',
      });
      expect([...counted.run({ k, m: 5 }).z.toHost()]).to.deep.equal([16, -19, ((5 * 2 ** 30) | 0) + 1]);
      expect(scaled.run({ x: k, a: 2 }).z.dtype).to.equal(backend.defaultDType);
    },
  );

  distributed('computes choices, comparisons and special values', ({ backend, reals }) => {
    const kernel = new ElementwiseKernel({
      inputs: { x: 'array' },
      outputs: ['a', 'b', 'c', 'd', 'e'],
      expression:
        'a = x > 1 && !(x > 3) || x == -1; b = x < 0 ? -inf : min(x, 2); c = isnan(x) + 2 * ' +
        'isfinite(x); d = max(x, 0); e = clip(x, -2, 2)',
    });
    const values = [-1, -0, 0, 1.5, 2, 4, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const dtype of reals) {
      const { a, b, c, d, e } = kernel.run({ x: NDArray.array(values, { dtype, backend }) });
      const inf = Number.POSITIVE_INFINITY;
      expect([...a.toHost()], dtype).to.deep.equal([1, 0, 0, 1, 1, 0, 0, 0, 0]);
      expect([...b.toHost()].map(Math.abs)).to.deep.equal([inf, 0, 0, 1.5, 2, 2, Number.NaN, 2, inf]);
      expect([...c.toHost()]).to.deep.equal([2, 2, 2, 2, 2, 2, 1, 0, 0]);
      expect([...d.toHost()].map(Math.abs)).to.deep.equal([0, 0, 0, 1.5, 2, 4, Number.NaN, inf, 0]);
      expect([...e.toHost()].map(Math.abs)).to.deep.equal([1, 0, 0, 1.5, 2, 2, Number.NaN, 2, 2]);
    }
  });

  distributed('i and n are those of the whole array, whatever the number of ranks', ({ backend, comm }) => {
    const ramp = new ElementwiseKernel({
      inputs: { x: 'array' },
      outputs: ['z'],
      expression: 'z = 0 * x + i / n',
    });
    const x = DistributedArray.ones([5, 2], { backend });
    const expected = Array.from({ length: 10 }, (_, i) => i / 10);
    const got = ramp.run({ x }).z.asArray().reshape([10]).toHost();
    expectClose(got, expected, { atol: 1e-6 });
    if (comm.size > 1)
      expect(() => ramp.run({ x: DistributedArray.ones([5, 4], { backend, axis: 1 }) })).to.throw(
        PartitionError,
        'redistribute(0)',
      );
  });

  distributed('broadcasts local arrays, and accepts empty ones', ({ backend }) => {
    const sum = new ElementwiseKernel({
      inputs: { x: 'array', y: 'array' },
      outputs: ['z'],
      expression: 'z = x - y',
    });
    const [x, y] = [NDArray.normal([3, 1], { backend }), NDArray.normal([4], { backend, seed: 1 })];
    expectClose(sum.run({ x, y }).z, x.subtract(y), 0);
    expect(sum.run({ x: NDArray.zeros([0, 4], { backend }), y }).z.shape).to.deep.equal([0, 4]);
    expect(() => sum.run({ x, y: NDArray.zeros([2, 4], { backend }) })).to.throw(ShapeError);
  });

  distributed('runs over the blocks of a stack', ({ backend }) => {
    const square = new ElementwiseKernel({
      inputs: { x: 'array', a: 'scalar' },
      outputs: ['z'],
      expression: 'z = a * x ** 2',
    });
    const x = new StackedDistributedArray([
      DistributedArray.random([6], { backend }),
      DistributedArray.random([3, 2], { backend, partition: 'BROADCAST' }),
    ]);
    expectClose(square.run({ x, a: 3 }).z, x.asArray().square().multiply(3), 1e-6);
    const into = x.emptyLike();
    expect(square.run({ x, a: 3 }, { z: into }).z).to.equal(into);
  });

  distributed('refuses arguments that do not fit, on all ranks alike', ({ backend, reals }) => {
    const sum = new ElementwiseKernel({
      inputs: { x: 'array', y: 'array' },
      outputs: ['z'],
      expression: 'z = x + y',
    });
    const x = DistributedArray.ones([6], { backend });
    expect(() => sum.run({ x, y: DistributedArray.ones([5], { backend }) })).to.throw(ShapeError);
    expect(() => sum.run({ x, y: x }, { z: DistributedArray.ones([5], { backend }) })).to.throw(
      PartitionError,
      "output 'z'",
    );
    expect(() => sum.run({ x, y: 2 } as never)).to.throw(ArgumentError, "input 'y'");
    expect(() => sum.run({ x } as never)).to.throw(ArgumentError, "input 'y'");
    expect(() => sum.run({ x, y: x, q: x } as never)).to.throw(ArgumentError, "unknown option 'q'");
    expect(() => sum.run({ x, y: x }, { zz: x } as never)).to.throw(ArgumentError, "unknown option 'zz'");
    expect(() => sum.run({ x, y: x.local } as never)).to.throw(ArgumentError, 'DistributedArray');
    if (reals.length < 2) return;
    expect(() =>
      sum.run({
        x: NDArray.ones(2, { dtype: 'float32', backend }),
        y: NDArray.ones(2, { dtype: 'float64', backend }),
      }),
    ).to.throw(DTypeError, 'astype');
    expect(() => sum.run({ x: x.local, y: x.local }, { z: x.local.astype('int32') })).to.throw(
      DTypeError,
      'declare',
    );
  });
});

group('ReductionKernel', () => {
  distributed(
    'costs one reduction over the ranks, for all dtypes and folds',
    { timeout: 120_000 },
    ({ comm, backend, floats, tolerance }) => {
      for (const dtype of floats) {
        for (const partition of ['SCATTER', 'BROADCAST'] as const) {
          const [x, y] = [1, 2].map((seed) =>
            DistributedArray.random([9, 2], { dtype, backend, seed, partition }),
          ) as [DistributedArray, DistributedArray];
          const product = new ReductionKernel({
            inputs: { x: 'array', y: 'array' },
            map: 'conj(x) * y',
            reduce: 'sum',
          });
          const expected = x.vdot(y);
          let value = product.run({ x, y });
          expect(traffic(comm, () => (value = product.run({ x, y })))).to.deep.equal({
            ...NOTHING,
            reductions: 1,
          });
          const [a, b] = [value, expected].map((v) => (typeof v === 'number' ? { re: v, im: 0 } : v)) as [
            { re: number; im: number },
            { re: number; im: number },
          ];
          expect(Math.hypot(a.re - b.re, a.im - b.im)).to.be.at.most(30 * tolerance(dtype));
          const largest = new ReductionKernel({ inputs: { x: 'array' }, map: 'abs(x)', reduce: 'max' });
          expect(largest.run({ x })).to.be.closeTo(x.norm(Number.POSITIVE_INFINITY), tolerance(dtype) * 4);
          const norm = new ReductionKernel({
            inputs: { x: 'array' },
            map: 'd = abs(x); value = d * d',
            reduce: 'sum',
            post: (v, n) => Math.sqrt((v as number) / n),
          });
          expect(norm.run({ x })).to.be.closeTo(x.norm() / Math.sqrt(x.size), tolerance(dtype) * 4);
          const all = new ReductionKernel({ inputs: { x: 'array' }, map: '1 + x / 8', reduce: 'prod' });
          const direct = x.asArray().divide(8).add(1).prod();
          const got = all.run({ x });
          if (isComplex(dtype))
            expect((got as { im: number }).im).to.be.closeTo(
              (direct as { im: number }).im,
              40 * tolerance(dtype),
            );
          else expect(got).to.be.closeTo(direct as number, 40 * tolerance(dtype));
        }
      }
    },
  );

  distributed(
    'returns NaN where an element is NaN, and refuses the extreme of no elements',
    ({ backend, comm }) => {
      const least = new ReductionKernel({ inputs: { x: 'array' }, map: 'x - 1', reduce: 'min' });
      const x = DistributedArray.random([4000], { backend });
      const sum = new ReductionKernel({ inputs: { x: 'array' }, map: 'sin(x)', reduce: 'sum' });
      expect(sum.run({ x })).to.equal(sum.run({ x }));
      x.set([3999], Number.NaN);
      expect(least.run({ x })).to.deep.equal(Number.NaN);
      const empty = DistributedArray.zeros([0], { backend });
      expect(sum.run({ x: empty })).to.equal(0);
      expect(() => least.run({ x: empty })).to.throw(ShapeError, 'of nothing');
      expect(
        new ReductionKernel({ inputs: { x: 'array' }, map: 'i + 0 * x', reduce: 'max' }).run({
          x: DistributedArray.ones([comm.size + 1], { backend }),
        }),
      ).to.equal(comm.size);
    },
  );
});

group('fuse', () => {
  distributed('equals the function of arrays that it was given', ({ backend, floats, tolerance }) => {
    const f = fuse((x, y) => {
      const d = x.subtract(y);
      return d.multiply(d.conj()).add(2).sqrt().divide(3);
    });
    expect(f.expression).to.equal('t0 = x0 - x1; z = sqrt((t0 * conj(t0)) + 2) / 3');
    for (const dtype of floats as readonly DType[]) {
      const [x, y] = [1, 2].map((seed) => DistributedArray.random([5, 2], { dtype, backend, seed })) as [
        DistributedArray,
        DistributedArray,
      ];
      const d = x.asArray().subtract(y.asArray());
      const expected = d.multiply(d.conj()).add(2).sqrt().divide(3);
      expectClose(f(x, y), expected, 4 * tolerance(dtype), dtype);
      expect(f.into(x, x, y)).to.equal(x);
      expectClose(x, expected, 4 * tolerance(dtype), dtype);
    }
  });
});
