export { logsumexp } from '../reductions.js';

import { unaryFunction } from './universal.js';

/** The error function of real arrays */
export const erf = unaryFunction('erf');

/** `1 − erf(x)`, accurate for large x */
export const erfc = unaryFunction('erfc');

/** The gamma function of real arrays; NaN at negative whole numbers */
export const gamma = unaryFunction('gamma');

/** `log |Γ(x)|` of real arrays */
export const gammaln = unaryFunction('gammaln');
