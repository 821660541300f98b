import { ArgumentError } from './errors.js';
import { textOf } from './text-of.js';

/** The edit distance of two names, to suggest the option that was probably meant. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(
        (row[j] as number) + 1,
        (next[j - 1] as number) + 1,
        (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1),
      );
    }
    row = next;
  }
  return row[b.length] as number;
}

/** The element of `names` that is nearest to `name`; undefined if none is near. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of names) {
    const d = distance(name.toLowerCase(), candidate.toLowerCase());
    if (d < least) [best, least] = [candidate, d];
  }
  return best;
}

/** A default for each option of O: `undefined` if it has none. */
export type Defaults<O> = { readonly [K in keyof O]-?: O[K] | undefined };

/** The options O, with the type of an absent option replaced by that of its default in D. */
export type WithDefaults<O, D> = {
  readonly [K in keyof O]-?: K extends keyof D
    ? undefined extends D[K]
      ? // an option without a default may stay undefined, unless it is required
        O[K] | (Partial<Pick<O, K>> extends Pick<O, K> ? undefined : never)
      : Exclude<O[K], undefined>
    : never;
};

/** Throws {@link ArgumentError} unless `options` is a plain object or undefined. */
export function checkOptionsObject(owner: string, options: unknown, known: object = {}): void {
  if (options === undefined) return;
  const isObject = typeof options === 'object' && options !== null && !Array.isArray(options);
  const made: unknown = isObject ? options.constructor : undefined;
  // refuses an array or a vector in the place of the options, as if arguments were positional
  if (isObject && (typeof made !== 'function' || made === Object)) return;
  const name = typeof owner === 'string' ? owner : textOf(owner);
  throw new ArgumentError(
    `${name}: expected an options object${namesOf(known)}, received ${textOf(options)}`,
  );
}

function namesOf(known: object): string {
  const names = Object.keys(known);
  return names.length > 0 ? ` { ${names.join(', ')} }` : '';
}

/**
 * Returns the options, with defaults for those that are absent or `undefined`. The keys of
 * `defaults` are the known names. Without options, `defaults` itself is returned.
 * @param owner the function or class, for messages
 * @param defaults a constant that `satisfies Defaults<O>`
 * @throws {@link ArgumentError} if `options` is not an options object, or has an unknown name. The
 *   message suggests the nearest known name
 * @example
 * const DEFAULTS = { axis: -1, dtype: undefined } satisfies Defaults<SumOptions>;
 * const { axis, dtype } = withDefaults('Sum', options, DEFAULTS);
 */
export function withDefaults<O extends object, const D extends Defaults<O>>(
  owner: string,
  options: O | undefined,
  defaults: D & Readonly<Record<Exclude<keyof D, keyof O>, never>>,
): WithDefaults<O, D> {
  if (options === undefined) return defaults as object as WithDefaults<O, D>;
  checkNames(owner, options, defaults);
  const given = options as Readonly<Record<string, unknown>>;
  const all: Record<string, unknown> = { ...defaults };
  for (const name in all) {
    const value = given[name];
    if (value !== undefined) all[name] = value;
  }
  return all as WithDefaults<O, D>;
}

/**
 * As {@link withDefaults}, for an options object that is required.
 * @throws {@link ArgumentError} if `options` is undefined
 */
export function requireOptions<O extends object, const D extends Defaults<O>>(
  owner: string,
  options: O | undefined,
  defaults: D & Readonly<Record<Exclude<keyof D, keyof O>, never>>,
): WithDefaults<O, D> {
  if (options === undefined)
    throw new ArgumentError(`${owner}: expected an options object${namesOf(defaults)}, received none`);
  return withDefaults<O, D>(owner, options, defaults);
}

/**
 * Throws {@link ArgumentError} unless `options` is an options object whose names are all keys of
 * `known`.
 */
export function checkNames(owner: string, options: object, known: object): void {
  checkOptionsObject(owner, options, known);
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(known, name)) continue;
    const names = Object.keys(known);
    const guess = nearest(name, names);
    const hint = guess ? `, did you mean '${guess}'?` : `; known are ${names.join(', ')}`;
    throw new ArgumentError(`${owner}: unknown option '${name}'${hint}`);
  }
}

/**
 * Checks that a value is an element of a closed set of names.
 * @throws {@link ArgumentError} if it is not; the message lists the set
 */
export function checkOneOf<T extends string>(name: string, value: unknown, set: readonly T[]): T {
  if ((set as readonly unknown[]).includes(value)) return value as T;
  const guess = typeof value === 'string' ? nearest(value, set) : undefined;
  throw new ArgumentError(
    `expected ${name} to be ${set.map((s) => `'${s}'`).join(' or ')}, received ` +
      `${textOf(value)}${guess ? `: did you mean '${guess}'?` : ''}`,
  );
}

/**
 * Whether a value is a list whose elements all fit. `every()` passes over the elements that a list
 * such as `new Array(3)` lacks; here they are undefined.
 */
export const isListOf = <T>(value: unknown, fits: (element: T) => boolean): value is readonly T[] =>
  Array.isArray(value) && Array.from<T>(value).every(fits);

/** Throws {@link ArgumentError} unless `value` is a list. One of `new Array(3)` has no elements. */
export function checkList(owner: string, what: string, value: unknown): void {
  if (!Array.isArray(value))
    throw new ArgumentError(`${owner}: expected a list of ${what}, received ${textOf(value)}`);
  for (let k = 0; k < value.length; k++)
    if (!(k in value))
      throw new ArgumentError(`${owner}: expected a list of ${what}, received one without element ${k}`);
}

/** Throws {@link ArgumentError} unless `value` is a function. */
export function checkFunction(owner: string, what: string, value: unknown): void {
  if (typeof value !== 'function')
    throw new ArgumentError(`${owner}: expected ${what} to be a function, received ${textOf(value)}`);
}

/** Throws {@link ArgumentError} unless `values` is a list or a typed array of numbers. */
export function checkNumbers(owner: string, what: string, values: unknown): void {
  if (isListOf(values, (v) => typeof v === 'number') || (ArrayBuffer.isView(values) && isNumeric(values)))
    return;
  throw new ArgumentError(
    `${owner}: expected ${what} to be a list or a typed array of numbers, received ${textOf(values)}`,
  );
}

/** Whether a view is a typed array of numbers: not a DataView, and not of bigints. */
export const isNumeric = (view: ArrayBufferView): boolean =>
  !(view instanceof DataView || view instanceof BigInt64Array || view instanceof BigUint64Array);

/** Throws {@link ArgumentError} if one of the named options is given and is not a text. */
export function checkTexts(owner: string, options: object, names: readonly string[]): void {
  for (const name of names) {
    const value: unknown = (options as Record<string, unknown>)[name];
    if (value !== undefined && typeof value !== 'string')
      throw new ArgumentError(`${owner}: expected ${name} to be a text, received ${textOf(value)}`);
  }
}

/** Checks named values, such as `{ tol, rtol }`, and throws {@link ArgumentError} with the name. */
const checkEach =
  <T>(what: string, fits: (value: unknown) => boolean) =>
  (owner: string, values: Readonly<Record<string, T>>): void => {
    for (const [name, value] of Object.entries(values))
      if (!fits(value))
        throw new ArgumentError(`${owner}: expected ${name} to be ${what}, received ${textOf(value)}`);
  };

/** Throws {@link ArgumentError} unless all the values are finite numbers. */
export const checkFinite = checkEach<number>('a finite number', Number.isFinite);

/** Throws {@link ArgumentError} unless all the values are finite numbers of at least 0. */
export const checkNonNegative = checkEach<number>(
  'a finite number of at least 0',
  (v) => Number.isFinite(v) && (v as number) >= 0,
);

/** As {@link checkNonNegative}, for options that may be undefined. null is refused. */
export const checkNonNegativeIfGiven = checkEach<number | undefined>(
  'a finite number of at least 0',
  (v) => v === undefined || (Number.isFinite(v) && (v as number) >= 0),
);

/**
 * Throws {@link ArgumentError} unless all the values are numbers of at least 0. Infinity is allowed
 * and means no limit.
 */
export const checkLimit = checkEach<number>(
  'a number of at least 0, or Infinity for no limit',
  (v) => typeof v === 'number' && v >= 0,
);

/** Throws {@link ArgumentError} unless all the values are whole numbers of at least 0. */
export const checkCount = checkEach<number>(
  'a whole number of at least 0',
  (v) => Number.isSafeInteger(v) && (v as number) >= 0,
);

/** Throws {@link ArgumentError} unless all the values are whole numbers above 0. */
export const checkPositiveCount = checkEach<number>(
  'a whole number above 0',
  (v) => Number.isSafeInteger(v) && (v as number) > 0,
);

/** Throws {@link ArgumentError} unless all the values are true or false. */
export const checkFlag = checkEach<boolean>('true or false', (v) => typeof v === 'boolean');
