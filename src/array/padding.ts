import { NDArray } from '../core/array/ndarray.js';
import type { ReductionOptions } from '../core/array/shared-reductions.js';
import { within } from '../core/array/strided.js';
import { broadcastStrides } from '../core/base/broadcast.js';
import type { Scalar } from '../core/base/complex.js';
import { INDEX_DTYPE, isBoolean, isInteger } from '../core/base/dtype.js';
import { ShapeError } from '../core/base/errors.js';
import { checkOneOf, type Defaults, isListOf, withDefaults } from '../core/base/options.js';
import { tidy } from '../core/base/scope.js';
import { textOf } from '../core/base/text-of.js';
import { type EitherArray, isDistributed } from '../core/distributed/align.js';
import { assemble, type Run, wholeRun } from '../core/distributed/assemble.js';
import { type Continuation, continuedRuns } from '../core/schemes/continuation.js';
import { add, divide, multiply, subtract } from './elementwise/arithmetic.js';
import { floor, rint } from './elementwise/rounding.js';
import { max, mean, min } from './methods.js';
import { type ArrayLike, type ArrayOf, arrayOf } from './operands.js';

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
   * `maximum`, `mean`, `minimum`: that of the axis, or of `statLength` elements.
   * @default 'constant'
   */
  readonly mode?: PadMode;
  /** The numbers of the mode `constant`. @default 0 */
  readonly constantValues?: PadPairs<Scalar>;
  /** The outermost numbers of the mode `linear_ramp`. @default 0 */
  readonly endValues?: PadPairs<Scalar>;
  /**
   * How many elements of each end the modes `maximum`, `mean` and `minimum` regard. @default all
   */
  readonly statLength?: PadPairs<number> | undefined;
  /**
   * `even` repeats the reflected elements, `odd` their differences to the last element, with the
   * other sign, for the modes `reflect` and `symmetric`. @default 'even'
   */
  readonly reflectType?: ReflectType;
}
const DEFAULTS = {
  mode: 'constant',
  constantValues: 0,
  endValues: 0,
  statLength: undefined,
  reflectType: 'even',
} satisfies Defaults<ArrayPadOptions>;

const REFLECT_TYPES = ['even', 'odd'] as const;
/** How the modes `reflect` and `symmetric` of {@link pad} continue an array. */
export type ReflectType = (typeof REFLECT_TYPES)[number];

/** A pair for each axis. */
function pairsOf<T>(what: string, given: PadPairs<T>, ndim: number): (readonly [T, T])[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const isRows = list.every((row) => Array.isArray(row));
  const rows = isRows ? list : [list.length === 1 ? [list[0], list[0]] : list];
  const whole = rows.length === 1 ? Array.from({ length: ndim }, () => rows[0]) : rows;
  if (whole.length !== ndim || !isListOf(whole, (pair) => Array.isArray(pair) && pair.length === 2))
    throw new ShapeError(
      `pad: expected ${what} as a number, [before, after], or such a pair for each of ${ndim} axes, ` +
        `received ${textOf(given)}`,
    );
  return whole as (readonly [T, T])[];
}

/** The modes that continue an axis by its own elements. */
const PERIODIC: readonly string[] = ['wrap', 'symmetric', 'reflect'];

/** The reductions whose result continues an axis. */
const STATISTICS: Readonly<
  Partial<Record<PadMode, (x: EitherArray, options: ReductionOptions) => EitherArray>>
> = {
  maximum: (x, options) => max(x, { ...options, keepdims: true }),
  minimum: (x, options) => min(x, { ...options, keepdims: true }),
  mean: (x, options) => {
    const y = mean(x, { ...options, keepdims: true });
    return (isInteger(x.dtype) && !isBoolean(x.dtype) ? rint(y) : y).astype(x.dtype);
  },
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
function ramp(
  x: EitherArray,
  axis: number,
  side: 'before' | 'after',
  count: number,
  end: Scalar,
): EitherArray {
  const isBefore = side === 'before';
  const at = isBefore ? 0 : (x.space.shape[axis] as number) - 1;
  const edge = assemble('pad', [x], [{ source: 0, first: at, count, step: 0 }], axis);
  const steps = Array.from({ length: count }, (_, j) => (isBefore ? j : count - 1 - j));
  const step = divide(subtract(isBoolean(x.dtype) ? edge.astype(INDEX_DTYPE) : edge, end), count);
  const values = add(multiply(step, along(x, axis, steps)), end);
  return (isInteger(x.dtype) && !isBoolean(x.dtype) ? floor(values) : values).astype(x.dtype);
}

/**
 * Turns reflected elements y, the first of which is at position `-before`, into odd reflections:
 * `2 · x[end] − reflected` about the end of each half period.
 */
function oddly(
  x: EitherArray,
  y: EitherArray,
  axis: number,
  before: number,
  [half, n]: readonly [half: number, n: number],
): EitherArray {
  const count = y.space.shape[axis] as number;
  const ends = (at: number): EitherArray =>
    assemble('pad', [x], [{ source: 0, first: at, count, step: 0 }], axis);
  const places = Array.from({ length: count }, (_, i) => Math.floor((i - before) / half));
  const turns = places.map((half) => 2 * Math.floor(half / 2));
  const dtype = isBoolean(x.dtype) ? INDEX_DTYPE : x.dtype;
  const factors = (values: readonly number[]): EitherArray => along(x, axis, values).astype(dtype);
  const isBack = places.map((half) => half % 2 !== 0);
  const signed = multiply(y, factors(isBack.map((back) => (back ? -1 : 1))));
  const last = multiply(ends(n - 1), factors(turns.map((turn, i) => turn + (isBack[i] ? 2 : 0))));
  const first = multiply(ends(0), factors(turns.map((turn) => -turn)));
  return add(add(signed, last), first).astype(x.dtype);
}

/** How the two ends of an axis are continued. */
interface PadEnds {
  readonly mode: PadMode;
  readonly pair: readonly [before: number, after: number];
  readonly values: readonly [Scalar, Scalar];
  readonly lengths: readonly [number, number] | undefined;
  readonly isOdd: boolean;
}
/** The elements before and after an axis: runs of x, which is the first source, and of others. */
interface Continued {
  readonly sources: readonly EitherArray[];
  readonly before: readonly Run[];
  readonly after: readonly Run[];
}

function continued(x: EitherArray, axis: number, { mode, pair, values, lengths }: PadEnds): Continued {
  const [before, after] = pair;
  const [low, high] = values;
  const n = x.space.shape[axis] as number;
  if (n === 0 && mode !== 'constant')
    throw new ShapeError(`pad: axis ${axis} has no elements that mode '${mode}' could repeat`);
  if (PERIODIC.includes(mode)) {
    const runs = (from: number, to: number): Run[] =>
      continuedRuns(mode as Continuation, n, from, to).map(({ first = 0, count, step }) => ({
        source: 0,
        first,
        count,
        step,
      }));
    return { sources: [x], before: runs(-before, 0), after: runs(n, n + after) };
  }
  const repeated = (source: number, first: number, count: number): Run[] => [
    { source, first, count, step: 0 },
  ];
  if (mode === 'edge')
    return { sources: [x], before: repeated(0, 0, before), after: repeated(0, n - 1, after) };
  const around = (start: EitherArray, end: EitherArray): Continued => ({
    sources: [x, start, end],
    before: repeated(1, 0, before),
    after: repeated(2, 0, after),
  });
  if (mode === 'constant') {
    const start = constant(x, low);
    return around(start, high === low ? start : constant(x, high));
  }
  const statistic = STATISTICS[mode];
  if (statistic) {
    const [m, p] = lengths ? [Math.min(lengths[0], n), Math.min(lengths[1], n)] : [n, n];
    const ends = (first: number, count: number): EitherArray =>
      count === n ? x : assemble('pad', [x], [{ source: 0, first, count, step: 1 }], axis);
    const of = (first: number, count: number): EitherArray => statistic(ends(first, count), { axis });
    const start = of(0, m);
    return around(start, m === n && p === n ? start : of(n - p, p));
  }
  const ramps = [ramp(x, axis, 'before', before, low), ramp(x, axis, 'after', after, high)] as const;
  return {
    sources: [x, ...ramps],
    before: [wholeRun(ramps[0], axis, 1)],
    after: [wholeRun(ramps[1], axis, 2)],
  };
}

function padAxis(x: EitherArray, axis: number, ends: PadEnds): EitherArray {
  const { mode, pair, isOdd } = ends;
  const { sources, before, after } = continued(x, axis, ends);
  const y = assemble('pad', sources, [...before, wholeRun(x, axis), ...after], axis);
  const n = x.space.shape[axis] as number;
  const half = mode === 'reflect' ? n - 1 : n;
  return isOdd && mode !== 'wrap' && half > 0 ? oddly(x, y, axis, pair[0], [half, n]) : y;
}

/** As {@link padAxis} along each axis, for what is local and not odd: x is copied once. */
function padLocal(x: NDArray, ends: readonly PadEnds[]): NDArray {
  const lengths = ends.map(({ pair: [before, after] }, k) => before + (x.shape[k] as number) + after);
  const y = x.space.withShape(lengths).empty();
  const inside = ends.map(({ pair: [before] }, k) => [before, before + (x.shape[k] as number)] as const);
  y.set(inside, x);
  for (const [axis, end] of ends.entries()) {
    const [before, after] = end.pair;
    if (before === 0 && after === 0) continue;
    // The axes before this one are complete
    const part = y.slice(...inside.map((range, k) => (k < axis ? null : range)));
    const runs = continued(part, axis, end);
    const corner = inside.reduce(
      (sum, [start], k) => sum + (k > axis ? start * (y.strides[k] as number) : 0),
      0,
    );
    const place = (list: readonly Run[], start: number): void => {
      let at = start;
      for (const { source, first, count, step } of list) {
        const from = runs.sources[source] as NDArray;
        const shape = part.shape.with(axis, count);
        const stride = from.strides[axis] as number;
        const strides = broadcastStrides(from.shape.with(axis, 1), shape.with(axis, 1), from.strides);
        x.backend.stridedCopy(
          shape,
          within(from, first * stride, strides.with(axis, step * stride)),
          { elements: y, start: corner + at * (y.strides[axis] as number), strides: y.strides },
          'set',
        );
        at += count;
      }
    };
    place(runs.before, 0);
    place(runs.after, before + (x.shape[axis] as number));
  }
  return y;
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
  const { mode, constantValues, endValues, statLength, reflectType } = withDefaults('pad', options, DEFAULTS);
  checkOneOf('mode', mode, MODES);
  checkOneOf('reflectType', reflectType, REFLECT_TYPES);
  return tidy(() => {
    const from = arrayOf('pad', x);
    const ndim = from.space.shape.length;
    const widths = pairsOf('widths', width, ndim);
    if (!widths.flat().every((n) => Number.isSafeInteger(n) && n >= 0))
      throw new ShapeError(`pad: expected widths of non-negative integers, received ${textOf(width)}`);
    const name = mode === 'linear_ramp' ? 'endValues' : 'constantValues';
    const values = pairsOf<Scalar>(name, mode === 'linear_ramp' ? endValues : constantValues, ndim);
    const lengths = statLength === undefined ? undefined : pairsOf('statLength', statLength, ndim);
    if (lengths?.flat().some((n) => !Number.isSafeInteger(n) || n <= 0))
      throw new ShapeError(`pad: expected statLength of positive integers, received ${textOf(statLength)}`);
    const isOdd = reflectType === 'odd';
    const ends = widths.map((pair, axis): PadEnds => {
      const own = values[axis] as readonly [Scalar, Scalar];
      return { mode, pair, values: own, lengths: lengths?.[axis], isOdd };
    });
    if (!isDistributed(from) && !isOdd) return padLocal(from, ends);
    const padded = ends.reduce(
      (y: EitherArray, end, axis) => (end.pair.every((n) => n === 0) ? y : padAxis(y, axis, end)),
      from,
    );
    return padded === from ? from.copy() : padded;
  }) as ArrayOf<X>;
}
