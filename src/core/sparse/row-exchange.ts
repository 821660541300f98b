import { type NDArray, NDArraySpace } from '../array/ndarray.js';
import { INDEX_DTYPE } from '../base/dtype.js';
import { memo } from '../base/memo.js';
import { keep } from '../base/scope.js';
import type { Backend, Elements } from '../ports/backend.js';
import type { Communicator, Request } from '../ports/communicator.js';
import { storageOf } from '../ports/kernel-operands.js';
import { withElements } from '../vector/workspace.js';

/** The tag of these messages. Two ranks start their exchanges with each other in the same order. */
const TAG = 27761;

/** A run of rows of a buffer that are sent to a rank, or received from it. */
interface Part {
  readonly peer: number;
  readonly start: number;
  readonly size: number;
}

/** The runs of each rank with any rows. */
function partsOf(counts: Int32Array): Part[] {
  let start = 0;
  return Array.from(counts, (size, peer) => {
    const part = { peer, start, size };
    start += size;
    return part;
  }).filter(({ size }) => size > 0);
}

/** Rows that ranks need of each other. */
export interface Requests {
  /** How many rows this rank needs of each rank. */
  readonly needs: Int32Array;
  /** How many rows of this rank each rank needs, and which, rank after rank. */
  readonly needed: Int32Array;
  readonly rows: Int32Array;
}

/** Tells each rank which of its rows this one needs. One exchange of counts, one of places. */
export function requestRows(comm: Communicator, cuts: readonly number[], wanted: Int32Array): Requests {
  const needs = new Int32Array(comm.size);
  let owner = 0;
  for (const row of wanted) {
    while (row >= (cuts[owner + 1] as number)) owner++;
    needs[owner] = (needs[owner] as number) + 1;
  }
  const needed = new Int32Array(comm.size);
  comm.alltoall(needs, needed);
  const rows = new Int32Array(needed.reduce((sum, n) => sum + n, 0));
  comm.alltoallv(wanted, [...needs], rows, [...needed]);
  return { needs, needed, rows };
}

/**
 * Moves single rows of an array that is split by rows to the ranks that need them, and back. Made
 * collectively: one exchange of counts, and one of places. Each call then sends one message to each
 * rank that needs rows of this one, and none to others.
 */
export class RowExchange {
  /** The number of rows that this rank needs of others. */
  readonly needed: number;
  readonly #comm: Communicator;
  readonly #own: number;
  readonly #sends: readonly Part[];
  readonly #receives: readonly Part[];
  /** The rows of this rank's part that others need, rank after rank. */
  readonly #places: Int32Array;
  readonly #indices = new WeakMap<Backend, NDArray>();

  /**
   * @param cuts where the rows of each rank begin, and where the last end
   * @param needed the rows of other ranks that this rank needs, ascending
   */
  constructor(comm: Communicator, cuts: readonly number[], needed: Int32Array) {
    const from = cuts[comm.rank] as number;
    const requests = requestRows(comm, cuts, needed);
    this.#comm = comm;
    this.#own = (cuts[comm.rank + 1] as number) - from;
    this.#sends = partsOf(requests.needed);
    this.#receives = partsOf(requests.needs);
    this.#places = requests.rows.map((row) => row - from);
    this.needed = needed.length;
  }

  /**
   * Fills `received` with the rows that this rank needs, of `inner` elements each.
   * @param x the rows of this rank
   * @param meanwhile work that does not need them
   */
  fetch(x: Elements, received: Elements, inner: number, meanwhile: () => void): void {
    this.#exchange(x, inner, (packed) => {
      const requests = this.#start('irecv', this.#receives, received, inner);
      if (packed.size > 0) storageOf(x).backend.gather(x, packed, this.#table(x, inner));
      requests.push(...this.#start('isend', this.#sends, packed, inner));
      meanwhile();
      this.#comm.waitAll(requests);
    });
  }

  /**
   * The adjoint of {@link fetch}: adds rows of this rank's for others to theirs, in the order of
   * ranks. `meanwhile` may write x.
   */
  addBack(sent: Elements, x: Elements, inner: number, meanwhile: () => void): void {
    this.#exchange(x, inner, (arrived) => {
      const requests = this.#start('irecv', this.#sends, arrived, inner);
      requests.push(...this.#start('isend', this.#receives, sent, inner));
      meanwhile();
      this.#comm.waitAll(requests);
      if (arrived.size > 0) storageOf(x).backend.scatterAdd(arrived, x, this.#table(x, inner));
    });
  }

  #exchange(x: Elements, inner: number, body: (buffer: Elements) => void): void {
    const { backend, dtype } = storageOf(x);
    withElements(backend, dtype, this.#places.length * inner, body);
  }

  #start(call: 'isend' | 'irecv', parts: readonly Part[], buffer: Elements, inner: number): Request[] {
    return parts.map(({ peer, start, size }) =>
      this.#comm[call](storageOf(buffer).span(buffer.offset + start * inner, size * inner), peer, TAG),
    );
  }

  #table(x: Elements, inner: number) {
    const { backend } = storageOf(x);
    const index = memo(this.#indices, backend, () =>
      keep(NDArraySpace.of([this.#places.length], INDEX_DTYPE, backend).upload(this.#places)),
    );
    return { outer: 1, nx: this.#own, ny: this.#places.length, inner, width: 1, index };
  }
}
