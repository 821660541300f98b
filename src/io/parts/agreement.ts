import { ArgumentError } from '../../core/base/errors.js';
import { type Failure, failureOf, raise } from '../../core/base/failure.js';
import type { Communicator } from '../../core/ports/communicator.js';

interface Outcome {
  readonly failure?: Failure;
}

/** Throws where a rank has failed. */
function raiseAny(all: readonly Outcome[], cause: unknown): void {
  for (const [rank, { failure }] of all.entries()) {
    if (!failure) continue;
    const everywhere = all.every((o) => o.failure?.message === failure.message);
    raise(everywhere ? failure : { ...failure, message: `rank ${rank}: ${failure.message}` }, cause);
  }
}

/**
 * Runs `body`, which doesn't communicate, on every rank. Where it throws on one rank, all throw the
 * same. One exchange of metadata.
 */
export function together<R>(comm: Communicator, body: () => R): R {
  let value!: R;
  gathered(comm, () => {
    value = body();
  });
  return value;
}

/**
 * As {@link together}, for plain data that must be the same on all ranks; throws
 * {@link ArgumentError} on all where it is not.
 */
export function agreed<R>(comm: Communicator, body: () => R): R {
  let value!: R;
  checkEqual(
    gathered(comm, () => {
      value = body();
      return JSON.stringify(value);
    }),
  );
  return value;
}

/** As {@link together}; returns what `body` gives on every rank, plain data. */
export function gathered<R>(comm: Communicator, body: () => R): R[] {
  let cause: unknown;
  let mine: Outcome & { readonly value?: R };
  try {
    mine = { value: body() };
  } catch (error) {
    cause = error;
    mine = { failure: failureOf(error) };
  }
  const all = comm.allgatherObject(mine);
  raiseAny(all, cause);
  return all.map(({ value }) => value as R);
}

/** Throws {@link ArgumentError} where ranks have other values. */
export function checkEqual(values: readonly (string | undefined)[]): void {
  const other = values.findIndex((value) => value !== values[0]);
  if (other >= 0)
    throw new ArgumentError(
      `expected the same file and options on all ranks, rank 0 has ${values[0]}, rank ${other} ` +
        `${values[other]}`,
    );
}

/**
 * Runs `body`, which doesn't communicate, on rank 0. All ranks return its value, plain data, or
 * throw its error. One broadcast.
 */
export function onRoot<R>(comm: Communicator, body: () => R): R {
  let cause: unknown;
  let outcome: { readonly value: R } | { readonly failure: Failure } | undefined;
  if (comm.rank === 0) {
    try {
      outcome = { value: body() };
    } catch (error) {
      cause = error;
      outcome = { failure: failureOf(error) };
    }
  }
  const result = comm.bcastObject(outcome) as { readonly value: R } | { readonly failure: Failure };
  return 'failure' in result ? raise(result.failure, cause) : result.value;
}
