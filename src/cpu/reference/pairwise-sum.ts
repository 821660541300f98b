/** Sums blocks pairwise without storing all of them: slot k holds the sum of 2^k blocks. */
export class PairwiseSum {
  readonly #slots = new Float64Array(64);
  #blocks = 0;

  reset(): void {
    this.#blocks = 0;
  }

  add(block: number): void {
    let sum = block;
    let level = 0;
    // Binary carry: equal neighbours merge
    for (let n = this.#blocks; n % 2 === 1; n = (n - 1) / 2) sum += this.#slots[level++] as number;
    this.#slots[level] = sum;
    this.#blocks += 1;
  }

  /** Adds the smallest groups first. */
  total(): number {
    let sum = 0;
    let level = 0;
    for (let n = this.#blocks; n > 0; n = Math.floor(n / 2), level++)
      if (n % 2 === 1) sum += this.#slots[level] as number;
    return sum;
  }
}
