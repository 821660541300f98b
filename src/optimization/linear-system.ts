import { promote } from '../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../core/base/errors.js';
import { textOf } from '../core/base/text-of.js';
import { assignFrom } from '../core/distributed/fill-into.js';
import { checkOperator, type LinearOperator } from '../core/operator/linear-operator.js';
import { checkSpace, checkVector, inSpace, type Space, type Vector } from '../core/vector/vector.js';

/**
 * The spaces in which `A x = y` is solved. They are complex if A, y or x0 is. Never communicates.
 *
 * @throws {@link ShapeError} if y or x0 does not fit. Errors of the operator propagate.
 */
export function solverSpaces<M extends Vector<M>, D extends Vector<D>>(
  name: string,
  A: LinearOperator<M, D>,
  y: D,
  x0: M | undefined,
): { readonly model: Space<M>; readonly data: Space<D> } {
  if (typeof name !== 'string') throw new ArgumentError(`expected a name, received ${textOf(name)}`);
  checkOperator(name, A);
  checkVector(name, 'y', y);
  if (x0 !== undefined) checkVector(name, 'x0', x0);
  const natural = A.domainOf(y.space);
  if (x0 && !natural.sameElements(x0.space))
    throw new ShapeError(`${name}: expected x0 ${inSpace(natural, x0.space)}`);
  const model = natural.withDType(x0 ? promote(natural.dtype, x0.dtype) : natural.dtype);
  const data = A.rangeOf(model);
  if (!data.sameElements(y.space)) throw new ShapeError(`${name}: expected y ${inSpace(data, y.space)}`);
  return { model, data };
}

/** A copy of x0 in `space`, redistributed if its layout differs. Zeros without x0. */
export function startVector<M extends Vector<M>>(space: Space<M>, x0: M | undefined): M {
  checkSpace('startVector', space);
  return x0 === undefined ? space.zeros() : copyInto(space, x0);
}

/** A copy of y in the dtype and shape in which a solver works. */
export function copyInto<V extends Vector<V>>(space: Space<V>, y: V): V {
  checkSpace('copyInto', space);
  checkVector('copyInto', 'y', y);
  return assignFrom(space.empty(), y);
}

/**
 * The space of a system `A x = y` with a square A.
 *
 * @param instead the solver that the message names for an A that is not square
 * @throws {@link ShapeError} if A is not square, or does not fit.
 */
export function squareSpace<V extends Vector<V>>(
  name: string,
  A: LinearOperator<V, V>,
  y: V,
  { x0, M }: { readonly x0?: V | undefined; readonly M?: LinearOperator<V, V> | undefined },
  instead: string,
): Space<V> {
  const { model, data } = solverSpaces(name, A, y, x0);
  if (!model.equals(data))
    throw new ShapeError(
      `${name}: expected an operator from a space to itself, received one from ${model} to ${data}: ` +
        `use ${instead}`,
    );
  checkPreconditioner(name, M, model);
  return model;
}

/** Throws {@link ShapeError} unless a preconditioner maps the space to itself. */
export function checkPreconditioner<V extends Vector<V>>(
  name: string,
  M: LinearOperator<V, V> | undefined,
  space: Space<V>,
): void {
  if (M === undefined) return;
  checkOperator(`${name}: M`, M);
  if (!M.rangeOf(space).equals(space))
    throw new ShapeError(
      `${name}: expected a preconditioner M from ${space} to itself, received one to ${M.rangeOf(space)}`,
    );
}
