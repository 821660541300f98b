import { floatsOf } from '../core/array/casting.js';
import { where } from '../core/array/elementwise.js';
import { NDArray } from '../core/array/ndarray.js';
import { checkOrdered, MOST } from '../core/array/shared-reductions.js';
import { isScalar } from '../core/base/complex.js';
import { INDEX_DTYPE, isFloat, realOf } from '../core/base/dtype.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../core/base/errors.js';
import {
  checkCount,
  checkFlag,
  checkPositiveCount,
  type Defaults,
  isListOf,
  withDefaults,
} from '../core/base/options.js';
import { tidy } from '../core/base/scope.js';
import { formatShape, sameShape } from '../core/base/shape.js';
import { textOf } from '../core/base/text-of.js';
import { align, type EitherArray, isDistributed, ownPart } from '../core/distributed/align.js';
import { Layout } from '../core/distributed/layout.js';
import { asIntegers, checkReducible, combine } from '../core/distributed/reductions.js';
import { type ArrayLike, type ArrayOf, arrayOf, arraysOf, integersOf, onParts } from './operands.js';
import { comparable, search, wholeOn } from './searching.js';

/** The least and the largest element on all ranks. One reduction if the array is split. */
function extremesOf(x: EitherArray): [least: number, most: number] {
  const part = ownPart(x);
  const of = (op: 'max' | 'min'): number => part.backend.reduce(op, part) as number;
  // MPI may lose NaN, which infinities replace: no bins reach up to them
  const pair = Float64Array.of(-of('min'), of('max')).map((v) =>
    Number.isNaN(v) ? Number.POSITIVE_INFINITY : v,
  );
  if (isDistributed(x) && !x.layout.replicated) x.comm.allreduce(pair, 'max');
  return [-(pair[0] as number), pair[1] as number];
}

/**
 * How often each place from 0 to `length − 1` occurs, or the sums of the weights there. Places
 * outside are skipped. One reduction if x is split.
 */
function countedIn(
  name: string,
  x: EitherArray,
  weights: EitherArray | undefined,
  length: number,
  placesOf: (part: NDArray) => NDArray,
): EitherArray {
  const { space, locals } = align(name, weights ? [x, weights] : [x]);
  const [part, own] = locals as [NDArray, NDArray | undefined];
  const places = placesOf(part);
  const counts = part.space
    .withShape([length], own?.dtype ?? INDEX_DTYPE)
    .empty()
    .fill(0);
  if (own) {
    const index = where(places.less(length), places, -1);
    const table = { outer: 1, nx: length, ny: part.size, inner: 1, width: 1, index };
    part.backend.scatterAdd(own, counts, table);
  } else part.backend.countInto(places, counts);
  if (!space) return counts;
  const { layout, comm } = space;
  // Counts that together may be larger than int32
  const addend = !own && layout.size > MOST ? counts.astype('float64') : counts;
  const whole = layout.replicated ? counts : combine(comm, 'sum', addend);
  const result = space.withLayout(Layout.replicated([length], comm.size)).wrap(whole);
  return own ? result : asIntegers(result);
}

/** The weights of elements as floats, if there are any. */
function weightsOf(name: string, x: EitherArray, weights: ArrayLike | undefined): EitherArray | undefined {
  if (weights === undefined) return undefined;
  const [, given] = arraysOf(name, [x, weights]);
  const shape = given === undefined || isScalar(given) ? [] : given.space.shape;
  if (!sameShape(shape, x.space.shape))
    throw new ShapeError(
      `${name}: expected weights of shape ${formatShape(x.space.shape)}, received ${formatShape(shape)}`,
    );
  if (isDistributed(given) && !isDistributed(x))
    throw new PartitionError(`${name}: weights are distributed, but the array is not: distribute it too`);
  return floatsOf(given as EitherArray);
}

/** Options of {@link bincount}. */
export interface BincountOptions {
  /** What each element adds to its place: an array of the same shape. @default ones */
  readonly weights?: ArrayLike | undefined;
  /** The least length of the result. @default 0 */
  readonly minlength?: number;
}
const BINCOUNT_DEFAULTS = { weights: undefined, minlength: 0 } satisfies Defaults<BincountOptions>;

/**
 * How often each whole number from 0 on occurs, int32, or the sums of the weights of its
 * occurrences. x has one axis, of dtype int32 or bool. The result is whole on each rank: two
 * reductions if x is split. On CUDA, weights are added by a table that is made on the host.
 * @throws {@link ArgumentError} if a number is negative
 */
export function bincount<X extends ArrayLike>(x: X, options?: BincountOptions): ArrayOf<X> {
  const { weights, minlength } = withDefaults('bincount', options, BINCOUNT_DEFAULTS);
  checkCount('bincount', { minlength });
  return tidy(() => {
    const given = integersOf('bincount', x);
    checkReducible('bincount', given);
    if (given.space.shape.length !== 1)
      throw new ShapeError(
        `bincount: expected an array of one axis, received the shape ${formatShape(given.space.shape)}`,
      );
    if (isFloat(given.dtype))
      throw new DTypeError(
        `bincount: expected whole numbers, received ${given.dtype}: cast with astype('int32')`,
      );
    const from = given.dtype === INDEX_DTYPE ? given : given.astype(INDEX_DTYPE);
    const own = weightsOf('bincount', from, weights);
    if (own) align('bincount', [from, own]);
    const [least, most] = extremesOf(from);
    if (least < 0) throw new ArgumentError(`bincount: expected no negative numbers, received ${least}`);
    const length = Math.max(minlength, most + 1);
    return countedIn('bincount', from, own, length, (part) => part);
  }) as ArrayOf<X>;
}

/** Options of {@link histogram}. */
export interface HistogramOptions {
  /** The number of bins of equal width, or their edges, ascending, one more. @default 10 */
  readonly bins?: number | ArrayLike;
  /** The ends of the first and the last bin. @default the least and the largest element */
  readonly range?: readonly [low: number, high: number] | undefined;
  /** Whether the results are densities, whose integral over the bins is 1. @default false */
  readonly density?: boolean;
  /** What each element adds to its bin: an array of the same shape. @default ones */
  readonly weights?: ArrayLike | undefined;
}
const HISTOGRAM_DEFAULTS = {
  bins: 10,
  range: undefined,
  density: false,
  weights: undefined,
} satisfies Defaults<HistogramOptions>;

/** The edges of bins of equal width, of the dtype of the array. */
function evenEdges(x: EitherArray, bins: number, range: HistogramOptions['range']): NDArray {
  checkPositiveCount('histogram', { bins });
  if (range !== undefined && !(isListOf(range, Number.isFinite) && range.length === 2))
    throw new ArgumentError(`histogram: expected range to be two numbers, received ${textOf(range)}`);
  let [low, high] = range ?? (x.space.size === 0 ? [0, 1] : extremesOf(x));
  if (!(Number.isFinite(low) && Number.isFinite(high)))
    throw new ArgumentError('histogram: expected finite numbers, or a range of those that are counted');
  if (low > high)
    throw new ArgumentError(`histogram: expected a range that ascends, received ${textOf(range)}`);
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const step = (high - low) / bins;
  const edges = NDArray.array(
    Array.from({ length: bins + 1 }, (_, i) => (i === bins ? high : low + i * step)),
    { dtype: x.dtype, backend: x.backend },
  );
  if (!edges.toHost().every((edge, i, all) => i === 0 || edge > (all[i - 1] as number)))
    throw new ArgumentError(`histogram: between ${low} and ${high} are no ${bins} bins of ${x.dtype}`);
  return edges;
}

/** Edges that the user gave, of the dtype in which they are compared with the array. */
function givenEdges(x: EitherArray, bins: ArrayLike): [x: EitherArray, edges: NDArray] {
  const [from, list] = comparable('histogram', x, bins);
  checkOrdered('histogram', list);
  const edges = wholeOn('histogram', 'edges', list);
  if (edges.ndim !== 1 || edges.size === 0)
    throw new ShapeError(
      `histogram: expected a list of edges, received the shape ${formatShape(edges.shape)}`,
    );
  const values = edges.toHost();
  if (!values.every((v, i) => !Number.isNaN(v) && (i === 0 || v >= (values[i - 1] as number))))
    throw new ArgumentError('histogram: expected edges that ascend');
  // The result has edges of its own
  return [from, edges.copy()];
}

/**
 * How many elements are in each bin, and the edges of the bins. A bin contains its lower edge, the
 * last one its upper edge too. Counts are int32, sums of weights and densities floats. Real arrays.
 * The results are whole on each rank: one reduction if x is split, and one more for its extremes if
 * neither edges nor a range are given. On CUDA, weights are added by a table that is made on the
 * host.
 * @returns `[counts, edges]`
 */
export function histogram<X extends ArrayLike>(
  x: X,
  options?: HistogramOptions,
): [counts: ArrayOf<X>, edges: NDArray] {
  const { bins, range, density, weights } = withDefaults('histogram', options, HISTOGRAM_DEFAULTS);
  checkFlag('histogram', { density });
  return tidy(() => {
    const given = arrayOf('histogram', x);
    checkOrdered('histogram', given);
    checkReducible('histogram', given);
    const values = floatsOf(given);
    const own = weightsOf('histogram', values, weights);
    if (own) align('histogram', [values, own]);
    const [from, edges] =
      typeof bins === 'number' ? [values, evenEdges(values, bins, range)] : givenEdges(values, bins);
    const count = edges.size - 1;
    const last = edges.get(count) as number;
    const counts = countedIn('histogram', from, own, count, (part) =>
      // The last bin contains its upper edge; what is above it, and NaN, is in none
      where(part.lessEqual(last), search(edges.slice([0, count]), part, 'right').subtract(1), -1),
    );
    if (!density) return [counts, edges];
    const floats = own ? counts : counts.astype(edges.dtype);
    const widths = edges
      .slice([1, null])
      .subtract(edges.slice([0, count]))
      .astype(realOf(floats.dtype));
    return [onParts(floats, (part) => part.divide(part.sum()).divide(widths)), edges];
  }) as [ArrayOf<X>, NDArray];
}
