import { ArgumentError } from './errors.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** An environment variable with a value of a certain kind. */
export interface Setting<T> {
  readonly name: string;
  /** The expected value, for the message of the error. */
  readonly expected: string;
  /** The value of a text; undefined if the text is not valid. */
  readonly parse: (text: string) => T | undefined;
}

/** A setting whose value is one of a closed set of words. */
export const choiceSetting = <T extends string>(name: string, choices: readonly T[]): Setting<T> => ({
  name,
  expected: choices.map((choice) => `'${choice}'`).join(' or '),
  parse: (text) => choices.find((choice) => choice === text),
});

const DECIMAL = /^\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** A setting whose value is a decimal number, 0 or more, for which `accepts` returns true. */
export const numberSetting = (
  name: string,
  expected: string,
  accepts: (value: number) => boolean,
): Setting<number> => ({
  name,
  expected,
  parse: (text) => {
    const value = DECIMAL.test(text.trim()) ? Number(text) : Number.NaN;
    return Number.isFinite(value) && accepts(value) ? value : undefined;
  },
});

export const countSetting = (name: string, expected: string, least: number): Setting<number> =>
  numberSetting(name, expected, (value) => Number.isSafeInteger(value) && value >= least);

/**
 * The value of a setting; undefined if the variable is not set or empty.
 * @throws {@link ArgumentError} if the value is not valid; the message names the variable
 */
export function readSetting<T>(setting: Setting<T>, env: Environment): T | undefined {
  const text = env[setting.name];
  if (text === undefined || text === '') return undefined;
  const value = setting.parse(text);
  if (value === undefined)
    throw new ArgumentError(`expected ${setting.name} to be ${setting.expected}, received '${text}'`);
  return value;
}

/** Throws {@link ArgumentError} for the first setting whose value is not valid. */
export function checkSettings(table: Readonly<Record<string, Setting<unknown>>>, env: Environment): void {
  for (const setting of Object.values(table)) readSetting(setting, env);
}
