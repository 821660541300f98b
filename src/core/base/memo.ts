/** A cache: a Map or a WeakMap. */
interface Cache<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): unknown;
}

/** The value of a key in a cache. If there is none, `make` makes it, and the cache stores it. */
export function memo<K, V>(cache: Cache<K, V>, key: K, make: (key: K) => V): V {
  const hit = cache.get(key);
  if (hit !== undefined) return hit;
  const value = make(key);
  cache.set(key, value);
  return value;
}

/**
 * As {@link memo}, for a Map that is cleared when it has `limit` entries. For values that are
 * shared only to save memory or time, and that hold nothing that must be released.
 */
export function memoUpTo<K, V>(limit: number, cache: Map<K, V>, key: K, make: (key: K) => V): V {
  return memo(cache, key, () => {
    const value = make(key);
    if (cache.size >= limit) cache.clear();
    return value;
  });
}
