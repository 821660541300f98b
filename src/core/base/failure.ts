import {
  ArgumentError,
  BackendError,
  DTypeError,
  LopsError,
  MpiError,
  NumericalError,
  PartitionError,
  ShapeError,
} from './errors.js';

const CLASSES = {
  ShapeError,
  DTypeError,
  PartitionError,
  BackendError,
  MpiError,
  ArgumentError,
  NumericalError,
} as const;

/** An error as ranks tell it each other. */
export interface Failure {
  readonly name: keyof typeof CLASSES;
  readonly message: string;
}

/**
 * Errors of the system, of a full memory and the like become an {@link ArgumentError} with the same
 * words.
 */
export function failureOf(error: unknown): Failure {
  const name =
    error instanceof LopsError && error.name in CLASSES
      ? (error.name as keyof typeof CLASSES)
      : 'ArgumentError';
  return { name, message: error instanceof Error ? error.message : String(error) };
}

/** Throws what another rank told. */
export const raise = ({ name, message }: Failure, cause?: unknown): never => {
  throw new CLASSES[name](message, cause === undefined ? undefined : { cause });
};
