import { ArgumentError } from './errors.js';
import { textOf } from './text-of.js';

/** Edit distance, for naming the option that was probably meant. */
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

/** The one of `names` nearest to `name`, or nothing when none is near. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of names) {
    const d = distance(name.toLowerCase(), candidate.toLowerCase());
    if (d < least) [best, least] = [candidate, d];
  }
  return best;
}

/** Throws {@link ArgumentError} unless options are written as an object, or not given. */
export function checkOptionsObject(owner: string, options: unknown, known: readonly string[] = []): void {
  if (options === undefined) return;
  const isObject = typeof options === 'object' && options !== null && !Array.isArray(options);
  const made: unknown = isObject ? options.constructor : undefined;
  // an array or a vector in the place of the options, as where arguments go by position
  if (isObject && (typeof made !== 'function' || made === Object)) return;
  const names = known.length > 0 ? ` { ${known.join(', ')} }` : '';
  throw new ArgumentError(`${owner}: expected an options object${names}, received ${textOf(options)}`);
}

/** As {@link checkOptions}, for options that must be given. */
export function requireOptions(owner: string, options: object | undefined, known: readonly string[]): void {
  if (options === undefined)
    throw new ArgumentError(`${owner}: expected an options object { ${known.join(', ')} }, received none`);
  checkOptions(owner, options, known);
}

/** Refuses option names that are not known, and names the nearest right one. */
export function checkOptions(owner: string, options: object | undefined, known: readonly string[]): void {
  if (options === undefined) return;
  checkOptionsObject(owner, options, known);
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const guess = nearest(name, known);
    throw new ArgumentError(
      `${owner}: unknown option ` +
        `'${name}'${guess ? `, did you mean '${guess}'?` : `; known are ${known.join(', ')}`}`,
    );
  }
}

/** One of a closed set of names. Throws {@link ArgumentError} that names the set. */
export function checkOneOf<T extends string>(name: string, value: unknown, set: readonly T[]): T {
  if ((set as readonly unknown[]).includes(value)) return value as T;
  const guess = typeof value === 'string' ? nearest(value, set) : undefined;
  throw new ArgumentError(
    `expected ${name} to be ${set.map((s) => `'${s}'`).join(' or ')}, received ` +
      `${textOf(value)}${guess ? `: did you mean '${guess}'?` : ''}`,
  );
}

/** Throws {@link ArgumentError} unless `value` is a list. */
export function checkList(owner: string, what: string, value: unknown): void {
  if (!Array.isArray(value))
    throw new ArgumentError(`${owner}: expected a list of ${what}, received ${textOf(value)}`);
}

/** Throws {@link ArgumentError} unless `value` is a function. */
export function checkFunction(owner: string, what: string, value: unknown): void {
  if (typeof value !== 'function')
    throw new ArgumentError(`${owner}: expected ${what} to be a function, received ${textOf(value)}`);
}

/** Throws {@link ArgumentError} unless `values` is a list or a typed array of numbers. */
export function checkNumbers(owner: string, what: string, values: unknown): void {
  if (
    Array.isArray(values)
      ? values.every((v) => typeof v === 'number')
      : ArrayBuffer.isView(values) && isNumeric(values)
  )
    return;
  throw new ArgumentError(
    `${owner}: expected ${what} to be a list or a typed array of numbers, received ${textOf(values)}`,
  );
}

const isNumeric = (view: ArrayBufferView): boolean =>
  !(view instanceof DataView || view instanceof BigInt64Array || view instanceof BigUint64Array);

/** Throws {@link ArgumentError} unless the options of these names that are given are texts. */
export function checkTexts(owner: string, options: object, names: readonly string[]): void {
  for (const name of names) {
    const value: unknown = (options as Record<string, unknown>)[name];
    if (value !== undefined && typeof value !== 'string')
      throw new ArgumentError(`${owner}: expected ${name} to be a text, received ${textOf(value)}`);
  }
}
