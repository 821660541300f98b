import { div, type Scalar } from '../base/complex.js';
import { type DType, hostArray, INDEX_DTYPE, isComplex, isFloat, isInteger } from '../base/dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../base/errors.js';
import { checkNames, type Defaults, withDefaults } from '../base/options.js';
import { tidy } from '../base/scope.js';
import { around, product, type Shape, toAxes, toAxis } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import type { Accumulation, Extents, ReduceKernel } from '../ports/backend.js';
import { reduceResult } from '../ports/kernel-dtypes.js';
import { checkedTotal, checkProducts, checkSums, wideDType } from '../vector/integer-sums.js';
import { normOfRuns, normRecipe, sumsModuli, sumsPowers } from '../vector/norm.js';
import type { NormOrder } from '../vector/vector.js';
import { unaryInPlace } from './elementwise.js';
import type { NDArray } from './ndarray.js';
import { areInRange, normsAlong } from './norms-along.js';

/** One axis or several; negative ones count from the end. */
export type Axes = number | readonly number[];

export interface ReduceOptions {
  /** Whether reduced axes stay, with length 1. @default false */
  readonly keepdims?: boolean;
}
const DEFAULTS = { keepdims: false } satisfies Defaults<ReduceOptions>;

/** Options of norms along axes. */
export interface NormOptions extends ReduceOptions {
  /**
   * Whether powers of moduli are added without rounding, so that norms have the same bits for any
   * number of ranks. Costs about 40 ns an element.
   * @default false
   */
  readonly exact?: boolean;
}
export const NORM_DEFAULTS = { ...DEFAULTS, exact: false } satisfies Defaults<NormOptions>;

/** Options that keep all axes; reduced ones have length 1. */
export type KeepDims = ReduceOptions & { readonly keepdims: true };

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

/** The shape without the reduced `axes`, or with length 1 for them. */
function reducedShape(shape: Shape, axes: readonly number[], keepdims: boolean): number[] {
  return keepdims
    ? shape.map((n, k) => (axes.includes(k) ? 1 : n))
    : shape.filter((_, k) => !axes.includes(k));
}

/**
 * The axes of a reduction without given axes: all axes if `keepdims` is set. Otherwise undefined:
 * then the result is a scalar.
 */
function keptAxes(
  op: string,
  x: NDArray,
  options: ReduceOptions | undefined,
  known: Defaults<ReduceOptions> = DEFAULTS,
): Axes | undefined {
  if (options === undefined) return undefined;
  checkNames(op, options, known);
  return options.keepdims ? x.shape.map((_, k) => k) : undefined;
}

export function checkOrdered(op: string, x: { readonly dtype: DType }): void {
  if (isComplex(x.dtype))
    throw new DTypeError(`${op} is not defined for ${x.dtype}: take abs(), real() or imag() first`);
}

export function checkNotEmpty(op: string, { shape }: { readonly shape: Shape }, n: number): void {
  if (n === 0)
    throw new ShapeError(`${op} of nothing is not defined: received an array of shape [${shape.join(', ')}]`);
}

/**
 * Runs a reduction kernel over some axes. max and min of no elements and of complex data are
 * refused.
 */
function reduceAxes(
  op: ReduceKernel,
  x: NDArray,
  axis: Axes,
  options?: ReduceOptions,
  parameter?: number,
): NDArray {
  const { keepdims } = withDefaults(op, options, DEFAULTS);
  const axes = toAxes(axis, x.shape.length);
  const shape = reducedShape(x.shape, axes, keepdims);
  const { from, extents, copied } = gatherAxes(x, axes);
  if (op === 'max' || op === 'min') {
    checkOrdered(op, x);
    if (extents[0] * extents[2] > 0) checkNotEmpty(op, x, extents[1]);
  }
  if (isInteger(x.dtype) && (op === 'sum' || op === 'prod')) {
    const y = wideReduction(op, from, extents, shape);
    if (copied) from.dispose();
    return y;
  }
  const y = x.space.withShape(shape, reduceResult(op, x.dtype)).empty();
  x.backend.reduceAxis(op, from, extents, y, parameter);
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

/** Runs a reduction kernel over all elements. */
function reduceAll(op: ReduceKernel, x: NDArray, parameter?: number): Scalar {
  if (op === 'max' || op === 'min') {
    checkOrdered(op, x);
    checkNotEmpty(op, x, x.size);
  }
  const value = x.backend.reduce(op, x, parameter);
  return isInteger(x.dtype) && (op === 'sum' || op === 'prod') ? checkedTotal(op, x, value as number) : value;
}

/**
 * Runs a reduction kernel over the given axes. Without axes, it reduces all elements to a scalar.
 */
export function reduce(
  op: ReduceKernel,
  x: NDArray,
  axis: Axes | undefined,
  options: ReduceOptions | undefined,
): NDArray | Scalar {
  const axes = axis ?? keptAxes(op, x, options);
  return axes === undefined ? reduceAll(op, x) : reduceAxes(op, x, axes, options);
}

/** The dtype in which means are computed. */
const floatOf = (x: NDArray): DType => (isFloat(x.dtype) ? x.dtype : x.backend.defaultDType);
const countAlong = (x: NDArray, axes: readonly number[]) => product(axes.map((k) => x.shape[k] as number));

const meanAll = (x: NDArray): Scalar => div(x.backend.reduce('sum', x), x.size);

function meanAxes(x: NDArray, axis: Axes, options?: ReduceOptions): NDArray {
  return tidy(() => {
    const from = x.dtype === floatOf(x) ? x : x.astype(floatOf(x));
    return reduceAxes('sum', from, axis, options).divideInPlace(countAlong(x, toAxes(axis, x.shape.length)));
  });
}

export function mean(
  x: NDArray,
  axis: Axes | undefined,
  options: ReduceOptions | undefined,
): NDArray | Scalar {
  const axes = axis ?? keptAxes('mean', x, options);
  return axes === undefined ? meanAll(x) : meanAxes(x, axes, options);
}

export interface VarianceOptions extends ReduceOptions {
  /** The divisor is `n − ddof`. @default 0 */
  readonly ddof?: number;
}

const VARIANCE_DEFAULTS = { ...DEFAULTS, ddof: 0 } satisfies Defaults<VarianceOptions>;

function checkVariance(
  owner: 'var' | 'std',
  options: VarianceOptions | undefined,
): Required<VarianceOptions> {
  const given = withDefaults(owner, options, VARIANCE_DEFAULTS);
  if (!Number.isFinite(given.ddof))
    throw new ArgumentError(`expected ddof to be a number, received ${textOf(given.ddof)}`);
  return given;
}

/** `Σ |x − mean|² / (n − ddof)` */
function varianceAll(x: NDArray, options?: VarianceOptions): number {
  const { ddof } = checkVariance('var', options);
  return tidy(() => {
    const deviations = x.subtract(meanAll(x));
    return (reduceAll('sumSquares', deviations) as number) / (x.size - ddof);
  });
}

function varianceAxes(x: NDArray, axis: Axes, options?: VarianceOptions): NDArray {
  const { ddof, keepdims } = checkVariance('var', options);
  return tidy(() => {
    const deviations = x.subtract(meanAxes(x, axis, { keepdims: true }));
    return reduceAxes('sumSquares', deviations, axis, { keepdims }).divideInPlace(
      countAlong(x, toAxes(axis, x.shape.length)) - ddof,
    );
  });
}

export function variance(
  x: NDArray,
  axis: Axes | undefined,
  options: VarianceOptions | undefined,
): NDArray | number {
  const axes = axis ?? keptAxes('var', x, options, VARIANCE_DEFAULTS);
  return axes === undefined ? varianceAll(x, options) : varianceAxes(x, axes, options);
}

/** `√(Σ |x − mean|² / (n − ddof))`, without intermediate overflow. */
function deviationAll(x: NDArray, options?: VarianceOptions): number {
  const { ddof } = checkVariance('std', options);
  return tidy(() => x.subtract(meanAll(x)).norm() / Math.sqrt(x.size - ddof));
}

function deviationAxes(x: NDArray, axis: Axes, options?: VarianceOptions): NDArray {
  const { ddof, keepdims } = checkVariance('std', options);
  return tidy(() => {
    const deviations = x.subtract(meanAxes(x, axis, { keepdims: true }));
    return normAxes(deviations, 2, axis, { keepdims }).divideInPlace(
      Math.sqrt(countAlong(x, toAxes(axis, x.shape.length)) - ddof),
    );
  });
}

export function deviation(
  x: NDArray,
  axis: Axes | undefined,
  options: VarianceOptions | undefined,
): NDArray | number {
  const axes = axis ?? keptAxes('std', x, options, VARIANCE_DEFAULTS);
  return axes === undefined ? deviationAll(x, options) : deviationAxes(x, axes, options);
}

/**
 * Vector norms along axes, for every order of `normRecipe`. Several axes are taken as one long
 * vector.
 */
function normAxes(x: NDArray, order: number, axis: Axes, options?: NormOptions): NDArray {
  const recipe = normRecipe(order);
  const { keepdims, exact } = withDefaults('norm', options, NORM_DEFAULTS);
  return tidy(() => {
    const from = x.dtype === floatOf(x) ? x : x.astype(floatOf(x));
    const sums = reduceAxes(recipe.kernel, from, axis, { keepdims }, order);
    if ((exact && sumsModuli(recipe)) || (sumsPowers(recipe) && !areInRange(sums))) {
      const gathered = gatherAxes(from, toAxes(axis, x.shape.length));
      const norms = hostArray(sums.dtype, sums.size);
      norms.set(normsAlong(gathered.from, gathered.extents, order, exact));
      return sums.space.upload(norms);
    }
    if (recipe.kernel === 'sumSquares') unaryInPlace('sqrt', sums);
    return recipe.kernel === 'sumPower' ? sums.powerInPlace(1 / order) : sums;
  });
}

export function norm(
  x: NDArray,
  order: NormOrder,
  axis: Axes | undefined,
  options: NormOptions | undefined,
): NDArray | number {
  const axes = axis ?? keptAxes('norm', x, options, NORM_DEFAULTS);
  if (axes !== undefined) return normAxes(x, order, axes, options);
  const run = x.contiguous();
  try {
    return normOfRuns([run], x.dtype, undefined, order, options?.exact);
  } finally {
    if (run !== x) run.dispose();
  }
}

/** The first position of the extreme along one axis, int32. A NaN counts as the extreme. */
function argExtremeAxis(op: 'max' | 'min', x: NDArray, axis: number, options?: ReduceOptions): NDArray {
  withDefaults(`arg${op}`, options, DEFAULTS);
  checkOrdered(`arg${op}`, x);
  const k = toAxis(axis, x.shape.length);
  const n = x.shape[k] as number;
  checkNotEmpty(`arg${op}`, x, n);
  return tidy(() => {
    const extreme = reduceAxes(op, x, k, { keepdims: true });
    const hit = x.equal(extreme).maximumInPlace(x.isnan());
    const positions = x.space.withShape([n], INDEX_DTYPE).empty();
    x.backend.upload(
      Int32Array.from({ length: n }, (_, i) => i),
      positions,
    );
    const column = positions.reshape(x.shape.map((_, j) => (j === k ? n : 1)));
    // the least of the positions of the extreme; all other positions are replaced by n
    const misses = hit.subtract(1).multiplyInPlace(-n);
    return reduceAxes('min', misses.addInPlace(column), k, options);
  });
}

/** As {@link argExtremeAxis}. Without an axis, the position in the flattened array. */
export function argExtreme(
  op: 'max' | 'min',
  x: NDArray,
  axis: number | undefined,
  options?: ReduceOptions,
): NDArray | number {
  if (axis !== undefined) return argExtremeAxis(op, x, axis, options);
  if (keptAxes(`arg${op}`, x, options)) {
    return tidy(() => argExtremeAxis(op, x.ravel(), 0).reshape(x.shape.map(() => 1)));
  }
  checkOrdered(`arg${op}`, x);
  checkNotEmpty(`arg${op}`, x, x.size);
  return x.backend.argExtreme(op, x);
}

/** 1 if any (all) elements along the axes are nonzero, otherwise 0. */
function truthAxes(kind: 'any' | 'all', x: NDArray, axis: Axes, options?: ReduceOptions): NDArray {
  return tidy(() => {
    if (kind === 'any') return reduceAxes('countNonzero', x, axis, options).greater(0);
    // of flags, for which counts are exact
    return reduceAxes('countNonzero', x.equal(0), axis, options).equal(0);
  });
}

export function truth(
  kind: 'any' | 'all',
  x: NDArray,
  axis: Axes | undefined,
  options: ReduceOptions | undefined,
): NDArray | boolean {
  const axes = axis ?? keptAxes(kind, x, options);
  if (axes !== undefined) return truthAxes(kind, x, axes, options);
  const count = reduceAll('countNonzero', x);
  return kind === 'any' ? count !== 0 : count === x.size;
}

/**
 * Running results along an axis. Without an axis, those of the flattened array. Those of whole
 * numbers are exact: see {@link wideDType}.
 */
export function accumulate(op: Accumulation, x: NDArray, axis: number | undefined): NDArray {
  const shape = axis === undefined ? [x.size] : x.shape;
  const extents: Extents =
    axis === undefined ? [1, x.size, 1] : around(x.shape, toAxes(axis, x.shape.length)[0] as number);
  const dtype = wideDType(x);
  return tidy(() =>
    exactly(op, x, extents[1], dtype, () => {
      const y = x.space.withShape(shape, dtype).empty();
      x.backend.accumulate(op, dtype === x.dtype ? x : x.astype(dtype), extents, y);
      return y;
    }),
  );
}
