import { div, re, type Scalar } from '../base/complex.js';
import { type DType, isComplex, isInteger } from '../base/dtype.js';
import { ArgumentError, DTypeError, NumericalError, ShapeError } from '../base/errors.js';
import { checkFlag, type Defaults, withDefaults } from '../base/options.js';
import { tidy } from '../base/scope.js';
import { product, type Shape, toAxes, toAxis } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import { type Castable, castTo, floatsOf } from './casting.js';

/** One axis or several; negative ones count from the end. */
export type Axes = number | readonly number[];

/** Options of reductions. */
export interface ReductionOptions {
  /** One axis or several; negative ones count from the end. @default all */
  readonly axis?: Axes | null | undefined;
  /** Whether reduced axes stay, with length 1. @default false */
  readonly keepdims?: boolean;
}
export const REDUCTION_DEFAULTS = { axis: undefined, keepdims: false } satisfies Defaults<ReductionOptions>;

/** Options of sums and products. */
export interface TotalOptions extends ReductionOptions {
  /** The dtype in which is computed. @default that of the array; int32 for bool */
  readonly dtype?: DType | undefined;
}
export const TOTAL_DEFAULTS = { ...REDUCTION_DEFAULTS, dtype: undefined } satisfies Defaults<TotalOptions>;

/** Options of variances. */
export interface MomentOptions extends ReductionOptions {
  /** The divisor is `n − ddof`, or 0 if that is negative. @default 0 */
  readonly ddof?: number;
}
export const MOMENT_DEFAULTS = { ...REDUCTION_DEFAULTS, ddof: 0 } satisfies Defaults<MomentOptions>;

/** Options of running sums and products. */
export interface RunningOptions {
  /** The axis; null for the flattened array. @default the flattened array */
  readonly axis?: number | null | undefined;
  /** The dtype in which is computed. @default that of the array; int32 for bool */
  readonly dtype?: DType | undefined;
}
const RUNNING_DEFAULTS = { axis: undefined, dtype: undefined } satisfies Defaults<RunningOptions>;

/** The first argument of a reduction: the axes, or all options. */
export type AxesOr<Options> = Axes | null | Options | undefined;

/** The result of a reduction: a `T` for all elements, otherwise an array X. */
export type ReducedBy<A, Options, X, T> = A extends Axes | { axis: Axes } | { keepdims: true }
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
  { axis, keepdims }: Required<ReductionOptions>,
): Over {
  checkFlag(name, { keepdims });
  if ((axis === null || axis === undefined) && !keepdims) return { axes: undefined, keepdims };
  return { axes: toAxes(axis ?? undefined, shape.length, 'axis', name), keepdims };
}

export function checkOrdered(name: string, x: { readonly dtype: DType }): void {
  if (isComplex(x.dtype))
    throw new DTypeError(`${name} is not defined for ${x.dtype}: take abs(), real() or imag() first`);
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
  subtract(other: X | Scalar): X;
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
  /** Whole numbers as int32, or an error on all ranks. */
  integers(name: string, x: X): X;
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

/** The methods of reductions of a kind of array. */
export function reductionsOf<X extends Reducible<X>>(kernels: ReductionKernels<X>) {
  /** A reduction to a number, or over axes to an array, which then have length 1. */
  const reduction =
    <T, O extends ReductionOptions>(
      name: string,
      defaults: Defaults<O>,
      ofAll: (x: X, options: Required<O>) => T,
      over: (x: X, axes: readonly number[], options: Required<O>) => X,
    ) =>
    (x: X, ...[first, second]: Arguments<O>): X | T => {
      kernels.check(name, x);
      const options = optionsOf<O>(name, first, second, defaults);
      const { axes, keepdims } = overOf(name, x.space, options as Required<ReductionOptions>);
      return tidy((): X | T => {
        if (!axes) return ofAll(x, options);
        const y = over(x, axes, options);
        return keepdims ? y : kernels.drop(y, axes);
      });
    };

  const sumOrProduct = (op: 'sum' | 'prod') =>
    reduction<Scalar, TotalOptions>(
      op,
      TOTAL_DEFAULTS,
      (x, { dtype }) => {
        const from = castTo(op, x, dtype);
        if (!isInteger(from.dtype)) return kernels.total(op, from);
        const value = kernels.exactTotal(op, from);
        if (dtype !== undefined && Math.abs(value) > MOST && value !== -MOST - 1) throw tooLargeForInt32(op);
        return value;
      },
      (x, axes, { dtype }) => {
        const from = castTo(op, x, dtype);
        const y = kernels.over(op, op, from, axes);
        return isInteger(from.dtype) ? kernels.integers(op, y) : y;
      },
    );

  const extreme = (op: ExtremeKernel) => {
    const check = (x: X, axes?: readonly number[]): X => {
      checkOrdered(op, x);
      checkNotEmpty(op, x.space, axes);
      return x;
    };
    return reduction<number, ReductionOptions>(
      op,
      REDUCTION_DEFAULTS,
      (x) => re(kernels.total(op, check(x))),
      (x, axes) => kernels.over(op, op, check(x, axes), axes),
    );
  };

  const meanOfAll = (x: X): Scalar => div(kernels.total('sum', x), x.size);
  const meanOver = (name: string, x: X, axes: readonly number[]): X =>
    kernels.over(name, 'sum', floatsOf(x), axes).divideInPlace(countOver(x.space, axes));

  const deviationsOfAll = (x: X): X => floatsOf(x).subtract(meanOfAll(x));
  const deviationsOver = (name: string, x: X, axes: readonly number[]): X => {
    const from = floatsOf(x);
    return from.subtract(meanOver(name, from, axes));
  };

  const truth = (kind: 'any' | 'all') =>
    reduction<boolean, ReductionOptions>(
      kind,
      REDUCTION_DEFAULTS,
      (x) => {
        const count = kernels.total('countNonzero', x);
        return kind === 'any' ? count !== 0 : count === x.size;
      },
      (x, axes) => kernels.truth(kind, x, axes),
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
    const isAll = options.axis === null || options.axis === undefined;
    if (!isAll && axes?.length !== 1)
      throw new ArgumentError(`${name}: expected one axis or null, received ${textOf(options.axis)}`);
    checkOrdered(name, x);
    checkNotEmpty(name, x.space, axes);
    return tidy((): X | number => {
      if (!axes) return ofAll();
      if (isAll)
        return kernels.filled(
          x,
          shape.map(() => 1),
          ofAll(),
        );
      const y = along(axes[0] as number);
      return keepdims ? y : kernels.drop(y, axes);
    });
  };

  const running =
    (name: 'cumsum' | 'cumprod') =>
    (x: X, ...[first, second]: Arguments<RunningOptions>): X => {
      kernels.check(name, x);
      const { axis, dtype } = optionsOf<RunningOptions>(name, first, second, RUNNING_DEFAULTS);
      return tidy(() => {
        const given = castTo(name, x, dtype);
        const from = axis === null || axis === undefined ? kernels.flat(name, given) : given;
        const y = kernels.running(name, from, toAxis(axis ?? 0, from.space.shape.length, 'axis', name));
        return isInteger(from.dtype) ? kernels.integers(name, y) : y;
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
    mean: reduction<Scalar, ReductionOptions>('mean', REDUCTION_DEFAULTS, meanOfAll, (x, axes) =>
      meanOver('mean', x, axes),
    ),
    /** `Σ |x − mean|² / (n − ddof)` */
    var: reduction<number, MomentOptions>(
      'var',
      MOMENT_DEFAULTS,
      (x, { ddof }) => {
        const divisor = divisorOf('var', x.size, ddof);
        return re(kernels.total('sumSquares', deviationsOfAll(x))) / divisor;
      },
      (x, axes, { ddof }) => {
        const divisor = divisorOf('var', countOver(x.space, axes), ddof);
        return kernels.over('var', 'sumSquares', deviationsOver('var', x, axes), axes).divideInPlace(divisor);
      },
    ),
    /** The square root of the variance, without overflow of squares. */
    std: reduction<number, MomentOptions>(
      'std',
      MOMENT_DEFAULTS,
      (x, { ddof }) => {
        const divisor = divisorOf('std', x.size, ddof);
        return kernels.norm(deviationsOfAll(x)) / Math.sqrt(divisor);
      },
      (x, axes, { ddof }) => {
        const divisor = divisorOf('std', countOver(x.space, axes), ddof);
        return kernels.norms('std', deviationsOver('std', x, axes), axes).divideInPlace(Math.sqrt(divisor));
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
