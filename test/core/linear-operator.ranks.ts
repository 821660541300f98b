import { inspect } from 'node:util';
import { expect } from 'chai';
import { matmul } from '../../src/core/array/array-functions.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import type { Scalar } from '../../src/core/base/complex.js';
import { type DType, isComplex } from '../../src/core/base/dtype.js';
import {
  ArgumentError,
  BackendError,
  DTypeError,
  NumericalError,
  PartitionError,
  ShapeError,
} from '../../src/core/base/errors.js';
import { tidy } from '../../src/core/base/scope.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { StackedDistributedArray } from '../../src/core/distributed/stacked-distributed-array.js';
import type { LinearOperator } from '../../src/core/operator/linear-operator.js';
import type { Vector } from '../../src/core/vector/vector.js';
import { openWorkspaces } from '../../src/core/vector/workspace.js';
import { CpuBackend } from '../../src/cpu/index.js';
import { type AnyLocalOperator, Diagonal, FirstDerivative, MatrixMult } from '../../src/local/index.js';
import {
  MPIBlockDiag,
  MPIFirstDerivative,
  MPIGradient,
  MPILaplacian,
  MPILinearOperator,
  MPIStackedBlockDiag,
  MPIStackedLinearOperator,
  MPIStackedVStack,
  MPIVStack,
} from '../../src/operators/index.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow, traffic } from '../support/vectors.js';

const DOUBLE = { backends: ['cpu', 'reference'] };

/** An operator as users write it: its spaces and two methods. */
class Scaling extends MPILinearOperator {
  readonly #weights: DistributedArray;
  readonly #conjugate: DistributedArray;
  constructor(weights: DistributedArray) {
    super({ dims: weights.globalShape, dtype: weights.dtype });
    this.#weights = weights;
    this.#conjugate = weights.conj();
  }
  protected override forward(x: DistributedArray, y: DistributedArray): void {
    y.assign(x).multiplyInPlace(this.#weights);
  }
  protected override adjoint(y: DistributedArray, x: DistributedArray): void {
    x.assign(y).multiplyInPlace(this.#conjugate);
  }
}

/** Swaps the two blocks of a stack. */
class Swap extends MPIStackedLinearOperator {
  readonly #like: StackedDistributedArray;
  constructor(like: StackedDistributedArray) {
    super({ dims: [like.size], dtype: like.dtype });
    this.#like = like;
  }
  override domain() {
    return this.#like.space;
  }
  protected override forward(x: StackedDistributedArray, y: StackedDistributedArray): void {
    (y.block(0) as DistributedArray).assign(x.block(1) as DistributedArray);
    (y.block(1) as DistributedArray).assign(x.block(0) as DistributedArray);
  }
  protected override adjoint(y: StackedDistributedArray, x: StackedDistributedArray): void {
    this.forward(y, x);
  }
}

const adjoint = (A: NDArray): NDArray => A.conj().transpose().copy();
const scaled = (A: NDArray, alpha: Scalar): NDArray => A.multiply(alpha);

/** Compares every node of the algebra over square A and B with the same node of their matrices. */
function algebra<V extends Vector<V>>(
  A: LinearOperator<V, V>,
  B: LinearOperator<V, V>,
  dtype: DType,
  tolerance: number,
): void {
  const options = { dtype, backend: A.domain().backend };
  const [a, b] = [A.todense(options), B.todense(options)];
  const eye = NDArray.eye(a.shape[0] as number, a.shape[0], 0, options);
  const complexToo: [string, LinearOperator<V, V>, NDArray][] = options.backend.dtypes.includes('complex64')
    ? [
        ['complex scalar', A.scale({ re: 1, im: 2 }), scaled(a, { re: 1, im: 2 })],
        ['its adjoint', A.scale({ re: 1, im: 2 }).H, adjoint(scaled(a, { re: 1, im: 2 }))],
        [
          'complex scalar twice',
          A.scale({ re: 0, im: 1 }).scale({ re: 0, im: 1 }),
          scaled(a, { re: -1, im: 0 }),
        ],
        ['added', A.scale({ re: 0, im: 1 }).add(B), scaled(a, { re: 0, im: 1 }).add(b)],
      ]
    : [];
  const nodes: [string, LinearOperator<V, V>, NDArray][] = [
    ['sum', A.add(B), a.add(b)],
    ['difference', A.subtract(B), a.subtract(b)],
    ['product', A.mul(B), matmul(a, b)],
    ['scalar', A.scale(-2.5), a.multiply(-2.5)],
    ['negative', A.negative(), a.negative()],
    ['power 0', A.pow(0), eye],
    ['power 1', A.pow(1), a],
    ['power 2', A.pow(2), matmul(a, a)],
    ['power 3', A.pow(3), matmul(a, matmul(a, a))],
    ['H', A.H, adjoint(a)],
    ['T', A.T, a.transpose().copy()],
    ['conj', A.conj(), a.conj()],
    ['H H', A.H.H, a],
    ['T T', A.T.T, a],
    ['H of a product', A.mul(B).H, adjoint(matmul(a, b))],
    ['T of a sum', A.add(B.scale(3)).T, a.add(b.multiply(3)).transpose().copy()],
    [
      'nested',
      A.H.mul(A).add(B.pow(2).scale(0.1)).subtract(A.mul(B).T),
      matmul(adjoint(a), a).add(matmul(b, b).multiply(0.1)).subtract(matmul(a, b).transpose().copy()),
    ],
    ...complexToo,
  ];
  for (const [name, op, exact] of nodes) {
    const dense = op.todense(options);
    expectClose(
      dense,
      isComplex(dense.dtype) && !isComplex(exact.dtype) ? exact.astype(dense.dtype) : exact,
      100 * tolerance,
      name,
    );
    expectClose(op.H.todense(options), adjoint(dense), 100 * tolerance, `adjoint of ${name}`);
    expect(op.dotTest({ domain: op.domain({ dtype, backend: options.backend }) }).passed, name).to.equal(
      true,
    );
    const domain = op.domain(options);
    const [x, y] = [domain.random(1), op.rangeOf(domain).random(2)];
    const sum = y.copy();
    op.matvecAdd(x, sum, 2);
    expectClose(sum, y.add(op.matvec(x).multiply(2) as V), 100 * tolerance, `added to: ${name}`);
    const back = op.domainOf(y.space).random(3);
    const total = back.copy();
    op.rmatvecAdd(y, total, -1);
    expectClose(total, back.subtract(op.rmatvec(y)), 100 * tolerance, `adjoint added to: ${name}`);
  }
}

group('algebra', () => {
  distributed('makes an adjoint and a conjugate once', () => {
    const D = new MPIFirstDerivative([4, 2]);
    expect(D.H).to.equal(D.H);
    expect(D.H.H).to.equal(D);
    expect(D.conj()).to.equal(D.conj());
    expect(D.T).to.equal(D.T);
  });

  distributed('prints an operator in one line: name, shapes, dtype, layout', ({ comm, backend }) => {
    const ranks = `${comm.size} rank${comm.size > 1 ? 's' : ''}`;
    const D = new MPIFirstDerivative([4, 2]);
    expect(inspect(D)).to.equal(
      `MPIFirstDerivative [4, 2] → [4, 2], float64, SCATTER along axis 0 over ${ranks}`,
    );
    expect(inspect(D.H.mul(D))).to.match(/^Product \[4, 2\] → \[4, 2\], float64, SCATTER [^\n]*$/);
    const A = new MatrixMult(NDArray.ones([3, 2], { backend }));
    expect(inspect({ A })).to.equal(`{ A: MatrixMult [2] → [3], ${A.dtype} }`);
    expect(inspect(new MPIVStack([A]))).to.match(new RegExp(`BROADCAST on ${ranks}$`));
    expect(inspect(new MPIGradient([4, 2]).H)).to.match(new RegExp(`float64, stacked on ${ranks}$`));
  });

  distributed('names the remedy for a vector in another space', ({ comm }) => {
    const x = DistributedArray.ones([4, 6]);
    const refused = (y: DistributedArray, remedy: RegExp) =>
      expect(() => x.axpby(1, y, 1)).to.throw(ShapeError, remedy);
    refused(DistributedArray.ones([4, 7]), /: it has 28 elements, expected 24$/);
    expect(() => x.axpby(1, 2 as never, 1)).to.throw(
      ArgumentError,
      'received 2: multiply() and fill() take numbers',
    );
    expect(() => x.axpby(1, [1] as never, 1)).to.throw(
      ArgumentError,
      'NDArray.array(x) makes an array of it',
    );
    refused(x.ravel(), /: the shapes differ, ravel\(\) or reshape\(\) changes one$/);
    refused(
      DistributedArray.ones([4, 6], { mask: new Array<number>(comm.size).fill(0) }),
      /: make both of one shape, with the same mask and communicator$/,
    );
    if (comm.size === 1) return;
    const y = DistributedArray.ones([4, 6], { axis: 1 });
    refused(y, /: the parts of the ranks differ, x\.redistribute\(y\.layout\) moves x to those of y$/);
    expect(x.redistribute(y.layout).add(y).norm(1)).to.equal(48);
  });

  distributed(
    'equals that of dense matrices, for local operators',
    { ranks: [1] },
    ({ backend, floats, tolerance }) => {
      for (const dtype of floats) {
        const [A, B] = [1, 2].map((seed) => new MatrixMult(NDArray.normal([5, 5], { dtype, backend, seed })));
        algebra<NDArray>(A as AnyLocalOperator, B as AnyLocalOperator, dtype, tolerance(dtype));
        algebra<NDArray>(A as AnyLocalOperator, new FirstDerivative(5, { dtype }), dtype, tolerance(dtype));
      }
    },
  );

  distributed(
    'equals that of dense matrices, for distributed operators',
    { timeout: 90_000 },
    ({ comm, backend, floats, tolerance }) => {
      for (const [i, dtype] of floats.entries()) {
        const D = new MPIFirstDerivative([4, 2], { kind: 'forward' });
        if (i === 0)
          algebra<DistributedArray>(D, new MPILaplacian([4, 2], { axes: [0, 1] }), dtype, tolerance(dtype));
        algebra<DistributedArray>(
          new Scaling(DistributedArray.random([4, 2], { dtype, seed: 3 })),
          D,
          dtype,
          tolerance(dtype),
        );
        if (i > 0) continue;
        const own = new MPIBlockDiag([
          new MatrixMult(NDArray.normal([2, 2], { dtype, backend, seed: comm.rank })),
        ]);
        algebra<DistributedArray>(own, new MPIFirstDerivative(2 * comm.size), dtype, tolerance(dtype));
      }
    },
  );

  distributed(
    'equals that of dense matrices, for stacked operators mixed with plain ones',
    { timeout: 90_000 },
    ({ floats, tolerance }) => {
      for (const dtype of floats) {
        const dims = [4, 3];
        const [G, L] = [new MPIGradient(dims), new MPILaplacian(dims)];
        const mixed = G.H.mul(G).add(L.H.mul(L).scale(0.1));
        const [g, l] = [G.todense({ dtype }), L.todense({ dtype })];
        expectClose(
          mixed.todense({ dtype }),
          matmul(adjoint(g), g).add(matmul(adjoint(l), l).multiply(0.1)),
          100 * tolerance(dtype),
        );
        mixed.dotTest();
        const x = new StackedDistributedArray([
          DistributedArray.random(dims, { dtype }),
          DistributedArray.random(dims, { dtype, seed: 2 }),
        ]);
        const B = new MPIStackedBlockDiag([new MPIFirstDerivative(dims), L]);
        algebra<StackedDistributedArray>(new Swap(x), B, dtype, tolerance(dtype));
        // a stack of a stack
        const V = new MPIStackedVStack<DistributedArray>([G, L]);
        const y = V.matvec(DistributedArray.random(dims, { dtype }));
        expect(y.block(0)).to.be.instanceOf(StackedDistributedArray);
        V.dotTest({ domain: DistributedArray.zeros(dims, { dtype }).space });
      }
    },
  );
});

group('operators', () => {
  distributed(
    'keep the precision of vectors where they hold no data; int32 becomes a float',
    ({ comm, backend, dtypes }) => {
      const A = new MPIFirstDerivative([6, 2]).H.mul(new MPIFirstDerivative([6, 2])).add(
        new MPILaplacian([6, 2]).scale(2),
      );
      for (const dtype of dtypes) {
        const x = DistributedArray.ones([6, 2], { dtype });
        if (dtype === 'int32' && !dtypes.includes('float64')) continue;
        const y = A.matvec(x);
        expect([y.dtype, y.local.dtype]).to.deep.equal(
          dtype === 'int32' ? ['float64', 'float64'] : [dtype, dtype],
        );
        expect(A.rmatvec(y).dtype).to.equal(y.dtype);
      }
      const D = new MPIFirstDerivative([6, 2], { dtype: 'float32' });
      const whole = NDArray.arange(0, 12, 1, { dtype: 'int32', backend }).reshape([6, 2]);
      expectClose(
        D.matvec(DistributedArray.toDist(whole)),
        new FirstDerivative([6, 2], { axis: 0, dtype: 'float32' }).matvec(whole),
        0,
      );
      expect(comm.size).to.equal(D.comm.size);
    },
  );

  distributed('refuse another precision where they hold data', DOUBLE, ({ comm, backend }) => {
    const weights = NDArray.ones([4], { dtype: 'float32', backend });
    const A = new MPIBlockDiag([new Diagonal(weights)]);
    expectAllThrow(
      comm,
      () => A.matvec(DistributedArray.ones(4 * comm.size, { dtype: 'float64' })),
      DTypeError,
    );
    expect(A.matvec(DistributedArray.ones(4 * comm.size, { dtype: 'complex64' })).dtype).to.equal(
      'complex64',
    );
    const product = new MPIFirstDerivative(4 * comm.size).mul(A);
    expect(product.dtype).to.equal('float32');
    expect(product.matvec(DistributedArray.ones(4 * comm.size, { dtype: 'float32' })).dtype).to.equal(
      'float32',
    );
    expectAllThrow(
      comm,
      () => A.add(new MPIBlockDiag([new Diagonal(weights.astype('float64'))])),
      DTypeError,
    );
  });

  distributed('refuse a frameBound that is not a finite number above 0', () => {
    class Bounded extends MPILinearOperator {
      readonly #label = 'bounded';
      constructor(frameBound: number) {
        super({ dims: [3], frameBound });
      }
      override get name(): string {
        return this.#label;
      }
      protected override forward(x: DistributedArray, y: DistributedArray): void {
        y.assign(x).scale(Math.SQRT2);
      }
      protected override adjoint(y: DistributedArray, x: DistributedArray): void {
        x.assign(y).scale(Math.SQRT2);
      }
    }
    for (const bound of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '2' as never])
      expect(() => new Bounded(bound), `${bound}`).to.throw(ArgumentError, 'Bounded: expected frameBound');
    const x = DistributedArray.ones([3]);
    expectClose(new Bounded(2).div(x), x.copy().scale(Math.SQRT1_2), 1e-6);
  });

  distributed('refuse arguments that do not fit, on every rank', ({ comm, backend }) => {
    const dtype = 'float32';
    const A = new MPIFirstDerivative([4, 3]);
    const x = DistributedArray.ones([4, 3], { dtype });
    const other = new CpuBackend({ name: 'other' });
    expectAllThrow(comm, () => A.matvec(x, DistributedArray.ones([4, 3], { dtype: 'int32' })), DTypeError);
    expectAllThrow(comm, () => A.matvec(x, DistributedArray.ones([3, 4], { dtype, axis: 1 })), ShapeError);
    expectAllThrow(
      comm,
      () => A.matvec(x, DistributedArray.ones([4, 3], { dtype, partition: 'BROADCAST' })),
      ShapeError,
    );
    expectAllThrow(
      comm,
      () => A.matvec(x, DistributedArray.ones([4, 3], { dtype, backend: other })),
      ShapeError,
    );
    expectAllThrow(comm, () => A.matvec(x, x), ArgumentError);
    expectAllThrow(comm, () => A.mul(A).matvec(x, x), ArgumentError);
    expectAllThrow(comm, () => A.matvec(x, x.ravel().reshape([4, 3])), ArgumentError);
    const elsewhere = DistributedArray.ones([4, 3], { dtype, comm: comm.dup() });
    for (const op of [A, A.H, A.T, A.conj(), A.scale(2), A.add(A), A.mul(A), A.pow(0), A.pow(2)]) {
      expectAllThrow(comm, () => op.matvec(elsewhere), PartitionError, op.name);
      expectAllThrow(comm, () => op.rmatvec(elsewhere), PartitionError, op.name);
      expectAllThrow(comm, () => op.matvec(DistributedArray.ones([5, 3], { dtype })), ShapeError, op.name);
    }
    expectAllThrow(comm, () => A.add(new MPIFirstDerivative([4, 4])), ShapeError);
    expectAllThrow(comm, () => A.mul(new MPIFirstDerivative([4, 4])), ShapeError);
    expectAllThrow(comm, () => A.add(new MPIFirstDerivative([4, 3], { comm: comm.dup() })), PartitionError);
    // values that programs without types may pass
    const nothing: unknown = undefined;
    for (const thing of [nothing, 3, 'x', {}, new Float64Array(12)]) {
      expectAllThrow(comm, () => A.matvec(thing as DistributedArray), ArgumentError, String(thing));
      expectAllThrow(comm, () => A.rmatvec(thing as DistributedArray), ArgumentError, String(thing));
      for (const combine of [A.add, A.subtract, A.mul])
        expectAllThrow(comm, () => combine.call(A, thing as typeof A), ArgumentError);
    }
    expectAllThrow(comm, () => A.pow(-1), ArgumentError);
    expectAllThrow(comm, () => A.pow(1.5), ArgumentError);
    expectAllThrow(
      comm,
      () => MPILinearOperator.wrap(new MatrixMult(NDArray.ones([2, 3], { backend }))).pow(2),
      ShapeError,
    );
    const misspelt: Record<string, unknown> = { sed: 1 };
    expect(() => A.dotTest(misspelt)).to.throw(ArgumentError, 'seed');
    // an operator without data accepts arrays of any backend
    expect(A.matvec(DistributedArray.ones([4, 3], { dtype, backend: other })).backend).to.equal(other);
    expectAllThrow(
      comm,
      () => x.add(A.matvec(DistributedArray.ones([4, 3], { dtype, backend: other }))),
      BackendError,
    );
  });

  distributed(
    'accept vectors of one term’s shape where the other is flat, in either order',
    DOUBLE,
    ({ comm, backend }) => {
      const dims = [2 * comm.size, 3];
      const flat = new MPIBlockDiag([new MatrixMult(NDArray.normal([6, 6], { seed: comm.rank, backend }))]);
      const L = new MPILaplacian(dims, { axes: [0, 1] });
      const x = DistributedArray.random(dims);
      const expected = L.matvec(x).ravel().add(flat.matvec(x.ravel()));
      for (const sum of [L.add(flat), flat.add(L)]) {
        expectClose(sum.matvec(x).asArray().ravel(), expected, 1e-12);
        expect(sum.dotTest({ domain: x.space }).passed).to.equal(true);
      }
    },
  );

  distributed('of users fail the dot test on all ranks if the adjoint is wrong', ({ comm }) => {
    class Wrong extends MPIFirstDerivative {
      protected override adjoint(y: DistributedArray, x: DistributedArray): void {
        this.forward(y, x);
      }
    }
    const A = new Wrong([5, 2]);
    expectAllThrow(comm, () => A.dotTest(), NumericalError);
    expect(A.dotTest({ raise: false }).passed).to.equal(false);
    expect(traffic(comm, () => new MPIFirstDerivative([5, 2], { axis: 1 }).dotTest()).reductions).to.equal(2);
    expect(`${A}`).to.equal('<10x10 Wrong with dtype=float64>');
  });

  distributed('keep no vector, nested, in a scope or without', ({ backend, reals }) => {
    const dtype = reals[0] as DType;
    const D = new MPIFirstDerivative([6, 2]);
    const flat = new MPIFirstDerivative([12]);
    const A = D.H.mul(D).add(D.pow(3).scale(2)).add(flat.H.mul(flat));
    const constructions = () => DistributedArray.constructions;
    const x = DistributedArray.random([6, 2], { dtype });
    const out = x.emptyLike();
    const close = openWorkspaces();
    A.matvec(x, out);
    const before = [constructions(), backend.stats().allocations];
    for (let k = 0; k < 4; k++) A.matvec(x, out);
    expect([constructions(), backend.stats().allocations]).to.deep.equal(before);
    close();
    const inner = A.matvec(x, out).copy();
    const live = backend.stats().liveBytes;
    tidy(() => {
      A.matvec(x, out);
    });
    A.matvec(x, out);
    // arrays of other tests may be collected during this one
    expect(backend.stats().liveBytes).to.be.at.most(live);
    expectClose(out.local, inner.local, 0);
  });
});
