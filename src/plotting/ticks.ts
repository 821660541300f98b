import { format } from 'd3-format';
import { scaleLinear } from 'd3-scale';

/** Tick marks of an axis. */
export interface Ticks {
  /** Positions in data coordinates. */
  readonly at: readonly number[];
  readonly labels: readonly string[];
  /** A power of ten by which all labels must be multiplied, such as `×10⁶`. */
  readonly factor: string | undefined;
}

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';
export const powerOfTen = (exponent: number): string =>
  `10${exponent < 0 ? '⁻' : ''}` +
  `${[...String(Math.abs(exponent))].map((d) => SUPERSCRIPTS[Number(d)]).join('')}`;

/** About `count` round numbers between two ends, which may be in either order. */
export function linearTicks(low: number, high: number, count: number): Ticks {
  const largest = Math.max(Math.abs(low), Math.abs(high));
  const exponent = largest > 0 ? Math.floor(Math.log10(largest) + 1e-12) : 0;
  const power = exponent >= 5 || exponent <= -3 ? Math.max(exponent, -307) : 0;
  const unit = 10 ** power;
  const scale = scaleLinear().domain([low / unit, high / unit]);
  const n = Math.max(2, Math.floor(count));
  const ticks = scale.ticks(n);
  const step = ticks.length > 1 ? Math.abs((ticks[1] as number) - (ticks[0] as number)) : 1;
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const show = format(`.${Math.min(decimals, 12)}f`);
  return {
    at: ticks.map((t) => t * unit),
    labels: ticks.map(show),
    factor: power === 0 ? undefined : `×${powerOfTen(power)}`,
  };
}

/** Powers of ten, about `count` of them or fewer. */
export function logTicks(low: number, high: number, count: number): Ticks {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  const step = Math.max(1, Math.ceil((last - first + 1) / Math.max(2, Math.floor(count))));
  const exponents: number[] = [];
  for (let e = first; e <= last; e += step) exponents.push(e);
  // Less than two decades: round numbers say more than one power of ten
  if (exponents.length < 2) return linearTicks(low, high, count);
  return { at: exponents.map((e) => 10 ** e), labels: exponents.map(powerOfTen), factor: undefined };
}
