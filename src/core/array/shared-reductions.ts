import { add, div, mul as multiply, re, type Scalar } from '../base/complex.js';
import { type DType, INDEX_DTYPE, isBoolean, isComplex, isFloat, isInteger, realOf } from '../base/dtype.js';
import { ArgumentError, DTypeError, NumericalError, ShapeError } from '../base/errors.js';
import { checkFlag, type Defaults, withDefaults } from '../base/options.js';
import { tidy } from '../base/scope.js';
import { product, type Shape, toAxes, toAxis } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import { checkStorable } from '../ports/kernel-dtypes.js';
import { checkExact, wideDType } from '../vector/integer-sums.js';
import type { AnyVector } from '../vector/vector.js';
import { asDType, type Castable, castTo, floatsOf } from './casting.js';

/** One axis or several; negative ones count from the end. */
export type Axes = number | readonly number[];

/** Options of reductions. */
export interface ReductionOptions {
  /** One axis or several; negative ones count from the end. @default all */
  readonly axis?: Axes | null | undefined;
  /** Whether reduced axes stay, with length 1. @default false */
  readonly keepdims?: boolean;
  /**
   * The array that takes the result and is returned: of its shape and layout, and of a dtype that
   * holds it. A number is put into an array without axes. @default a new array, or a number
   */
  readonly out?: AnyVector | undefined;
}
export const REDUCTION_DEFAULTS = {
  axis: undefined,
  keepdims: false,
  out: undefined,
} satisfies Defaults<ReductionOptions>;

/** Options of reductions of some elements. */
export interface MaskedOptions extends ReductionOptions {
  /** Only elements where this bool array is true count. It broadcasts. @default all count */
  readonly where?: AnyVector | undefined;
}
export const MASKED_DEFAULTS = { ...REDUCTION_DEFAULTS, where: undefined } satisfies Defaults<MaskedOptions>;

/** Options of reductions that start with a number. */
export interface InitialOptions extends MaskedOptions {
  /**
   * A number that counts beside the elements of each result. Extremes need it for no elements, and
   * beside `where`. @default none
   */
  readonly initial?: Scalar | undefined;
}
export const INITIAL_DEFAULTS = { ...MASKED_DEFAULTS, initial: undefined } satisfies Defaults<InitialOptions>;

/** Options of sums and products. */
export interface TotalOptions extends InitialOptions {
  /**
   * The dtype in which is computed.
   * @default that of the array; for int32 and bool int32 if all results fit, otherwise float64
   */
  readonly dtype?: DType | undefined;
}
export const TOTAL_DEFAULTS = { ...INITIAL_DEFAULTS, dtype: undefined } satisfies Defaults<TotalOptions>;

/** Options of variances. */
export interface MomentOptions extends MaskedOptions {
  /** The divisor is `n − ddof`, or 0 if that is negative. @default 0 */
  readonly ddof?: number;
}
export const MOMENT_DEFAULTS = { ...MASKED_DEFAULTS, ddof: 0 } satisfies Defaults<MomentOptions>;

/** Options of running sums and products. */
export interface RunningOptions {
  /** The axis; null for the flattened array. @default the flattened array */
  readonly axis?: number | null | undefined;
  /**
   * The dtype in which is computed.
   * @default that of the array; for int32 and bool int32 if all results fit, otherwise float64
   */
  readonly dtype?: DType | undefined;
  /** As for reductions: takes the result and is returned. @default a new array */
  readonly out?: AnyVector | undefined;
}
const RUNNING_DEFAULTS = {
  axis: undefined,
  dtype: undefined,
  out: undefined,
} satisfies Defaults<RunningOptions>;

/** The first argument of a reduction: the axes, or all options. */
export type AxesOr<Options> = Axes | null | Options | undefined;

/** The result of a reduction: a `T` for all elements without `out`, otherwise an array X. */
export type ReducedBy<A, Options, X, T> = A extends
  | Axes
  | { out: AnyVector }
  | { axis: Axes }
  | { keepdims: true }
  ? X
  : Options extends { axis: Axes } | { keepdims: true }
    ? X
    : T;

/** The two arguments of a reduction as options. */
function optionsOf<O extends ReductionOptions | RunningOptions>(
  name: string,
  first: AxesOr<O>,
  second: O | undefined,
  defaults: Defaults<O>,
): Required<O> {
  const isAxis = first === null || typeof first !== 'object' || Array.isArray(first);
  if (!isAxis && second !== undefined)
    throw new ArgumentError(`${name}: expected one options object, received ${textOf(first)} before it`);
  const given: object | undefined = isAxis ? second : (first as O);
  const options = withDefaults<object, object>(name, given, defaults) as Required<O>;
  if (!isAxis || first === undefined) return options;
  if (second?.axis !== undefined)
    throw new ArgumentError(
      `${name}: the axis is given twice, as ${textOf(first)} and ${textOf(second.axis)}`,
    );
  return { ...options, axis: first };
}

/** What a reduction is over. */
export interface Over {
  /** Undefined for all elements, whose result is a number. */
  readonly axes: readonly number[] | undefined;
  readonly keepdims: boolean;
}

/** The axes that options name. */
export function overOf(
  name: string,
  { shape }: { readonly shape: Shape },
  { axis, keepdims }: Pick<Required<ReductionOptions>, 'axis' | 'keepdims'>,
): Over {
  checkFlag(name, { keepdims });
  if ((axis === null || axis === undefined) && !keepdims) return { axes: undefined, keepdims };
  return { axes: toAxes(axis ?? undefined, shape.length, 'axis', name), keepdims };
}

export function checkOrdered(name: string, x: { readonly dtype: DType }): void {
  if (isComplex(x.dtype))
    throw new DTypeError(`${name} is not defined for ${x.dtype}: take abs(), real() or imag() first`);
}

/**
 * The extreme that tells whether any or all flags are true: it is known at the first one that
 * decides. Undefined for other dtypes, and for no elements.
 */
export function extremeOfTruth(
  kind: 'any' | 'all',
  { dtype, size }: { readonly dtype: DType; readonly size: number },
): 'max' | 'min' | undefined {
  if (!isBoolean(dtype) || size === 0) return undefined;
  return kind === 'any' ? 'max' : 'min';
}

/** Throws unless each result of `name` over the axes stands for an element. */
export function checkNotEmpty(
  name: string,
  { shape }: { readonly shape: Shape },
  axes: readonly number[] | undefined,
): void {
  const isEmpty = axes
    ? axes.some((k) => shape[k] === 0) && shape.every((n, k) => n > 0 || axes.includes(k))
    : shape.includes(0);
  if (isEmpty)
    throw new ShapeError(
      `${name} of nothing is not defined: received an array of shape [${shape.join(', ')}]`,
    );
}

/** The number of elements that each result of a reduction over axes stands for. */
export const countOver = (
  { shape }: { readonly shape: Shape },
  axes: readonly number[] | undefined,
): number => product(axes ? axes.map((k) => shape[k] as number) : shape);

/** `n − ddof`, or 0 if that is negative. */
export function divisorOf(name: string, n: number, ddof: number): number {
  if (!Number.isFinite(ddof))
    throw new ArgumentError(`${name}: expected ddof to be a number, received ${textOf(ddof)}`);
  return Math.max(0, n - ddof);
}

/** What both kinds of array have. */
export interface Reducible<X> extends Castable<X> {
  readonly space: { readonly shape: Shape };
  readonly size: number;
  add(other: X | Scalar): X;
  subtract(other: X | Scalar): X;
  multiply(other: X | Scalar): X;
  divide(other: X | Scalar): X;
  maximum(other: X | Scalar): X;
  minimum(other: X | Scalar): X;
  sqrt(): X;
  isnan(): X;
  fill(value: Scalar): X;
  divideInPlace(other: number): X;
}

/** Extremes; NaN is the extreme, or is skipped. */
type ExtremeKernel = 'max' | 'min' | 'nanmax' | 'nanmin';

/** The reductions that a kind of array computes in a way of its own. */
export interface ReductionKernels<X> {
  /** Throws if x has no axes over which it can be reduced. */
  check(name: string, x: X): void;
  /** Reduces over axes, which stay with length 1. Sums and products of integers are exact. */
  over(name: string, op: 'sum' | 'sumSquares' | 'prod' | ExtremeKernel, x: X, axes: readonly number[]): X;
  /**
   * An array, and a mask of its elements that broadcasts to it, with parts that fit.
   * @throws {@link DTypeError} unless the mask is bool
   */
  masked(name: string, x: X, mask: unknown): readonly [x: X, mask: X];
  /** Elements of x where the mask is true, otherwise the value. */
  choose(mask: X, x: X | Scalar, value: X | Scalar): X;
  /** Puts the result of a reduction into an array, and returns that. */
  into(name: string, out: unknown, result: X | Scalar | boolean): X;
  /** Whether any or all elements over axes, which stay with length 1, are not 0. */
  truth(kind: 'any' | 'all', x: X, axes: readonly number[]): X;
  /** The 2-norms over axes, which stay with length 1. */
  norms(name: string, x: X, axes: readonly number[]): X;
  /** The first positions of the extremes along an axis, which stays with length 1. */
  positions(name: string, op: 'max' | 'min', x: X, axis: number): X;
  /** Reduces all elements in double precision. */
  total(op: 'sum' | 'sumSquares' | 'prod' | 'countNonzero' | ExtremeKernel, x: X): Scalar;
  /** As `total`, of integers: exact, or an error on all ranks. */
  exactTotal(op: 'sum' | 'prod', x: X): number;
  /** The 2-norm of all elements. */
  norm(x: X): number;
  /** The first position of the extreme in the flattened array. */
  position(op: 'max' | 'min', x: X): number;
  /** Running results along an axis. */
  running(name: 'cumsum' | 'cumprod', x: X, axis: number): X;
  /** The array as one axis. */
  flat(name: string, x: X): X;
  /** Whole numbers as int32 if all of them fit, otherwise as they are. The ranks agree. */
  integers(x: X): X;
  /** An array of one value, of dtype int32 if it fits. */
  filled(x: X, shape: Shape, value: number): X;
  /** Removes axes of length 1. */
  drop(x: X, axes: readonly number[]): X;
}

/** The largest int32. */
export const MOST = 2 ** 31 - 1;

export const tooLargeForInt32 = (name: string): NumericalError =>
  new NumericalError(
    `${name}: a result does not fit into int32: compute it in a float dtype, by dtype or astype()`,
  );

type Arguments<O> = readonly [first: AxesOr<O>, second: O | undefined];

/** What does not change a sum or a product. */
const NEUTRAL = { sum: 0, prod: 1 } as const;
/** How a number joins a sum or a product. */
const JOINED = { sum: add, prod: multiply } as const;

/** The methods of reductions of a kind of array. */
export function reductionsOf<X extends Reducible<X>>(kernels: ReductionKernels<X>) {
  /**
   * A reduction to a number, or over axes to an array, which then have length 1. It gets the mask
   * of `where`, with as many elements as x.
   */
  const reduction =
    <T extends Scalar | boolean, O extends MaskedOptions>(
      name: string,
      defaults: Defaults<O>,
      ofAll: (x: X, options: Required<O>, mask: X | undefined) => T,
      over: (x: X, axes: readonly number[], options: Required<O>, mask: X | undefined) => X,
    ) =>
    (given: X, ...[first, second]: Arguments<O>): X | T => {
      kernels.check(name, given);
      const options = optionsOf<O>(name, first, second, defaults);
      const { out, where } = options as Required<MaskedOptions>;
      const { axes, keepdims } = overOf(name, given.space, options as Required<ReductionOptions>);
      return tidy((): X | T => {
        const [x, mask] = where === undefined ? [given, undefined] : kernels.masked(name, given, where);
        let result: X | T;
        if (axes) {
          const y = over(x, axes, options, mask);
          result = keepdims ? y : kernels.drop(y, axes);
        } else result = ofAll(x, options, mask);
        return out === undefined ? result : kernels.into(name, out, result);
      });
    };

  /** The elements that count; others are replaced by what does not change the result. */
  const counted = (x: X, mask: X | undefined, neutral: Scalar): X =>
    mask ? kernels.choose(mask, x, neutral) : x;

  /** How many elements count. */
  const countOfAll = (x: X, mask: X | undefined): number =>
    mask ? (kernels.total('countNonzero', mask) as number) : x.size;
  /** How many elements over axes count: a number if all do, otherwise an array to divide by. */
  const countsOver = (name: string, x: X, axes: readonly number[], mask: X | undefined): number | X => {
    if (!mask) return countOver(x.space, axes);
    const dtype = realOf(isFloat(x.dtype) ? x.dtype : x.backend.defaultDType);
    return asDType(kernels.over(name, 'sum', mask, axes), dtype);
  };
  const dividedBy = (y: X, divisor: number | X): X =>
    typeof divisor === 'number' ? y.divideInPlace(divisor) : y.divide(divisor);

  /** Whole numbers in float64, in which a sum with another one does not wrap around. */
  const wide = (name: string, y: X): X => {
    if (!isInteger(y.dtype)) return y;
    const dtype = wideDType(y);
    if (isInteger(dtype))
      throw new DTypeError(`${name}: initial for ${y.dtype} needs float64, which the backend lacks`);
    return y.astype(dtype);
  };

  /** Results that are integers. If their dtype was asked for, they must fit. */
  const integers = (name: string, y: X, dtype: DType | undefined): X => {
    const result = kernels.integers(y);
    if (dtype !== undefined && result.dtype !== INDEX_DTYPE) throw tooLargeForInt32(name);
    return result;
  };

  const sumOrProduct = (op: 'sum' | 'prod') =>
    reduction<Scalar, TotalOptions>(
      op,
      TOTAL_DEFAULTS,
      (x, { dtype, initial }, mask) => {
        const from = counted(castTo(op, x, dtype), mask, NEUTRAL[op]);
        if (initial !== undefined) checkStorable(initial, isBoolean(from.dtype) ? INDEX_DTYPE : from.dtype);
        const join = (value: Scalar): Scalar => (initial === undefined ? value : JOINED[op](value, initial));
        if (!isInteger(from.dtype)) return join(kernels.total(op, from));
        const value = join(kernels.exactTotal(op, from)) as number;
        checkExact(`the ${op === 'sum' ? 'sum' : 'product'}`, value);
        if (dtype !== undefined && Math.abs(value) > MOST && value !== -MOST - 1) throw tooLargeForInt32(op);
        return value;
      },
      (x, axes, { dtype, initial }, mask) => {
        const from = counted(castTo(op, x, dtype), mask, NEUTRAL[op]);
        if (initial !== undefined) checkStorable(initial, isBoolean(from.dtype) ? INDEX_DTYPE : from.dtype);
        const y = kernels.over(op, op, from, axes);
        const joined = initial === undefined ? y : wide(op, y)[op === 'sum' ? 'add' : 'multiply'](initial);
        return isInteger(from.dtype) ? integers(op, joined, dtype) : joined;
      },
    );

  const extreme = (op: ExtremeKernel) => {
    const isLargest = op === 'max' || op === 'nanmax';
    const skipsNaN = op === 'nanmax' || op === 'nanmin';
    /** The elements that count, among which is `initial`. */
    const elements = (
      x: X,
      axes: readonly number[] | undefined,
      initial: Scalar | undefined,
      mask: X | undefined,
    ): X => {
      checkOrdered(op, x);
      if (initial !== undefined) {
        checkStorable(initial, x.dtype);
        return asDType(counted(x, mask, initial), x.dtype);
      }
      if (mask) throw new ArgumentError(`${op}: where needs initial, the result if no element counts`);
      checkNotEmpty(op, x.space, axes);
      return x;
    };
    return reduction<number, InitialOptions>(
      op,
      INITIAL_DEFAULTS,
      (x, { initial }, mask) => {
        const from = elements(x, undefined, initial, mask);
        if (initial === undefined) return re(kernels.total(op, from));
        const first = initial as number;
        if (from.size === 0) return first;
        const value = re(kernels.total(op, from));
        if (skipsNaN && (Number.isNaN(value) || Number.isNaN(first)))
          return Number.isNaN(value) ? first : value;
        return isLargest ? Math.max(value, first) : Math.min(value, first);
      },
      (x, axes, { initial }, mask) => {
        const from = elements(x, axes, initial, mask);
        if (initial === undefined) return kernels.over(op, op, from, axes);
        // Sums of nothing have the layout of the result
        if (countOver(x.space, axes) === 0)
          return asDType(kernels.over(op, 'sum', from, axes), x.dtype).fill(initial);
        const y = kernels.over(op, op, from, axes);
        if (skipsNaN && Number.isNaN(initial)) return y;
        const joined = asDType(isLargest ? y.maximum(initial) : y.minimum(initial), x.dtype);
        return skipsNaN && isFloat(x.dtype) ? kernels.choose(y.isnan(), initial, joined) : joined;
      },
    );
  };

  const meanOfAll = (x: X, mask: X | undefined, count: number): Scalar =>
    div(kernels.total('sum', counted(x, mask, 0)), count);
  const meanOver = (
    name: string,
    x: X,
    axes: readonly number[],
    mask: X | undefined,
    counts: number | X,
  ): X => dividedBy(kernels.over(name, 'sum', counted(floatsOf(x), mask, 0), axes), counts);

  const deviationsOfAll = (x: X, mask: X | undefined, count: number): X =>
    counted(floatsOf(x).subtract(meanOfAll(x, mask, count)), mask, 0);
  const deviationsOver = (
    name: string,
    x: X,
    axes: readonly number[],
    mask: X | undefined,
    counts: number | X,
  ): X => {
    const from = floatsOf(x);
    return counted(from.subtract(meanOver(name, from, axes, mask, counts)), mask, 0);
  };
  /** The counts without `ddof`, at least 0. */
  const divisorsOver = (name: string, counts: number | X, ddof: number): number | X =>
    typeof counts === 'number' ? divisorOf(name, counts, ddof) : counts.subtract(ddof).maximum(0);

  const truth = (kind: 'any' | 'all') =>
    reduction<boolean, MaskedOptions>(
      kind,
      MASKED_DEFAULTS,
      (x, _, mask) => {
        const from = counted(x, mask, kind === 'any' ? 0 : 1);
        const extreme = extremeOfTruth(kind, x);
        if (extreme) return kernels.total(extreme, from) !== 0;
        const count = kernels.total('countNonzero', from);
        return kind === 'any' ? count !== 0 : count === x.size;
      },
      (x, axes, _, mask) => kernels.truth(kind, counted(x, mask, kind === 'any' ? 0 : 1), axes),
    );

  const argExtreme = (op: 'max' | 'min') => {
    const name = `arg${op}`;
    return (x: X, ...[first, second]: Arguments<ReductionOptions>): X | number => {
      kernels.check(name, x);
      const options = optionsOf<ReductionOptions>(name, first, second, REDUCTION_DEFAULTS);
      return positionsBy(
        name,
        x,
        options,
        (axis) => kernels.positions(name, op, x, axis),
        () => kernels.position(op, x),
      );
    };
  };

  /** Positions of the extremes, of all elements or along one axis. */
  const positionsBy = (
    name: string,
    x: X,
    options: Required<ReductionOptions>,
    along: (axis: number) => X,
    ofAll: () => number,
  ): X | number => {
    const { shape } = x.space;
    const { axes, keepdims } = overOf(name, x.space, options);
    const { out } = options;
    const isAll = options.axis === null || options.axis === undefined;
    if (!isAll && axes?.length !== 1)
      throw new ArgumentError(`${name}: expected one axis or null, received ${textOf(options.axis)}`);
    checkOrdered(name, x);
    checkNotEmpty(name, x.space, axes);
    const positions = (): X | number => {
      if (!axes) return ofAll();
      if (isAll)
        return kernels.filled(
          x,
          shape.map(() => 1),
          ofAll(),
        );
      const y = along(axes[0] as number);
      return keepdims ? y : kernels.drop(y, axes);
    };
    return tidy(() => (out === undefined ? positions() : kernels.into(name, out, positions())));
  };

  const running =
    (name: 'cumsum' | 'cumprod') =>
    (x: X, ...[first, second]: Arguments<RunningOptions>): X => {
      kernels.check(name, x);
      const { axis, dtype, out } = optionsOf<RunningOptions>(name, first, second, RUNNING_DEFAULTS);
      return tidy(() => {
        const given = castTo(name, x, dtype);
        const from = axis === null || axis === undefined ? kernels.flat(name, given) : given;
        const y = kernels.running(name, from, toAxis(axis ?? 0, from.space.shape.length, 'axis', name));
        const result = isInteger(from.dtype) ? integers(name, y, dtype) : y;
        return out === undefined ? result : kernels.into(name, out, result);
      });
    };

  return {
    sum: sumOrProduct('sum'),
    prod: sumOrProduct('prod'),
    max: extreme('max'),
    min: extreme('min'),
    /** As `max`, without NaN; NaN if all are NaN. */
    nanmax: extreme('nanmax'),
    nanmin: extreme('nanmin'),
    mean: reduction<Scalar, MaskedOptions>(
      'mean',
      MASKED_DEFAULTS,
      (x, _, mask) => meanOfAll(x, mask, countOfAll(x, mask)),
      (x, axes, _, mask) => meanOver('mean', x, axes, mask, countsOver('mean', x, axes, mask)),
    ),
    /** `Σ |x − mean|² / (n − ddof)` */
    var: reduction<number, MomentOptions>(
      'var',
      MOMENT_DEFAULTS,
      (x, { ddof }, mask) => {
        const count = countOfAll(x, mask);
        const divisor = divisorOf('var', count, ddof);
        return re(kernels.total('sumSquares', deviationsOfAll(x, mask, count))) / divisor;
      },
      (x, axes, { ddof }, mask) => {
        divisorOf('var', 0, ddof);
        const counts = countsOver('var', x, axes, mask);
        const y = kernels.over('var', 'sumSquares', deviationsOver('var', x, axes, mask, counts), axes);
        return dividedBy(y, divisorsOver('var', counts, ddof));
      },
    ),
    /** The square root of the variance, without overflow of squares. */
    std: reduction<number, MomentOptions>(
      'std',
      MOMENT_DEFAULTS,
      (x, { ddof }, mask) => {
        const count = countOfAll(x, mask);
        const divisor = divisorOf('std', count, ddof);
        return kernels.norm(deviationsOfAll(x, mask, count)) / Math.sqrt(divisor);
      },
      (x, axes, { ddof }, mask) => {
        divisorOf('std', 0, ddof);
        const counts = countsOver('std', x, axes, mask);
        const y = kernels.norms('std', deviationsOver('std', x, axes, mask, counts), axes);
        const divisor = divisorsOver('std', counts, ddof);
        return dividedBy(y, typeof divisor === 'number' ? Math.sqrt(divisor) : divisor.sqrt());
      },
    ),
    any: truth('any'),
    all: truth('all'),
    argmax: argExtreme('max'),
    argmin: argExtreme('min'),
    cumsum: running('cumsum'),
    cumprod: running('cumprod'),
    positionsBy,
  };
}
