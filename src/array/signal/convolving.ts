import type { NDArray } from '../../core/array/ndarray.js';
import type { Scalar } from '../../core/base/complex.js';
import { INDEX_DTYPE, isBoolean, isFloat } from '../../core/base/dtype.js';
import { NumericalError } from '../../core/base/errors.js';
import { product, type Shape } from '../../core/base/shape.js';
import { type EitherArray, isDistributed } from '../../core/distributed/align.js';
import { type IndexBox, Layout } from '../../core/distributed/layout.js';
import { onAllRanks } from '../../core/ports/agreement.js';
import { type Continuation, continuedPart } from '../../core/schemes/continuation.js';
import { type ConvolutionMethod, convolvedPart } from '../../core/schemes/fast-convolution.js';

/** What a convolution computes: `y[i] = Σⱼ h[j] x[i + starts − j]` for i < lengths. */
export interface ConvolutionRange {
  readonly starts: readonly number[];
  readonly lengths: Shape;
  /** The axes that are convolved. Along others, h has length 1, or that of y. */
  readonly axes: readonly number[];
  readonly kinds: readonly Continuation[];
  /** The constant of the continuation. */
  readonly value?: Scalar;
  readonly method: ConvolutionMethod;
}

/** The layout of an array, for other lengths: evenly split along axes whose length changes. */
export function resizedLayout(x: EitherArray, lengths: Shape): Layout | undefined {
  if (!isDistributed(x)) return undefined;
  if (x.layout.replicated) return Layout.replicated(lengths, x.comm.size);
  return lengths.reduce(
    (layout, n, k) => (layout.globalShape[k] === n ? layout : layout.withLength(k, n)),
    x.layout,
  );
}

/** This rank's part of a result as an array of the kind of x. */
export const wrapped = (x: EitherArray, layout: Layout | undefined, part: NDArray): EitherArray =>
  isDistributed(x) && layout ? x.space.withLayout(layout).wrap(part) : part;

/** The box of a result that a rank computes, which is empty if one of its lengths is 0. */
export function resultBox(layout: Layout | undefined, lengths: Shape, rank: number): IndexBox {
  const box = layout?.box(rank) ?? { start: lengths.map(() => 0), shape: lengths };
  return product(box.shape) > 0 ? box : { start: lengths.map(() => 0), shape: lengths.map(() => 0) };
}

/**
 * A convolution with a filter that every rank has, of one dtype with x. Along split axes each rank
 * receives the elements that its part of the result needs: one exchange.
 */
export function convolvedOver(
  name: string,
  x: EitherArray,
  h: NDArray,
  range: ConvolutionRange,
): EitherArray {
  const { starts, lengths, axes, kinds, value = 0, method } = range;
  const layout = resizedLayout(x, lengths);
  const from = x.space.shape;
  const reach = h.shape.map((n, k) => (axes.includes(k) ? n - 1 : 0));
  const boxOf = (rank: number): IndexBox => {
    const box = resultBox(layout, lengths, rank);
    if (product(box.shape) === 0) return box;
    const ends = box.shape.map((n, k) => {
      const low = (box.start[k] as number) + (starts[k] as number) - (reach[k] as number);
      const high = low + (reach[k] as number) + n;
      if (kinds[k] !== 'constant' || value !== 0) return [low, high] as const;
      const first = Math.min(Math.max(low, 0), from[k] as number);
      return [first, Math.max(first, Math.min(high, from[k] as number))] as const;
    });
    return { start: ends.map(([low]) => low), shape: ends.map(([low, high]) => high - low) };
  };
  const rank = isDistributed(x) ? x.comm.rank : 0;
  const part = continuedPart(name, x, boxOf, kinds, value);
  const own = layout?.localShape(rank) ?? lengths;
  if (product(own) === 0) return wrapped(x, layout, part.space.withShape(own).empty());
  const { start } = resultBox(layout, lengths, rank);
  const base = boxOf(rank).start;
  const offset = starts.map((s, k) => s + (start[k] as number) - (base[k] as number));
  const filter = h.slice(
    ...h.shape.map((n, k): [number, number] | null =>
      axes.includes(k) || n === 1 ? null : [start[k] as number, (start[k] as number) + (own[k] as number)],
    ),
  );
  return wrapped(x, layout, convolvedPart(part, filter, own, offset, axes, method));
}

/**
 * Computes sums of products of integers in a dtype that holds them exactly.
 * @param compute the computation, of arrays of that dtype
 * @throws {@link NumericalError} on all ranks if a result does not fit
 */
export function inExactDType(
  name: string,
  x: EitherArray,
  h: NDArray,
  compute: (x: EitherArray, h: NDArray) => EitherArray,
): EitherArray {
  if (isFloat(x.dtype)) return compute(x, h);
  const exact = x.backend.dtypes.includes('float64') ? 'float64' : INDEX_DTYPE;
  const y = compute(x.astype(exact), h.astype(exact));
  if (isBoolean(x.dtype)) return y.astype(x.dtype);
  const check = (part: NDArray): void => {
    if (part.size > 0 && (part.norm(Number.POSITIVE_INFINITY) as number) > 2 ** 31 - 1)
      throw new NumericalError(`${name}: a result does not fit into int32: cast the operands to a float`);
  };
  if (exact !== INDEX_DTYPE) {
    if (isDistributed(y)) onAllRanks(y.comm, () => check(y.local));
    else check(y);
  }
  return y.astype(INDEX_DTYPE);
}
