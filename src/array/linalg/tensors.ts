import { ArgumentError, ShapeError } from '../../core/base/errors.js';
import { checkCount, type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { formatShape, product, toAxes } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import type { EitherArray } from '../../core/distributed/align.js';
import { type ArrayLike, arrayOf } from '../operands.js';
import { flatOf, reshaped, transposed } from '../shaping.js';
import { inv, solve } from './solving.js';

/** Options of {@link tensorsolve}. */
export interface TensorsolveOptions {
  /** Axes of a that are moved to its end first. @default none */
  readonly axes?: readonly number[] | undefined;
}
const SOLVE_DEFAULTS = { axes: undefined } satisfies Defaults<TensorsolveOptions>;

/**
 * The solution of `tensordot(a, x, x.ndim) = b`, as `numpy.linalg.tensorsolve`: a has the axes of
 * b, then those of x. By {@link solve}.
 * @throws {@link NumericalError} if the tensor is singular
 */
export function tensorsolve(a: ArrayLike, b: ArrayLike, options?: TensorsolveOptions): EitherArray {
  const name = 'linalg.tensorsolve';
  const { axes } = withDefaults(name, options, SOLVE_DEFAULTS);
  return tidy(() => {
    const [given, right] = [arrayOf(name, a), arrayOf(name, b)];
    const { length } = given.space.shape;
    const last = axes === undefined ? [] : toAxes(axes, length, 'axes');
    const order = given.space.shape.map((_, k) => k).filter((k) => !last.includes(k));
    const x = last.length === 0 ? given : transposed(name, given, [...order, ...last]);
    const to = x.space.shape.slice(right.space.shape.length);
    const n = product(right.space.shape);
    if (product(to) !== n || product(x.space.shape) !== n * n)
      throw new ShapeError(
        `${name}: expected axes of one size for the unknowns and the equations, received ` +
          `${formatShape(x.space.shape)} and ${formatShape(right.space.shape)}`,
      );
    return reshaped(name, solve(reshaped(name, x, [n, n]), flatOf(name, right)), to);
  });
}

/** Options of {@link tensorinv}. */
export interface TensorinvOptions {
  /** The number of the first axes that are one side of the tensor. @default 2 */
  readonly ind?: number;
}
const INVERSE_DEFAULTS = { ind: 2 } satisfies Defaults<TensorinvOptions>;

/**
 * The inverse of a tensor for `tensordot(…, ind)`, as `numpy.linalg.tensorinv`: it has the axes
 * after the first `ind` ones first. By {@link inv}.
 * @throws {@link NumericalError} if the tensor is singular
 */
export function tensorinv(a: ArrayLike, options?: TensorinvOptions): EitherArray {
  const name = 'linalg.tensorinv';
  const { ind } = withDefaults(name, options, INVERSE_DEFAULTS);
  checkCount(name, { ind });
  if (ind === 0) throw new ArgumentError(`${name}: expected ind of at least 1, received ${textOf(ind)}`);
  return tidy(() => {
    const x = arrayOf(name, a);
    const [rows, columns] = [x.space.shape.slice(0, ind), x.space.shape.slice(ind)];
    const n = product(rows);
    if (n !== product(columns))
      throw new ShapeError(
        `${name}: expected as many elements over the first ${ind} axes as over the others, received ` +
          formatShape(x.space.shape),
      );
    return reshaped(name, inv(reshaped(name, x, [n, n])), [...columns, ...rows]);
  });
}
