import { PartitionError, ShapeError } from '../base/errors.js';
import { PlanCache } from '../base/plan-cache.js';
import { formatShape, sameShape, stridesOf } from '../base/shape.js';
import type { Elements } from '../ports/backend.js';
import type { Communicator } from '../ports/communicator.js';
import { withElements } from '../vector/workspace.js';
import { checkDisjoint, checkElements, type MessagePort, PooledExchanges } from './exchange.js';
import {
  checkRanks,
  type Pattern,
  type Piece,
  patternOf,
  pieceOf,
  type Traffic,
  trafficOf,
} from './exchange-pattern.js';
import type { Layout } from './layout.js';

type TransferPort = MessagePort & Pick<Communicator, 'allgatherv'>;

/** Large enough for several operators that change layouts back and forth. */
const cache = new PlanCache<string, TransferPlan>(64, { dispose: (plan) => plan.dispose() });

function checkLayout(layout: Layout, ranks: number): void {
  checkRanks(layout, ranks);
  if (layout.kind === 'concatenated' && layout.localShapes.some((s) => s.length !== 1)) {
    throw new PartitionError(
      'expected a layout of boxes, received concatenated blocks that have no place in a global array ' +
        `(${layout}): ravel them, or make it with a global shape`,
    );
  }
}

/**
 * Moves an array from one layout to another of the same global shape and ranks.
 *
 * The plan is the intersections of the ranks' boxes, computed without communication. Cost: one
 * message to each rank with a new box that intersects this rank's old one; none from a replicated
 * layout; a single allgatherv to a replicated one. Buffers come from the backend's pool and are
 * released after each run, so that a plan holds no memory. Pieces that are one run of memory are
 * neither packed nor unpacked.
 */
export class TransferPlan {
  readonly from: Layout;
  readonly to: Layout;
  readonly #port: TransferPort;
  readonly #pattern: Pattern;
  /** For transfers to replicated layouts: the position of each rank's box in the whole array. */
  readonly #parts: readonly Piece[] | undefined;
  readonly #counts: readonly number[];
  /** True if the parts, one after another, are the whole array. */
  readonly #ordered: boolean;
  readonly #exchanges: PooledExchanges;

  private constructor(from: Layout, to: Layout, port: TransferPort) {
    this.from = from;
    this.to = to;
    this.#port = port;
    const demand = {
      globalShape: from.globalShape,
      replicated: from.replicated,
      held: (rank: number) => from.box(rank),
      wanted: (rank: number) => [to.box(rank)],
    };
    this.#pattern = patternOf(demand, port.rank, port.size);
    this.#exchanges = new PooledExchanges(this.#pattern, port);
    if (to.replicated && !from.replicated && port.size > 1) {
      const whole = to.box(0);
      this.#parts = Array.from({ length: port.size }, (_, rank) => pieceOf(from.box(rank), whole));
    }
    this.#counts = (this.#parts ?? []).map((p) => p.size);
    let at = 0;
    this.#ordered = (this.#parts ?? []).every((p) => {
      const fits = p.size === 0 || (p.contiguous && p.start === at);
      at += p.size;
      return fits;
    });
  }

  /**
   * Returns the plan between two layouts. Recent plans are cached.
   * @throws {@link PartitionError} or {@link ShapeError}, the same on all ranks, if there is no
   *   such transfer
   */
  static between(from: Layout, to: Layout, comm: TransferPort): TransferPlan {
    return cache.get(`${comm.id}: ${from.key} -> ${to.key}`, () => {
      checkLayout(from, comm.size);
      checkLayout(to, comm.size);
      if (!sameShape(from.globalShape, to.globalShape))
        throw new ShapeError(
          `expected layouts of one global shape, received ${formatShape(from.globalShape)} and ` +
            `${formatShape(to.globalShape)}`,
        );
      return new TransferPlan(from, to, comm);
    });
  }

  /** Elements that this rank sends to each other rank. */
  get sends(): Traffic[] {
    return trafficOf(this.#pattern.sends);
  }

  /** Elements that this rank receives from each other rank. */
  get receives(): Traffic[] {
    return trafficOf(this.#pattern.receives);
  }

  /**
   * `y ← x`, in C order, of one dtype and backend, without shared memory. Collective.
   * @param x this rank's part in `from`
   * @param y this rank's part in `to`
   */
  run(x: Elements, y: Elements): void {
    if (this.#parts) return this.#gather(x, y, this.#parts);
    const exchange = this.#exchanges.of(x.storage);
    exchange.start(x, [y]);
    exchange.finish();
  }

  /** Disposes of the exchanges. The plan can be used again and then makes them again. */
  dispose(): void {
    this.#exchanges.dispose();
  }

  #gather(x: Elements, y: Elements, parts: readonly Piece[]): void {
    const { backend, dtype } = x.storage;
    checkElements(x, this.#pattern.sourceSize, dtype, backend, 'the array');
    checkElements(y, this.to.size, dtype, backend, 'the target');
    checkDisjoint(x, y);
    if (this.#ordered) {
      this.#port.allgatherv(x, y, this.#counts);
      return;
    }
    // The buffer is as large as the whole array. The backend's pool keeps it, not the plan.
    withElements(backend, dtype, y.size, (gathered) => {
      this.#port.allgatherv(x, gathered, this.#counts);
      let offset = 0;
      for (const { shape, size, start, strides } of parts) {
        if (size > 0)
          backend.stridedCopy(
            shape,
            { elements: { storage: gathered.storage, offset, size }, start: 0, strides: stridesOf(shape) },
            { elements: y, start, strides },
            'set',
          );
        offset += size;
      }
    });
  }
}
