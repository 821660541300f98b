import { isScalar, re, type Scalar } from '../base/complex.js';
import { isComplex, promote } from '../base/dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../base/errors.js';
import { textOf } from '../base/text-of.js';
import type { Elements, InnerProduct } from '../ports/backend.js';
import { checkStorable } from '../ports/kernel-dtypes.js';
import { checkKernel, checkSameMemory, checkSameSpace, type Space } from '../vector/vector.js';
import { aside } from './elementwise.js';
import type { NDArray } from './ndarray.js';
import { ShapingMethods } from './ndarray-shaping.js';

/**
 * What solvers use of an {@link NDArray}: the changes in place of the `Vector` interface, which do
 * not broadcast.
 */
export abstract class VectorMethods extends ShapingMethods {
  /** `this ← x`, of the same shape. Throws {@link DTypeError} where the dtype of x does not fit. */
  assign<T extends NDArray>(this: T, x: NDArray): T {
    checkSameSpace(this, x);
    if (promote(x.dtype, this.dtype) !== this.dtype) {
      throw new DTypeError(
        `assign: ${x.dtype} does not fit into ${this.dtype}: cast with astype('${this.dtype}')`,
      );
    }
    if (this.size === 0) return this;
    const borrowed: NDArray[] = [];
    if (x.dtype !== this.dtype) this.backend.cast(x, this);
    else if (x.storage !== this.storage || x.offset !== this.offset)
      this.backend.copy(aside(x, this, borrowed), this);
    for (const b of borrowed) b.dispose();
    return this;
  }
  /**
   * The same elements in another shape. Throws {@link ShapeError} for another size, dtype or
   * backend.
   */
  viewIn(this: NDArray, space: Space<NDArray>): NDArray {
    checkSameMemory(this.space, space);
    return this.view(0, space.shape);
  }
  aliasIn(this: NDArray, space: Space<NDArray>): NDArray {
    checkSameMemory(this.space, space);
    return this.alias(0, space.shape);
  }
  /** `target ← this`, of another shape. */
  redistributeInto(this: NDArray, target: NDArray): void {
    checkSameMemory(this.space, target.space);
    target.assign(this.alias(0, target.shape));
  }
  /** `this ← value` */
  fill<T extends NDArray>(this: T, value: Scalar): T {
    const fitting = this.checkFits(value);
    if (this.size > 0) this.backend.fill(this, fitting);
    return this;
  }
  /** `this ← a·x + b·this`; with b = 0 the old values are not read. */
  axpby<T extends NDArray>(this: T, a: Scalar, x: NDArray, b: Scalar): T {
    checkSameSpace(this, x);
    const [p, q] = [this.checkFits(a), this.checkFits(b)];
    const borrowed: NDArray[] = [];
    let from = x;
    if (x.dtype !== this.dtype) {
      if (promote(x.dtype, this.dtype) !== this.dtype)
        throw new DTypeError(
          `axpby: ${x.dtype} does not fit into ${this.dtype}: cast with astype('${this.dtype}')`,
        );
      from = x.astype(this.dtype);
      borrowed.push(from);
    }
    if (this.size > 0) this.backend.linearCombination([p, q], [aside(from, this, borrowed), this], this);
    for (const y of borrowed) y.dispose();
    return this;
  }
  /** `this ← a·this` */
  scale<T extends NDArray>(this: T, a: Scalar): T {
    const fitting = this.checkFits(a);
    if (this.size > 0) this.backend.linearCombination([fitting], [this], this);
    return this;
  }
  /** @internal The scalar as this dtype takes it. Throws {@link DTypeError} where something would be lost. */
  checkFits(this: NDArray, a: Scalar): Scalar {
    if (!isScalar(a)) throw new ArgumentError(`expected a number or { re, im }, received ${textOf(a)}`);
    if (isComplex(this.dtype)) return a;
    checkStorable(a, this.dtype);
    return re(a);
  }
  /** Applies `kernel` to the elements of this array and of `target` (this one where absent). */
  map(this: NDArray, kernel: (x: Elements, y: Elements) => void, target?: NDArray): NDArray {
    checkKernel(kernel);
    if (target !== undefined) checkSameSpace(this, target);
    const y = target ?? this;
    void y.storage;
    if (this.size > 0) kernel(this, y);
    return y;
  }
  /** The k-th smallest modulus, k from 0. */
  kthSmallestAbs(this: NDArray, k: number): number {
    if (!Number.isInteger(k) || k < 0 || k >= this.size)
      throw new ArgumentError(`expected k between 0 and ${this.size - 1}, received ${textOf(k)}`);
    const moduli = this.abs();
    const value = this.backend.kthSmallest(moduli, k);
    moduli.dispose();
    return value;
  }
  /** Sets one element by its flat index (C order). */
  setAt<T extends NDArray>(this: T, index: number, value: Scalar): T {
    if (!Number.isInteger(index) || index < 0 || index >= this.size)
      throw new ShapeError(`expected an index between 0 and ${this.size - 1}, received ${textOf(index)}`);
    this.backend.fill({ storage: this.storage, offset: this.offset + index, size: 1 }, this.checkFits(value));
    return this;
  }
  /** The runs whose inner product is that of the arrays: one, or none for arrays of nothing. */
  innerProducts(this: NDArray, y: NDArray, conjugate: boolean, into: InnerProduct[]): void {
    if (this.size === 0) return;
    const dtype = promote(this.dtype, y.dtype);
    into.push({
      x: this.dtype === dtype ? this : this.astype(dtype),
      y: y.dtype === dtype ? y : y.astype(dtype),
      conjugate,
    });
  }
}
