export { type CondOptions, cond } from './condition.js';
export { type EighOptions, eig, eigh, eigvals, eigvalsh } from './eigenvalues.js';
export { cholesky, type QrOptions, qr } from './factors.js';
export { type LeastSquares, type LstsqOptions, lstsq, type PinvOptions, pinv } from './least-squares.js';
export { type ArrayNormOptions, type MatrixNormOrder, norm } from './norms.js';
export { matrixPower, multiDot } from './powers.js';
export { type RandomizedSvdOptions, randomizedSvd } from './randomized-svd.js';
export {
  type MatrixRankOptions,
  matrixRank,
  type SvdOptions,
  svd,
  svdvals,
} from './singular-values.js';
export { det, inv, slogdet, solve } from './solving.js';
export { type TensorinvOptions, type TensorsolveOptions, tensorinv, tensorsolve } from './tensors.js';
