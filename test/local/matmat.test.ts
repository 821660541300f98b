import { expect } from 'chai';
import { profile } from '../../src/cli/profile.js';
import { NDArray, NDArraySpace } from '../../src/core/array/ndarray.js';
import { complexOf, type DType } from '../../src/core/base/dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/base/errors.js';
import type { Backend } from '../../src/core/ports/backend.js';
import { setDefaultBackend } from '../../src/core/ports/defaults.js';
import { CpuBackend } from '../../src/cpu/index.js';
import {
  type AnyLocalOperator,
  BlockDiag,
  Convolve1D,
  FirstDerivative,
  FunctionOperator,
  HStack,
  Identity,
  Laplacian,
  MatrixMult,
  Real,
  VStack,
} from '../../src/local/index.js';
import { type LinearMap, MapOperator } from '../../src/local/parts/map-operator.js';
import { SelfCommunicator } from '../../src/mpi/communicator/self-communicator.js';
import { MPIFirstDerivative } from '../../src/operators/index.js';
import { BACKENDS, makeBackend } from '../support/backends.js';
import { kitOf } from '../support/dot-table.js';
import { expectClose } from '../support/expect-close.js';
import { tolerance } from '../support/tolerance.js';
import { DOT_TABLES } from './tables/index.js';

/** The operator, and operators made of it. */
const madeOf = (A: AnyLocalOperator): AnyLocalOperator[] => [
  A,
  A.H.mul(A),
  A.add(A.scale(-3)),
  A.scale({ re: 1, im: -2 }),
  A.conj(),
  A.T,
  new VStack([A, A.scale(2)]),
  new HStack([A.H, A.H]),
  new BlockDiag([A, A.H]),
];

/** Compares the columns of a product with the products of the columns, both ways. */
function compare(A: AnyLocalOperator, dtype: DType, backend: Backend): void {
  const limit = { rtol: 20 * tolerance(dtype) };
  const k = 3;
  for (const way of ['forward', 'adjoint'] as const) {
    const forward = way === 'forward';
    const from = forward ? A.dims : A.dimsd;
    const n = A.shape[forward ? 1 : 0];
    const apply = (x: NDArray) => (forward ? A.matvec(x) : A.rmatvec(x));
    const applyAll = (X: NDArray) => (forward ? A.matmat(X) : A.rmatmat(X));
    const X = NDArraySpace.of([...from, k], dtype, backend).random(7);
    const Y = applyAll(X);
    const what = `${way} of ${A} with ${dtype}, [${A.dims}] to [${A.dimsd}]`;
    const images = Array.from({ length: k }, (_, j) => apply(X.slice(...from.map(() => null), j)));
    const [first] = images as [NDArray];
    expect([...Y.shape], what).to.deep.equal([...first.shape, k]);
    expect(Y.dtype, what).to.equal(first.dtype);
    const rows = Y.reshape([first.size, k]);
    images.forEach((image, j) => {
      expectClose(rows.slice(null, j), image.ravel(), limit, { what });
    });
    const flat = applyAll(X.reshape([n, k]));
    expect(flat.size, what).to.equal(Y.size);
    expectClose(flat.ravel(), Y.ravel(), limit, { what });
    expect([...applyAll(NDArraySpace.of([...from, 0], dtype, backend).zeros()).shape], what).to.deep.equal([
      ...first.shape,
      0,
    ]);
  }
}

describe('products with several columns', () => {
  for (const entry of BACKENDS.filter(({ name }) => ['cpu', 'reference', 'deferred'].includes(name)))
    for (const [title, table] of DOT_TABLES)
      for (const [name, make] of Object.entries(table))
        it(`${title}: ${name} [${entry.name}]`, async () => {
          const backend = await makeBackend(entry.name);
          setDefaultBackend(backend);
          try {
            const real = backend.dtypes.includes('float64') ? 'float64' : 'float32';
            for (const dtype of [real, 'complex64'] as const) {
              const ops = make(kitOf(backend, dtype));
              // few of the many shapes of a row with all combinations
              const step = Math.ceil(ops.length / 6);
              for (const op of ops.filter((_, k) => k % step === 0)) {
                const vectors = op.dtype === dtype ? dtype : complexOf(op.dtype);
                if (backend.dtypes.includes(vectors))
                  for (const A of madeOf(op)) compare(A, vectors, backend);
              }
            }
          } finally {
            setDefaultBackend(new CpuBackend());
          }
        });

  it('take one call of a kernel for matrices, stencils, filters and operators made of them', () => {
    const backend = new CpuBackend();
    const A = new MatrixMult(NDArray.normal([4, 6], { seed: 1, backend }));
    const D = new FirstDerivative([2, 3]);
    const L = new Laplacian([2, 3]);
    const C = new Convolve1D([2, 3], [1, 2, 1], { offset: 1 });
    const X = NDArray.normal([6, 50], { seed: 2, backend });
    for (const [op, expected] of [
      [A, { matmul: 1 }],
      [A.H.mul(A), { matmul: 2 }],
      [D, { stencil: 1 }],
      [A.mul(L).mul(C), { matmul: 1, stencil: 1, convolve: 1 }],
      [new VStack([A, D.scale(2)]), { matmul: 1, stencil: 1 }],
      [new HStack([A, A]).mul(new VStack([D, L])), { matmul: 2, stencil: 2 }],
    ] as [AnyLocalOperator, Record<string, number>][]) {
      const profiling = profile({ backend, comm: new SelfCommunicator() });
      op.matmat(X);
      const counted = profiling.stop().calls.filter(({ name }) => /matmul|stencil|convolve/.test(name));
      const totals: Record<string, number> = {};
      for (const { name, calls } of counted.filter((c) => c.name !== 'prepareStencil'))
        totals[name] = (totals[name] ?? 0) + calls;
      expect(totals, `${op}`).to.deep.equal(expected);
    }
  });

  it('leave no arrays behind', () => {
    const backend = new CpuBackend();
    const A = new VStack([
      new MatrixMult(NDArray.normal([4, 6], { seed: 1, backend })),
      new FunctionOperator((x) => x.copy(), 6),
    ]);
    const X = NDArray.normal([6, 5], { seed: 2, backend });
    A.matmat(X).dispose();
    const { liveBytes } = backend.stats();
    A.matmat(X).dispose();
    expect(backend.stats().liveBytes).to.equal(liveBytes);
  });

  it('keep what few numbers of columns need', () => {
    const copy: LinearMap = { forward: (x, y) => void y.assign(x), adjoint: (y, x) => void x.assign(y) };
    const made: number[] = [];
    const A = new MapOperator({ dims: [2] }, copy, (k) => {
      made.push(k);
      return copy;
    });
    for (const k of [1, 2, 1, 3, 4, 5, 1, 2]) A.matmat(NDArray.ones([2, k]));
    expect(made).to.deep.equal([1, 2, 3, 4, 5, 2]);
  });

  it('refuse other shapes, other kinds of vectors, dtypes and operators', () => {
    const A = new FirstDerivative([2, 3]);
    for (const shape of [[6], [5, 2], [3, 2, 4], [2, 3], [6, 2, 1]])
      expect(() => A.matmat(NDArray.ones(shape)), `${shape}`).to.throw(
        ShapeError,
        'expected columns as an array of shape [6, k] or [2, 3, k], received',
      );
    expect(() => A.rmatmat(NDArray.ones([5, 2]))).to.throw(ShapeError, 'FirstDerivative.rmatmat');
    expect(() => A.matmat([[1, 2]] as never)).to.throw(ArgumentError, 'expected an NDArray');
    const distributed = new MPIFirstDerivative([2, 3], {
      comm: new SelfCommunicator(),
    }) as object as AnyLocalOperator;
    expect(() => distributed.matmat(NDArray.ones([6, 2]))).to.throw(ArgumentError, 'an operator of one rank');
    expect(() => new MatrixMult([[1, 2]]).matmat(NDArray.ones([2, 2], { dtype: 'float32' }))).to.throw(
      DTypeError,
    );
    expect(() => new MatrixMult([[1, 2]]).matmat(NDArray.ones([3, 2]))).to.throw(
      ShapeError,
      'of shape [2, k], received',
    );
    expect(() => new Real(3).matmat(NDArray.ones([4, 1]))).to.throw(ShapeError);
    const two = new Identity(2)
      .add(
        new MatrixMult([
          [0, 1],
          [1, 0],
        ]),
      )
      .matmat(
        NDArray.array(
          [
            [1, 2],
            [3, 5],
          ],
          { dtype: 'int32' },
        ),
      );
    expect(two.dtype).to.equal('float64');
    expectClose(
      two,
      [
        [4, 7],
        [4, 7],
      ],
      { atol: 0 },
    );
  });
});
