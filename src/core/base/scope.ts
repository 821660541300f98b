import { ArgumentError } from './errors.js';
import { checkFunction } from './options.js';

/** An object that releases its memory when `dispose` is called. */
export interface Disposable {
  dispose(): void;
}

/**
 * The key of the method that lists the arrays of which an object is made. A scope that returns the
 * object keeps these arrays.
 */
export const PARTS: unique symbol = Symbol('lops-mpi.parts');

export interface HasParts {
  [PARTS](): Iterable<unknown>;
}

const scopes: Set<Disposable>[] = [];

/**
 * Registers a new object that owns memory. The innermost open scope, if there is one, disposes it
 * at its end.
 */
export function track(value: Disposable): void {
  scopes.at(-1)?.add(value);
}

/**
 * Removes a value from all scopes. From now on, only its owner disposes it. Caches that are filled
 * inside of a scope need this.
 * @returns the value
 */
export function keep<T>(value: T): T {
  if (scopes.length > 0) visit(value, untrack);
  return value;
}

/** Removes a disposed value from all scopes. */
export function untrack(value: Disposable): void {
  for (const scope of scopes) scope.delete(value);
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isDisposable = (value: object): value is Disposable =>
  'dispose' in value && typeof value.dispose === 'function';
const hasParts = (value: object): value is HasParts => PARTS in value;
const isIterable = (value: object): value is Iterable<unknown> => Symbol.iterator in value;

const isIterator = (value: object): boolean => Symbol.iterator in value && 'next' in value;

/**
 * The members of an object: keys and values of a map, members of another iterable, otherwise its
 * properties. Iterators are not consumed.
 */
function membersOf(value: object): Iterable<unknown> {
  if (value instanceof Map) return [...value.keys(), ...value.values()];
  if (isIterator(value)) return [];
  return isIterable(value) ? value : Object.values(value);
}

/**
 * Calls `found` for every disposable in a value: the value itself, its parts, and the members of
 * objects and containers at any depth.
 */
function visit(value: unknown, found: (d: Disposable) => void): void {
  if (!isObject(value)) return;
  const seen = new Set<object>();
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (!isObject(next) || ArrayBuffer.isView(next) || seen.has(next)) continue;
    seen.add(next);
    if (isDisposable(next)) found(next);
    if (hasParts(next)) for (const part of next[PARTS]()) waiting.push(part);
    if (!isDisposable(next)) for (const member of membersOf(next)) waiting.push(member);
  }
}

/** Runs `body`. If it throws, disposes what was made in it. */
export function disposingOnFailure<T>(body: () => T): T {
  const scope = new Set<Disposable>();
  scopes.push(scope);
  let failed = true;
  try {
    const result = body();
    failed = false;
    return result;
  } finally {
    scopes.splice(scopes.lastIndexOf(scope), 1);
    for (const value of scope) {
      if (failed) value.dispose();
      else track(value);
    }
  }
}

/**
 * Runs `body` and disposes all arrays that were made in it, except those that it returns: one
 * array, or arrays in a returned list, iterable, map or object, at any depth. The enclosing scope,
 * if there is one, disposes the returned arrays. If `body` throws, all its arrays are disposed.
 * `body` must be synchronous.
 * @throws {@link ArgumentError} if `body` returns a promise or an iterator
 */
export function tidy<T>(body: () => T): T {
  checkFunction('tidy', 'the body', body);
  const scope = new Set<Disposable>();
  scopes.push(scope);
  let result: T;
  try {
    result = body();
    if (isObject(result) && 'then' in result)
      throw new ArgumentError('tidy: expected a synchronous function, received one that returns a promise');
    if (isObject(result) && isIterator(result)) {
      throw new ArgumentError(
        'tidy: expected arrays, received an iterator, which would run after its arrays were disposed; ' +
          'return a list',
      );
    }
    const parent = scopes.at(-2);
    visit(result, (value) => {
      if (scope.delete(value)) parent?.add(value);
    });
  } finally {
    scopes.splice(scopes.lastIndexOf(scope), 1);
    for (const value of scope) value.dispose();
  }
  return result;
}
