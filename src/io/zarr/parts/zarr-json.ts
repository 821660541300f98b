/** A value of JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = { readonly [name: string]: Json };

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** The value if it is an object, otherwise an empty object. */
export const objectIn = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});
/** A value in an error message. */
export const show = (value: Json | undefined): string => String(JSON.stringify(value)).slice(0, 120);

const MARK = '\0number';

/** Parses JSON that may contain NaN and infinities as bare words, as Python writes them. */
export function parseJson(text: string): Json {
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g, (token) =>
    token.startsWith('"') ? token : JSON.stringify({ [MARK]: token }),
  );
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === 'object' && value !== null && MARK in value ? Number(value[MARK]) : value,
  ) as Json;
}

/** A list of whole numbers of at least `least`. Undefined if the value is something else. */
export const wholeNumbers = (value: Json | undefined, least: number): number[] | undefined =>
  Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && (n as number) >= least)
    ? [...(value as number[])]
    : undefined;
