import { type NDArray, NDArraySpace } from '../../core/array/ndarray.js';
import { type DType, promote } from '../../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../../core/base/errors.js';
import { isListOf } from '../../core/base/options.js';
import { formatShape, product, type Shape, sameShape } from '../../core/base/shape.js';
import { LinearOperator } from '../../core/operator/linear-operator.js';
import type { Backend } from '../../core/ports/backend.js';
import type { Space } from '../../core/vector/vector.js';
import { withWorkspace } from '../../core/vector/workspace.js';
import type { AnyLocalOperator } from '../local-operator.js';

/**
 * Checks that `ops` is a non-empty list of operators.
 *
 * @throws {@link ArgumentError} if it is not
 */
export function checkOperators(owner: string, ops: readonly AnyLocalOperator[]): void {
  if (!isListOf(ops, (op) => op instanceof LinearOperator) || ops.length === 0) {
    throw new ArgumentError(`${owner}: expected a list of at least one operator`);
  }
}

/** True if all shapes are the same. */
export const alike = (shapes: readonly Shape[]): boolean =>
  shapes.every((s) => sameShape(s, shapes[0] as Shape));

/**
 * The shape of vectors that all operators share: the shape of the operators if they agree,
 * otherwise flat.
 *
 * @throws {@link ShapeError} if sizes differ
 */
export function sharedShape(owner: string, what: string, shapes: readonly Shape[]): Shape {
  const first = shapes[0] as Shape;
  const size = product(first);
  const other = shapes.find((s) => product(s) !== size);
  if (other)
    throw new ShapeError(
      `${owner}: expected operators of as many ${what}, received ${formatShape(first)} and ` +
        `${formatShape(other)}`,
    );
  return alike(shapes) ? first : [size];
}

/**
 * The shape of a vector of parts one after another: `[count, …]` if they have one shape, otherwise
 * flat.
 */
export function listedShape(shapes: readonly Shape[]): Shape {
  return alike(shapes)
    ? [shapes.length, ...(shapes[0] as Shape)]
    : [shapes.reduce((sum, s) => sum + product(s), 0)];
}

/** The offset of each operator's part in a flat vector. The last entry is the whole length. */
function offsetsOf(sizes: readonly number[]): number[] {
  const offsets = [0];
  for (const n of sizes) offsets.push((offsets.at(-1) as number) + n);
  return offsets;
}

/** One operator of a stack in one direction. */
export interface Step {
  /** Fills its second argument from the first. */
  readonly run: (x: NDArray, y: NDArray) => void;
  readonly image: (x: Space<NDArray>) => Space<NDArray>;
  /** Returns the images of the columns of a matrix. */
  readonly columns: (X: NDArray) => NDArray;
  /** The natural shapes of input and output. */
  readonly from: Shape;
  readonly to: Shape;
  /** The offsets of its part in flat vectors of all parts. */
  readonly fromAt: number;
  readonly toAt: number;
}

export function stepsOf(ops: readonly AnyLocalOperator[]): { forward: Step[]; adjoint: Step[] } {
  const columns = offsetsOf(ops.map((op) => product(op.dims)));
  const rows = offsetsOf(ops.map((op) => product(op.dimsd)));
  const places = ops.map((op, k) => ({ op, column: columns[k] as number, row: rows[k] as number }));
  return {
    forward: places.map(({ op, column, row }) => ({
      run: (x, y) => void op.matvec(x, y),
      image: (x) => op.rangeOf(x),
      columns: (X) => op.matmat(X),
      from: op.dims,
      to: op.dimsd,
      fromAt: column,
      toAt: row,
    })),
    adjoint: places.map(({ op, column, row }) => ({
      run: (y, x) => void op.rmatvec(y, x),
      image: (y) => op.domainOf(y),
      columns: (Y) => op.rmatmat(Y),
      from: op.dimsd,
      to: op.dims,
      fromAt: row,
      toAt: column,
    })),
  };
}

/** A step on k vectors, which are the columns of a matrix. */
export function ofColumns(step: Step, k: number): Step {
  const [from, to] = [product(step.from), product(step.to)];
  return {
    ...step,
    run: (X, Y) => void Y.assign(step.columns(X).reshape([to, k])),
    image: ({ dtype, backend }) =>
      NDArraySpace.of([to, k], step.image(NDArraySpace.of(from, dtype, backend)).dtype, backend),
    from: [from, k],
    to: [to, k],
    fromAt: step.fromAt * k,
    toAt: step.toAt * k,
  };
}

/** How the steps of a stack combine. */
export type Way = (steps: readonly Step[], x: NDArray, y: NDArray) => void;

/** Every step reads all of x and fills its part of y. */
export function spread(steps: readonly Step[], x: NDArray, y: NDArray): void {
  for (const step of steps) {
    // natural to natural shape, flat to flat
    withPart(y, step.toAt, sameShape(x.shape, step.from) ? step.to : [product(step.to)], (part) => {
      fill(step, x, part);
    });
  }
}

/** Every step reads its part of x. y is the sum of the results. */
export function collect(steps: readonly Step[], x: NDArray, y: NDArray): void {
  steps.forEach((step, k) => {
    withPart(x, step.fromAt, sameShape(y.shape, step.to) ? step.from : [product(step.from)], (part) => {
      if (k === 0) fill(step, part, y);
      else {
        withWorkspace(step.image(part.space), (work) => {
          step.run(part, work);
          y.axpby(1, work, 1);
        });
      }
    });
  });
}

/** Every step reads its part of x and fills its part of y. */
export function pair(steps: readonly Step[], x: NDArray, y: NDArray): void {
  for (const step of steps) {
    withPart(x, step.fromAt, step.from, (from) => {
      withPart(y, step.toAt, step.to, (to) => {
        fill(step, from, to);
      });
    });
  }
}

/**
 * Runs a step into y. Uses a work array if the results of this step are real and those of other
 * steps complex.
 */
function fill(step: Step, x: NDArray, y: NDArray): void {
  const image = step.image(x.space);
  if (image.dtype === y.dtype) return step.run(x, y);
  withWorkspace(image, (work) => {
    step.run(x, work);
    y.assign(work);
  });
}

/** The dtype of the results of all steps on vectors of `dtype`. */
export const resultDType = (steps: readonly Step[], dtype: DType, backend: Backend): DType =>
  steps
    .map(({ image, from }) => image(NDArraySpace.of(from, dtype, backend)).dtype)
    .reduce((a, b) => promote(a, b));

/** Calls `body` with a view of one operator's part of a flat vector. */
function withPart(x: NDArray, start: number, shape: Shape, body: (part: NDArray) => void): void {
  const view = x.view(start, shape);
  try {
    body(view);
  } finally {
    view.dispose();
  }
}
