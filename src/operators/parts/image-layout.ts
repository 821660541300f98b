import { product, type Shape, sameShape } from '../../core/base/shape.js';
import { Layout } from '../../core/distributed/layout.js';
import { layoutLike } from '../../core/distributed/layout-like.js';
import { isRows } from '../../core/distributed/redistribution.js';
import { flatOf, rowsOf } from '../../core/distributed/row-layout.js';

/**
 * The domain or the range of an operator: the shape of its vectors, and their layout if the
 * operator has one of its own.
 */
export interface Side {
  readonly dims: Shape;
  readonly layout?: Layout | undefined;
}

/** An even split of the elements, which may cut rows. */
const evenly = (dims: Shape, ranks: number): Layout => Layout.split([product(dims)], ranks);

/**
 * The layout of an operator's result for a SCATTER vector of a layout. The rule is the same in both
 * directions. Natural vectors have natural results, flat ones flat results.
 *
 * A vector in the operator's own layout has a result in the operator's own layout. Otherwise the
 * result is cut as the vector is: at the same places along axes of the same length, evenly along
 * others. For flat vectors the rules are, in this order:
 * - If both sides have the same number of elements, the cuts are the same.
 * - An even split leads to an even split.
 * - A vector that is cut between rows is a view of a natural one, and its result is the flat form
 *   of the natural result.
 * - Any other vector leads to an even split.
 *
 * A layout that has been mapped to the other side and back is mapped to itself by further such
 * round trips.
 */
export function imageLayout(layout: Layout, from: Side, to: Side): Layout {
  // A round trip first: if several layouts of one side lead to one layout of the other, the round
  // trip selects the one that later trips reproduce.
  return cut(cut(cut(layout, from, to), to, from), from, to);
}

/**
 * As {@link imageLayout}, for operators with layouts of their own on both sides: replicated vectors
 * have a result in the own layout, flat ones in an even split.
 */
export function imageInOwn(layout: Layout, from: Side, to: Side & { readonly layout: Layout }): Layout {
  if (!layout.replicated) return imageLayout(layout, from, to);
  const isFlat = layout.globalShape.length < to.dims.length;
  return isFlat ? flatOf(Layout.split(to.dims, layout.ranks)) : to.layout;
}

function cut(layout: Layout, from: Side, to: Side): Layout {
  const { ranks } = layout;
  const flat = layout.globalShape.length === 1 && !sameShape(layout.globalShape, from.dims);
  if (from.layout && to.layout) {
    if (layout.equals(from.layout)) return to.layout;
    if (flat && isRows(from.layout) && isRows(to.layout) && layout.equals(flatOf(from.layout)))
      return flatOf(to.layout);
  }
  if (!flat) {
    if (from.dims.length === to.dims.length) return layoutLike(layout, to.dims);
    return to.layout ?? Layout.split(to.dims, ranks);
  }
  if (product(from.dims) === product(to.dims)) return layout;
  if (layout.equals(evenly(from.dims, ranks))) return evenly(to.dims, ranks);
  const rows = rowsOf(layout, from.dims);
  const seenFlat = from.dims.length === to.dims.length && flatOf(rows).equals(layout);
  return seenFlat ? flatOf(layoutLike(rows, to.dims)) : evenly(to.dims, ranks);
}
