/** What may hold values for keys: a Map, or a WeakMap. */
interface Cache<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): unknown;
}

/** What a cache has for a key, made and kept where it has nothing. */
export function memo<K, V>(cache: Cache<K, V>, key: K, make: (key: K) => V): V {
  const hit = cache.get(key);
  if (hit !== undefined) return hit;
  const value = make(key);
  cache.set(key, value);
  return value;
}

/**
 * As {@link memo}, of a Map that is emptied once it has `limit` entries: for values that are shared
 * to save memory or time only, and hold nothing that must be released.
 */
export function memoUpTo<K, V>(limit: number, cache: Map<K, V>, key: K, make: (key: K) => V): V {
  const hit = cache.get(key);
  if (hit !== undefined) return hit;
  const value = make(key);
  if (cache.size >= limit) cache.clear();
  cache.set(key, value);
  return value;
}
