import { loggedIteration } from '../../tracing/observe-log.js';

/** The most runs that are drawn. Inner solvers may run often. */
const MOST_RUNS = 10;

/** The costs of one run of a solver. */
export interface SolverRun {
  /** The name of the solver, with a number from its second run on. */
  readonly label: string;
  /** The numbers of the iterations with a finite cost. */
  readonly iterations: number[];
  /** The costs of these iterations. */
  readonly costs: number[];
}

/** A run that has not ended, as far as the log says. */
interface OpenRun {
  readonly run: SolverRun;
  next: number;
}

/**
 * The runs of solvers, from the library's log. A solver may run within another one of its name:
 * their iterations are told apart by their numbers.
 */
export class SolverRuns {
  /** The first runs with costs. */
  readonly drawn: SolverRun[] = [];
  /** The number of further runs with costs. */
  others = 0;
  readonly #counts = new Map<string, number>();
  /** The runs of each name that have not ended, the innermost last. */
  readonly #open = new Map<string, OpenRun[]>();

  /** Receives a message of the log. */
  readonly observe = (message: string, fields: Readonly<Record<string, unknown>>): void => {
    const [solver = '', what] = message.split(': ');
    const open = this.#open.get(solver) ?? [];
    if (what === 'starts') {
      const count = (this.#counts.get(solver) ?? 0) + 1;
      this.#counts.set(solver, count);
      const label = count === 1 ? solver : `${solver} (${count})`;
      // A run that resumes from a checkpoint does not start at 0
      open.push({ run: { label, iterations: [], costs: [] }, next: Number(fields['iteration']) + 1 });
      this.#open.set(solver, open);
    } else if (what === 'iteration') {
      const at = open.findLastIndex(({ next }) => next === fields['iteration']);
      const found = open[at];
      if (!found) return;
      // Those within it were left before their end
      open.length = at + 1;
      const iteration = loggedIteration(message, fields);
      if (iteration) this.#add(found.run, found.next, iteration.cost);
      found.next++;
    } else {
      const at = open.findLastIndex(({ next }) => next - 1 === fields['iterations']);
      if (at >= 0) open.length = at;
    }
  };

  #add(run: SolverRun, iteration: number, cost: number): void {
    if (run.costs.length === 0) {
      if (this.drawn.length < MOST_RUNS) this.drawn.push(run);
      else this.others++;
    }
    run.iterations.push(iteration);
    run.costs.push(cost);
  }
}
