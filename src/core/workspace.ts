import { keep } from './scope.js';
import type { AnyVector, Space, Vector } from './vector.js';

/**
 * Intermediate vectors of operators. A product or a sum borrows one, uses it and gives it back within one call. While a scope is
 * open (a solver opens one for its loop) what is given back is kept for the next step, so that steps construct nothing;
 * otherwise, and when the last scope closes, it is disposed. A generator that is driven by hand (`solver.steps`) and dropped before its end must be
 * ended with `return()` (`for … of` does that), or its scope stays open and what it kept is never disposed.
 */
const kept = new Map<Space<AnyVector>, AnyVector[]>();
let depth = 0;

/** Lends `body` a vector of `space` with undefined contents. */
export function withWorkspace<V extends Vector<V>, R>(space: Space<V>, body: (work: V) => R): R {
  const free = kept.get(space) as V[] | undefined;
  const work = free?.pop() ?? keep(space.empty());
  try {
    return body(work);
  } finally {
    if (depth === 0) work.dispose();
    else if (free) free.push(work);
    else kept.set(space, [...(kept.get(space) ?? []), work]);
  }
}

/** Lends `body` one vector of each of the spaces, contents undefined. */
export function withWorkspaces<R>(spaces: readonly Space<AnyVector>[], body: (works: AnyVector[]) => R): R {
  const works: AnyVector[] = [];
  const borrow = (k: number): R => {
    const space = spaces[k];
    if (!space) return body(works);
    return withWorkspace(space, (work: AnyVector) => {
      works.push(work);
      return borrow(k + 1);
    });
  };
  return borrow(0);
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
