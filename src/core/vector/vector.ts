import type { NDArray } from '../array/ndarray.js';
import type { Scalar } from '../base/complex.js';
import type { DType } from '../base/dtype.js';
import { ArgumentError, BackendError, ShapeError } from '../base/errors.js';
import { type Shape, sameShape } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import type { Backend, Elements, InnerProduct, StridedElements } from '../ports/backend.js';
import type { Communicator } from '../ports/communicator.js';

/**
 * All properties of a vector except its values. Spaces are cheap to compare and never communicate.
 */
export interface Space<V> {
  readonly dtype: DType;
  readonly backend: Backend;
  /** The global shape; that of a stacked space is `[size]`. */
  readonly shape: Shape;
  /** The number of elements of all ranks. */
  readonly size: number;
  /**
   * The number of elements in norms and inner products: those of all ranks; with a mask, those of
   * this rank's colour.
   */
  readonly reducedSize: number;
  zeros(): V;
  /** A new vector with undefined contents. */
  empty(): V;
  /**
   * A new vector of standard normal values, which are a function of seed and global index alone.
   */
  random(seed?: number): V;
  withDType(dtype: DType): Space<V>;
  withBackend(backend: Backend): Space<V>;
  /**
   * The space of the same memory in one dimension. A vector of one space can be viewed in the
   * other.
   */
  flat(): Space<V>;
  equals(other: Space<unknown>): boolean;
  /**
   * True if vectors of both spaces have the same elements in the same order, dtypes aside. They may
   * be partitioned differently, flat or natural, replicated or not. `redistributeInto` copies
   * between them.
   */
  sameElements(other: Space<unknown>): boolean;
  toString(): string;
}

/** Norm orders: any p > 0, 0 (nonzeros), Infinity and −Infinity. */
export type NormOrder = number;

/**
 * The interface of vectors for solvers. Methods named as in BLAS, and those that end in `InPlace`,
 * change the receiver. The others return new vectors.
 */
export interface Vector<V extends Vector<V>> {
  readonly space: Space<V>;
  readonly dtype: DType;
  readonly backend: Backend;
  /** The number of elements of all ranks. */
  readonly size: number;
  /** Present if the elements do not lie one after another in memory. */
  readonly strided?: StridedElements | undefined;

  zerosLike(): V;
  emptyLike(): V;
  copy(): V;
  /** Returns the memory to the pool of the backend. The vector must not be used again. */
  dispose(): void;

  /**
   * `this ← x`. x is of the same space, or of one whose dtype can be converted without loss: real →
   * complex, int32 → float.
   */
  assign(x: V): this;
  fill(value: Scalar): this;
  /** `this ← a·x + b·this`. If b is 0, the old values are not read. */
  axpby(a: Scalar, x: V, b: Scalar): this;
  /** `this ← a·this` */
  scale(a: Scalar): this;

  add(other: V): V;
  subtract(other: V): V;
  multiply(other: V | Scalar): V;
  negative(): V;
  conj(): V;
  addInPlace(other: V): this;
  subtractInPlace(other: V): this;
  multiplyInPlace(other: V | Scalar): this;
  conjInPlace(): this;

  /** `Σ x·y`, without conjugation. */
  dot(y: V): Scalar;
  /** `Σ conj(x)·y` */
  vdot(y: V): Scalar;
  /** `Re Σ conj(x)·y` */
  rdot(y: V): number;
  /**
   * The norm of the elements.
   * @param order 2 by default
   */
  norm(order?: NormOrder): number;

  /**
   * Calls `kernel` with each contiguous local run of this vector and the run of `target` (by
   * default this vector): for thresholds and projections. Never communicates.
   */
  map(kernel: (x: Elements, y: Elements) => void, target?: V): V;
  /** The k-th smallest modulus of the `space.reducedSize` elements in norms; k counts from 0. */
  kthSmallestAbs(k: number): number;

  /**
   * The same memory as a vector of another space with the same `flat()`. Never communicates.
   * @throws {@link ShapeError} for any other space
   */
  viewIn(space: Space<V>): V;
  /**
   * As `viewIn`, without shared ownership of the memory. The result must not be used after this
   * vector is disposed, and no scope disposes it.
   */
  aliasIn(space: Space<V>): V;
  /**
   * `target ← this`. `target` has this dtype, and its space has the same elements. Collective if
   * the parts of the ranks differ.
   * @throws {@link ShapeError} for any other space
   */
  redistributeInto(target: V): void;
  /** True if both vectors share memory on this rank. */
  overlaps(other: AnyVector): boolean;
  /**
   * Sets one element by its flat index in the whole vector (C order). All ranks call it, and the
   * owner of the element stores the value. Never communicates.
   */
  setAt(index: number, value: Scalar): this;
  /** The whole vector on every rank, in its global shape (a stacked one flat). Collective. */
  asArray(): NDArray;

  /**
   * The communicator over which partial results of inner products are summed; undefined for a
   * vector of one rank.
   */
  readonly reducer: Communicator | undefined;
  /**
   * Appends the pairs of local runs to `into`. The sum of their inner products, over the ranks of
   * `reducer`, is that of the vectors.
   */
  innerProducts(y: V, conjugate: boolean, into: InnerProduct[]): void;
}

/** A vector of any kind. */
// biome-ignore lint/suspicious/noExplicitAny: pairs of one batch may be of different vector kinds
export type AnyVector = Vector<any>;
export type VectorPair = readonly [AnyVector, AnyVector];

/** Whether a value is a vector of any kind. */
export const isVector = (x: unknown): x is AnyVector =>
  typeof x === 'object' && x !== null && 'space' in x && 'axpby' in x;

/**
 * Whether a vector is a view with strides, whose elements do not lie one after another. Only an
 * NDArray can be one.
 */
export const hasStrides = (x: { readonly strided?: unknown }): boolean => x.strided !== undefined;

/**
 * Throws {@link ArgumentError} unless `x` is a vector. Programs without types can pass anything.
 */
export function checkVector(owner: string, name: string, x: unknown): void {
  if (isVector(x)) return;
  const remedy =
    typeof x === 'number'
      ? ': multiply() and fill() take numbers, fuse() computes with them'
      : Array.isArray(x) || ArrayBuffer.isView(x)
        ? ': NDArray.array(x) makes an array of it, DistributedArray.toDist() distributes that'
        : '';
  throw new ArgumentError(
    `${owner}: expected ${name} to be a DistributedArray, a StackedDistributedArray or an NDArray, ` +
      `received ${textOf(x)}${remedy}`,
  );
}

/** Whether a value is a space of vectors. */
export const isSpace = (x: unknown): x is Space<AnyVector> =>
  typeof x === 'object' && x !== null && 'withDType' in x && 'flat' in x && 'equals' in x;

/** Throws {@link ArgumentError} unless `space` is a space of vectors. */
export function checkSpace(owner: string, space: unknown): void {
  if (isSpace(space)) return;
  throw new ArgumentError(`${owner}: expected a space, as x.space gives it, received ${textOf(space)}`);
}

/**
 * Describes a space that does not fit, for messages. A value that is not a space is described as it
 * is.
 */
export function vectorIn(space: unknown): string {
  try {
    checkSpace('', space);
    return `a vector in ${space}`;
  } catch {
    return textOf(space);
  }
}

/**
 * The end of a message on a vector in another space than the expected one: both spaces, and how to
 * bring the vector into the expected one.
 */
export function inSpace(expected: Space<unknown>, received: Space<unknown>): string {
  const remedy =
    expected.size !== received.size
      ? `it has ${received.size} elements, expected ${expected.size}`
      : expected.backend !== received.backend
        ? `move it with to('${expected.backend.name}')`
        : received.sameElements(expected)
          ? sameShape(expected.shape, received.shape)
            ? 'the parts of the ranks differ, x.redistribute(y.layout) moves x to those of y'
            : 'the shapes differ, ravel() or reshape() changes one'
          : 'make both of one shape, with the same mask and communicator';
  return `in ${expected}, received ${received}: ${remedy}`;
}

/** Throws {@link ArgumentError} unless the kernel of `map` is a function. */
export function checkKernel(kernel: unknown): void {
  if (typeof kernel !== 'function')
    throw new ArgumentError(`map: expected a function of elements, received ${textOf(kernel)}`);
}

/** Throws {@link BackendError} unless both vectors are on one backend. */
export function checkSameBackend(a: { readonly backend: Backend }, b: { readonly backend: Backend }): void {
  if (a.backend !== b.backend) {
    throw new BackendError(
      `cannot mix arrays of backends '${a.backend.name}' and '${b.backend.name}': move one with ` +
        `to('${a.backend.name}')`,
    );
  }
}

/** True if vectors of both spaces can be views of the same memory, dtypes aside. */
export function sameMemory(a: Space<unknown>, b: Space<unknown>): boolean {
  if (a === b) return true;
  // both are converted, because the blocks of a stack may have different dtypes
  const [own, like] = [a.withDType(a.dtype), b.withDType(a.dtype)];
  return own === like || own.equals(like) || own.flat().equals(like.flat());
}

/**
 * Throws {@link ShapeError} unless vectors of both spaces can be views of one memory: they have the
 * same dtype and the same `flat()`.
 */
export function checkSameMemory(a: Space<unknown>, b: Space<unknown>): void {
  checkSpace('a view', b);
  if (!a.flat().equals(b.flat()))
    throw new ShapeError(
      `expected a space of the same memory as ${a}, received ${b}: redistributeInto copies to other parts, ` +
        'astype to other dtypes',
    );
}

/** Throws {@link ShapeError} unless vectors of both spaces have the same elements. */
export function checkSameElements(a: Space<unknown>, b: Space<unknown>): void {
  if (!a.sameElements(b))
    throw new ShapeError(`expected a space of the same elements as ${a}, received ${b}`);
}

/**
 * Returns a vector of `space`, dtypes aside: `x` itself, or a view of it. Of a view with strides,
 * it may be a copy, which is only to be read.
 * @throws {@link ShapeError} if the spaces have different memory
 */
export function viewAs<V extends Vector<V>>(x: V, space: Space<V>): V {
  if (x.space === space) return x;
  const [own, like] = [x.space.withDType(x.dtype), space.withDType(x.dtype)];
  if (own === like || own.equals(like)) return x;
  if (hasStrides(x)) {
    const copy = x.copy();
    const view = copy.viewIn(like);
    copy.dispose();
    return view;
  }
  let views = seen.get(x) as Map<Space<V>, V> | undefined;
  if (!views) seen.set(x, (views = new Map<Space<V>, V>()));
  let view = views.get(like);
  if (!view) views.set(like, (view = x.aliasIn(like)));
  return view;
}

/** Cached views, so that loops create none. They are collected together with their vector. */
const seen = new WeakMap<AnyVector, Map<Space<AnyVector>, AnyVector>>();

/** Throws {@link ShapeError} unless both vectors have the same space, dtypes aside. */
export function checkSameSpace(a: AnyVector, b: AnyVector): void {
  if (a.space === b?.space) return;
  checkVector('two vectors in one operation', 'the other one', b);
  checkSameBackend(a, b);
  // both are converted, because the blocks of a stack may have different dtypes
  if (!a.space.withDType(b.dtype).equals(b.space.withDType(b.dtype)))
    throw new ShapeError(`expected a vector ${inSpace(a.space, b.space)}`);
}
