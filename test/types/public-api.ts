/**
 * Type tests of the public API. The test passes if this file compiles. The functions are never
 * called.
 */
import {
  type Backend,
  type Communicator,
  type Complex,
  cgls,
  DistributedArray,
  type DType,
  type LinearOperator,
  MPIFirstDerivative,
  MPILinearOperator,
  NDArray,
  type Scalar,
  type Vector,
} from '../../src/index.js';
import { type Equal, expectType } from './expect-type.js';

// tests of the helpers themselves
const same: Equal<{ a: number }, { a: number }> = true;
const different: Equal<{ a: number }, { readonly a: number }> = false;
// @ts-expect-error a number is not a string
expectType<string>()(1);

export const used = [same, different];

export function scalars(x: NDArray, d: DistributedArray): void {
  expectType<Scalar>()(x.dot(x));
  expectType<number>()(x.norm());
  expectType<Scalar>()(d.vdot(d));
  expectType<number>()(d.rdot(d));
  const z: Complex = { re: 1, im: 0 };
  x.scale(z).scale(2);
  // @ts-expect-error an imaginary part alone is not a scalar
  x.scale({ im: 1 });
}

export function vectors(x: NDArray, d: DistributedArray): void {
  expectType<NDArray>()(x.add(x));
  expectType<DistributedArray>()(d.multiply(2));
  expectType<DType>()(d.dtype);
  // an array of one rank beside a distributed one is the same on all ranks
  expectType<DistributedArray>()(d.add(x));
  // @ts-expect-error the result would be distributed
  x.add(d);
  // @ts-expect-error a shape is one number or a list of them
  DistributedArray.zeros('3');
  // @ts-expect-error no such dtype
  DistributedArray.zeros(3, { dtype: 'float16' });
  // @ts-expect-error no such partition
  DistributedArray.zeros(3, { partition: 'scatter' });
  // @ts-expect-error options must be spelled correctly
  DistributedArray.zeros(3, { dtpye: 'float32' });
  // @ts-expect-error the dtype of an array is readonly
  d.dtype = 'float32';
}

export function operators(
  D: MPIFirstDerivative,
  x: DistributedArray,
  local: NDArray,
  A: LinearOperator<NDArray>,
): void {
  expectType<DistributedArray>()(D.matvec(x));
  expectType<DistributedArray>()(D.H.mul(D).rmatvec(x));
  expectType<LinearOperator<DistributedArray, DistributedArray>>()(D.H);
  expectType<NDArray>()(A.matvec(local));
  // @ts-expect-error a distributed operator takes distributed vectors
  D.matvec(local);
  // @ts-expect-error the range of one is not the domain of the other
  D.mul(A);
  // @ts-expect-error no such kind
  new MPIFirstDerivative([3, 4], { kind: 'central' });
}

export function products<N extends Vector<N>, M extends Vector<M>, K extends Vector<K>>(
  A: LinearOperator<M, K>,
  B: LinearOperator<N, M>,
): void {
  expectType<LinearOperator<N, K>>()(A.mul(B));
  expectType<LinearOperator<K, M>>()(A.H);
  // @ts-expect-error the spaces do not match in the other order
  B.mul(A);
}

/** An operator of the user's own. */
export class Scaling extends MPILinearOperator {
  readonly #weights: DistributedArray;
  constructor(weights: DistributedArray) {
    super({ dims: weights.globalShape, dtype: weights.dtype });
    this.#weights = weights;
  }
  protected override forward(x: DistributedArray, y: DistributedArray): void {
    y.assign(x).multiplyInPlace(this.#weights);
  }
  protected override adjoint(y: DistributedArray, x: DistributedArray): void {
    x.assign(y).multiplyInPlace(this.#weights.conj());
  }
}

export function solvers(D: MPIFirstDerivative, y: DistributedArray, local: NDArray): void {
  expectType<DistributedArray>()(cgls(D, y, { niter: 10 }).x);
  for (const step of cgls.steps(D, y)) {
    if (step.cost < 1e-3) break;
  }
  // @ts-expect-error the data are distributed as the operator's range is
  cgls(D, local);
}

export function ports(comm: Communicator, backend: Backend): void {
  expectType<Communicator>()(comm.split(1));
  expectType<Communicator | undefined>()(comm.split(undefined));
  expectType<number[]>()(comm.allgatherObject(1));
  expectType<readonly DType[]>()(backend.dtypes);
  // @ts-expect-error no such reduction
  comm.allreduce(new Float64Array(1), 'mean');
  // @ts-expect-error 16-bit integers have no dtype
  comm.bcast(new Int16Array(3));
}

export const nested = NDArray.array([
  [1, 2],
  [3, 4],
]);
