import type { NDArray } from '../core/array/ndarray.js';
import { type DType, isInteger } from '../core/base/dtype.js';
import { PartitionError } from '../core/base/errors.js';
import { type Defaults, withDefaults } from '../core/base/options.js';
import { tidy } from '../core/base/scope.js';
import { toAxis } from '../core/base/shape.js';
import { isDistributed } from '../core/distributed/align.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import { exclusiveScan } from '../core/distributed/exclusive-scan.js';
import { checkReducible } from '../core/distributed/reductions.js';
import { onAllRanks } from '../core/ports/agreement.js';
import { type ArrayLike, type ArrayOf, arrayOf, castTo } from './operands.js';
import { asIntegers } from './reduction.js';
import { flatOf } from './shaping.js';

/** Options of running sums and products. */
export interface RunningOptions {
  /** The axis; null for the flattened array. @default the flattened array */
  readonly axis?: number | null | undefined;
  /** The dtype in which is computed. @default that of the array; int32 for bool */
  readonly dtype?: DType | undefined;
}
const DEFAULTS = { axis: undefined, dtype: undefined } satisfies Defaults<RunningOptions>;

/** Running results of one rank, and how those of two ranks are joined. */
const KINDS = {
  cumsum: { run: (x: NDArray, axis: number) => x.cumsum(axis), join: (a: NDArray, b: NDArray) => a.add(b) },
  cumprod: {
    run: (x: NDArray, axis: number) => x.cumprod(axis),
    join: (a: NDArray, b: NDArray) => a.multiply(b),
  },
} as const;

function runDistributed(name: keyof typeof KINDS, x: DistributedArray, axis: number): DistributedArray {
  checkReducible(name, x);
  const { run, join } = KINDS[name];
  const { layout, comm, space } = x;
  const isSplit = (layout.grid[axis] as number) > 1;
  if (isSplit && layout.grid.some((parts, k) => parts > 1 && k !== axis))
    throw new PartitionError(`${name}: the array is split along several axes: redistribute() it to one`);
  const compute = (): NDArray => run(x.local, axis);
  const local = isInteger(x.dtype) ? onAllRanks(comm, compute) : compute();
  if (!isSplit) return space.wrap(local);
  const n = local.shape[axis] as number;
  const last = local.shape.map((_, k): [number, number] | null => (k === axis ? [n - 1, n] : null));
  const empty = x.globalShape.with(axis, 1);
  // A rank without elements adds nothing
  const neutral = (): NDArray =>
    local.space
      .withShape(empty)
      .empty()
      .fill(name === 'cumsum' ? 0 : 1);
  const before = exclusiveScan(comm, n > 0 ? local.slice(...last).contiguous() : neutral(), join);
  return space.wrap(before && n > 0 ? join(before, local) : local);
}

const running =
  (name: keyof typeof KINDS) =>
  <X extends ArrayLike>(x: X, options?: RunningOptions): ArrayOf<X> => {
    const { axis, dtype } = withDefaults(name, options, DEFAULTS);
    return tidy(() => {
      const given = castTo(name, arrayOf(name, x), dtype);
      const from = axis === null || axis === undefined ? flatOf(name, given) : given;
      const along = toAxis(axis ?? 0, from.space.shape.length);
      const y = isDistributed(from) ? runDistributed(name, from, along) : KINDS[name].run(from, along);
      return isInteger(from.dtype) ? asIntegers(name, y) : y;
    }) as ArrayOf<X>;
  };

/**
 * Running sums along an axis, or of the flattened array. Of int32 and bool they are int32, and
 * exact. If the axis is split, each rank sends and receives at most ⌈log₂ ranks⌉ messages of one
 * slice. The flattened array is moved first if it is not split by rows.
 */
export const cumsum = running('cumsum');
/** Running products. Integers and messages as those of {@link cumsum}. */
export const cumprod = running('cumprod');
