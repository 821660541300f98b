import { type NumbersAndOptions, splitOptions } from '../../core/array/creation.js';
import type { NDArray } from '../../core/array/ndarray.js';
import { INDEX_DTYPE, isBoolean, isInteger } from '../../core/base/dtype.js';
import { ShapeError } from '../../core/base/errors.js';
import { checkCount, checkFlag, type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { formatShape } from '../../core/base/shape.js';
import { checkBoxes, isDistributed } from '../../core/distributed/align.js';
import { onAllRanks } from '../../core/ports/agreement.js';
import { cumprod } from '../methods.js';
import { type ArrayLike, type ArrayOf, arrayOf } from '../operands.js';
import { alongRanks } from './along-ranks.js';

/** Options of {@link vander}. */
export interface VanderOptions {
  /**
   * The number of columns. It may be passed as an argument instead.
   * @default that of the elements
   */
  readonly N?: number | undefined;
  /** Whether the powers increase from left to right. @default false */
  readonly increasing?: boolean;
}
const DEFAULTS = { N: undefined, increasing: false } satisfies Defaults<VanderOptions>;

/** The powers 0 … columns − 1 of each element, as running products of 1, x, x, … */
function powers(x: NDArray, columns: number, increasing: boolean): NDArray {
  const from = isBoolean(x.dtype) ? x.astype(INDEX_DTYPE) : x;
  const factors = from.space.withShape([from.size, columns]).empty();
  factors.fill(1);
  if (columns > 1) factors.set([null, [1, columns]], from.expandDims(1));
  const y = cumprod(factors, { axis: 1 });
  return increasing ? y : y.flip(1).copy();
}

/**
 * The Vandermonde matrix: column j of N has the power N − 1 − j of the elements of a vector, or
 * with `increasing` the power j. A distributed vector gives rows that are split as it is. Nothing
 * is sent, but for integers one exchange of objects.
 * @throws {@link NumericalError} if an integer power does not fit into int32
 */
export function vander<X extends ArrayLike>(x: X, options?: VanderOptions): ArrayOf<X>;
export function vander<X extends ArrayLike>(x: X, N?: number, options?: VanderOptions): ArrayOf<X>;
export function vander<X extends ArrayLike>(x: X, ...rest: NumbersAndOptions<VanderOptions>): ArrayOf<X> {
  const [[position], options] = splitOptions(rest);
  const { N, increasing } = withDefaults('vander', options, DEFAULTS);
  checkFlag('vander', { increasing });
  return tidy(() => {
    const from = arrayOf('vander', x);
    const { shape } = from.space;
    checkBoxes('vander', from);
    if (shape.length !== 1) throw new ShapeError(`vander: expected one axis, received ${formatShape(shape)}`);
    const columns = position ?? N ?? from.size;
    checkCount('vander', { N: columns });
    if (!isDistributed(from)) return powers(from, columns, increasing);
    const compute = (): NDArray => powers(from.local, columns, increasing);
    const local = isInteger(from.dtype) ? onAllRanks(from.comm, compute) : compute();
    return alongRanks(
      from,
      from.localShapes.map(([n = 0]) => [n, columns]),
      local,
    );
  }) as ArrayOf<X>;
}
