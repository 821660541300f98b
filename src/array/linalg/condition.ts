import { ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import type { EitherArray } from '../../core/distributed/align.js';
import { dropAxes, reduceOver } from '../../core/distributed/reductions.js';
import { divide, multiply } from '../elementwise/arithmetic.js';
import { where } from '../elementwise/choosing.js';
import { isnan } from '../elementwise/comparisons.js';
import { logicalAnd, logicalNot } from '../elementwise/logic.js';
import type { ArrayLike } from '../operands.js';
import { numberOr } from '../products/contraction.js';
import type { Product } from '../products/products.js';
import { matricesOf, perMatrix, squareOf } from './matrices.js';
import { type MatrixNormOrder, norm } from './norms.js';
import { singularValues } from './singular-values.js';
import { inverse } from './solving.js';

/** Options of {@link cond}. */
export interface CondOptions {
  /** The order of the norm: see `norm`. @default the 2-norm */
  readonly p?: MatrixNormOrder | undefined;
}
const COND_DEFAULTS = { p: undefined } satisfies Defaults<CondOptions>;

/**
 * The condition numbers of matrices: for the 2-norm the ratio of the largest and the smallest
 * singular value, or for −2 its reciprocal; for other norms the product of those of the matrix and
 * its inverse. Infinity for singular matrices. A number for one matrix. Communication as that of
 * {@link svdvals} or `inv`.
 */
export function cond(a: ArrayLike, options?: CondOptions): Product {
  const name = 'linalg.cond';
  const { p } = withDefaults(name, options, COND_DEFAULTS);
  return tidy(() => {
    if (p !== undefined && p !== 2 && p !== -2) {
      const x = squareOf(name, a);
      const own = norm(x, { ord: p, axis: [-2, -1] });
      const [y] = perMatrix(name, x, (part) => [inverse(name, part, false)]) as [EitherArray];
      const product = multiply(own, norm(y, { ord: p, axis: [-2, -1] }));
      const isSingular = logicalAnd(isnan(product), logicalNot(isnan(own)));
      return numberOr(where(isSingular, Number.POSITIVE_INFINITY, product) as EitherArray);
    }
    const s = singularValues(name, matricesOf(name, a));
    const k = s.space.shape.length - 1;
    if (s.space.shape[k] === 0) throw new ShapeError(`${name}: expected matrices with elements`);
    const [most, least] = ['max', 'min'].map((op) => dropAxes(reduceOver(name, op as 'max', s, [k]), [k]));
    const [over, under] = p === -2 ? [least, most] : [most, least];
    const ratio = divide(over as EitherArray, under as EitherArray);
    return numberOr(where(isnan(ratio), Number.POSITIVE_INFINITY, ratio) as EitherArray);
  });
}
