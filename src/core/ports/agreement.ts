import {
  ArgumentError,
  BackendError,
  DTypeError,
  LopsError,
  MpiError,
  messageOf,
  NumericalError,
  PartitionError,
  ShapeError,
} from '../base/errors.js';
import { textOf } from '../base/text-of.js';
import type { Communicator } from './communicator.js';

const KINDS = {
  ShapeError,
  DTypeError,
  PartitionError,
  BackendError,
  MpiError,
  ArgumentError,
  NumericalError,
} as const;

type ErrorKind = (typeof KINDS)[keyof typeof KINDS];

/** An error in the form in which it is sent to other ranks: plain data. */
export interface Failure {
  readonly kind: keyof typeof KINDS;
  readonly message: string;
}

/** The value or the error of `body` on a rank, in the form in which it is sent to other ranks. */
type Outcome<T> = { readonly value: T } | { readonly failure: Failure };

/**
 * Converts an error to plain data. An error that is not a {@link LopsError}, such as one of the
 * file system, becomes an {@link ArgumentError} with the same message.
 */
export function failureOf(error: unknown): Failure {
  const kind = error instanceof LopsError && error.name in KINDS ? error.name : 'ArgumentError';
  return { kind: kind as keyof typeof KINDS, message: messageOf(error) };
}

/**
 * Throws the error that a failure describes.
 * @param cause this rank's own error, if it has one
 */
export function throwFailure({ kind, message }: Failure, cause?: unknown): never {
  throw new KINDS[kind](message, cause === undefined ? undefined : { cause });
}

/** Runs `body` and catches its error, which becomes the `cause` of a later error. */
function attempt<T>(body: () => T): { readonly outcome: Outcome<T>; readonly cause?: unknown } {
  try {
    return { outcome: { value: body() } };
  } catch (error) {
    return { outcome: { failure: failureOf(error) }, cause: error };
  }
}

/**
 * Runs `body`, which does not communicate, on every rank. Collective; one exchange of metadata.
 * @returns the values of `body` on all ranks, in the order of ranks; they must be plain data
 * @throws on all ranks if `body` throws on one: an error of the same class and message. The message
 *   names the rank, unless all ranks failed with the same message. The rank's own error is the
 *   cause
 */
export function gatherFromAllRanks<T>(comm: Communicator, body: () => T): T[] {
  const { outcome, cause } = attempt(body);
  const all = comm.allgatherObject(outcome);
  const failures = all.map((other) => ('failure' in other ? other.failure : undefined));
  const rank = failures.findIndex((failure) => failure !== undefined);
  if (rank >= 0) {
    const failure = failures[rank] as Failure;
    const alike = failures.every((other) => other?.message === failure.message);
    if (alike && cause instanceof LopsError) throw cause;
    throwFailure(alike ? failure : { ...failure, message: `rank ${rank}: ${failure.message}` }, cause);
  }
  return all.map((other) => (other as { readonly value: T }).value);
}

/**
 * As {@link gatherFromAllRanks}, for a `body` whose value need not be plain data.
 * @returns the value of `body` on this rank
 */
export function onAllRanks<T>(comm: Communicator, body: () => T): T {
  let value!: T;
  gatherFromAllRanks(comm, () => {
    value = body();
  });
  return value;
}

/** The error for data that differ between ranks. */
export interface SameOptions {
  /** The class of the error. @default ArgumentError */
  readonly error?: ErrorKind;
  /** The end of the message, which names the remedy. */
  readonly remedy?: string;
}

/**
 * As {@link onAllRanks}, for an object that must be the same on all ranks. Objects are compared as
 * JSON.
 * @throws also as {@link checkSame} does
 */
export function sameOnAllRanks<T extends object>(
  comm: Communicator,
  owner: string,
  body: () => T,
  options: SameOptions = {},
): T {
  let value!: T;
  const all = gatherFromAllRanks(comm, () => {
    value = body();
    return JSON.stringify(value);
  });
  if (all.some((text) => text !== all[0])) {
    const parsed = all.map((text) => JSON.parse(text) as T);
    checkSame(owner, parsed, Object.keys(Object.assign({}, ...parsed)) as (keyof T & string)[], options);
  }
  return value;
}

/**
 * Throws unless all ranks have the same value for each of these names. The message contains the
 * name and the values of two ranks. No communication.
 * @param all the data of each rank: plain data, as {@link gatherFromAllRanks} returns it
 */
export function checkSame<T extends object>(
  owner: string,
  all: readonly T[],
  names: readonly (keyof T & string)[],
  options: SameOptions = {},
): void {
  const { error: Kind = ArgumentError, remedy } = options;
  for (const name of names) {
    for (const [rank, other] of all.entries()) {
      const found = difference(name, all[0]?.[name], other[name]);
      if (found)
        throw new Kind(
          `${owner}: expected one ${found.name} on all ranks, rank 0 has ${show(found.first)}, ` +
            `rank ${rank} ${show(found.other)}${remedy === undefined ? '' : `: ${remedy}`}`,
        );
    }
  }
}

interface Difference {
  readonly name: string;
  readonly first: unknown;
  readonly other: unknown;
}

/** The innermost named member in which two plain objects differ; undefined if they are equal. */
function difference(name: string, first: unknown, other: unknown): Difference | undefined {
  if (JSON.stringify(first) === JSON.stringify(other)) return undefined;
  if (hasNames(first) && hasNames(other))
    for (const key of Object.keys({ ...first, ...other })) {
      const found = difference(key, first[key], other[key]);
      if (found) return found;
    }
  return { name, first, other };
}

/** False for arrays, and for typed arrays that were converted to JSON. */
const hasNames = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !('0' in value);

/** As `textOf`, but without shortening of strings and lists, because they may differ at the end. */
function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  return typeof value === 'string' ? JSON.stringify(value) : textOf(value);
}

/**
 * Runs `body`, which does not communicate, on rank 0. Collective; one broadcast of metadata.
 * @returns the value of `body`, plain data, on all ranks
 * @throws the error of `body`, on all ranks
 */
export function onRoot<T>(comm: Communicator, body: () => T): T {
  const { outcome, cause } = comm.rank === 0 ? attempt(body) : {};
  const result = comm.bcastObject(outcome) as Outcome<T>;
  return 'failure' in result ? throwFailure(result.failure, cause) : result.value;
}
