import type { AnyVector, Space } from '../core/vector.js';
import { withWorkspace } from '../core/workspace.js';

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
