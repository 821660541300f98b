import { PartitionError, ShapeError } from '../../core/base/errors.js';
import { formatShape, product, type Shape, sameShape } from '../../core/base/shape.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { Layout } from '../../core/distributed/layout.js';
import type { DistributedSpace } from '../../core/distributed/space.js';
import { LayoutAdapter } from '../base/layout-adapter.js';
import { sizesOf, stackedShape } from '../rank-blocks.js';
import { imageLayout, type Side } from './image-layout.js';

/**
 * The vectors of stacks of local operators. Every rank's part is the models (or data) of its
 * operators, one after another. Arrays of the natural shape, flat ones and the blocks of a
 * concatenated array are used without copying if their parts have these sizes. Otherwise a transfer
 * aligns arrays of the natural shape and flat ones.
 */
export class BlockForm {
  /**
   * The shape of all operators' vectors: stacked along the first axis if their other axes agree,
   * otherwise flat.
   */
  readonly shape: Shape;
  readonly layout: Layout;
  /** The number of elements on each rank. */
  readonly sizes: readonly number[];
  readonly #natural: LayoutAdapter;
  /** The last layout that matched: vectors of one solver have the same. */
  #known: Layout | undefined;

  constructor(shapes: readonly (readonly Shape[])[]) {
    this.sizes = sizesOf(shapes);
    this.shape = stackedShape(shapes.flat());
    const inner = this.shape.slice(1);
    this.layout = Layout.fromLocalShapes(
      this.sizes.map((n, r) => [
        inner.length === 0 ? n : (shapes[r] ?? []).reduce((rows, s) => rows + (s[0] as number), 0),
        ...inner,
      ]),
      0,
    );
    this.#natural = new LayoutAdapter(this.shape, this.layout);
  }

  /**
   * Checks that vectors of a space have this form.
   * @throws {@link PartitionError} if a vector is replicated or its blocks have other sizes
   * @throws {@link ShapeError} if it has another shape
   */
  check(name: string, space: DistributedSpace): void {
    const { layout } = space;
    if (layout.replicated)
      throw new PartitionError(`${name}: expected a SCATTER array, received ${space.partition}`);
    if (
      !sameShape(layout.globalShape, this.shape) &&
      !(layout.globalShape.length === 1 && space.size === product(this.shape))
    ) {
      throw new ShapeError(
        `${name}: expected a vector of shape ${formatShape(this.shape)}, or flat of size ` +
          `${product(this.shape)}, received ${formatShape(layout.globalShape)}`,
      );
    }
    if (layout.kind === 'concatenated' && !this.#matches(layout)) {
      throw new PartitionError(
        `${name}: expected blocks of ${this.sizes.join(', ')} elements on the ranks, received ${layout}`,
      );
    }
  }

  /**
   * The space of these vectors for a given space of the other side: see {@link imageLayout}.
   * Concatenated blocks lead to concatenated blocks.
   */
  spaceLike(space: DistributedSpace, other: BlockForm): DistributedSpace {
    const { layout } = space;
    if (layout.kind === 'boxes') return space.withLayout(imageLayout(layout, other.#side, this.#side));
    const sameParts = this.sizes.every((n, r) => n === other.sizes[r]) && sameShape(this.shape, other.shape);
    return sameParts ? space : space.withLayout(Layout.concatenated(this.sizes.map((n) => [n])));
  }

  get #side(): Side {
    return { dims: this.shape, layout: this.layout };
  }

  read(x: DistributedArray, body: (x: DistributedArray) => void): void {
    if (this.#matches(x.layout)) body(x);
    else this.#natural.read(x, body);
  }

  write(y: DistributedArray, body: (y: DistributedArray) => void): void {
    if (this.#matches(y.layout)) body(y);
    else this.#natural.write(y, body);
  }

  /** True if every rank's part has, in memory, the vectors of its operators. */
  #matches(layout: Layout): boolean {
    if (layout === this.#known) return true;
    if (layout.kind === 'boxes' && !layout.grid.every((g, k) => k === 0 || g === 1)) return false;
    if (!this.sizes.every((n, r) => n === layout.localSize(r))) return false;
    this.#known = layout;
    return true;
  }
}
