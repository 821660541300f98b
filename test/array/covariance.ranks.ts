import { expect } from 'chai';
import * as xp from '../../src/array/index.js';
import type { Nested } from '../../src/core/array/host-values.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { im, re, type Scalar } from '../../src/core/base/complex.js';
import { type DType, isComplex, isFloat } from '../../src/core/base/dtype.js';
import { ArgumentError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow, layoutsOf, NOTHING, placed, traffic } from '../support/vectors.js';

type Either = NDArray | DistributedArray;
const whole = (x: Either): NDArray => (x instanceof NDArray ? x : x.asArray());

interface Complex {
  readonly re: number;
  readonly im: number;
}

/** The covariances of the rows of a matrix with a divisor of `n − ddof`, by loops. */
function covarianceOf(x: NDArray, ddof: number): Complex[][] {
  const [variables, n] = x.shape as [number, number];
  const at = (i: number, k: number): Complex => {
    const value = x.get(i, k) as Scalar;
    return { re: re(value), im: im(value) };
  };
  const means = Array.from({ length: variables }, (_, i) => {
    let [a, b] = [0, 0];
    for (let k = 0; k < n; k++) [a, b] = [a + at(i, k).re / n, b + at(i, k).im / n];
    return { re: a, im: b };
  });
  return means.map((p, i) =>
    means.map((q, j) => {
      let [a, b] = [0, 0];
      for (let k = 0; k < n; k++) {
        const [u, v] = [at(i, k), at(j, k)];
        const [ur, ui, vr, vi] = [u.re - p.re, u.im - p.im, v.re - q.re, v.im - q.im];
        a += ur * vr + ui * vi;
        b += ui * vr - ur * vi;
      }
      return { re: a / (n - ddof), im: b / (n - ddof) };
    }),
  );
}

group('covariances', () => {
  distributed('are those of a loop, in any layout', ({ comm, backend, dtypes, tolerance }) => {
    const all: DType[] = [...dtypes, ...(backend.dtypes.includes('int32') ? (['int32'] as const) : [])];
    for (const dtype of all) {
      const random = NDArray.normal([3, 7], {
        dtype: isFloat(dtype) ? dtype : backend.defaultDType,
        seed: 5,
      });
      const x = (isFloat(dtype) ? random.add(4) : random.multiply(5).rint().astype(dtype)).to(backend);
      const result = isFloat(dtype) ? dtype : backend.defaultDType;
      const rule = { rtol: 200 * tolerance(result), atol: 200 * tolerance(result) };
      const numberOf = (c: Complex): Scalar => (isComplex(result) ? c : c.re);
      const matrix = (rows: Complex[][]): NDArray =>
        NDArray.array(rows.map((row) => row.map(numberOf)) as Nested, { dtype: result, backend });
      for (const [options, ddof, rowvar] of [
        [{}, 1, true],
        [{ bias: true }, 0, false],
        [{ ddof: 2 }, 2, true],
      ] as const) {
        const c = covarianceOf(x, ddof);
        const deviations = c.map((row, i) => Math.sqrt((row[i] as Complex).re));
        const r = c.map((row, i) =>
          row.map(({ re: a, im: b }, j) => {
            const scale = (deviations[i] as number) * (deviations[j] as number);
            return { re: a / scale, im: b / scale };
          }),
        );
        const m = rowvar ? x : x.transpose();
        for (const layout of [Layout.replicated(m.shape, comm.size), ...layoutsOf(m.shape, comm.size)]) {
          for (const u of [m, placed(m, layout, comm)]) {
            const label = `${u.space} ${JSON.stringify({ ...options, rowvar })}`;
            expectClose(whole(xp.cov(u, { ...options, rowvar })), matrix(c), rule, label);
            expectClose(whole(xp.corrcoef(u, { rowvar })), matrix(r), rule, label);
          }
        }
      }
    }
  });

  distributed('of one variable have no axes', ({ comm, tolerance, backend }) => {
    const x = NDArray.normal([9], { seed: 6 });
    const expected = x.var(undefined, { ddof: 1 }) as number;
    for (const layout of layoutsOf([9], comm.size)) {
      const u = placed(x, layout, comm);
      for (const [y, rowvar] of [
        [x, true],
        [u, true],
        [u.reshape([9, 1]), false],
      ] as const) {
        const tolerated = 50 * tolerance(backend.defaultDType);
        const c = whole(xp.cov(y, { rowvar }));
        expect(c.shape).to.deep.equal([]);
        expect(c.get() as number).to.be.closeTo(expected, tolerated);
        expect(whole(xp.corrcoef(y, { rowvar })).get()).to.be.closeTo(1, tolerated);
      }
    }
  });

  distributed('cost two reductions, and a move of variables', ({ comm }) => {
    const x = DistributedArray.random([4, 9], { axis: 1 });
    const two = { ...NOTHING, reductions: comm.size > 1 ? 2 : 0 };
    // one rank: the layout is whole along both axes
    const counted = traffic(comm, () => void xp.cov(x));
    expect(counted.messages + counted.collectives).to.equal(0);
    if (comm.size > 1) expect(counted).to.deep.equal(two);
    expect(traffic(comm, () => void xp.cov(x.broadcast()))).to.deep.equal(
      traffic(comm, () => void x.broadcast()),
    );
    if (comm.size === 1) return;
    const variables = DistributedArray.random([4, 9]);
    const moved = traffic(comm, () => void variables.redistribute(1));
    expect(traffic(comm, () => void xp.corrcoef(variables))).to.deep.equal({
      ...moved,
      reductions: moved.reductions + 2,
    });
  });

  distributed('refuse what does not fit, on all ranks', ({ comm }) => {
    expectAllThrow(comm, () => xp.cov(DistributedArray.ones([2, 2, 2])), ShapeError);
    expectAllThrow(comm, () => xp.cov(3), ShapeError);
    expectAllThrow(comm, () => xp.cov(DistributedArray.ones([3, 3]), { ddof: 0.5 }), ArgumentError);
    expectAllThrow(comm, () => xp.cov(DistributedArray.ones([3, 3]), { rowvar: 0 } as object), ArgumentError);
    expectAllThrow(
      comm,
      () => xp.corrcoef(DistributedArray.ones([3, 3]), { ddof: 1 } as object),
      ArgumentError,
    );
    const masked = DistributedArray.ones([4], { mask: Array.from({ length: comm.size }, (_, r) => r % 2) });
    expectAllThrow(comm, () => xp.cov(masked), PartitionError);
    expect(Number.isFinite(whole(xp.cov([1])).get() as number)).to.equal(false);
  });
});
