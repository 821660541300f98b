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

/** Shapes, sizes or axes do not fit. */
export class ShapeError extends LopsError {
  readonly code = 'ERR_SHAPE';
}

/** Element types do not mix, or a backend does not support one of them. */
export class DTypeError extends LopsError {
  readonly code = 'ERR_DTYPE';
}

/** Layouts, partitions, masks or communicators do not fit. */
export class PartitionError extends LopsError {
  readonly code = 'ERR_PARTITION';
}

/** A backend is missing, has failed, or was mixed with another one. */
export class BackendError extends LopsError {
  readonly code = 'ERR_BACKEND';
}

/** The message layer is missing or has failed. */
export class MpiError extends LopsError {
  readonly code = 'ERR_MPI';
}

/** Any other argument is not valid. */
export class ArgumentError extends LopsError {
  readonly code = 'ERR_ARGUMENT';
}

/** A numerical computation cannot continue, for example because of a NaN in a solver. */
export class NumericalError extends LopsError {
  readonly code = 'ERR_NUMERICAL';
}

/** The message of an error. Other thrown values are converted to text. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
