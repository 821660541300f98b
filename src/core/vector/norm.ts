import { type DType, isFloat } from '../base/dtype.js';
import { ShapeError } from '../base/errors.js';
import { orderedKeys } from '../base/ordered-keys.js';
import { textOf } from '../base/text-of.js';
import type { Elements, InnerProduct } from '../ports/backend.js';
import type { Communicator, ReduceOp } from '../ports/communicator.js';
import { addPowersExactly, EXACT_LANES, exactTotals } from './exact-sums.js';
import { isOutOfRange, type Scaling, scaledCopy, scalingOf } from './norm-scaling.js';
import type { AnyVector, NormOrder } from './vector.js';

/**
 * The parts of a norm: the local reduction, the operation that combines ranks, and the last step.
 */
export interface NormRecipe {
  readonly kernel: 'sumAbs' | 'sumSquares' | 'sumPower' | 'maxAbs' | 'minAbs' | 'countNonzero';
  readonly combine: Extract<ReduceOp, 'sum' | 'max' | 'min'>;
  readonly finish: (value: number) => number;
}

export const LARGEST = normRecipe(Number.POSITIVE_INFINITY);
/** True for norms whose sums of powers may overflow or underflow although the norm does not. */
export const sumsPowers = ({ kernel }: NormRecipe): boolean =>
  kernel === 'sumSquares' || kernel === 'sumPower';
/** True for norms whose sums are rounded, so that they depend on the order of additions. */
export const sumsModuli = ({ kernel }: NormRecipe): boolean =>
  kernel === 'sumAbs' || kernel === 'sumSquares' || kernel === 'sumPower';

/**
 * The recipe of a norm. The norm of order 0 counts nonzeros, `‖x‖₋∞` is min|x|.
 * @throws {@link ShapeError} for an order that has no norm
 */
export function normRecipe(order: NormOrder = 2): NormRecipe {
  const same = (v: number) => v;
  if (order === 2) return { kernel: 'sumSquares', combine: 'sum', finish: Math.sqrt };
  if (order === 1) return { kernel: 'sumAbs', combine: 'sum', finish: same };
  if (order === 0) return { kernel: 'countNonzero', combine: 'sum', finish: same };
  if (order === Number.POSITIVE_INFINITY) return { kernel: 'maxAbs', combine: 'max', finish: same };
  if (order === Number.NEGATIVE_INFINITY) return { kernel: 'minAbs', combine: 'min', finish: same };
  if (typeof order === 'number' && order > 0)
    return { kernel: 'sumPower', combine: 'sum', finish: (v) => v ** (1 / order) };
  throw new ShapeError(
    `expected a norm order of 0, a positive number, Infinity or -Infinity, received ${textOf(order)}`,
  );
}

/**
 * The k-th smallest of `size` non-negative numbers, if only the count of numbers that are at most t
 * can be computed. Bisection over the bit patterns of doubles, at most 64 counts. NaN counts as
 * larger than all numbers.
 * @throws {@link ShapeError} for k outside of `0 … size − 1`
 */
export function selectAbs(
  k: number,
  size: number,
  largest: number,
  countAtMost: (t: number) => number,
): number {
  if (!(Number.isSafeInteger(k) && k >= 0 && k < size))
    throw new ShapeError(`expected k between 0 and ${size - 1}, received ${textOf(k)}`);
  if (Number.isNaN(largest)) {
    if (countAtMost(Number.POSITIVE_INFINITY) <= k) return Number.NaN;
    return selectAbs(k, size, Number.POSITIVE_INFINITY, countAtMost);
  }
  const { of, value } = orderedKeys('float64');
  let [low, high] = [0n, of(largest)];
  while (low < high) {
    const middle = (low + high) / 2n;
    if (countAtMost(value(middle)) > k) high = middle;
    else low = middle + 1n;
  }
  return value(low);
}

/**
 * Combines the ranks' shares of norms: one reduction. A NaN on one rank gives NaN on all ranks. MPI
 * does not guarantee this for max and min.
 */
export function combineShares(
  reducer: Communicator,
  shares: Float64Array,
  combine: NormRecipe['combine'],
): void {
  if (combine === 'sum') {
    reducer.allreduce(shares, 'sum');
    return;
  }
  const n = shares.length;
  const sign = combine === 'min' ? -1 : 1;
  // first the values, then flags of those that are NaN
  const both = new Float64Array(2 * n);
  shares.forEach((v, i) => {
    both[i] = Number.isNaN(v) ? Number.NEGATIVE_INFINITY : sign * v;
    both[n + i] = Number.isNaN(v) ? 1 : 0;
  });
  reducer.allreduce(both, 'max');
  for (let i = 0; i < n; i++) shares[i] = both[n + i] === 1 ? Number.NaN : sign * (both[i] as number);
}

/** The local runs of a vector that this rank contributes to its inner product with itself. */
function runsOf(x: AnyVector): readonly Elements[] {
  const products: InnerProduct[] = [];
  x.innerProducts(x, false, products);
  return products.map(({ x: run }) => run);
}

type RunKernel = NormRecipe['kernel'] | 'countAtMost';

function reduceRun(
  kernel: RunKernel,
  run: Elements,
  parameter: number | undefined,
  scaling: Scaling | undefined,
): number {
  const { backend } = run.storage;
  if (!scaling) return backend.reduce(kernel, run, parameter) as number;
  const scaled = scaledCopy(run, scaling);
  const value = backend.reduce(kernel, scaled, parameter) as number;
  backend.release(scaled.storage);
  return value;
}

/** The local reduction `kernel` over all runs. */
function reduceRuns(
  runs: readonly Elements[],
  kernel: RunKernel,
  parameter?: number,
  scaling?: Scaling,
): number {
  if (runs.length === 1) return reduceRun(kernel, runs[0] as Elements, parameter, scaling);
  const parts = runs.map((run) => reduceRun(kernel, run, parameter, scaling));
  if (kernel === 'maxAbs') return Math.max(0, ...parts);
  if (kernel === 'minAbs') return Math.min(Number.POSITIVE_INFINITY, ...parts);
  return parts.reduce((a, b) => a + b, 0);
}

/**
 * The sum, or the extreme, of a norm over all ranks: one reduction. A sum of powers is 0 only if
 * all elements are 0.
 */
function combined(
  recipe: NormRecipe,
  runs: readonly Elements[],
  reducer: Communicator | undefined,
  order: NormOrder | undefined,
  exact: boolean,
  scaling?: Scaling,
): number {
  if (exact && sumsModuli(recipe)) {
    const lanes = new Float64Array(EXACT_LANES);
    for (const run of runs) addPowersExactly(run, order ?? 2, scaling, lanes);
    reducer?.allreduce(lanes, 'sum');
    return exactTotals(lanes)[0] as number;
  }
  let share = reduceRuns(runs, recipe.kernel, order, scaling);
  // all terms underflowed: the share is the smallest number, so that the sum over ranks is not 0
  if (share === 0 && sumsPowers(recipe) && reduceRuns(runs, 'maxAbs') > 0) share = Number.MIN_VALUE;
  if (!reducer) return share;
  const shares = Float64Array.of(share);
  combineShares(reducer, shares, recipe.combine);
  return shares[0] as number;
}

/**
 * The norm of the elements of `runs` over the ranks of `reducer`: one reduction. If the sum of
 * powers lies outside of the range in which it is precise, two more: the largest modulus, and the
 * sum of elements that are scaled by it. If `exact`, sums do not depend on the number of ranks.
 */
export function normOfRuns(
  runs: readonly Elements[],
  dtype: DType,
  reducer: Communicator | undefined,
  order: NormOrder | undefined,
  exact = false,
): number {
  const recipe = normRecipe(order);
  const sum = combined(recipe, runs, reducer, order, exact);
  if (!sumsPowers(recipe) || !isFloat(dtype) || !isOutOfRange(sum, dtype)) return recipe.finish(sum);
  const largest = combined(LARGEST, runs, reducer, undefined, exact);
  const scaling = scalingOf(largest, dtype, order ?? 2);
  return scaling
    ? scaling.undo(recipe.finish(combined(recipe, runs, reducer, order, exact, scaling)))
    : largest;
}

/** The norm of a vector of any kind, by exact sums. */
export const exactNorm = (x: AnyVector, order?: NormOrder): number =>
  normOfRuns(runsOf(x), x.dtype, x.reducer, order, true);

/** The norm of a distributed vector of any kind. */
export const distributedNorm = (x: AnyVector, reducer: Communicator, order?: NormOrder): number =>
  normOfRuns(runsOf(x), x.dtype, reducer, order);

/**
 * The k-th smallest modulus of a distributed vector of any kind: at most 65 reductions of one
 * number.
 */
export function distributedSelection(x: AnyVector, reducer: Communicator, k: number): number {
  const runs = runsOf(x);
  const count = new Float64Array(1);
  const total = (kernel: 'maxAbs' | 'countAtMost', t: number): number => {
    count[0] = reduceRuns(runs, kernel, t);
    combineShares(reducer, count, kernel === 'maxAbs' ? 'max' : 'sum');
    return count[0] as number;
  };
  return selectAbs(k, x.space.reducedSize, total('maxAbs', 0), (t) => total('countAtMost', t));
}
