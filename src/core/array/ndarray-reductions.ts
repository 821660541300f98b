import type { Scalar } from '../base/complex.js';
import { normOfRuns } from '../vector/norm.js';
import { dot, type NormOrder, rdots, vdots } from '../vector/vector.js';
import { matmul } from './array-functions.js';
import type { NDArray } from './ndarray.js';
import { ElementwiseMethods } from './ndarray-elementwise.js';
import {
  type Axes,
  argExtreme,
  cumulativeSum,
  deviationAll,
  deviationAxes,
  keptAxes,
  meanAll,
  meanAxes,
  normAxes,
  type ReduceOptions,
  reduceAll,
  reduceAxes,
  truthAxes,
  type VarianceOptions,
  varianceAll,
  varianceAxes,
} from './reductions.js';

/** Keeps all axes, as of a reduction along each of them. */
type KeepDims = ReduceOptions & { readonly keepdims: true };

/**
 * Reductions of an {@link NDArray}: without an axis over all elements, giving a scalar; over one
 * axis or several they give an array. Sums and products keep the dtype, but of int32, which are
 * float64 where the backend holds it: whole numbers that are exact, or a {@link NumericalError}.
 */
export abstract class ReductionMethods extends ElementwiseMethods {
  sum(this: NDArray): Scalar;
  sum(this: NDArray, axis: Axes, options?: ReduceOptions): NDArray;
  sum(this: NDArray, axis: undefined, options: KeepDims): NDArray;
  sum(this: NDArray, axis?: Axes, options?: ReduceOptions): NDArray | Scalar {
    const axes = axis ?? keptAxes('sum', this, options);
    return axes === undefined ? reduceAll('sum', this) : reduceAxes('sum', this, axes, options);
  }

  prod(this: NDArray): Scalar;
  prod(this: NDArray, axis: Axes, options?: ReduceOptions): NDArray;
  prod(this: NDArray, axis: undefined, options: KeepDims): NDArray;
  prod(this: NDArray, axis?: Axes, options?: ReduceOptions): NDArray | Scalar {
    const axes = axis ?? keptAxes('prod', this, options);
    return axes === undefined ? reduceAll('prod', this) : reduceAxes('prod', this, axes, options);
  }

  /** The largest value; NaN wins. Real data only, and not of nothing. */
  max(this: NDArray): number;
  max(this: NDArray, axis: Axes, options?: ReduceOptions): NDArray;
  max(this: NDArray, axis: undefined, options: KeepDims): NDArray;
  max(this: NDArray, axis?: Axes, options?: ReduceOptions): NDArray | number {
    const axes = axis ?? keptAxes('max', this, options);
    return axes === undefined ? (reduceAll('max', this) as number) : reduceAxes('max', this, axes, options);
  }

  /** The smallest value; NaN wins. Real data only, and not of nothing. */
  min(this: NDArray): number;
  min(this: NDArray, axis: Axes, options?: ReduceOptions): NDArray;
  min(this: NDArray, axis: undefined, options: KeepDims): NDArray;
  min(this: NDArray, axis?: Axes, options?: ReduceOptions): NDArray | number {
    const axes = axis ?? keptAxes('min', this, options);
    return axes === undefined ? (reduceAll('min', this) as number) : reduceAxes('min', this, axes, options);
  }

  /** The first position of the largest value, in the flattened array or along one axis (int32). */
  argmax(this: NDArray): number;
  argmax(this: NDArray, axis: number, options?: ReduceOptions): NDArray;
  argmax(this: NDArray, axis: undefined, options: KeepDims): NDArray;
  argmax(this: NDArray, axis?: number, options?: ReduceOptions): NDArray | number {
    return argExtreme('max', this, axis, options);
  }

  /** The first position of the smallest value, in the flattened array or along one axis (int32). */
  argmin(this: NDArray): number;
  argmin(this: NDArray, axis: number, options?: ReduceOptions): NDArray;
  argmin(this: NDArray, axis: undefined, options: KeepDims): NDArray;
  argmin(this: NDArray, axis?: number, options?: ReduceOptions): NDArray | number {
    return argExtreme('min', this, axis, options);
  }

  /** Is any element nonzero? */
  any(this: NDArray): boolean;
  any(this: NDArray, axis: Axes, options?: ReduceOptions): NDArray;
  any(this: NDArray, axis: undefined, options: KeepDims): NDArray;
  any(this: NDArray, axis?: Axes, options?: ReduceOptions): NDArray | boolean {
    const axes = axis ?? keptAxes('any', this, options);
    return axes === undefined ? reduceAll('countNonzero', this) !== 0 : truthAxes('any', this, axes, options);
  }

  /** Are all elements nonzero? */
  all(this: NDArray): boolean;
  all(this: NDArray, axis: Axes, options?: ReduceOptions): NDArray;
  all(this: NDArray, axis: undefined, options: KeepDims): NDArray;
  all(this: NDArray, axis?: Axes, options?: ReduceOptions): NDArray | boolean {
    const axes = axis ?? keptAxes('all', this, options);
    return axes === undefined
      ? reduceAll('countNonzero', this) === this.size
      : truthAxes('all', this, axes, options);
  }

  mean(this: NDArray): Scalar;
  mean(this: NDArray, axis: Axes, options?: ReduceOptions): NDArray;
  mean(this: NDArray, axis: undefined, options: KeepDims): NDArray;
  mean(this: NDArray, axis?: Axes, options?: ReduceOptions): NDArray | Scalar {
    const axes = axis ?? keptAxes('mean', this, options);
    return axes === undefined ? meanAll(this) : meanAxes(this, axes, options);
  }

  /** `Σ |x − mean|² / (n − ddof)` */
  var(this: NDArray, axis?: undefined, options?: VarianceOptions & { readonly keepdims?: false }): number;
  var(this: NDArray, axis: Axes, options?: VarianceOptions): NDArray;
  var(this: NDArray, axis: undefined, options: VarianceOptions & KeepDims): NDArray;
  var(this: NDArray, axis?: Axes, options?: VarianceOptions): NDArray | number {
    const axes = axis ?? keptAxes('var', this, options, ['keepdims', 'ddof']);
    return axes === undefined ? varianceAll(this, options) : varianceAxes(this, axes, options);
  }

  /** The square root of `var`. */
  std(this: NDArray, axis?: undefined, options?: VarianceOptions & { readonly keepdims?: false }): number;
  std(this: NDArray, axis: Axes, options?: VarianceOptions): NDArray;
  std(this: NDArray, axis: undefined, options: VarianceOptions & KeepDims): NDArray;
  std(this: NDArray, axis?: Axes, options?: VarianceOptions): NDArray | number {
    const axes = axis ?? keptAxes('std', this, options, ['keepdims', 'ddof']);
    return axes === undefined ? deviationAll(this, options) : deviationAxes(this, axes, options);
  }

  /** Running sums along an axis; without one, of the flattened array. */
  cumsum(this: NDArray, axis?: number): NDArray {
    return cumulativeSum(this, axis);
  }

  /**
   * `(Σ |x|^order)^(1/order)`; 0 counts nonzeros, ±Infinity are the extremes of |x|. Several axes
   * count as one long vector.
   */
  norm(this: NDArray, order?: NormOrder): number;
  norm(this: NDArray, order: NormOrder | undefined, axis: Axes, options?: ReduceOptions): NDArray;
  norm(this: NDArray, order: NormOrder | undefined, axis: undefined, options: KeepDims): NDArray;
  norm(this: NDArray, order: NormOrder = 2, axis?: Axes, options?: ReduceOptions): NDArray | number {
    const axes = axis ?? keptAxes('norm', this, options);
    return axes === undefined
      ? normOfRuns([this], this.dtype, undefined, order)
      : normAxes(this, order, axes, options);
  }

  /** `Σ x·y`, without conjugation, of arrays of one shape. */
  dot(this: NDArray, y: NDArray): Scalar {
    return dot<NDArray>(this, y);
  }
  /** `Σ conj(x)·y` */
  vdot(this: NDArray, y: NDArray): Scalar {
    return vdots([this, y])[0] as Scalar;
  }
  /** `Re Σ conj(x)·y` */
  rdot(this: NDArray, y: NDArray): number {
    return rdots([this, y])[0] as number;
  }
  /** The matrix product, as np.matmul: leading axes broadcast. */
  matmul(this: NDArray, other: NDArray): NDArray {
    return matmul(this, other);
  }
}
