import { format } from 'd3-format';
import { scaleLinear } from 'd3-scale';

/** Tick marks of an axis. */
export interface Ticks {
  /** Positions in data coordinates. */
  readonly at: readonly number[];
  readonly labels: readonly string[];
  /** Positions of shorter marks without a label, on logarithmic axes. */
  readonly minor: readonly number[];
  /** A power of ten by which all labels must be multiplied, such as `×10⁶`. */
  readonly factor: string | undefined;
}

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';
export const powerOfTen = (exponent: number): string =>
  `10${exponent < 0 ? '⁻' : ''}` +
  `${[...String(Math.abs(exponent))].map((d) => SUPERSCRIPTS[Number(d)]).join('')}`;

/**
 * About `count` round numbers between two ends, which may be in either order.
 *
 * @param whole only whole numbers, for indices
 */
export function linearTicks(low: number, high: number, count: number, whole = false): Ticks {
  const largest = Math.max(Math.abs(low), Math.abs(high));
  const exponent = largest > 0 ? Math.floor(Math.log10(largest) + 1e-12) : 0;
  const power = exponent >= 5 || exponent <= -3 ? Math.max(exponent, -307) : 0;
  const unit = 10 ** power;
  const scale = scaleLinear().domain([low / unit, high / unit]);
  const n = Math.max(2, Math.floor(count));
  const all = scale.ticks(n);
  const ticks = whole ? all.filter((t) => Number.isInteger(Number((t * unit).toPrecision(12)))) : all;
  const step = ticks.length > 1 ? Math.abs((ticks[1] as number) - (ticks[0] as number)) : 1;
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const show = format(`.${Math.min(decimals, 12)}f`);
  return {
    at: ticks.map((t) => t * unit),
    labels: ticks.map(show),
    minor: [],
    factor: power === 0 ? undefined : `×${powerOfTen(power)}`,
  };
}

/** Leading digits of labelled ticks, from the coarsest to the finest. */
const DIGITS = [[1], [1, 3], [1, 2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9]] as const;
const ALL_DIGITS = DIGITS[3];

/** `digit · 10^exponent` between two positive ends, in ascending order. */
function steps(low: number, high: number, digits: readonly number[]): { digit: number; exponent: number }[] {
  const [first, last] = [Math.floor(Math.log10(low)), Math.floor(Math.log10(high) + 1e-9)];
  const found: { digit: number; exponent: number }[] = [];
  for (let exponent = first; exponent <= last; exponent++)
    for (const digit of digits) {
      const place = Math.log10(digit) + exponent;
      if (place >= Math.log10(low) - 1e-9 && place <= Math.log10(high) + 1e-9)
        found.push({ digit, exponent });
    }
  return found;
}

const numberAt = ({ digit, exponent }: { digit: number; exponent: number }): number =>
  Number(`${digit}e${exponent}`);

/** Plain digits between 0.001 and 99999; other numbers as `2×10⁶`. */
function roundNumber(step: { readonly digit: number; readonly exponent: number }): string {
  const { digit, exponent } = step;
  if (exponent >= -3 && exponent <= 4) return numberAt(step).toFixed(Math.max(0, -exponent));
  return digit === 1 ? powerOfTen(exponent) : `${digit}×${powerOfTen(exponent)}`;
}

/**
 * Ticks of a logarithmic axis, `count` of them or fewer. They are powers of ten if the axis has
 * three of them. On a shorter axis they are 1, 3, 10 or 1, 2, 5, 10 or all digits: the finest of
 * these that fits.
 */
export function logTicks(low: number, high: number, count: number): Ticks {
  const most = Math.max(3, Math.floor(count));
  const powers = steps(low, high, DIGITS[0]);
  const minor = high / low < 1e7 ? steps(low, high, ALL_DIGITS).map(numberAt) : [];
  if (powers.length >= 3) {
    const stride = Math.ceil(powers.length / most);
    const shown = powers.filter((_, k) => k % stride === 0);
    return {
      at: shown.map(numberAt),
      labels: shown.map(({ exponent }) => powerOfTen(exponent)),
      minor: stride === 1 ? minor : powers.map(numberAt),
      factor: undefined,
    };
  }
  const fitting = DIGITS.map((digits) => steps(low, high, digits)).filter((s) => s.length <= most);
  const shown = fitting.reduce((best, s) => (s.length > best.length ? s : best), powers);
  // A short stretch between two round numbers, or one that they leave bare for the most part
  const covered =
    shown.length < 2
      ? 0
      : numberAt(shown.at(-1) as (typeof shown)[number]) / numberAt(shown[0] as (typeof shown)[number]);
  if (covered ** 2 < high / low) return { ...linearTicks(low, high, count), minor: [] };
  return { at: shown.map(numberAt), labels: shown.map(roundNumber), minor, factor: undefined };
}
