import type { DType } from '../base/dtype.js';
import { ArgumentError, PartitionError, ShapeError } from '../base/errors.js';
import { checkList, checkOneOf, type Defaults, requireOptions } from '../base/options.js';
import { formatShape, product, toAxis } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import type { Backend, Elements } from '../ports/backend.js';
import { Exchange, type MessagePort, type Targets, within } from './exchange.js';
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

function checkLayout(layout: Layout, ranks: number): void {
  checkRanks(layout, ranks);
  if (layout.kind !== 'boxes')
    throw new PartitionError(
      `expected a layout of boxes, received concatenated blocks, which have no neighbours (${layout})`,
    );
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
    if (!given[side].every((w) => Number.isSafeInteger(w) && w >= 0))
      throw new ArgumentError(
        `${owner}: expected non-negative widths ${side} the box, received ${formatShape(given[side])}`,
      );
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
  return grownBox(layout, rank, frameFor(layout, frame));
}

function grownBox(layout: Layout, rank: number, { before, after, edges }: Required<HaloFrame>): IndexBox {
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
 * Ghost cells of this rank's box. All ranks make the same plans and use them in the same order,
 * also those without cells. Any tiling works: process grids, uneven and empty blocks, widths larger
 * than a block. Cost: at most one message to each rank that needs cells, none if nothing is needed.
 * Buffers and persistent requests are made once.
 */
abstract class HaloPlan {
  /**
   * The box of this rank with its ghost cells, in global coordinates. With `edges: 'zero'` it may
   * extend beyond the global array.
   */
  readonly box: IndexBox;
  protected readonly exchange: Exchange;

  /**
   * Never communicates.
   * @param wanted the boxes that are filled on a rank, from its grown box and its own
   * @param bind returns memory for those boxes, if it is always the same
   */
  protected constructor(
    layout: Layout,
    comm: MessagePort,
    given: HaloFrame,
    dtype: DType,
    backend: Backend,
    wanted: (grown: IndexBox, own: IndexBox) => readonly IndexBox[],
    bind?: (sizes: readonly number[]) => Targets,
  ) {
    checkLayout(layout, comm.size);
    const frame = frameFor(layout, given);
    const pattern = patternOf(
      {
        globalShape: layout.globalShape,
        replicated: layout.replicated,
        held: (rank) => layout.box(rank),
        wanted: (rank) => wanted(grownBox(layout, rank, frame), layout.box(rank)),
      },
      comm.rank,
      comm.size,
    );
    this.box = grownBox(layout, comm.rank, frame);
    this.exchange = new Exchange(pattern, comm, dtype, backend, { bound: bind?.(pattern.targetSizes) });
  }

  /** Elements that this rank sends to each other rank in a forward exchange. */
  get sends(): Traffic[] {
    return trafficOf(this.exchange.pattern.sends);
  }

  /** Elements that this rank receives from each other rank. */
  get receives(): Traffic[] {
    return trafficOf(this.exchange.pattern.receives);
  }

  /** Ends what `start` began. */
  finish(): void {
    this.exchange.finish();
  }
}

/**
 * This rank's box with ghost cells on all sides, corners included, as one contiguous array of
 * `box.shape`. The true adjoint adds the values of the ghost cells to those of their owners.
 */
export class BoxHaloPlan extends HaloPlan {
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
    return new BoxHaloPlan(layout, comm, frame, dtype, backend, (grown) => [grown]);
  }

  /**
   * Starts `y ← H x`, where x is this rank's box and y the grown one. Until `finish`, neither may
   * be read or written. Collective.
   */
  start(x: Elements, y: Elements): void {
    this.exchange.start(x, [y]);
  }

  /** Starts `x ← Hᵀ y`. `y` must not be written until `finishAdjoint`. Collective. */
  startAdjoint(y: Elements): void {
    this.exchange.startAdjoint([y]);
  }

  /** `x ← Hᵀ y`, or `x += Hᵀ y`. Own cells are added first, then ghost cells in rank order. */
  finishAdjoint(x: Elements, mode: 'set' | 'add' = 'set'): void {
    this.exchange.finishAdjoint(x, mode);
  }

  /** Copies to `x` the cells of `y` that this rank owns, without the ghost cells. Local. */
  crop(y: Elements, x: Elements): void {
    for (const { from, to } of this.exchange.pattern.copies)
      this.exchange.backend.stridedCopy(from.shape, within([y], to), within([x], from), 'set');
  }

  /** Releases buffers and requests. The plan can be used again and then allocates them again. */
  dispose(): void {
    this.exchange.dispose();
  }
}

/**
 * The ghost cells along one axis, in memory of the plan, as {@link Backend.stencil} reads them.
 *
 * Call `start(x)`, work on the interior, then call `finish()`. After that `front` and `back` hold
 * cells `[outer, width, inner]`. If a width is larger than a neighbour's block, cells come from
 * ranks farther away.
 */
export class AxisHaloPlan extends HaloPlan {
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
  #disposed = false;

  /**
   * Makes a plan. Never communicates.
   * @throws {@link PartitionError}, {@link ShapeError} or {@link ArgumentError}, the same on all
   *   ranks, if the layout, the axis or a width is invalid
   */
  static create(
    layout: Layout,
    comm: MessagePort,
    widths: HaloWidths,
    dtype: DType,
    backend: Backend,
  ): AxisHaloPlan {
    const axis = toAxis(widths.axis, layout.globalShape.length);
    const along = (width: number) => layout.globalShape.map((_, k) => (k === axis ? width : 0));
    const frame = { before: along(widths.front), after: along(widths.back) };
    return new AxisHaloPlan(layout, comm, axis, frame, dtype, backend);
  }

  private constructor(
    layout: Layout,
    comm: MessagePort,
    axis: number,
    frame: HaloFrame,
    dtype: DType,
    backend: Backend,
  ) {
    let cells: Targets = [];
    const beside = (grown: IndexBox, own: IndexBox) => sides(grown, own, axis);
    const allocate = (sizes: readonly number[]) => (cells = allocateRuns(sizes, dtype, backend));
    super(layout, comm, frame, dtype, backend, beside, allocate);
    [this.front, this.back] = cells;
    this.axis = axis;
    const [front, back] = sides(this.box, layout.box(comm.rank), axis);
    this.frontWidth = front.shape[axis] as number;
    this.backWidth = back.shape[axis] as number;
  }

  /**
   * Starts to fill `front` and `back` with the neighbours' cells of `x`, which must not be written
   * until `finish`. Collective.
   */
  start(x: Elements): void {
    this.#alive().start(x);
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
    this.exchange.finishAdjoint(x, 'add');
  }

  /** Releases memory and requests. The plan must not be used again. */
  dispose(): void {
    if (this.#disposed) return;
    this.exchange.dispose();
    const cells = this.front ?? this.back;
    if (cells) this.exchange.backend.release(cells.storage);
    this.#disposed = true;
  }

  #alive(): Exchange {
    if (this.#disposed) throw new ArgumentError('expected a live halo plan, this one was disposed of');
    return this.exchange;
  }
}

/** The parts of a grown box before and after the own box along `axis`, the only axis that grows. */
function sides(grown: IndexBox, own: IndexBox, axis: number): readonly [IndexBox, IndexBox] {
  const [first, last] = [grown.start[axis] as number, own.start[axis] as number];
  const after = last + (own.shape[axis] as number);
  const along = (start: number, end: number): IndexBox => ({
    start: own.start.with(axis, start),
    shape: own.shape.with(axis, end - start),
  });
  return [along(first, last), along(after, first + (grown.shape[axis] as number))];
}

/** Runs of these sizes, one after another in one storage. Undefined for a size of 0. */
function allocateRuns(sizes: readonly number[], dtype: DType, backend: Backend): Targets {
  const total = sizes.reduce((sum, n) => sum + n, 0);
  const storage = total > 0 ? backend.alloc(dtype, total) : undefined;
  let offset = 0;
  return sizes.map((size) => {
    const run = storage && size > 0 ? { storage, offset, size } : undefined;
    offset += size;
    return run;
  });
}
