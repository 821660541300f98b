import type { Scalar } from '../base/complex.js';
import { type Space, sameMemory, type Vector, viewAs } from '../vector/vector.js';
import { withWorkspace } from '../vector/workspace.js';

/** True if a vector of `image` can be written into a vector of `space`. */
const fits = (image: Space<unknown>, space: Space<unknown>): boolean =>
  image === space || image.equals(space) || image.flat().equals(space.flat());

/**
 * Calls `body` with x as a vector of `space`, except for the dtype: x itself, a view of it, or a
 * copy of its elements in the other layout.
 */
export function movedTo<V extends Vector<V>, R>(x: V, space: Space<V>, body: (x: V) => R): R {
  if (sameMemory(x.space, space)) return body(viewAs(x, space));
  return withWorkspace(space.withDType(x.dtype), (moved) => {
    x.redistributeInto(moved);
    return body(moved);
  });
}

/**
 * `y ← x`, where x has the same elements. x may be real and y complex, and the layouts may differ.
 */
export function assignFrom<V extends Vector<V>>(y: V, x: V): V {
  movedTo(x, y.space, (moved) => y.assign(moved));
  return y;
}

/**
 * `y ← A x`, where `fill` writes `A x` into a vector of `image`. If y is such a vector, `fill`
 * writes into y. Otherwise it writes into a work vector, which is copied to y. The work vector may
 * be real and y complex, and the layouts may differ.
 */
export function fillInto<V extends Vector<V>>(image: Space<V>, y: V, fill: (y: V) => void): void {
  if (fits(image, y.space)) return fill(y);
  withWorkspace(image, (work) => {
    fill(work);
    assignFrom(y, work);
  });
}

/**
 * `y ← y + α A x`, where `add` adds `α A x` to a vector of `image`, and `fill` writes `A x` into
 * one.
 */
export function addInto<V extends Vector<V>>(
  image: Space<V>,
  y: V,
  alpha: Scalar,
  { add, fill }: { readonly add: (y: V) => void; readonly fill: (y: V) => void },
): void {
  if (fits(image, y.space)) return add(y);
  withWorkspace(image, (work) => {
    fill(work);
    movedTo(work, y.space, (moved) => y.axpby(alpha, moved, 1));
  });
}
