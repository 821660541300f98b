import { expect } from 'chai';
import * as xp from '../../src/array/index.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { type DType, isBoolean } from '../../src/core/base/dtype.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import type { Shape } from '../../src/core/base/shape.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { createCpuBackend } from '../../src/cpu/index.js';
import { distributed, group } from '../support/distributed.js';
import { expectAllThrow, layoutsOf, NOTHING, ragged, traffic } from '../support/vectors.js';

const { defaultRng } = xp.random;
type Either = NDArray | DistributedArray;

/** The values of an array of either kind, on the host. */
const hostOf = (x: Either): number[] =>
  Array.from(x instanceof DistributedArray ? x.asArray().toHost() : x.toHost());

/** Every method, as a function of a generator, a shape and options of the layout. */
const METHODS: Readonly<
  Record<string, (rng: xp.RandomGenerator, shape: Shape, dtype: DType, options: xp.DrawOptions) => Either>
> = {
  random: (rng, shape, dtype, o) => rng.random(shape, { ...o, dtype }),
  uniform: (rng, shape, dtype, o) => rng.uniform(-2, 3, shape, { ...o, dtype }),
  standardNormal: (rng, shape, dtype, o) => rng.standardNormal(shape, { ...o, dtype }),
  normal: (rng, shape, dtype, o) => rng.normal(1, 0.5, shape, { ...o, dtype }),
  standardExponential: (rng, shape, dtype, o) => rng.standardExponential(shape, { ...o, dtype }),
  exponential: (rng, shape, dtype, o) => rng.exponential(2, shape, { ...o, dtype }),
  standardGamma: (rng, shape, dtype, o) => rng.standardGamma(0.7, shape, { ...o, dtype }),
  gamma: (rng, shape, dtype, o) => rng.gamma(3, 2, shape, { ...o, dtype }),
  poisson: (rng, shape, _, o) => rng.poisson(12.5, shape, o),
  integers: (rng, shape, _, o) => rng.integers(-3, 9, shape, o),
};

group('random numbers', () => {
  for (const [name, method] of Object.entries(METHODS))
    distributed(
      `${name}: the bits of one rank of the CPU, in every layout; nothing is sent`,
      ({ comm, backend, floats }) => {
        const host = createCpuBackend();
        for (const dtype of floats.includes('float64') ? floats : ['float32' as const]) {
          for (const shape of [[13], [7, 5], [3, 4, 5]]) {
            const draw = (options: xp.DrawOptions) => {
              const rng = defaultRng(2 ** 40 + 7);
              return [method(rng, shape, dtype, options), method(rng, shape, dtype, options)];
            };
            const [first, second] = draw({ backend: host }).map(hostOf) as [number[], number[]];
            expect(first, name).to.not.deep.equal(second);
            expect(draw({ backend }).map(hostOf)).to.deep.equal([first, second]);
            const layouts: xp.DrawOptions[] = [
              { partition: 'BROADCAST' },
              { grid: shape.map((_, k) => (k === shape.length - 1 ? comm.size : 1)) },
              ...shape.map((_, axis) => ({ axis })),
              ...shape.map((n, axis) => ({
                axis,
                localShapes: ragged(n, comm.size).map((m) => shape.with(axis, m)),
              })),
            ];
            for (const options of layouts) {
              let made: Either[] = [];
              const sent = traffic(comm, () => {
                made = draw({ backend, comm, ...options });
              });
              expect(sent).to.deep.equal(NOTHING);
              expect(made.every((x) => x instanceof DistributedArray)).to.equal(true);
              expect(made.map(hostOf), JSON.stringify(options)).to.deep.equal([first, second]);
            }
          }
        }
      },
    );

  distributed('parameters for each element, of both kinds of array', ({ comm, backend, reals }) => {
    for (const dtype of reals) {
      const mean = NDArray.linspace(0, 40, 35, { dtype, backend }).reshape([7, 5]);
      const want = hostOf(defaultRng(3).poisson(mean));
      const spread = DistributedArray.toDist(mean, { comm, axis: 1 });
      const got = defaultRng(3).poisson(spread);
      expect(got.layout.equals(spread.layout) && got.dtype === 'int32').to.equal(true);
      expect(hostOf(got)).to.deep.equal(want);
      // as each element by itself
      const rows = [...mean.toHost()].map((lam) => hostOf(defaultRng(3).poisson(lam, [7, 5], { backend })));
      expect(want).to.deep.equal(want.map((_, i) => rows[i]?.[i]));
      const row = NDArray.arange(1, 6, 1, { dtype, backend });
      const scaled = defaultRng(4).normal(row, 0, [7, 5], { dtype, comm });
      expect(scaled).to.be.instanceOf(DistributedArray);
      expect(hostOf(scaled)).to.deep.equal(hostOf(row.broadcastTo([7, 5]).copy()));
      const both = defaultRng(5).gamma(spread, row);
      expect(hostOf(both)).to.deep.equal(hostOf(defaultRng(5).gamma(mean, row)));
      expect(both.dtype).to.equal(dtype);
    }
  });

  distributed(
    'permutation and shuffle: the same order on any number of ranks',
    ({ comm, backend, dtypes }) => {
      const host = createCpuBackend();
      const order = hostOf(defaultRng(11).permutation(50, { backend: host }));
      expect([...order].sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 50 }, (_, i) => i));
      expect(hostOf(defaultRng(11).permutation(50, { backend }))).to.deep.equal(order);
      expect(hostOf(defaultRng(11).permutation(50, { backend, comm }))).to.deep.equal(order);
      for (const dtype of [...dtypes, 'bool'] as DType[]) {
        if (!backend.dtypes.includes(dtype)) continue;
        const values = Array.from({ length: 50 }, (_, i) => (isBoolean(dtype) ? i % 2 : i));
        const x = NDArray.array(values, { backend }).astype(dtype);
        const want = hostOf(x.take(Int32Array.from(order)));
        expect(hostOf(defaultRng(11).permutation(x))).to.deep.equal(want);
        for (const layout of layoutsOf([50], comm.size)) {
          const spread = DistributedArray.toDist(x, { comm }).redistribute(layout);
          const moved = defaultRng(11).permutation(spread);
          expect(moved.layout.equals(layout)).to.equal(true);
          expect(hostOf(moved), `${dtype} ${layout}`).to.deep.equal(want);
        }
        const y = DistributedArray.toDist(x, { comm });
        expect(defaultRng(11).shuffle(y)).to.equal(y);
        expect(hostOf(y)).to.deep.equal(want);
      }
      const matrix = NDArray.arange(50 * 3, { backend }).reshape([50, 3]);
      const rows = hostOf(matrix.take(Int32Array.from(order), 0));
      for (const [k, x] of [matrix, matrix.transpose().copy()].entries()) {
        const whole = defaultRng(11).permutation(x, { axis: k });
        expect(hostOf(k === 0 ? whole : whole.transpose().copy())).to.deep.equal(rows);
        for (const axis of [0, 1]) {
          const spread = DistributedArray.toDist(x, { comm, axis });
          const sent = traffic(comm, () => void defaultRng(11).permutation(spread, { axis: k }));
          const isMoved = axis === k && comm.size > 1;
          expect(sent).to.deep.equal({ ...NOTHING, collectives: isMoved ? 1 : 0 });
          expect(hostOf(defaultRng(11).permutation(spread, { axis: k }))).to.deep.equal(hostOf(whole));
        }
      }
    },
  );

  distributed('choice: with and without replacement and probabilities', ({ comm, backend }) => {
    const p = [0.1, 0, 0.4, 0.5, 0];
    const from = NDArray.array([10, 20, 30, 40, 50], { backend });
    for (const options of [{}, { p }, { replace: false }, { replace: false, p }]) {
      const shape = options.p && options.replace === false ? [3] : options.replace === false ? [4] : [6, 4];
      const want = hostOf(defaultRng(2).choice(5, shape, { ...options, backend: createCpuBackend() }));
      if (options.p) expect(want.every((i) => (p[i] as number) > 0)).to.equal(true);
      if (options.replace === false) expect(new Set(want).size).to.equal(want.length);
      expect(hostOf(defaultRng(2).choice(5, shape, { ...options, backend }))).to.deep.equal(want);
      let spread: Either = from;
      const sent = traffic(comm, () => {
        spread = defaultRng(2).choice(5, shape, { ...options, backend, comm });
      });
      expect(sent).to.deep.equal(NOTHING);
      expect(spread).to.be.instanceOf(DistributedArray);
      expect(hostOf(spread)).to.deep.equal(want);
      const values = want.map((i) => 10 * (i + 1));
      expect(hostOf(defaultRng(2).choice(from, shape, options))).to.deep.equal(values);
      expect(hostOf(defaultRng(2).choice(from, shape, { ...options, comm }))).to.deep.equal(values);
      const own = DistributedArray.toDist(from, { comm });
      expect(hostOf(defaultRng(2).choice(own, shape, options))).to.deep.equal(values);
    }
  });

  distributed(
    'multivariate normal: the covariance is that of the product',
    ({ comm, backend, reals, tolerance }) => {
      const cov = [
        [4, 2, 0],
        [2, 1, 0],
        [0, 0, 9],
      ];
      for (const dtype of reals) {
        const draw = (options: xp.DrawOptions) =>
          defaultRng(8).multivariateNormal([1, 2, 3], cov, [40], { ...options, backend, dtype }) as Either;
        const whole = hostOf(draw({}));
        // Pivots: 9, 4, and no third one, so a vector is (1 + 2 b, 2 + b, 3 + 3 a)
        const z = hostOf(defaultRng(8).standardNormal([40, 3], { backend, dtype }));
        for (const x of [whole, hostOf(draw({ comm }))])
          for (let i = 0; i < 40; i++) {
            const [a, b] = [z[3 * i] as number, z[3 * i + 1] as number];
            [1 + 2 * b, 2 + b, 3 + 3 * a].forEach((v, k) => {
              expect(Math.abs((x[3 * i + k] as number) - v)).to.be.at.most(20 * tolerance(dtype));
            });
          }
      }
    },
  );

  distributed('bad arguments are refused on every rank', ({ comm, backend }) => {
    const refused = (error: new (message: string) => Error, body: () => unknown): void =>
      expectAllThrow(comm, body, error);
    const rng = defaultRng(1);
    const spread = DistributedArray.zeros([6, 4], { comm, backend });
    refused(ArgumentError, () => defaultRng(-1));
    refused(ArgumentError, () => rng.normal(0, -1, [3]));
    refused(ArgumentError, () => rng.normal(Number.NaN, 1, [3], { comm }));
    refused(ArgumentError, () => rng.poisson(3e9, [3]));
    refused(ArgumentError, () => rng.poisson(spread.copy().set([5, 3], -1)));
    refused(ArgumentError, () => rng.poisson(spread, [6, 4], { comm }));
    refused(ArgumentError, () => rng.integers(5, 5, [3]));
    refused(ArgumentError, () => rng.integers(0, 2 ** 31 + 1, [3]));
    refused(ArgumentError, () => rng.integers(0, 3, [3], { dtype: 'bool' }));
    refused(DTypeError, () => rng.integers(0, 3, [3], { dtype: 'float32' }));
    refused(DTypeError, () => rng.normal(0, 1, [3], { dtype: 'int32', comm }));
    refused(DTypeError, () => rng.poisson(2, [3], { dtype: 'complex64' }));
    refused(ShapeError, () => rng.normal(NDArray.zeros([4], { backend }), 1, [3]));
    refused(ArgumentError, () => rng.normal(0, 1, [3], { seed: 3 } as object));
    refused(ArgumentError, () => rng.choice(3, [4], { replace: false }));
    refused(ArgumentError, () => rng.choice(0, [4]));
    refused(ArgumentError, () => rng.choice(3, [4], { p: [0.5, 0.6, 0] }));
    refused(ShapeError, () => rng.choice(3, [4], { p: [0.5, 0.5] }));
    refused(PartitionError, () => rng.choice(spread, [4], { comm }));
    refused(ArgumentError, () =>
      rng.multivariateNormal(
        [0, 0],
        [
          [1, 2],
          [2, 1],
        ],
      ),
    );
    refused(ArgumentError, () =>
      rng.multivariateNormal(
        [0, 0],
        [
          [1, 2],
          [0, 9],
        ],
      ),
    );
    refused(ArgumentError, () => rng.multivariateNormal([0], [[Number.POSITIVE_INFINITY]]));
    refused(ArgumentError, () => rng.uniform(-1.7e308, 1.7e308, [4]));
    refused(ArgumentError, () => rng.choice(5, [2], { dtype: 'float64' }));
    refused(ArgumentError, () => rng.permutation(5, { dtype: 'float32' }));
    refused(DTypeError, () => rng.choice(1, [2], { p: [{ re: 1, im: 0 }] as never }));
    if (backend.dtypes.includes('float64'))
      refused(DTypeError, () =>
        rng.normal(NDArray.zeros([2], { dtype: 'float32' }), NDArray.ones([2], { dtype: 'float64' })),
      );
    refused(ShapeError, () => rng.multivariateNormal([0, 0], [[1]]));
    refused(ShapeError, () => rng.permutation(NDArray.full([], 1, { backend })));
    // No error took a draw
    expect(rng.draws).to.equal(0);
    const tenths = NDArray.full([10], 0.1, { dtype: 'float32', backend });
    expect((rng.choice(10, [4], { p: tenths }) as NDArray).shape).to.deep.equal([4]);
  });

  distributed('no shape gives a number; the first draw is that of arrays with this seed', ({ backend }) => {
    const rng = defaultRng(9);
    const numbers = [rng.random(), rng.normal(), rng.integers(5), rng.poisson(3), rng.choice(4)];
    expect(numbers.every((v) => typeof v === 'number')).to.equal(true);
    expect(rng.normal(0, 1, undefined, { dtype: 'complex64', backend })).to.have.keys('re', 'im');
    expect(hostOf(defaultRng(9).standardNormal([5], { backend }))).to.deep.equal(
      hostOf(NDArray.normal([5], { seed: 9, backend })),
    );
    expect(hostOf(defaultRng(9).random([5], { backend }))).to.deep.equal(
      hostOf(NDArray.uniform([5], { seed: 9, backend })),
    );
    expect(defaultRng().seed).to.not.equal(defaultRng().seed);
  });
});
