export type { DerivativeKind, DerivativeOrder } from '../core/schemes/derivative-scheme.js';
export { Block } from './basic/block.js';
export { BlockDiag } from './basic/block-diag.js';
export type { ComplexPartOptions } from './basic/complex-part.js';
export { Conj, type ConjOptions } from './basic/conj.js';
export { Diagonal, type DiagonalOptions } from './basic/diagonal.js';
export { Flip, type FlipOptions } from './basic/flip.js';
export {
  type ArrayFunction,
  FunctionOperator,
  type FunctionOperatorOptions,
} from './basic/function-operator.js';
export { HStack } from './basic/h-stack.js';
export { Identity, type IdentityOptions } from './basic/identity.js';
export { Imag } from './basic/imag.js';
export { Kronecker } from './basic/kronecker.js';
export { LinearRegression, type LinearRegressionOptions } from './basic/linear-regression.js';
export { MatrixMult, type MatrixMultOptions } from './basic/matrix-mult.js';
export { Pad, type Padding, type PadOptions } from './basic/pad.js';
export { Real } from './basic/real.js';
export { Regression, type RegressionOptions } from './basic/regression.js';
export { Restriction, type RestrictionOptions } from './basic/restriction.js';
export { Roll, type RollOptions } from './basic/roll.js';
export { Spread, type SpreadFunction, type SpreadOptions } from './basic/spread.js';
export type { StackOptions } from './basic/stack-operator.js';
export { Sum, type SumOptions } from './basic/sum.js';
export { Symmetrize, type SymmetrizeOptions } from './basic/symmetrize.js';
export { Transpose, type TransposeOptions } from './basic/transpose.js';
export { VStack } from './basic/v-stack.js';
export { Zero, type ZeroOptions } from './basic/zero.js';
export {
  CausalIntegration,
  type CausalIntegrationOptions,
  type IntegrationKind,
} from './derivatives/causal-integration.js';
export { FirstDerivative, type FirstDerivativeOptions } from './derivatives/first-derivative.js';
export {
  FirstDirectionalDerivative,
  type FirstDirectionalDerivativeOptions,
} from './derivatives/first-directional-derivative.js';
export { Gradient, type GradientOptions } from './derivatives/gradient.js';
export { Laplacian, type LaplacianOptions } from './derivatives/laplacian.js';
export { SecondDerivative, type SecondDerivativeOptions } from './derivatives/second-derivative.js';
export {
  SecondDirectionalDerivative,
  type SecondDirectionalDerivativeOptions,
} from './derivatives/second-directional-derivative.js';
export { DeviceConstants, type OperatorData } from './device-constants.js';
export {
  AVOLinearModelling,
  type AVOLinearModellingOptions,
  type Linearization,
} from './geophysics/avo-linear-modelling.js';
export { Fredholm1, type Fredholm1Options } from './geophysics/fredholm1.js';
export { gaussian } from './geophysics/gaussian.js';
export { Kirchhoff, type KirchhoffOptions } from './geophysics/kirchhoff.js';
export type { KirchhoffGeometry } from './geophysics/kirchhoff-geometry.js';
export { klauder } from './geophysics/klauder.js';
export { type Axes, type AxisParameters, makeaxis } from './geophysics/makeaxis.js';
export { MDC, type MDCOptions } from './geophysics/mdc.js';
export { ormsby } from './geophysics/ormsby.js';
export { PhaseShift, type PhaseShiftOptions } from './geophysics/phase-shift.js';
export {
  PoststackLinearModelling,
  type PoststackLinearModellingOptions,
} from './geophysics/poststack-linear-modelling.js';
export {
  PrestackLinearModelling,
  type PrestackLinearModellingOptions,
} from './geophysics/prestack-linear-modelling.js';
export type { RadonKind } from './geophysics/radon-curves.js';
export { Radon2D, type Radon2DOptions } from './geophysics/radon2d.js';
export { Radon3D, type Radon3DOptions } from './geophysics/radon3d.js';
export { ricker } from './geophysics/ricker.js';
export {
  type Events,
  hyperbolic2d,
  hyperbolic3d,
  linear2d,
  linear3d,
  type PerEvent,
  parabolic2d,
} from './geophysics/seismic-events.js';
export type { Wavelet, Window } from './geophysics/wavelet.js';
export { type AnyLocalOperator, LocalOperator } from './local-operator.js';
export { Bilinear, type BilinearOptions } from './signal/bilinear.js';
export { ConvolveND, type ConvolveNDOptions } from './signal/convolve-nd.js';
export { Convolve1D, type Convolve1DOptions } from './signal/convolve1d.js';
export { Convolve2D, type Convolve2DOptions } from './signal/convolve2d.js';
export { DCT, type DCTOptions, type DCTType } from './signal/dct.js';
export { DWT, type DWTOptions } from './signal/dwt.js';
export { DWT2D, type DWT2DOptions } from './signal/dwt2d.js';
export { FFT, type FFTOptions } from './signal/fft.js';
export { FFT2D, type FFT2DOptions } from './signal/fft2d.js';
export { FFTND, type FFTNDOptions } from './signal/fftnd.js';
export { FourierOperator } from './signal/fourier-operator.js';
export { Interp, type InterpOptions, type InterpolationKind } from './signal/interp.js';
export {
  NonStationaryConvolve1D,
  type NonStationaryConvolve1DOptions,
} from './signal/non-stationary-convolve1d.js';
export {
  NonStationaryConvolve2D,
  type NonStationaryConvolve2DOptions,
} from './signal/non-stationary-convolve2d.js';
export { Shift, type ShiftOptions } from './signal/shift.js';
export { type SmoothOptions, smooth } from './signal/smooth.js';
export { Smoothing1D, type Smoothing1DOptions } from './signal/smoothing1d.js';
export { Smoothing2D, type Smoothing2DOptions } from './signal/smoothing2d.js';
export { Patch2D, type Patch2DOptions } from './signal/windows/patch2d.js';
export { Patch3D, type Patch3DOptions } from './signal/windows/patch3d.js';
export { Sliding1D, type Sliding1DOptions } from './signal/windows/sliding1d.js';
export { Sliding2D, type Sliding2DOptions } from './signal/windows/sliding2d.js';
export { Sliding3D, type Sliding3DOptions } from './signal/windows/sliding3d.js';
export {
  cosinetaper,
  hanningtaper,
  type TaperType,
  taper,
  taper2d,
  taper3d,
  tapernd,
} from './signal/windows/tapers.js';
export { type WindowDesign, windowDesign } from './signal/windows/windows.js';
