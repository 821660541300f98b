import type { DType } from '../../core/base/dtype.js';
import { isComplex } from '../../core/base/dtype.js';
import { DTypeError, ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { around, formatShape, type Shape, toAxis, toShape } from '../../core/base/shape.js';
import { DeviceConstants, type OperatorData } from '../device-constants.js';
import { phasors, type SpectralFactors, SpectralFilter } from '../parts/spectral-filter.js';
import { FFT } from './fft.js';

/** Options of {@link Shift}. */
export interface ShiftOptions {
  /** @default -1 */
  readonly axis?: number;
  /**
   * Number of samples of the transform. With more samples than the axis has, samples that leave at
   * one end do not enter at the other.
   * @default those of the axis
   */
  readonly nfft?: number;
  /** Distance between samples. @default 1 */
  readonly sampling?: number;
  /** The model is real. @default false */
  readonly real?: boolean;
  /** If the dtype is real, the model is real. @default 'complex128' */
  readonly dtype?: DType;
}

const DEFAULTS = {
  axis: -1,
  nfft: undefined,
  sampling: 1,
  real: false,
  dtype: 'complex128',
} satisfies Defaults<ShiftOptions>;

/**
 * Shift by a fraction of a sample along an axis: `y = F⁻¹ exp(−2πi f s) F x`. f are the frequencies
 * and s is the `shift` in units of `sampling`: one number, or one for each line along the axis (in
 * C order). Shapes: `dims` to `dims`. The adjoint shifts in the other direction. Cost: two
 * transforms. Memory: the factors and one spectrum.
 *
 * @example new Shift([3, 8], 1.5, { real: true, dtype: 'float64' })
 */
export class Shift extends SpectralFilter {
  constructor(dims: number | Shape, shift: number | OperatorData, options?: ShiftOptions) {
    const given = withDefaults('Shift', options, DEFAULTS);
    const shape = toShape(dims, 'dims');
    const axis = toAxis(given.axis, shape.length);
    const transform = new FFT(shape, { ...given, axis });
    super(transform, factorsOf(transform, axis, shift));
  }
}

function factorsOf(transform: FFT, axis: number, shift: number | OperatorData): SpectralFactors {
  const { f, dimsd } = transform;
  if (typeof shift === 'number')
    return { axis, values: phasors(f.length, (k) => -2 * Math.PI * (f[k] as number) * shift) };
  const shifts = DeviceConstants.from(shift);
  const [outer, n, inner] = around(dimsd, axis);
  if (isComplex(shifts.dtype)) throw new DTypeError(`Shift: expected real shifts, received ${shifts.dtype}`);
  if (shifts.size !== outer * inner)
    throw new ShapeError(
      `Shift: expected a shift for each of ${outer * inner} lines, received an array of shape ` +
        `${formatShape(shifts.shape)}`,
    );
  const s = shifts.toHost();
  const at = (k: number) =>
    [Math.floor(k / inner) % n, Math.floor(k / (n * inner)) * inner + (k % inner)] as const;
  return {
    axis: undefined,
    values: phasors(outer * n * inner, (k) => {
      const [frequency, line] = at(k);
      return -2 * Math.PI * (f[frequency] as number) * (s[line] as number);
    }),
  };
}
