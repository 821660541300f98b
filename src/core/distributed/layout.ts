import { ArgumentError, PartitionError, ShapeError } from '../base/errors.js';
import { checkCount, checkList, isListOf } from '../base/options.js';
import { formatShape, product, type Shape, sameShape, toAxis, toShape } from '../base/shape.js';
import { textOf } from '../base/text-of.js';

/** A rectangular part of a global array. */
export interface IndexBox {
  readonly start: readonly number[];
  readonly shape: Shape;
}

/**
 * The start of part `k` of `n` items in `parts`. Parts are as even as possible, and the first ones
 * have one item more. This is the only splitting rule of the library.
 */
export const splitStart = (n: number, parts: number, k: number): number =>
  k * Math.floor(n / parts) + Math.min(k, n % parts);
export const splitCount = (n: number, parts: number, k: number): number =>
  Math.floor(n / parts) + (k < n % parts ? 1 : 0);

/**
 * Where blocks of these sizes begin, and where the last ends. Undefined if they are split evenly.
 */
function cutsOf(sizes: readonly number[], n: number): number[] | undefined {
  if (sizes.every((size, i) => size === splitCount(n, sizes.length, i))) return undefined;
  const cuts = [0];
  for (const size of sizes) cuts.push((cuts.at(-1) as number) + size);
  return cuts;
}

/** Throws {@link PartitionError} unless there is a size for each block along an axis. */
function checkBlocks(sizes: readonly number[], parts: number, axis: number): void {
  checkList('Layout', `block sizes along axis ${axis}`, sizes);
  if (sizes.length !== parts || !sizes.every((s) => Number.isSafeInteger(s) && s >= 0))
    throw new PartitionError(
      `expected ${parts} non-negative block sizes along axis ${axis}, received ${formatShape(sizes)}`,
    );
}

/** The intersection of two boxes. Undefined if it is empty. */
export function intersect(a: IndexBox, b: IndexBox): IndexBox | undefined {
  const start: number[] = [];
  const shape: number[] = [];
  for (let k = 0; k < a.start.length; k++) {
    const from = Math.max(a.start[k] as number, b.start[k] as number);
    const to = Math.min(
      (a.start[k] as number) + (a.shape[k] as number),
      (b.start[k] as number) + (b.shape[k] as number),
    );
    if (to <= from) return undefined;
    start.push(from);
    shape.push(to - from);
  }
  return { start, shape };
}

/**
 * The part of an array that each rank owns: pure data. Every rank can compute the part of any other
 * without communication. A shape that does not fit therefore throws on all ranks or on none.
 *
 * `boxes`: every rank owns a box of the global shape. The boxes tile it over a process grid
 * (`Layout.split`, `Layout.grid`, `Layout.tiles`), or each is the whole (`Layout.replicated`).
 * `concatenated`: local blocks, one after another, without a place in a global array
 * (`Layout.concatenated`).
 */
export class Layout {
  readonly kind: 'boxes' | 'concatenated';
  readonly globalShape: Shape;
  /** The number of ranks. */
  readonly ranks: number;
  /**
   * The number of blocks along each axis. Ranks are numbered row-major. Ranks beyond the product of
   * the grid own nothing.
   */
  readonly grid: readonly number[];
  readonly replicated: boolean;
  /**
   * The axis along which the ranks' parts lie: the only axis with more than one block, or the axis
   * given at creation.
   */
  readonly axis: number;
  readonly #cuts: readonly (readonly number[] | undefined)[];
  readonly #blocks: readonly Shape[] | undefined;
  #key: string | undefined;

  private constructor(fields: {
    kind: 'boxes' | 'concatenated';
    globalShape: Shape;
    ranks: number;
    grid: readonly number[];
    axis: number;
    replicated?: boolean;
    cuts?: readonly (readonly number[] | undefined)[];
    blocks?: readonly Shape[];
  }) {
    if (!(Number.isSafeInteger(fields.ranks) && fields.ranks >= 1))
      throw new ArgumentError(`expected a positive number of ranks, received ${textOf(fields.ranks)}`);
    this.kind = fields.kind;
    this.globalShape = fields.globalShape;
    this.ranks = fields.ranks;
    this.grid = fields.grid;
    this.axis = fields.axis;
    this.replicated = fields.replicated ?? false;
    this.#cuts = fields.cuts ?? [];
    this.#blocks = fields.blocks;
  }

  /** Split evenly along one axis. */
  static split(globalShape: Shape, ranks: number, axis = 0): Layout {
    const shape = toShape(globalShape, 'global shape');
    if (shape.length === 0) throw new ShapeError('expected a global shape of at least one axis, received []');
    const k = toAxis(axis, shape.length);
    return new Layout({
      kind: 'boxes',
      globalShape: shape,
      ranks,
      grid: shape.map((_, a) => (a === k ? ranks : 1)),
      axis: k,
    });
  }

  /**
   * Split evenly over a process grid. Ranks are numbered row-major. Ranks beyond the product of the
   * grid own nothing.
   * @throws {@link PartitionError} if the grid is invalid or needs more ranks
   */
  static grid(globalShape: Shape, ranks: number, grid: readonly number[]): Layout {
    const shape = toShape(globalShape, 'global shape');
    if (!isListOf(grid, (g: number) => Number.isInteger(g) && g >= 1) || grid.length !== shape.length) {
      throw new PartitionError(
        `expected a process grid of ${shape.length} positive integers, received ${formatShape(grid)}`,
      );
    }
    if (product(grid) > ranks)
      throw new PartitionError(
        `a process grid of ${formatShape(grid)} needs ${product(grid)} ranks, there are ${ranks}`,
      );
    return new Layout({
      kind: 'boxes',
      globalShape: shape,
      ranks,
      grid: [...grid],
      axis: Math.max(
        0,
        grid.findIndex((g) => g > 1),
      ),
    });
  }

  /**
   * Tiles of given sizes.
   * @param extents `extents[axis]` lists the block sizes along an axis; undefined splits it evenly
   *   over `grid[axis]`
   * @throws {@link PartitionError} if block sizes do not add up to the global shape
   */
  static tiles(
    globalShape: Shape,
    ranks: number,
    grid: readonly number[],
    extents: readonly (readonly number[] | undefined)[],
  ): Layout {
    const base = Layout.grid(globalShape, ranks, grid);
    checkList('Layout.tiles', 'block sizes along every axis', extents);
    const cuts = extents.map((sizes, k) => {
      if (sizes === undefined) return undefined;
      const n = base.globalShape[k] as number;
      checkBlocks(sizes, grid[k] as number, k);
      const sum = sizes.reduce((a, b) => a + b, 0);
      if (sum !== n)
        throw new PartitionError(
          `block sizes ${formatShape(sizes)} along axis ${k} add up to ${sum}, expected ${n}`,
        );
      return cutsOf(sizes, n);
    });
    return new Layout({
      kind: 'boxes',
      globalShape: base.globalShape,
      ranks,
      grid: base.grid,
      axis: base.axis,
      cuts,
    });
  }

  /**
   * The layout of given local shapes, one for each rank. They may differ along `axis` only.
   * @throws {@link PartitionError} if they differ along another axis or do not add up to
   *   `globalShape`
   */
  static fromLocalShapes(localShapes: readonly Shape[], axis = 0, globalShape?: Shape): Layout {
    checkList('Layout.fromLocalShapes', 'local shapes', localShapes);
    for (const [rank, shape] of localShapes.entries()) toShape(shape, `the local shape of rank ${rank}`);
    const first = localShapes[0];
    if (!first) throw new PartitionError('expected one local shape for every rank, received none');
    const k = toAxis(axis, first.length);
    const total = first.map((n, a) =>
      a === k ? localShapes.reduce((sum, s) => sum + (s[k] ?? Number.NaN), 0) : n,
    );
    for (const [rank, shape] of localShapes.entries()) {
      if (
        !sameShape(
          total.map((n, a) => (a === k ? (shape[k] ?? -1) : n)),
          shape,
        )
      ) {
        throw new PartitionError(
          `expected local shapes that differ along axis ${k} only, rank 0 has ${formatShape(first)}, ` +
            `rank ${rank} ${formatShape(shape)}`,
        );
      }
    }
    if (globalShape && !sameShape(globalShape, total)) {
      throw new PartitionError(
        `local shapes add up to ${formatShape(total)}, expected ${formatShape(globalShape)}`,
      );
    }
    const ranks = localShapes.length;
    const tiles = Layout.tiles(
      total,
      ranks,
      total.map((_, a) => (a === k ? ranks : 1)),
      total.map((_, a) => (a === k ? localShapes.map((s) => s[k] as number) : undefined)),
    );
    return new Layout({
      kind: 'boxes',
      globalShape: total,
      ranks,
      grid: tiles.grid,
      axis: k,
      cuts: tiles.#cuts,
    });
  }

  /** Every rank owns the whole array; its axis is 0. */
  static replicated(globalShape: Shape, ranks: number): Layout {
    const shape = toShape(globalShape, 'global shape');
    return new Layout({
      kind: 'boxes',
      globalShape: shape,
      ranks,
      grid: shape.map(() => 1),
      axis: 0,
      replicated: true,
    });
  }

  /** Local blocks, one after another. The global array is flat. */
  static concatenated(localShapes: readonly Shape[]): Layout {
    checkList('Layout.concatenated', 'local shapes', localShapes);
    const blocks = localShapes.map((s) => toShape(s, 'local shape'));
    const size = blocks.reduce((sum, s) => sum + product(s), 0);
    return new Layout({
      kind: 'concatenated',
      globalShape: [size],
      ranks: blocks.length,
      grid: [blocks.length],
      axis: 0,
      blocks,
    });
  }

  get size(): number {
    return product(this.globalShape);
  }

  /** Whether there are ranks beyond the grid, which own nothing. */
  get hasIdleRanks(): boolean {
    return !this.replicated && !this.#blocks && product(this.grid) < this.ranks;
  }

  /**
   * The layout of an array of another shape, whose last axes are those of this layout: along each
   * of them the ranks have the parts that they have now. Undefined if the length of an axis changes
   * along which it is split, or for concatenated blocks.
   */
  withShape(shape: Shape): Layout | undefined {
    toShape(shape, 'global shape');
    if (sameShape(shape, this.globalShape)) return this;
    const skip = shape.length - this.globalShape.length;
    const isChanged = (k: number): boolean => this.globalShape[k] !== shape[skip + k];
    if (this.#blocks || this.grid.some((parts, k) => parts > 1 && isChanged(k))) return undefined;
    const whole = Array.from({ length: skip }, () => 1);
    return new Layout({
      kind: 'boxes',
      globalShape: [...shape],
      ranks: this.ranks,
      grid: [...whole, ...this.grid],
      axis: this.replicated ? 0 : skip + this.axis,
      replicated: this.replicated,
      cuts: [...whole.map(() => undefined), ...this.#cuts],
    });
  }

  /**
   * The box of the global array that a rank owns. In a concatenated layout: its range of the flat
   * array.
   */
  box(rank: number): IndexBox {
    this.#checkRank(rank);
    if (this.#blocks) {
      let start = 0;
      for (let r = 0; r < rank; r++) start += product(this.#blocks[r] as Shape);
      return { start: [start], shape: [product(this.#blocks[rank] as Shape)] };
    }
    if (this.replicated) return { start: this.globalShape.map(() => 0), shape: this.globalShape };
    const start: number[] = [];
    const shape: number[] = [];
    const idle = rank >= product(this.grid);
    let rest = rank;
    for (let k = this.grid.length - 1; k >= 0; k--) {
      const parts = this.grid[k] as number;
      const n = this.globalShape[k] as number;
      const block = rest % parts;
      rest = Math.floor(rest / parts);
      const cuts = this.#cuts[k];
      start[k] = idle ? 0 : cuts ? (cuts[block] as number) : splitStart(n, parts, block);
      shape[k] = idle
        ? 0
        : cuts
          ? (cuts[block + 1] as number) - (cuts[block] as number)
          : splitCount(n, parts, block);
    }
    return { start, shape };
  }

  localShape(rank: number): Shape {
    this.#checkRank(rank);
    return this.#blocks ? (this.#blocks[rank] as Shape) : this.box(rank).shape;
  }

  localSize(rank: number): number {
    return product(this.localShape(rank));
  }

  /** The local shapes of all ranks, in rank order. */
  get localShapes(): Shape[] {
    return Array.from({ length: this.ranks }, (_, r) => this.localShape(r));
  }

  /**
   * The layout of the parts raveled, one after another: boxes of the flat array if ranks own whole
   * rows, otherwise concatenated blocks.
   */
  flat(): Layout {
    if (
      this.globalShape.length === 1 &&
      (this.kind === 'boxes' || this.#blocks?.every((b) => b.length === 1))
    )
      return this;
    if (this.replicated) return Layout.replicated([this.size], this.ranks);
    const rows = this.kind === 'boxes' && this.axis === 0 && this.grid.every((g, k) => k === 0 || g === 1);
    const sizes = this.localShapes.map((s) => [product(s)]);
    return rows ? Layout.fromLocalShapes(sizes) : Layout.concatenated(sizes);
  }

  /** True if each rank's part of a flat layout consists of whole rows of `[n, inner]`. */
  alignsTo(inner: number): boolean {
    checkCount('Layout.alignsTo', { inner });
    if (this.kind !== 'boxes' || this.globalShape.length !== 1) return false;
    if (this.replicated) return true;
    for (let r = 0; r < this.ranks; r++) if (this.localSize(r) % Math.max(inner, 1) !== 0) return false;
    return true;
  }

  /** The layout without some axes of length 1; undefined if none is left. */
  without(axes: readonly number[]): Layout | undefined {
    checkList('Layout.without', 'axes', axes);
    const kept = this.globalShape.flatMap((_, k) => (axes.includes(k) ? [] : [k]));
    return kept.length === 0 ? undefined : this.#withAxes(kept);
  }

  /**
   * The layout with its axes in another order, in which every rank has the same elements. Undefined
   * if it is split along several axes, or for concatenated blocks.
   * @param order the axes of this layout; null is a new axis of length 1
   */
  transposed(order: readonly (number | null)[]): Layout | undefined {
    checkList('Layout.transposed', 'axes', order);
    for (const k of order) if (k !== null) toAxis(k, this.grid.length);
    const moved = order.filter((k) => k !== null && (this.grid[k] as number) > 1);
    const isOrdered = moved.every((k, i) => i === 0 || (moved[i - 1] as number) < (k as number));
    return this.#blocks || !isOrdered ? undefined : this.#withAxes(order);
  }

  /** The lengths of the blocks along an axis. */
  blocks(axis: number): number[] {
    const k = toAxis(axis, this.grid.length);
    const step = product(this.grid.slice(k + 1));
    return Array.from({ length: this.grid[k] as number }, (_, b) => this.box(b * step).shape[k] as number);
  }

  /**
   * The layout with another length of one axis.
   * @param n the length, which is evenly split if the axis is split, or the lengths of its blocks
   */
  withLength(axis: number, n: number | readonly number[]): Layout {
    const k = toAxis(axis, this.globalShape.length);
    if (this.#blocks) throw new PartitionError('concatenated blocks have no axes');
    if (typeof n !== 'number') checkBlocks(n, this.grid[k] as number, k);
    const total = typeof n === 'number' ? n : n.reduce((a, b) => a + b, 0);
    const shape = toShape(this.globalShape.with(k, total), 'global shape');
    const own = typeof n === 'number' ? undefined : cutsOf(n, total);
    return new Layout({
      kind: 'boxes',
      globalShape: shape,
      ranks: this.ranks,
      grid: this.grid,
      axis: this.axis,
      replicated: this.replicated,
      cuts: this.grid.map((_, j) => (j === k ? own : this.#cuts[j])),
    });
  }

  #withAxes(order: readonly (number | null)[]): Layout {
    const of = <T>(list: readonly T[], other: T): T[] =>
      order.map((k) => (k === null ? other : (list[k] as T)));
    return new Layout({
      kind: this.kind,
      globalShape: of(this.globalShape, 1),
      ranks: this.ranks,
      grid: of(this.grid, 1),
      axis: Math.max(0, order.indexOf(this.axis)),
      replicated: this.replicated,
      cuts: of(this.#cuts, undefined),
    });
  }

  /** A string that is equal for equal layouts. */
  get key(): string {
    this.#key ??= this.#blocks
      ? `concatenated ${this.#blocks.map(formatShape).join(' ')}`
      : `${formatShape(this.globalShape)} ` +
        `${
          this.replicated
            ? `on each of ${this.ranks}`
            : `along axis ${this.axis} over ${formatShape(this.grid)} of ${this.ranks}`
        }` +
        `${this.#cuts.some(Boolean) ? ` cut ${JSON.stringify(this.#cuts)}` : ''}`;
    return this.#key;
  }

  /**
   * True if every rank has the same part, along the same axis. All ranks return the same result.
   */
  equals(other: Layout): boolean {
    return this === other || this.key === other?.key;
  }

  toString(): string {
    return this.key;
  }

  #checkRank(rank: number): void {
    if (!(Number.isInteger(rank) && rank >= 0 && rank < this.ranks))
      throw new ArgumentError(`expected a rank below ${this.ranks}, received ${textOf(rank)}`);
  }
}
