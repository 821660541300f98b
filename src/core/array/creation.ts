/** Creation of arrays, for the static methods of NDArray. */

import type { Scalar } from '../base/complex.js';
import {
  checkDType,
  complexOf,
  type DType,
  dtypeOf,
  type HostArray,
  hostArray,
  isComplex,
  isInteger,
} from '../base/dtype.js';
import { checkFlag, type Defaults, withDefaults } from '../base/options.js';
import { type Shape, toShape } from '../base/shape.js';
import type { Backend } from '../ports/backend.js';
import { resolveBackend } from '../ports/defaults.js';
import { checkDiagonal } from './diagonals.js';
import {
  arangeValues,
  type HostValues,
  linspaceValues,
  type Nested,
  nestedValues,
  type Sequence,
  tabulate,
  typedValues,
} from './host-values.js';

/** The dtype and the backend of a new array. */
export interface ArrayOptions {
  /** @default the dtype of the values where they have one, otherwise the backend's */
  readonly dtype?: DType | undefined;
  /** A backend or the name of one. @default the default backend */
  readonly backend?: Backend | string | undefined;
}

export const ARRAY_DEFAULTS = { dtype: undefined, backend: undefined } satisfies Defaults<ArrayOptions>;

/** Options of random numbers. */
export interface RandomOptions extends ArrayOptions {
  /**
   * The values are a function of the seed and the element's index.
   * @default a new one at each call
   */
  readonly seed?: number | undefined;
}
const RANDOM_DEFAULTS = { ...ARRAY_DEFAULTS, seed: undefined } satisfies Defaults<RandomOptions>;

/** Options of values in equal steps. */
export interface LinspaceOptions extends ArrayOptions {
  /** Whether `stop` is the last value. @default true */
  readonly endpoint?: boolean | undefined;
}
export const LINSPACE_DEFAULTS = { ...ARRAY_DEFAULTS, endpoint: true } satisfies Defaults<LinspaceOptions>;

/** Options of matrices that depend on a diagonal. */
export interface EyeOptions extends ArrayOptions {
  /**
   * The diagonal: above the main one if positive. It may be passed as an argument instead.
   * @default 0
   */
  readonly k?: number | undefined;
}
const EYE_DEFAULTS = { ...ARRAY_DEFAULTS, k: 0 } satisfies Defaults<EyeOptions>;

/** The values of a new array. */
interface ArrayValues extends HostValues {
  readonly backend: Backend;
}
/** The values of a new array of one axis. */
export interface ArraySequence extends Sequence {
  readonly backend: Backend;
}

export const isComplexValue = (a: Scalar): boolean => typeof a !== 'number';

/** Arguments of which the options are the last, however many numbers precede them. */
export type NumbersAndOptions<O> = readonly (number | O | undefined)[];

/** Separates the numbers from the options after them. */
export function splitOptions<O extends object>(
  rest: NumbersAndOptions<O>,
): readonly [numbers: readonly (number | undefined)[], options: O | undefined] {
  const at = rest.findIndex((value) => typeof value === 'object' && value !== null);
  return at < 0
    ? [rest as readonly (number | undefined)[], undefined]
    : [rest.slice(0, at) as readonly (number | undefined)[], rest[at] as O];
}

/** The backend and the dtype of options. `named` is undefined if they have no dtype. */
export function backendAndDType(
  owner: string,
  options: ArrayOptions | undefined,
  complex = false,
): { backend: Backend; dtype: DType; named: DType | undefined } {
  const given = withDefaults(owner, options, ARRAY_DEFAULTS);
  const backend = resolveBackend(given.backend);
  const named = given.dtype === undefined ? undefined : checkDType(given.dtype);
  return {
    backend,
    dtype: named ?? (complex ? complexOf(backend.defaultDType) : backend.defaultDType),
    named,
  };
}

/** Separates the seed from the options of {@link backendAndDType}. */
export function splitSeed(
  owner: string,
  options: RandomOptions | undefined,
): { readonly seed: number | undefined; readonly rest: ArrayOptions } {
  const { seed, ...rest } = withDefaults(owner, options, RANDOM_DEFAULTS);
  return { seed, rest };
}

export function arange(first: number, rest: NumbersAndOptions<ArrayOptions>): ArraySequence {
  const [[second, step = 1], options] = splitOptions(rest);
  const { dtype, backend } = backendAndDType('NDArray.arange', options);
  return {
    ...(second === undefined
      ? arangeValues(0, first, step, dtype)
      : arangeValues(first, second, step, dtype)),
    backend,
  };
}

export function linspace(
  start: Scalar,
  stop: Scalar,
  numAndOptions: NumbersAndOptions<LinspaceOptions>,
): ArraySequence {
  const [[num = 50], options] = splitOptions(numAndOptions);
  const { endpoint, ...rest } = withDefaults('NDArray.linspace', options, LINSPACE_DEFAULTS);
  const complex = isComplexValue(start) || isComplexValue(stop);
  checkFlag('linspace', { endpoint });
  const { dtype, backend } = backendAndDType('NDArray.linspace', rest, complex);
  return { ...linspaceValues(start, stop, num, endpoint, dtype), backend };
}

/** The size of a matrix, a diagonal, a dtype and a backend. */
export interface DiagonalArguments {
  readonly n: number;
  readonly m: number;
  readonly k: number;
  readonly dtype: DType;
  readonly backend: Backend;
}

/** The arguments of a matrix `[n, m]` that depends on diagonal `k`; m is n by default. */
export function diagonalArguments(
  owner: string,
  n: number,
  rest: NumbersAndOptions<EyeOptions>,
): DiagonalArguments {
  const [[m = n, position], options] = splitOptions(rest);
  const { k, ...others } = withDefaults(owner, options, EYE_DEFAULTS);
  const { dtype, backend } = backendAndDType(owner, others);
  toShape([n, m]);
  return { n, m, k: checkDiagonal(owner, position ?? k), dtype, backend };
}

/**
 * Converts a typed array to another dtype on the host, because the backend may not support both.
 */
function converted(data: HostArray, dtype: DType): HostArray {
  if (isInteger(dtype)) return tabulate(dtype, data.length, (i) => data[i] as number).values;
  const values = hostArray(dtype, data.length);
  if (isComplex(dtype)) for (const [i, value] of data.entries()) values[2 * i] = value;
  else values.set(data);
  return values;
}

export function array(data: Nested | HostArray, options: ArrayOptions | undefined): ArrayValues {
  const { backend, named } = backendAndDType('NDArray.array', options);
  if (!ArrayBuffer.isView(data)) return { ...nestedValues(data, backend.defaultDType, named), backend };
  const values = named === undefined || named === dtypeOf(data) ? data : converted(data, named);
  return { ...typedValues(values, undefined, named), backend };
}

export function fromHost(
  values: HostArray,
  shape: number | Shape | undefined,
  options: ArrayOptions | undefined,
): ArrayValues {
  const { backend, named } = backendAndDType('NDArray.fromHost', options);
  return { ...typedValues(values, shape === undefined ? undefined : toShape(shape), named), backend };
}
