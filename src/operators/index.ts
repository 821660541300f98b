export type { DistributedOptions } from './distributed-options.js';
export { MPIBlockDiag } from './mpi-block-diag.js';
export {
  MPIConvolve1D,
  type MPIConvolve1DOptions,
  MPIConvolveND,
  type MPIConvolveNDOptions,
} from './mpi-convolve.js';
export {
  MPIFFT1D,
  type MPIFFT1DOptions,
  MPIFFT2D,
  type MPIFFT2DOptions,
  MPIFFTND,
  type MPIFFTNDOptions,
} from './mpi-fft.js';
export { MPIFirstDerivative, type MPIFirstDerivativeOptions } from './mpi-first-derivative.js';
export { MPIFourierOperator, type MPIFourierOptions } from './mpi-fourier-operator.js';
export { MPIFredholm1, type MPIFredholm1Options } from './mpi-fredholm1.js';
export { MPIGradient, type MPIGradientOptions } from './mpi-gradient.js';
export { MPIHalo, type MPIHaloOptions } from './mpi-halo.js';
export { MPIHStack } from './mpi-hstack.js';
export { MPILaplacian, type MPILaplacianOptions } from './mpi-laplacian.js';
export { type LocalLinearOperator, MPILinearOperator } from './mpi-linear-operator.js';
export {
  MATRIX_MULT_KINDS,
  type MatrixMultKind,
  MPIMatrixMult,
  type MPIMatrixMultOptions,
  matrixGrid,
  type ProcessGrid,
} from './mpi-matrix-mult.js';
export { MPIMDC, type MPIMDCOptions } from './mpi-mdc.js';
export {
  MPINonStationaryConvolve1D,
  type MPINonStationaryConvolve1DOptions,
  MPINonStationaryConvolve2D,
  type MPINonStationaryConvolve2DOptions,
} from './mpi-non-stationary-convolve.js';
export { MPISecondDerivative, type MPISecondDerivativeOptions } from './mpi-second-derivative.js';
export {
  MPISmoothing1D,
  type MPISmoothing1DOptions,
  MPISmoothing2D,
  type MPISmoothing2DOptions,
} from './mpi-smoothing.js';
export { MPISparseMatrixMult, type MPISparseMatrixMultOptions } from './mpi-sparse-matrix-mult.js';
export { MPIStackedBlockDiag } from './mpi-stacked-block-diag.js';
export { MPIStackedLinearOperator } from './mpi-stacked-linear-operator.js';
export { MPIStackedVStack } from './mpi-stacked-vstack.js';
export { MPIVStack } from './mpi-vstack.js';
export type { BlockOptions } from './rank-blocks.js';
