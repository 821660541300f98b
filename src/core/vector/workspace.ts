import type { DType } from '../base/dtype.js';
import { checkFunction } from '../base/options.js';
import { keep } from '../base/scope.js';
import type { Backend, Elements } from '../ports/backend.js';
import type { AnyVector, Space, Vector } from './vector.js';
import { checkSpace } from './vector.js';

/**
 * Intermediate vectors of operators. A product or a sum borrows one, uses it and gives it back
 * within one call. While a scope is open (a solver opens one for its loop) what is given back is
 * kept for the next step, so that steps construct nothing; otherwise, and when the last scope
 * closes, it is disposed. A generator that is driven by hand (`solver.steps`) and dropped before
 * its end must be ended with `return()` (`for … of` does that), or its scope stays open and what it
 * kept is never disposed.
 */
const kept = new Map<Space<AnyVector>, AnyVector[]>();
let depth = 0;

/**
 * A vector of `space` with undefined contents, to be given back by {@link giveBack}. For what does
 * not end in the order in which it began; else {@link withWorkspace}.
 */
export function borrow<V extends Vector<V>>(space: Space<V>): V {
  const free = kept.get(space) as V[] | undefined;
  const before = free?.pop();
  if (before) return before;
  checkSpace('a workspace', space);
  return keep(space.empty());
}

/** Gives a borrowed vector of `space` back. */
export function giveBack<V extends Vector<V>>(space: Space<V>, work: V): void {
  if (depth === 0) {
    work.dispose();
    return;
  }
  const free = kept.get(space);
  if (free) free.push(work);
  else kept.set(space, [work]);
}

/** Lends `body` a vector of `space` with undefined contents. */
export function withWorkspace<V extends Vector<V>, R>(space: Space<V>, body: (work: V) => R): R {
  checkFunction('withWorkspace', 'the body', body);
  const work = borrow(space);
  try {
    return body(work);
  } finally {
    giveBack(space, work);
  }
}

/** Lends `body` one vector of each of the spaces, contents undefined. */
export function withWorkspaces<R>(spaces: readonly Space<AnyVector>[], body: (works: AnyVector[]) => R): R {
  const works: AnyVector[] = [];
  const lend = (k: number): R => {
    const space = spaces[k];
    if (!space) return body(works);
    return withWorkspace(space, (work: AnyVector) => {
      works.push(work);
      return lend(k + 1);
    });
  };
  return lend(0);
}

/** Lends `body` elements of the backend's pool, contents undefined. */
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

/** Keeps workspaces between calls until the returned function is called (once). */
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
