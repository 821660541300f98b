import { asDType } from '../core/array/casting.js';
import { scalarPromote } from '../core/array/elementwise.js';
import { NDArray } from '../core/array/ndarray.js';
import { isScalar } from '../core/base/complex.js';
import { promote } from '../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../core/base/errors.js';
import { checkList, type Defaults, withDefaults } from '../core/base/options.js';
import { tidy } from '../core/base/scope.js';
import { formatShape, sameShape, toAxis } from '../core/base/shape.js';
import type { Index } from '../core/base/slice.js';
import { textOf } from '../core/base/text-of.js';
import { type EitherArray, isArrayOfEitherKind, isDistributed } from '../core/distributed/align.js';
import { assemble, wholeRun } from '../core/distributed/assemble.js';
import { checkSameBackend } from '../core/vector/vector.js';
import { type ArrayLike, type ArrayOf, arrayOf, arraysOf } from './operands.js';
import { atLeast, expandedDims, flatOf } from './shaping.js';

/** Options of functions along one axis. */
export interface AxisOptions {
  /** The axis. Negative ones count from the end. @default 0 */
  readonly axis?: number;
}
const DEFAULTS = { axis: 0 } satisfies Defaults<AxisOptions>;

/** Options of {@link concatenate}. */
export interface ConcatenateOptions {
  /** The axis; null for the flattened arrays. @default 0 */
  readonly axis?: number | null;
}
const CONCATENATE_DEFAULTS = { axis: 0 } satisfies Defaults<ConcatenateOptions>;

/** Arrays as they are joined: of one backend and dtype. Numbers are arrays without axes. */
export function alike(name: string, arrays: readonly ArrayLike[]): EitherArray[] {
  checkList(name, 'arrays', arrays);
  if (arrays.length === 0) throw new ArgumentError(`${name}: expected at least one array`);
  const operands = arraysOf(name, arrays);
  const like = operands.find(isArrayOfEitherKind) as EitherArray;
  const { backend } = like;
  const given = operands.map((x) =>
    isScalar(x)
      ? NDArray.full([], x, { backend, dtype: scalarPromote(like.dtype, x, backend.defaultDType) })
      : x,
  );
  const [first] = given as [EitherArray];
  for (const x of given) checkSameBackend(first, x);
  const dtype = given.map((x) => x.dtype).reduce(promote);
  return given.map((x) => asDType(x, dtype));
}

/** Joins arrays of one backend and dtype along an axis, along which each has its own length. */
function joined(name: string, arrays: readonly EitherArray[], axis: number): EitherArray {
  const [first] = arrays as readonly [EitherArray];
  const k = toAxis(axis, first.space.shape.length);
  for (const { space } of arrays) {
    const { shape } = first.space;
    if (space.shape.length === shape.length && sameShape(space.shape.with(k, shape[k] as number), shape))
      continue;
    throw new ShapeError(
      `${name}: shapes ${formatShape(shape)} and ${formatShape(space.shape)} differ in more than axis ${k}`,
    );
  }
  return assemble(
    name,
    arrays,
    arrays.map((x, source) => wholeRun(x, k, source)),
    k,
  );
}

/**
 * Joins arrays along an axis, or the flattened arrays. The other axes must agree. If distributed
 * arrays are split along the axis, so is the result, evenly: each rank receives at most one message
 * from each other rank for each array. Otherwise nothing is sent. Distributed arrays must be split
 * alike.
 */
export function concatenate<X extends ArrayLike>(
  arrays: readonly X[],
  options?: ConcatenateOptions,
): ArrayOf<X> {
  const { axis } = withDefaults('concatenate', options, CONCATENATE_DEFAULTS);
  return tidy(() => {
    const given = alike('concatenate', arrays);
    return axis === null
      ? joined(
          'concatenate',
          given.map((x) => flatOf('concatenate', x)),
          0,
        )
      : joined('concatenate', given, axis);
  }) as ArrayOf<X>;
}

/**
 * Joins arrays of one shape along a new axis, along which the result is not split. Nothing is sent.
 */
export function stack<X extends ArrayLike>(arrays: readonly X[], options?: AxisOptions): ArrayOf<X> {
  const { axis } = withDefaults('stack', options, DEFAULTS);
  return tidy(() => {
    const given = alike('stack', arrays);
    const { shape } = (given[0] as EitherArray).space;
    for (const { space } of given)
      if (!sameShape(space.shape, shape))
        throw new ShapeError(
          `stack: expected arrays of one shape, received ${formatShape(shape)} and ` +
            formatShape(space.shape),
        );
    const k = toAxis(axis, shape.length + 1);
    return joined(
      'stack',
      given.map((x) => expandedDims(x, [k])),
      k,
    );
  }) as ArrayOf<X>;
}

/** Joins arrays along their first axis; vectors are rows. As {@link concatenate}. */
export const vstack = <X extends ArrayLike>(arrays: readonly X[]): ArrayOf<X> =>
  tidy(() =>
    joined(
      'vstack',
      alike('vstack', arrays).map((x) => atLeast(2, x)),
      0,
    ),
  ) as ArrayOf<X>;

/** Joins arrays along their second axis, vectors along their only one. As {@link concatenate}. */
export const hstack = <X extends ArrayLike>(arrays: readonly X[]): ArrayOf<X> =>
  tidy(() => {
    const given = alike('hstack', arrays).map((x) => atLeast(1, x));
    return joined('hstack', given, (given[0] as EitherArray).space.shape.length === 1 ? 0 : 1);
  }) as ArrayOf<X>;

/** Joins arrays along their third axis; a matrix is `[m, n, 1]`. As {@link concatenate}. */
export const dstack = <X extends ArrayLike>(arrays: readonly X[]): ArrayOf<X> =>
  tidy(() =>
    joined(
      'dstack',
      alike('dstack', arrays).map((x) => atLeast(3, x)),
      2,
    ),
  ) as ArrayOf<X>;

/** Joins arrays along their second axis; vectors are columns. As {@link concatenate}. */
export const columnStack = <X extends ArrayLike>(arrays: readonly X[]): ArrayOf<X> =>
  tidy(() =>
    joined(
      'columnStack',
      alike('columnStack', arrays).map((x) => {
        const y = atLeast(1, x);
        return y.space.shape.length === 1 ? expandedDims(y, [1]) : y;
      }),
      1,
    ),
  ) as ArrayOf<X>;

/** The first position and the length of each section of an axis. */
function sectionsOf(name: string, n: number, at: number | readonly number[], isEven: boolean) {
  if (typeof at === 'number') {
    if (!Number.isSafeInteger(at) || at < 1 || at >= 2 ** 32)
      throw new ArgumentError(
        `${name}: expected a positive number of sections below 2^32, received ${textOf(at)}`,
      );
    if (isEven && n % at !== 0)
      throw new ShapeError(`${name}: an axis of length ${n} has no ${at} equal sections: use arraySplit()`);
    const sizes = Array.from({ length: at }, (_, i) => Math.floor(n / at) + (i < n % at ? 1 : 0));
    let start = 0;
    return sizes.map((count) => {
      start += count;
      return { first: start - count, count };
    });
  }
  checkList(name, 'positions', at);
  if (!at.every((i) => Number.isSafeInteger(i)))
    throw new ArgumentError(`${name}: expected integers as positions, received ${textOf(at)}`);
  const cuts = at.map((i) => Math.min(Math.max(i < 0 ? i + n : i, 0), n));
  return [0, ...cuts].map((first, i) => ({ first, count: Math.max((cuts[i] ?? n) - first, 0) }));
}

const splitter =
  (name: string, isEven: boolean) =>
  <X extends ArrayLike>(x: X, sections: number | readonly number[], options?: AxisOptions): ArrayOf<X>[] => {
    const { axis } = withDefaults(name, options, DEFAULTS);
    return tidy(() => {
      const from = arrayOf(name, x);
      const k = toAxis(axis, from.space.shape.length);
      return sectionsOf(name, from.space.shape[k] as number, sections, isEven).map((run) => {
        if (isDistributed(from)) return assemble(name, [from], [{ source: 0, step: 1, ...run }], k);
        const { first, count } = run;
        return from.slice(...from.shape.map((_, j): Index => (j === k ? [first, first + count] : null)));
      });
    }) as ArrayOf<X>[];
  };

/**
 * Divides an array along an axis into a number of equal sections, or at positions. Sections of an
 * NDArray are views, those of a distributed array copies. A section of a split axis is split
 * evenly, which costs at most one message between two ranks.
 */
export const split = splitter('split', true);
/**
 * As {@link split}. The first sections are one longer if the axis is no multiple of their number.
 */
export const arraySplit = splitter('arraySplit', false);
