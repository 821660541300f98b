import { isFloat } from '../../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../../core/base/errors.js';
import type { Defaults } from '../../core/base/options.js';
import { type AnyOperator, checkOperator } from '../../core/operator/linear-operator.js';
import {
  type AnyVector,
  checkVector,
  type Space,
  type Vector,
  type VectorPair,
} from '../../core/vector/vector.js';
import { withWorkspaces } from '../../core/vector/workspace.js';
import type { RunOptions, SolverCall, SolverResult, SolverStep } from '../../optimization/solver.js';
import { finishIteration, type SolverProgress, type SolverStart } from '../../optimization/solver-state.js';
import type { ProxMemory } from '../functions/prox-operator.js';
import { fitting } from '../parts/checks.js';

/**
 * The part of the state that all proximal solvers have. `cost` is the objective, or Infinity if x
 * is outside of its domain.
 */
export interface ProximalState<V extends Vector<V>> extends SolverProgress {
  readonly x: V;
  /**
   * The distance of the last iteration from a fixed point, which is compared with `tol`. NaN if
   * `tol` is 0, since it is then not computed.
   */
  residual: number;
}

/**
 * Adds the memories of the functions to a state. `remembered` are vectors that belong to the
 * functions. `remembers` says whether they hold values. A checkpoint writes both, so that a resumed
 * run restores the functions.
 */
export function withMemories<S extends object>(state: S, memories: readonly ProxMemory[]): S {
  if (memories.length === 0) return state;
  return Object.defineProperties(state, {
    // Aliases, because the disposal of the state's vectors must not dispose those of the functions
    remembered: { enumerable: true, value: memories.map(({ vector }) => vector.aliasIn(vector.space)) },
    remembers: {
      enumerable: true,
      get: () => memories.map(({ filled }) => filled),
      set: (filled: readonly boolean[]) => {
        for (const [k, memory] of memories.entries()) memory.filled = filled[k] === true;
      },
    },
  });
}

/**
 * The result of one iteration. `x` is not a copy: the next step changes it. `cost` is the
 * objective, or Infinity if x is outside of its domain.
 */
export interface ProximalStep<V extends Vector<V>, S extends ProximalState<V> = ProximalState<V>>
  extends SolverStep<S> {
  readonly residual: number;
}

/** `cost` is the objective at the start and after each iteration. */
export type ProximalResult<V> = SolverResult<V>;

/** The options of the loop of all proximal solvers. */
export interface ProximalRunOptions extends RunOptions {
  /** Most iterations. @default 10 */
  readonly niter?: number;
}

/**
 * Ends an iteration. Stops if the residual is at most `tol > 0`.
 *
 * @throws {@link NumericalError} on all ranks if the objective is NaN, or a residual is not finite
 *   on any.
 */
export function settleProximal<V extends Vector<V>>(
  name: string,
  state: ProximalState<V> & { readonly tol: number },
  cost: number,
): void {
  const { residual, tol, iteration } = state;
  const measured = tol > 0 && iteration > 0;
  const reason =
    measured && residual <= tol ? (residual === 0 ? 'solved exactly' : 'update within tolerance') : undefined;
  // A cost of Infinity means a point outside of the domain
  finishIteration(name, state, {
    cost,
    reason,
    scalars: [Number.isNaN(cost) ? cost : 0, measured ? residual : 0],
  });
}

/**
 * The common part of the calls of all proximal solvers. `result` names vectors of the state,
 * which are copied.
 */
export const proximalCall = <
  S extends SolverProgress & { residual: number },
  O extends object,
  R extends object,
>(
  name: string,
  options: O & RunOptions,
  defaults: Defaults<O>,
  init: (own: O, start: SolverStart) => S,
  step: (state: S) => void,
  result?: (state: S) => R,
): SolverCall<S, O, { readonly residual: number }, R> => ({
  ...{ name, options, defaults, init, step },
  ...(result && { result }),
  report: ({ residual }) => ({ residual }),
});

/**
 * Runs `move`. With `tol > 0` it sets the residual, for one reduction. The residual is the length
 * of the changes of `moving` together with the gaps `a − b` after the move.
 */
export function moveAndMeasure(
  state: ProximalState<AnyVector> & { readonly tol: number },
  moving: readonly AnyVector[],
  gaps: readonly VectorPair[],
  move: () => void,
): void {
  if (state.tol === 0) {
    move();
    return;
  }
  const all = [...moving, ...gaps.map(([a]) => a)];
  withWorkspaces(
    all.map((v) => v.space),
    (works) => {
      const [befores, differences] = [works.slice(0, moving.length), works.slice(moving.length)];
      for (const [k, before] of befores.entries()) before.assign(moving[k]);
      move();
      for (const [k, before] of befores.entries()) before.axpby(-1, moving[k], 1);
      for (const [k, [a, b]] of gaps.entries()) differences[k]?.assign(a).axpby(-1, b, 1);
      state.residual = Math.sqrt(
        state.dots.rdots(...works.map((w): VectorPair => [w, w])).reduce((sum, v) => sum + v, 0),
      );
    },
  );
}

/** Throws {@link ArgumentError} unless x0 is a vector of floats. */
export function checkStart(name: string, x0: AnyVector): void {
  checkVector(name, 'x0', x0);
  if (!isFloat(x0.dtype))
    throw new ArgumentError(`${name}: expected x0 of a float or complex dtype, received ${x0.dtype}`);
}

/** A copy of a start that may be given, in the space of `usual`; by default a copy of that. */
export const startOf = <V extends Vector<V>>(
  owner: string,
  name: string,
  given: V | undefined,
  usual: V,
): V => {
  if (given !== undefined) checkVector(owner, name, given);
  return usual.emptyLike().assign(given === undefined ? usual : (fitting(owner, name, given, usual) as V));
};

/**
 * The range of A on the space of x. Throws {@link ShapeError} unless the adjoint of A maps back to
 * that space.
 */
export function rangeFor<M extends Vector<M>>(
  name: string,
  A: AnyOperator,
  model: Space<M>,
): Space<AnyVector> {
  checkOperator(name, A);
  const range: Space<AnyVector> = A.rangeOf(model);
  const back = A.domainOf(range);
  if (!back.equals(model))
    throw new ShapeError(
      `${name}: expected ${A.name} to lead back to ${model}, its adjoint leads to ${back}`,
    );
  return range;
}
