import { isFloat, isSingle } from '../../core/base/dtype.js';
import type { InnerProducts } from '../../core/vector/inner-products.js';
import type { AnyVector, Vector } from '../../core/vector/vector.js';
import type { SolverStart } from '../solver-state.js';

/**
 * Exponents of 2. Data with a norm between them are not scaled: the squares in an iteration, and
 * values that are smaller by many digits, are then far from the ends of the range. Other data are
 * multiplied by a power of two, which changes no digit. The results are divided by it.
 */
const RANGE = { float32: { least: -30, most: 40 }, float64: { least: -200, most: 200 } } as const;
/** The largest exponents of units. A unit and its inverse must both be numbers of the precision. */
const LARGEST_UNIT = { float32: 120, float64: 1000 } as const;

const precisionOf = (x: AnyVector): keyof typeof RANGE => (isSingle(x.dtype) ? 'float32' : 'float64');

/**
 * True if the square of the norm is safe in the precision of x. 0 is not safe, since it may be an
 * underflow.
 */
export function isSafeNorm(norm: number, x: AnyVector): boolean {
  const { least, most } = RANGE[precisionOf(x)];
  return norm >= 2 ** least && norm <= 2 ** most;
}

/**
 * The power of four that scales the largest modulus of the data and of the start to about 1.
 * Returns 1 if they are zero or not finite, and also if they are safe, unless `anyway` is true. One
 * or two reductions. Powers of four have exact square roots.
 */
export function unitOf(y: AnyVector, x0: AnyVector | undefined, anyway: boolean): number {
  const both = x0 ? [y, x0] : [y];
  const largest = Math.max(...both.map((v) => v.norm(Number.POSITIVE_INFINITY)));
  if (!isFloat(y.dtype) || !Number.isFinite(largest) || largest === 0) return 1;
  if (!anyway && isSafeNorm(largest, y)) return 1;
  const limit = LARGEST_UNIT[precisionOf(y)];
  const exponent = -2 * Math.round(Math.log2(largest) / 2);
  return 2 ** Math.max(-limit, Math.min(limit, exponent));
}

/**
 * `value √unit^n`, multiplied by one factor at a time. An intermediate value overflows only if the
 * result does.
 */
function timesRoots(value: number, root: number, n: number): number {
  let product = value;
  const factor = n < 0 ? 1 / root : root;
  for (let k = 0; k < Math.abs(n); k++) product *= factor;
  return product;
}

/** `value unit^degree`, at most the largest number. Degrees are multiples of ½. */
export const inUnits = (value: number, unit: number, degree: number): number =>
  unit === 1 ? value : Math.min(timesRoots(value, Math.sqrt(unit), 2 * degree), Number.MAX_VALUE);

/** `value / unit^degree`: the value in the units of the data. */
export const outOfUnits = (value: number, unit: number, degree: number): number =>
  unit === 1 ? value : timesRoots(value, 1 / Math.sqrt(unit), 2 * degree);

/** Converts numbers to the units of the data. `degrees` has the degree of each name. */
export function allOutOfUnits<T extends object>(
  values: T,
  unit: number,
  degrees: Readonly<Record<string, number>>,
): T {
  if (unit === 1) return values;
  const converted = Object.entries(values).map(([name, value]) => [
    name,
    outOfUnits(value as number, unit, degrees[name] ?? 0),
  ]);
  return Object.fromEntries(converted) as T;
}

/** Calls `init` with data and the option x0 multiplied by `unit`. */
export function startScaled<O extends object, S>(
  data: AnyVector,
  options: O & { readonly x0?: AnyVector },
  unit: number,
  dots: InnerProducts,
  init: (options: O, start: SolverStart) => S,
): S {
  const made: AnyVector[] = [];
  const scaled = <V extends Vector<V>>(v: V): V => {
    if (unit === 1) return v;
    const copy = v.space.withDType(isFloat(v.dtype) ? v.dtype : data.dtype).empty();
    made.push(copy);
    return copy.assign(v).scale(unit);
  };
  const { x0 } = options;
  try {
    return init(x0 ? { ...options, x0: scaled(x0) } : options, { unit, dots, scaled });
  } finally {
    for (const v of made) v.dispose();
  }
}

/** Tolerances of a squared norm: absolute (undefined: the default) and relative. */
export interface Limits {
  readonly tol: number | undefined;
  readonly rtol: number;
  /** The factor by which the data were multiplied. */
  readonly unit: number;
}

/** The default of PyLops-MPI. */
const USUAL_LIMIT = 1e-4;

/** True if a limit depends on the norm for x = 0. */
export const needsReference = ({ tol, rtol }: Limits): boolean => tol === undefined || rtol > 0;

/**
 * The limit for a squared norm. `reference` is that squared norm for x = 0. Without a given `tol`
 * the limit is 1e-4, but at most 1e-4 times the reference. With `rtol` it is at least `rtol²` times
 * the reference.
 */
export function squaredLimit({ tol, rtol, unit }: Limits, reference: number): number {
  const absolute = inUnits(tol ?? USUAL_LIMIT, unit, 2);
  const limit = tol === undefined ? Math.min(absolute, USUAL_LIMIT * reference) : absolute;
  return rtol > 0 ? Math.max(limit, rtol ** 2 * reference) : limit;
}

/**
 * As {@link squaredLimit}, for norms that are not squared, with another default and without `rtol`.
 */
export const normLimit = (
  given: number | undefined,
  usual: number,
  reference: number,
  unit: number,
): number =>
  given === undefined ? Math.min(inUnits(usual, unit, 1), usual * reference) : inUnits(given, unit, 1);
