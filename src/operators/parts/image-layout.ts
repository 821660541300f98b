import { product, type Shape, sameShape } from '../../core/base/shape.js';
import { Layout } from '../../core/distributed/layout.js';
import { isRows } from '../../core/distributed/redistribution.js';
import { flatOf, rowsOf } from '../../core/distributed/row-layout.js';
import { layoutLike } from './layout-like.js';

/**
 * One side of an operator: the shape of its vectors, and their layout where the operator has one of
 * its own.
 */
export interface Side {
  readonly dims: Shape;
  readonly layout?: Layout | undefined;
}

/** Elements as even as possible, whether a row is cut or not. */
const evenly = (dims: Shape, ranks: number): Layout => Layout.split([product(dims)], ranks);

/**
 * The layout of an operator's result for a SCATTER vector of a layout, the same in both directions:
 * natural for natural, flat for flat.
 *
 * An operator's own layout leads to its own one. Otherwise the result is cut as the vector is: at
 * the same places along axes of the same length, evenly along others. Of flat vectors one of as
 * many elements has the same cuts, an even one an even result, one that is cut between rows is a
 * natural one seen flat, and any other has an even result. What led to a layout on the way there is
 * found on the way back, and what has come back once stays.
 */
export function imageLayout(layout: Layout, from: Side, to: Side): Layout {
  // once there and back: where several layouts of one side lead to one of the other, it is the one
  // that stays
  return cut(cut(cut(layout, from, to), to, from), from, to);
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
