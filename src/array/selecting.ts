import { NDArray } from '../core/array/ndarray.js';
import { BOUNDS_MODES, type BoundsMode, placesIn, placesOf } from '../core/array/shaping.js';
import { isScalar } from '../core/base/complex.js';
import {
  type HostArray,
  hostArray,
  isBoolean,
  isComplex,
  isInteger,
  placeDType,
} from '../core/base/dtype.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../core/base/errors.js';
import { checkOneOf, type Defaults, withDefaults } from '../core/base/options.js';
import { tidy } from '../core/base/scope.js';
import { type Shape, toAxis } from '../core/base/shape.js';
import { textOf } from '../core/base/text-of.js';
import { type EitherArray, isDistributed } from '../core/distributed/align.js';
import { assemble, type Run, wholeRun } from '../core/distributed/assemble.js';
import { type Layout, splitCount } from '../core/distributed/layout.js';
import { takeAlong } from '../core/distributed/take-along.js';
import { type ArrayLike, type ArrayOf, arrayOf, integersOf, valueFor } from './operands.js';
import { expandedDims, flatOf, squeezed, transposed } from './shaping.js';

/** Options of functions along one axis, or of the flattened array. */
export interface FlatAxisOptions {
  /** The axis; null for the flattened array. @default the flattened array */
  readonly axis?: number | null | undefined;
}
const FLAT_DEFAULTS = { axis: undefined } satisfies Defaults<FlatAxisOptions>;

/** An array and its axis: that which is given, or the only one of the flattened array. */
function onAxis(
  name: string,
  x: ArrayLike,
  axis: number | null | undefined,
): { from: EitherArray; k: number; n: number } {
  const given = arrayOf(name, x);
  const from = axis === null || axis === undefined ? flatOf(name, given) : given;
  const k = toAxis(axis ?? 0, from.space.shape.length);
  return { from, k, n: from.space.shape[k] as number };
}

/** Positions, numbers or flags that every rank has as a whole. Lists of numbers become int32. */
export function wholeOf(name: string, what: string, x: ArrayLike): NDArray {
  const given = integersOf(name, x);
  if (isComplex(given.dtype))
    throw new DTypeError(`${name}: expected ${what} that are real, received ${given.dtype}`);
  if (!isDistributed(given)) return given;
  if (given.layout.replicated) return given.local;
  throw new PartitionError(
    `${name}: expected ${what} that every rank has as a whole: replicate it with broadcast()`,
  );
}

/** The layout along an axis whose blocks are rows of `shape`, which takes the place of the axis. */
function layoutFor(x: EitherArray, axis: number, shape: Shape): Layout | undefined {
  if (!isDistributed(x) || shape.length < 2 || (x.layout.grid[axis] as number) === 1) return undefined;
  const [n, ...rest] = shape as [number, ...number[]];
  const inner = rest.reduce((a, b) => a * b, 1);
  const parts = x.layout.grid[axis] as number;
  return x.layout.withLength(
    axis,
    Array.from({ length: parts }, (_, b) => splitCount(n, parts, b) * inner),
  );
}

/**
 * The elements at places along an axis, as an array in which `shape` takes the place of the axis.
 */
export function takeAs(
  name: string,
  x: EitherArray,
  places: HostArray | NDArray,
  axis: number,
  shape: Shape,
): EitherArray {
  const y = takeAlong(name, x, places, axis, layoutFor(x, axis, shape));
  if (shape.length === 1) return y;
  if (shape.length === 0) return squeezed(name, y, [axis]);
  const ndim = y.space.shape.length;
  if (!isDistributed(y)) return y.reshape([...y.shape.slice(0, axis), ...shape, ...y.shape.slice(axis + 1)]);
  const axes = Array.from({ length: ndim }, (_, k) => k);
  const order = [...axes.slice(0, axis + 1), ...shape.slice(1).map(() => null), ...axes.slice(axis + 1)];
  const layout = shape.reduce((to, n, k) => to.withLength(axis + k, n), y.layout.transposed(order) as Layout);
  return y.space.withLayout(layout).wrap(y.local.reshape(layout.localShape(y.comm.rank)));
}

/** Options of {@link take}. */
export interface TakeOptions extends FlatAxisOptions {
  /**
   * What becomes of positions outside of the axis: `raise` is an error, `wrap` takes them modulo
   * its length, `clip` takes the nearest end. @default 'raise'
   */
  readonly mode?: BoundsMode;
}
const TAKE_DEFAULTS = { ...FLAT_DEFAULTS, mode: 'raise' } satisfies Defaults<TakeOptions>;

/**
 * The elements at positions along an axis, or of the flattened array. The shape of the positions
 * takes the place of the axis. Positions are whole on every rank. If the axis is split, one
 * all-to-all exchange; otherwise nothing is sent.
 * @throws {@link ShapeError} if a position is outside of the axis
 */
export function take<X extends ArrayLike>(x: X, indices: ArrayLike, options?: TakeOptions): ArrayOf<X> {
  const { axis, mode } = withDefaults('take', options, TAKE_DEFAULTS);
  checkOneOf('mode', mode, BOUNDS_MODES);
  return tidy(() => {
    const { from, k, n } = onAxis('take', x, axis);
    const positions = wholeOf('take', 'positions', indices);
    const places = isInteger(positions.dtype)
      ? placesOf('take', positions.to(from.backend), n, k, mode)
      : placesIn('take', positions.toHost(), n, k, mode);
    return takeAs('take', from, places, k, positions.shape);
  }) as ArrayOf<X>;
}

/**
 * The elements along an axis, or of the flattened array, where a list of flags is true. Missing
 * flags are false. Communication as that of {@link take}.
 */
export function compress<X extends ArrayLike>(
  condition: ArrayLike,
  x: X,
  options?: FlatAxisOptions,
): ArrayOf<X> {
  const { axis } = withDefaults('compress', options, FLAT_DEFAULTS);
  return tidy(() => {
    const { from, k, n } = onAxis('compress', x, axis);
    const flags = wholeOf('compress', 'a condition', condition);
    if (flags.ndim !== 1)
      throw new ShapeError(`compress: expected a condition of one axis, received ${textOf(condition)}`);
    const chosen = Array.from(flags.toHost(), (flag, i) => (flag === 0 ? -1 : i)).filter((i) => i >= 0);
    return takeAlong('compress', from, placesIn('compress', chosen, n, k), k);
  }) as ArrayOf<X>;
}

/**
 * Each element several times along an axis, or of the flattened array. Communication as that of
 * {@link take}.
 * @param repeats one number, or one for each position along the axis
 */
export function repeat<X extends ArrayLike>(x: X, repeats: ArrayLike, options?: FlatAxisOptions): ArrayOf<X> {
  const { axis } = withDefaults('repeat', options, FLAT_DEFAULTS);
  return tidy(() => {
    const { from, k, n } = onAxis('repeat', x, axis);
    const counts = wholeOf('repeat', 'numbers', repeats);
    const list = Array.from(counts.toHost());
    if (counts.ndim > 1 || (list.length !== 1 && list.length !== n))
      throw new ShapeError(`repeat: expected one number or ${n} numbers, received ${textOf(repeats)}`);
    if (!list.every((c) => Number.isSafeInteger(c) && c >= 0))
      throw new ArgumentError(`repeat: expected non-negative integers, received ${textOf(repeats)}`);
    // One number of times: a view that repeats elements is copied
    if (list.length === 1 && !isDistributed(from)) return repeated(from, list[0] as number, k);
    const places: number[] = [];
    for (let i = 0; i < n; i++)
      for (let c = list[list.length === 1 ? 0 : i] as number; c > 0; c--) places.push(i);
    return takeAlong('repeat', from, placesIn('repeat', places, n, k), k);
  }) as ArrayOf<X>;
}

/** Each element along an axis so many times. */
function repeated(x: NDArray, times: number, axis: number): NDArray {
  const to = x.shape.toSpliced(axis + 1, 0, times);
  const shape = x.shape.with(axis, (x.shape[axis] as number) * times);
  return x
    .expandDims(axis + 1)
    .broadcastTo(to)
    .copy()
    .reshape(shape);
}

/** The runs between positions of an axis of length n, which are ascending. */
function between(n: number, cuts: readonly number[], skip: 0 | 1): Run[] {
  const starts = [0, ...cuts.map((p) => p + skip)];
  return starts.map((first, i) => ({ source: 0, first, count: (cuts[i] ?? n) - first, step: 1 }));
}

/** Positions along an axis of n elements, as they are given or as flags. */
function listOfPositions(name: string, given: NDArray, n: number): number[] {
  const values = Array.from(given.toHost());
  if (!isBoolean(given.dtype)) {
    const bad = values.find((p) => !Number.isSafeInteger(p));
    if (bad !== undefined)
      throw new ArgumentError(`${name}: expected integers as positions, received ${bad}`);
    return values;
  }
  if (values.length !== n)
    throw new ShapeError(`${name}: expected a mask of ${n} flags, received ${values.length}`);
  return values.flatMap((flag, i) => (flag === 0 ? [] : [i]));
}

/** So many runs are copied one by one. */
const MOST_RUNS = 64;

/** The array of runs of others along an axis. Many runs are copied element by element. */
function fromRuns(
  name: string,
  sources: readonly EitherArray[],
  runs: readonly Run[],
  k: number,
): EitherArray {
  if (runs.length <= MOST_RUNS) return assemble(name, sources, runs, k);
  const all = sources.map((x, source) => wholeRun(x, k, source));
  const starts = all.map((_, source) => all.slice(0, source).reduce((sum, { count }) => sum + count, 0));
  const total = runs.reduce((sum, { count }) => sum + count, 0);
  const places = hostArray(placeDType(all.reduce((sum, { count }) => sum + count, 0)), total);
  let at = 0;
  for (const { source, first, count } of runs)
    for (let i = 0; i < count; i++) places[at++] = (starts[source] as number) + first + i;
  const joined = sources.length === 1 ? (sources[0] as EitherArray) : assemble(name, sources, all, k);
  return takeAlong(name, joined, places, k);
}

/**
 * The array without some positions along an axis, or of the flattened array. Along a split axis
 * neighbours exchange elements, and the result is split evenly.
 * @param positions one, several, or a mask of flags
 */
function remove<X extends ArrayLike>(x: X, positions: ArrayLike, options?: FlatAxisOptions): ArrayOf<X> {
  const { axis } = withDefaults('delete', options, FLAT_DEFAULTS);
  return tidy(() => {
    const { from, k, n } = onAxis('delete', x, axis);
    const gone = listOfPositions('delete', wholeOf('delete', 'positions', positions), n);
    const cuts = [...new Set(placesIn('delete', gone, n, k))].sort((a, b) => a - b);
    return fromRuns('delete', [from], between(n, cuts, 1), k);
  }) as ArrayOf<X>;
}

export { remove as delete };

/** An array with `ndim` axes, of which new ones come first. */
const reshapedTo = (x: EitherArray, ndim: number): EitherArray =>
  expandedDims(
    x,
    Array.from({ length: ndim - x.space.shape.length }, (_, k) => k),
  );

/**
 * The array with values inserted before positions along an axis, or of the flattened array. Equal
 * positions keep their order. Along a split axis neighbours exchange elements, and the result is
 * split evenly. The values are whole on every rank, or split as the array is along other axes.
 * @param positions of the array before the insertion, or a mask of flags; one inserts all values
 *   along the axis there
 * @param values numbers that fit the dtype of the array, which the result has
 */
export function insert<X extends ArrayLike>(
  x: X,
  positions: ArrayLike,
  values: ArrayLike,
  options?: FlatAxisOptions,
): ArrayOf<X> {
  const { axis } = withDefaults('insert', options, FLAT_DEFAULTS);
  return tidy(() => {
    const { from, k, n } = onAxis('insert', x, axis);
    const at = wholeOf('insert', 'positions', positions);
    const given = listOfPositions('insert', at, n);
    const bad = given.find((p) => p < -n || p > n);
    if (bad !== undefined)
      throw new ShapeError(`insert: position ${bad} is outside axis ${k} of length ${n}, and not its end`);
    const places = given.map((p) => (p < 0 ? p + n : p));
    const value = valueFor('insert', from, values);
    const { dtype, backend } = from;
    const added = isScalar(value) ? NDArray.full([], value, { dtype, backend }) : value.astype(dtype);
    const ndim = from.space.shape.length;
    const { shape } = added.space;
    if (shape.length > ndim)
      throw new ShapeError(`insert: expected values of at most ${ndim} axes, received ${shape.length}`);
    const wide = reshapedTo(added, ndim);
    const axes = wide.space.shape.map((_, j) => j);
    // As in NumPy, the first axis of values for one position takes the place of the axis
    const order = [...axes.slice(1, k + 1), 0, ...axes.slice(k + 1)];
    const inserted = at.ndim === 0 && k > 0 ? transposed('insert', wide, order) : wide;
    const own = inserted.space.shape[k] as number;
    const count = places.length === 1 ? own : places.length;
    if (places.length > 1 && own !== 1 && own !== count)
      throw new ShapeError(`insert: expected 1 or ${count} values along axis ${k}, received ${own}`);
    const sorted = places.map((place, i) => ({ place, i })).sort((a, b) => a.place - b.place || a.i - b.i);
    const kept = between(
      n,
      sorted.map(({ place }) => place),
      0,
    );
    const runs = kept.flatMap((run, i): Run[] => {
      const next = sorted[i];
      if (!next) return [run];
      const first = own === 1 ? 0 : next.i;
      const length = places.length === 1 ? own : 1;
      return [run, { source: 1, first, count: length, step: 1 }];
    });
    return fromRuns('insert', [from, inserted], runs, k);
  }) as ArrayOf<X>;
}
