import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import {
  type DType,
  type HostArray,
  hostArray,
  isComplex,
  isDouble,
  isSamePrecision,
  realOf,
} from '../../src/core/base/dtype.js';
import { product, type Shape } from '../../src/core/base/shape.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import { StackedDistributedArray } from '../../src/core/distributed/stacked-distributed-array.js';
import { exactDots } from '../../src/core/vector/inner-products.js';
import { distributed, group } from '../support/distributed.js';
import { SEED } from '../support/draws.js';
import { expectClose, type Tolerance } from '../support/expect-close.js';
import { layoutsOf, NOTHING, placed, traffic } from '../support/vectors.js';

const ORDERS = [undefined, 3, 0.5, 40, 1, Number.POSITIVE_INFINITY];
/** Exponents of ten from the smallest numbers of a precision to the largest. */
const EXPONENTS = { single: [-44, -25, 0, 25, 36], double: [-322, -200, 0, 200, 306] } as const;

const precisionOf = (dtype: DType) => (isSamePrecision(dtype, 'float64') ? 'double' : 'single');

/** Values between −1 and 1 times `scale`, computed from the seed and the index alone. */
function drawn(dtype: DType, n: number, scale: number, seed: number): HostArray {
  const values = hostArray(dtype, n);
  for (let i = 0; i < values.length; i++) values[i] = Math.sin(seed * 7.1 + i * i * 1.3 + i) * scale;
  return values;
}

const modulus = (values: HostArray, dtype: DType, i: number): number =>
  isComplex(dtype)
    ? Math.hypot(values[2 * i] as number, values[2 * i + 1] as number)
    : Math.abs(values[i] as number);

/** The norm of moduli, which are divided by the largest first. */
function normOf(moduli: readonly number[], order = 2): number {
  const largest = Math.max(0, ...moduli);
  if (order === 0) return moduli.filter((m) => m !== 0).length;
  if (order === Number.NEGATIVE_INFINITY) return Math.min(Number.POSITIVE_INFINITY, ...moduli);
  if (order === Number.POSITIVE_INFINITY || largest === 0 || largest === Number.POSITIVE_INFINITY)
    return largest;
  // in two steps, because the inverse of a small number may overflow
  const near = moduli.map((m) => m / largest);
  return near.reduce((sum, m) => sum + m ** order, 0) ** (1 / order) * largest;
}

/** The tolerance of numbers of any size. The smallest ones have few significant digits. */
const anySize = (dtype: DType): Tolerance =>
  isDouble(dtype)
    ? { rtol: 1e-13, atol: 2 * 5e-324, each: true, notFinite: 'equal' }
    : { rtol: 1e-5, atol: 2 ** -148, each: true, notFinite: 'equal' };

group('norms of numbers of every size', () => {
  distributed('are exact for large elements, small ones, NaN and infinity', ({ comm, backend, floats }) => {
    for (const dtype of floats) {
      for (const exponent of EXPONENTS[precisionOf(dtype)]) {
        for (const [kind, spread] of [
          ['of one size', 0],
          ['of all sizes', -exponent / 6],
        ] as const) {
          const values = drawn(dtype, 24, 1, SEED + exponent);
          for (let i = 0; i < values.length; i++)
            values[i] = (values[i] as number) * 10 ** Math.round(exponent + spread * (i % 6));
          const moduli = Array.from({ length: 24 }, (_, i) => modulus(values, dtype, i));
          const whole = NDArray.fromHost(values, [24], { dtype, backend });
          const layouts = [Layout.split([24], comm.size, 0), Layout.replicated([24], comm.size)];
          const distributedOnes = layouts.map((l) => placed(whole, l, comm));
          for (const order of ORDERS) {
            const exact = normOf(moduli, order);
            const message = `${dtype}, order ${order}, 1e${exponent}, ${kind}, seed ${SEED}`;
            expectClose(whole.norm(order), exact, anySize(dtype), message);
            expectClose(exactDots.norm(whole, order), exact, anySize(dtype), `${message}, exact`);
            for (const x of distributedOnes) {
              expectClose(x.norm(order), exact, anySize(dtype), `${message}, ${x.layout}`);
            }
          }
        }
      }
      for (const [values, expected] of [
        [[Number.POSITIVE_INFINITY, 1, 0], Number.POSITIVE_INFINITY],
        [[Number.NEGATIVE_INFINITY, 1e-30, 0], Number.POSITIVE_INFINITY],
        [[Number.NaN, 1, 0], Number.NaN],
        [[Number.POSITIVE_INFINITY, Number.NaN, 1], Number.NaN],
        [[0, 0, 0], 0],
        [[-0, 0, -0], 0],
      ] as const) {
        const x = DistributedArray.toDist(NDArray.array([...values], { backend }).astype(dtype));
        for (const order of [2, 1, 3, 0.5]) {
          for (const norm of [
            x.norm(order),
            exactDots.norm(x, order),
            x.local.size === 3 ? x.local.norm(order) : expected,
          ])
            expect(norm, `${dtype}, order ${order}, [${values}]`).to.satisfy((v: number) =>
              Object.is(v, expected),
            );
        }
      }
    }
  });

  distributed(
    'cost one reduction, and two more where sums of powers are not precise',
    ({ comm, backend, skip }) => {
      if (backend.defaultDType !== 'float64') skip('sums are in double precision here');
      const reductions = (scale: number): number => {
        const x = DistributedArray.zeros([comm.size], { backend });
        x.set([0], scale);
        let norm = 0;
        const spent = traffic(comm, () => {
          norm = x.norm();
        });
        expectClose(norm, scale, anySize('float32'), `${scale}`);
        return spent.reductions;
      };
      const tiny = 1e-200;
      expect([0, 1, tiny, 1e200].map(reductions)).to.deep.equal([1, 1, 3, 3]);
      const stack = new StackedDistributedArray([
        DistributedArray.full([3], tiny, { backend }),
        DistributedArray.full([6], 2 * tiny, { backend }),
      ]);
      expectClose(stack.norm(), Math.sqrt(27) * tiny, anySize('float32'), 'stacked');
    },
  );
});

/**
 * Lines with norms of very different sizes: one of zeros, one infinite, one NaN; and their norms.
 */
function lines(dtype: DType): { readonly values: HostArray; readonly norms: (order: number) => number[] } {
  const exponents = EXPONENTS[precisionOf(dtype)];
  const n = 5;
  const rows = [
    ...exponents.map((e) => drawn(dtype, n, 10 ** e, SEED)),
    drawn(dtype, n, 0, SEED),
    drawn(dtype, n, 1, SEED),
    drawn(dtype, n, 1, SEED),
  ];
  (rows.at(-2) as HostArray)[2] = Number.NEGATIVE_INFINITY;
  (rows.at(-1) as HostArray)[3] = Number.NaN;
  const values = hostArray(dtype, n * rows.length);
  rows.forEach((row, k) => values.set(row, k * row.length));
  const moduli = rows.map((row) => Array.from({ length: n }, (_, i) => modulus(row, dtype, i)));
  return {
    values,
    norms: (order) => moduli.map((m) => (m.some(Number.isNaN) ? Number.NaN : normOf(m, order))),
  };
}

group('norms along an axis, of numbers of every size', () => {
  distributed(
    'are exact for lines of different size, with zeros, infinity and NaN',
    ({ comm, backend, floats }) => {
      for (const dtype of floats) {
        const { values, norms } = lines(dtype);
        const whole = NDArray.fromHost(values, [values.length / (isComplex(dtype) ? 10 : 5), 5], {
          dtype,
          backend,
        });
        for (const order of [2, 3, 0.5, 40, 1]) {
          const exact = norms(order).map((v) => hostArray(realOf(dtype), 1).fill(v)[0] as number);
          for (const [axis, x] of [
            [1, whole],
            [0, whole.transpose()],
          ] as const) {
            const check = (result: NDArray, how: string) => {
              expect(result.dtype).to.equal(realOf(dtype));
              result.toHost().forEach((v, k) => {
                expectClose(
                  v,
                  exact[k] as number,
                  anySize(dtype),
                  `${dtype}, order ${order}, axis ${axis}, ${how}, line ${k}, seed ${SEED}`,
                );
              });
            };
            check(x.norm(order, axis), 'one array');
            check(x.norm(order, axis, { exact: true }), 'one array, exact');
            for (const layout of layoutsOf(x.shape, comm.size).filter(
              (l) => l.grid.filter((g) => g > 1).length < 2,
            )) {
              const spread = placed(x, layout, comm);
              check(spread.norm(order, axis).asArray(), `${layout}`);
              if (order > 3) continue;
              const exactly = [
                spread.norm(order, axis, { exact: true }).asArray(),
                x.norm(order, axis, { exact: true }),
              ].map((y) => [...y.toHost()]);
              expect(exactly[0], `${dtype}, order ${order}, axis ${axis}, ${layout}, bits`).to.deep.equal(
                exactly[1],
              );
            }
          }
        }
      }
    },
  );

  distributed(
    'cost one reduction where the axis is split, none elsewhere, and two more for sums that are not precise',
    ({ comm, backend }) => {
      const tiny = backend.defaultDType === 'float64' ? 1e-200 : 1e-30;
      const reductions = (axis: number): number[] =>
        [0, 1, tiny].map(
          (v) =>
            traffic(comm, () => DistributedArray.full([comm.size, 3], v, { backend }).norm(2, axis))
              .reductions,
        );
      expect(reductions(0)).to.deep.equal([1, 1, 3]);
      expect(reductions(1)).to.deep.equal([0, 0, 0]);
    },
  );

  distributed(
    'of empty arrays have the shape of the others, with keepdims too',
    ({ comm, backend, dtypes }) => {
      for (const dtype of dtypes) {
        for (const shape of [[5, 0], [0, 5], [0, 0], [4, 0, 3], [0], [2, 3]]) {
          const whole = NDArray.zeros(shape, { dtype, backend });
          for (const layout of [...layoutsOf(shape, comm.size), Layout.replicated(shape, comm.size)]) {
            if (layout.grid.filter((g) => g > 1).length > 1) continue;
            for (const axis of shape.keys()) {
              for (const keepdims of [false, true]) {
                for (const order of [2, 1, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
                  const exact = whole.norm(order, axis, { keepdims });
                  const y = placed(whole, layout, comm).norm(order, axis, { keepdims });
                  const message =
                    `${dtype}, [${shape}], axis ${axis}, order ${order}, keepdims ${keepdims}, ` +
                    `${layout}`;
                  // a distributed array has at least one axis
                  expect(y.globalShape, message).to.deep.equal(exact.shape.length === 0 ? [1] : exact.shape);
                  expect([...y.asArray().toHost()], message).to.deep.equal([...exact.toHost()]);
                }
              }
            }
          }
        }
      }
    },
  );
});

group('norms without rounding', () => {
  distributed(
    'have the same bits on every number of ranks, in every layout and stack',
    ({ comm, backend, floats }) => {
      const shape: Shape = [9, 7];
      for (const dtype of floats) {
        for (const scale of precisionOf(dtype) === 'single' ? [1, 1e30] : [1, 1e-300]) {
          const whole = NDArray.fromHost(drawn(dtype, product(shape), scale, SEED), shape, {
            dtype,
            backend,
          });
          const rows = [4, 5].map((n, k) => whole.slice([4 * k, 4 * k + n]));
          for (const order of [2, 1, 3]) {
            const norm = exactDots.norm(whole, order);
            const message = `${dtype}, order ${order}, ${scale}, seed ${SEED}`;
            for (const layout of [...layoutsOf(shape, comm.size), Layout.replicated(shape, comm.size)]) {
              let value = 0;
              const x = placed(whole, layout, comm);
              const spent = traffic(comm, () => {
                value = exactDots.norm(x, order);
              });
              expect(value, `${message}, ${layout}`).to.equal(norm);
              if (scale === 1) expect(spent).to.deep.equal({ ...NOTHING, reductions: 1 });
            }
            const stack = new StackedDistributedArray(rows.map((r) => DistributedArray.toDist(r)));
            expect(exactDots.norm(stack, order), `${message}, stacked`).to.equal(norm);
          }
        }
      }
    },
  );
});
