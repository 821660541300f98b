import { ArgumentError } from './errors.js';

/** Edit distance, for naming the option that was probably meant. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1));
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

/** A value in an error message: a number or a word as it is, of anything larger its kind. */
export function described(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' && value !== null ? `a ${value.constructor?.name ?? 'value'}` : String(value);
}

/** Refuses option names that are not known, and names the nearest right one. */
export function checkOptions(owner: string, options: object | undefined, known: readonly string[]): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ArgumentError(`${owner}: expected an options object, received ${JSON.stringify(options)}`);
  }
  const made: unknown = options.constructor;
  // an array or a vector in the place of the options, as where arguments go by position
  if (typeof made === 'function' && made !== Object)
    throw new ArgumentError(`${owner}: expected an options object { ${known.join(', ')} }, received a ${made.name}`);
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const guess = nearest(name, known);
    throw new ArgumentError(
      `${owner}: unknown option '${name}'${guess ? `, did you mean '${guess}'?` : `; known are ${known.join(', ')}`}`,
    );
  }
}

/** One of a closed set of names. Throws {@link ArgumentError} that names the set. */
export function checkOneOf<T extends string>(name: string, value: unknown, set: readonly T[]): T {
  if ((set as readonly unknown[]).includes(value)) return value as T;
  const guess = typeof value === 'string' ? nearest(value, set) : undefined;
  throw new ArgumentError(
    `expected ${name} to be ${set.map((s) => `'${s}'`).join(' or ')}, received ${JSON.stringify(value)}${guess ? `: did you mean '${guess}'?` : ''}`,
  );
}
