import { type DType, type HostArray, isBoolean, isComplex, isInteger } from '../base/dtype.js';
import { tidy } from '../base/scope.js';
import { concatenate } from './array-functions.js';
import type { NDArray } from './ndarray.js';

/** The defaults of NumPy. */
const PRECISION = 8;
const THRESHOLD = 1000;
const EDGE = 3;
const WIDTH = 75;

/**
 * Rounds `exact` to `digits` digits after the point, with halves to even digits. `up` is the same
 * number with halves rounded away from 0.
 */
function rounded(exact: string, up: string, digits: number): string {
  const end = exact.indexOf('.') + 1 + digits;
  const down = digits === 0 ? exact.slice(0, end - 1) : exact.slice(0, end);
  return /^50*$/.test(exact.slice(end)) && Number(down.at(-1)) % 2 === 0 ? down : up;
}

/** As `value.toExponential(digits)`, with halves rounded to even digits. */
function exponential(value: number, digits: number): string {
  const up = value.toExponential(digits);
  const [exact = '', power] = value.toExponential(100).split('e');
  const [mantissa = '', same] = up.split('e');
  // if the carry changes the power of ten, the digit is not a half
  return power === same ? `${rounded(exact, mantissa, digits)}e${power}` : up;
}

/**
 * The fewest digits from which the same number is read in its precision, with an exponent:
 * `1.5e-5`.
 */
function shortest(value: number, single: boolean): string {
  if (!single) return value.toExponential();
  for (let digits = 0; digits < 8; digits++) {
    const text = value.toExponential(digits);
    if (Math.fround(Number(text)) === value) return exponential(value, digits);
  }
  return exponential(value, 8);
}

/** The number with at most `PRECISION` digits after the point, without zeros at the end. */
function fixed(value: number, single: boolean): string {
  const [digits = '', exponent = '0'] = shortest(value, single).split('e');
  const places = Math.max(0, (digits.split('.')[1] ?? '').length - Number(exponent));
  const text =
    places <= PRECISION
      ? Number(`${digits}e${exponent}`).toFixed(places)
      : rounded(value.toFixed(100), value.toFixed(PRECISION), PRECISION);
  const [whole = '', fraction = ''] = text.split('.');
  return `${whole}.${fraction.replace(/0+$/, '')}`;
}

/**
 * The mantissa with a point, and the exponent: `1.5`, `-05`. `places` is the number of digits after
 * the point. Without it, there are as few as identify the number, at most `PRECISION`.
 */
function scientific(
  value: number,
  single: boolean,
  places?: number,
): readonly [mantissa: string, exponent: string] {
  let [mantissa = '', exponent = '+0'] = shortest(value, single).split('e');
  const unique = (mantissa.split('.')[1] ?? '').length;
  const wanted = places ?? Math.min(unique, PRECISION);
  if (wanted !== unique) [mantissa = '', exponent = '+0'] = exponential(value, wanted).split('e');
  if (!mantissa.includes('.')) mantissa += '.';
  if (places === undefined) mantissa = mantissa.replace(/0+$/, '');
  return [mantissa, `${exponent[0]}${exponent.slice(1).padStart(2, '0')}`];
}

const isNegative = (v: number) => v < 0 || Object.is(v, -0);

/**
 * One text for each float, all of equal width, by NumPy's rules. With `plus`, positive numbers have
 * a sign.
 */
function formatFloats(values: readonly number[], single: boolean, plus = false): string[] {
  const finite = values.filter(Number.isFinite);
  const moduli = finite.map(Math.abs).filter((v) => v !== 0);
  const [largest, least] = [Math.max(...moduli), Math.min(...moduli)];
  const inPrecision = (v: number) => (single ? Math.fround(v) : v);
  const useExponent =
    moduli.length > 0 &&
    (largest >= (single ? 1e6 : 1e8) || least < inPrecision(1e-4) || inPrecision(largest / least) > 1000);
  const sign = (text: string) => (plus && !text.startsWith('-') ? `+${text}` : text);
  const texts = new Map<number, string>();
  if (useExponent) {
    const parts = finite.map((v) => scientific(v, single));
    const places = Math.max(...parts.map(([m]) => (m.split('.')[1] as string).length));
    const exponents = Math.max(...parts.map(([, e]) => e.length));
    finite.forEach((v, k) => {
      const [mantissa, exponent] = scientific(v, single, places);
      texts.set(k, sign(`${mantissa}e${exponent[0]}${exponent.slice(1).padStart(exponents - 1, '0')}`));
    });
  } else {
    const parts = finite.map((v) => (Object.is(v, -0) ? '-0.' : fixed(v, single)));
    const places = Math.max(0, ...parts.map((t) => (t.split('.')[1] as string).length));
    parts.forEach((text, k) => {
      texts.set(k, sign(text) + ' '.repeat(places - (text.split('.')[1] as string).length));
    });
  }
  let next = 0;
  const all = values.map((v) => {
    if (Number.isFinite(v)) return texts.get(next++) as string;
    return Number.isNaN(v) ? sign('nan') : sign(isNegative(v) ? '-inf' : 'inf');
  });
  const width = Math.max(0, ...all.map((t) => t.length));
  return all.map((t) => t.padStart(width));
}

/** One text for each element, all of equal width. */
function formatElements(values: HostArray, dtype: DType): string[] {
  if (isInteger(dtype)) {
    const texts = Array.from(values, isBoolean(dtype) ? (v) => (v ? 'True' : 'False') : String);
    const width = Math.max(0, ...texts.map((t) => t.length));
    return texts.map((t) => t.padStart(width));
  }
  const single = values instanceof Float32Array;
  if (!isComplex(dtype)) return formatFloats(Array.from(values), single);
  const lane = (k: number) =>
    Array.from({ length: values.length / 2 }, (_, i) => values[2 * i + k] as number);
  const reals = formatFloats(lane(0), single);
  return formatFloats(lane(1), single, true).map((imaginary, i) => {
    const digits = imaginary.trimEnd();
    return `${reals[i]}${digits}j${imaginary.slice(digits.length)}`;
  });
}

/** The elements at both ends of every long axis. Printing a large array copies only these. */
function corners(x: NDArray): NDArray {
  let y = x;
  for (let axis = 0; axis < x.shape.length; axis++) {
    const n = x.shape[axis] as number;
    if (n <= 2 * EDGE) continue;
    const whole = Array.from({ length: axis }, () => null);
    y = concatenate([y.slice(...whole, [0, EDGE]), y.slice(...whole, [n - EDGE, n])], axis);
  }
  return y;
}

/**
 * The text that NumPy prints: columns are aligned, and lines have at most 75 characters. Beyond
 * 1000 elements, only three elements at each end of long axes are shown.
 */
export function formatArray(x: NDArray): string {
  if (x.size === 0) return x.shape.length === 1 ? '[]' : `[] (shape [${x.shape.join(', ')}])`;
  const short = x.size > THRESHOLD;
  const { values, shape } = tidy(() => {
    const shown = short ? corners(x) : x;
    return { values: shown.toHost(), shape: shown.shape };
  });
  const texts = formatElements(values, x.dtype);
  let next = 0;
  const cut = (depth: number) => short && (x.shape[depth] as number) > 2 * EDGE;
  const row = (depth: number): string => {
    const n = shape[depth] as number;
    const items = texts.slice(next, next + n);
    next += n;
    if (cut(depth)) items.splice(EDGE, 0, '...');
    const indent = ' '.repeat(depth + 1);
    const lines: string[] = [];
    let line = '';
    for (const item of items) {
      const longer = line === '' ? `${indent}${item}` : `${line} ${item}`;
      // leaves space for the brackets that close the line
      if (line !== '' && longer.length > WIDTH - depth - 1) {
        lines.push(line.trimEnd());
        line = `${indent}${item}`;
      } else line = longer;
    }
    lines.push(line);
    return `[${lines.join('\n').slice(depth + 1)}]`;
  };
  const level = (depth: number): string => {
    if (depth === shape.length - 1) return row(depth);
    const blocks = Array.from({ length: shape[depth] as number }, () => level(depth + 1));
    if (cut(depth)) blocks.splice(EDGE, 0, '...');
    const gap = `${'\n'.repeat(shape.length - 1 - depth)}${' '.repeat(depth + 1)}`;
    return `[${blocks.join(gap)}]`;
  };
  return shape.length === 0 ? (texts[0] as string).trim() : level(0);
}
