import { abs, type Complex, complex, im, isScalar, isZero, re, type Scalar } from '../base/complex.js';
import {
  complexOf,
  type DType,
  dtypeOf,
  FLAG_DTYPE,
  type HostArray,
  holdsNumber,
  hostArray,
  isBoolean,
  isComplex,
  isFloat,
  lanesOf,
} from '../base/dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../base/errors.js';
import { formatShape, product, type Shape } from '../base/shape.js';
import { textOf } from '../base/text-of.js';

/** Numbers, complex numbers, booleans, and nested lists of them. */
export type Nested = Scalar | boolean | readonly Nested[];

const isElement = (value: Nested): value is Scalar | boolean => typeof value === 'boolean' || isScalar(value);

/** Values on the host, from which an array is made. */
export interface HostValues {
  readonly values: HostArray;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/**
 * Writes `value` as element `i`.
 * @throws {@link DTypeError} if the value does not fit into the dtype
 */
function put(values: HostArray, dtype: DType, i: number, value: Scalar): void {
  if (isComplex(dtype)) {
    values[2 * i] = re(value);
    values[2 * i + 1] = im(value);
    return;
  }
  if (typeof value !== 'number')
    throw new DTypeError(`a complex number does not fit into ${dtype}: ask for a complex dtype`);
  if (!holdsNumber(dtype, value)) throw new DTypeError(`${value} does not fit into ${dtype}`);
  values[i] = value;
}

function putAll(values: HostArray, dtype: DType, n: number, value: (i: number) => Scalar): void {
  for (let i = 0; i < n; i++) put(values, dtype, i, value(i));
}

/** Computes `n` values as a function of the index. */
export function tabulate(dtype: DType, n: number, value: (i: number) => Scalar): HostValues {
  const values = hostArray(dtype, n);
  putAll(values, dtype, n, value);
  return { values, shape: [n], dtype };
}

/**
 * Converts nested lists to one array. Numbers have the dtype `real`, complex ones its complex
 * counterpart, booleans alone bool, unless `dtype` is given.
 * @throws {@link ShapeError} if lists are ragged
 */
export function nestedValues(nested: Nested, real: DType, dtype?: DType): HostValues {
  const shape: number[] = [];
  for (let level = nested; !isElement(level); level = level[0] as Nested) {
    if (!Array.isArray(level))
      throw new ArgumentError(
        `expected numbers, complex numbers { re, im }, booleans or lists of them, received ${textOf(level)}`,
      );
    shape.push(level.length);
    if (level.length === 0) break;
  }
  const flat: Scalar[] = [];
  let [anyComplex, anyNumber] = [false, false];
  const collect = (level: Nested, depth: number): void => {
    if (depth === shape.length) {
      if (Array.isArray(level)) throw ragged(shape);
      if (!isElement(level))
        throw new ArgumentError(`expected a number, { re, im } or a boolean, received ${textOf(level)}`);
      anyComplex ||= typeof level === 'object';
      anyNumber ||= typeof level !== 'boolean';
      flat.push(typeof level === 'boolean' ? Number(level) : level);
      return;
    }
    if (!Array.isArray(level) || level.length !== shape[depth]) throw ragged(shape);
    for (const member of level as readonly Nested[]) collect(member, depth + 1);
  };
  collect(nested, 0);
  const natural = anyComplex ? complexOf(real) : anyNumber || flat.length === 0 ? real : FLAG_DTYPE;
  const to = dtype ?? natural;
  return { ...tabulate(to, flat.length, (i) => flat[i] as Scalar), shape };
}

const ragged = (shape: Shape) =>
  new ShapeError(
    `expected lists of equal lengths at every depth, as in an array of shape ${formatShape(shape)}`,
  );

/**
 * The values of a typed array without conversion. With a complex dtype it holds pairs.
 * @param shape one axis by default
 * @throws {@link ShapeError} unless the length fits `shape`
 */
export function typedValues(values: HostArray, shape?: Shape, dtype: DType = dtypeOf(values)): HostValues {
  if (isComplex(dtype) ? complexOf(dtypeOf(values)) !== dtype : dtypeOf(values) !== dtype) {
    throw new DTypeError(
      `a ${values.constructor.name} does not hold ${dtype}: leave dtype out and use astype('${dtype}')`,
    );
  }
  if (isBoolean(dtype) && (values as Uint8Array).some((value) => value > 1))
    throw new DTypeError(
      "a Uint8Array holds bool: expected 0 and 1; for other bytes, give array() the dtype 'int32'",
    );
  const n = values.length / lanesOf(dtype);
  const to = shape ?? [n];
  if (product(to) !== n)
    throw new ShapeError(
      `expected ${product(to)} values of ${dtype} for shape ${formatShape(to)}, received ${textOf(n)}`,
    );
  return { values, shape: to, dtype };
}

/** Values that are written into memory of the host: that of an array, where it is in reach. */
export interface Sequence {
  readonly length: number;
  readonly dtype: DType;
  /** Writes all values; complex ones as pairs. */
  readonly fill: (values: HostArray) => void;
  /** For real floats `first + i · step`, but for the last one if that is given. */
  readonly steps?: { readonly first: number; readonly step: number; readonly last?: number };
}

/** `start, start + step, …` below `stop`, as np.arange; int32 if `dtype` is int32. */
export function arangeValues(start: number, stop: number, step: number, dtype: DType): Sequence {
  if (![start, stop, step].every(Number.isFinite) || step === 0) {
    throw new ArgumentError(
      `arange: expected finite numbers and a step other than 0, received ${textOf([start, stop, step])}`,
    );
  }
  return evenly(dtype, Math.max(0, Math.ceil((stop - start) / step)), start, step);
}

const sequence = (dtype: DType, length: number, value: (i: number) => Scalar): Sequence => ({
  length,
  dtype,
  fill: (values) => putAll(values, dtype, length, value),
});

const isRealFloat = (dtype: DType): boolean => isFloat(dtype) && !isComplex(dtype);
/** `first + i · step` of a dtype; for real floats without a call for each. */
function evenly(dtype: DType, length: number, first: number, step: number): Sequence {
  if (!isRealFloat(dtype)) return sequence(dtype, length, (i) => first + i * step);
  const fill = (values: HostArray): void => {
    for (let i = 0; i < length; i++) values[i] = first + i * step;
  };
  return { length, dtype, fill, steps: { first, step } };
}

/** Throws {@link ArgumentError} unless `num` and both ends are those of values in steps. */
function checkSteps(name: string, start: Scalar, stop: Scalar, num: number): void {
  if (!Number.isSafeInteger(num) || num < 0)
    throw new ArgumentError(`${name}: expected num to be a non-negative integer, received ${textOf(num)}`);
  for (const end of [start, stop])
    if (!isScalar(end))
      throw new ArgumentError(
        `${name}: expected numbers or { re, im } for both ends, received ${textOf(end)}`,
      );
}

/**
 * `num` values from `start` to `stop` in equal steps, as np.linspace. With `endpoint`, the last one
 * is exactly `stop`; without it, `stop` is left out.
 */
export function linspaceValues(
  start: Scalar,
  stop: Scalar,
  num: number,
  endpoint: boolean,
  dtype: DType,
): Sequence {
  checkSteps('linspace', start, stop, num);
  const intervals = endpoint ? num - 1 : num;
  if (isRealFloat(dtype) && typeof start === 'number' && typeof stop === 'number') {
    const step = (stop - start) / Math.max(1, intervals);
    const even = evenly(dtype, num, start, step);
    if (!endpoint || num < 2) return even;
    const fill = (values: HostArray): void => {
      even.fill(values);
      values[num - 1] = stop;
    };
    return { ...even, fill, steps: { first: start, step, last: stop } };
  }
  const between = (a: number, b: number, i: number) =>
    endpoint && i === intervals && i > 0 ? b : a + i * ((b - a) / Math.max(1, intervals));
  const at = (i: number): Complex =>
    complex(between(re(start), re(stop), i), between(im(start), im(stop), i));
  return sequence(dtype, num, isComplex(dtype) ? at : (i) => at(i).re);
}

/**
 * `num` values from `start` to `stop` whose quotients are equal, as np.geomspace. The first one is
 * exactly `start`. Complex values follow a spiral of at most half a turn.
 * @throws {@link ArgumentError} if an end is 0, or the signs of real ends differ
 */
export function geomspaceValues(
  start: Scalar,
  stop: Scalar,
  num: number,
  endpoint: boolean,
  dtype: DType,
): HostValues {
  checkSteps('geomspace', start, stop, num);
  if (isZero(start) || isZero(stop)) throw new ArgumentError('geomspace: expected ends other than 0');
  const [first, last] = [angleOf(start), angleOf(stop)];
  if (!isComplex(dtype) && first !== last)
    throw new ArgumentError('geomspace: expected ends of one sign, or a complex dtype');
  const turn = last - first - 2 * Math.PI * Math.ceil((last - first) / (2 * Math.PI) - 0.5);
  const [least, most] = [Math.log10(abs(start)), Math.log10(abs(stop))];
  const intervals = endpoint ? num - 1 : num;
  const at = (i: number): Complex => {
    if (i === 0) return complex(re(start), im(start));
    if (i === intervals) return complex(re(stop), im(stop));
    const share = i / intervals;
    return polar(10 ** (least + share * (most - least)), first + share * turn);
  };
  return tabulate(dtype, num, isComplex(dtype) ? at : (i) => at(i).re);
}
const angleOf = (a: Scalar): number => Math.atan2(im(a), re(a));
const polar = (modulus: number, angle: number): Complex =>
  complex(modulus * Math.cos(angle), modulus * Math.sin(angle));

/** `base` to the powers of {@link linspaceValues}, as np.logspace. */
export function logspaceValues(
  start: Scalar,
  stop: Scalar,
  num: number,
  endpoint: boolean,
  base: number,
  dtype: DType,
): HostValues {
  checkSteps('logspace', start, stop, num);
  if (typeof base !== 'number')
    throw new ArgumentError(`logspace: expected base to be a number, received ${textOf(base)}`);
  const values = hostArray('complex128', num);
  linspaceValues(start, stop, num, endpoint, 'complex128').fill(values);
  const at = (i: number): Complex =>
    polar(base ** (values[2 * i] as number), (values[2 * i + 1] as number) * Math.log(base));
  return tabulate(dtype, num, isComplex(dtype) ? at : (i) => base ** (values[2 * i] as number));
}

/**
 * Converts host values to nested lists. Complex values become `{ re, im }`, those of bool booleans.
 * An array without axes becomes its one element.
 */
export function toNested({ values, shape, dtype }: HostValues): Nested {
  const lanes = lanesOf(dtype);
  let next = 0;
  const boolean = isBoolean(dtype);
  const element = (): Scalar | boolean => {
    const i = lanes * next++;
    if (boolean) return values[i] !== 0;
    return lanes === 2 ? complex(values[i] as number, values[i + 1]) : (values[i] as number);
  };
  const level = (depth: number): Nested =>
    depth === shape.length
      ? element()
      : Array.from({ length: shape[depth] as number }, () => level(depth + 1));
  return level(0);
}
