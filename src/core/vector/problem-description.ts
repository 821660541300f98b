/** The value of an option: numbers, words, and lists of them. */
export type Setting = number | string | boolean | undefined | readonly Setting[];

/**
 * Three numbers that describe a vector w: `‖w‖`, `Re⟨u, w⟩/‖u‖` with a random u, and the length of
 * the vectors from which w was computed. A `‖w‖` that is small relative to this length counts as
 * zero.
 */
export type Measure = readonly [length: number, product: number, floor: number];

/**
 * The problem of a solver as plain data. Two runs can compare it, on any numbers of ranks and any
 * backends.
 */
export interface Problem {
  /** The relative tolerance for equal numbers. Rounding differs between numbers of ranks. */
  readonly tolerance: number;
  readonly settings: readonly (readonly [name: string, value: Setting])[];
  /**
   * Measures of the data, of the operators' results for a random vector, and of the functions'
   * results.
   */
  readonly measures: readonly (readonly [name: string, values: readonly Measure[]])[];
}

/** Options were written as numbers, or computed by a run in its precision. */
const SETTING_TOLERANCE = 1e-6;

const near = (a: number, b: number, within: number): boolean =>
  Object.is(a, b) || a === b || Math.abs(a - b) <= within;

function sameSetting(a: Setting, b: Setting, tolerance: number): boolean {
  if (typeof a === 'number' && typeof b === 'number')
    return near(a, b, tolerance * Math.max(Math.abs(a), Math.abs(b)));
  if (Array.isArray(a) && Array.isArray(b))
    return (
      a.length === b.length &&
      a.every((value: Setting, k) => sameSetting(value, (b as readonly Setting[])[k], tolerance))
    );
  return a === b;
}

function sameMeasure(a: Measure, b: Measure, tolerance: number): boolean {
  const size = Math.max(0, ...[a[0], a[2], b[0], b[2]].filter(Number.isFinite));
  return near(a[0], b[0], tolerance * size) && near(a[1], b[1], tolerance * size);
}

const show = (value: Setting): string =>
  value === undefined ? 'absent' : JSON.stringify(value).slice(0, 60);

/** The differences of two problems, in words; empty if there are none. */
export function differences(before: Problem, now: Problem): string[] {
  const tolerance = Math.max(before.tolerance, now.tolerance);
  const found: string[] = [];
  const [settings, measures] = [new Map(before.settings), new Map(before.measures)];
  const names = new Set([...settings.keys(), ...now.settings.map(([name]) => name)]);
  for (const name of names) {
    const [a, b] = [settings.get(name), new Map(now.settings).get(name)];
    if (!sameSetting(a, b, Math.max(tolerance, SETTING_TOLERANCE)))
      found.push(`${name} is ${show(b)}, it was ${show(a)}`);
  }
  for (const name of new Set([...measures.keys(), ...now.measures.map(([key]) => key)])) {
    const [a, b] = [measures.get(name), new Map(now.measures).get(name)];
    if (!a || !b) found.push(a ? `${name} is absent, it was there` : `${name} is new`);
    else if (
      a.length !== b.length ||
      !a.every((measure, k) => sameMeasure(measure, b[k] as Measure, tolerance))
    )
      found.push(`${name} differs`);
  }
  return found;
}
