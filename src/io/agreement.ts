import type { Communicator } from '../core/communicator.js';
import { ArgumentError } from '../core/errors.js';
import { type Failure, failureOf, raise } from '../core/failure.js';

interface Outcome {
  readonly failure?: Failure;
  readonly note?: string;
}

/** Runs `body`, and returns its value unless it throws, or says something else than on another rank, anywhere. */
function settle<R>(comm: Communicator, body: () => R, note: (value: R) => string | undefined): R {
  let value: { readonly of: R } | undefined;
  let cause: unknown;
  let mine: Outcome;
  try {
    value = { of: body() };
    const said = note(value.of);
    mine = said === undefined ? {} : { note: said };
  } catch (error) {
    cause = error;
    mine = { failure: failureOf(error) };
  }
  const all = comm.allgatherObject(mine);
  for (const [rank, { failure }] of all.entries()) {
    if (!failure) continue;
    const everywhere = all.every((o) => o.failure?.message === failure.message);
    raise(everywhere ? failure : { ...failure, message: `rank ${rank}: ${failure.message}` }, cause);
  }
  const other = all.findIndex((o) => o.note !== all[0]?.note);
  if (other >= 0)
    throw new ArgumentError(
      `expected the same file and options on all ranks, rank 0 has ${all[0]?.note}, rank ${other} ${all[other]?.note}`,
    );
  return (value as { readonly of: R }).of;
}

/** Runs `body`, which doesn't communicate, on every rank. Where it throws on one rank, all throw the same. One exchange of metadata. */
export const together = <R>(comm: Communicator, body: () => R): R => settle(comm, body, () => undefined);

/** As {@link together}, for plain data that must be the same on all ranks; throws {@link ArgumentError} on all where it is not. */
export const agreed = <R>(comm: Communicator, body: () => R): R => settle(comm, body, (value) => JSON.stringify(value));

/** Runs `body`, which doesn't communicate, on rank 0. All ranks return its value, plain data, or throw its error. One broadcast. */
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
