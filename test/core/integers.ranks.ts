import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { hostArray, placeDType } from '../../src/core/base/dtype.js';
import { DTypeError, NumericalError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { ElementwiseKernel } from '../../src/core/expressions/elementwise-kernel.js';
import { ReductionKernel } from '../../src/core/expressions/reduction-kernel.js';
import { vdots } from '../../src/core/vector/inner-products.js';
import { indexedKernels } from '../../src/cpu/reference/indexed-loops.js';
import { distributed, group } from '../support/distributed.js';
import { MORE, SEED } from '../support/draws.js';
import { expectAllThrow } from '../support/vectors.js';

const MOST = 2 ** 31 - 1;
const LEAST = -(2 ** 31);

/** Integers of all sizes up to `bits`, computed from the seed alone. */
function drawn(n: number, bits: number, seed: number): number[] {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Array.from({ length: n }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state | 0) >> (32 - bits);
  });
}

const sumOf = (values: readonly number[]): bigint => values.reduce((sum, v) => sum + BigInt(v), 0n);
const productOf = (values: readonly number[]): bigint => values.reduce((p, v) => p * BigInt(v), 1n);
const isInt32 = (value: bigint): boolean => value >= BigInt(LEAST) && value <= BigInt(MOST);
const isExact = (value: bigint): boolean => value <= 2n ** 53n && value >= -(2n ** 53n);

/**
 * Fails unless `compute` returns exactly these numbers. If it is allowed, a NumericalError also
 * passes.
 */
function expectExact(
  compute: () => NDArray | number,
  exact: readonly bigint[],
  mayThrow: boolean,
  message: string,
): void {
  let got: NDArray | number;
  try {
    got = compute();
  } catch (error) {
    expect(error, message).to.be.instanceOf(NumericalError);
    expect(mayThrow, `${message}: ${String(error)}`).to.equal(true);
    return;
  }
  expect(
    (typeof got === 'number' ? [got] : [...got.toHost()]).map((v) => BigInt(v)),
    message,
  ).to.deep.equal(exact);
}

group('integers are exact or refused', () => {
  distributed('sums, products and running sums, along axes and of all elements', ({ backend }) => {
    const widens = backend.dtypes.includes('float64');
    for (let draw = 0; draw < 12 * MORE; draw++) {
      const bits = [32, 24, 8, 3][draw % 4] as number;
      const lists = Array.from({ length: 3 }, (_, k) =>
        drawn(1 + ((draw * 5 + k) % 7), bits, SEED + 31 * draw).slice(0, 1 + (draw % 7)),
      );
      const n = Math.min(...lists.map((l) => l.length));
      const rows = lists.map((l) => l.slice(0, n));
      const message = `draw ${draw}, seed ${SEED}`;
      const x = NDArray.array(rows, { dtype: 'int32', backend });
      const running = rows.flatMap((l) => l.map((_, k) => sumOf(l.slice(0, k + 1))));
      for (const [axis, a] of [
        [1, x],
        [0, x.transpose()],
      ] as const) {
        const sums = rows.map(sumOf);
        expectExact(
          () => a.sum(axis),
          sums,
          !widens || !sums.every(isInt32),
          `sum, axis ${axis}, ${message}`,
        );
        const products = rows.map(productOf);
        expectExact(
          () => a.prod(axis),
          products,
          !widens || !products.every(isInt32),
          `prod, axis ${axis}, ${message}`,
        );
      }
      expectExact(() => x.cumsum(1), running, !widens || !running.every(isInt32), `cumsum, ${message}`);
      const powers = rows.flatMap((l) => l.map((_, k) => productOf(l.slice(0, k + 1))));
      expectExact(() => x.cumprod(1), powers, !widens || !powers.every(isInt32), `cumprod, ${message}`);
      expectExact(() => x.sum() as number, [sumOf(rows.flat())], false, `sum of all, ${message}`);
      const all = productOf(rows.flat());
      expectExact(() => x.prod() as number, [all], !isExact(all), `product of all, ${message}`);
      const inner = rows.flat().reduce((sum, v) => sum + BigInt(v) * BigInt(v), 0n);
      expectExact(() => x.dot(x) as number, [inner], !isExact(inner), `dot, ${message}`);
      const matrix = rows.flatMap((p) =>
        rows.map((q) => p.reduce((sum, v, k) => sum + BigInt(v) * BigInt(q[k] as number), 0n)),
      );
      const fits = matrix.every((v) => v <= BigInt(MOST) && v >= BigInt(LEAST)) && bits < 12;
      expectExact(() => x.matmul(x.transpose()), matrix, !fits, `matmul, ${message}`);
    }
  });

  distributed('sums, running sums and norms of the largest integers are exact', ({ backend }) => {
    const options = { dtype: 'int32', backend } as const;
    const x = NDArray.array([[MOST], [MOST]], options);
    expect(x.sum()).to.equal(2 * MOST);
    expect(NDArray.array([LEAST, LEAST, LEAST], options).sum()).to.equal(3 * LEAST);
    expect(NDArray.array([LEAST, 5], options).norm(Number.POSITIVE_INFINITY)).to.equal(2 ** 31);
    expect(NDArray.array([1, 2, 3], options).sum(0).toArray()).to.equal(6);
    if (!backend.dtypes.includes('float64')) return;
    expect([x.sum(0).toArray(), x.sum(0).dtype]).to.deep.equal([[2 * MOST], 'float64']);
    expect([x.cumsum(0).toArray(), x.cumsum(0).dtype]).to.deep.equal([[[MOST], [2 * MOST]], 'float64']);
    const narrow = { axis: 0, dtype: 'int32' } as const;
    expect(() => x.sum(narrow)).to.throw(NumericalError, 'sum: a result does not fit into int32');
    expect(() => x.cumsum(narrow)).to.throw(NumericalError, 'cumsum: a result does not fit into int32');
    const wide = { axis: 0, dtype: 'float64' } as const;
    expect([x.sum(wide).toArray(), x.cumsum(wide).toArray()]).to.deep.equal([
      [2 * MOST],
      [[MOST], [2 * MOST]],
    ]);
    const least = NDArray.array([LEAST + 1, -1], options);
    expect([least.sum(0).toArray(), least.sum(0).dtype]).to.deep.equal([LEAST, 'int32']);
  });

  distributed('inner products over ranks are refused on all of them', ({ comm, backend }) => {
    const options = { dtype: 'int32', backend } as const;
    const x = DistributedArray.zeros([2 * comm.size + 1], options);
    expect(x.fill(3).dot(x)).to.equal(9 * x.size);
    x.set([0], MOST);
    expectAllThrow(comm, () => x.dot(x), NumericalError);
    expectAllThrow(comm, () => vdots([x, x], [x, x]), NumericalError);
    // the values of one rank alone do not overflow
    expectAllThrow(comm, () => x.fill(94906266).dot(x), NumericalError);
  });

  distributed(
    'products of places and numbers in expressions',
    { backends: ['cpu', 'reference', 'tfjs:wasm'] },
    ({ comm, backend }) => {
      const n = 100_000;
      const x = DistributedArray.zeros([n], { backend });
      const last = n - 1;
      for (const [map, reduce, value] of [
        ['i * i', 'sum', 333328333350000],
        ['square(i)', 'max', last ** 2],
        ['i ** 3', 'max', last ** 3],
        ['n * n', 'max', n ** 2],
        ['-i * i', 'min', -(last ** 2)],
        ['k * i', 'max', 100_000 * last],
        ['(i - n) * i', 'min', -(n ** 2) / 4],
        ['i > 5 ? i * i : 0', 'max', last ** 2],
        ['2 * i + 1 == n - 1 ? i : 0', 'sum', 49999],
      ] as const) {
        const kernel = new ReductionKernel({
          inputs: { x: 'array', k: 'integer' },
          map: `${map} + 0 * k`,
          reduce,
        });
        const got = kernel.run({ x, k: 100_000 }) as number;
        if (backend.dtypes.includes('float64')) expect(got, map).to.equal(value);
        else expect(Math.abs(got / value - 1), `${map}: ${got}`).to.be.below(1e-6);
      }
      const squares = new ElementwiseKernel({
        inputs: { x: 'array' },
        outputs: ['y'],
        expression: 'y = i * i',
      });
      const small = squares.run({ x: NDArray.zeros([4], { backend }) }) as { y: NDArray };
      expect([small.y.dtype, ...small.y.toHost()]).to.deep.equal(['int32', 0, 1, 4, 9]);
      expect((squares.run({ x: NDArray.zeros([n], { backend }) }) as { y: NDArray }).y.dtype).to.equal(
        backend.defaultDType,
      );
      const product = new ReductionKernel({ inputs: { x: 'array' }, map: 'x', reduce: 'prod' });
      const factors = DistributedArray.full([comm.size + 2], MOST, { dtype: 'int32', backend });
      expectAllThrow(comm, () => product.run({ x: factors }), NumericalError);
    },
  );

  distributed('typed arrays of numbers outside int32 are refused as int32', { ranks: [1] }, ({ backend }) => {
    const options = { dtype: 'int32', backend } as const;
    for (const value of [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, -(2 ** 31) - 1]) {
      for (const call of [
        () => NDArray.array(Float64Array.of(0, value), options),
        () => NDArray.array([0, value], options),
        () => NDArray.full([2], value, options),
        () => NDArray.zeros([2], options).fill(value),
        () => NDArray.zeros([2], options).setAt(1, value),
        () => NDArray.zeros([2], options).set(1, value),
        () => DistributedArray.full([2], value, options),
        () => DistributedArray.zeros([2], options).assignGlobal(Float64Array.of(0, value)),
      ])
        expect(call, String(value)).to.throw(DTypeError);
    }
    const whole = [LEAST, -0, 7, MOST];
    expect([...NDArray.array(Float64Array.from(whole), options).toHost()]).to.deep.equal([LEAST, 0, 7, MOST]);
    expect([...NDArray.array(Float32Array.of(-3, 5), options).toHost()]).to.deep.equal([-3, 5]);
    expect(
      NDArray.array(Int32Array.of(3), {
        dtype: backend.dtypes.includes('complex64') ? 'complex64' : 'float32',
        backend,
      }).toHost()[0],
    ).to.equal(3);
  });

  distributed(
    'index tables hold the places of axes beyond 2^31',
    { ranks: [1], backends: ['reference'] },
    () => {
      expect([placeDType(2 ** 31), placeDType(2 ** 31 + 1)]).to.deep.equal(['int32', 'float64']);
      const place = 2 ** 31 + 5;
      const table = hostArray(placeDType(place + 1), 1);
      table[0] = place;
      expect(table[0]).to.equal(place);
      const run = (values: number[]) => {
        const memory = Float64Array.from(values);
        return { storage: { memory, dtype: 'float64' as const, length: 3 }, offset: 0, size: 3 };
      };
      const [index, weights, from] = [run([2, -1, 0]), run([1, 1, 3]), run([5, 6, 7])];
      const entries = { outer: 1, nx: 3, ny: 3, inner: 1, width: 1, index, weights };
      const to = run([0, 0, 0]);
      indexedKernels.gather(from, to, entries);
      expect([...to.storage.memory]).to.deep.equal([7, 0, 15]);
      to.storage.memory.fill(0);
      indexedKernels.scatterAdd(from, to, entries);
      expect([...to.storage.memory]).to.deep.equal([21, 0, 5]);
    },
  );
});
