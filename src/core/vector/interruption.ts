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
    throw new ArgumentError(`${owner}: nobody sees signals: import 'lops-mpi', or call setSignalSource()`);
  source.expect(signals);
}

/**
 * The vote of a solver's ranks on whether one of them has received a signal. The reductions of
 * inner products in a step carry it as one additional number.
 */
export class Interruption {
  readonly #comm: Communicator | undefined;
  #received = false;
  #told = false;

  /** @param comm the ranks that decide together; undefined for one rank */
  constructor(comm: Communicator | undefined) {
    this.#comm = comm;
  }

  /** Runs a step. Its reductions of inner products over the communicator carry the vote. */
  runStep(step: () => void): void {
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
   * Returns the same on all ranks: whether one of them has received a signal. Costs a reduction
   * only if the step had none.
   */
  agree(): boolean {
    if (!this.#told) {
      const votes = Int32Array.of(this.localVote());
      this.#comm?.allreduce(votes, 'max');
      this.receive(votes[0] as number);
    }
    return this.#received;
  }

  appliesTo(comm: Communicator): boolean {
    return comm.id === this.#comm?.id;
  }

  /** The vote of this rank, which it adds to a reduction. */
  localVote(): number {
    return source?.received() ? 1 : 0;
  }

  /** Receives the votes of all ranks, reduced to their sum or maximum. */
  receive(sum: number): void {
    this.#told = true;
    if (sum > 0) this.#received = true;
  }
}

let current: Interruption | undefined;

/**
 * The active vote that reductions over `comm` carry; undefined if there is none. It is the same on
 * all ranks of `comm`.
 */
export const pendingVote = (comm: Communicator | undefined): Interruption | undefined =>
  comm && current?.appliesTo(comm) ? current : undefined;
