/**
 * Every error that the library throws on purpose is a `LopsError`. `code` is stable; the message is
 * for people and says what was expected, what came and, where it helps, the remedy.
 */
export abstract class LopsError extends Error {
  abstract readonly code: string;
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Shapes, sizes or axes that do not fit. */
export class ShapeError extends LopsError {
  readonly code = 'ERR_SHAPE';
}

/** Element types that do not mix, or that a backend does not hold. */
export class DTypeError extends LopsError {
  readonly code = 'ERR_DTYPE';
}

/** Layouts, partitions, masks or communicators that do not fit. */
export class PartitionError extends LopsError {
  readonly code = 'ERR_PARTITION';
}

/** A backend that is missing, failed, or was mixed with another. */
export class BackendError extends LopsError {
  readonly code = 'ERR_BACKEND';
}

/** The message layer failed or is missing. */
export class MpiError extends LopsError {
  readonly code = 'ERR_MPI';
}

/** Any other argument that is not what it should be. */
export class ArgumentError extends LopsError {
  readonly code = 'ERR_ARGUMENT';
}

/** A numerical computation that cannot go on, such as a NaN in a solver. */
export class NumericalError extends LopsError {
  readonly code = 'ERR_NUMERICAL';
}

/** What an error says; of other things that were thrown, their text. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
