import { ArgumentError } from '../core/base/errors.js';
import { nearest } from '../core/base/options.js';
import { environment } from './process-environment.js';
import { type SettingOf, VARIABLES, type Variable, type VariableName } from './variables.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export { environment };

/**
 * The value of a variable. If it is not set or empty, its default.
 * @throws {@link ArgumentError} if the value is not valid; the message names the variable
 */
export function setting<N extends VariableName>(name: N, env: Environment = environment): SettingOf<N> {
  const { parse, expected, default: unset }: Variable<unknown, unknown> = VARIABLES[name];
  const text = env[name];
  if (text === undefined || text === '') return unset as SettingOf<N>;
  const value = parse(text);
  if (value === undefined) throw new ArgumentError(`expected ${name} to be ${expected}, received '${text}'`);
  return value as SettingOf<N>;
}

const NAMES = Object.keys(VARIABLES) as VariableName[];

/** Throws {@link ArgumentError} for the first variable whose value is not valid. */
export function checkSettings(env: Environment = environment): void {
  for (const name of NAMES) setting(name, env);
}

/** A setting of a running program. */
export interface Setting {
  /** The value as a text; of variables that are not set, the default in words. */
  readonly value: string;
  readonly isSet: boolean;
}

/** The settings of running programs: all variables that have a default. Invalid ones are shown. */
export const settingsInForce = (env: Environment = environment): Record<string, Setting> =>
  Object.fromEntries(
    NAMES.flatMap((name) => {
      const { default: unset, otherwise }: Variable<unknown, unknown> = VARIABLES[name];
      const value = env[name] || (unset ?? otherwise);
      return value === undefined ? [] : [[name, { value: String(value), isSet: Boolean(env[name]) }]];
    }),
  );

/** A message for each variable that begins with LOPS_ and is not known. */
export const unknownSettings = (env: Environment = environment): string[] =>
  Object.keys(env)
    .filter((name) => name.startsWith('LOPS_') && !Object.hasOwn(VARIABLES, name))
    .map((name) => {
      const guess = nearest(name, NAMES);
      return `unknown environment variable ${name}${guess ? `, did you mean ${guess}?` : ''}`;
    });
