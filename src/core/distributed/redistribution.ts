import { sameShape } from '../base/shape.js';
import type { Elements } from '../ports/backend.js';
import type { Communicator } from '../ports/communicator.js';
import { withElements } from '../vector/workspace.js';
import { Layout } from './layout.js';
import { flatOf } from './row-layout.js';
import { TransferPlan } from './transfer.js';

/**
 * True if a layout is replicated or split along the first axis only, so that its parts are
 * consecutive in C order.
 */
export const isRows = (layout: Layout): boolean =>
  layout.axis === 0 && layout.grid.every((g, k) => k === 0 || g === 1);

/**
 * True if both are layouts of one array, natural or flat in C order. Its elements can be moved from
 * one to the other.
 */
export function canMove(from: Layout, to: Layout): boolean {
  if (from.ranks !== to.ranks || from.size !== to.size) return false;
  const boxes = from.kind === 'boxes' && to.kind === 'boxes';
  const flat = from.flat();
  // Boxes that are not rows hold elements in the order of their own shape. It is not enough that
  // each rank has the same number of elements.
  if (flat.equals(to.flat()) && !(boxes && flat.kind === 'concatenated')) return true;
  if (!boxes) return false;
  return (
    sameShape(from.globalShape, to.globalShape) ||
    from.globalShape.length === 1 ||
    to.globalShape.length === 1
  );
}

/** `y ← x`, between layouts that {@link canMove} accepts. At most two transfers. Collective. */
export function move(from: Layout, x: Elements, to: Layout, y: Elements, comm: Communicator): void {
  if (from.flat().equals(to.flat())) {
    if (x.size > 0) x.storage.backend.copy(x, y);
    return;
  }
  if (sameShape(from.globalShape, to.globalShape)) return TransferPlan.between(from, to, comm).run(x, y);
  if (isRows(from) && isRows(to)) return TransferPlan.between(flatOf(from), flatOf(to), comm).run(x, y);
  // Natural parts that are not whole rows are moved to rows first.
  const natural = from.globalShape.length === 1 ? to : from;
  const rows = Layout.split(natural.globalShape, comm.size);
  withElements(x.storage.backend, x.storage.dtype, rows.localSize(comm.rank), (work) => {
    move(from, x, rows, work, comm);
    move(rows, work, to, y, comm);
  });
}
