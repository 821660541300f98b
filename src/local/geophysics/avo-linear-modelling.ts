import type { DType } from '../../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../../core/base/errors.js';
import { checkOneOf, type Defaults, withDefaults } from '../../core/base/options.js';
import { type Shape, toShape } from '../../core/base/shape.js';
import { DeviceConstants, type OperatorData } from '../device-constants.js';
import { AxisMatrix } from '../parts/axis-matrix.js';
import { finiteNumbers, hostNumbers } from '../parts/host-numbers.js';
import { MapOperator } from '../parts/map-operator.js';

export const LINEARIZATIONS = ['akirich', 'fatti'] as const;
/** A linearisation of the reflection coefficients at an interface. */
export type Linearization = (typeof LINEARIZATIONS)[number];

/** Options of {@link AVOLinearModelling}. */
export interface AVOLinearModellingOptions {
  /**
   * Ratio of S- to P-wave velocity: one number, or one for each of the nt0 samples.
   * @default 0.5
   */
  readonly vsvp?: number | OperatorData;
  /** Number of samples in time. @default as many as vsvp has, 1 for a number */
  readonly nt0?: number | undefined;
  /** Further axes of model and data. @default none */
  readonly spatdims?: number | Shape | undefined;
  /** @default 'akirich' */
  readonly linearization?: Linearization;
  /** @default 'float64' */
  readonly dtype?: DType;
}

/**
 * The three coefficients at an angle of incidence theta (radians). v is the ratio of S- to P-wave
 * velocity.
 */
const COEFFICIENTS: Readonly<
  Record<Linearization, (theta: number, v: number) => readonly [number, number, number]>
> = {
  akirich: (theta, v) => {
    const s = (2 * v * Math.sin(theta)) ** 2;
    return [1 / (2 * Math.cos(theta) ** 2), -s, (1 - s) / 2];
  },
  fatti: (theta, v) => {
    const s = (2 * v * Math.sin(theta)) ** 2;
    const t = Math.tan(theta) ** 2;
    return [(1 + t) / 2, -s, (s - t) / 2];
  },
};

/** The coefficients of all angles (degrees) and velocity ratios, `[len(vsvp), len(theta), 3]`. */
export function avoCoefficients(
  theta: Float64Array,
  vsvp: Float64Array,
  linearization: Linearization,
): Float64Array {
  const table = new Float64Array(vsvp.length * theta.length * 3);
  vsvp.forEach((v, t) => {
    theta.forEach((angle, k) => {
      table.set(COEFFICIENTS[linearization]((angle * Math.PI) / 180, v), (t * theta.length + k) * 3);
    });
  });
  return table;
}

export const AVO_DEFAULTS = {
  vsvp: 0.5,
  nt0: undefined,
  spatdims: undefined,
  linearization: 'akirich',
  dtype: 'float64',
} satisfies Defaults<AVOLinearModellingOptions>;

/**
 * Linearised reflection coefficients at angles of incidence `theta` (degrees) from three relative
 * contrasts: `y[t, θ] = Σₚ G[t, θ, p] x[t, p]`. v is the ratio vsvp. 'akirich' (Aki and Richards
 * 1980), of P velocity, S velocity and density: `1/(2cos²θ), −4v² sin²θ, ½ − 2v² sin²θ`. 'fatti'
 * (Fatti et al. 1994), of P impedance, S impedance and density:
 * `(1 + tan²θ)/2, −4v² sin²θ, 2v² sin²θ − tan²θ/2`. Shapes: `[nt0, 3, ...spatdims]` to
 * `[nt0, len(theta), ...spatdims]`. Cost: 6 flops a value. Memory: the coefficients.
 *
 * @example new AVOLinearModelling([0, 15, 30], { nt0: 5 })
 */
export class AVOLinearModelling extends MapOperator {
  constructor(theta: OperatorData, options?: AVOLinearModellingOptions) {
    const given = withDefaults('AVOLinearModelling', options, AVO_DEFAULTS);
    const linearization = checkOneOf('linearization', given.linearization, LINEARIZATIONS);
    const angles = finiteNumbers('AVOLinearModelling', 'theta', theta);
    const { vsvp, nt0 } = velocityRatios('AVOLinearModelling', given.vsvp, given.nt0);
    const others = given.spatdims === undefined ? [] : toShape(given.spatdims, 'spatdims');
    const dims = [nt0, 3, ...others];
    const G = avoCoefficients(angles, vsvp, linearization);
    const shape = vsvp.length === 1 ? [angles.length, 3] : [nt0, angles.length, 3];
    super(
      { dims, dimsd: [nt0, angles.length, ...others], dtype: given.dtype },
      new AxisMatrix(DeviceConstants.adopt(G, shape), dims, 1),
    );
  }
}

/**
 * The velocity ratios, one for each sample or one for all.
 *
 * @throws {@link ShapeError} if there is another number of ratios
 * @throws {@link ArgumentError} if a ratio is not finite
 */
export function velocityRatios(
  owner: string,
  given: number | OperatorData,
  samples: number | undefined,
): { vsvp: Float64Array; nt0: number } {
  const vsvp =
    typeof given === 'number' ? Float64Array.of(given) : hostNumbers(owner, 'vsvp', given, 1).values;
  const [nt0] = toShape([samples ?? vsvp.length], 'nt0') as [number];
  if (typeof given !== 'number' && vsvp.length !== nt0)
    throw new ShapeError(
      `${owner}: expected one vsvp or one for each of the ${nt0} samples, received ${vsvp.length}`,
    );
  if (!vsvp.every(Number.isFinite)) throw new ArgumentError(`${owner}: expected finite ratios for vsvp`);
  return { vsvp, nt0 };
}
