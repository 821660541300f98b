import { expect } from 'chai';
import * as xp from '../../src/array/index.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { type DType, isSingle, realOf } from '../../src/core/base/dtype.js';
import { ArgumentError, NumericalError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { resolveBackend } from '../../src/core/ports/defaults.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow, layoutsOf, NOTHING, placed, traffic } from '../support/vectors.js';

type Either = NDArray | DistributedArray;

const floats = (): readonly DType[] =>
  (['float32', 'float64', 'complex64', 'complex128'] as const).filter((dtype) =>
    resolveBackend().dtypes.includes(dtype),
  );
const tolerance = (dtype: DType): number => (isSingle(dtype) ? 1e-4 : 1e-11);
const wholeOf = (y: xp.EitherArray): NDArray =>
  y instanceof DistributedArray ? y.asArray() : (y as NDArray);
const times = (...factors: readonly NDArray[]): NDArray =>
  factors.reduce((a, b) => xp.matmul(a, b) as NDArray);
const adjoint = (x: NDArray): NDArray => xp.conj(xp.swapaxes(x, -2, -1));
const orthonormal = (m: number, n: number, dtype: DType, seed: number): NDArray =>
  xp.linalg.qr(NDArray.normal([m, n], { dtype, seed }))[0] as NDArray;

/** A matrix of the given singular values. */
function withValues(m: number, n: number, values: readonly number[], dtype: DType): NDArray {
  const [u, v] = [orthonormal(m, values.length, dtype, 1), orthonormal(n, values.length, dtype, 2)];
  return times(xp.multiply(u, NDArray.array([...values], { dtype: realOf(dtype) })), adjoint(v));
}

const SHAPES = [
  [23, 11],
  [11, 23],
  [9, 9],
] as const;

group('randomized singular values', () => {
  distributed('are exact for matrices of the rank, in all layouts', ({ comm }) => {
    for (const dtype of floats())
      for (const [m, n] of SHAPES) {
        const values = [3, 2, 0.5];
        const whole = withValues(m, n, values, dtype);
        const tol = tolerance(dtype);
        const options = { oversamples: 2, powerIterations: 1, seed: 5 };
        const own = xp.linalg.randomizedSvd(whole, 3, options).map(wholeOf) as [NDArray, NDArray, NDArray];
        const layouts = layoutsOf([m, n], comm.size);
        const placings: readonly (readonly [Either, string])[] = [
          [whole, 'on one rank'],
          ...(dtype === 'float32' ? layouts : layouts.filter((_, k) => k === 1 || k === 4)).map(
            (layout) => [placed(whole, layout, comm), `${layout}`] as const,
          ),
        ];
        for (const [x, where] of placings) {
          const what = `${dtype} [${m}, ${n}] ${where}`;
          const parts = xp.linalg.randomizedSvd(x, 3, options);
          const [u, s, vh] = parts.map(wholeOf) as [NDArray, NDArray, NDArray];
          expect([u.shape, s.shape, vh.shape], what).to.deep.equal([[m, 3], [3], [3, n]]);
          expect([u.dtype, s.dtype, vh.dtype], what).to.deep.equal([dtype, realOf(dtype), dtype]);
          expectClose(s, NDArray.array(values, { dtype: s.dtype }), tol, { what });
          expectClose(times(xp.multiply(u, s), vh), whole, tol, { what });
          expectClose(times(adjoint(u), u), NDArray.eye(3, { dtype }), tol, { what });
          expectClose(times(vh, adjoint(vh)), NDArray.eye(3, { dtype }), tol, { what });
          // The same vectors, with their signs, on any number of ranks
          expectClose(u, own[0], tol, { what });
          expectClose(vh, own[2], tol, { what });
          expect(parts.map((y) => y instanceof DistributedArray)).to.deep.equal(
            parts.map(() => x instanceof DistributedArray),
          );
        }
      }
  });

  distributed('are within the expected error for decreasing singular values', ({ comm }) => {
    const [m, n, rank, p] = [40, 30, 5, 4];
    for (const dtype of floats())
      for (const [decay, iterations] of [
        [0.5, 0],
        [0.9, 0],
        [0.9, 3],
      ] as const) {
        const values = Array.from({ length: n }, (_, k) => decay ** k);
        const whole = withValues(m, n, values, dtype);
        const sigma = values[rank] as number;
        const factor =
          1 + Math.sqrt(rank / (p - 1)) + (Math.E * Math.sqrt(rank + p) * Math.sqrt(n - rank)) / p;
        const bound = factor ** (1 / (2 * iterations + 1)) * sigma;
        const what = `${dtype} ${decay}^k, ${iterations} power iterations`;
        const x = placed(whole, layoutsOf([m, n], comm.size)[1] as never, comm);
        const options = { oversamples: p, powerIterations: iterations };
        const [u, s, vh] = xp.linalg.randomizedSvd(x, rank, options).map(wholeOf) as [
          NDArray,
          NDArray,
          NDArray,
        ];
        const rounding = tolerance(dtype);
        (s.toArray() as number[]).forEach((value, k) => {
          const off = (values[k] as number) - value;
          expect(off, what).to.be.within(-rounding, bound);
        });
        const rest = xp.subtract(whole, times(xp.multiply(u, s), vh));
        const error = xp.linalg.norm(rest, { ord: 2 }) as number;
        expect(error, what).to.be.within(sigma - rounding, bound + sigma);
        if (iterations === 3) expect(error, what).to.be.below(1.1 * sigma);
      }
  });

  distributed('differ by seed only within the error', () => {
    const x = NDArray.normal([20, 12], { seed: 3 });
    const of = (seed: number): number[] =>
      wholeOf(
        xp.linalg.randomizedSvd(x, 2, { seed, oversamples: 0, powerIterations: 0 })[1],
      ).toArray() as number[];
    expect(of(1)).to.deep.equal(of(1));
    expect(of(1)).to.not.deep.equal(of(2));
    // As many vectors as columns: nothing is left out
    const [, s] = xp.linalg.randomizedSvd(x, 12, { powerIterations: 0 }).map(wholeOf) as NDArray[];
    expectClose(s as NDArray, wholeOf(xp.linalg.svdvals(x)), 1e-4);
  });

  distributed(
    'send reductions of thin matrices, and triangular factors',
    { ranks: [2, 3, 4] },
    ({ comm }) => {
      const [m, n, rank, oversamples, q] = [400, 60, 3, 2, 2];
      const l = rank + oversamples;
      const whole = NDArray.normal([m, n], { dtype: 'float32', seed: 1 });
      for (const [axis, side, reductions, collectives] of [
        [0, n, q + 1, 3 * q + 3],
        [1, m, q + 2, 3 * q + 4],
      ] as const) {
        const layout = layoutsOf([m, n], comm.size)[3 * axis] as never;
        const x = placed(whole, layout, comm);
        const before = comm.counters.bytes;
        const sent = traffic(comm, () => {
          const [u, s, vh] = xp.linalg.randomizedSvd(x, rank, { oversamples, powerIterations: q });
          expect([u, s, vh].map((y) => (y as DistributedArray).layout.replicated)).to.deep.equal([
            axis === 1,
            true,
            axis === 0,
          ]);
        });
        expect(sent).to.deep.equal({ ...NOTHING, reductions, collectives });
        const most = 4 * ((q + 1) * l * side + (q + 1) * l * l * comm.size + 2 * rank);
        expect(comm.counters.bytes - before).to.be.at.most(most);
      }
    },
  );

  distributed('refuse what does not fit, on all ranks', ({ comm }) => {
    const whole = NDArray.ones([6, 4]);
    for (const x of [whole, placed(whole, layoutsOf([6, 4], comm.size)[0] as never, comm)]) {
      const of = (rank: number, options?: object) => () => xp.linalg.randomizedSvd(x, rank, options);
      for (const rank of [0, -1, 1.5, Number.NaN]) expectAllThrow(comm, of(rank), ArgumentError);
      expectAllThrow(comm, of(5), ShapeError);
      for (const options of [{ oversamples: -1 }, { powerIterations: 0.5 }, { seed: -1 }, { sed: 1 }])
        expectAllThrow(comm, of(2, options), ArgumentError);
      expectAllThrow(comm, () => xp.linalg.randomizedSvd(xp.multiply(x, Number.NaN), 2), NumericalError);
      const zeros = xp.linalg.randomizedSvd(xp.multiply(x, 0), 2).map(wholeOf) as NDArray[];
      expect((zeros[1] as NDArray).toArray()).to.deep.equal([0, 0]);
      expect(zeros.every((y) => y.isfinite().all())).to.equal(true);
    }
    expectAllThrow(comm, () => xp.linalg.randomizedSvd(NDArray.ones([2, 4, 4]), 2), ShapeError);
    expectAllThrow(comm, () => xp.linalg.randomizedSvd(NDArray.ones([4]), 1), ShapeError);
  });
});
