import type { Communicator } from '../core/communicator.js';
import { promote } from '../core/dtype.js';
import { ArgumentError, NumericalError, ShapeError } from '../core/errors.js';
import type { LinearOperator } from '../core/linear-operator.js';
import { type Space, sameMemory, seenIn, type Vector } from '../core/vector.js';

/** Why a solver ended. */
export type StopReason =
  /** The gradient (CG: the residual) is exactly zero. */
  | 'solved exactly'
  | 'tolerance reached'
  | 'iteration limit reached'
  /** The curvature along the search direction is zero while the gradient is not: the operator is singular there, or its adjoint is wrong. */
  | 'breakdown';

/** What every solver's state has. A solver is finished when its ranks are, whatever the colours of a mask. */
export interface SolverProgress {
  readonly tol: number;
  /** Iterations done. */
  iteration: number;
  /** Why these ranks ended; undefined while they go on. */
  reason: StopReason | undefined;
  /** True once all ranks of the operator have a reason: nothing is left to do. */
  finished: boolean;
}

/** Scalars are equal on all ranks, or, with a mask, on all ranks of one colour. What to do next is agreed over all ranks of the operator. */
const VOTE = { done: 0, goOn: 1, fault: 2 } as const;
type Vote = (typeof VOTE)[keyof typeof VOTE];

function agree(vote: Vote, comm: Communicator | undefined, reducer: Communicator | undefined): Vote {
  if (!comm || !reducer || comm.id === reducer.id) return vote;
  const votes = Int32Array.of(vote);
  comm.allreduce(votes, 'max');
  return votes[0] as Vote;
}

/**
 * Ends an iteration: decides whether these ranks stop and whether all do. `squared` is what is compared with `tol`. One reduction more where a mask
 * splits the ranks of the operator.
 * Errors: {@link NumericalError} on all ranks where one of the scalars is not finite on any.
 */
export function settle(
  name: string,
  state: SolverProgress,
  squared: number,
  scalars: readonly number[],
  comm: Communicator | undefined,
  reducer: Communicator | undefined,
): void {
  const bad = ![squared, ...scalars].every(Number.isFinite);
  if (!bad && state.reason === undefined && squared <= state.tol) state.reason = squared === 0 ? 'solved exactly' : 'tolerance reached';
  const vote = agree(bad ? VOTE.fault : state.reason ? VOTE.done : VOTE.goOn, comm, reducer);
  if (vote === VOTE.fault) {
    const what = bad
      ? `a norm is ${[squared, ...scalars].find((v) => !Number.isFinite(v))}`
      : 'ranks of another colour of the mask found a norm that is not finite';
    throw new NumericalError(
      `${name}: ${what} in iteration ${state.iteration}: look for NaN, infinity or overflow in the data, the start or the operator`,
    );
  }
  state.finished = vote === VOTE.done;
}

/**
 * The spaces in which `A x = y` is solved: complex where A, y or x0 is. Never communicates.
 * Errors: {@link ShapeError} where y or x0 do not fit, and what the operator throws.
 */
export function solverSpaces<M extends Vector<M>, D extends Vector<D>>(
  name: string,
  A: LinearOperator<M, D>,
  y: D,
  x0: M | undefined,
): { readonly model: Space<M>; readonly data: Space<D> } {
  const natural = A.domainOf(y.space);
  if (x0 && !sameMemory(natural, x0.space)) throw new ShapeError(`${name}: expected x0 in ${natural}, received ${x0.space}`);
  const model = natural.withDType(x0 ? promote(natural.dtype, x0.dtype) : natural.dtype);
  const data = A.rangeOf(model);
  if (!sameMemory(data, y.space)) throw new ShapeError(`${name}: expected y in ${data}, received ${y.space}`);
  return { model, data };
}

/** A copy of x0, or zeros. */
export const startVector = <M extends Vector<M>>(space: Space<M>, x0: M | undefined): M =>
  x0 ? space.empty().assign(seenIn(x0, space)) : space.zeros();

/** Throws {@link ArgumentError} unless `value` is a finite number of at least 0. */
export function checkNonNegative(owner: string, name: string, value: number): number {
  if (!(typeof value === 'number' && Number.isFinite(value) && value >= 0))
    throw new ArgumentError(`${owner}: expected ${name} to be a finite number of at least 0, received ${String(value)}`);
  return value;
}

/** Throws {@link ArgumentError} unless `value` is a whole number of at least 0. */
export function checkCount(owner: string, name: string, value: number): number {
  if (!(Number.isSafeInteger(value) && value >= 0))
    throw new ArgumentError(`${owner}: expected ${name} to be a whole number of at least 0, received ${String(value)}`);
  return value;
}

/** Runs a solver's generator to its end, for what it returns. */
export function runToEnd<R>(steps: Generator<unknown, R, void>): R {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
