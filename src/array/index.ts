import * as functions from './elementwise/special.js';
import * as fourier from './fft/index.js';
import * as linearAlgebra from './linalg/index.js';
import * as images from './ndimage/index.js';
import * as randomNumbers from './random/index.js';
import * as signals from './signal/index.js';
import * as sparseArrays from './sparse/index.js';

export type { ArrayOptions, EyeOptions, LinspaceOptions } from '../core/array/creation.js';
export type {
  MomentOptions,
  ReductionOptions,
  RunningOptions,
  TotalOptions,
} from '../core/array/shared-reductions.js';
export type { EitherArray } from '../core/distributed/align.js';
export { type LineOptions, putAlongAxis, takeAlongAxis } from './along-axis.js';
export { setItem } from './assigning.js';
export { type CorrelationOptions, type CovarianceOptions, corrcoef, cov } from './covariance.js';
export { array, asarray } from './creation/asarray.js';
export { diag } from './creation/diag.js';
export { empty, emptyLike, full, fullLike, ones, onesLike, zeros, zerosLike } from './creation/filled.js';
export { indices, type MeshgridOptions, meshgrid } from './creation/grids.js';
export { arange, geomspace, type LogspaceOptions, linspace, logspace } from './creation/ranges.js';
export { eye, identity, tri, tril, triu } from './creation/triangles.js';
export { type VanderOptions, vander } from './creation/vander.js';
export {
  type ArrayGradientOptions,
  type DiffOptions,
  diff,
  gradient,
  type Spacing,
  type TrapzOptions,
  trapz,
} from './differences.js';
export {
  abs,
  add,
  clip,
  copysign,
  divide,
  floorDivide,
  fmax,
  fmin,
  fmod,
  gcd,
  lcm,
  maximum,
  minimum,
  mod,
  multiply,
  negative,
  remainder,
  sign,
  subtract,
} from './elementwise/arithmetic.js';
export { where } from './elementwise/choosing.js';
export {
  allClose,
  arrayEqual,
  type CloseOptions,
  equal,
  greater,
  greaterEqual,
  isClose,
  isfinite,
  isinf,
  isnan,
  less,
  lessEqual,
  notEqual,
  signbit,
} from './elementwise/comparisons.js';
export { type AngleOptions, angle, conj, imag, real } from './elementwise/complex-parts.js';
export {
  cbrt,
  exp,
  exp2,
  expm1,
  log,
  log1p,
  log2,
  log10,
  logaddexp,
  logaddexp2,
  power,
  reciprocal,
  sqrt,
  square,
} from './elementwise/exponents.js';
export {
  bitwiseAnd,
  bitwiseOr,
  bitwiseXor,
  invert,
  leftShift,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  rightShift,
} from './elementwise/logic.js';
export { ceil, floor, rint, round, trunc } from './elementwise/rounding.js';
export { heaviside, i0, type NanToNumOptions, nanToNum } from './elementwise/special-values.js';
export {
  arccos,
  arccosh,
  arcsin,
  arcsinh,
  arctan,
  arctan2,
  arctanh,
  cos,
  cosh,
  deg2rad,
  hypot,
  rad2deg,
  sin,
  sinc,
  sinh,
  tan,
  tanh,
} from './elementwise/trigonometry.js';
export type { AssociativeFunction, BinaryFunction, UnaryFunction } from './elementwise/universal.js';
export type { FftnOptions, FftOptions, FftScaling, FftShiftOptions } from './fft/index.js';
export type { AccumulateOptions, FoldOptions } from './folding.js';
export { type BincountOptions, bincount, type HistogramOptions, histogram } from './histograms.js';
export type { IndexEntry } from './index-entries.js';
export { getItem } from './indexing.js';
export { interp, type LineInterpolationOptions } from './interpolating.js';
export {
  type AxisOptions,
  arraySplit,
  type ConcatenateOptions,
  columnStack,
  concatenate,
  dstack,
  hstack,
  split,
  stack,
  vstack,
} from './joining.js';
export type {
  ArrayNormOptions,
  CondOptions,
  EighOptions,
  LeastSquares,
  LstsqOptions,
  MatrixNormOrder,
  MatrixRankOptions,
  PinvOptions,
  QrOptions,
  RandomizedSvdOptions,
  SvdOptions,
  TensorinvOptions,
  TensorsolveOptions,
} from './linalg/index.js';
export {
  all,
  any,
  argmax,
  argmin,
  cumprod,
  cumsum,
  max,
  mean,
  min,
  prod,
  std,
  sum,
  var,
} from './methods.js';
export type {
  AxisFilterOptions,
  BorderMode,
  BorderOptions,
  GaussianFilter1dOptions,
  GaussianFilterOptions,
  OrderFilterOptions,
  SplineFilter1dOptions,
  SplineFilterOptions,
  SplineOptions,
  WindowFilterOptions,
  ZoomOptions,
} from './ndimage/index.js';
export { argwhere, flatnonzero, nonzero } from './nonzero.js';
export type { ArrayLike, ArrayOf, UniversalOptions } from './operands.js';
export { type ArrayPadOptions, type PadMode, type PadPairs, pad } from './padding.js';
export { nanargmax, nanargmin } from './positions.js';
export { type ArrayDiagonalOptions, diagonal, trace } from './products/diagonals.js';
export { einsum } from './products/einsum.js';
export {
  dot,
  inner,
  matmul,
  outer,
  type Product,
  type TensordotOptions,
  tensordot,
  vdot,
} from './products/products.js';
export { type CrossOptions, cross, kron } from './products/vectors.js';
export {
  median,
  nanmedian,
  nanpercentile,
  nanquantile,
  percentile,
  type QuantileFunction,
  type QuantileMethod,
  type QuantileOptions,
  quantile,
} from './quantiles.js';
export type {
  ChoiceOptions,
  Chosen,
  Drawn,
  DrawnAs,
  DrawOptions,
  IntegersOptions,
  RandomGenerator,
  RandomParameter,
  RandomShape,
  ShuffleOptions,
} from './random/index.js';
export {
  type ArrayFlipOptions,
  type ArrayRollOptions,
  flip,
  type Rot90Options,
  roll,
  rot90,
  tile,
} from './rearranging.js';
export type { Reduced } from './reduction.js';
export {
  type AverageOptions,
  average,
  countNonzero,
  nanmax,
  nanmean,
  nanmin,
  nanprod,
  nanstd,
  nansum,
  nanvar,
  ptp,
} from './reductions.js';
export {
  type DigitizeOptions,
  digitize,
  type IsinOptions,
  isin,
  type SearchOptions,
  searchsorted,
} from './searching.js';
export {
  compress,
  delete,
  type FlatAxisOptions,
  insert,
  repeat,
  type TakeOptions,
  take,
} from './selecting.js';
export {
  atleast1d,
  atleast2d,
  atleast3d,
  broadcastTo,
  expandDims,
  moveaxis,
  ravel,
  reshape,
  type SqueezeOptions,
  squeeze,
  swapaxes,
  transpose,
} from './shaping.js';
export {
  convolveVectors as convolve,
  correlateVectors as correlate,
  type VectorConvolutionOptions,
  type VectorCorrelationOptions,
} from './signal/convolutions.js';
export type {
  ConvolutionMode,
  Convolve2dOptions,
  ConvolveOptions,
  FftConvolveOptions,
  WindowOptions,
} from './signal/index.js';
export { intersect1d, setdiff1d, setxor1d, union1d } from './sorting/sets.js';
export {
  argpartition,
  argsort,
  type LexsortOptions,
  lexsort,
  partition,
  type SortKind,
  type SortOptions,
  sort,
} from './sorting/sort.js';
export { type TopkOptions, topk } from './sorting/topk.js';
export { type Unique, type UniqueOptions, unique } from './sorting/unique.js';
export type {
  CompressedEntries,
  CoordinateEntries,
  DiagsOptions,
  SparseEyeOptions,
  SparseLike,
  SparseOptions,
} from './sparse/index.js';

/** Fourier transforms, as `numpy.fft` has them. */
export const fft = fourier;
/** Filters and interpolation of images, as `scipy.ndimage` has them. */
export const ndimage = images;
/** Random numbers, as `numpy.random` has them. */
export const random = randomNumbers;
/** Convolutions and windows, as `scipy.signal` has them. */
export const signal = signals;
/** Sparse arrays, as `scipy.sparse` has them. */
export const sparse = sparseArrays;
/** Special functions, as `scipy.special` has them. */
export const special = functions;
/** Linear algebra, as `numpy.linalg` has it. */
export const linalg = linearAlgebra;
