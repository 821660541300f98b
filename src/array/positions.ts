import type { NDArray } from '../core/array/ndarray.js';
import { extremeFlags, firstExtreme, firstTrue, REDUCTIONS, reduceAxes } from '../core/array/reductions.js';
import { REDUCTION_DEFAULTS, type ReductionOptions } from '../core/array/shared-reductions.js';
import { ArgumentError } from '../core/base/errors.js';
import { withDefaults } from '../core/base/options.js';
import { tidy } from '../core/base/scope.js';
import { type EitherArray, isDistributed } from '../core/distributed/align.js';
import {
  DISTRIBUTED_REDUCTIONS,
  positionOfAll,
  positionsAlong,
} from '../core/distributed/methods/distributed-reductions.js';
import { checkReducible } from '../core/distributed/reductions.js';
import { onAllRanks } from '../core/ports/agreement.js';
import { type ArrayLike, arrayOf } from './operands.js';
import type { Reduction } from './reduction.js';

/** Throws unless all positions along an axis of length `n` are less than it. */
function checkFound(name: string, positions: NDArray, n: number): void {
  if (positions.size > 0 && (positions.max() as number) >= n)
    throw new ArgumentError(`${name}: expected a number in each line, received one that is all NaN`);
}

const nanArgExtreme = (op: 'max' | 'min') => {
  const name = `nanarg${op}`;
  const ofAll = (x: EitherArray): number => {
    const at = isDistributed(x) ? positionOfAll(op, x, true) : firstExtreme(op, x, true);
    if (at === undefined)
      throw new ArgumentError(`${name}: expected a number, received an array that is all NaN`);
    return at;
  };
  const along = (x: EitherArray, axis: number): EitherArray => {
    const n = x.space.shape[axis] as number;
    if (isDistributed(x)) {
      const y = positionsAlong(name, op, x, axis, true);
      onAllRanks(x.comm, () => checkFound(name, y.local, n));
      return y;
    }
    const y = firstTrue(extremeFlags(x, reduceAxes(`nan${op}`, x, [axis]), true), axis, 0, n);
    checkFound(name, y, n);
    return y;
  };
  return ((x: ArrayLike, options?: ReductionOptions) => {
    const given = withDefaults(name, options, REDUCTION_DEFAULTS) as Required<ReductionOptions>;
    return tidy(() => {
      const from = arrayOf(name, x);
      checkReducible(name, from);
      return isDistributed(from)
        ? DISTRIBUTED_REDUCTIONS.positionsBy(
            name,
            from,
            given,
            (axis) => along(from, axis),
            () => ofAll(from),
          )
        : REDUCTIONS.positionsBy(
            name,
            from,
            given,
            (axis) => along(from, axis) as NDArray,
            () => ofAll(from),
          );
    });
  }) as Reduction<number, ReductionOptions>;
};

/**
 * As `argmax`, without NaN. Communication as that of `argmax`, and along an axis of a distributed
 * array one exchange of objects.
 * @throws {@link ArgumentError} on all ranks if all numbers of a line are NaN
 */
export const nanargmax = nanArgExtreme('max');
/** As {@link nanargmax}, of the smallest number. */
export const nanargmin = nanArgExtreme('min');
