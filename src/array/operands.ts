import { asDType, castTo } from '../core/array/casting.js';
import { where } from '../core/array/elementwise.js';
import type { Nested } from '../core/array/host-values.js';
import { NDArray } from '../core/array/ndarray.js';
import { checkHolds } from '../core/array/vector-methods.js';
import { isScalar, type Scalar } from '../core/base/complex.js';
import { complexOf, type DType, FLAG_DTYPE, INDEX_DTYPE, isFloat, promote } from '../core/base/dtype.js';
import { ArgumentError } from '../core/base/errors.js';
import { type Defaults, withDefaults } from '../core/base/options.js';
import { tidy } from '../core/base/scope.js';
import { sameShape } from '../core/base/shape.js';
import { textOf } from '../core/base/text-of.js';
import {
  align,
  checkArrayOrScalar,
  type EitherArray,
  isArrayOfEitherKind,
  isDistributed,
  ownPart,
} from '../core/distributed/align.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import type { Backend } from '../core/ports/backend.js';
import type { Communicator } from '../core/ports/communicator.js';
import { resolveBackend } from '../core/ports/defaults.js';

/** What the functions of `lops-mpi/array` take as an array: an array, a number, or nested lists. */
export type ArrayLike = EitherArray | Scalar | Nested;

/** The kind of the result: distributed if an operand is. */
export type ArrayOf<X> = Extract<X, DistributedArray> extends never ? NDArray : DistributedArray;

/** Options of universal functions, as NumPy has them. */
export interface UniversalOptions {
  /**
   * The array that takes the result and is returned. Its dtype must hold that of the result.
   * @default a new array
   */
  readonly out?: EitherArray | undefined;
  /**
   * Only where this is true, the result is computed. Elsewhere `out` keeps its values; without
   * `out`, they are 0.
   * @default everywhere
   */
  readonly where?: EitherArray | undefined;
  /** The dtype in which the function is computed. @default that of the operands */
  readonly dtype?: DType | undefined;
}
const DEFAULTS = {
  out: undefined,
  where: undefined,
  dtype: undefined,
} satisfies Defaults<UniversalOptions>;

/**
 * The operands as arrays and numbers. Lists become arrays on the backend of the first array, with
 * its dtype if it is a float, or the complex one of its precision. If there is no array, the first
 * operand becomes one.
 */
export function arraysOf(name: string, operands: readonly ArrayLike[]): (EitherArray | Scalar)[] {
  const like = operands.find(isArrayOfEitherKind);
  const backend = resolveBackend(like?.space.backend);
  const real = like && isFloat(like.dtype) ? like.dtype : undefined;
  const options = { backend, dtype: real };
  return operands.map((x, k) => {
    if (isList(x))
      return NDArray.array(x, { backend, dtype: real && hasComplex(x) ? complexOf(real) : real });
    if (typeof x === 'boolean') return NDArray.array(x, { backend });
    checkArrayOrScalar(name, x);
    return like === undefined && k === 0 && isScalar(x) ? NDArray.full([], x, options) : x;
  });
}
const isList = (x: unknown): x is Exclude<Nested, number | boolean> => Array.isArray(x);
const hasComplex = (x: unknown): boolean =>
  Array.isArray(x) ? x.some(hasComplex) : typeof x === 'object' && x !== null;

/** An operand as an array: numbers and lists become arrays of one rank. */
export const arrayOf = (name: string, x: ArrayLike): EitherArray => arraysOf(name, [x])[0] as EitherArray;

/**
 * A value for elements of x, as an array or a number of the backend of x. Lists get the dtype of x.
 * @throws {@link DTypeError} if the dtype of x does not hold it
 */
export function valueFor(name: string, x: EitherArray, value: ArrayLike): EitherArray | Scalar {
  const local = ownPart(x);
  const { dtype, backend } = local;
  const array = isList(value) ? NDArray.array(value, { dtype, backend }) : value;
  const [, given] = arraysOf(name, [x, array]) as [EitherArray, EitherArray | Scalar];
  if (isScalar(given)) return local.checkFits(given);
  checkHolds(name, local, ownPart(given));
  return given;
}

/** The array of the results of `compute` for the parts on each rank. Nothing is sent. */
export const onParts = (x: EitherArray, compute: (part: NDArray) => NDArray): EitherArray =>
  isDistributed(x) ? x.space.wrap(compute(x.local)) : compute(x);

/** As {@link arrayOf}, for whole numbers: numbers and lists of them become arrays of int32. */
export const integersOf = (name: string, x: ArrayLike, backend?: Backend): EitherArray =>
  isList(x) || isScalar(x)
    ? NDArray.array(x, { dtype: isFlag(x) ? FLAG_DTYPE : INDEX_DTYPE, backend })
    : arrayOf(name, x);
const isFlag = (x: unknown): boolean => (Array.isArray(x) ? isFlag(x[0]) : typeof x === 'boolean');

/** An operand in the dtype of the results of both. */
export function castAlike(x: NDArray, y: NDArray | Scalar): NDArray;
export function castAlike(x: NDArray | Scalar, y: NDArray | Scalar): NDArray | Scalar;
export function castAlike(x: NDArray | Scalar, y: NDArray | Scalar): NDArray | Scalar {
  return isScalar(x) || isScalar(y) ? x : asDType(x, promote(x.dtype, y.dtype));
}

/** `values` where the condition is true, elsewhere those of `target`, or 0. */
const selected = (condition: NDArray, values: NDArray, target: NDArray | undefined): NDArray =>
  where(condition, values, target ?? 0);

/**
 * Computes an elementwise function of operands of either kind, with the options of universal
 * functions. Never communicates.
 * @param compute the function of the parts on this rank, and of the communicator of the result if
 *   it is distributed
 */
export function elementwise(
  name: string,
  operands: readonly ArrayLike[],
  options: UniversalOptions | undefined,
  compute: (comm: Communicator | undefined, ...parts: (NDArray | Scalar)[]) => NDArray,
): EitherArray {
  const { out, where: mask, dtype } = withDefaults(name, options, DEFAULTS);
  return tidy(() => {
    const arrays = arraysOf(name, operands);
    const cast = arrays.map((x) => castTo(name, x, dtype));
    const extra = [mask, out].filter((x) => x !== undefined);
    for (const x of extra) checkWhole(name, x);
    const { space, locals } = align(name, [...cast, ...extra]);
    const values = compute(space?.comm, ...locals.slice(0, cast.length));
    const target = out && (locals.at(-1) as NDArray);
    const result = mask ? selected(locals[cast.length] as NDArray, values, target) : values;
    if (!target) return space ? space.wrap(result) : result;
    target.assign(sameShape(target.shape, result.shape) ? result : result.broadcastTo(target.shape));
    return out;
  });
}

function checkWhole(name: string, x: unknown): void {
  checkArrayOrScalar(name, x);
  if (isScalar(x))
    throw new ArgumentError(`${name}: expected arrays as out and where, received ${textOf(x)}`);
}
