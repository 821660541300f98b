import { type DType, isComplex, isFloat, isSamePrecision } from '../../core/base/dtype.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../../core/base/errors.js';
import { textOf } from '../../core/base/text-of.js';
import type { Elements } from '../../core/ports/backend.js';
import type { Communicator } from '../../core/ports/communicator.js';
import { type AnyVector, checkVector, inSpace, sameMemory, viewAs } from '../../core/vector/vector.js';
import { withWorkspace } from '../../core/vector/workspace.js';
import { isSplit, onAll } from '../../optimization/solver-state.js';

/** Throws {@link ArgumentError} unless a number is finite and above 0. */
export function checkPositive(owner: string, name: string, value: number): number {
  if (!(typeof value === 'number' && Number.isFinite(value) && value > 0))
    throw new ArgumentError(
      `${owner}: expected ${name} to be a finite number above 0, received ${textOf(value)}`,
    );
  return value;
}

/**
 * True if a vector of `dtype` fits one of dtype `into`. Integers fit any dtype. Real numbers fit
 * complex ones. Precisions must be the same.
 */
const fitsInto = (dtype: DType, into: DType): boolean =>
  !isFloat(dtype) || (isSamePrecision(dtype, into) && (isComplex(into) || !isComplex(dtype)));

/**
 * Returns v, a vector that belongs to a function, as a vector of the space of x, except for its
 * dtype.
 *
 * @throws {@link ShapeError}, {@link DTypeError} if it does not fit.
 */
export function fitting(owner: string, name: string, v: AnyVector, x: AnyVector): AnyVector {
  if (!sameMemory(v.space, x.space))
    throw new ShapeError(`${owner}: expected ${name} ${inSpace(x.space, v.space)}`);
  if (!fitsInto(v.dtype, x.dtype))
    throw new DTypeError(
      `${owner}: expected ${name} of dtype ${x.dtype}, received ${v.dtype}: cast it with astype`,
    );
  return viewAs(v, x.space);
}

/** Throws {@link ArgumentError} unless a parameter is a vector of real floats. */
export function checkRealVector(owner: string, name: string, v: AnyVector): void {
  checkVector(owner, name, v);
  if (!isFloat(v.dtype) || isComplex(v.dtype))
    throw new ArgumentError(
      `${owner}: expected ${name} of a real float dtype, received ${v.dtype}: cast it with astype`,
    );
}

/**
 * Throws {@link ArgumentError} on all ranks unless `holds` is true on all, also with a mask. `what`
 * says what was expected of the elements.
 */
export function checkOnAll(owner: string, name: string, v: AnyVector, holds: boolean, what: string): void {
  const comm = 'comm' in v ? (v.comm as Communicator) : undefined;
  if (!onAll({ A: { comm }, x: v }, holds))
    throw new ArgumentError(
      `${owner}: expected the elements of ${name} to be ${what}, received others in ${v.space}`,
    );
}

/**
 * Throws {@link ArgumentError} unless weights are a finite number above 0, or a real vector of
 * finite numbers of at least 0. The check of a vector costs two reductions.
 */
export function checkWeights<V extends AnyVector>(owner: string, name: string, weights: number | V): void {
  if (typeof weights === 'number') {
    checkPositive(owner, name, weights);
    return;
  }
  checkRealVector(owner, name, weights);
  const finite = Number.isFinite(weights.norm(Number.POSITIVE_INFINITY));
  const holds = withWorkspace(weights.space, (work: AnyVector) => {
    weights.map((a: Elements, b: Elements) => work.backend.binary('minimum', a, 0, b), work);
    return work.norm(Number.POSITIVE_INFINITY) === 0 && finite;
  });
  checkOnAll(owner, name, weights, holds, 'finite numbers of at least 0');
}

/**
 * Throws {@link PartitionError} if a mask splits the ranks of an operator. The colours could need
 * different numbers of its applications.
 */
export function refuseMask(name: string, comm: Communicator | undefined, x: AnyVector): void {
  if (isSplit({ A: { comm }, x }))
    throw new PartitionError(
      `${name}: expected vectors without a mask where an operator runs on all ranks, received ${x.space}`,
    );
}
