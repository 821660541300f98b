import { binary, unary } from '../../core/array/elementwise.js';
import type { NDArray } from '../../core/array/ndarray.js';
import { isScalar, type Scalar } from '../../core/base/complex.js';
import type { DType } from '../../core/base/dtype.js';
import { withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { type EitherArray, isDistributed, onAllParts } from '../../core/distributed/align.js';
import { onAllRanks } from '../../core/ports/agreement.js';
import type { BinaryOp, UnaryOp } from '../../core/ports/backend.js';
import type { Communicator } from '../../core/ports/communicator.js';
import { assignItems } from '../assigning.js';
import {
  ACCUMULATE_DEFAULTS,
  type AccumulateOptions,
  accumulateBy,
  axesOf,
  FOLD_DEFAULTS,
  type FoldOptions,
  reduceBy,
  withoutAxes,
} from '../folding.js';
import type { IndexEntry } from '../index-entries.js';
import {
  type ArrayLike,
  type ArrayOf,
  arrayOf,
  arraysOf,
  elementwise,
  type UniversalOptions,
} from '../operands.js';
import { expandedDims } from '../shaping.js';

/** A function of one array, element by element. */
export type UnaryFunction = <X extends ArrayLike>(x: X, options?: UniversalOptions) => ArrayOf<X>;

/** A function of two arrays, element by element. Shapes broadcast. */
export interface BinaryFunction {
  <X extends ArrayLike, Y extends ArrayLike>(x: X, y: Y, options?: UniversalOptions): ArrayOf<X | Y>;
  /**
   * The function of all pairs of elements, of shape `[...x, ...y]`. Only one of them may be split
   * over ranks. Nothing is sent.
   */
  outer<X extends ArrayLike, Y extends ArrayLike>(x: X, y: Y, options?: UniversalOptions): ArrayOf<X | Y>;
  /**
   * `x[index] = f(x[index], value)` in place, as `setItem`, but positions that occur several times
   * are changed as often. Communication as that of `setItem`, and one exchange of objects.
   * @returns the array
   */
  at<X extends EitherArray>(x: X, index: readonly IndexEntry[], value: ArrayLike): X;
}

/** An associative function of two arrays: it also joins the elements of one. */
export interface AssociativeFunction extends BinaryFunction {
  /**
   * The elements along axes joined by the function; a number if no axis is left. The first axis
   * unless others are given. Sums, products and extremes cost as `sum`; others are joined in
   * halves, which costs messages between neighbours in each of ⌈log₂ n⌉ steps if the axis is split.
   */
  reduce(x: ArrayLike, options?: FoldOptions): EitherArray | Scalar;
  /**
   * For each element, those up to it joined by the function. Sums and products cost as `cumsum`;
   * others ⌈log₂ n⌉ steps with messages between neighbours if the axis is split.
   */
  accumulate<X extends ArrayLike>(x: X, options?: AccumulateOptions): ArrayOf<X>;
}

type LocalFunction = (x: NDArray | Scalar, y: NDArray | Scalar) => NDArray;

/** The universal function that computes `compute` of the parts on each rank. */
export const functionOfOne = (name: string, compute: (x: NDArray) => NDArray): UnaryFunction =>
  ((x: ArrayLike, options?: UniversalOptions) =>
    elementwise(name, [x], options, (_, part) => compute(part as NDArray))) as UnaryFunction;

function withMethods(
  name: string,
  compute: (comm: Communicator | undefined, x: NDArray | Scalar, y: NDArray | Scalar) => NDArray,
): BinaryFunction {
  const call = (x: ArrayLike, y: ArrayLike, options?: UniversalOptions): EitherArray =>
    elementwise(name, [x, y], options, compute);
  const outer = (x: ArrayLike, y: ArrayLike, options?: UniversalOptions): EitherArray =>
    tidy(() => {
      const [a, b] = arraysOf(`${name}.outer`, [x, y]) as [EitherArray, EitherArray | Scalar];
      if (isScalar(a) || isScalar(b)) return call(a, b, options);
      const { length } = a.space.shape;
      const added = b.space.shape.map((_, k) => length + k);
      return call(expandedDims(a, added), b, options);
    });
  const at = (x: EitherArray, index: readonly IndexEntry[], value: ArrayLike): EitherArray => {
    const assign = (): void =>
      assignItems(`${name}.at`, x, index, value, (part, values) => compute(undefined, part, values));
    // The function may fail because of a value on one rank
    if (isDistributed(x)) onAllRanks(x.comm, assign);
    else assign();
    return x;
  };
  return Object.assign(call, { outer, at }) as BinaryFunction;
}

/** As {@link functionOfOne}, of two operands: at least one part is an array. */
export const functionOfTwo = (name: string, compute: LocalFunction): BinaryFunction =>
  withMethods(name, (_, x, y) => compute(x, y));

/** The universal function that a kernel computes. */
export const unaryFunction = (op: UnaryOp): UnaryFunction => functionOfOne(op, (x) => unary(op, x));

/** The universal function of two operands that a kernel computes. */
export const binaryFunction = (op: BinaryOp): BinaryFunction =>
  withMethods(op, (comm, x, y) => onAllParts(comm, op, [x, y], () => binary(op, x, y)));

/** What an associative function needs beside the function itself. */
interface Joining extends Partial<Pick<AssociativeFunction, 'reduce' | 'accumulate'>> {
  /** What `reduce` gives for an axis without elements. @default an error */
  readonly identity?: (dtype: DType) => number;
  /** Gives an array the dtype of the results. */
  readonly prepare?: (x: EitherArray) => EitherArray;
}

/**
 * An associative function with the methods that join elements: `reduce` and `accumulate` where
 * there are kernels for them, otherwise by the function itself.
 */
export function associative(
  name: string,
  f: BinaryFunction,
  { prepare = (x) => x, identity, ...known }: Joining = {},
): AssociativeFunction {
  const join = f as (x: EitherArray, y: EitherArray) => EitherArray;
  const on = <R>(x: ArrayLike, fold: (x: EitherArray) => R): R => tidy(() => fold(prepare(arrayOf(name, x))));
  return Object.assign(f, {
    reduce: (x: ArrayLike, options?: FoldOptions) =>
      on(x, (from) => reduceBy(`${name}.reduce`, join, from, identity?.(from.dtype), options)),
    accumulate: (x: ArrayLike, options?: AccumulateOptions) =>
      on(x, (from) => accumulateBy(`${name}.accumulate`, join, from, options)),
    ...known,
  }) as AssociativeFunction;
}

/** `reduce` by a reduction, of which the first axis is the default. */
export const reduceAs =
  (name: string, reduction: Reduce): AssociativeFunction['reduce'] =>
  (x, options) => {
    const { axis, keepdims } = withDefaults(`${name}.reduce`, options, FOLD_DEFAULTS);
    return tidy(() => {
      const from = arrayOf(name, x);
      const y = reduction(from, { axis: axesOf(from, axis), keepdims });
      return keepdims ? y : withoutAxes(y);
    });
  };
type Reduce = (x: ArrayLike, options: FoldOptions) => EitherArray | Scalar;

/** `accumulate` by running results, of which the first axis is the default. */
export const accumulateAs = (name: string, running: Accumulate): AssociativeFunction['accumulate'] =>
  ((x: ArrayLike, options?: AccumulateOptions) => {
    const { axis } = withDefaults(`${name}.accumulate`, options, ACCUMULATE_DEFAULTS);
    return running(x, { axis });
  }) as AssociativeFunction['accumulate'];
type Accumulate = (x: ArrayLike, options: AccumulateOptions) => EitherArray;
