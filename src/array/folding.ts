import { isScalar, type Scalar } from '../core/base/complex.js';
import { ShapeError } from '../core/base/errors.js';
import { type Defaults, withDefaults } from '../core/base/options.js';
import { tidy } from '../core/base/scope.js';
import { formatShape, toAxes, toAxis } from '../core/base/shape.js';
import { type EitherArray, isDistributed, ownPart } from '../core/distributed/align.js';
import { assemble, wholeRun } from '../core/distributed/assemble.js';
import { squeezed } from './shaping.js';

/** An associative function of two arrays of one shape. */
type Associative = (x: EitherArray, y: EitherArray) => EitherArray;

/** Options of `reduce` of universal functions. */
export interface FoldOptions {
  /** One axis or several; null for all. @default 0 */
  readonly axis?: number | readonly number[] | null;
  /** Whether reduced axes stay, with length 1. @default false */
  readonly keepdims?: boolean;
}
export const FOLD_DEFAULTS = { axis: 0, keepdims: false } satisfies Defaults<FoldOptions>;

/** Options of `accumulate` of universal functions. */
export interface AccumulateOptions {
  /** The axis. @default 0 */
  readonly axis?: number;
}
export const ACCUMULATE_DEFAULTS = { axis: 0 } satisfies Defaults<AccumulateOptions>;

/** The axes to be reduced. As in NumPy, the default axis of an array without axes is none. */
export const axesOf = (x: EitherArray, axis: FoldOptions['axis']): number[] =>
  x.space.shape.length === 0 && axis === 0 ? [] : toAxes(axis ?? undefined, x.space.shape.length, 'axis');

/** An array without axes as a number. */
export function withoutAxes(y: EitherArray | Scalar): EitherArray | Scalar {
  if (isScalar(y) || y.space.shape.length > 0) return y;
  return ownPart(y).get();
}

/** An array with one element along an axis, all of them one value. */
function filled(x: EitherArray, axis: number, value: number): EitherArray {
  if (!isDistributed(x)) return x.space.withShape(x.shape.with(axis, 1)).empty().fill(value);
  return x.space.withLayout(x.layout.withLength(axis, 1)).empty().fill(value);
}

const rows = (x: EitherArray, axis: number, first: number, count: number): EitherArray =>
  assemble('reduce', [x], [{ source: 0, first, count, step: 1 }], axis);

const joined = (x: EitherArray, y: EitherArray, axis: number): EitherArray =>
  assemble('reduce', [x, y], [wholeRun(x, axis), wholeRun(y, axis, 1)], axis);

/** The elements along an axis joined by a function: halves are joined until one element is left. */
function folded(
  name: string,
  f: Associative,
  x: EitherArray,
  axis: number,
  identity: number | undefined,
): EitherArray {
  const { shape } = x.space;
  if (shape[axis] === 0) {
    if (identity !== undefined) return filled(x, axis, identity);
    throw new ShapeError(`${name}: axis ${axis} of ${formatShape(shape)} has no elements`);
  }
  let y = x;
  for (let n = shape[axis] as number; n > 1; n = Math.ceil(n / 2)) {
    const from = y;
    const half = Math.floor(n / 2);
    y = tidy(() => {
      const z = f(rows(from, axis, 0, half), rows(from, axis, half, half));
      return n % 2 === 1 ? joined(z, rows(from, axis, n - 1, 1), axis) : z;
    });
    if (from !== x) from.dispose();
  }
  return y;
}

/** `reduce` of an associative function that has no kernel for it. */
export function reduceBy(
  name: string,
  f: Associative,
  x: EitherArray,
  identity: number | undefined,
  options: FoldOptions | undefined,
): EitherArray | Scalar {
  const { axis, keepdims } = withDefaults(name, options, FOLD_DEFAULTS);
  const axes = axesOf(x, axis);
  const y = axes.reduce((z, k) => folded(name, f, z, k, identity), x);
  const own = y === x ? x.copy() : y;
  return keepdims ? own : withoutAxes(squeezed(name, own, axes));
}

/** `accumulate` of an associative function: each step doubles how many elements are joined. */
export function accumulateBy(
  name: string,
  f: Associative,
  x: EitherArray,
  options: AccumulateOptions | undefined,
): EitherArray {
  const { axis } = withDefaults(name, options, ACCUMULATE_DEFAULTS);
  const k = toAxis(axis, x.space.shape.length);
  const n = x.space.shape[k] as number;
  let y = x;
  for (let step = 1; step < n; step *= 2) {
    const before = y;
    y = tidy(() => {
      const tail = f(rows(before, k, 0, n - step), rows(before, k, step, n - step));
      return joined(rows(before, k, 0, step), tail, k);
    });
    if (before !== x) before.dispose();
  }
  return y === x ? x.copy() : y;
}
