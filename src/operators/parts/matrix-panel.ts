import { product, type Shape } from '../../core/base/shape.js';
import { PooledExchanges } from '../../core/distributed/exchange.js';
import { type Pattern, patternOf } from '../../core/distributed/exchange-pattern.js';
import type { IndexBox } from '../../core/distributed/layout.js';
import type { Elements } from '../../core/ports/backend.js';
import type { Communicator } from '../../core/ports/communicator.js';

/** Rows of a matrix in memory: the first element and the distance between rows. */
export interface Rows {
  readonly elements: Elements;
  readonly ld: number;
}

const contains = (outer: IndexBox, inner: IndexBox): boolean =>
  inner.start.every((s, k) => {
    const first = outer.start[k] as number;
    return s >= first && s + (inner.shape[k] as number) <= first + (outer.shape[k] as number);
  });

/** A panel that is being received. */
export interface PendingPanel {
  /** Waits for the panel and returns it. */
  finish(): Rows;
  /** Releases the buffer of the panel. */
  release(): void;
}

/**
 * A part of a distributed matrix of which every rank needs another box. A rank that holds its box
 * reads it in place. Other ranks receive it by at most one message from each rank that holds some
 * of it.
 */
export class MatrixPanel {
  /** The shape of the box that this rank needs. */
  readonly shape: Shape;
  readonly #at: { readonly offset: number; readonly ld: number } | undefined;
  readonly #pattern: Pattern;
  readonly #exchanges: PooledExchanges;

  constructor(
    shape: Shape,
    held: (rank: number) => IndexBox,
    needed: (rank: number) => IndexBox,
    comm: Communicator,
  ) {
    const wanted = (rank: number): IndexBox[] => {
      const box = needed(rank);
      return product(box.shape) === 0 || contains(held(rank), box) ? [] : [box];
    };
    const [own, box] = [held(comm.rank), needed(comm.rank)];
    this.shape = box.shape;
    this.#pattern = patternOf({ globalShape: shape, replicated: false, held, wanted }, comm.rank, comm.size);
    this.#exchanges = new PooledExchanges(this.#pattern, comm);
    if (this.#pattern.targetSizes.length === 0) {
      const ld = own.shape[1] as number;
      const [row, column] = [0, 1].map((k) => (box.start[k] as number) - (own.start[k] as number)) as [
        number,
        number,
      ];
      this.#at = { offset: product(box.shape) === 0 ? 0 : row * ld + column, ld };
    }
  }

  /** The number of messages that this rank sends for the panel. */
  get sends(): number {
    return this.#pattern.sends.length;
  }

  /** Starts to receive the panel from the ranks that hold it. Collective. */
  start(x: Elements): PendingPanel {
    const exchange = this.#exchanges.of(x.storage);
    const [rows, columns] = this.shape as readonly [number, number];
    const storage = this.#at ? undefined : x.storage.backend.alloc(x.storage.dtype, rows * columns);
    const buffer = storage && { storage, offset: 0, size: rows * columns };
    exchange.start(x, buffer ? [buffer] : []);
    return {
      finish: () => {
        exchange.finish();
        return buffer ? { elements: buffer, ld: columns } : this.own(x);
      },
      release: () => {
        if (storage) x.storage.backend.release(storage);
      },
    };
  }

  /** The panel within the memory of this rank, if this rank holds its box. */
  own(x: Elements): Rows {
    const { offset, ld } = this.#at ?? { offset: 0, ld: 0 };
    const [rows, columns] = this.shape as readonly [number, number];
    const size = rows * columns === 0 ? 0 : (rows - 1) * ld + columns;
    return { elements: { storage: x.storage, offset: x.offset + offset, size }, ld };
  }

  /**
   * The adjoint: `fill` writes this rank's box, which is then sent to the owners. `finish` adds the
   * received values to x. A rank that holds its box writes it into x at once. Collective.
   */
  startAdjoint(x: Elements, fill: (rows: Rows) => void): { finish(): void } {
    const { backend, dtype } = x.storage;
    const exchange = this.#exchanges.of(x.storage);
    const [rows, columns] = this.shape as readonly [number, number];
    if (this.#at) {
      fill(this.own(x));
      exchange.startAdjoint([]);
      return { finish: () => exchange.finishAdjoint(x, 'add') };
    }
    const storage = backend.alloc(dtype, rows * columns);
    const buffer = { storage, offset: 0, size: rows * columns };
    try {
      fill({ elements: buffer, ld: columns });
    } catch (error) {
      backend.release(storage);
      throw error;
    }
    exchange.startAdjoint([buffer]);
    return {
      finish: () => {
        exchange.finishAdjoint(x, 'add');
        backend.release(storage);
      },
    };
  }
}

/** One step of a product: the two panels that are multiplied. */
export interface PanelPair {
  readonly a: MatrixPanel;
  readonly b: MatrixPanel;
}

/**
 * Calls `multiply` for one pair of panels after another, and receives the next pair meanwhile.
 * Collective.
 */
export function overPanels(
  pairs: readonly PanelPair[],
  a: Elements,
  b: Elements,
  multiply: (a: Rows, b: Rows, step: number) => void,
): void {
  const begin = (step: number) => {
    const pair = pairs[step];
    return pair && [pair.a.start(a), pair.b.start(b)];
  };
  let pending = begin(0);
  for (let step = 0; pending; step++) {
    const next = begin(step + 1);
    const [p, q] = pending as [PendingPanel, PendingPanel];
    try {
      multiply(p.finish(), q.finish(), step);
    } finally {
      p.release();
      q.release();
    }
    pending = next;
  }
}
