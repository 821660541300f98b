export { type AffineTransformOptions, affineTransform } from './affine-transform.js';
export {
  type AxisFilterOptions,
  convolve,
  convolve1d,
  correlate,
  correlate1d,
  type GaussianFilter1dOptions,
  type GaussianFilterOptions,
  gaussianFilter,
  gaussianFilter1d,
  uniformFilter,
  uniformFilter1d,
  type WindowFilterOptions,
} from './linear-filters.js';
export { mapCoordinates } from './map-coordinates.js';
export {
  maximumFilter,
  medianFilter,
  minimumFilter,
  type OrderFilterOptions,
  percentileFilter,
  rankFilter,
} from './order-filters.js';
export { type RotateOptions, rotate } from './rotate.js';
export { shift } from './shift.js';
export {
  type SplineFilter1dOptions,
  type SplineFilterOptions,
  type SplineOptions,
  splineFilter,
  splineFilter1d,
} from './splines.js';
export type { BorderMode, BorderOptions } from './windows-of-axes.js';
export { type ZoomOptions, zoom } from './zoom.js';
