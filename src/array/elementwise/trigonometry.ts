import { floatsOf } from '../../core/array/casting.js';
import { binary, unary, where } from '../../core/array/elementwise.js';
import { associative, binaryFunction, functionOfOne, unaryFunction } from './universal.js';

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
export const hypot = associative('hypot', binaryFunction('hypot'), { identity: () => 0, prepare: floatsOf });

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

/** Degrees to radians */
export const deg2rad = functionOfOne('deg2rad', (x) => binary('multiply', x, Math.PI / 180));

/** Radians to degrees */
export const rad2deg = functionOfOne('rad2deg', (x) => binary('multiply', x, 180 / Math.PI));

/** `sin(πx) / (πx)`; 1 for x = 0 */
export const sinc = functionOfOne('sinc', (x) => {
  const angle = binary('multiply', x, Math.PI);
  return where(binary('equal', x, 0), 1, unary('sin', angle).divideInPlace(angle));
});
