import type { Communicator } from '../core/communicator.js';
import { isFloat } from '../core/dtype.js';
import { ArgumentError, PartitionError, ShapeError } from '../core/errors.js';
import type { AnyOperator } from '../core/linear-operator.js';
import type { AnyVector, Space, Vector } from '../core/vector.js';
import { conclude, drive, type RunOptions, type SolverProgress, type StopReason } from '../optimization/solver.js';

/** What the state of every proximal solver has. */
export interface ProximalState<V extends Vector<V>> extends SolverProgress {
  readonly x: V;
  /** The objective. */
  cost: number;
  /** How far from a fixed point the last iteration was: compared with `tol`. NaN where `tol` is 0: it is not computed. */
  residual: number;
}

/** What an iteration has found. `x` is live: the next step changes it. */
export interface ProximalStep<V extends Vector<V>, S extends ProximalState<V> = ProximalState<V>> {
  /** 0 for the start. */
  readonly iteration: number;
  readonly x: V;
  /** The objective; Infinity where x is outside of its domain. */
  readonly cost: number;
  readonly residual: number;
  readonly state: S;
}

export interface ProximalResult<V> {
  readonly x: V;
  readonly iterations: number;
  readonly reason: StopReason;
  /** The objective at the start and after every iteration. */
  readonly cost: number[];
}

/** What the loops of all of them can be told. */
export interface ProximalRunOptions extends RunOptions {
  /** Most iterations. @default 10 */
  readonly niter?: number;
}

/**
 * Ends an iteration: stops where the residual is at most `tol > 0`.
 * Errors: {@link NumericalError} on all ranks where the objective is NaN or a residual is not finite on any.
 */
export function settleProximal<V extends Vector<V>>(name: string, state: ProximalState<V> & { readonly tol: number }): void {
  const { cost, residual, tol, iteration } = state;
  const measured = tol > 0 && iteration > 0;
  const reason = measured && residual <= tol ? (residual === 0 ? 'solved exactly' : 'update within tolerance') : undefined;
  // a cost of Infinity is that of a point outside of the domain
  conclude(name, state, { cost, reason, scalars: [Number.isNaN(cost) ? cost : 0, measured ? residual : 0] });
}

/** The loop around the steps of a proximal solver. */
export function driveProximal<V extends Vector<V>, S extends ProximalState<V>, R extends ProximalResult<V>>(
  name: string,
  start: () => S,
  step: (state: S) => void,
  options: RunOptions,
  more: (state: S) => Omit<R, keyof ProximalResult<V>>,
): Generator<ProximalStep<V, S>, R, void> {
  return drive(
    {
      name,
      start,
      step,
      report: (state: S): ProximalStep<V, S> => {
        const { iteration, x, cost, residual } = state;
        return { iteration, x, cost, residual, state };
      },
      result: (state: S, reason): R => {
        const { x, iteration: iterations, history: cost } = state;
        const result: ProximalResult<V> = { x, iterations, reason, cost };
        return { ...result, ...more(state) } as R;
      },
    },
    options,
  );
}

/** Throws {@link ArgumentError} unless x0 is a vector of floats. */
export function checkStart(name: string, x0: AnyVector | undefined): void {
  if (x0 === undefined || !('space' in x0)) throw new ArgumentError(`${name}: expected a start x0, received ${String(x0)}`);
  if (!isFloat(x0.dtype)) throw new ArgumentError(`${name}: expected x0 of a float or complex dtype, received ${x0.dtype}`);
}

/** The range of A on the space of x. Throws {@link ShapeError} unless A leads back to that space. */
export function rangeFor<M extends Vector<M>>(name: string, A: AnyOperator, model: Space<M>): Space<AnyVector> {
  const range: Space<AnyVector> = A.rangeOf(model);
  const back = A.domainOf(range);
  if (!back.equals(model)) throw new ShapeError(`${name}: expected ${A.name} to lead back to ${model}, its adjoint leads to ${back}`);
  return range;
}

/** Throws {@link ArgumentError} unless `value` is true or false. */
export function checkFlag(owner: string, name: string, value: unknown): void {
  if (typeof value !== 'boolean') throw new ArgumentError(`${owner}: expected ${name} to be true or false, received ${String(value)}`);
}

/** Throws {@link PartitionError} where a mask splits the ranks of an operator: colours could need other numbers of its applications. */
export function refuseMask(name: string, comm: Communicator | undefined, x: AnyVector): void {
  if (comm && x.reducer && comm.id !== x.reducer.id)
    throw new PartitionError(`${name}: expected vectors without a mask where an operator runs on all ranks, received ${x.space}`);
}
