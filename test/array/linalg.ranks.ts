import { expect } from 'chai';
import * as xp from '../../src/array/index.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import type { Scalar } from '../../src/core/base/complex.js';
import { type DType, isComplex, isSingle, realOf } from '../../src/core/base/dtype.js';
import { ArgumentError, NumericalError, ShapeError } from '../../src/core/base/errors.js';
import { product, type Shape } from '../../src/core/base/shape.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { resolveBackend } from '../../src/core/ports/defaults.js';
import { distributed, group, type RanksContext } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow, layoutsOf, NOTHING, placed, traffic } from '../support/vectors.js';

type Either = NDArray | DistributedArray;

/** Reproducible numbers around 0 as an array. */
function matrices(shape: Shape, dtype: DType, seed: number): NDArray {
  const part = (salt: number): NDArray =>
    NDArray.array(
      Array.from({ length: product(shape) }, (_, i) => {
        const large = 43758.5453 * Math.sin(12.9898 * (i + 1) + 78.233 * (seed + salt));
        return large - Math.floor(large) - 0.5;
      }),
      { dtype: realOf(dtype) },
    ).reshape(shape);
  if (!isComplex(dtype)) return part(0);
  return xp.add(part(0), xp.multiply(part(1), { re: 0, im: 1 })) as NDArray;
}

const wholeOf = (y: Either | Scalar): NDArray => {
  if (typeof y === 'number') return NDArray.full([], y);
  if (y instanceof DistributedArray) return y.asArray();
  const dtype = floats().at(-1) as DType;
  return y instanceof NDArray ? y : NDArray.full([], y as Scalar, { dtype });
};
const times = (...factors: readonly NDArray[]): NDArray =>
  factors.reduce((a, b) => xp.matmul(a, b) as NDArray);
const adjoint = (x: NDArray): NDArray => xp.conj(xp.swapaxes(x, -2, -1));
const tolerance = (dtype: DType): number => (isSingle(dtype) ? 2e-4 : 1e-11);
const identity = (n: number, like: NDArray): NDArray =>
  xp.broadcastTo(NDArray.eye(n, { dtype: like.dtype }), [...like.shape.slice(0, -2), n, n]);
const scaled = (u: NDArray, s: NDArray): NDArray => xp.multiply(u, xp.expandDims(s, -2));
/** Hermitian matrices, and positive definite ones. */
const hermitian = (x: NDArray): NDArray => xp.add(x, adjoint(x));
const definite = (x: NDArray): NDArray => xp.add(times(x, adjoint(x)), identity(x.shape.at(-1) as number, x));

const floats = (): readonly DType[] =>
  (['float32', 'float64', 'complex64', 'complex128'] as const).filter((dtype) =>
    resolveBackend().dtypes.includes(dtype),
  );

/** Compares an array with one whose dtype may be another. */
const isClose = (x: NDArray, y: NDArray, tol: number, options: { what?: string } = {}): void =>
  expectClose(x, y.astype(x.dtype), tol, options);

/** Calls back with arrays of one rank, and then in all layouts, or, of further dtypes, in one. */
function inAllLayouts(
  { comm }: RanksContext,
  whole: NDArray,
  check: (x: Either, what: string) => void,
): void {
  check(whole, `${whole.dtype} [${whole.shape}] on one rank`);
  const layouts = layoutsOf(whole.shape, comm.size);
  for (const layout of whole.dtype === 'float32' ? layouts : layouts.slice(0, 1))
    check(placed(whole, layout, comm), `${whole.dtype} [${whole.shape}], ${layout}`);
}

const SQUARE: readonly Shape[] = [
  [1, 1],
  [5, 5],
  [3, 4, 4],
  [2, 2, 3, 3],
];
const ANY: readonly Shape[] = [
  [7, 3],
  [3, 7],
  [4, 4],
  [9, 1],
  [3, 5, 2],
  [2, 2, 4],
];

/** The determinant by elimination with the largest pivot. */
function determinantOf(x: NDArray): number {
  const n = x.shape[0] as number;
  const rows = Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_, j) => x.get(i, j) as number),
  );
  let result = 1;
  for (let k = 0; k < n; k++) {
    const at = rows.reduce(
      (best, row, i) =>
        i >= k && Math.abs(row[k] as number) > Math.abs(rows[best]?.[k] as number) ? i : best,
      k,
    );
    if (at !== k) result = -result;
    [rows[k], rows[at]] = [rows[at] as number[], rows[k] as number[]];
    const pivot = rows[k]?.[k] as number;
    result *= pivot;
    for (let i = k + 1; i < n; i++) {
      const factor = (rows[i]?.[k] as number) / pivot;
      rows[i] = (rows[i] as number[]).map((v, j) => v - factor * (rows[k]?.[j] as number));
    }
  }
  return result;
}

group('linear algebra', () => {
  distributed('solves, inverts and has determinants in all layouts', (context) => {
    for (const dtype of floats())
      for (const shape of SQUARE) {
        const tol = tolerance(dtype);
        const n = shape.at(-1) as number;
        const whole = xp.add(matrices(shape, dtype, 1), identity(n, matrices(shape, dtype, 1)));
        const right = matrices([...shape.slice(0, -1), 2], dtype, 2);
        const one = matrices([n], dtype, 3);
        inAllLayouts(context, whole, (x, what) => {
          const close = (y: Either | Scalar, expected: NDArray, label: string): void =>
            isClose(wholeOf(y), expected, 50 * tol, { what: `${label} of ${what}` });
          close(times(whole, wholeOf(xp.linalg.solve(x, right))), right, 'a solve(a, b)');
          close(times(whole, wholeOf(xp.linalg.inv(x))), identity(n, whole), 'a inv(a)');
          const vector = wholeOf(xp.linalg.solve(x, one));
          const column = shape.length === 2 ? xp.expandDims(vector, 1) : vector;
          expect(vector.shape).to.deep.equal(shape.slice(0, -1));
          close(
            times(whole, shape.length === 2 ? column : xp.expandDims(vector, -1)),
            xp.broadcastTo(xp.expandDims(one, 1), [...shape.slice(0, -1), 1]),
            'a solve(a, vector)',
          );
          const [sign, logarithm] = xp.linalg.slogdet(x);
          const value = wholeOf(xp.linalg.det(x));
          close(xp.multiply(wholeOf(sign), xp.exp(wholeOf(logarithm))), value, 'sign exp(log)');
          if (shape.length === 2 && !isComplex(dtype))
            close(value, NDArray.full([], determinantOf(whole)), 'det');
          expect(value.shape).to.deep.equal(shape.slice(0, -2));
        });
      }
  });

  distributed('solves for right sides in all layouts', (context) => {
    for (const shape of [[4], [4, 5], [3, 4, 2]]) {
      const a = xp.add(matrices([4, 4], 'float32', 1), identity(4, matrices([4, 4], 'float32', 1)));
      const whole = matrices(shape, 'float32', 2);
      inAllLayouts(context, whole, (b, what) => {
        const x = wholeOf(xp.linalg.solve(a, b));
        isClose(xp.matmul(a, x) as NDArray, whole, 1e-3, { what });
      });
    }
    const many = xp.add(matrices([3, 4, 4], 'float32', 1), identity(4, matrices([3, 4, 4], 'float32', 1)));
    inAllLayouts(context, matrices([3, 4, 2], 'float32', 4), (b, what) => {
      const x = wholeOf(xp.linalg.solve(many, b));
      isClose(times(many, x), wholeOf(b), 1e-3, { what });
    });
  });

  distributed('decomposes square matrices in all layouts', (context) => {
    for (const dtype of floats())
      for (const shape of SQUARE) {
        const tol = 10 * tolerance(dtype);
        const given = matrices(shape, dtype, 5);
        const n = shape.at(-1) as number;
        inAllLayouts(context, definite(given), (x, what) => {
          const l = wholeOf(xp.linalg.cholesky(x));
          isClose(times(l, adjoint(l)), wholeOf(x), tol, { what: `L Lᴴ of ${what}` });
          isClose(xp.triu(l, 1), xp.zerosLike(l), 0, { what: `cholesky of ${what}` });
        });
        inAllLayouts(context, hermitian(given), (x, what) => {
          const [w, v] = xp.linalg.eigh(x).map(wholeOf) as [NDArray, NDArray];
          isClose(times(wholeOf(x), v), scaled(v, w), tol, { what: `A V of ${what}` });
          isClose(times(adjoint(v), v), identity(n, v), tol, { what: `Vᴴ V of ${what}` });
          expect(w.dtype).to.equal(realOf(dtype));
          expect(xp.all(xp.greaterEqual(xp.diff(w), 0))).to.equal(true);
          const lower = xp.tril(wholeOf(x));
          isClose(wholeOf(xp.linalg.eigvalsh(lower)), w, tol, { what: `eigvalsh of ${what}` });
          isClose(wholeOf(xp.linalg.eigvalsh(adjoint(lower), { UPLO: 'U' })), w, tol, { what });
        });
        inAllLayouts(context, given, (x, what) => {
          const [w, v] = xp.linalg.eig(x).map(wholeOf) as [NDArray, NDArray];
          isClose(times(wholeOf(x).astype(v.dtype), v), scaled(v, w), tol, { what: `eig of ${what}` });
          const trace = xp.trace(given, { axis1: -2, axis2: -1 });
          const sum = xp.sum(xp.linalg.eigvals(x), { axis: -1 });
          isClose(wholeOf(sum as Either).astype(v.dtype), wholeOf(trace as Either).astype(v.dtype), tol, {
            what: `sum of eigvals of ${what}`,
          });
        });
      }
  });

  distributed('decomposes matrices of any shape in all layouts', (context) => {
    for (const dtype of floats())
      for (const shape of ANY) {
        const tol = 10 * tolerance(dtype);
        const [m, n] = shape.slice(-2) as [number, number];
        const k = Math.min(m, n);
        inAllLayouts(context, matrices(shape, dtype, 6), (x, what) => {
          const a = wholeOf(x);
          const [q, r] = xp.linalg.qr(x).map(wholeOf) as [NDArray, NDArray];
          isClose(times(q, r), a, tol, { what: `Q R of ${what}` });
          isClose(times(adjoint(q), q), identity(k, q), tol, { what: `Qᴴ Q of ${what}` });
          isClose(xp.tril(r, -1), xp.zerosLike(r), 0, { what: `R of ${what}` });
          isClose(xp.abs(wholeOf(xp.linalg.qr(x, { mode: 'r' }))), xp.abs(r), tol, { what });
          const [u, s, vh] = xp.linalg.svd(x, { fullMatrices: false }).map(wholeOf) as NDArray[] as [
            NDArray,
            NDArray,
            NDArray,
          ];
          isClose(times(scaled(u, s), vh), a, tol, { what: `U S Vᴴ of ${what}` });
          isClose(times(adjoint(u), u), identity(k, u), tol, { what: `Uᴴ U of ${what}` });
          isClose(times(vh, adjoint(vh)), identity(k, vh), tol, { what: `Vᴴ V of ${what}` });
          isClose(wholeOf(xp.linalg.svdvals(x)), s, tol, { what: `svdvals of ${what}` });
          isClose(wholeOf(xp.linalg.svd(x, { computeUv: false })), s, tol, { what });
          // Penrose's conditions
          const p = wholeOf(xp.linalg.pinv(x));
          isClose(times(a, p, a), a, 10 * tol, { what: `A P A of ${what}` });
          isClose(times(p, a, p), p, 100 * tol, { what: `P A P of ${what}` });
          isClose(adjoint(times(a, p)), times(a, p), 10 * tol, { what: `A P of ${what}` });
          isClose(adjoint(times(p, a)), times(p, a), 10 * tol, { what: `P A of ${what}` });
          const rank = wholeOf(xp.linalg.matrixRank(x));
          isClose(rank, xp.full(shape.slice(0, -2), k), 0, { what: `rank of ${what}` });
          const ratio = xp.divide(
            xp.max(s, { axis: -1 }) as NDArray | number,
            xp.min(s, { axis: -1 }) as NDArray | number,
          );
          isClose(wholeOf(xp.linalg.cond(x)), wholeOf(ratio), 100 * tol, { what: `cond of ${what}` });
        });
        // Square factors of matrices that are whole on a rank
        const a = matrices(shape, dtype, 6);
        const [u, s, vh] = xp.linalg.svd(a) as [NDArray, NDArray, NDArray];
        const [q, r] = xp.linalg.qr(a, { mode: 'complete' }) as [NDArray, NDArray];
        expect([u, s, vh, q, r].map((x) => x.shape.slice(shape.length - 2))).to.deep.equal([
          ...[[m, m], [k], [n, n], [m, m], [m, n]],
        ]);
        isClose(times(q, r), a, tol);
        isClose(times(u, adjoint(u)), identity(m, u), tol);
        isClose(times(vh, adjoint(vh)), identity(n, vh), tol);
      }
  });

  distributed('solves least squares in all layouts', (context) => {
    for (const dtype of floats())
      for (const shape of [
        [8, 3],
        [13, 3],
        [3, 8],
        [4, 4],
      ])
        for (const rest of [[], [2]]) {
          const tol = 100 * tolerance(dtype);
          const [m, n] = shape as [number, number];
          const right = matrices([m, ...rest], dtype, 8);
          const columns = rest.length === 0 ? xp.expandDims(right, 1) : right;
          inAllLayouts(context, matrices(shape, dtype, 7), (x, what) => {
            const a = wholeOf(x);
            for (const b of [
              right,
              ...(x instanceof DistributedArray ? [spread(right, context.comm)] : []),
            ]) {
              const [y, residuals, rank, s] = xp.linalg.lstsq(x, b);
              expect(rank).to.equal(Math.min(m, n));
              const solution = wholeOf(y).reshape([n, columns.shape[1] as number]);
              expect(wholeOf(y).shape).to.deep.equal([n, ...rest]);
              const off = xp.subtract(columns, times(a, solution));
              // The residual has no part in the range of the matrix
              isClose(times(adjoint(a), off), xp.zerosLike(solution), tol, { what: `Aᴴ r of ${what}` });
              // The solution has no part in the kernel of the matrix
              const p = wholeOf(xp.linalg.pinv(a));
              isClose(times(p, a, solution), solution, tol, { what: `x of ${what}` });
              const squares = xp.sum(xp.square(xp.abs(off)), { axis: 0 }) as NDArray;
              isClose(wholeOf(residuals), m > n ? squares : xp.zeros(0), tol, {
                what: `residuals of ${what}`,
              });
              isClose(wholeOf(s), wholeOf(xp.linalg.svdvals(a)), tol, { what });
            }
          });
        }
    const [x, residuals, rank] = xp.linalg.lstsq(NDArray.ones([3, 2]), NDArray.array([1, 2, 3]));
    expect(rank).to.equal(1);
    isClose(wholeOf(x), NDArray.array([1, 1]), 1e-5);
    expect(wholeOf(residuals).shape).to.deep.equal([0]);
    // A column with NaN leaves the others as they are
    const [dtype] = floats() as [DType];
    const tall = matrices([13, 3], dtype, 7);
    const columns = matrices([13, 2], dtype, 8);
    const [right] = xp.linalg.lstsq(tall, columns);
    const spoilt = columns.copy().set([0, 0], Number.NaN);
    inAllLayouts(context, tall, (a, what) => {
      const [y, squares] = xp.linalg.lstsq(a, spoilt);
      expect([wholeOf(y).get(0, 0), wholeOf(squares).get(0)], what).to.deep.equal([Number.NaN, Number.NaN]);
      isClose(wholeOf(y).slice(null, 1), wholeOf(right).slice(null, 1), 100 * tolerance(dtype), { what });
      expect(wholeOf(squares).get(1), what).to.be.above(0);
    });
  });

  distributed('has norms of singular values, condition numbers, powers and products', (context) => {
    const { comm } = context;
    const x = NDArray.array([
      [3, 0, 0],
      [0, -2, 0],
      [0, 0, 0.5],
    ]);
    const orders: readonly (readonly [xp.MatrixNormOrder, number, number])[] = [
      [2, 3, 6],
      [-2, 0.5, 1 / 6],
      ['nuc', 5.5, 5.5 * (1 / 3 + 1 / 2 + 2)],
      [1, 3, 6],
      [Number.POSITIVE_INFINITY, 3, 6],
      ['fro', Math.sqrt(13.25), Math.sqrt(13.25) * Math.sqrt(1 / 9 + 1 / 4 + 4)],
    ];
    inAllLayouts(context, x, (y, what) => {
      for (const [ord, norm, cond] of orders) {
        isClose(wholeOf(xp.linalg.norm(y, { ord })), NDArray.full([], norm), 1e-5, { what });
        isClose(wholeOf(xp.linalg.cond(y, { p: ord })), NDArray.full([], cond), 1e-5, { what });
      }
      for (const [n, value] of [
        [3, [27, -8, 0.125]],
        [-2, [1 / 9, 1 / 4, 4]],
        [0, [1, 1, 1]],
      ] as const)
        isClose(wholeOf(xp.linalg.matrixPower(y, n)), xp.diag(NDArray.array([...value])), 1e-5, { what });
    });
    expect(xp.linalg.cond(NDArray.ones([2, 2]), { p: 1 })).to.equal(Number.POSITIVE_INFINITY);
    const three = NDArray.array(
      [
        [2, 1],
        [0, 1],
      ],
      { dtype: 'int32' },
    );
    expect(wholeOf(xp.linalg.matrixPower(three, 10)).toJSON()).to.deep.equal([
      [1024, 1023],
      [0, 1],
    ]);
    // Over axes that are not the last ones
    const cube = matrices([4, 3, 2], 'float32', 9);
    const expected = [0, 1, 2].map((j) =>
      xp.max(xp.linalg.svdvals(xp.getItem(cube, ['...', j, [null, null, null]]) as NDArray)),
    );
    for (const layout of layoutsOf([4, 3, 2], comm.size)) {
      const y = placed(cube, layout, comm);
      isClose(
        wholeOf(xp.linalg.norm(y, { ord: 2, axis: [0, 2] })),
        NDArray.array(expected as number[]),
        1e-4,
      );
      expect(wholeOf(xp.linalg.norm(y, { ord: 2, axis: [2, 0], keepdims: true })).shape).to.deep.equal([
        1, 3, 1,
      ]);
    }
    const chain = [[6, 2], [2, 7], [7, 3], [3]].map((shape, k) => matrices(shape, 'float32', k));
    const first = placed(chain[0] as NDArray, layoutsOf([6, 2], comm.size)[0] as never, comm);
    const wanted = (chain as NDArray[]).reduce((a, b) => xp.dot(a, b) as NDArray);
    isClose(wholeOf(xp.linalg.multiDot(chain)), wanted, 1e-4);
    isClose(wholeOf(xp.linalg.multiDot([first, ...chain.slice(1)])), wanted, 1e-4);
    const tensor = xp.add(
      matrices([2, 3, 6], 'float32', 2),
      NDArray.eye(6, { dtype: 'float32' }).reshape([2, 3, 6]),
    );
    const b = matrices([2, 3], 'float32', 4);
    const solution = xp.linalg.tensorsolve(tensor, b);
    isClose(xp.tensordot(tensor, solution, { axes: 1 }) as NDArray, b, 1e-3);
    const inverse = xp.linalg.tensorinv(tensor);
    expect(wholeOf(inverse).shape).to.deep.equal([6, 2, 3]);
    isClose(xp.tensordot(inverse, b, { axes: 2 }) as NDArray, wholeOf(solution), 1e-3);
  });

  distributed('does not gather tall matrices', { ranks: [2, 3, 4] }, ({ comm }) => {
    const n = 3;
    const x = placed(matrices([40, n], 'float32', 1), layoutsOf([40, n], comm.size)[0] as never, comm);
    const bytesOf = (body: () => unknown): number => {
      const before = comm.counters.bytes;
      body();
      return comm.counters.bytes - before;
    };
    const { messages, reductions, collectives } = traffic(comm, () => void xp.linalg.qr(x));
    expect({ messages, reductions, collectives }).to.deep.equal({
      messages: 0,
      reductions: 0,
      collectives: 2,
    });
    // The triangular factor of this rank, of single numbers
    expect(bytesOf(() => xp.linalg.qr(x))).to.be.at.most(4 * n * n * comm.size);
    expect(bytesOf(() => xp.linalg.svd(x, { fullMatrices: false }))).to.be.at.most(4 * n * n * comm.size);
    // Matrices that are whole on their ranks stay there; the ranks agree on errors
    const batch = spread(matrices([8, 2, 2], 'float32', 1), comm);
    expect(traffic(comm, () => void xp.linalg.eigh(batch))).to.deep.equal({ ...NOTHING, collectives: 1 });
  });

  distributed('has limits of zeros, infinities and other dtypes as they are', ({ backend }) => {
    const inf = Number.POSITIVE_INFINITY;
    const zeros = NDArray.zeros([2, 2]);
    for (const p of [undefined, -2, 1] as const) expect(xp.linalg.cond(zeros, { p })).to.equal(inf);
    expect(xp.linalg.matrixRank(NDArray.array([Number.NaN]))).to.equal(1);
    expect(xp.linalg.det(NDArray.array([[-inf]]))).to.equal(-inf);
    const half = NDArray.array([4, 2], { dtype: 'float32' });
    for (const a of [
      [
        [2, 0],
        [0, 4],
      ],
      xp.diag(NDArray.array([2, 4], { dtype: 'int32' })),
    ]) {
      const x = xp.linalg.solve(a, half) as NDArray;
      expect([x.dtype, x.toArray()]).to.deep.equal(['float32', [2, 0.5]]);
      isClose(wholeOf(xp.linalg.lstsq(a, half)[0]), x, 1e-5);
    }
    if (!backend.dtypes.includes('float64')) return;
    expect(xp.linalg.det(xp.diag(NDArray.array([1e200, 1e200, 0])))).to.equal(0);
    const small = xp.linalg.det(xp.diag(NDArray.array([1e-160, 3e-162, 1e160]))) as number;
    expect(small / 3e-162).to.be.closeTo(1, 1e-10);
  });

  distributed('decomposes empty matrices', () => {
    const none = NDArray.zeros([0, 0]);
    expect(xp.linalg.det(none)).to.equal(1);
    expect(wholeOf(xp.linalg.inv(NDArray.zeros([2, 0, 0]))).shape).to.deep.equal([2, 0, 0]);
    expect(xp.linalg.svd(NDArray.zeros([0, 3])).map((y) => wholeOf(y).toJSON())).to.deep.equal([
      [],
      [],
      [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
    ]);
    expect(wholeOf(xp.linalg.qr(NDArray.zeros([2, 0]), { mode: 'complete' })[0]).toJSON()).to.deep.equal([
      [1, 0],
      [0, 1],
    ]);
    expect(xp.linalg.matrixRank(NDArray.zeros([0, 3]))).to.equal(0);
    expect(xp.linalg.matrixRank(NDArray.zeros([3]))).to.equal(0);
    expect(xp.linalg.matrixRank(NDArray.ones([3]))).to.equal(1);
  });

  distributed('refuses what does not fit, on all ranks', ({ comm }) => {
    const singular = NDArray.ones([3, 3]);
    const spreadSingular = spread(singular, comm);
    for (const x of [singular, spreadSingular]) {
      expectAllThrow(comm, () => xp.linalg.inv(x), NumericalError);
      expectAllThrow(comm, () => xp.linalg.solve(x, NDArray.ones([3])), NumericalError);
      expectAllThrow(comm, () => xp.linalg.cholesky(xp.subtract(x, 2)), NumericalError);
      expect(Math.abs(xp.linalg.det(x) as number)).to.equal(0);
      expectAllThrow(comm, () => xp.linalg.solve(x, NDArray.ones([4])), ShapeError);
      for (const name of ['svdvals', 'eigvalsh', 'eigvals'] as const)
        expectAllThrow(comm, () => xp.linalg[name](xp.multiply(x, Number.NaN)), NumericalError);
    }
    // One of several matrices, which one rank has
    const some = xp.add(NDArray.zeros([4, 2, 2]), NDArray.eye(2));
    some.set([2], 0);
    expectAllThrow(comm, () => xp.linalg.inv(spread(some, comm)), NumericalError);
    expectAllThrow(comm, () => xp.linalg.inv(NDArray.ones([2, 3])), ShapeError);
    expectAllThrow(comm, () => xp.linalg.det(NDArray.ones([3])), ShapeError);
    expectAllThrow(comm, () => xp.linalg.eigh(singular, { UPLO: 'l' as never }), ArgumentError);
    expectAllThrow(comm, () => xp.linalg.qr(singular, { mode: 'full' as never }), ArgumentError);
    expectAllThrow(comm, () => xp.linalg.matrixPower(singular, 0.5), ArgumentError);
    expectAllThrow(comm, () => xp.linalg.multiDot([singular]), ArgumentError);
    expectAllThrow(comm, () => xp.linalg.lstsq(singular, NDArray.ones([4])), ShapeError);
    expectAllThrow(comm, () => xp.linalg.norm(singular, { ord: 3 }), ArgumentError);
    for (const ord of [1, -1, 2, -2] as const)
      expectAllThrow(comm, () => xp.linalg.norm(NDArray.zeros([3, 0]), { ord }), ShapeError);
    expectAllThrow(comm, () => xp.linalg.norm(singular, { ord: 'nuc', axis: 0 }), ArgumentError);
    if (comm.size > 1) {
      const tall = spread(NDArray.ones([6, 2]), comm);
      expectAllThrow(comm, () => xp.linalg.svd(tall), ArgumentError);
      expectAllThrow(comm, () => xp.linalg.qr(tall, { mode: 'complete' }), ArgumentError);
    }
  });
});

/** An array split evenly along its first axis. */
function spread(whole: NDArray, comm: Communicator): DistributedArray {
  return placed(whole, layoutsOf(whole.shape, comm.size)[0] as never, comm);
}
