import type {
  InitialOptions,
  MaskedOptions,
  MomentOptions,
  ReductionOptions,
  RunningOptions,
  TotalOptions,
} from '../core/array/shared-reductions.js';
import type { Scalar } from '../core/base/complex.js';
import { tidy } from '../core/base/scope.js';
import { type ArrayLike, type ArrayOf, arrayOf } from './operands.js';
import type { Reduction } from './reduction.js';

/** The methods that are functions too. */
type Method =
  | 'sum'
  | 'prod'
  | 'max'
  | 'min'
  | 'mean'
  | 'var'
  | 'std'
  | 'any'
  | 'all'
  | 'argmax'
  | 'argmin'
  | 'cumsum'
  | 'cumprod';

/** A method of both kinds of array as a function. */
const functionOf =
  (name: Method) =>
  (x: ArrayLike, options?: object): unknown =>
    // Both kinds have the same methods
    tidy(() => (arrayOf(name, x) as Record<Method, (given?: object) => unknown>)[name](options));

const reduction = <T, Options>(name: Method) => functionOf(name) as Reduction<T, Options>;

/**
 * The sum over axes. Of int32 and bool it is int32, and exact; of all elements a number up to 2^53.
 * One reduction if a reduced axis is split; of distributed integers, also one or two exchanges of
 * objects.
 */
export const sum = reduction<Scalar, TotalOptions>('sum');
/** The product over axes. Integers and communication as those of {@link sum}. */
export const prod = reduction<Scalar, TotalOptions>('prod');
/**
 * The largest number over axes; NaN if one is NaN. Real arrays. One reduction if a reduced axis is
 * split.
 */
export const max = reduction<number, InitialOptions>('max');
/**
 * The smallest number over axes; NaN if one is NaN. Real arrays. One reduction if a reduced axis is
 * split.
 */
export const min = reduction<number, InitialOptions>('min');
/** The mean over axes, a float. NaN for no elements. One reduction if a reduced axis is split. */
export const mean = reduction<Scalar, MaskedOptions>('mean');
/** `Σ |x − mean|² / (n − ddof)` over axes. Two reductions if a reduced axis is split. */
const variance = reduction<number, MomentOptions>('var');

export { variance as var };
/**
 * The square root of the variance over axes, without overflow of squares. Two reductions if a
 * reduced axis is split; two more if a sum of squares is 0, overflows or underflows.
 */
export const std = reduction<number, MomentOptions>('std');
/**
 * Whether any number over axes is not 0. NaN is not 0. One reduction if a reduced axis is split.
 */
export const any = reduction<boolean, MaskedOptions>('any');
/** Whether all numbers over axes are not 0. Communication as that of {@link any}. */
export const all = reduction<boolean, MaskedOptions>('all');
/**
 * The first position of the largest number along one axis, or in the flattened array, int32
 * (float64 beyond 2^31). NaN counts as the largest. Real arrays. Two reductions if the axis is
 * split; without an axis, one exchange of objects.
 */
export const argmax = reduction<number, ReductionOptions>('argmax');
/** As {@link argmax}, of the smallest number. NaN counts as the smallest. */
export const argmin = reduction<number, ReductionOptions>('argmin');

type Running = <X extends ArrayLike>(x: X, options?: RunningOptions) => ArrayOf<X>;

/**
 * Running sums along an axis, or of the flattened array. Of int32 and bool they are int32, and
 * exact. If the axis is split, each rank sends and receives at most ⌈log₂ ranks⌉ messages of one
 * slice. The flattened array is moved first if it is not split by rows.
 */
export const cumsum = functionOf('cumsum') as Running;
/** Running products. Integers and messages as those of {@link cumsum}. */
export const cumprod = functionOf('cumprod') as Running;
