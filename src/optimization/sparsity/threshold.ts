import { ArgumentError } from '../../core/base/errors.js';
import { textOf } from '../../core/base/text-of.js';
import type { Vector } from '../../core/vector/vector.js';

/**
 * The ways to shrink moduli. The percentile forms choose the threshold so that `perc` percent of
 * the values are kept.
 */
export const THRESHOLD_KINDS = [
  'soft',
  'hard',
  'half',
  'soft-percentile',
  'hard-percentile',
  'half-percentile',
] as const;
/** One of the ways to shrink coefficients. */
export type ThresholdKind = (typeof THRESHOLD_KINDS)[number];

type Shape = 'soft' | 'hard' | 'half';

/**
 * The parameter t of a threshold which sets moduli up to `cut` to zero. Soft thresholds cut at t,
 * hard ones at √(2t), half ones at 54^⅓/4 t^⅔.
 */
const PARAMETER_OF_CUT: Readonly<Record<Shape, (cut: number) => number>> = {
  soft: (cut) => cut,
  hard: (cut) => cut ** 2 / 2,
  half: (cut) => ((4 / 54 ** (1 / 3)) * cut) ** 1.5,
};

/** The power of the values in which the parameter t of a kind scales. */
const DEGREES: Readonly<Record<Shape, number>> = { soft: 1, hard: 2, half: 1.5 };
export const degreeOf = (kind: ThresholdKind): number => DEGREES[kind.split('-')[0] as Shape];

/**
 * The percentile (0 to 100) of the moduli, interpolated between the two nearest. With a mask only
 * the moduli of this rank's colour count. At most 130 reductions for a distributed vector.
 */
export function percentileAbs<V extends Vector<V>>(x: V, percent: number): number {
  const at = (percent / 100) * (x.space.reducedSize - 1);
  const below = x.kthSmallestAbs(Math.floor(at));
  const part = at - Math.floor(at);
  return part === 0 ? below : below + part * (x.kthSmallestAbs(Math.floor(at) + 1) - below);
}

/**
 * Shrinks a vector in place by t. In the percentile forms the threshold keeps `perc` percent of its
 * values.
 */
export function threshold<V extends Vector<V>>(kind: ThresholdKind, x: V, t: number, perc: number): void {
  const [shape, byPercentile] = kind.split('-') as [Shape, string?];
  const parameter =
    byPercentile && x.space.reducedSize > 0 ? PARAMETER_OF_CUT[shape](percentileAbs(x, 100 - perc)) : t;
  x.map((from, to) => x.backend.threshold(shape, parameter, from, to));
}

/**
 * Returns the percentage. Throws {@link ArgumentError} unless exactly the percentile forms have
 * one.
 */
export function checkPercentage(owner: string, kind: ThresholdKind, perc: number | undefined): number {
  const needed = kind.endsWith('-percentile');
  if (needed !== (perc !== undefined))
    throw new ArgumentError(
      needed
        ? `${owner}: threshkind '${kind}' needs perc, the percentage of values to keep`
        : `${owner}: perc is for the percentile forms of threshkind, received '${kind}'`,
    );
  if (perc !== undefined && !(perc >= 0 && perc <= 100))
    throw new ArgumentError(`${owner}: expected perc between 0 and 100, received ${textOf(perc)}`);
  return perc ?? 100;
}
