import { ArgumentError } from '../base/errors.js';
import { checkOneOf, type Defaults, requireOptions, type WithDefaults } from '../base/options.js';
import { textOf } from '../base/text-of.js';
import type { BandSegment } from '../ports/backend.js';

export { bandReach, clipBand, transposeBand } from './band.js';

/**
 * The side on which the differences of a derivative are taken: towards larger indices, towards
 * smaller ones, or symmetrically.
 */
export const DERIVATIVE_KINDS = ['forward', 'backward', 'centered'] as const;
/** The side on which the differences of a derivative are taken: see {@link DERIVATIVE_KINDS}. */
export type DerivativeKind = (typeof DERIVATIVE_KINDS)[number];

/**
 * The number of points of the centered first difference: 3 gives second, 5 fourth order of
 * accuracy.
 */
export type DerivativeOrder = 3 | 5;

export interface SecondDerivativeScheme {
  /** The number of samples along the axis, over all ranks. */
  readonly n: number;
  /** Distance between samples. @default 1 */
  readonly sampling?: number;
  /** @default 'centered' */
  readonly kind?: DerivativeKind;
  /**
   * Compute differences at the ends for the centered kinds too. Otherwise these rows are zero.
   * @default false
   */
  readonly edge?: boolean;
}

/** Without n, which has no default. */
export const SECOND_SCHEME_DEFAULTS = { sampling: 1, kind: 'centered', edge: false } satisfies Defaults<
  Omit<SecondDerivativeScheme, 'n'>
>;

export interface FirstDerivativeScheme extends SecondDerivativeScheme {
  /** The number of points of the centered kind. @default 3 */
  readonly order?: DerivativeOrder;
}

/** Without n, which has no default. */
export const FIRST_SCHEME_DEFAULTS = { ...SECOND_SCHEME_DEFAULTS, order: 3 } satisfies Defaults<
  Omit<FirstDerivativeScheme, 'n'>
>;

/** `y[i] = Σₖ taps[k] · x[i + lo + k]` */
interface Row {
  readonly lo: number;
  readonly taps: readonly number[];
}

/**
 * The rows of a scheme. The first `skip[0]` and the last `skip[1]` rows are zero. With `edge` these
 * rows are `first` (of rows 0, 1, …) and `last` (of rows n − 1, n − 2, …).
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
/** For sampling 1. */
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

/** Makes the table of a scheme for `n` samples. Rows with taps outside the axis are zero. */
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
    // On axes so short that both ends overlap, the row of the nearer end is used.
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
 * The table of the first derivative along an axis of n samples at distance d. Forward:
 * `(x[i+1] − x[i]) / d`. Backward: `(x[i] − x[i−1]) / d`. Centered of order 3:
 * `(x[i+1] − x[i−1]) / 2d`. Centered of order 5: `(x[i−2] − 8x[i−1] + 8x[i+1] − x[i+2]) / 12d`.
 * Rows with taps outside the axis are zero. For the centered kinds, `edge` adds one-sided
 * differences in the outermost rows (order 5: three-point ones in the next rows). It has no effect
 * on the other kinds. Any n works.
 */
export function firstDerivative(scheme: FirstDerivativeScheme): BandSegment[] {
  const { n, sampling, kind, order, edge } = checked(scheme);
  if (order !== 3 && order !== 5)
    throw new ArgumentError(`expected order to be 3 or 5, received ${textOf(order)}`);
  return tabulate(FIRST[order][kind], n, edge, 1 / sampling);
}

/**
 * The table of the second derivative: `(x[i−1] − 2x[i] + x[i+1]) / d²`, stored in row i (centered),
 * i − 1 (forward) or i + 1 (backward). Other rows are zero. For the centered kind, `edge` repeats
 * the nearest inner value in the outermost rows.
 */
export function secondDerivative(scheme: SecondDerivativeScheme): BandSegment[] {
  const { n, sampling, kind, edge } = checked(scheme);
  return tabulate(SECOND[kind], n, edge, 1 / (sampling * sampling));
}
