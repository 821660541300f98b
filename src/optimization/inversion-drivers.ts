import { concatenate } from '../core/array/array-functions.js';
import { NDArray } from '../core/array/ndarray.js';
import { ArgumentError } from '../core/base/errors.js';
import {
  checkList,
  checkNonNegative,
  checkOptionsObject,
  type Defaults,
  requireOptions,
} from '../core/base/options.js';
import { DistributedArray } from '../core/distributed/distributed-array.js';
import { StackedDistributedArray } from '../core/distributed/stacked-distributed-array.js';
import { checkOperator, type LinearOperator } from '../core/operator/linear-operator.js';
import { type AnyVector, checkVector, type Space, type Vector, viewAs } from '../core/vector/vector.js';
import { VStack } from '../local/basic/v-stack.js';
import { MPIStackedVStack } from '../operators/mpi-stacked-vstack.js';
import { type CgOptions, type CgResult, cg } from './krylov/cg.js';
import { type CglsOptions, type CglsResult, cgls } from './krylov/cgls.js';

/** One penalty `ε² ‖d − R x‖²`. */
export interface Regularization<M extends Vector<M>> {
  // biome-ignore lint/suspicious/noExplicitAny: penalties may have data of different kinds
  readonly R: LinearOperator<M, any>;
  /** Weight ε. @default 1 */
  readonly eps?: number;
  /** The value that `R x` should have. @default zeros */
  readonly data?: AnyVector | undefined;
}

/** Options of {@link normalEquationsInversion}. */
export interface NormalEquationsOptions<M extends Vector<M>, D extends Vector<D>> extends CgOptions<M> {
  readonly regularizations?: readonly Regularization<M>[];
  /** Weight ε_I of `ε_I² ‖x‖²`. @default 0 */
  readonly damp?: number;
  /**
   * A Hermitian positive semidefinite weight W of the data: `(y − A x)ᴴ W (y − A x)`. @default the
   * identity
   */
  readonly weight?: LinearOperator<D, D> | undefined;
}

/** Options of {@link regularizedInversion}. */
export interface RegularizedInversionOptions<M extends Vector<M>, D extends Vector<D>>
  extends CglsOptions<M> {
  readonly regularizations?: readonly Regularization<M>[];
  /** A weight of the data's rows, W^½: `‖W^½ (y − A x)‖²`. @default the identity */
  readonly weight?: LinearOperator<D, D> | undefined;
}

/** Checks the arguments of the drivers, except the options of their solver. */
function checkProblem(name: string, A: unknown, y: unknown, weight: unknown): void {
  checkOperator(`${name}: A`, A);
  checkVector(name, 'y', y);
  if (weight !== undefined) checkOperator(`${name}: weight`, weight);
}

const TERM = { R: undefined, eps: 1, data: undefined } satisfies Defaults<Regularization<never>>;

function checkedTerms<M extends Vector<M>>(name: string, regularizations: readonly Regularization<M>[]) {
  checkList(name, 'regularizations', regularizations);
  return regularizations.map((regularization) => {
    const term = requireOptions(`${name}: regularizations`, regularization, TERM);
    checkOperator(`${name}: R of a regularization`, term.R);
    if (term.data !== undefined) checkVector(name, 'data of a regularization', term.data);
    checkNonNegative(name, { 'eps of a regularization': term.eps });
    return term;
  });
}

/**
 * Minimises `(y − A x)ᴴ W (y − A x) + Σ εᵢ² ‖dᵢ − Rᵢ x‖² + ε_I² ‖x‖²` by {@link cg} on its normal
 * equations `(Aᴴ W A + Σ εᵢ² RᵢᴴRᵢ + ε_I²) x = Aᴴ W y + Σ εᵢ² Rᵢᴴ dᵢ`.
 *
 * An iteration costs one forward and one adjoint of every operator, and two reductions. Its cost
 * value is the residual of the normal equations. The condition number is squared: use
 * {@link regularizedInversion} for badly conditioned problems. Memory: that of cg, and the
 * workspaces of operator products and sums.
 *
 * @throws {@link ArgumentError} if a weight is negative. Also the errors of {@link cg}.
 */
export function normalEquationsInversion<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options: NormalEquationsOptions<M, D> = {},
): CgResult<M> {
  checkOptionsObject('normalEquationsInversion', options);
  const { regularizations = [], damp = 0, weight, ...solver } = options;
  checkProblem('normalEquationsInversion', A, y, weight);
  const terms = checkedTerms('normalEquationsInversion', regularizations);
  checkNonNegative('normalEquationsInversion', { damp });
  let operator = weight ? A.H.mul(weight.mul(A)) : A.H.mul(A);
  for (const { R, eps } of terms)
    operator = operator.add(R.H.mul(R).scale(eps * eps) as LinearOperator<M, M>);
  if (damp > 0) operator = operator.add(operator.pow(0).scale(damp * damp));
  const weighted = weight?.matvec(y);
  const rhs = A.rmatvec(weighted ?? y);
  weighted?.dispose();
  for (const { R, eps, data } of terms) if (data) R.rmatvecAdd(data, rhs, eps * eps);
  try {
    return cg(operator, rhs, solver);
  } finally {
    rhs.dispose();
  }
}

/**
 * Minimises `‖W^½ (y − A x)‖² + Σ εᵢ² ‖dᵢ − Rᵢ x‖²` (and `damp²‖x‖²`) by {@link cgls} on the
 * stacked system `[W^½A; ε₁R₁; …] x = [W^½y; ε₁d₁; …]`.
 *
 * An iteration costs one forward and one adjoint of every operator, and two reductions. Its cost
 * value is the norm of the stacked residual.
 *
 * @throws {@link ArgumentError} if a weight is negative, or the vectors cannot be stacked. Also the
 *   errors of {@link cgls}.
 */
export function regularizedInversion<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options: RegularizedInversionOptions<M, D> = {},
): CglsResult<M> {
  checkOptionsObject('regularizedInversion', options);
  const { regularizations = [], weight, ...solver } = options;
  checkProblem('regularizedInversion', A, y, weight);
  const penalties = checkedTerms('regularizedInversion', regularizations);
  const first = { R: weight ? weight.mul(A) : A, eps: 1, data: weight ? weight.matvec(y) : y };
  const terms = [first, ...penalties] as typeof penalties;
  const model = A.domainOf(y.space);
  const data = terms.map(({ R, eps, data: d }) => {
    const space: Space<AnyVector> = R.rangeOf(model);
    const block = space.zeros();
    return d ? block.axpby(eps, viewAs(d, space), 0) : block;
  });
  const operators = terms.map(({ R, eps }) => (eps === 1 ? R : R.scale(eps)));
  try {
    const [stack, whole] = stacked(operators, data);
    return cgls(stack as LinearOperator<M, AnyVector>, whole, solver);
  } finally {
    for (const block of data) block.dispose();
    if (weight) first.data.dispose();
  }
}

// biome-ignore lint/suspicious/noExplicitAny: operators of any vector kinds
type Operators = readonly LinearOperator<any, any>[];

/**
 * The vertical stack of the operators, and that of their data.
 *
 * @throws {@link ArgumentError} unless all data are local, or all are distributed.
 */
function stacked(operators: Operators, data: readonly AnyVector[]): [Operators[number], AnyVector] {
  const local = data.filter((d): d is NDArray => d instanceof NDArray);
  if (local.length === data.length)
    return [new VStack(operators), concatenate(local.map((d) => d.reshape([d.size])))];
  const distributed = data.filter(
    (d): d is DistributedArray | StackedDistributedArray =>
      d instanceof DistributedArray || d instanceof StackedDistributedArray,
  );
  if (distributed.length !== data.length)
    throw new ArgumentError(
      'regularizedInversion: expected data and regularizations that are all local, or all distributed',
    );
  return [new MPIStackedVStack(operators), new StackedDistributedArray(distributed)];
}

/**
 * Minimises `‖y − A P z‖²` (and `damp²‖z‖²`) by {@link cgls}, and returns `x = P z` and z. P is a
 * preconditioner which maps z to the model. A start `x0` is a start of z.
 *
 * An iteration costs that of {@link cgls} for A P.
 *
 * @throws {@link ArgumentError} if the arguments are in another order. Also the errors of
 *   {@link cgls}.
 */
export function preconditionedInversion<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  P: LinearOperator<M, M>,
  options: CglsOptions<M> = {},
): CglsResult<M> & { readonly z: M } {
  const name = 'preconditionedInversion(A, y, P, options)';
  checkOperator(name, A);
  checkVector(name, 'y', y);
  checkOperator(name, P);
  const result = cgls(A.mul(P), y, options);
  return { ...result, x: P.matvec(result.x), z: result.x };
}
