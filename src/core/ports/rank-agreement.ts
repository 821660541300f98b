import { ArgumentError } from '../base/errors.js';
import { type Failure, failureOf, raise } from '../base/failure.js';
import { textOf } from '../base/text-of.js';
import type { Communicator } from './communicator.js';

/**
 * What every rank has to say of its arguments, known to all: for constructors that are given
 * different data on different ranks. One object exchange. Where `describe` throws on a rank, all
 * ranks throw the same class of error, with its message.
 */
export function exchange<T>(comm: Communicator, describe: () => T): T[] {
  let mine: { readonly value: T } | { readonly failure: Failure };
  let cause: unknown;
  try {
    mine = { value: describe() };
  } catch (error) {
    cause = error;
    mine = { failure: failureOf(error) };
  }
  const all = comm.allgatherObject(mine);
  return all.map((said, rank) => {
    if ('value' in said) return said.value;
    return raise({ ...said.failure, message: `${said.failure.message} (rank ${rank})` }, cause);
  });
}

/** Throws an {@link ArgumentError} on all ranks unless they say the same of each of these. */
export function checkAlike<T extends object>(
  owner: string,
  all: readonly T[],
  names: readonly (keyof T & string)[],
): void {
  const first = all[0] as T;
  for (const name of names) {
    const odd = all.findIndex((other) => JSON.stringify(other[name]) !== JSON.stringify(first[name]));
    if (odd > 0) {
      throw new ArgumentError(
        `${owner}: expected one ${name} on all ranks, rank 0 has ${textOf(first[name])}, rank ${odd} ` +
          `${textOf(all[odd]?.[name])}`,
      );
    }
  }
}
