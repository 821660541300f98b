import type { Outcome } from './outcome.js';
import type { Unit } from './units.js';

/** The units that the ranks run, as JSON in a file. */
export interface Plan {
  readonly units: readonly Unit[];
  readonly backend: string;
  readonly ranks: number;
}

/**
 * The messages of rank 0, one per line: that it is ready, and the outcome of each unit, in order.
 */
export type Message = { readonly ready: true } | { readonly outcome: Outcome };

const MARK = '@golden ';

/** The JSON text of a value, with numbers that JSON lacks. */
export const encode = (value: unknown): string =>
  JSON.stringify(value, (_, v: unknown) => (v === Number.POSITIVE_INFINITY ? { float: 'inf' } : v));
const isInfinity = (v: unknown): boolean =>
  typeof v === 'object' && v !== null && 'float' in v && v.float === 'inf';

export const formatMessage = (message: Message): string => `${MARK}${encode(message)}\n`;

/** The message in a line of output, or undefined if the line is none. */
export function parseMessage(line: string): Message | undefined {
  if (!line.startsWith(MARK)) return undefined;
  return JSON.parse(line.slice(MARK.length), (_, v: unknown) =>
    isInfinity(v) ? Number.POSITIVE_INFINITY : v,
  ) as Message;
}
