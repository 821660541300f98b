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
import { type Defaults, withDefaults } from '../base/options.js';
import { type Shape, toShape } from '../base/shape.js';
import type { Backend } from '../ports/backend.js';
import { resolveBackend } from '../ports/defaults.js';
import {
  arangeValues,
  type HostValues,
  linspaceValues,
  type Nested,
  nestedValues,
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

const DEFAULTS = { dtype: undefined, backend: undefined } satisfies Defaults<ArrayOptions>;

/** Options of random numbers. */
export interface RandomOptions extends ArrayOptions {
  /**
   * The values are a function of the seed and the element's index.
   * @default a new one at each call
   */
  readonly seed?: number | undefined;
}
const RANDOM_DEFAULTS = { ...DEFAULTS, seed: undefined } satisfies Defaults<RandomOptions>;

export interface LinspaceOptions extends ArrayOptions {
  /** Whether `stop` is the last value. @default true */
  readonly endpoint?: boolean | undefined;
}
const LINSPACE_DEFAULTS = { ...DEFAULTS, endpoint: true } satisfies Defaults<LinspaceOptions>;

/** The values of a new array. */
interface ArrayValues extends HostValues {
  readonly backend: Backend;
}

export const isComplexValue = (a: Scalar): boolean => typeof a !== 'number';

/** The backend and the dtype of options. `named` is undefined if they have no dtype. */
export function backendAndDType(
  owner: string,
  options: ArrayOptions | undefined,
  complex = false,
): { backend: Backend; dtype: DType; named: DType | undefined } {
  const given = withDefaults(`NDArray.${owner}`, options, DEFAULTS);
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
  const { seed, ...rest } = withDefaults(`NDArray.${owner}`, options, RANDOM_DEFAULTS);
  return { seed, rest };
}

export function arange(first: number, rest: readonly (number | ArrayOptions | undefined)[]): ArrayValues {
  const at = rest.findIndex((value) => typeof value === 'object' && value !== null);
  const { dtype, backend } = backendAndDType('arange', at < 0 ? undefined : (rest[at] as ArrayOptions));
  const [second, step = 1] = (at < 0 ? rest : rest.slice(0, at)) as (number | undefined)[];
  return { ...arangeValues(second === undefined ? 0 : first, second ?? first, step, dtype), backend };
}

export function linspace(
  start: Scalar,
  stop: Scalar,
  num: number,
  options: LinspaceOptions | undefined,
): ArrayValues {
  const { endpoint, ...rest } = withDefaults('NDArray.linspace', options, LINSPACE_DEFAULTS);
  const complex = isComplexValue(start) || isComplexValue(stop);
  const { dtype, backend } = backendAndDType('linspace', rest, complex);
  return { ...linspaceValues(start, stop, num, endpoint, dtype), backend };
}

export function eye(n: number, m: number, k: number, options: ArrayOptions | undefined): ArrayValues {
  const { dtype, backend } = backendAndDType('eye', options);
  const shape = toShape([n, m]);
  const diagonal = (i: number) => ((i % m) - Math.floor(i / m) === k ? 1 : 0);
  return { ...tabulate(dtype, n * m, diagonal), shape, backend };
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
  const { backend, named } = backendAndDType('array', options);
  if (!ArrayBuffer.isView(data)) return { ...nestedValues(data, backend.defaultDType, named), backend };
  const values = named === undefined || named === dtypeOf(data) ? data : converted(data, named);
  return { ...typedValues(values, undefined, named), backend };
}

export function fromHost(
  values: HostArray,
  shape: number | Shape | undefined,
  options: ArrayOptions | undefined,
): ArrayValues {
  const { backend, named } = backendAndDType('fromHost', options);
  return { ...typedValues(values, shape === undefined ? undefined : toShape(shape), named), backend };
}
