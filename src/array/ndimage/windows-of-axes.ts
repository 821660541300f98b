import { NDArray } from '../../core/array/ndarray.js';
import { isScalar, type Scalar } from '../../core/base/complex.js';
import { ArgumentError, ShapeError } from '../../core/base/errors.js';
import { checkOneOf, type Defaults } from '../../core/base/options.js';
import { textOf } from '../../core/base/text-of.js';
import type { EitherArray } from '../../core/distributed/align.js';
import type { Continuation } from '../../core/schemes/continuation.js';

const CONTINUATIONS = {
  reflect: 'symmetric',
  'grid-mirror': 'symmetric',
  constant: 'constant',
  'grid-constant': 'constant',
  nearest: 'edge',
  mirror: 'reflect',
  wrap: 'wrap',
  'grid-wrap': 'wrap',
} as const satisfies Record<string, Continuation>;
/**
 * What is outside of an array. `reflect`, `grid-mirror`: d c b a | a b c d | d c b a. `mirror`: d c
 * b | a b c d | c b a. `nearest`: the element at the end. `wrap`, `grid-wrap`: a periodic array.
 * `constant`, `grid-constant`: the number `cval`.
 */
export type BorderMode = keyof typeof CONTINUATIONS;
export const BORDER_MODES = Object.keys(CONTINUATIONS) as readonly BorderMode[];

/** Options of filters. */
export interface BorderOptions {
  /** What is outside of the array: one mode, or one for each axis. @default 'reflect' */
  readonly mode?: BorderMode | readonly BorderMode[];
  /** The number outside, for the mode 'constant'. @default 0 */
  readonly cval?: Scalar;
}
export const BORDER_DEFAULTS = { mode: 'reflect', cval: 0 } satisfies Defaults<BorderOptions>;

/** One value for each axis. */
export function eachAxis<T>(name: string, what: string, value: T | readonly T[], ndim: number): T[] {
  if (!Array.isArray(value)) return new Array<T>(ndim).fill(value as T);
  if (value.length !== ndim)
    throw new ShapeError(`${name}: expected ${what} for ${ndim} axes, received ${value.length}`);
  return [...(value as readonly T[])];
}

/** The continuation of each axis. */
export const continuationsOf = (
  name: string,
  mode: BorderMode | readonly BorderMode[],
  ndim: number,
): Continuation[] =>
  eachAxis(name, 'modes', mode, ndim).map((one) => CONTINUATIONS[checkOneOf('mode', one, BORDER_MODES)]);

/** Checks on all ranks that an array holds a number. */
export function checkConstant(name: string, x: EitherArray, cval: unknown): void {
  if (!isScalar(cval))
    throw new ArgumentError(`${name}: expected cval to be a number, received ${textOf(cval)}`);
  NDArray.full([], cval, { dtype: x.dtype, backend: x.backend }).dispose();
}

/** The displacements of windows of `sizes`: between −⌊n/2⌋ and ⌊(n − 1)/2⌋. */
export function originsOf(
  name: string,
  origin: number | readonly number[],
  sizes: readonly number[],
): number[] {
  const list = eachAxis(name, 'origins', origin, sizes.length);
  list.forEach((o, k) => {
    const n = sizes[k] as number;
    if (!Number.isSafeInteger(o) || o < -Math.floor(n / 2) || o > Math.floor((n - 1) / 2))
      throw new ArgumentError(
        `${name}: expected an origin between ${-Math.floor(n / 2)} and ${Math.floor((n - 1) / 2)} for a ` +
          `window of ${n}, received ${textOf(o)}`,
      );
  });
  return list;
}

/** The most weights of a filter along an axis, so that a wrong size is an error of its own. */
export const MOST_WEIGHTS = 2 ** 26;

/** The number of samples of a window along each axis. */
export function sizesOf(name: string, size: number | readonly number[], ndim: number): number[] {
  const list = eachAxis(name, 'sizes', size, ndim);
  for (const n of list)
    if (!Number.isSafeInteger(n) || n < 1 || n > MOST_WEIGHTS)
      throw new ArgumentError(`${name}: expected a size from 1 to ${MOST_WEIGHTS}, received ${textOf(n)}`);
  return list;
}
