import type {
  AxesOr,
  InitialOptions,
  MaskedOptions,
  MomentOptions,
  ReducedBy,
  ReductionOptions,
  RunningOptions,
  TotalOptions,
} from '../../array/shared-reductions.js';
import type { Scalar } from '../../base/complex.js';
import type { EitherArray } from '../align.js';
import type { DistributedArray } from '../distributed-array.js';
import { DISTRIBUTED_REDUCTIONS as OF } from './distributed-reductions.js';
import { ElementwiseMethods } from './elementwise-methods.js';

/** The result over axes: of all axes an array of one rank, otherwise a distributed one. */
type Result<A, O, T> = ReducedBy<A, O, EitherArray, T>;
type Axis = number | null | undefined;

/**
 * The reductions of distributed arrays. Their arguments are axes and options, or options alone.
 * Without axes they are numbers, the same on all ranks, accumulated in double precision; over axes
 * they are arrays. If a reduced axis is split, the result is replicated, and costs one reduction;
 * otherwise it is split as this array is, and nothing is sent. Of integers, the ranks agree that
 * results are exact: one or two exchanges of objects.
 */
export abstract class ReductionMethods extends ElementwiseMethods {
  /** The sum. Of int32 and bool it is int32 over axes, and exact. */
  sum<const A extends AxesOr<TotalOptions> = undefined, const O extends TotalOptions = TotalOptions>(
    axis?: A,
    options?: O,
  ): Result<A, O, Scalar> {
    return OF.sum(asArray(this), axis, options) as Result<A, O, Scalar>;
  }
  /** The product. Integers as those of `sum`. */
  prod<const A extends AxesOr<TotalOptions> = undefined, const O extends TotalOptions = TotalOptions>(
    axis?: A,
    options?: O,
  ): Result<A, O, Scalar> {
    return OF.prod(asArray(this), axis, options) as Result<A, O, Scalar>;
  }
  /** The largest value; NaN if one element is NaN. Real data only, and not for an empty array. */
  max<const A extends AxesOr<InitialOptions> = undefined, const O extends InitialOptions = InitialOptions>(
    axis?: A,
    options?: O,
  ): Result<A, O, number> {
    return OF.max(asArray(this), axis, options) as Result<A, O, number>;
  }
  /**
   * The smallest value; NaN if one element is NaN. Real data only, and not for an empty array.
   */
  min<const A extends AxesOr<InitialOptions> = undefined, const O extends InitialOptions = InitialOptions>(
    axis?: A,
    options?: O,
  ): Result<A, O, number> {
    return OF.min(asArray(this), axis, options) as Result<A, O, number>;
  }
  /** The mean. For int32 and bool it has the backend's default float dtype. */
  mean<const A extends AxesOr<MaskedOptions> = undefined, const O extends MaskedOptions = MaskedOptions>(
    axis?: A,
    options?: O,
  ): Result<A, O, Scalar> {
    return OF.mean(asArray(this), axis, options) as Result<A, O, Scalar>;
  }
  /** `Σ |x − mean|² / (n − ddof)`. Two reductions if a reduced axis is split. */
  var<const A extends AxesOr<MomentOptions> = undefined, const O extends MomentOptions = MomentOptions>(
    axis?: A,
    options?: O,
  ): Result<A, O, number> {
    return OF.var(asArray(this), axis, options) as Result<A, O, number>;
  }
  /** The square root of `var`, two reductions as well; two more if squares over axes overflow. */
  std<const A extends AxesOr<MomentOptions> = undefined, const O extends MomentOptions = MomentOptions>(
    axis?: A,
    options?: O,
  ): Result<A, O, number> {
    return OF.std(asArray(this), axis, options) as Result<A, O, number>;
  }
  /** True if any element is nonzero. */
  any<const A extends AxesOr<MaskedOptions> = undefined, const O extends MaskedOptions = MaskedOptions>(
    axis?: A,
    options?: O,
  ): Result<A, O, boolean> {
    return OF.any(asArray(this), axis, options) as Result<A, O, boolean>;
  }
  /** True if all elements are nonzero. */
  all<const A extends AxesOr<MaskedOptions> = undefined, const O extends MaskedOptions = MaskedOptions>(
    axis?: A,
    options?: O,
  ): Result<A, O, boolean> {
    return OF.all(asArray(this), axis, options) as Result<A, O, boolean>;
  }
  /**
   * The first position of the largest value, in the flattened array or along one axis, int32. Two
   * reductions if the axis is split; without an axis one exchange of objects.
   */
  argmax<
    const A extends AxesOr<ReductionOptions> = undefined,
    const O extends ReductionOptions = ReductionOptions,
  >(axis?: A, options?: O): Result<A, O, number> {
    return OF.argmax(asArray(this), axis, options) as Result<A, O, number>;
  }
  /** The first position of the smallest value. Messages as those of `argmax`. */
  argmin<
    const A extends AxesOr<ReductionOptions> = undefined,
    const O extends ReductionOptions = ReductionOptions,
  >(axis?: A, options?: O): Result<A, O, number> {
    return OF.argmin(asArray(this), axis, options) as Result<A, O, number>;
  }
  /**
   * Running sums along an axis, or of the flattened array. If the axis is split, at most
   * ⌈log₂ ranks⌉ messages of one slice a rank. The flattened array is moved first if it is not
   * split by rows.
   */
  cumsum(axis?: Axis | RunningOptions, options?: RunningOptions): DistributedArray {
    return OF.cumsum(asArray(this), axis, options) as DistributedArray;
  }
  /** Running products. Messages as those of `cumsum`. */
  cumprod(axis?: Axis | RunningOptions, options?: RunningOptions): DistributedArray {
    return OF.cumprod(asArray(this), axis, options) as DistributedArray;
  }
}

/** The only subclass. */
const asArray = (x: ReductionMethods): DistributedArray => x as DistributedArray;
