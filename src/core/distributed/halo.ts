import type { DType } from '../base/dtype.js';
import { ArgumentError, PartitionError, ShapeError } from '../base/errors.js';
import { type Defaults, requireOptions } from '../base/options.js';
import { around, formatShape, product, toAxis } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import type { Backend, Elements } from '../ports/backend.js';
import { Exchange, type MessagePort } from './exchange.js';
import { patternOf } from './exchange-pattern.js';
import { type IndexBox, Layout } from './layout.js';
import type { Traffic } from './transfer.js';

/** Ghost cells along one axis: how many before a rank's box, and how many after it. */
export interface HaloWidths {
  readonly axis: number;
  readonly front: number;
  readonly back: number;
}

/** Ghost cells on all sides of a rank's box. */
export interface HaloFrame {
  /** Cells before the box along each axis. */
  readonly before: readonly number[];
  /** Cells after it. */
  readonly after: readonly number[];
  /** At the ends of the global array: no cells (`clip`, default), or cells that are zero. */
  readonly edges?: 'clip' | 'zero';
}

function checkWidths(widths: readonly number[], name: string): void {
  if (!widths.every((w) => Number.isSafeInteger(w) && w >= 0))
    throw new ArgumentError(`expected non-negative ${name}, received ${formatShape(widths)}`);
}

function checkLayout(layout: Layout, ranks: number): void {
  if (layout.ranks !== ranks)
    throw new PartitionError(
      `expected a layout over the communicator's ${ranks} ranks, received one over ${layout.ranks}`,
    );
  if (layout.kind !== 'boxes')
    throw new PartitionError(
      `expected a layout of boxes, received concatenated blocks, which have no neighbours (${layout})`,
    );
}

/**
 * `box` with `before` more cells in front and `after` behind along `axis`, within `0 ≤ index < n`.
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

const FRAME = { before: undefined, after: undefined, edges: undefined } satisfies Defaults<HaloFrame>;

function checkFrame({ globalShape }: Layout, frame: HaloFrame): void {
  requireOptions('haloBox', frame, FRAME);
  for (const widths of [frame.before, frame.after])
    if (!Array.isArray(widths) || widths.length !== globalShape.length || !widths.every(Number.isSafeInteger))
      throw new ArgumentError(
        `haloBox: expected a number of cells for each of ${globalShape.length} axes, received ` +
          `${textOf(widths)}`,
      );
}

/**
 * A rank's box grown by its ghost cells: what {@link HaloBlockPlan} fills. Pure; any rank may ask
 * about any other. A rank that owns nothing gets nothing.
 */
export function haloBox(layout: Layout, rank: number, frame: HaloFrame): IndexBox {
  if (!(layout instanceof Layout))
    throw new ArgumentError(`haloBox: expected a Layout, received ${textOf(layout)}`);
  checkFrame(layout, frame);
  const box = layout.box(rank);
  if (product(box.shape) === 0) return box;
  const clip = (frame.edges ?? 'clip') === 'clip';
  const start = box.start.map((s, k) =>
    clip ? Math.max(0, s - (frame.before[k] as number)) : s - (frame.before[k] as number),
  );
  const shape = box.start.map((s, k) => {
    const end = s + (box.shape[k] as number) + (frame.after[k] as number);
    return (clip ? Math.min(end, layout.globalShape[k] as number) : end) - (start[k] as number);
  });
  return { start, shape };
}

const traffic = (exchange: Exchange, direction: 'sends' | 'receives'): Traffic[] =>
  exchange.pattern[direction].map(({ peer, size }) => ({ peer, size }));

/**
 * The cells next to this rank's box along one axis, in memory of their own, as
 * {@link Backend.stencil} reads them.
 *
 * `start(x)`, work on the interior, `finish()`; then `front` and `back` hold cells
 * `[outer, width, inner]`. Regions wider than a neighbour's block reach further ranks; ranks
 * without cells take part. Cost: at most one message to each rank that needs cells, none where
 * nothing is needed. Buffers and persistent requests are made once.
 */
export class HaloPlan {
  readonly axis: number;
  /**
   * Ghost cells that exist before and after the box: fewer than asked for near the ends of the
   * array, 0 for a rank that owns nothing.
   */
  readonly frontWidth: number;
  readonly backWidth: number;
  /** The cells before the box, the last one its neighbour; undefined where there are none. */
  readonly front: Elements | undefined;
  /** The cells after the box, the first one its neighbour; undefined where there are none. */
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
   * Never communicates; all ranks make the same plans in the same order of use. Throws
   * {@link PartitionError}, {@link ArgumentError}.
   */
  static create(
    layout: Layout,
    comm: MessagePort,
    widths: HaloWidths,
    dtype: DType,
    backend: Backend,
  ): HaloPlan {
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
    return new HaloPlan(
      axis,
      [around(front.shape, axis)[1], around(back.shape, axis)[1]],
      [cells[0], cells[1]],
      new Exchange(pattern, comm, dtype, backend, { bound: cells }),
    );
  }

  /** Elements that this rank sends to each other rank in a forward exchange. */
  get sends(): Traffic[] {
    return traffic(this.#exchange, 'sends');
  }

  /** Elements that it gets from each other rank. */
  get receives(): Traffic[] {
    return traffic(this.#exchange, 'receives');
  }

  /**
   * Begins to fill `front` and `back` with the neighbours' cells of `x`, which must not be written
   * until `finish`. Collective.
   */
  start(x: Elements): void {
    this.#alive().start(x);
  }

  finish(): void {
    this.#alive().finish();
  }

  /**
   * The adjoint exchange: begins to send the values of `front` and `back`, which the caller has
   * set, back to the cells' owners. Collective.
   */
  startAdjoint(): void {
    this.#alive().startAdjoint();
  }

  /** Adds what came back to `x`, in the order of the ranks: the same bits every time. */
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
 * `box.shape`; and the true adjoint, which adds the ghost cells' values to those of their owners.
 *
 * Any tiling works: process grids, uneven and empty blocks, widths larger than a block. Cost: at
 * most one message to each rank whose box meets the grown one.
 */
export class HaloBlockPlan {
  /**
   * The grown box in global coordinates; with `edges: 'zero'` it may reach beyond the global array.
   */
  readonly box: IndexBox;
  readonly #exchange: Exchange;

  private constructor(box: IndexBox, exchange: Exchange) {
    this.box = box;
    this.#exchange = exchange;
  }

  /**
   * Never communicates. Throws {@link PartitionError}, {@link ShapeError}, {@link ArgumentError} on
   * all ranks alike.
   */
  static create(
    layout: Layout,
    comm: MessagePort,
    frame: HaloFrame,
    dtype: DType,
    backend: Backend,
  ): HaloBlockPlan {
    checkLayout(layout, comm.size);
    const ndim = layout.globalShape.length;
    for (const side of ['before', 'after'] as const) {
      if (frame[side].length !== ndim)
        throw new ShapeError(
          `expected ${ndim} widths ${side} the box, one for each axis, received ${formatShape(frame[side])}`,
        );
      checkWidths(frame[side], `widths ${side} the box`);
    }
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
    return new HaloBlockPlan(haloBox(layout, comm.rank, frame), new Exchange(pattern, comm, dtype, backend));
  }

  get sends(): Traffic[] {
    return traffic(this.#exchange, 'sends');
  }

  get receives(): Traffic[] {
    return traffic(this.#exchange, 'receives');
  }

  /**
   * Begins `y ← H x`: x of the rank's box, y of the grown one. Neither may be touched until
   * `finish`. Collective.
   */
  start(x: Elements, y: Elements): void {
    this.#exchange.start(x, [y]);
  }

  finish(): void {
    this.#exchange.finish();
  }

  /** Begins `x ← Hᵀ y`. `y` must not be written until `finishAdjoint`. Collective. */
  startAdjoint(y: Elements): void {
    this.#exchange.startAdjoint([y]);
  }

  /** `x ← Hᵀ y`, or `x += Hᵀ y`: own cells first, then ghosts in the order of the ranks. */
  finishAdjoint(x: Elements, mode: 'set' | 'add' = 'set'): void {
    this.#exchange.finishAdjoint(x, mode);
  }

  /** `x ←` the cells of `y` that this rank owns, without its ghosts. Local. */
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

  /** Gives buffers and requests back. The plan can be used again and makes them anew. */
  dispose(): void {
    this.#exchange.dispose();
  }
}
