import { ArgumentError } from '../base/errors.js';
import { checkOneOf } from '../base/options.js';
import { textOf } from '../base/text-of.js';
import type { Communicator } from '../ports/communicator.js';

/** Signals upon which a solver can stop. */
export const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;
/** A signal that a checkpoint may stop on. */
export type StopSignal = (typeof STOP_SIGNALS)[number];

/**
 * Exit code of a job that a signal stopped and whose checkpoint waits: start it again. All ranks
 * come to their end with it in order, and nothing is aborted.
 */
export const EXIT_RESUMABLE = 85;

/** Port: who sees signals while JavaScript computes. */
export interface SignalSource {
  /**
   * From now on the first of these signals is kept instead of ending the program; another one ends
   * it.
   */
  expect(signals: readonly StopSignal[]): void;
  /** Whether one of them came to this rank. */
  received(): boolean;
}

let source: SignalSource | undefined;

/** `lops-mpi` sets it, `lops-mpi/extend` alone does not. */
export function setSignalSource(value: SignalSource): void {
  source = value;
}

/**
 * Keeps signals for solvers from now on. Throws {@link ArgumentError} for one that is not known.
 */
export function expectSignals(owner: string, signals: readonly StopSignal[]): void {
  if (!Array.isArray(signals))
    throw new ArgumentError(`${owner}: expected a list of signals, received ${textOf(signals)}`);
  for (const signal of signals) checkOneOf(`${owner}: a signal`, signal, STOP_SIGNALS);
  if (!source)
    throw new ArgumentError(`${owner}: nobody sees signals: import 'lops-mpi', or call setSignalSource()`);
  source.expect(signals);
}

/**
 * How the ranks of a solver learn together that one of them has received a signal: the inner
 * products of a step, which all of them sum up anyway, carry one number more.
 */
export class Interruption {
  readonly #comm: Communicator | undefined;
  #received = false;
  #told = false;

  /** @param comm the ranks that decide together; undefined for one rank */
  constructor(comm: Communicator | undefined) {
    this.#comm = comm;
  }

  /** Runs a step: reductions of inner products over the communicator tell the ranks. */
  during(step: () => void): void {
    const outer = current;
    current = this;
    this.#told = false;
    try {
      step();
    } finally {
      current = outer;
    }
  }

  /**
   * The same answer on all ranks: whether a signal came to one of them. Costs a reduction only
   * where the step had none.
   */
  settle(): boolean {
    if (!this.#told) {
      const votes = Int32Array.of(this.mine());
      this.#comm?.allreduce(votes, 'max');
      this.take(votes[0] as number);
    }
    return this.#received;
  }

  rides(comm: Communicator): boolean {
    return comm.id === this.#comm?.id;
  }

  /** What this rank adds to a reduction. */
  mine(): number {
    return source?.received() ? 1 : 0;
  }

  /** What the reduction gave. */
  take(sum: number): void {
    this.#told = true;
    if (sum > 0) this.#received = true;
  }
}

let current: Interruption | undefined;

/** The interruption whose news go with a reduction over `comm`, the same on all of its ranks. */
export const passenger = (comm: Communicator | undefined): Interruption | undefined =>
  comm && current?.rides(comm) ? current : undefined;
