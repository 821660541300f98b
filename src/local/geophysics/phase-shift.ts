import { type DType, isComplex } from '../../core/base/dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { textOf } from '../../core/base/text-of.js';
import { DeviceConstants, type OperatorData } from '../device-constants.js';
import { phasors, SpectralFilter } from '../parts/spectral-filter.js';
import { FFTND } from '../signal/fftnd.js';

/** Options of {@link PhaseShift}. */
export interface PhaseShiftOptions {
  /** Wavenumbers along a second space axis, with wavenumber zero in the middle. @default none */
  readonly ky?: OperatorData;
  /** @default 'float64' */
  readonly dtype?: DType;
}

function numbers(name: string, data: OperatorData): Float64Array {
  const list = DeviceConstants.from(data);
  if (list.shape.length !== 1 || list.size === 0 || isComplex(list.dtype))
    throw new ArgumentError(
      `PhaseShift: expected ${name} to be a list of real numbers, received shape ` +
        `[${list.shape.join(', ')}] of ${list.dtype}`,
    );
  return Float64Array.from(list.toHost());
}

/**
 * For each place of a centred axis, the value at the opposite wavenumber. The sign of the
 * wavenumbers in the transform below is opposite to that of a wave.
 */
const mirrored = (k: Float64Array): Float64Array =>
  k.map((_, i) => k[(2 * Math.floor(k.length / 2) - i) % k.length] as number);

const DEFAULTS = { ky: undefined, dtype: 'float64' } satisfies Defaults<PhaseShiftOptions>;

/**
 * Extrapolation of a wavefield over depth `dz` at one velocity by a phase shift:
 * `P(z + dz) = P(z) exp(−2πi dz kz)` with `kz = √((f/v)² − kx² − ky²)`. The wave of frequency f and
 * wavenumbers kx, ky is `exp(2πi (f t − kx x − ky y))`. Waves with an imaginary kz decay. Shapes:
 * `[nt, nx]`, or `[nt, nx, ny]`, to the same. Cost: two transforms.
 *
 * @param freq the frequencies ≥ 0 of nt samples, `⌊nt/2⌋ + 1` of them
 * @param kx wavenumbers, zero in the middle
 *
 * @example new PhaseShift(1500, 5, 8, [0, 1, 2, 3, 4], [-0.1, 0, 0.1])
 */
export class PhaseShift extends SpectralFilter {
  constructor(
    vel: number,
    dz: number,
    nt: number,
    freq: OperatorData,
    kx: OperatorData,
    options?: PhaseShiftOptions,
  ) {
    const { dtype, ky } = withDefaults('PhaseShift', options, DEFAULTS);
    if (!(Number.isFinite(vel) && vel !== 0))
      throw new ArgumentError(`PhaseShift: expected a velocity other than 0, received ${textOf(vel)}`);
    if (!Number.isFinite(dz))
      throw new ArgumentError(`PhaseShift: expected a finite depth step, received ${textOf(dz)}`);
    if (isComplex(dtype))
      throw new DTypeError(
        `PhaseShift: expected a real dtype, wavefields in time are real; received ${dtype}`,
      );
    const f = numbers('freq', freq);
    const k1 = numbers('kx', kx);
    const k2 = ky === undefined ? Float64Array.of(0) : numbers('ky', ky);
    const space = ky === undefined ? [k1.length] : [k1.length, k2.length];
    const axes = space.map((_, k) => k + 1);
    const transform = new FFTND([nt, ...space], {
      axes: [...axes, 0],
      norm: 'ortho',
      real: true,
      fftshiftAfter: [...axes.map(() => true), false],
      dtype,
    });
    if (transform.dimsd[0] !== f.length)
      throw new ShapeError(
        `PhaseShift: expected ${transform.dimsd[0]} frequencies for ${nt} samples, received ${f.length}`,
      );
    const [m1, m2] = [mirrored(k1), mirrored(k2)];
    // kz², positive for propagating waves
    const square = (i: number): number => {
      const [a, b] = [Math.floor(i / m2.length), i % m2.length];
      const [w, k] = [(f[Math.floor(a / m1.length)] as number) / vel, m1[a % m1.length] as number];
      return w * w - k * k - (m2[b] as number) ** 2;
    };
    const values = phasors(
      f.length * k1.length * k2.length,
      (i) => -2 * Math.PI * dz * Math.sqrt(Math.max(0, square(i))),
      (i) => Math.exp(-2 * Math.PI * Math.abs(dz) * Math.sqrt(Math.max(0, -square(i)))),
    );
    super(transform, { axis: undefined, values });
  }
}
