import { NDArray } from '../core/array/ndarray.js';
import type { Scalar } from '../core/base/complex.js';
import { isInteger } from '../core/base/dtype.js';
import { ShapeError } from '../core/base/errors.js';
import { checkOneOf, type Defaults, withDefaults } from '../core/base/options.js';
import { tidy } from '../core/base/scope.js';
import { textOf } from '../core/base/text-of.js';
import type { EitherArray } from '../core/distributed/align.js';
import { assemble, type Run, wholeRun } from '../core/distributed/assemble.js';
import { add, multiply } from './elementwise/arithmetic.js';
import { floor } from './elementwise/rounding.js';
import { type ArrayLike, type ArrayOf, arrayOf } from './operands.js';
import type { ReductionOptions } from './reduction.js';
import { mean } from './reductions.js';
import { max, min } from './totals.js';

/** The ways in which {@link pad} continues an array. */
const MODES = [
  'constant',
  'edge',
  'linear_ramp',
  'maximum',
  'mean',
  'minimum',
  'reflect',
  'symmetric',
  'wrap',
] as const;
/** One of the modes of {@link pad}. */
export type PadMode = (typeof MODES)[number];

/** A number, `[before, after]`, or such a pair for each axis. */
export type PadPairs<T> = T | readonly [T, T] | readonly (readonly [T, T])[];

/** Options of {@link pad}. */
export interface ArrayPadOptions {
  /**
   * `constant`: `constantValues`. `edge`: the last element. `linear_ramp`: a ramp to `endValues`.
   * `reflect`: reflected at the last element. `symmetric`: reflected beyond it. `wrap`: periodic.
   * `maximum`, `mean`, `minimum`: that of the axis.
   * @default 'constant'
   */
  readonly mode?: PadMode;
  /** The numbers of the mode `constant`. @default 0 */
  readonly constantValues?: PadPairs<Scalar>;
  /** The outermost numbers of the mode `linear_ramp`. @default 0 */
  readonly endValues?: PadPairs<Scalar>;
}
const DEFAULTS = { mode: 'constant', constantValues: 0, endValues: 0 } satisfies Defaults<ArrayPadOptions>;

/** A pair for each axis. */
function pairsOf<T>(what: string, given: PadPairs<T>, ndim: number): (readonly [T, T])[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const isRows = list.every((row) => Array.isArray(row));
  const rows = isRows ? list : [list.length === 1 ? [list[0], list[0]] : list];
  const whole = rows.length === 1 ? Array.from({ length: ndim }, () => rows[0]) : rows;
  if (whole.length !== ndim || !whole.every((pair) => Array.isArray(pair) && pair.length === 2))
    throw new ShapeError(
      `pad: expected ${what} as a number, [before, after], or such a pair for each of ${ndim} axes, ` +
        `received ${textOf(given)}`,
    );
  return whole as (readonly [T, T])[];
}

/**
 * Runs for the positions `from ≤ i < to` of an axis of length n that is continued periodically.
 * @param period the runs of one period
 */
function periodic(period: readonly Run[], from: number, to: number): Run[] {
  const length = period.reduce((sum, { count }) => sum + count, 0);
  const runs: Run[] = [];
  for (let i = from; i < to; ) {
    let at = ((i % length) + length) % length;
    const run = period.find(({ count }) => {
      if (at < count) return true;
      at -= count;
      return false;
    }) as Run;
    const count = Math.min(run.count - at, to - i);
    runs.push({ ...run, first: run.first + at * run.step, count });
    i += count;
  }
  return runs;
}

/** One period of the modes that continue an axis of length n by its own elements. */
const PERIODS: Readonly<Partial<Record<PadMode, (n: number) => readonly Run[]>>> = {
  wrap: (n) => [{ source: 0, first: 0, count: n, step: 1 }],
  symmetric: (n) => [
    { source: 0, first: 0, count: n, step: 1 },
    { source: 0, first: n - 1, count: n, step: -1 },
  ],
  reflect: (n) =>
    n === 1
      ? [{ source: 0, first: 0, count: 1, step: 1 }]
      : [
          { source: 0, first: 0, count: n - 1, step: 1 },
          { source: 0, first: n - 1, count: n - 1, step: -1 },
        ],
};

/** The reductions whose result continues an axis. */
const STATISTICS: Readonly<
  Partial<Record<PadMode, (x: EitherArray, options: ReductionOptions) => EitherArray>>
> = {
  maximum: (x, options) => max(x, { ...options, keepdims: true }),
  minimum: (x, options) => min(x, { ...options, keepdims: true }),
  mean: (x, options) => mean(x, { ...options, keepdims: true }).astype(x.dtype),
};

/** An array of a dtype with as many axes as x, of length 1 but for one. */
function along(x: EitherArray, axis: number, values: readonly number[]): EitherArray {
  const shape = x.space.shape.map((_, k) => (k === axis ? values.length : 1));
  return NDArray.array([...values], {
    dtype: isInteger(x.dtype) ? undefined : x.dtype,
    backend: x.backend,
  }).reshape(shape);
}
const constant = (x: EitherArray, value: Scalar): NDArray =>
  NDArray.full(
    x.space.shape.map(() => 1),
    value,
    { dtype: x.dtype, backend: x.backend },
  );

/** A ramp of `count` elements that begins with `end` and would reach the edge after them. */
function ramp(x: EitherArray, axis: number, at: number, count: number, end: Scalar): EitherArray {
  const edge = assemble('pad', [x], [{ source: 0, first: at, count, step: 0 }], axis);
  const weights = Array.from({ length: count }, (_, j) => (at === 0 ? j : count - 1 - j) / count);
  const [rising, falling] = [
    along(x, axis, weights),
    along(
      x,
      axis,
      weights.map((w) => 1 - w),
    ),
  ];
  const values = add(multiply(edge, rising), multiply(falling, end));
  return isInteger(x.dtype) ? floor(values).astype(x.dtype) : values;
}

function padAxis(
  x: EitherArray,
  axis: number,
  [before, after]: readonly [number, number],
  mode: PadMode,
  [low, high]: readonly [Scalar, Scalar],
): EitherArray {
  if (before === 0 && after === 0) return x;
  const n = x.space.shape[axis] as number;
  if (n === 0 && mode !== 'constant')
    throw new ShapeError(`pad: axis ${axis} has no elements that mode '${mode}' could repeat`);
  const period = PERIODS[mode];
  if (period) return assemble('pad', [x], periodic(period(n), -before, n + after), axis);
  const around = (sources: EitherArray[], first: Run, last: Run): EitherArray =>
    assemble('pad', [x, ...sources], [first, wholeRun(x, axis), last], axis);
  const repeated = (source: number, first: number, count: number): Run => ({ source, first, count, step: 0 });
  if (mode === 'edge') return around([], repeated(0, 0, before), repeated(0, n - 1, after));
  if (mode === 'constant')
    return around([constant(x, low), constant(x, high)], repeated(1, 0, before), repeated(2, 0, after));
  const statistic = STATISTICS[mode];
  if (statistic) return around([statistic(x, { axis })], repeated(1, 0, before), repeated(1, 0, after));
  const ramps = [ramp(x, axis, 0, before, low), ramp(x, axis, n - 1, after, high)];
  return around(
    ramps,
    wholeRun(ramps[0] as EitherArray, axis, 1),
    wholeRun(ramps[1] as EitherArray, axis, 2),
  );
}

/**
 * The array with more elements before and after it, axis by axis, so that corners belong to the
 * last axis. If a padded axis is split, so is that of the result, evenly: each rank sends a few
 * messages to other ranks. Otherwise nothing is sent.
 * @param width the numbers of elements: one, `[before, after]`, or such a pair for each axis
 * @throws {@link ShapeError} if the widths do not fit
 */
export function pad<X extends ArrayLike>(
  x: X,
  width: PadPairs<number>,
  options?: ArrayPadOptions,
): ArrayOf<X> {
  const { mode, constantValues, endValues } = withDefaults('pad', options, DEFAULTS);
  checkOneOf('mode', mode, MODES);
  return tidy(() => {
    const from = arrayOf('pad', x);
    const ndim = from.space.shape.length;
    const widths = pairsOf('widths', width, ndim);
    if (!widths.flat().every((n) => Number.isSafeInteger(n) && n >= 0))
      throw new ShapeError(`pad: expected widths of non-negative integers, received ${textOf(width)}`);
    const name = mode === 'linear_ramp' ? 'endValues' : 'constantValues';
    const values = pairsOf<Scalar>(name, mode === 'linear_ramp' ? endValues : constantValues, ndim);
    const padded = widths.reduce(
      (y: EitherArray, pair, axis) => padAxis(y, axis, pair, mode, values[axis] as readonly [Scalar, Scalar]),
      from,
    );
    return padded === from ? from.copy() : padded;
  }) as ArrayOf<X>;
}
