/**
 * The base class of every error that the library throws on purpose. `code` is stable. The message
 * is for people: it says what was expected, what was received and, if there is one, the remedy.
 */
export abstract class LopsError extends Error {
  abstract readonly code: string;
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/**
 * Shapes, sizes or axes do not fit.
 *
 * Remedy: print `globalShape` and `localShape` of arrays, `dims` and `dimsd` of operators.
 */
export class ShapeError extends LopsError {
  readonly code = 'ERR_SHAPE';
}

/**
 * Element types do not mix, or a backend does not support one of them.
 *
 * Remedy: cast one operand by `astype`, or pass the option `dtype`.
 */
export class DTypeError extends LopsError {
  readonly code = 'ERR_DTYPE';
}

/**
 * Layouts, partitions, masks or communicators do not fit.
 *
 * Remedy: `redistribute` to the layout of the other array, or make vectors by `A.domain()`.
 */
export class PartitionError extends LopsError {
  readonly code = 'ERR_PARTITION';
}

/**
 * A backend is missing, has failed, or was mixed with another one.
 *
 * Remedy: `npx lops doctor` says what was found; `x.to(backend)` copies an array.
 */
export class BackendError extends LopsError {
  readonly code = 'ERR_BACKEND';
}

/**
 * The message layer is missing or has failed, or ranks make different calls.
 *
 * Remedy: `npx lops doctor` says which MPI was found; `lops run --debug` names calls that differ.
 */
export class MpiError extends LopsError {
  readonly code = 'ERR_MPI';
}

/**
 * Any other argument is not valid, such as an unknown option.
 *
 * Remedy: the message has what was expected, and the nearest name.
 */
export class ArgumentError extends LopsError {
  readonly code = 'ERR_ARGUMENT';
}

/**
 * A numerical computation cannot continue, for example because of a NaN in a solver.
 *
 * Remedy: test the operator by `dotTest`, and the data for NaN.
 */
export class NumericalError extends LopsError {
  readonly code = 'ERR_NUMERICAL';
}

/** The message of an error. Other thrown values are converted to text. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
