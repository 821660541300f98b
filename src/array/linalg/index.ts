export { type CondOptions, cond } from './condition.js';
export { type EighOptions, eig, eigh, eigvals, eigvalsh } from './eigenvalues.js';
export { cholesky, type QrOptions, qr } from './factors.js';
export { type ArrayNormOptions, type MatrixNormOrder, norm } from './norms.js';
export { matrixPower, multiDot } from './powers.js';
export {
  type LeastSquares,
  type LstsqOptions,
  lstsq,
  type MatrixRankOptions,
  matrixRank,
  type PinvOptions,
  pinv,
  type SvdOptions,
  svd,
  svdvals,
} from './singular-values.js';
export { det, inv, slogdet, solve } from './solving.js';
export { type TensorinvOptions, type TensorsolveOptions, tensorinv, tensorsolve } from './tensors.js';
