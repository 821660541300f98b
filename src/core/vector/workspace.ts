import type { DType } from '../base/dtype.js';
import { checkFunction } from '../base/options.js';
import { keep } from '../base/scope.js';
import type { Backend, Elements } from '../ports/backend.js';
import type { AnyVector, Space, Vector } from './vector.js';
import { checkSpace } from './vector.js';

/**
 * Workspaces: intermediate vectors of operators. A product or a sum takes one, uses it and returns
 * it within one call. While a scope is open (a solver opens one for its loop), returned vectors are
 * kept for the next step, so that steps allocate nothing. Without an open scope, a returned vector
 * is disposed; when the last scope closes, all kept ones are disposed. A generator that is driven
 * by hand (`solver.steps`) and is not run to its end must be ended with `return()` (`for … of` does
 * this). Otherwise its scope stays open, and the kept vectors are never disposed.
 */
const kept = new Map<Space<AnyVector>, AnyVector[]>();
let depth = 0;

/**
 * Takes a vector of `space` with undefined contents. It must be returned with {@link giveBack}. Use
 * {@link withWorkspace} if vectors are returned in the reverse order.
 */
export function borrow<V extends Vector<V>>(space: Space<V>): V {
  const free = kept.get(space) as V[] | undefined;
  const before = free?.pop();
  if (before) return before;
  checkSpace('a workspace', space);
  return keep(space.empty());
}

/** Returns a borrowed vector of `space`. */
export function giveBack<V extends Vector<V>>(space: Space<V>, work: V): void {
  if (depth === 0) {
    work.dispose();
    return;
  }
  const free = kept.get(space);
  if (free) free.push(work);
  else kept.set(space, [work]);
}

/** Calls `body` with a vector of `space` with undefined contents. */
export function withWorkspace<V extends Vector<V>, R>(space: Space<V>, body: (work: V) => R): R {
  checkFunction('withWorkspace', 'the body', body);
  const work = borrow(space);
  try {
    return body(work);
  } finally {
    giveBack(space, work);
  }
}

/** Calls `body` with one vector of each space, with undefined contents. */
export function withWorkspaces<R>(spaces: readonly Space<AnyVector>[], body: (works: AnyVector[]) => R): R {
  const works: AnyVector[] = [];
  const withSpacesFrom = (k: number): R => {
    const space = spaces[k];
    if (!space) return body(works);
    return withWorkspace(space, (work: AnyVector) => {
      works.push(work);
      return withSpacesFrom(k + 1);
    });
  };
  return withSpacesFrom(0);
}

/** Calls `body` with elements from the pool of the backend, with undefined contents. */
export function withElements<R>(
  backend: Backend,
  dtype: DType,
  size: number,
  body: (elements: Elements) => R,
): R {
  const storage = backend.alloc(dtype, size);
  try {
    return body({ storage, offset: 0, size });
  } finally {
    backend.release(storage);
  }
}

/** Keeps workspaces between calls until the returned function is called for the first time. */
export function openWorkspaces(): () => void {
  depth++;
  let open = true;
  return () => {
    if (!open) return;
    open = false;
    if (--depth > 0) return;
    for (const vectors of kept.values()) for (const v of vectors) v.dispose();
    kept.clear();
  };
}
