import { asDType } from '../array/casting.js';
import { NDArray } from '../array/ndarray.js';
import { isScalar, type Scalar } from '../base/complex.js';
import { type DType, hostArray, lanesOf, promote } from '../base/dtype.js';
import { ArgumentError, PartitionError, ShapeError } from '../base/errors.js';
import { checkList } from '../base/options.js';
import { checkSeed } from '../base/random.js';
import { PARTS } from '../base/scope.js';
import type { Shape } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import type { Backend, Elements, InnerProduct } from '../ports/backend.js';
import type { Communicator } from '../ports/communicator.js';
import { DistributedVector } from '../vector/distributed-vector.js';
import {
  type AnyVector,
  checkKernel,
  checkSameElements,
  checkSameMemory,
  checkVector,
  inSpace,
  type Space,
  type Vector,
} from '../vector/vector.js';
import type { DistributedArray } from './distributed-array.js';
import { assignFrom } from './fill-into.js';
import { DistributedSpace } from './space.js';

/** A distributed vector of either kind, which can be a block of a stack. */
export type AnyDistributedArray = DistributedArray | StackedDistributedArray;
/** The space of a distributed or a stacked array. */
export type AnyDistributedSpace = DistributedSpace | StackedSpace;

/** The space of stacked vectors: one space for each block. */
export class StackedSpace implements Space<StackedDistributedArray> {
  readonly children: readonly AnyDistributedSpace[];
  readonly dtype: DType;
  readonly backend: Backend;
  readonly comm: Communicator;
  readonly reducer: Communicator;
  readonly size: number;
  readonly shape: Shape;
  readonly #relatives: Map<DType, StackedSpace>;

  constructor(children: readonly AnyDistributedSpace[], relatives = new Map<DType, StackedSpace>()) {
    checkList('a stack', 'blocks', children);
    for (const child of children) {
      if (!(child instanceof DistributedSpace || child instanceof StackedSpace))
        throw new PartitionError(
          `expected spaces of distributed vectors to stack, received ${textOf(child)}`,
        );
    }
    const first = children[0];
    if (!first) throw new ShapeError('expected at least one block to stack, received none');
    for (const child of children) {
      if (child.comm.id !== first.comm.id || child.reducer.id !== first.reducer.id)
        throw new PartitionError('blocks of a stack need one communicator and one mask');
      if (child.backend !== first.backend)
        throw new PartitionError(
          `blocks of a stack need one backend, received '${first.backend.name}' and '${child.backend.name}'`,
        );
    }
    this.children = [...children];
    this.dtype = children.reduce<DType>((dtype, child) => promote(dtype, child.dtype), first.dtype);
    this.backend = first.backend;
    this.comm = first.comm;
    this.reducer = first.reducer;
    this.size = children.reduce((n, child) => n + child.size, 0);
    this.shape = [this.size];
    if (!(relatives instanceof Map))
      throw new ArgumentError(`StackedSpace: expected a map of spaces, received ${textOf(relatives)}`);
    this.#relatives = relatives;
    if (children.every((child) => child.dtype === this.dtype)) relatives.set(this.dtype, this);
  }

  /**
   * The stack of spaces of any kind.
   * @throws {@link PartitionError} unless all are spaces of distributed vectors
   */
  static of(spaces: readonly Space<unknown>[]): StackedSpace {
    return new StackedSpace(spaces as readonly AnyDistributedSpace[]);
  }

  get reducedSize(): number {
    return this.children.reduce((n, child) => n + child.reducedSize, 0);
  }
  zeros(): StackedDistributedArray {
    return new StackedDistributedArray(
      this.children.map((child) => child.zeros()),
      this,
    );
  }
  empty(): StackedDistributedArray {
    return new StackedDistributedArray(
      this.children.map((child) => child.empty()),
      this,
    );
  }
  /**
   * A stack of standard normal values. Without a seed, the communicator's next draws are the seeds.
   */
  random(seed?: number): StackedDistributedArray {
    if (seed !== undefined) checkSeed(seed);
    return new StackedDistributedArray(
      this.children.map((child, k) => child.random(seed === undefined ? undefined : seed * 1009 + k)),
      this,
    );
  }
  withDType(dtype: DType): StackedSpace {
    if (this.children.every((child) => child.dtype === dtype)) return this;
    return (
      this.#relatives.get(dtype) ??
      new StackedSpace(
        this.children.map((child) => child.withDType(dtype)),
        this.#relatives,
      )
    );
  }
  withBackend(backend: Backend): StackedSpace {
    return new StackedSpace(this.children.map((child) => child.withBackend(backend)));
  }
  flat(): StackedSpace {
    return new StackedSpace(this.children.map((child) => child.flat()));
  }
  equals(other: Space<unknown>): boolean {
    if (this === other) return true;
    return (
      other instanceof StackedSpace &&
      this.children.length === other.children.length &&
      this.children.every((child, k) => child.equals(other.children[k] as AnyDistributedSpace))
    );
  }
  sameElements(other: Space<unknown>): boolean {
    return (
      other instanceof StackedSpace &&
      this.children.length === other.children.length &&
      this.children.every((child, k) => child.sameElements(other.children[k] as AnyDistributedSpace))
    );
  }
  toString(): string {
    return `stack of (${this.children.join('; ')})`;
  }
}

/**
 * The spaces of distributed vectors.
 * @throws {@link ArgumentError} unless all are distributed vectors
 */
function spacesOf(arrays: readonly AnyDistributedArray[]): AnyDistributedSpace[] {
  checkList('a stack', 'distributed arrays', arrays);
  return arrays.map((a) => {
    if (!(a instanceof DistributedVector))
      throw new ArgumentError(
        `expected distributed arrays to stack, received ${textOf(a)}: DistributedArray.toDist ` +
          'distributes an NDArray',
      );
    return a.space;
  });
}

const constructedCount = { value: 0 };

/**
 * Distributed arrays, or stacks of them, as one vector. Stacked operators take and return such
 * vectors.
 */
export class StackedDistributedArray
  extends DistributedVector<StackedDistributedArray>
  implements Vector<StackedDistributedArray>
{
  readonly space: StackedSpace;
  readonly arrays: readonly AnyDistributedArray[];

  /**
   * Stacks the arrays without copying.
   * @throws {@link PartitionError} unless they share communicator, mask and backend
   */
  constructor(
    arrays: readonly AnyDistributedArray[],
    space: StackedSpace = new StackedSpace(spacesOf(arrays)),
  ) {
    super();
    checkList('StackedDistributedArray', 'distributed arrays', arrays);
    this.arrays = [...arrays];
    this.space = space;
    constructedCount.value++;
  }

  /**
   * The number of stacks constructed since the program began. Tests use it to check that a loop
   * constructs none.
   */
  static get constructions(): number {
    return constructedCount.value;
  }

  /** The number of blocks. */
  get length(): number {
    return this.arrays.length;
  }
  /**
   * Returns a block.
   * @throws {@link ShapeError} if there is no such block
   */
  block(k: number): AnyDistributedArray {
    const array = Number.isInteger(k) ? this.arrays.at(k) : undefined;
    if (!array)
      throw new ShapeError(`expected a block between 0 and ${this.length - 1}, received ${textOf(k)}`);
    return array;
  }

  copy(): StackedDistributedArray {
    return this.#map((a) => a.copy());
  }
  dispose(): void {
    for (const a of this.arrays) a.dispose();
  }
  [PARTS](): Iterable<AnyDistributedArray> {
    return this.arrays;
  }

  assign(x: StackedDistributedArray): this {
    return this.#each(x, (a, b) => a.assign(b));
  }
  fill(value: Scalar): this {
    for (const a of this.arrays) a.fill(value);
    return this;
  }
  axpby(a: Scalar, x: StackedDistributedArray, b: Scalar): this {
    return this.#each(x, (mine, other) => mine.axpby(a, other, b));
  }
  scale(a: Scalar): this {
    for (const mine of this.arrays) mine.scale(a);
    return this;
  }

  add(other: StackedDistributedArray): StackedDistributedArray {
    return this.#pairs(other, (a, b) => a.add(b));
  }
  subtract(other: StackedDistributedArray): StackedDistributedArray {
    return this.#pairs(other, (a, b) => a.subtract(b));
  }
  multiply(other: StackedDistributedArray | Scalar): StackedDistributedArray {
    return isScalar(other)
      ? this.#map((a) => a.multiply(other))
      : this.#pairs(other, (a, b) => a.multiply(b));
  }
  negative(): StackedDistributedArray {
    return this.#map((a) => a.negative());
  }
  conj(): StackedDistributedArray {
    return this.#map((a) => a.conj());
  }
  addInPlace(other: StackedDistributedArray): this {
    return this.#each(other, (a, b) => a.addInPlace(b));
  }
  subtractInPlace(other: StackedDistributedArray): this {
    return this.#each(other, (a, b) => a.subtractInPlace(b));
  }
  multiplyInPlace(other: StackedDistributedArray | Scalar): this {
    if (!isScalar(other)) return this.#each(other, (a, b) => a.multiplyInPlace(b));
    for (const a of this.arrays) a.multiplyInPlace(other);
    return this;
  }
  conjInPlace(): this {
    for (const a of this.arrays) a.conjInPlace();
    return this;
  }

  map(
    kernel: (x: Elements, y: Elements) => void,
    target: StackedDistributedArray = this,
  ): StackedDistributedArray {
    checkKernel(kernel);
    this.#each(target, (x, y) => x.map(kernel, y));
    return target;
  }

  innerProducts(y: StackedDistributedArray, conjugate: boolean, into: InnerProduct[]): void {
    this.#each(y, (a, b) => a.innerProducts(b, conjugate, into));
  }

  viewIn(space: StackedSpace): StackedDistributedArray {
    checkSameMemory(this.space, space);
    return new StackedDistributedArray(
      this.arrays.map((a, k) => (a as AnyVector).viewIn(space.children[k] as Space<unknown>)),
      space,
    );
  }

  aliasIn(space: StackedSpace): StackedDistributedArray {
    checkSameMemory(this.space, space);
    return new StackedDistributedArray(
      this.arrays.map((a, k) => (a as AnyVector).aliasIn(space.children[k] as Space<unknown>)),
      space,
    );
  }

  redistributeInto(target: StackedDistributedArray): void {
    checkVector('redistributeInto', 'target', target);
    checkSameElements(this.space, target.space);
    this.arrays.forEach((a: AnyVector, k) => {
      const to = target.arrays[k] as AnyVector;
      if (a.dtype === to.dtype) a.redistributeInto(to);
      else assignFrom(to, a);
    });
  }

  overlaps(other: AnyVector): boolean {
    return this.arrays.some((a) =>
      other instanceof StackedDistributedArray ? other.arrays.some((b) => a.overlaps(b)) : a.overlaps(other),
    );
  }

  setAt(index: number, value: Scalar): this {
    this.checkFlatIndex(index);
    let rest = index;
    for (const a of this.arrays) {
      if (rest < a.size) {
        a.setAt(rest, value);
        break;
      }
      rest -= a.size;
    }
    return this;
  }

  /** All blocks raveled, one after another, on every rank. Collective. */
  asArray(): NDArray {
    const values = hostArray(this.dtype, this.size);
    const lanes = lanesOf(this.dtype);
    let at = 0;
    for (const a of this.arrays) {
      const block = a.asArray();
      const whole = asDType(block, this.dtype);
      values.set(whole.toHost(), at * lanes);
      at += a.size;
      whole.dispose();
      block.dispose();
    }
    return NDArray.fromHost(values, [this.size], { dtype: this.dtype, backend: this.backend });
  }

  override toString(): string {
    return `<StackedDistributedArray of ${this.length} blocks: ${this.arrays.join(', ')}>`;
  }

  #map(f: (a: AnyDistributedArray) => AnyDistributedArray): StackedDistributedArray {
    return this.#stack(this.arrays.map(f));
  }
  #pairs(
    other: StackedDistributedArray,
    f: (a: AnyVector, b: AnyVector) => AnyDistributedArray,
  ): StackedDistributedArray {
    this.#checkBlocks(other);
    return this.#stack(this.arrays.map((a, k) => f(a, other.arrays[k] as AnyVector)));
  }
  /** Stacks arrays in the space of this stack if it fits. Operators cache data for a space. */
  #stack(arrays: readonly AnyDistributedArray[]): StackedDistributedArray {
    const same = arrays.every((a, k) => a.space === this.space.children[k]);
    return same ? new StackedDistributedArray(arrays, this.space) : new StackedDistributedArray(arrays);
  }
  #each(other: StackedDistributedArray, f: (a: AnyVector, b: AnyVector) => void): this {
    this.#checkBlocks(other);
    for (let k = 0; k < this.arrays.length; k++) f(this.arrays[k] as AnyVector, other.arrays[k] as AnyVector);
    return this;
  }
  /** Compares all blocks before any is changed, so that an error leaves no block changed. */
  #checkBlocks(other: StackedDistributedArray): void {
    if (other?.space === this.space) return;
    if (!(other instanceof StackedDistributedArray) || other.length !== this.length) {
      throw new ShapeError(
        `expected a stack of ${this.length} blocks, received ` +
          `${other instanceof StackedDistributedArray ? `${other.length}` : textOf(other)}`,
      );
    }
    if (!this.space.withDType(other.dtype).equals(other.space.withDType(other.dtype)))
      throw new ShapeError(`expected a vector ${inSpace(this.space, other.space)}`);
  }
}
