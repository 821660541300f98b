import type { DType } from '../../core/base/dtype.js';
import { ArgumentError } from '../../core/base/errors.js';
import { checkOneOf, type Defaults } from '../../core/base/options.js';
import type { RowSource } from '../parts/indexed-rows.js';

export const RADON_KINDS = ['linear', 'parabolic', 'hyperbolic'] as const;
/** The shape of the curves along which the transform sums. */
export type RadonKind = (typeof RADON_KINDS)[number];

export interface RadonOptions {
  /** The shape of the curves. @default 'linear' */
  readonly kind?: RadonKind;
  /**
   * If true, positions on the spatial axes are counted from the middle, sample (n − 1)/2, and do
   * not depend on the values of the axes. Otherwise positions are the values of the axes in steps
   * of their sampling.
   * @default true
   */
  readonly centeredh?: boolean;
  /**
   * Interpolates linearly between samples of time. Otherwise the earlier sample is used.
   * @default true
   */
  readonly interp?: boolean;
  /** Computes the curves at every use, in blocks, instead of once. @default false */
  readonly onthefly?: boolean;
  /** @default 'float64' */
  readonly dtype?: DType;
}

/**
 * The time of a curve in samples, at position x in samples, for a slope or curvature p in samples.
 * If a time is a whole number but for rounding, rounding decides which of two samples it belongs
 * to. Therefore the operations are in the order of the formulas.
 */
interface Curve {
  /** The contribution of a position and a parameter. */
  readonly term: (x: number, p: number) => number;
  /** The time of the curve from its start t and the terms of the first and the second position. */
  readonly time: (t: number, first: number, second: number) => number;
}

export const CURVES: Readonly<Record<RadonKind, Curve>> = {
  linear: { term: (x, p) => p * x, time: (t, first, second) => t + first + second },
  parabolic: { term: (x, p) => p * (x * x), time: (t, first, second) => t + first + second },
  hyperbolic: {
    term: (x, p) => (x / p) * (x / p),
    time: (t, first, second) => Math.sqrt(t * t + first + second),
  },
};

export const RADON_DEFAULTS = {
  kind: 'linear',
  centeredh: true,
  interp: true,
  onthefly: false,
  dtype: 'float64',
} satisfies Defaults<RadonOptions>;

export function radonKind(kind: RadonKind): Curve {
  return CURVES[checkOneOf('kind', kind, RADON_KINDS)];
}

/**
 * The step of an axis of equal steps, from its first two values.
 *
 * @throws {@link ArgumentError} if the step is 0
 */
export function stepOf(owner: string, name: string, axis: Float64Array): number {
  const step = Math.abs((axis[1] as number) - (axis[0] as number));
  if (!(step > 0)) throw new ArgumentError(`${owner}: expected ${name} in equal steps other than 0`);
  return step;
}

/**
 * Positions in samples. Centred ones are counted from the middle of the axis, which lies between
 * two samples if their number is even.
 */
export const positionsOf = (axis: Float64Array, step: number, centered: boolean): Float64Array =>
  axis.map((h, i) => (centered ? i - (axis.length - 1) / 2 : h / step));

/** The terms for all parameters and positions, `[parameters, positions]`. */
export function termsOf({ term }: Curve, parameters: Float64Array, positions: Float64Array): Float64Array {
  const table = new Float64Array(parameters.length * positions.length);
  parameters.forEach((p, k) => {
    positions.forEach((x, i) => {
      table[k * positions.length + i] = term(x, p);
    });
  });
  return table;
}

/**
 * The rows of a Radon transform: model element `[k, t]` is spread over traces `0 … traces − 1` of
 * nt samples, to `time(t, k, trace)`. A time of NaN has no entry.
 */
export function radonRows(
  models: number,
  traces: number,
  nt: number,
  interp: boolean,
  time: (t: number, k: number, trace: number) => number,
): RowSource {
  const step = interp ? 2 : 1;
  const width = traces * step;
  const last = interp ? nt - 1 : nt;
  return {
    rows: models * nt,
    columns: traces * nt,
    width,
    weights: interp ? 'real' : 'none',
    fill: (start, count, index, weights) => {
      for (let r = 0, e = 0; r < count; r++) {
        const k = Math.floor((start + r) / nt);
        const t = (start + r) % nt;
        for (let trace = 0; trace < traces; trace++, e += step) {
          const v = time(t, k, trace);
          const inside = v >= 0 && v < last;
          const sample = Math.floor(v);
          index[e] = inside ? trace * nt + sample : -1;
          if (!interp) continue;
          index[e + 1] = inside ? trace * nt + sample + 1 : -1;
          weights[e] = inside ? 1 - (v - sample) : 0;
          weights[e + 1] = inside ? v - sample : 0;
        }
      }
    },
  };
}
