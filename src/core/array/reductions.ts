import { isScalar, type Scalar } from '../base/complex.js';
import { type DType, hostArray, isBoolean, isFloat, isInteger, placeDType } from '../base/dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../base/errors.js';
import { type Defaults, withDefaults } from '../base/options.js';
import { tidy } from '../base/scope.js';
import { around, formatShape, product, type Shape, sameShape, toAxes } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import type { Extents, ReduceKernel } from '../ports/backend.js';
import { reduceResult } from '../ports/kernel-dtypes.js';
import { checkedTotal, checkProducts, checkSums, wideDType } from '../vector/integer-sums.js';
import { normOfRuns, normRecipe, sumsModuli, sumsPowers } from '../vector/norm.js';
import { checkSameBackend, type NormOrder } from '../vector/vector.js';
import { asDType, floatsOf } from './casting.js';
import { isLocalArray, unaryInPlace, where } from './elementwise.js';
import type { NDArray } from './ndarray.js';
import { areInRange, normsAlong } from './norms-along.js';
import { type Axes, extremeOfTruth, MOST, type ReductionKernels, reductionsOf } from './shared-reductions.js';

/** Options of norms along axes. */
export interface NormOptions {
  /** Whether reduced axes stay, with length 1. @default false */
  readonly keepdims?: boolean;
  /**
   * Whether powers of moduli are added without rounding, so that norms have the same bits for any
   * number of ranks. Costs about 40 ns an element.
   * @default false
   */
  readonly exact?: boolean;
}
export const NORM_DEFAULTS = { keepdims: false, exact: false } satisfies Defaults<NormOptions>;

/** Options that keep all axes; reduced ones have length 1. */
export type KeepDims = NormOptions & { readonly keepdims: true };

/**
 * The array as `[outer, n, inner]` with all of `axes` in the middle, C-contiguous. `copied` is true
 * if this needed a copy.
 */
export function gatherAxes(
  x: NDArray,
  axes: readonly number[],
): { readonly from: NDArray; readonly extents: Extents; readonly copied: boolean } {
  const sorted = [...axes].sort((a, b) => a - b);
  const first = sorted[0] ?? 0;
  if (sorted.every((a, k) => a === first + k)) {
    const end = first + sorted.length;
    return {
      from: x.contiguous(),
      extents: [
        product(x.shape.slice(0, first)),
        product(x.shape.slice(first, end)),
        product(x.shape.slice(end)),
      ],
      copied: !x.isContiguous,
    };
  }
  const others = x.shape.map((_, k) => k).filter((k) => !sorted.includes(k));
  const size = (list: readonly number[]) => product(list.map((k) => x.shape[k] as number));
  const view = x.transpose([...others, ...sorted]);
  const from = view.copy();
  view.dispose();
  return { from, extents: [size(others), size(sorted), 1], copied: true };
}

/** The shape with length 1 for reduced axes. */
export const withOnes = (shape: Shape, axes: readonly number[]): number[] =>
  shape.map((n, k) => (axes.includes(k) ? 1 : n));

/**
 * Runs a reduction kernel over some axes, which stay with length 1. Sums and products of integers
 * are exact: see {@link wideDType}.
 */
export function reduceAxes(
  op: ReduceKernel,
  x: NDArray,
  axes: readonly number[],
  parameter?: number,
): NDArray {
  const { from, extents, copied } = gatherAxes(x, axes);
  const shape = withOnes(x.shape, axes);
  const isWide = isInteger(x.dtype) && (op === 'sum' || op === 'prod');
  const y = isWide
    ? wideReduction(op, from, extents, shape)
    : x.space.withShape(shape, reduceResult(op, x.dtype)).empty();
  if (!isWide) x.backend.reduceAxis(op, from, extents, y, parameter);
  if (copied) from.dispose();
  return y;
}

/**
 * Computes sums or products of at most `n` elements of x in `dtype`.
 * @throws {@link NumericalError} if those of whole numbers might not be exact
 */
function exactly(op: 'sum' | 'prod', x: NDArray, n: number, dtype: DType, compute: () => NDArray): NDArray {
  if (!isInteger(x.dtype)) return compute();
  if (op === 'sum') checkSums('a sum along an axis', x, n, dtype);
  else if (isInteger(dtype)) checkProducts(x, n, dtype);
  const y = compute();
  if (op === 'prod' && y.size > 0) checkedTotal(op, y, y.backend.reduce('maxAbs', y) as number);
  return y;
}

/** An exact sum or product of whole numbers: see {@link wideDType}. */
function wideReduction(op: 'sum' | 'prod', x: NDArray, extents: Extents, shape: readonly number[]): NDArray {
  const dtype = wideDType(x);
  return tidy(() =>
    exactly(op, x, extents[1], dtype, () => {
      const y = x.space.withShape(shape, dtype).empty();
      x.backend.reduceAxis(op, isInteger(dtype) ? x : x.astype(dtype), extents, y);
      return y;
    }),
  );
}

/**
 * Vector norms along axes, which stay with length 1, for every order of `normRecipe`. Several axes
 * are taken as one long vector.
 */
function normAxes(x: NDArray, order: number, axes: readonly number[], exact = false): NDArray {
  const recipe = normRecipe(order);
  return tidy(() => {
    const from = floatsOf(x);
    const sums = reduceAxes(recipe.kernel, from, axes, order);
    if ((exact && sumsModuli(recipe)) || (sumsPowers(recipe) && !areInRange(sums))) {
      const gathered = gatherAxes(from, axes);
      const norms = hostArray(sums.dtype, sums.size);
      norms.set(normsAlong(gathered.from, gathered.extents, order, exact));
      return sums.space.upload(norms);
    }
    if (recipe.kernel === 'sumSquares') unaryInPlace('sqrt', sums);
    return recipe.kernel === 'sumPower' ? sums.powerInPlace(1 / order) : sums;
  });
}

/** The 2-norms over axes, which stay with length 1. */
export const normsOfLines = (x: NDArray, axes: readonly number[]): NDArray => normAxes(x, 2, axes);

export function norm(
  x: NDArray,
  order: NormOrder,
  axis: Axes | undefined,
  options: NormOptions | undefined,
): NDArray | number {
  const { keepdims, exact } = withDefaults('norm', options, NORM_DEFAULTS);
  if (axis === undefined && !keepdims) {
    const run = x.contiguous();
    try {
      return normOfRuns([run], x.dtype, undefined, order, exact);
    } finally {
      if (run !== x) run.dispose();
    }
  }
  return tidy(() => {
    const axes = toAxes(axis, x.shape.length, 'axis', 'norm');
    const y = normAxes(x, order, axes, exact);
    return keepdims ? y : drop(y, axes);
  });
}

/** An array without some axes of length 1. */
const drop = (x: NDArray, axes: readonly number[]): NDArray =>
  x.reshape(x.shape.filter((_, k) => !axes.includes(k)));

/** Where elements are the extreme of their line: equal to it, or NaN. */
export const extremeFlags = (x: NDArray, extreme: NDArray, skipsNaN: boolean): NDArray =>
  isFloat(x.dtype) && !skipsNaN ? x.equal(extreme).maximumInPlace(x.isnan()) : x.equal(extreme);

/**
 * The first positions along an axis, which stays with length 1, at which flags are true. They count
 * from `start` and are less than `none`, which stands where there is none.
 */
export function firstTrue(flags: NDArray, axis: number, start: number, none: number): NDArray {
  const n = flags.shape[axis] as number;
  const dtype = placeDType(none + 1);
  if (n === 0)
    return flags.space
      .withShape(withOnes(flags.shape, [axis]), dtype)
      .empty()
      .fill(none);
  const positions = hostArray(dtype, n).map((_, i) => start + i);
  const column = flags.space
    .withShape(
      flags.shape.map((_, k) => (k === axis ? n : 1)),
      dtype,
    )
    .upload(positions);
  return reduceAxes('min', where(flags, column, none), [axis]);
}

/** The first positions of the extremes along an axis, which stays with length 1. */
export function positionsOfLines(op: 'max' | 'min', x: NDArray, axis: number): NDArray {
  const dtype = placeDType(x.shape[axis] as number);
  const y = x.space.withShape(withOnes(x.shape, [axis]), dtype).empty();
  x.backend.argExtremeAxis(op, x, around(x.shape, axis), y);
  return y;
}

/** x with a number in place of NaN. Integers have none. */
export const withoutNaN = (x: NDArray, value: number): NDArray =>
  isFloat(x.dtype) ? where(x.isnan(), value, x) : x;

/** No number is less than this bound of a maximum, or more than that of a minimum. */
export const BOUND = { max: Number.NEGATIVE_INFINITY, min: Number.POSITIVE_INFINITY } as const;

/** The first position of the extreme in the flattened array; undefined if nothing is left of x. */
export function firstExtreme(op: 'max' | 'min', x: NDArray, skipsNaN: boolean): number | undefined {
  if (x.size === 0) return undefined;
  return tidy(() => {
    const from = skipsNaN ? withoutNaN(x, BOUND[op]) : x;
    const at = x.backend.argExtreme(op, from);
    const isLeftOut = skipsNaN && Number.isNaN(x.ravel().get(at));
    if (!isLeftOut) return at;
    // All that are not NaN are at the bound
    const hits = x.equal(BOUND[op]);
    return hits.any() ? x.backend.argExtreme('max', hits) : undefined;
  });
}

/** Whether any or all elements along axes, which stay with length 1, are not 0. */
export function truth(kind: 'any' | 'all', x: NDArray, axes: readonly number[]): NDArray {
  return tidy(() => {
    const extreme = extremeOfTruth(kind, x);
    if (extreme) return reduceAxes(extreme, x, axes);
    if (kind === 'any') return reduceAxes('countNonzero', x, axes).greater(0);
    // of flags, for which counts are exact
    return reduceAxes('countNonzero', x.equal(0), axes).equal(0);
  });
}

/** Running results, computed in a dtype. */
const runningIn = (op: 'sum' | 'prod', x: NDArray, extents: Extents, dtype: DType): NDArray => {
  const y = x.space.withShape(x.shape, dtype).empty();
  x.backend.accumulate(op, asDType(x, dtype), extents, y);
  return y;
};

/** Running results along an axis. Those of integers are exact: see {@link wideDType}. */
export function accumulate(name: 'cumsum' | 'cumprod', x: NDArray, axis: number): NDArray {
  const op = name === 'cumsum' ? 'sum' : 'prod';
  const extents = around(x.shape, axis);
  const dtype = wideDType(x);
  return tidy(() => exactly(op, x, extents[1], dtype, () => runningIn(op, x, extents, dtype)));
}

/** As {@link accumulate}, but sums of int32 that are certain to fit stay int32. */
function accumulateNarrow(name: 'cumsum' | 'cumprod', x: NDArray, axis: number): NDArray {
  const extents = around(x.shape, axis);
  const fits =
    name === 'cumsum' &&
    x.dtype === 'int32' &&
    x.size > 0 &&
    (x.backend.reduce('maxAbs', x) as number) * extents[1] <= MOST;
  return fits ? tidy(() => runningIn('sum', x, extents, 'int32')) : accumulate(name, x, axis);
}

/** A sum or product of integers, exact. */
export const exactTotal = (op: 'sum' | 'prod', x: NDArray): number =>
  checkedTotal(op, x, x.backend.reduce(op, x) as number);

/** Whether whole numbers fit into int32. */
export function areInt32(x: NDArray): boolean {
  if (x.dtype === 'int32' || x.size === 0) return true;
  const extreme = (op: 'maxAbs' | 'max' | 'min'): number => x.backend.reduce(op, x) as number;
  return extreme('maxAbs') <= MOST || (extreme('max') <= MOST && extreme('min') >= -MOST - 1);
}

/** An array of one value, of dtype int32 if it fits. */
export const filledWith = (x: NDArray, shape: Shape, value: number): NDArray =>
  x.space
    .withShape(shape, placeDType(value + 1))
    .empty()
    .fill(value);

/**
 * A mask of the elements of x, of its shape.
 * @throws {@link DTypeError} unless it is bool
 */
export function maskFor(name: string, x: NDArray, mask: NDArray): NDArray {
  if (!isBoolean(mask.dtype))
    throw new DTypeError(`${name}: expected where to be bool, received ${mask.dtype}: compare it with 0`);
  checkSameBackend(x, mask);
  return mask.broadcastTo(x.shape);
}

/** Throws {@link ShapeError} unless an array of either kind has the shape of a result. */
export function checkOutShape(
  name: string,
  out: { readonly space: { readonly shape: Shape } },
  shape: Shape,
): void {
  if (!sameShape(out.space.shape, shape))
    throw new ShapeError(
      `${name}: expected out of shape ${formatShape(shape)}, received ${formatShape(out.space.shape)}`,
    );
}

/**
 * Puts the result of a reduction into an array, and returns that.
 * @throws {@link ShapeError} unless it has the shape of the result
 */
export function putInto(name: string, out: NDArray, result: NDArray | Scalar | boolean): NDArray {
  checkOutShape(name, out, typeof result === 'boolean' || isScalar(result) ? [] : result.shape);
  if (typeof result === 'boolean') return out.fill(Number(result));
  return isScalar(result) ? out.fill(result) : out.assign(result);
}

/** Throws {@link ArgumentError} unless an option is an array of one rank. */
function checkArrayOption(name: string, option: string, value: unknown): asserts value is NDArray {
  if (!isLocalArray(value))
    throw new ArgumentError(`${name}: expected ${option} to be an NDArray, received ${textOf(value)}`);
}

const LOCAL: ReductionKernels<NDArray> = {
  check: () => undefined,
  over: (_, op, x, axes) => reduceAxes(op, x, axes),
  masked: (name, x, mask) => {
    checkArrayOption(name, 'where', mask);
    return [x, maskFor(name, x, mask)];
  },
  choose: where,
  into: (name, out, result) => {
    checkArrayOption(name, 'out', out);
    return putInto(name, out, result);
  },
  truth,
  norms: (_, x, axes) => normsOfLines(x, axes),
  positions: (_, op, x, axis) => positionsOfLines(op, x, axis),
  total: (op, x) => x.backend.reduce(op, x),
  exactTotal,
  norm: (x) => x.norm(),
  position: (op, x) => x.backend.argExtreme(op, x),
  running: accumulateNarrow,
  flat: (_, x) => x.ravel(),
  integers: (x) => (areInt32(x) ? asDType(x, 'int32') : x),
  filled: filledWith,
  drop,
};

/** The methods of NDArray. */
export const REDUCTIONS = reductionsOf(LOCAL);
