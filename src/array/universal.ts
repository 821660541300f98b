import { binary, unary } from '../core/array/elementwise.js';
import type { NDArray } from '../core/array/ndarray.js';
import { onAllParts } from '../core/distributed/align.js';
import type { BinaryOp, UnaryOp } from '../core/ports/backend.js';
import { type ArrayLike, type ArrayOf, elementwise, type UniversalOptions } from './operands.js';

/** A function of one array, element by element. */
export type UnaryFunction = <X extends ArrayLike>(x: X, options?: UniversalOptions) => ArrayOf<X>;

/** A function of two arrays, element by element. Shapes broadcast. */
export type BinaryFunction = <X extends ArrayLike, Y extends ArrayLike>(
  x: X,
  y: Y,
  options?: UniversalOptions,
) => ArrayOf<X | Y>;

/** The universal function that a kernel computes. */
export const unaryFunction = (op: UnaryOp): UnaryFunction =>
  (<X extends ArrayLike>(x: X, options?: UniversalOptions) =>
    elementwise(op, [x], options, (_, part) => unary(op, part as NDArray))) as UnaryFunction;

/** The universal function of two operands that a kernel computes. */
export const binaryFunction = (op: BinaryOp): BinaryFunction =>
  (<X extends ArrayLike, Y extends ArrayLike>(x: X, y: Y, options?: UniversalOptions) =>
    elementwise(op, [x, y], options, (comm, a, b) =>
      onAllParts(comm, op, [a, b], () => binary(op, a, b)),
    )) as BinaryFunction;
