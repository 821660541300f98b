import type { Scalar } from '../base/complex.js';
import { type Space, sameMemory, seenIn, type Vector } from '../vector/vector.js';
import { withWorkspace } from '../vector/workspace.js';

/** True where a vector of `image` can be written into one of `space`. */
const fits = (image: Space<unknown>, space: Space<unknown>): boolean =>
  image === space || image.equals(space) || image.flat().equals(space.flat());

/**
 * Calls `body` with x as a vector of `space`, dtypes aside: itself, a view of it, or its elements
 * moved there.
 */
export function movedTo<V extends Vector<V>, R>(x: V, space: Space<V>, body: (x: V) => R): R {
  if (sameMemory(x.space, space)) return body(seenIn(x, space));
  return withWorkspace(space.withDType(x.dtype), (moved) => {
    x.redistributeInto(moved);
    return body(moved);
  });
}

/** `y ← x`, x of the same elements: a real one into complex memory, one that is cut otherwise. */
export function assignFrom<V extends Vector<V>>(y: V, x: V): V {
  movedTo(x, y.space, (moved) => y.assign(moved));
  return y;
}

/**
 * `y ← A x`, where `fill` writes `A x` into a vector of `image`: into y where it is one, otherwise
 * into a work vector whose elements y takes (a real one in complex memory, one that is cut
 * otherwise).
 */
export function fillInto<V extends Vector<V>>(image: Space<V>, y: V, fill: (y: V) => void): void {
  if (fits(image, y.space)) return fill(y);
  withWorkspace(image, (work) => {
    fill(work);
    assignFrom(y, work);
  });
}

/**
 * `y ← y + α A x`, where `add` does so in a vector of `image`, and `fill` writes `A x` into one.
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
