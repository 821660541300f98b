import type { WatchMessage } from './messages.js';

/** The milliseconds between two messages with iterations. */
const INTERVAL = 250;

/** Sends the costs of a run to the page, those of a quarter of a second at a time. */
export class RunFeed {
  readonly #run: number;
  readonly #post: (message: WatchMessage) => void;
  #iterations: number[] = [];
  #costs: (number | null)[] = [];
  #next = 0;

  constructor(run: number, post: (message: WatchMessage) => void) {
    this.#run = run;
    this.#post = post;
  }

  add(iteration: number, cost: number, isLast: boolean): void {
    this.#iterations.push(iteration);
    this.#costs.push(Number.isFinite(cost) ? cost : null);
    const now = performance.now();
    if (now < this.#next && !isLast) return;
    this.#next = now + INTERVAL;
    this.flush();
  }

  /** Sends what has not been sent. */
  flush(): void {
    if (this.#iterations.length === 0) return;
    this.#post({ kind: 'points', run: this.#run, iterations: this.#iterations, costs: this.#costs });
    this.#iterations = [];
    this.#costs = [];
  }
}
