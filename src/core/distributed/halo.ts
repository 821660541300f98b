import type { DType } from '../base/dtype.js';
import { ArgumentError, PartitionError, ShapeError } from '../base/errors.js';
import { checkList, checkOneOf, type Defaults, requireOptions } from '../base/options.js';
import { around, formatShape, product, toAxis } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import type { Backend, Elements } from '../ports/backend.js';
import { Exchange, type MessagePort } from './exchange.js';
import { checkRanks, patternOf, type Traffic, trafficOf } from './exchange-pattern.js';
import { type IndexBox, Layout } from './layout.js';

/** The number of ghost cells before and after a rank's box along one axis. */
export interface HaloWidths {
  readonly axis: number;
  readonly front: number;
  readonly back: number;
}

/** Ghost cells on all sides of a rank's box. */
export interface HaloFrame {
  /** Cells before the box along each axis. */
  readonly before: readonly number[];
  /** Cells after the box along each axis. */
  readonly after: readonly number[];
  /** At the ends of the global array: no cells, or cells that are zero. @default 'clip' */
  readonly edges?: 'clip' | 'zero';
}

function checkWidths(widths: readonly number[], name: string): void {
  if (!widths.every((w) => Number.isSafeInteger(w) && w >= 0))
    throw new ArgumentError(`expected non-negative ${name}, received ${formatShape(widths)}`);
}

function checkLayout(layout: Layout, ranks: number): void {
  checkRanks(layout, ranks);
  if (layout.kind !== 'boxes')
    throw new PartitionError(
      `expected a layout of boxes, received concatenated blocks, which have no neighbours (${layout})`,
    );
}

/**
 * The boxes of the `before` cells in front of `box` and of the `after` cells behind it along
 * `axis`, within `0 ≤ index < n`.
 */
function ghosts(
  box: IndexBox,
  axis: number,
  front: number,
  back: number,
  n: number,
): readonly [IndexBox, IndexBox] {
  const empty = product(box.shape) === 0;
  const start = box.start[axis] as number;
  const end = start + (box.shape[axis] as number);
  const first = empty ? start : Math.max(start - front, 0);
  const last = empty ? end : Math.min(end + back, n);
  const along = (from: number, to: number): IndexBox => ({
    start: box.start.map((s, k) => (k === axis ? from : s)),
    shape: box.shape.map((s, k) => (k === axis ? to - from : s)),
  });
  return [along(first, start), along(end, last)];
}

const FRAME = { before: undefined, after: undefined, edges: 'clip' } satisfies Defaults<HaloFrame>;

/** The frame with its defaults, checked for a layout. */
function frameFor({ globalShape }: Layout, frame: HaloFrame): Required<HaloFrame> {
  const owner = 'the frame of ghost cells';
  const given = requireOptions(owner, frame, FRAME);
  checkOneOf('edges', given.edges, ['clip', 'zero']);
  for (const side of ['before', 'after'] as const) {
    checkList(owner, `widths ${side} the box`, given[side]);
    if (given[side].length !== globalShape.length)
      throw new ShapeError(
        `${owner}: expected ${globalShape.length} widths ${side} the box, one for each axis, received ` +
          formatShape(given[side]),
      );
    checkWidths(given[side], `widths ${side} the box`);
  }
  return given as Required<HaloFrame>;
}

/**
 * A rank's box grown by its ghost cells, which {@link BoxHaloPlan} fills. Pure: it can be called
 * for any rank on any rank. For a rank that owns nothing the box stays empty.
 */
export function haloBox(layout: Layout, rank: number, frame: HaloFrame): IndexBox {
  if (!(layout instanceof Layout))
    throw new ArgumentError(`haloBox: expected a Layout, received ${textOf(layout)}`);
  const { before, after, edges } = frameFor(layout, frame);
  const box = layout.box(rank);
  if (product(box.shape) === 0) return box;
  const clip = edges === 'clip';
  const start = box.start.map((s, k) =>
    clip ? Math.max(0, s - (before[k] as number)) : s - (before[k] as number),
  );
  const shape = box.start.map((s, k) => {
    const end = s + (box.shape[k] as number) + (after[k] as number);
    return (clip ? Math.min(end, layout.globalShape[k] as number) : end) - (start[k] as number);
  });
  return { start, shape };
}

/**
 * The cells next to this rank's box along one axis, in separate memory, as {@link Backend.stencil}
 * reads them.
 *
 * Call `start(x)`, work on the interior, then call `finish()`. After that `front` and `back` hold
 * cells `[outer, width, inner]`. If a width is larger than a neighbour's block, cells come from
 * ranks farther away. Ranks without cells call it too. Cost: at most one message to each rank that
 * needs cells, none if nothing is needed. Buffers and persistent requests are made once.
 */
export class AxisHaloPlan {
  readonly axis: number;
  /**
   * The ghost cells that exist before and after the box: fewer than requested near the ends of the
   * array, 0 for a rank that owns nothing.
   */
  readonly frontWidth: number;
  readonly backWidth: number;
  /** The cells before the box. The last one is next to the box. Undefined if there are none. */
  readonly front: Elements | undefined;
  /** The cells after the box. The first one is next to the box. Undefined if there are none. */
  readonly back: Elements | undefined;
  readonly #exchange: Exchange;
  #disposed = false;

  private constructor(
    axis: number,
    widths: readonly [number, number],
    cells: readonly [Elements | undefined, Elements | undefined],
    exchange: Exchange,
  ) {
    this.axis = axis;
    [this.frontWidth, this.backWidth] = widths;
    [this.front, this.back] = cells;
    this.#exchange = exchange;
  }

  /**
   * Makes a plan. Never communicates. All ranks make the same plans and use them in the same order.
   * @throws {@link PartitionError} or {@link ArgumentError} if the layout or a width is invalid
   */
  static create(
    layout: Layout,
    comm: MessagePort,
    widths: HaloWidths,
    dtype: DType,
    backend: Backend,
  ): AxisHaloPlan {
    checkLayout(layout, comm.size);
    checkWidths([widths.front, widths.back], 'widths of front and back');
    const axis = toAxis(widths.axis, layout.globalShape.length);
    const wanted = (rank: number): readonly [IndexBox, IndexBox] =>
      ghosts(layout.box(rank), axis, widths.front, widths.back, layout.globalShape[axis] as number);
    const pattern = patternOf(
      {
        globalShape: layout.globalShape,
        replicated: layout.replicated,
        held: (rank) => layout.box(rank),
        wanted,
      },
      comm.rank,
      comm.size,
    );
    const size = pattern.targetSizes.reduce((sum, n) => sum + n, 0);
    const storage = size > 0 ? backend.alloc(dtype, size) : undefined;
    let offset = 0;
    const cells = pattern.targetSizes.map((n) => {
      const elements = storage && n > 0 ? { storage, offset, size: n } : undefined;
      offset += n;
      return elements;
    });
    const [front, back] = wanted(comm.rank);
    return new AxisHaloPlan(
      axis,
      [around(front.shape, axis)[1], around(back.shape, axis)[1]],
      [cells[0], cells[1]],
      new Exchange(pattern, comm, dtype, backend, { bound: cells }),
    );
  }

  /** Elements that this rank sends to each other rank in a forward exchange. */
  get sends(): Traffic[] {
    return trafficOf(this.#exchange.pattern.sends);
  }

  /** Elements that this rank receives from each other rank. */
  get receives(): Traffic[] {
    return trafficOf(this.#exchange.pattern.receives);
  }

  /**
   * Starts to fill `front` and `back` with the neighbours' cells of `x`, which must not be written
   * until `finish`. Collective.
   */
  start(x: Elements): void {
    this.#alive().start(x);
  }

  finish(): void {
    this.#alive().finish();
  }

  /**
   * Starts the adjoint exchange: sends the values of `front` and `back`, which the caller has set,
   * to the owners of the cells. Collective.
   */
  startAdjoint(): void {
    this.#alive().startAdjoint();
  }

  /** Adds the received values to `x` in rank order, so that the bits are the same each time. */
  finishAdjoint(x: Elements): void {
    this.#alive().finishAdjoint(x, 'add');
  }

  /** Releases memory and requests. The plan must not be used again. */
  dispose(): void {
    if (this.#disposed) return;
    this.#exchange.dispose();
    const cells = this.front ?? this.back;
    if (cells) this.#exchange.backend.release(cells.storage);
    this.#disposed = true;
  }

  #alive(): Exchange {
    if (this.#disposed) throw new ArgumentError('expected a live halo plan, this one was disposed of');
    return this.#exchange;
  }
}

/**
 * This rank's box with ghost cells on all sides, corners included, as one contiguous array of
 * `box.shape`. The true adjoint adds the values of the ghost cells to those of their owners.
 *
 * Any tiling works: process grids, uneven and empty blocks, widths larger than a block. Cost: at
 * most one message to each rank with a box that intersects the grown one.
 */
export class BoxHaloPlan {
  /**
   * The grown box in global coordinates. With `edges: 'zero'` it may extend beyond the global
   * array.
   */
  readonly box: IndexBox;
  readonly #exchange: Exchange;

  private constructor(box: IndexBox, exchange: Exchange) {
    this.box = box;
    this.#exchange = exchange;
  }

  /**
   * Makes a plan. Never communicates.
   * @throws {@link PartitionError}, {@link ShapeError} or {@link ArgumentError}, the same on all
   *   ranks, if the layout or the frame is invalid
   */
  static create(
    layout: Layout,
    comm: MessagePort,
    frame: HaloFrame,
    dtype: DType,
    backend: Backend,
  ): BoxHaloPlan {
    checkLayout(layout, comm.size);
    const pattern = patternOf(
      {
        globalShape: layout.globalShape,
        replicated: layout.replicated,
        held: (rank) => layout.box(rank),
        wanted: (rank) => [haloBox(layout, rank, frame)],
      },
      comm.rank,
      comm.size,
    );
    return new BoxHaloPlan(haloBox(layout, comm.rank, frame), new Exchange(pattern, comm, dtype, backend));
  }

  get sends(): Traffic[] {
    return trafficOf(this.#exchange.pattern.sends);
  }

  get receives(): Traffic[] {
    return trafficOf(this.#exchange.pattern.receives);
  }

  /**
   * Starts `y ← H x`, where x is this rank's box and y the grown one. Until `finish`, neither may
   * be read or written. Collective.
   */
  start(x: Elements, y: Elements): void {
    this.#exchange.start(x, [y]);
  }

  finish(): void {
    this.#exchange.finish();
  }

  /** Starts `x ← Hᵀ y`. `y` must not be written until `finishAdjoint`. Collective. */
  startAdjoint(y: Elements): void {
    this.#exchange.startAdjoint([y]);
  }

  /** `x ← Hᵀ y`, or `x += Hᵀ y`. Own cells are added first, then ghost cells in rank order. */
  finishAdjoint(x: Elements, mode: 'set' | 'add' = 'set'): void {
    this.#exchange.finishAdjoint(x, mode);
  }

  /** Copies to `x` the cells of `y` that this rank owns, without the ghost cells. Local. */
  crop(y: Elements, x: Elements): void {
    for (const { from, to } of this.#exchange.pattern.copies) {
      this.#exchange.backend.stridedCopy(
        from.shape,
        { elements: y, start: to.start, strides: to.strides },
        { elements: x, start: from.start, strides: from.strides },
        'set',
      );
    }
  }

  /** Releases buffers and requests. The plan can be used again and then allocates them again. */
  dispose(): void {
    this.#exchange.dispose();
  }
}
