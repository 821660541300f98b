import { where } from '../../array/elementwise.js';
import type { NDArray } from '../../array/ndarray.js';
import { areInRange } from '../../array/norms-along.js';
import {
  accumulate,
  BOUND,
  exactTotal,
  extremeFlags,
  filledWith,
  firstExtreme,
  firstTrue,
  normsOfLines,
  positionsOfLines,
  truth,
} from '../../array/reductions.js';
import { type ReductionKernels, reductionsOf } from '../../array/shared-reductions.js';
import { im, re, type Scalar, scalarOf } from '../../base/complex.js';
import { isComplex, isInteger } from '../../base/dtype.js';
import { PartitionError } from '../../base/errors.js';
import { type Shape, stridesOf } from '../../base/shape.js';
import { gatherFromAllRanks } from '../../ports/agreement.js';
import type { ReduceKernel } from '../../ports/backend.js';
import { checkExact } from '../../vector/integer-sums.js';
import { combineShares } from '../../vector/norm.js';
import { align, type EitherArray } from '../align.js';
import type { DistributedArray } from '../distributed-array.js';
import { exclusiveScan } from '../exclusive-scan.js';
import { Layout } from '../layout.js';
import {
  asIntegers,
  boxWithout,
  checkReducible,
  dropAxes,
  exactParts,
  intoArray,
  joined,
  layoutWithout,
  maskedParts,
  reduceLocal,
  reduceOver,
} from '../reductions.js';
import { splitByRows } from '../unsplit.js';

/** Reduces all elements in double precision. One reduction if x is split. */
function total(op: ReduceKernel, x: DistributedArray): Scalar {
  const { local, comm, dtype } = x;
  if (x.layout.replicated) return local.backend.reduce(op, local);
  // What is not one number for each rank, or may be NaN on some
  if ((op === 'prod' && isComplex(dtype)) || op === 'nanmax' || op === 'nanmin') {
    const axes = x.globalShape.map((_, k) => k);
    return (dropAxes(reduceOver(op, op, x, axes), axes) as NDArray).get();
  }
  const isExtreme = op === 'max' || op === 'min';
  const own = isExtreme && local.size === 0 ? BOUND[op] : local.backend.reduce(op, local);
  const shares = Float64Array.of(re(own), im(own));
  if (op === 'prod') comm.allreduce(shares, op);
  else combineShares(comm, shares, isExtreme ? op : 'sum');
  const [real, imaginary] = shares as unknown as readonly [number, number];
  return op === 'sum' ? scalarOf(dtype, real, imaginary) : real;
}

/** The sum or the product of integers: exact, or an error on all ranks. One exchange of objects. */
function exactTotalOfAll(op: 'sum' | 'prod', x: DistributedArray): number {
  const shares = gatherFromAllRanks(x.comm, () => exactTotal(op, x.local));
  if (x.layout.replicated) return shares[x.rank] as number;
  if (op === 'sum')
    checkExact(
      'the sum',
      shares.reduce((a, b) => a + Math.abs(b), 0),
    );
  const value = shares.reduce((a, b) => (op === 'sum' ? a + b : a * b));
  checkExact('the product', value);
  return value;
}

/**
 * The 2-norms over axes, which stay with length 1. One reduction if a reduced axis is split; two
 * more if a sum of squares is 0, overflows or underflows.
 */
function normsOver(name: string, x: DistributedArray, axes: readonly number[]): EitherArray {
  // No rank shares its lines with others
  if (layoutWithout(x, axes)) return joined(x, axes, 'sum', (part) => normsOfLines(part, axes));
  const squares = reduceOver(name, 'sumSquares', x, axes) as DistributedArray;
  if (areInRange(squares.local)) return squares.sqrt();
  const largest = reduceOver(name, 'max', x.abs(), axes) as DistributedArray;
  // NaN, infinity and 0 stay what they are
  const scales = largest.space.wrap(
    where(largest.local.greater(0).multiply(largest.local.isfinite()), largest.local, 1),
  );
  const scaled = reduceOver(name, 'sumSquares', x.divide(scales), axes) as DistributedArray;
  return scaled.sqrt().multiplyInPlace(scales);
}

/** The first positions of the extremes along an axis, which stays with length 1. */
export function positionsAlong(
  name: string,
  op: 'max' | 'min',
  x: DistributedArray,
  axis: number,
  skipsNaN: boolean,
): DistributedArray {
  checkReducible(name, x);
  const isWhole = layoutWithout(x, [axis]) !== undefined;
  if (isWhole && !skipsNaN) return joined(x, [axis], 'min', (part) => positionsOfLines(op, part, axis));
  const extreme = joined(x, [axis], skipsNaN ? `nan${op}` : op, (part) =>
    reduceLocal(skipsNaN ? `nan${op}` : op, part, [axis]),
  );
  const box = boxWithout(x, [axis]);
  const own = isWhole
    ? extreme.local
    : extreme.local.slice(...box.start.map((s, k): [number, number] => [s, s + (box.shape[k] as number)]));
  const [n, start] = [x.globalShape[axis] as number, x.box.start[axis] as number];
  return joined(x, [axis], 'min', (part) => firstTrue(extremeFlags(part, own, skipsNaN), axis, start, n));
}

/** The first position of the extreme in the flattened array: one exchange of objects. */
export function positionOfAll(op: 'max' | 'min', x: DistributedArray, skipsNaN: boolean): number | undefined {
  const { local, layout, box, globalShape } = x;
  const at = firstExtreme(op, local, skipsNaN);
  if (layout.replicated) return at;
  const strides = stridesOf(globalShape);
  const placeOf = (position: number): number =>
    stridesOf(local.shape).reduce(
      (place, stride, k) =>
        place +
        ((box.start[k] as number) + (Math.floor(position / stride) % (local.shape[k] as number))) *
          (strides[k] as number),
      0,
    );
  const own = at === undefined ? undefined : { value: local.ravel().get(at) as number, at: placeOf(at) };
  const isBetter = (a: number, b: number): boolean =>
    Number.isNaN(a) ? !Number.isNaN(b) : op === 'max' ? a > b : a < b;
  return x.comm
    .allgatherObject(own)
    .filter((other) => other !== undefined)
    .reduce<{ value: number; at: number } | undefined>(
      (best, other) =>
        best === undefined ||
        isBetter(other.value, best.value) ||
        (Object.is(other.value + 0, best.value + 0) && other.at < best.at)
          ? other
          : best,
      undefined,
    )?.at;
}

/**
 * Running results along an axis. If it is split, each rank sends and receives at most ⌈log₂ ranks⌉
 * messages of one slice. Of integers the ranks also agree that they are exact, in one exchange of
 * objects.
 */
function running(name: 'cumsum' | 'cumprod', x: DistributedArray, axis: number): DistributedArray {
  const { layout, comm, space } = x;
  const isSplit = (layout.grid[axis] as number) > 1;
  if (isSplit && layout.grid.some((parts, k) => parts > 1 && k !== axis))
    throw new PartitionError(`${name}: the array is split along several axes: redistribute() it to one`);
  const op = name === 'cumsum' ? 'sum' : 'prod';
  const compute = (): NDArray => accumulate(name, x.local, axis);
  const local = isInteger(x.dtype) ? exactParts(name, op, comm, isSplit, compute) : compute();
  if (!isSplit) return space.wrap(local);
  const n = local.shape[axis] as number;
  const last = local.shape.map((_, k): [number, number] | null => (k === axis ? [n - 1, n] : null));
  const join = (a: NDArray, b: NDArray): NDArray => (op === 'sum' ? a.add(b) : a.multiply(b));
  // A rank without elements adds nothing
  const neutral = (): NDArray =>
    local.space
      .withShape(x.globalShape.with(axis, 1))
      .empty()
      .fill(op === 'sum' ? 0 : 1);
  const before = exclusiveScan(comm, n > 0 ? local.slice(...last).contiguous() : neutral(), join);
  return space.wrap(before && n > 0 ? join(before, local) : local);
}

/** An array of one value on each rank. */
const filled = (x: DistributedArray, shape: Shape, value: number): DistributedArray =>
  x.space.withLayout(Layout.replicated(shape, x.comm.size)).wrap(filledWith(x.local, shape, value));

/** Elements of x where the mask is true, otherwise those of y: of one layout, or numbers. */
function chosen(mask: EitherArray, x: EitherArray | Scalar, y: EitherArray | Scalar): EitherArray {
  const { space, locals } = align('where', [mask, x, y]);
  const part = where(...(locals as readonly [NDArray, NDArray | Scalar, NDArray | Scalar]));
  return space ? space.wrap(part) : part;
}

const DISTRIBUTED: ReductionKernels<EitherArray> = {
  check: checkReducible,
  over: reduceOver,
  masked: maskedParts,
  choose: chosen,
  into: intoArray,
  truth: (kind, x: DistributedArray, axes) =>
    joined(x, axes, kind === 'any' ? 'max' : 'min', (part) => truth(kind, part, axes)),
  norms: normsOver,
  positions: (name, op, x: DistributedArray, axis) => positionsAlong(name, op, x, axis, false),
  total,
  exactTotal: exactTotalOfAll,
  norm: (x: DistributedArray) => (x.layout.replicated ? x.local.norm() : x.norm()),
  position: (op, x: DistributedArray) => positionOfAll(op, x, false) as number,
  running,
  flat: (name, x: DistributedArray) => splitByRows(name, x).reshape([x.size]),
  integers: asIntegers,
  filled,
  drop: dropAxes,
};

/** The methods of DistributedArray. */
export const DISTRIBUTED_REDUCTIONS = reductionsOf(DISTRIBUTED);
