import type { NDArray } from '../array/ndarray.js';
import { type Scalar, scalarOf } from '../base/complex.js';
import { type DType, isInteger, promote } from '../base/dtype.js';
import { ArgumentError, BackendError, PartitionError, ShapeError } from '../base/errors.js';
import type { Shape } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import type { Backend, Elements, InnerProduct } from '../ports/backend.js';
import type { Communicator } from '../ports/communicator.js';
import { checkExact, isExactDot } from './integer-sums.js';
import { type Interruption, pendingVote } from './interruption.js';
import { addExactly, dotsAreReproducible, EXACT_LANES, exactTotals } from './reproducible.js';

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
 * Throws {@link ArgumentError} unless `x` is a vector. Programs without types can pass anything.
 */
export function checkVector(owner: string, name: string, x: unknown): void {
  if (isVector(x)) return;
  throw new ArgumentError(
    `${owner}: expected ${name} to be a DistributedArray, a StackedDistributedArray or an NDArray, ` +
      `received ${textOf(x)}`,
  );
}

/** Throws {@link ArgumentError} unless `space` is a space of vectors. */
export function checkSpace(owner: string, space: unknown): void {
  if (
    typeof space === 'object' &&
    space !== null &&
    'withDType' in space &&
    'flat' in space &&
    'equals' in space
  )
    return;
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
    throw new ShapeError(`expected a space of the same memory as ${a}, received ${b}`);
}

/** Throws {@link ShapeError} unless vectors of both spaces have the same elements. */
export function checkSameElements(a: Space<unknown>, b: Space<unknown>): void {
  if (!a.sameElements(b))
    throw new ShapeError(`expected a space of the same elements as ${a}, received ${b}`);
}

/**
 * Returns a vector of `space`, dtypes aside: `x` itself, or a view of it.
 * @throws {@link ShapeError} if the spaces have different memory
 */
export function viewAs<V extends Vector<V>>(x: V, space: Space<V>): V {
  if (x.space === space) return x;
  const [own, like] = [x.space.withDType(x.dtype), space.withDType(x.dtype)];
  if (own === like || own.equals(like)) return x;
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
    throw new ShapeError(`expected vectors of one space, received ${a.space} and ${b.space}`);
}

/** Inner products whose reduction is not complete. `wait` returns `[re, im]` of each pair. */
export interface PendingDots {
  wait(): Float64Array;
}

/**
 * This rank's share of inner products, and the function that computes `[re, im]` of each from the
 * sums over ranks.
 */
interface Shares {
  /** If there is a vote, its number is the last element. */
  readonly values: Float64Array;
  readonly vote: Interruption | undefined;
  readonly reducer: Communicator | undefined;
  readonly finish: (sums: Float64Array) => Float64Array;
}

function sharesOf(
  sums: number,
  reducer: Communicator | undefined,
): Pick<Shares, 'values' | 'vote' | 'reducer'> {
  const pending = pendingVote(reducer);
  if (!pending) return { values: new Float64Array(sums), vote: undefined, reducer };
  const values = new Float64Array(sums + 1);
  values[sums] = pending.localVote();
  return { values, vote: pending, reducer };
}

/** `[re, im]` of each pair, from `values` that were reduced over all ranks. */
function totals({ values, vote, finish }: Shares): Float64Array {
  if (!vote) return finish(values);
  vote.receive(values.at(-1) as number);
  return finish(values.subarray(0, -1));
}

/** Throws {@link ArgumentError} unless `pair` is a list of two vectors. */
function checkPair(pair: VectorPair): VectorPair {
  if (!Array.isArray(pair) || pair.length !== 2)
    throw new ArgumentError(`inner products: expected pairs [x, y] of vectors, received ${textOf(pair)}`);
  checkVector('inner products', 'x', pair[0]);
  return pair;
}

const asTheyAre = (sums: Float64Array): Float64Array => sums;

const isWhole = (x: AnyVector, y: AnyVector): boolean => isInteger(x.dtype) && isInteger(y.dtype);

/**
 * Replaces shares of int32 that might not be exact by NaN, so that the reduction marks them on all
 * ranks.
 */
function markInexact(
  products: readonly InnerProduct[],
  ends: readonly number[],
  ranks: number,
  values: Float64Array,
): void {
  products.forEach((product, k) => {
    if (!isExactDot(product, ranks * products.length))
      values[2 * ends.findIndex((end) => k < end)] = Number.NaN;
  });
}

/**
 * Returns `[re, im]` of each pair.
 * @throws {@link NumericalError} on all ranks, if an inner product of int32 is not exact
 */
function exactlyWhole(pairs: readonly VectorPair[], sums: Float64Array): Float64Array {
  pairs.forEach(([x, y], i) => {
    if (isWhole(x, y)) checkExact('the inner product', sums[2 * i] as number);
  });
  return sums;
}

function localDots(pairs: readonly VectorPair[], conjugate: boolean): Shares {
  const products: InnerProduct[] = [];
  const ends: number[] = [];
  const reducer: Communicator | undefined = pairs[0]?.[0]?.reducer;
  let anyWhole = false;
  for (const pair of pairs) {
    const [x, y] = checkPair(pair);
    checkSameSpace(x, y);
    if (x.reducer?.id !== reducer?.id)
      throw new PartitionError('inner products of one reduction need vectors of one communicator and mask');
    x.innerProducts(y, conjugate, products);
    ends.push(products.length);
    if (isWhole(x, y)) anyWhole = true;
  }
  if (dotsAreReproducible()) {
    const shares = sharesOf(2 * EXACT_LANES * pairs.length, reducer);
    const lanes = shares.values;
    let k = 0;
    ends.forEach((end, i) => {
      for (; k < end; k++)
        addExactly(
          products[k] as InnerProduct,
          lanes.subarray(2 * EXACT_LANES * i, 2 * EXACT_LANES * (i + 1)),
        );
    });
    return { ...shares, finish: anyWhole ? (sums) => exactlyWhole(pairs, exactTotals(sums)) : exactTotals };
  }
  const shares = sharesOf(2 * pairs.length, reducer);
  const { values } = shares;
  if (products.length > 0) {
    const backend = products[0]?.x.storage.backend as Backend;
    const terms = backend.dots(products);
    let k = 0;
    ends.forEach((end, i) => {
      for (; k < end; k++) {
        values[2 * i] = (values[2 * i] as number) + (terms[2 * k] as number);
        values[2 * i + 1] = (values[2 * i + 1] as number) + (terms[2 * k + 1] as number);
      }
    });
    if (anyWhole) markInexact(products, ends, reducer?.size ?? 1, values);
  }
  return { ...shares, finish: anyWhole ? (sums) => exactlyWhole(pairs, sums) : asTheyAre };
}

function allDots(pairs: readonly VectorPair[], conjugate: boolean): Float64Array {
  const shares = localDots(pairs, conjugate);
  shares.reducer?.allreduce(shares.values, 'sum');
  return totals(shares);
}

/**
 * Real inner products `Re⟨x, y⟩` of several pairs in one reduction. Pairs may be of different kinds
 * of vectors. The result has the same bits on every rank.
 */
export function rdots(...pairs: readonly VectorPair[]): number[] {
  const values = allDots(pairs, true);
  return pairs.map((_, i) => values[2 * i] as number);
}

/** Inner products `⟨x, y⟩ = Σ conj(x)·y` of several pairs in one reduction. */
export function vdots(...pairs: readonly VectorPair[]): Scalar[] {
  const values = allDots(pairs, true);
  return pairs.map(([x, y], i) =>
    scalarOf(promote(x.dtype, y.dtype), values[2 * i] as number, values[2 * i + 1] as number),
  );
}

/** `Σ x·y` without conjugation. */
export function dot<V extends Vector<V>>(x: V, y: V): Scalar {
  const values = allDots([[x, y]], false);
  return scalarOf(promote(x.dtype, y.dtype), values[0] as number, values[1] as number);
}

/**
 * As {@link vdots}, without waiting for other ranks. Computations before `wait` overlap with the
 * reduction.
 */
export function startDots(...pairs: readonly VectorPair[]): PendingDots {
  const shares = localDots(pairs, true);
  const request = shares.reducer?.iallreduce(shares.values, 'sum');
  return {
    wait: () => {
      request?.wait();
      return totals(shares);
    },
  };
}
