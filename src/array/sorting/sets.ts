import { asDType } from '../../core/array/casting.js';
import { promote } from '../../core/base/dtype.js';
import { tidy } from '../../core/base/scope.js';
import type { EitherArray } from '../../core/distributed/align.js';
import { equal, less } from '../elementwise/comparisons.js';
import { logicalAnd } from '../elementwise/logic.js';
import { getItem } from '../indexing.js';
import { concatenate } from '../joining.js';
import { type ArrayLike, type ArrayOf, arrayOf } from '../operands.js';
import { unique } from './unique.js';

/** Which of the values of two arrays are in which. */
interface Values {
  /** In how many of the arrays a value is: 1 or 2. */
  readonly counts: EitherArray;
  /** Whether a value is in the first array. */
  readonly isFirst: EitherArray;
}

/** The values that `select` chooses from those of two arrays. */
function chosen<A extends ArrayLike, B extends ArrayLike>(
  name: string,
  a: A,
  b: B,
  select: (values: Values) => EitherArray,
): ArrayOf<A | B> {
  return tidy(() => {
    const given = [a, b].map((each) => arrayOf(name, each)) as [EitherArray, EitherArray];
    // In the dtype of both, in which different values may become one
    const dtype = promote(given[0].dtype, given[1].dtype);
    const [x, y] = given.map((each) => unique(asDType(each, dtype))) as [EitherArray, EitherArray];
    const n = x.space.shape[0] as number;
    const options = { returnIndex: true, returnCounts: true } as const;
    const [values, index, counts] = unique(concatenate([x, y]), options) as EitherArray[] as [
      EitherArray,
      EitherArray,
      EitherArray,
    ];
    return getItem(values, [select({ counts, isFirst: less(index, n) })]);
  }) as ArrayOf<A | B>;
}

/**
 * The values that are in two arrays, ascending, as `numpy.intersect1d`. Arrays of any shape; NaN is
 * one value. If one is distributed, so is the result: see {@link unique}. Nothing is gathered: both
 * arrays are sorted as by {@link unique}, and then their values once more together.
 * @returns one-dimensional, of the dtype that `concatenate` gives both; values are compared in it
 * @throws {@link DTypeError} for dtypes that do not mix, such as float32 and float64
 */
export const intersect1d = <A extends ArrayLike, B extends ArrayLike>(a: A, b: B): ArrayOf<A | B> =>
  chosen('intersect1d', a, b, ({ counts }) => equal(counts, 2));

/**
 * The values of the first array that are not in the second, ascending, as `numpy.setdiff1d`.
 * Shapes, NaN, errors and communication as those of {@link intersect1d}.
 */
export const setdiff1d = <A extends ArrayLike, B extends ArrayLike>(a: A, b: B): ArrayOf<A | B> =>
  chosen('setdiff1d', a, b, ({ counts, isFirst }) => logicalAnd(equal(counts, 1), isFirst));

/**
 * The values that are in one of two arrays and not in the other, ascending, as `numpy.setxor1d`.
 * Shapes, NaN, errors and communication as those of {@link intersect1d}.
 */
export const setxor1d = <A extends ArrayLike, B extends ArrayLike>(a: A, b: B): ArrayOf<A | B> =>
  chosen('setxor1d', a, b, ({ counts }) => equal(counts, 1));

/**
 * The values that are in one of two arrays, or in both, ascending, as `numpy.union1d`. Shapes, NaN
 * and errors as those of {@link intersect1d}; communication as that of {@link unique}.
 */
export const union1d = <A extends ArrayLike, B extends ArrayLike>(a: A, b: B): ArrayOf<A | B> =>
  tidy(() => {
    const parts: readonly ArrayLike[] = [a, b];
    return unique(concatenate(parts.map((given) => unique(arrayOf('union1d', given))))) as EitherArray;
  }) as ArrayOf<A | B>;
