import { type Scalar, scalarOf } from '../base/complex.js';
import { isInteger, promote } from '../base/dtype.js';
import { ArgumentError, PartitionError } from '../base/errors.js';
import { textOf } from '../base/text-of.js';
import type { InnerProduct } from '../ports/backend.js';
import type { Communicator } from '../ports/communicator.js';
import { addExactly, EXACT_LANES, exactTotals } from './exact-sums.js';
import { checkExact, isExactDot } from './integer-sums.js';
import type { SignalVote } from './interruption.js';
import { exactNorm } from './norm.js';
import {
  type AnyVector,
  checkSameSpace,
  checkVector,
  type NormOrder,
  type Vector,
  type VectorPair,
} from './vector.js';

/** Inner products whose reduction is not complete. `wait` returns `[re, im]` of each pair. */
export interface PendingDots {
  wait(): Float64Array;
}

/** This rank's share of inner products. */
interface Shares {
  readonly pairs: readonly VectorPair[];
  /** If there is a vote, its number is the last element. */
  readonly values: Float64Array;
  readonly vote: SignalVote | undefined;
  readonly reducer: Communicator | undefined;
  readonly exact: boolean;
  /** Whether both vectors of any pair hold whole numbers. */
  readonly anyWhole: boolean;
}

/** `[re, im]` of each pair, from `values` that were reduced over all ranks. */
function totals({ pairs, values, vote, exact, anyWhole }: Shares): Float64Array {
  vote?.receive(values.at(-1) as number);
  const shares = vote ? values.subarray(0, -1) : values;
  const sums = exact ? exactTotals(shares) : shares;
  if (anyWhole)
    pairs.forEach(([x, y], i) => {
      if (isWhole(x, y)) checkExact('the inner product', sums[2 * i] as number);
    });
  return sums;
}

/** Throws {@link ArgumentError} unless `pair` is a list of two vectors. */
function checkPair(pair: VectorPair): VectorPair {
  if (!Array.isArray(pair) || pair.length !== 2)
    throw new ArgumentError(`inner products: expected pairs [x, y] of vectors, received ${textOf(pair)}`);
  checkVector('inner products', 'x', pair[0]);
  return pair;
}

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

/** Adds the products of each pair, whose last one is before `ends[i]`, to `values`. */
function addProducts(
  products: readonly InnerProduct[],
  ends: readonly number[],
  exact: boolean,
  values: Float64Array,
): void {
  const { backend } = (products[0] as InnerProduct).x.storage;
  const terms = exact ? undefined : backend.dots(products);
  for (let i = 0, k = 0; i < ends.length; i++)
    for (; k < (ends[i] as number); k++) {
      if (terms) {
        values[2 * i] = (values[2 * i] as number) + (terms[2 * k] as number);
        values[2 * i + 1] = (values[2 * i + 1] as number) + (terms[2 * k + 1] as number);
      } else {
        const lanes = values.subarray(2 * EXACT_LANES * i, 2 * EXACT_LANES * (i + 1));
        addExactly(products[k] as InnerProduct, lanes);
      }
    }
}

function localDots(pairs: readonly VectorPair[], conjugate: boolean, { exact, vote }: InnerProducts): Shares {
  const products: InnerProduct[] = [];
  const ends = new Array<number>(pairs.length);
  const reducer: Communicator | undefined = pairs[0]?.[0]?.reducer;
  let anyWhole = false;
  for (let i = 0; i < pairs.length; i++) {
    const pair = checkPair(pairs[i] as VectorPair);
    const x = pair[0];
    const y = pair[1];
    checkSameSpace(x, y);
    if (x.reducer !== reducer && x.reducer?.id !== reducer?.id)
      throw new PartitionError('inner products of one reduction need vectors of one communicator and mask');
    x.innerProducts(y, conjugate, products);
    ends[i] = products.length;
    if (isWhole(x, y)) anyWhole = true;
  }
  const carried = vote?.isOf(reducer) ? vote : undefined;
  const sums = (exact ? 2 * EXACT_LANES : 2) * pairs.length;
  const values = new Float64Array(carried ? sums + 1 : sums);
  if (carried) values[sums] = carried.localVote();
  if (products.length > 0) addProducts(products, ends, exact, values);
  if (anyWhole && !exact) markInexact(products, ends, reducer?.size ?? 1, values);
  return { pairs, values, vote: carried, reducer, exact, anyWhole };
}

function allDots(pairs: readonly VectorPair[], conjugate: boolean, how: InnerProducts): Float64Array {
  const shares = localDots(pairs, conjugate, how);
  shares.reducer?.allreduce(shares.values, 'sum');
  return totals(shares);
}

/**
 * The inner products and norms of a solver: how they are summed, and what their reductions carry.
 * The loop makes one for each run, and `init` stores it in the state.
 *
 * Exact sums have the same bits for any number of ranks and any layout: the products of elements,
 * or the powers of moduli, are added without rounding. Cost: elements are read on the host, about
 * 40 ns for each, compared to less than 1 ns in a plain inner product. A reduction sends 576 bytes
 * for each number instead of 8. Sums over ranks inside of operators, and those of a
 * ReductionKernel, are always plain. Source: Kulisch and Miranker, "The arithmetic of the digital
 * computer", 1986; Neal, "Fast exact summation using small and large superaccumulators", 2015.
 */
export class InnerProducts {
  /** Whether sums are exact. */
  readonly exact: boolean;
  /** The vote that reductions over its communicator carry as one additional number. */
  vote: SignalVote | undefined;

  constructor(exact = false) {
    this.exact = exact;
  }

  /** As {@link rdots}. */
  rdots(...pairs: readonly VectorPair[]): number[] {
    const values = allDots(pairs, true, this);
    const real: number[] = [];
    for (let i = 0; i < pairs.length; i++) real.push(values[2 * i] as number);
    return real;
  }

  /** `Re⟨x, y⟩`. One reduction. */
  rdot(x: AnyVector, y: AnyVector): number {
    return allDots([[x, y]], true, this)[0] as number;
  }

  /** As {@link vdots}. */
  vdots(...pairs: readonly VectorPair[]): Scalar[] {
    const values = allDots(pairs, true, this);
    return pairs.map(([x, y], i) =>
      scalarOf(promote(x.dtype, y.dtype), values[2 * i] as number, values[2 * i + 1] as number),
    );
  }

  /** As {@link dot}. */
  dot<V extends Vector<V>>(x: V, y: V): Scalar {
    const values = allDots([[x, y]], false, this);
    return scalarOf(promote(x.dtype, y.dtype), values[0] as number, values[1] as number);
  }

  /** As {@link startDots}. */
  startDots(...pairs: readonly VectorPair[]): PendingDots {
    const shares = localDots(pairs, true, this);
    const request = shares.reducer?.iallreduce(shares.values, 'sum');
    return {
      wait: () => {
        request?.wait();
        return totals(shares);
      },
    };
  }

  /** The norm of x, of order 2 by default. One reduction, which carries no vote. */
  norm(x: AnyVector, order?: NormOrder): number {
    checkVector('the norm', 'x', x);
    return this.exact ? exactNorm(x, order) : x.norm(order);
  }
}

/** Throws {@link ArgumentError} unless `dots` are inner products. */
export function checkDots(owner: string, dots: unknown): void {
  if (!(dots instanceof InnerProducts))
    throw new ArgumentError(`${owner}: expected inner products such as plainDots, received ${textOf(dots)}`);
}

/** Inner products and norms in floating point, as the methods of vectors compute them. */
export const plainDots = new InnerProducts();
/** Inner products and norms that do not depend on the number of ranks. */
export const exactDots = new InnerProducts(true);

/**
 * Real inner products `Re⟨x, y⟩` of several pairs in one reduction. Pairs may be of different kinds
 * of vectors. The result has the same bits on every rank.
 */
export const rdots = (...pairs: readonly VectorPair[]): number[] => plainDots.rdots(...pairs);

/** Inner products `⟨x, y⟩ = Σ conj(x)·y` of several pairs in one reduction. */
export const vdots = (...pairs: readonly VectorPair[]): Scalar[] => plainDots.vdots(...pairs);

/** `Σ x·y` without conjugation. */
export const dot = <V extends Vector<V>>(x: V, y: V): Scalar => plainDots.dot(x, y);

/**
 * As {@link vdots}, without waiting for other ranks. Computations before `wait` overlap with the
 * reduction.
 */
export const startDots = (...pairs: readonly VectorPair[]): PendingDots => plainDots.startDots(...pairs);
