import { binary, binaryInPlace, unary } from '../../array/elementwise.js';
import type { NDArray } from '../../array/ndarray.js';
import { isScalar, type Scalar } from '../../base/complex.js';
import { ShapeError } from '../../base/errors.js';
import { formatShape } from '../../base/shape.js';
import type { BinaryOp } from '../../ports/backend.js';
import { DistributedVector } from '../../vector/distributed-vector.js';
import { align, checkArrayOrScalar, type EitherArray, isDistributed, onAllParts } from '../align.js';
import type { DistributedArray } from '../distributed-array.js';
import type { DistributedSpace } from '../space.js';

/** The other operand of an elementwise method. */
export type DistributedOperand = EitherArray | Scalar;

/**
 * The elementwise methods of distributed arrays. Other operands are numbers, distributed arrays
 * that are split alike or replicated, and NDArrays that are the same on all ranks. Shapes
 * broadcast. Nothing is sent, but for the power of two integer arrays.
 */
export abstract class ElementwiseMethods extends DistributedVector<DistributedArray> {
  abstract override readonly space: DistributedSpace;
  /** This rank's part. */
  abstract readonly local: NDArray;
  /** The array of the same layout with another part, of any dtype. */
  protected abstract withPart(local: NDArray): DistributedArray;

  // Of two signatures, the last is the one from which TypeScript infers the kind of a vector.

  add(other: DistributedOperand): DistributedArray;
  add(other: DistributedArray): DistributedArray;
  add(other: DistributedOperand): DistributedArray {
    return this.#binary('add', other);
  }
  subtract(other: DistributedOperand): DistributedArray;
  subtract(other: DistributedArray): DistributedArray;
  subtract(other: DistributedOperand): DistributedArray {
    return this.#binary('subtract', other);
  }
  multiply(other: DistributedOperand): DistributedArray {
    return this.#binary('multiply', other);
  }
  divide(other: DistributedOperand): DistributedArray {
    return this.#binary('divide', other);
  }
  power(other: DistributedOperand): DistributedArray {
    return this.#binary('power', other);
  }
  maximum(other: DistributedOperand): DistributedArray {
    return this.#binary('maximum', other);
  }
  minimum(other: DistributedOperand): DistributedArray {
    return this.#binary('minimum', other);
  }
  arctan2(other: DistributedOperand): DistributedArray {
    return this.#binary('arctan2', other);
  }
  equal(other: DistributedOperand): DistributedArray {
    return this.#binary('equal', other);
  }
  notEqual(other: DistributedOperand): DistributedArray {
    return this.#binary('notEqual', other);
  }
  less(other: DistributedOperand): DistributedArray {
    return this.#binary('less', other);
  }
  lessEqual(other: DistributedOperand): DistributedArray {
    return this.#binary('lessEqual', other);
  }
  greater(other: DistributedOperand): DistributedArray {
    return this.#binary('greater', other);
  }
  greaterEqual(other: DistributedOperand): DistributedArray {
    return this.#binary('greaterEqual', other);
  }
  negative(): DistributedArray {
    return this.withPart(unary('negative', this.local));
  }
  abs(): DistributedArray {
    return this.withPart(unary('abs', this.local));
  }
  conj(): DistributedArray {
    return this.withPart(unary('conj', this.local));
  }
  real(): DistributedArray {
    return this.withPart(unary('real', this.local));
  }
  imag(): DistributedArray {
    return this.withPart(unary('imag', this.local));
  }
  exp(): DistributedArray {
    return this.withPart(unary('exp', this.local));
  }
  log(): DistributedArray {
    return this.withPart(unary('log', this.local));
  }
  sqrt(): DistributedArray {
    return this.withPart(unary('sqrt', this.local));
  }
  square(): DistributedArray {
    return this.withPart(unary('square', this.local));
  }
  reciprocal(): DistributedArray {
    return this.withPart(unary('reciprocal', this.local));
  }
  sign(): DistributedArray {
    return this.withPart(unary('sign', this.local));
  }
  sin(): DistributedArray {
    return this.withPart(unary('sin', this.local));
  }
  cos(): DistributedArray {
    return this.withPart(unary('cos', this.local));
  }
  tan(): DistributedArray {
    return this.withPart(unary('tan', this.local));
  }
  arctan(): DistributedArray {
    return this.withPart(unary('arctan', this.local));
  }
  tanh(): DistributedArray {
    return this.withPart(unary('tanh', this.local));
  }
  floor(): DistributedArray {
    return this.withPart(unary('floor', this.local));
  }
  ceil(): DistributedArray {
    return this.withPart(unary('ceil', this.local));
  }
  rint(): DistributedArray {
    return this.withPart(unary('rint', this.local));
  }
  isnan(): DistributedArray {
    return this.withPart(unary('isnan', this.local));
  }
  isfinite(): DistributedArray {
    return this.withPart(unary('isfinite', this.local));
  }
  /** `low` where it is less, `high` where it is more. Null is no bound. NaN stays NaN. */
  clip(low: DistributedOperand | null, high: DistributedOperand | null): DistributedArray {
    const above = low === null ? this.withPart(this.local.copy()) : this.maximum(low);
    if (high === null) return above;
    const within = above.minimum(high);
    above.dispose();
    return within;
  }

  // In place: the receiver keeps its shape, layout and dtype.

  addInPlace(other: DistributedOperand): this;
  addInPlace(other: DistributedArray): this;
  addInPlace(other: DistributedOperand): this {
    return this.#binaryInPlace('add', other);
  }
  subtractInPlace(other: DistributedOperand): this;
  subtractInPlace(other: DistributedArray): this;
  subtractInPlace(other: DistributedOperand): this {
    return this.#binaryInPlace('subtract', other);
  }
  multiplyInPlace(other: DistributedOperand): this {
    return this.#binaryInPlace('multiply', other);
  }
  divideInPlace(other: DistributedOperand): this {
    return this.#binaryInPlace('divide', other);
  }
  powerInPlace(other: DistributedOperand): this {
    return this.#binaryInPlace('power', other);
  }
  maximumInPlace(other: DistributedOperand): this {
    return this.#binaryInPlace('maximum', other);
  }
  minimumInPlace(other: DistributedOperand): this {
    return this.#binaryInPlace('minimum', other);
  }
  conjInPlace(): this {
    this.local.conjInPlace();
    return this;
  }

  #binary(op: BinaryOp, other: DistributedOperand): DistributedArray {
    if (isScalar(other)) return this.withPart(binary(op, this.local, other));
    const same = other?.space === this.space && isDistributed(other);
    if (same && op !== 'power') return this.withPart(binary(op, this.local, other.local));
    checkArrayOrScalar(op, other);
    const { space, locals } = align(op, [asArray(this), other]);
    const [x, y] = locals as readonly [NDArray, NDArray];
    const local = onAllParts(this.comm, op, locals, () => binary(op, x, y));
    return (space as DistributedSpace).wrap(local);
  }
  #binaryInPlace(op: BinaryOp, other: DistributedOperand): this {
    const isLocal = isScalar(other) || (other?.space === this.space && isDistributed(other));
    if (isLocal && op !== 'power') {
      binaryInPlace(op, this.local, isScalar(other) ? other : (other as DistributedArray).local);
      return this;
    }
    checkArrayOrScalar(op, other);
    const { space, locals } = align(op, [asArray(this), other]);
    if (!space?.layout.equals(this.space.layout))
      throw new ShapeError(
        `${op} in place: the result of shape ${formatShape(space?.shape ?? [])} does not fit into ` +
          formatShape(this.space.shape),
      );
    const part = locals[1] as NDArray | Scalar;
    onAllParts(this.comm, op, locals, () => binaryInPlace(op, this.local, part));
    return this;
  }
}

/** The only subclass. */
const asArray = (x: ElementwiseMethods): DistributedArray => x as DistributedArray;
