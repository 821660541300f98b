import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { StackedDistributedArray } from '../../src/core/distributed/stacked-distributed-array.js';
import type { LinearOperator } from '../../src/core/operator/linear-operator.js';
import type { Backend } from '../../src/core/ports/backend.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import type { Vector } from '../../src/core/vector/vector.js';
import { MPIFirstDerivative } from '../../src/operators/index.js';

/** The operator `I + DᴴD`, which is positive definite and couples neighbouring ranks. */
export function definite(dims: number[], comm?: Communicator): LinearOperator<DistributedArray> {
  const D = new MPIFirstDerivative(dims, { kind: 'forward', ...(comm && { comm }) });
  return D.H.mul(D).add(D.pow(0));
}

/** The residual of `Aᴴ(y − A x) = ε² x`, relative to `‖Aᴴ y‖`. */
export function optimality<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  x: M,
  damp = 0,
): number {
  const gradient = A.rmatvec(y.subtract(A.matvec(x))).axpby(-damp * damp, x, 1);
  return gradient.norm() / A.rmatvec(y).norm();
}

/** A tolerance at the level of rounding errors, below which further iterations make no progress. */
export const rounding = <M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  relative: number,
): number => (relative * A.rmatvec(y).norm()) ** 2;

const constructed = (): number => DistributedArray.constructions + StackedDistributedArray.constructions;

/**
 * The costs of every iteration after the first: reductions, other collectives, new vectors,
 * storages and memory.
 */
export function costs(
  steps: Iterable<{ readonly iteration: number }>,
  comm: Communicator,
  backend: Backend,
): number[][] {
  const marks: number[][] = [];
  for (const { iteration } of steps) {
    const { allocations, poolMisses } = backend.stats();
    if (iteration > 0)
      marks.push([
        comm.counters.reductions,
        comm.counters.collectives,
        constructed(),
        allocations,
        poolMisses,
      ]);
  }
  return marks.slice(1).map((mark, k) => mark.map((value, i) => value - (marks[k]?.[i] as number)));
}
