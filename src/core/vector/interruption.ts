import { ArgumentError } from '../base/errors.js';
import { checkOneOf } from '../base/options.js';
import { textOf } from '../base/text-of.js';
import type { Communicator } from '../ports/communicator.js';

/** The signals on which a solver can stop. */
export const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;
/** A signal that a checkpoint may stop on. */
export type StopSignal = (typeof STOP_SIGNALS)[number];

/**
 * The exit code of a job that stopped at a signal after it wrote a checkpoint: start it again to
 * resume. All ranks end normally with this code, without an abort.
 */
export const EXIT_RESUMABLE = 85;

/** Port: receives signals while JavaScript computes. */
export interface SignalSource {
  /**
   * From now on, the first of these signals is recorded instead of ending the program. A second one
   * ends it.
   */
  expect(signals: readonly StopSignal[]): void;
  /** Whether this rank has received one of the signals. */
  received(): boolean;
}

let source: SignalSource | undefined;

/**
 * Sets the source of signals. Importing `lops-mpi` sets it; importing `lops-mpi/extend` alone does
 * not.
 */
export function setSignalSource(value: SignalSource): void {
  source = value;
}

/**
 * From now on, these signals are recorded for solvers.
 * @throws {@link ArgumentError} for an unknown signal, or if there is no source of signals
 */
export function expectSignals(owner: string, signals: readonly StopSignal[]): void {
  if (!Array.isArray(signals))
    throw new ArgumentError(`${owner}: expected a list of signals, received ${textOf(signals)}`);
  for (const signal of signals) checkOneOf(`${owner}: a signal`, signal, STOP_SIGNALS);
  if (!source)
    throw new ArgumentError(
      `${owner}: signals are not received: import 'lops-mpi', or call setSignalSource()`,
    );
  source.expect(signals);
}

/**
 * The vote of a solver's ranks on whether one of them has received a signal. The reductions of
 * inner products in a step carry it as one additional number.
 */
export class SignalVote {
  readonly #comm: Communicator | undefined;
  #received = false;
  #isComplete = false;

  /** @param comm the ranks that decide together; undefined for one rank */
  constructor(comm: Communicator | undefined) {
    this.#comm = comm;
  }

  /** Begins the vote of a step. */
  begin(): void {
    this.#isComplete = false;
  }

  /**
   * Ends the vote of a step. Returns the same on all ranks: whether one of them has received a
   * signal. Costs a reduction only if none of the step has carried the vote.
   */
  agree(): boolean {
    if (!this.#isComplete) {
      const votes = Int32Array.of(this.localVote());
      this.#comm?.allreduce(votes, 'max');
      this.receive(votes[0] as number);
    }
    return this.#received;
  }

  /** Whether the ranks of `comm` are those that vote, so that its reductions carry the vote. */
  isOf(comm: Communicator | undefined): boolean {
    return comm !== undefined && comm.id === this.#comm?.id;
  }

  /** The vote of this rank, which it adds to a reduction. */
  localVote(): number {
    return source?.received() ? 1 : 0;
  }

  /** Receives the votes of all ranks, reduced to their sum or maximum. */
  receive(sum: number): void {
    this.#isComplete = true;
    if (sum > 0) this.#received = true;
  }
}
