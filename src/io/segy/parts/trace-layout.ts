import { product } from '../../../core/base/shape.js';
import type { Layout } from '../../../core/distributed/layout.js';
import { splitFor } from '../../parts/file-runs.js';

/**
 * The layout in which ranks read or write whole traces, whose samples are the last axis. It is
 * `layout` itself if that cuts no trace, otherwise parts of the file.
 * @param axes the other axes, the slowest in the file first
 */
export function traceLayout(layout: Layout, axes: readonly number[]): Layout {
  const last = layout.globalShape.length - 1;
  const whole = Array.from({ length: layout.ranks }, (_, r) => layout.box(r).shape).every(
    (shape) => product(shape) === 0 || shape[last] === layout.globalShape[last],
  );
  return whole && !layout.replicated ? layout : splitFor(layout.globalShape, layout.ranks, axes);
}
