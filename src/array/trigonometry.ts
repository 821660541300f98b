import { binary, unary, where } from '../core/array/elementwise.js';
import { type ArrayLike, type ArrayOf, elementwise, type UniversalOptions } from './operands.js';
import { binaryFunction, unaryFunction } from './universal.js';

/** The sine of an angle in radians */
export const sin = unaryFunction('sin');

/** The cosine of an angle in radians */
export const cos = unaryFunction('cos');

/** The tangent of an angle in radians */
export const tan = unaryFunction('tan');

/** The inverse sine, in radians; NaN beyond −1 and 1. Complex: cut there on the real axis. */
export const arcsin = unaryFunction('arcsin');

/** The inverse cosine, in radians, from 0 to π; NaN beyond −1 and 1. Complex: cut there. */
export const arccos = unaryFunction('arccos');

/** The inverse tangent, in radians. Complex: cut outside [−i, i] on the imaginary axis. */
export const arctan = unaryFunction('arctan');

/** The angle of the point (y, x), in radians, −π < angle ≤ π: `arctan2(y, x)`. Real arrays. */
export const arctan2 = binaryFunction('arctan2');

/** `√(x² + y²)` of real arrays, without overflow */
export const hypot = binaryFunction('hypot');

/** The hyperbolic sine */
export const sinh = unaryFunction('sinh');

/** The hyperbolic cosine */
export const cosh = unaryFunction('cosh');

/** The hyperbolic tangent */
export const tanh = unaryFunction('tanh');

/** The inverse hyperbolic sine */
export const arcsinh = unaryFunction('arcsinh');

/** The inverse hyperbolic cosine; NaN for x < 1 */
export const arccosh = unaryFunction('arccosh');

/** The inverse hyperbolic tangent; NaN beyond −1 and 1 */
export const arctanh = unaryFunction('arctanh');

/** `factor · x`, a float. */
const scaled =
  (name: string, factor: number) =>
  <X extends ArrayLike>(x: X, options?: UniversalOptions): ArrayOf<X> =>
    elementwise(name, [x], options, (_, part) => binary('multiply', part, factor)) as ArrayOf<X>;

/** Degrees to radians */
export const deg2rad = scaled('deg2rad', Math.PI / 180);
/** Radians to degrees */
export const rad2deg = scaled('rad2deg', 180 / Math.PI);

/** `sin(πx) / (πx)`; 1 for x = 0 */
export const sinc = <X extends ArrayLike>(x: X, options?: UniversalOptions): ArrayOf<X> =>
  elementwise('sinc', [x], options, (_, part) => {
    const angle = binary('multiply', part, Math.PI);
    return where(binary('equal', part, 0), 1, unary('sin', angle).divideInPlace(angle));
  }) as ArrayOf<X>;
