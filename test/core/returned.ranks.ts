/**
 * Tests of user operators and user functions that return their result, fill it, or do neither, with
 * every kind of vector.
 */
import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import {
  ArgumentError,
  DTypeError,
  type LopsError,
  NumericalError,
  ShapeError,
} from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { StackedDistributedArray } from '../../src/core/distributed/stacked-distributed-array.js';
import type { AnyOperator, LinearOperator } from '../../src/core/operator/linear-operator.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import type { AnyVector } from '../../src/core/vector/vector.js';
import { KernelOperator } from '../../src/gpu/js-kernel/index.js';
import {
  FirstDerivative,
  FunctionOperator,
  Identity,
  Imag,
  Kronecker,
  LocalOperator,
  Radon2D,
  Sliding1D,
  VStack,
  Zero,
} from '../../src/local/index.js';
import {
  MPIBlockDiag,
  MPIFirstDerivative,
  MPIGradient,
  MPIHStack,
  MPILinearOperator,
  MPIStackedLinearOperator,
  MPIVStack,
} from '../../src/operators/index.js';
import { cgls } from '../../src/optimization/krylov/cgls.js';
import { Indicator, ProxOperator } from '../../src/proximal/index.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow } from '../support/vectors.js';

const DOUBLE = { backends: ['cpu', 'reference'] };

/**
 * The two methods of an operator as functions. `this.forward` and `this.adjoint` have the same
 * numbers of parameters as these.
 */
type Method = (...args: never[]) => unknown;
interface Methods {
  readonly forward: Method;
  readonly adjoint?: Method;
}

/**
 * Operators with the given methods, on one rank, on all ranks, and on stacks, each with its domain.
 */
function operators(
  { forward, adjoint = forward }: Methods,
  { comm, backend }: { comm: DistributedArray['comm']; backend: NDArray['backend'] },
) {
  const stack = new StackedDistributedArray([
    DistributedArray.ones(2 * comm.size + 1, { comm, backend }),
    DistributedArray.ones(3, { comm, backend }),
  ]);
  const none = (): never => {
    throw new Error('the methods are defined below');
  };
  class Local extends LocalOperator {
    protected override forward = none;
    protected override adjoint = none;
  }
  class Distributed extends MPILinearOperator {
    protected override forward = none;
    protected override adjoint = none;
  }
  class Stacked extends MPIStackedLinearOperator {
    override domain() {
      return stack.space;
    }
    protected override forward = none;
    protected override adjoint = none;
  }
  const all: LinearOperator<AnyVector>[] = [
    new Local({ dims: [2, 3] }),
    new Distributed({ dims: [2 * comm.size + 1, 2], comm }),
    new Stacked({ dims: [stack.size], comm }),
  ];
  for (const op of all) Object.assign(op, { forward, adjoint });
  return all;
}

/** Checks that `run` throws an error of this class, with this message, on every rank. */
function refuses(
  comm: Communicator,
  run: () => unknown,
  kind: new (message: string) => LopsError,
  message: RegExp,
  title = '',
): void {
  let said = '';
  expectAllThrow(
    comm,
    () => {
      try {
        run();
      } catch (error) {
        said = String(error);
        throw error;
      }
    },
    kind,
    title,
  );
  expect(said, title).to.match(message);
}

group('results of methods of users', () => {
  distributed(
    'are used where they are a new vector, the input or one that is kept, also in sums, products and solvers',
    DOUBLE,
    ({ comm, backend }) => {
      const forms: Readonly<Record<string, Methods>> = {
        'a new vector': { forward: ((x: AnyVector) => x.multiply(2)) as Method },
        'a sum of new vectors': { forward: ((x: AnyVector) => x.add(x)) as Method },
        'its second argument': { forward: ((x: AnyVector, y: AnyVector) => y.assign(x).scale(2)) as Method },
        nothing: {
          forward: ((x: AnyVector, y: AnyVector) => {
            y.assign(x).scale(2);
          }) as Method,
        },
      };
      for (const [title, methods] of Object.entries(forms)) {
        for (const A of operators(methods, { comm, backend })) {
          const x = A.domain({ backend }).random(1);
          const twice = x.multiply(2).asArray();
          expectClose(A.matvec(x), twice, 1e-14, `${title}: ${A}`);
          const out = A.rangeOf(x.space).zeros();
          expect(A.matvec(x, out)).to.equal(out);
          expectClose(out, twice, 1e-14, title);
          expectClose(A.rmatvec(x), twice, 1e-14, title);
          expectClose(A.H.mul(A).add(A.scale(3)).matvec(x), x.multiply(10), 1e-14, title);
          expectClose(A.conj().matvecAdd(x, x.copy(), 2), x.multiply(5), 1e-14, title);
          expect(A.dotTest().passed, title).to.equal(true);
          expectClose(cgls(A, A.matvec(x), { niter: 2 }).x, x, 1e-12, title);
        }
      }
      for (const A of operators({ forward: ((x: AnyVector) => x) as Method }, { comm, backend })) {
        const x = A.domain({ backend }).random(1);
        const y = A.matvec(x);
        expect(y.overlaps(x)).to.equal(false);
        expectClose(y, x, 0);
        // int32 is computed in the operator's dtype, in memory that is released
        const whole = A.domain({ backend, dtype: 'int32' });
        if (whole.dtype === 'int32') expectClose(A.matvec(whole.zeros().fill(3)), x.zerosLike().fill(3), 0);
      }
    },
  );

  distributed('are accepted where a complex operator returns real or flat vectors', DOUBLE, ({ backend }) => {
    const A = new FunctionOperator((x) => x.ravel().real(), [2, 2], {
      adjoint: (y) => y.ravel(),
      dtype: 'complex128',
    });
    const x = NDArray.normal([2, 2], { dtype: 'complex128', backend, seed: 1 });
    const y = A.matvec(x);
    expect([...y.shape, y.dtype]).to.deep.equal([2, 2, 'complex128']);
    expectClose(y.real(), x.real(), 0);
    expectClose(A.rmatvec(x), x, 0);
  });

  distributed(
    'are refused by name on every rank alike where they are no vectors',
    DOUBLE,
    ({ comm, backend }) => {
      const refused: readonly [string, Method, new (message: string) => LopsError, RegExp][] = [
        [
          'nothing, without a second argument',
          ((x: AnyVector) => void x.multiply(2)) as Method,
          ArgumentError,
          /received nothing/,
        ],
        [
          'an asynchronous method',
          (async (x: AnyVector, y: AnyVector) => void y.assign(x)) as Method,
          ArgumentError,
          /a promise/,
        ],
        [
          'an asynchronous method that returns',
          (async (x: AnyVector) => x.multiply(2)) as Method,
          ArgumentError,
          /a promise/,
        ],
        [
          'a generator',
          function* (x: AnyVector) {
            yield x;
          } as Method,
          ArgumentError,
          /expected the result/,
        ],
        ['a number', ((x: AnyVector, _y: AnyVector) => x.norm()) as Method, ArgumentError, /received \d/],
        ['null', ((_x: AnyVector, _y: AnyVector) => null) as Method, ArgumentError, /received null/],
        [
          'a typed array',
          ((x: AnyVector) => new Float64Array(x.size)) as Method,
          ArgumentError,
          /a Float64Array/,
        ],
        [
          'a vector of another size',
          (() => NDArray.ones(50, { backend })) as Method,
          ShapeError,
          /expected a result in/,
        ],
        [
          'one that would be spread',
          (() => NDArray.ones([1], { backend })) as Method,
          ShapeError,
          /expected a result in/,
        ],
        [
          'another precision',
          ((x: AnyVector) => x.space.withDType('float32').zeros()) as Method,
          DTypeError,
          /float32/,
        ],
        [
          'a complex one',
          ((x: AnyVector) => x.multiply({ re: 0, im: 1 })) as Method,
          DTypeError,
          /complex128/,
        ],
      ];
      for (const [title, forward, kind, message] of refused) {
        for (const A of operators({ forward }, { comm, backend })) {
          const x = A.domain({ backend }).random(1);
          for (const run of [
            () => A.matvec(x),
            () => A.rmatvec(x),
            () => A.matvec(x, x.zerosLike()),
            () => A.H.matvecAdd(x, x.copy()),
          ]) {
            refuses(comm, run, kind, message, title);
          }
          expectAllThrow(comm, () => A.dotTest(), kind);
          // the error occurs again, not only in the first application
          expectAllThrow(comm, () => A.matvec(x), kind, `${title}, again`);
        }
      }
    },
  );

  distributed(
    'are checked for functions of FunctionOperator and KernelOperator',
    DOUBLE,
    ({ comm, backend }) => {
      const x = NDArray.ones(5, { backend });
      const made = (f: unknown) =>
        new FunctionOperator(f as (x: NDArray) => NDArray, 5, { adjoint: f as (x: NDArray) => NDArray });
      for (const f of [
        (v: NDArray) => v.multiply(2),
        (v: NDArray, y: NDArray) => y.assign(v).scale(2),
        (v: NDArray, y: NDArray) => void y.assign(v).scale(2),
      ])
        expectClose(made(f).matvec(x), x.multiply(2), 0);
      for (const f of [
        (v: NDArray) => void v.multiply(2),
        () => undefined,
        async (v: NDArray) => v.multiply(2),
        async (v: NDArray, y: NDArray) => void y.assign(v),
        () => [1, 2, 3, 4, 5],
      ]) {
        refuses(comm, () => made(f).matvec(x), ArgumentError, /FunctionOperator: expected the result/);
        refuses(comm, () => made(f).rmatvec(x), ArgumentError, /FunctionOperator\.H/);
      }
      for (const f of [() => undefined, async () => 1, () => [1], () => '2'] as unknown as (() => number)[]) {
        const K = new KernelOperator(f, f, 5, { dtype: 'float64', engine: 'plain' });
        refuses(comm, () => K.matvec(x), ArgumentError, /return a number/);
      }
    },
  );

  distributed('are checked for proximal operators and projections', DOUBLE, ({ comm, backend }) => {
    const x = DistributedArray.ones(2 * comm.size, { comm, backend });
    class Half extends ProxOperator {
      override value(v: AnyVector): number {
        return v.norm() ** 2 / 2;
      }
      override get isSmooth(): boolean {
        return true;
      }
      protected override fill(v: AnyVector, tau: number): AnyVector {
        return v.multiply(1 / (1 + tau));
      }
      protected override fillGrad(v: AnyVector): AnyVector {
        return v.copy();
      }
    }
    class AtMost extends Indicator {
      override contains(): boolean {
        return true;
      }
      protected override fillProjection(v: AnyVector): AnyVector {
        return v.multiply(0.5);
      }
    }
    const f = new Half();
    expectClose(f.prox(x, 1), x.multiply(0.5), 0);
    expectClose(f.prox(x.copy(), 1, x.copy()), x.multiply(0.5), 0);
    const inPlace = x.copy();
    expect(f.prox(inPlace, 1, inPlace)).to.equal(inPlace);
    expectClose(inPlace, x.multiply(0.5), 0);
    expectClose(f.proxDual(x, 1), x.multiply(0.5), 1e-15);
    expectClose(f.scale(2).grad(x), x.multiply(2), 0);
    expectClose(new AtMost().prox(x, 3), x.multiply(0.5), 0);
    const wrong = (fill: unknown, name: 'fill' | 'fillGrad' | 'fillProjection') =>
      Object.defineProperty(name === 'fillProjection' ? new AtMost() : new Half(), name, { value: fill });
    for (const name of ['fill', 'fillProjection', 'fillGrad'] as const) {
      for (const fill of [(v: AnyVector) => void v.multiply(2), async (v: AnyVector) => v, () => 3]) {
        const g = wrong(fill, name);
        refuses(
          comm,
          () => (name === 'fillGrad' ? g.grad(x) : g.prox(x, 1)),
          ArgumentError,
          /expected the result/,
        );
        if (name !== 'fillGrad') refuses(comm, () => g.proxDual(x, 1), ArgumentError, /expected the result/);
      }
    }
  });

  distributed(
    'fail the dot test where all are zeros, unless the operator is 0 or a space is empty',
    DOUBLE,
    ({ comm, backend }) => {
      const nothing = ((_x: AnyVector, y: AnyVector) => void y.fill(0)) as Method;
      for (const A of operators({ forward: nothing }, { comm, backend })) {
        for (const B of [A, A.H, A.scale(2), A.add(A), A.H.mul(A), A.pow(2)]) {
          refuses(comm, () => B.dotTest(), NumericalError, /inconclusive.*both 0/);
          const { passed, left, right } = B.dotTest({ raise: false });
          expect([passed, left, right]).to.deep.equal([false, 0, 0]);
        }
        expect(A.scale(0).dotTest().passed).to.equal(true);
        expect(A.scale({ re: 0, im: 0 }).H.dotTest().passed).to.equal(true);
      }
      class Declared extends LocalOperator {
        constructor() {
          super({ dims: 3, dimsd: 2, zero: true });
        }
        protected override forward(_x: NDArray, y: NDArray): NDArray {
          return y.fill(0);
        }
        protected override adjoint(_y: NDArray, x: NDArray): NDArray {
          return x.fill(0);
        }
      }
      const Z = new Zero(3, 4);
      const t = [0, 1, 2, 3];
      const zeros: AnyOperator[] = [
        new Declared(),
        new Declared().H,
        Z,
        Z.H.mul(Z),
        Z.add(Z),
        Z.negative().conj(),
        new VStack([Z, Z]),
        new Kronecker(new Identity(2), Z),
        new Sliding1D(new Zero(4, 4), 8, 8, 4, 0),
        new FirstDerivative([4, 2]),
        new Imag(3, { dtype: 'float64' }),
        // curves that leave the data immediately
        new Radon2D(t, [5, 6, 7], [9], { centeredh: false }),
        new MPIBlockDiag([Z], { comm }),
        new MPIVStack([Z], { comm }),
        new MPIHStack([Z], { comm }),
        MPILinearOperator.wrap(Z, { comm }),
        new MPIFirstDerivative([2, 5], { comm }),
        new MPIGradient([2, 1], { comm }),
        new Identity(0, 3),
        new Zero(0, 3),
      ];
      for (const A of zeros) expect(A.dotTest().passed, String(A)).to.equal(true);
    },
  );
});
