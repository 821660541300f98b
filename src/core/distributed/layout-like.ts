import { product, type Shape, sameShape } from '../base/shape.js';
import { Layout } from './layout.js';

/** The block sizes of a layout along one of its axes. */
const extentsOf = (layout: Layout, axis: number): number[] => {
  const step = product(layout.grid.slice(axis + 1));
  return Array.from(
    { length: layout.grid[axis] as number },
    (_, b) => layout.localShape(b * step)[axis] as number,
  );
};

/**
 * The parts of a layout for an array of another shape. They are cut at the same places along axes
 * of the same length, and evenly along others.
 */
export function layoutLike(layout: Layout, shape: Shape): Layout {
  const { ranks, axis, grid } = layout;
  if (sameShape(layout.globalShape, shape)) return layout;
  const alike = shape[axis] === layout.globalShape[axis];
  if (grid[axis] === ranks) {
    if (!alike) return Layout.split(shape, ranks, axis);
    return Layout.fromLocalShapes(
      extentsOf(layout, axis).map((n) => shape.map((m, k) => (k === axis ? n : m))),
      axis,
    );
  }
  return Layout.tiles(
    shape,
    ranks,
    grid,
    grid.map((g, k) => (g > 1 && shape[k] === layout.globalShape[k] ? extentsOf(layout, k) : undefined)),
  );
}
