import { PartitionError, ShapeError } from '../base/errors.js';
import { PlanCache } from '../base/plan-cache.js';
import { formatShape, sameShape, stridesOf } from '../base/shape.js';
import type { Elements } from '../ports/backend.js';
import type { Communicator } from '../ports/communicator.js';
import { withElements } from '../vector/workspace.js';
import { checkDisjoint, checkElements, LentExchanges, type MessagePort } from './exchange.js';
import { type Pattern, type Piece, patternOf, pieceOf } from './exchange-pattern.js';
import type { Layout } from './layout.js';

/** How many elements go to, or come from, a rank. */
export interface Traffic {
  readonly peer: number;
  readonly size: number;
}

type TransferPort = MessagePort & Pick<Communicator, 'allgatherv'>;

/** Room for several operators that change layouts back and forth. */
const cache = new PlanCache<string, TransferPlan>(64, { dispose: (plan) => plan.dispose() });

function checkLayout(layout: Layout, ranks: number): void {
  if (layout.ranks !== ranks)
    throw new PartitionError(
      `expected a layout over the communicator's ${ranks} ranks, received one over ${layout.ranks}`,
    );
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
 * message to each rank whose new box meets this rank's old one; none from a replicated layout; to a
 * replicated one a single allgatherv. Buffers are lent by the backend's pool and given back, so
 * that a plan holds no memory; pieces that are one run of memory are neither packed nor unpacked.
 */
export class TransferPlan {
  readonly from: Layout;
  readonly to: Layout;
  readonly #port: TransferPort;
  readonly #pattern: Pattern;
  /** To replicated layouts: what each rank has, and where it lies in the whole. */
  readonly #parts: readonly Piece[] | undefined;
  readonly #counts: readonly number[];
  /** The parts, one after another, are the whole. */
  readonly #ordered: boolean;
  readonly #exchanges: LentExchanges;

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
    this.#exchanges = new LentExchanges(this.#pattern, port);
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
   * The plan between two layouts; recent ones are kept. Throws {@link PartitionError},
   * {@link ShapeError} on all ranks alike.
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

  /** Elements that this rank has for each other rank. */
  get sends(): Traffic[] {
    return this.#pattern.sends.map(({ peer, size }) => ({ peer, size }));
  }

  /** Elements that this rank needs of each other rank. */
  get receives(): Traffic[] {
    return this.#pattern.receives.map(({ peer, size }) => ({ peer, size }));
  }

  /**
   * `y ← x`, x this rank's part in `from`, y in `to`, C order, of one dtype and backend, sharing no
   * memory. Collective.
   */
  run(x: Elements, y: Elements): void {
    if (this.#parts) return this.#gather(x, y, this.#parts);
    const exchange = this.#exchanges.of(x.storage);
    exchange.start(x, [y]);
    exchange.finish();
  }

  /** Forgets its exchanges. The plan can be used again and makes them anew. */
  dispose(): void {
    this.#exchanges.dispose();
  }

  #gather(x: Elements, y: Elements, parts: readonly Piece[]): void {
    const { backend, dtype } = x.storage;
    checkElements(x, this.#pattern.sourceSize, dtype, backend, 'the array');
    checkElements(y, this.to.size, dtype, backend, 'the target');
    checkDisjoint(x, y);
    const send = x.storage.span(x.offset, x.size);
    if (this.#ordered) {
      this.#port.allgatherv(send, y.storage.span(y.offset, y.size), this.#counts);
      return;
    }
    // As large as the whole array: the backend's pool keeps it, not the plan
    withElements(backend, dtype, y.size, ({ storage }) => {
      this.#port.allgatherv(send, storage.span(0, y.size), this.#counts);
      let offset = 0;
      for (const { shape, size, start, strides } of parts) {
        if (size > 0)
          backend.stridedCopy(
            shape,
            { elements: { storage, offset, size }, start: 0, strides: stridesOf(shape) },
            { elements: y, start, strides },
            'set',
          );
        offset += size;
      }
    });
  }
}
