import type { Communicator } from '../../core/ports/communicator.js';

/** Milliseconds between two decisions, and the largest share of the time that pictures take. */
const INTERVAL = 500;
const SHARE = 0.005;

/** Called after each step of a run. Makes a picture with `draw`, a collective, if it is time to. */
type Step = (isLast: boolean, draw: () => void) => void;

/**
 * Decides after which steps of solvers pictures are made: alike on all ranks, which have different
 * clocks. Rank 0 decides at steps that all ranks know, and says with its decision how many steps it
 * is to the next one: about half a second's, at most twice as many as to this one. The first and
 * the last step of a run are among them. One broadcast of 8 bytes for each decision.
 */
export class PictureSchedule {
  readonly #isWanted: () => boolean;
  /** Of the next picture, on rank 0. */
  #earliest = 0;
  #pause = INTERVAL;

  /** @param isWanted called on rank 0 */
  constructor(isWanted: () => boolean) {
    this.#isWanted = isWanted;
  }

  /**
   * The schedule of a run that begins.
   *
   * @param comm the ranks of the run; undefined for a run of one rank
   */
  begin(comm: Communicator | undefined): Step {
    const decision = new Int32Array(2);
    const began = performance.now();
    let decided = began;
    let stride = 1;
    let left = 0;
    const decide = (isLast: boolean): void => {
      const now = performance.now();
      const perInterval = Math.round((INTERVAL * stride) / Math.max(now - decided, 1e-3));
      stride = Math.max(1, Math.min(2 * stride, perInterval, 2 ** 30));
      decided = now;
      const isTime = now >= this.#earliest || (isLast && now - began >= this.#pause);
      decision[0] = isTime && this.#isWanted() ? 1 : 0;
      decision[1] = stride;
    };
    return (isLast, draw) => {
      if (left-- > 0 && !isLast) return;
      if ((comm?.rank ?? 0) === 0) decide(isLast);
      comm?.bcast(decision);
      left = (decision[1] as number) - 1;
      if (decision[0] === 0) return;
      const from = performance.now();
      draw();
      const to = performance.now();
      this.#pause = Math.max(INTERVAL, (to - from) / SHARE);
      this.#earliest = to + this.#pause;
    };
  }
}
