import { binary, unary } from '../../core/array/elementwise.js';
import type { NDArray } from '../../core/array/ndarray.js';
import type { Scalar } from '../../core/base/complex.js';
import { onAllParts } from '../../core/distributed/align.js';
import type { BinaryOp, UnaryOp } from '../../core/ports/backend.js';
import { type ArrayLike, type ArrayOf, elementwise, type UniversalOptions } from '../operands.js';

/** A function of one array, element by element. */
export type UnaryFunction = <X extends ArrayLike>(x: X, options?: UniversalOptions) => ArrayOf<X>;

/** A function of two arrays, element by element. Shapes broadcast. */
export type BinaryFunction = <X extends ArrayLike, Y extends ArrayLike>(
  x: X,
  y: Y,
  options?: UniversalOptions,
) => ArrayOf<X | Y>;

/** The universal function that computes `compute` of the parts on each rank. */
export const functionOfOne = (name: string, compute: (x: NDArray) => NDArray): UnaryFunction =>
  ((x: ArrayLike, options?: UniversalOptions) =>
    elementwise(name, [x], options, (_, part) => compute(part as NDArray))) as UnaryFunction;

/** As {@link functionOfOne}, of two operands: at least one part is an array. */
export const functionOfTwo = (
  name: string,
  compute: (x: NDArray | Scalar, y: NDArray | Scalar) => NDArray,
): BinaryFunction =>
  ((x: ArrayLike, y: ArrayLike, options?: UniversalOptions) =>
    elementwise(name, [x, y], options, (_, a, b) => compute(a, b))) as BinaryFunction;

/** The universal function that a kernel computes. */
export const unaryFunction = (op: UnaryOp): UnaryFunction => functionOfOne(op, (x) => unary(op, x));

/** The universal function of two operands that a kernel computes. */
export const binaryFunction = (op: BinaryOp): BinaryFunction =>
  ((x: ArrayLike, y: ArrayLike, options?: UniversalOptions) =>
    elementwise(op, [x, y], options, (comm, a, b) =>
      onAllParts(comm, op, [a, b], () => binary(op, a, b)),
    )) as BinaryFunction;
