import type { Scalar } from '../base/complex.js';
import { textOnly } from '../base/conversion.js';
import type { DType } from '../base/dtype.js';
import { ArgumentError } from '../base/errors.js';
import { textOf } from '../base/text-of.js';
import type { Backend } from '../ports/backend.js';
import type { Communicator } from '../ports/communicator.js';
import { dot, rdots, vdots } from './inner-products.js';
import { distributedNorm, distributedSelection } from './norm.js';
import type { NormOrder, Space, Vector } from './vector.js';

/** The space of a vector that is distributed over ranks. */
export interface SpreadSpace<V> extends Space<V> {
  readonly comm: Communicator;
  /**
   * The communicator over which inner products are summed: all ranks, or those of this rank's
   * colour.
   */
  readonly reducer: Communicator;
}

/**
 * The base class of distributed arrays and stacks of them: the properties of their spaces, and
 * reductions.
 */
export abstract class DistributedVector<V extends Vector<V>> {
  abstract readonly space: SpreadSpace<V>;

  get dtype(): DType {
    return this.space.dtype;
  }
  get backend(): Backend {
    return this.space.backend;
  }
  get comm(): Communicator {
    return this.space.comm;
  }
  get reducer(): Communicator {
    return this.space.reducer;
  }
  /** The number of elements of all ranks. */
  get size(): number {
    return this.space.size;
  }

  emptyLike(): V {
    return this.space.empty();
  }
  zerosLike(): V {
    return this.space.zeros();
  }

  /** `Σ x·y`, without conjugation. One reduction, as for the other inner products. */
  dot(this: V, y: V): Scalar {
    return dot<V>(this, y);
  }
  /** `Σ conj(x)·y` */
  vdot(this: V, y: V): Scalar {
    return vdots([this, y])[0] as Scalar;
  }
  /** `Re Σ conj(x)·y` */
  rdot(this: V, y: V): number {
    return rdots([this, y])[0] as number;
  }
  /** The norm of all elements, of any order. One reduction. */
  norm(this: V & DistributedVector<V>, order?: NormOrder): number {
    return distributedNorm(this, this.reducer, order);
  }
  /**
   * The k-th smallest modulus, for k from 0 to `space.reducedSize − 1`. It is taken over all ranks;
   * with a mask, over those of this rank's colour.
   */
  kthSmallestAbs(this: V & DistributedVector<V>, k: number): number {
    return distributedSelection(this, this.reducer, k);
  }

  /** Throws {@link ArgumentError} unless `index` is an index of the flat vector. */
  protected checkFlatIndex(index: number): void {
    if (!(Number.isSafeInteger(index) && index >= 0 && index < this.size))
      throw new ArgumentError(`expected an index below ${this.size}, received ${textOf(index)}`);
  }

  abstract toString(): string;
  /** Converts to text only. Arithmetic has methods. */
  [Symbol.toPrimitive](hint: string): string {
    return textOnly(
      this,
      hint,
      'a distributed array',
      'write x.multiply(y) for x * y, x.add(y) for x + y, fuse() for functions of elements, x.get(…) ' +
        'for one element',
    );
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `${this}`;
  }
  /**
   * Rows are on several ranks, so that a loop over them would have to communicate.
   * @throws {@link ArgumentError} always
   */
  [Symbol.iterator](): never {
    throw new ArgumentError(
      'a distributed array is not iterated: iterate x.local, the part of this rank, or x.asArray(), which ' +
        'all ranks must call',
    );
  }
  /** The text of `toString()`, for JSON.stringify. Values would have to be sent. */
  toJSON(): string {
    return `${this}`;
  }
}
