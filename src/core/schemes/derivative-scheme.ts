import { ArgumentError } from '../base/errors.js';
import { checkOneOf, type Defaults, requireOptions, type WithDefaults } from '../base/options.js';
import { textOf } from '../base/text-of.js';
import type { BandSegment } from '../ports/backend.js';

export { bandReach, clipBand, transposeBand } from './band.js';

/**
 * Where the differences of a derivative are taken: towards larger indices, towards smaller ones, or
 * symmetrically.
 */
export const DERIVATIVE_KINDS = ['forward', 'backward', 'centered'] as const;
/** On which side of a sample its derivative is taken. */
export type DerivativeKind = (typeof DERIVATIVE_KINDS)[number];

/** Points of the centered first difference: 3 is of second, 5 of fourth order of accuracy. */
export type DerivativeOrder = 3 | 5;

export interface SecondDerivativeScheme {
  /** Samples along the axis, over all ranks. */
  readonly n: number;
  /** Distance between samples. @default 1 */
  readonly sampling?: number;
  /** @default 'centered' */
  readonly kind?: DerivativeKind;
  /**
   * Differences of the centered kinds at the ends too, which are zero rows otherwise. @default
   * false
   */
  readonly edge?: boolean;
}

/** Without n, which has none. */
export const SECOND_SCHEME_DEFAULTS = { sampling: 1, kind: 'centered', edge: false } satisfies Defaults<
  Omit<SecondDerivativeScheme, 'n'>
>;

export interface FirstDerivativeScheme extends SecondDerivativeScheme {
  /** Of the centered kind. @default 3 */
  readonly order?: DerivativeOrder;
}

/** Without n, which has none. */
export const FIRST_SCHEME_DEFAULTS = { ...SECOND_SCHEME_DEFAULTS, order: 3 } satisfies Defaults<
  Omit<FirstDerivativeScheme, 'n'>
>;

/** `y[i] = Σₖ taps[k] · x[i + lo + k]` */
interface Row {
  readonly lo: number;
  readonly taps: readonly number[];
}

/**
 * The first `skip[0]` and the last `skip[1]` rows are zero; with `edge` they are `first` (of rows
 * 0, 1, …) and `last` (of rows n − 1, n − 2, …).
 */
interface Scheme extends Row {
  readonly skip: readonly [number, number];
  readonly first?: readonly Row[];
  readonly last?: readonly Row[];
}

const FORWARD: Scheme = { lo: 0, taps: [-1, 1], skip: [0, 1] };
const BACKWARD: Scheme = { lo: -1, taps: [-1, 1], skip: [1, 0] };
const CENTERED: Scheme = {
  lo: -1,
  taps: [-1 / 2, 0, 1 / 2],
  skip: [1, 1],
  first: [FORWARD],
  last: [BACKWARD],
};
const CENTERED_5: Scheme = {
  lo: -2,
  taps: [1 / 12, -2 / 3, 0, 2 / 3, -1 / 12],
  skip: [2, 2],
  first: [FORWARD, CENTERED],
  last: [BACKWARD, CENTERED],
};
/** Of sampling 1. */
const FIRST: Readonly<Record<DerivativeOrder, Readonly<Record<DerivativeKind, Scheme>>>> = {
  3: { forward: FORWARD, backward: BACKWARD, centered: CENTERED },
  5: { forward: FORWARD, backward: BACKWARD, centered: CENTERED_5 },
};

const CURVATURE = [1, -2, 1];
const AHEAD: Scheme = { lo: 0, taps: CURVATURE, skip: [0, 2] };
const BEHIND: Scheme = { lo: -2, taps: CURVATURE, skip: [2, 0] };
const SECOND: Readonly<Record<DerivativeKind, Scheme>> = {
  forward: AHEAD,
  backward: BEHIND,
  centered: { lo: -1, taps: CURVATURE, skip: [1, 1], first: [AHEAD], last: [BEHIND] },
};

/** Writes the table of a scheme for `n` samples. Rows whose taps would reach outside are zero. */
function tabulate(scheme: Scheme, n: number, edge: boolean, factor: number): BandSegment[] {
  const [before, after] = scheme.skip;
  const segments: BandSegment[] = [];
  const push = (start: number, end: number, row: Row | undefined) =>
    segments.push({ start, end, lo: row?.lo ?? 0, taps: row?.taps.map((t) => t * factor) ?? [] });
  const fits = (i: number, row: Row | undefined) =>
    row !== undefined && i + row.lo >= 0 && i + row.lo + row.taps.length <= n;
  const edgeRow = (i: number): Row | undefined => {
    if (!edge) return undefined;
    const candidates = [scheme.first?.[i], scheme.last?.[n - 1 - i]];
    // on axes so short that both ends meet, the end that is nearer decides
    if (n - 1 - i < i) candidates.reverse();
    return candidates.find((row) => fits(i, row));
  };
  const from = Math.min(before, n);
  const to = Math.max(from, n - after);
  for (let i = 0; i < from; i++) push(i, i + 1, edgeRow(i));
  if (from < to) push(from, to, scheme);
  for (let i = to; i < n; i++) push(i, i + 1, edgeRow(i));
  return segments;
}

const DEFAULTS = { n: undefined, ...FIRST_SCHEME_DEFAULTS } satisfies Defaults<FirstDerivativeScheme>;

function checked(scheme: FirstDerivativeScheme): WithDefaults<FirstDerivativeScheme, typeof DEFAULTS> {
  const all = requireOptions('a derivative', scheme, DEFAULTS);
  const { n, sampling, kind } = all;
  if (!Number.isSafeInteger(n) || n < 0)
    throw new ArgumentError(`expected a number of samples, received n = ${textOf(n)}`);
  if (!Number.isFinite(sampling) || sampling === 0)
    throw new ArgumentError(`expected a sampling step other than 0, received ${textOf(sampling)}`);
  checkOneOf('kind', kind, DERIVATIVE_KINDS);
  return all;
}

/**
 * The table of the first derivative along an axis of n samples at distance d: forward
 * `(x[i+1] − x[i]) / d`, backward `(x[i] − x[i−1]) / d`, centered of order 3
 * `(x[i+1] − x[i−1]) / 2d` and of order 5 `(x[i−2] − 8x[i−1] + 8x[i+1] − x[i+2]) / 12d`. Rows that
 * would reach outside are zero; `edge` gives the centered kinds one-sided differences in the
 * outermost rows (order 5: three-point ones in the next), and does nothing to the others. Any n
 * works.
 */
export function firstDerivative(scheme: FirstDerivativeScheme): BandSegment[] {
  const { n, sampling, kind, order, edge } = checked(scheme);
  if (order !== 3 && order !== 5)
    throw new ArgumentError(`expected order to be 3 or 5, received ${textOf(order)}`);
  return tabulate(FIRST[order][kind], n, edge, 1 / sampling);
}

/**
 * The table of the second derivative: `(x[i−1] − 2x[i] + x[i+1]) / d²`, put at row i (centered), i
 * − 1 (forward) or i + 1 (backward). Other rows are zero; `edge` repeats the nearest inner value in
 * the outermost rows of the centered kind.
 */
export function secondDerivative(scheme: SecondDerivativeScheme): BandSegment[] {
  const { n, sampling, kind, edge } = checked(scheme);
  return tabulate(SECOND[kind], n, edge, 1 / (sampling * sampling));
}
