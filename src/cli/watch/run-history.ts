import type { PointsMessage } from './messages.js';

/** The most points of a run. */
const MOST_POINTS = 2000;

/**
 * The costs of a run: of all iterations, or of a long run of every second, fourth, eighth … one,
 * and of the newest one.
 */
export class RunHistory {
  readonly #run: number;
  #iterations: number[] = [];
  #costs: (number | null)[] = [];
  #stride = 1;

  constructor(run: number) {
    this.#run = run;
  }

  /** All points. */
  get message(): PointsMessage {
    return { kind: 'points', run: this.#run, iterations: this.#iterations, costs: this.#costs };
  }

  /** Adds points, and returns those that an open page needs. */
  add({ iterations, costs }: PointsMessage): PointsMessage {
    // What was the newest iteration is one of many now
    if ((this.#iterations.at(-1) ?? 0) % this.#stride !== 0) {
      this.#iterations.pop();
      this.#costs.pop();
    }
    const kept = iterations.flatMap((iteration, k) =>
      iteration % this.#stride === 0 || k === iterations.length - 1 ? [k] : [],
    );
    const added = kept.map((k) => iterations[k] as number);
    const theirs = kept.map((k) => costs[k] ?? null);
    this.#iterations.push(...added);
    this.#costs.push(...theirs);
    while (this.#iterations.length > MOST_POINTS) {
      this.#stride *= 2;
      const last = this.#iterations.length - 1;
      const stays = this.#iterations.map((iteration, k) => iteration % this.#stride === 0 || k === last);
      this.#costs = this.#costs.filter((_, k) => stays[k]);
      this.#iterations = this.#iterations.filter((_, k) => stays[k]);
    }
    return { kind: 'points', run: this.#run, iterations: added, costs: theirs };
  }
}
