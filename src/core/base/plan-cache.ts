interface Entry<K, P> {
  readonly key: K;
  readonly plan: P;
}

/** Options of a {@link PlanCache}. */
export interface PlanCacheOptions<K, P> {
  /** Whether the plan of one key can be used for another. @default the same key only */
  readonly same?: (a: K, b: K) => boolean;
  /** Called with each plan that leaves the cache, to release its memory. */
  readonly dispose?: (plan: P) => void;
}

/**
 * A cache of a limited number of plans. If it is full, the plan that was not used for the longest
 * time is removed and disposed of. A hit allocates nothing.
 */
export class PlanCache<K, P> {
  readonly #entries: Entry<K, P>[] = [];
  readonly #limit: number;
  readonly #same: (a: K, b: K) => boolean;
  readonly #dispose: ((plan: P) => void) | undefined;

  /** @param limit the largest number of plans */
  constructor(limit: number, options: PlanCacheOptions<K, P> = {}) {
    this.#limit = limit;
    this.#same = options.same ?? ((a, b) => a === b);
    this.#dispose = options.dispose;
  }

  /** The plan of a key. `make` makes it if the cache has none. */
  get(key: K, make: (key: K) => P): P {
    const entries = this.#entries;
    for (let at = 0; at < entries.length; at++) {
      const entry = entries[at] as Entry<K, P>;
      if (entry.key !== key && !this.#same(entry.key, key)) continue;
      for (let k = at; k > 0; k--) entries[k] = entries[k - 1] as Entry<K, P>;
      entries[0] = entry;
      return entry.plan;
    }
    const plan = make(key);
    entries.unshift({ key, plan });
    for (const old of entries.splice(this.#limit)) this.#dispose?.(old.plan);
    return plan;
  }
}
