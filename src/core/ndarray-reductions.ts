import { matmul } from './array-functions.js';
import type { Scalar } from './complex.js';
import type { NDArray } from './ndarray.js';
import { ElementwiseMethods } from './ndarray-elementwise.js';
import { normOfRuns } from './norm.js';
import {
  type Axes,
  argExtremeAll,
  argExtremeAxis,
  cumulativeSum,
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
import { dot, type NormOrder, rdots, vdots } from './vector.js';

/**
 * Reductions of an {@link NDArray}: without an axis over all elements, giving a scalar; over one axis or several they give an array. Sums and
 * products keep the dtype (sums of int32 along an axis wrap as int32).
 */
export abstract class ReductionMethods extends ElementwiseMethods {
  sum(this: NDArray): Scalar;
  sum(this: NDArray, axis: Axes, options?: ReduceOptions): NDArray;
  sum(this: NDArray, axis?: Axes, options?: ReduceOptions): NDArray | Scalar {
    return axis === undefined ? reduceAll('sum', this) : reduceAxes('sum', this, axis, options);
  }

  prod(this: NDArray): Scalar;
  prod(this: NDArray, axis: Axes, options?: ReduceOptions): NDArray;
  prod(this: NDArray, axis?: Axes, options?: ReduceOptions): NDArray | Scalar {
    return axis === undefined ? reduceAll('prod', this) : reduceAxes('prod', this, axis, options);
  }

  /** The largest value; NaN wins. Real data only, and not of nothing. */
  max(this: NDArray): number;
  max(this: NDArray, axis: Axes, options?: ReduceOptions): NDArray;
  max(this: NDArray, axis?: Axes, options?: ReduceOptions): NDArray | number {
    return axis === undefined ? (reduceAll('max', this) as number) : reduceAxes('max', this, axis, options);
  }

  /** The smallest value; NaN wins. Real data only, and not of nothing. */
  min(this: NDArray): number;
  min(this: NDArray, axis: Axes, options?: ReduceOptions): NDArray;
  min(this: NDArray, axis?: Axes, options?: ReduceOptions): NDArray | number {
    return axis === undefined ? (reduceAll('min', this) as number) : reduceAxes('min', this, axis, options);
  }

  /** The first position of the largest value, in the flattened array or along one axis (int32). */
  argmax(this: NDArray): number;
  argmax(this: NDArray, axis: number): NDArray;
  argmax(this: NDArray, axis?: number): NDArray | number {
    return axis === undefined ? argExtremeAll('max', this) : argExtremeAxis('max', this, axis);
  }

  /** The first position of the smallest value, in the flattened array or along one axis (int32). */
  argmin(this: NDArray): number;
  argmin(this: NDArray, axis: number): NDArray;
  argmin(this: NDArray, axis?: number): NDArray | number {
    return axis === undefined ? argExtremeAll('min', this) : argExtremeAxis('min', this, axis);
  }

  /** Is any element nonzero? */
  any(this: NDArray): boolean;
  any(this: NDArray, axis: Axes, options?: ReduceOptions): NDArray;
  any(this: NDArray, axis?: Axes, options?: ReduceOptions): NDArray | boolean {
    return axis === undefined ? reduceAll('countNonzero', this) !== 0 : truthAxes('any', this, axis, options);
  }

  /** Are all elements nonzero? */
  all(this: NDArray): boolean;
  all(this: NDArray, axis: Axes, options?: ReduceOptions): NDArray;
  all(this: NDArray, axis?: Axes, options?: ReduceOptions): NDArray | boolean {
    return axis === undefined ? reduceAll('countNonzero', this) === this.size : truthAxes('all', this, axis, options);
  }

  mean(this: NDArray): Scalar;
  mean(this: NDArray, axis: Axes, options?: ReduceOptions): NDArray;
  mean(this: NDArray, axis?: Axes, options?: ReduceOptions): NDArray | Scalar {
    return axis === undefined ? meanAll(this) : meanAxes(this, axis, options);
  }

  /** `Σ |x − mean|² / (n − ddof)` */
  var(this: NDArray, axis?: undefined, options?: VarianceOptions): number;
  var(this: NDArray, axis: Axes, options?: VarianceOptions): NDArray;
  var(this: NDArray, axis?: Axes, options?: VarianceOptions): NDArray | number {
    return axis === undefined ? varianceAll(this, options) : varianceAxes(this, axis, options);
  }

  /** The square root of `var`. */
  std(this: NDArray, axis?: undefined, options?: VarianceOptions): number;
  std(this: NDArray, axis: Axes, options?: VarianceOptions): NDArray;
  std(this: NDArray, axis?: Axes, options?: VarianceOptions): NDArray | number {
    if (axis === undefined) return Math.sqrt(varianceAll(this, options));
    return varianceAxes(this, axis, options).powerInPlace(0.5);
  }

  /** Running sums along an axis; without one, of the flattened array. */
  cumsum(this: NDArray, axis?: number): NDArray {
    return cumulativeSum(this, axis);
  }

  /** `(Σ |x|^order)^(1/order)`; 0 counts nonzeros, ±Infinity are the extremes of |x|. Several axes count as one long vector. */
  norm(this: NDArray, order?: NormOrder): number;
  norm(this: NDArray, order: NormOrder | undefined, axis: Axes, options?: ReduceOptions): NDArray;
  norm(this: NDArray, order: NormOrder = 2, axis?: Axes, options?: ReduceOptions): NDArray | number {
    if (axis !== undefined) return normAxes(this, order, axis, options);
    return normOfRuns([this], this.dtype, undefined, order);
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
