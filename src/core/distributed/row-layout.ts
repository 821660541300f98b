import { product, type Shape } from '../base/shape.js';
import { Layout } from './layout.js';

/**
 * A layout of rows of `shape` for a flat layout. The parts are the same if they consist of whole
 * rows. Otherwise the rows are split evenly.
 */
export function rowsOf(flat: Layout, shape: Shape): Layout {
  const inner = product(shape.slice(1));
  if (flat.replicated) return Layout.replicated(shape, flat.ranks);
  return inner > 0 && flat.alignsTo(inner)
    ? Layout.fromLocalShapes(
        flat.localShapes.map((s) => [(s[0] as number) / inner, ...shape.slice(1)]),
        0,
      )
    : Layout.split(shape, flat.ranks, 0);
}

/** The flat layout of an array split along its first axis. */
export function flatOf(layout: Layout): Layout {
  return layout.replicated
    ? Layout.replicated([layout.size], layout.ranks)
    : Layout.fromLocalShapes(layout.localShapes.map((s) => [product(s)]));
}

/**
 * The local shapes of an array that is split along at most `axis`. Shapes of ranks beyond the
 * process grid, too, differ from the others along that axis only.
 */
export function partsAlong(layout: Layout, axis: number): Shape[] {
  const taking = product(layout.grid);
  return layout.localShapes.map((s, rank) =>
    rank < taking ? s : layout.globalShape.map((n, k) => (k === axis ? 0 : n)),
  );
}
