import type { Transferable } from './span.js';

/** Element-wise reductions over ranks. `land` and `lor` are logical, on int32. */
export type ReduceOp = 'sum' | 'prod' | 'max' | 'min' | 'land' | 'lor';

/**
 * A pending operation. Its memory must not be touched until `wait` returned or `test` answered
 * true.
 */
export interface Request {
  wait(): void;
  /** True once the operation is complete; never blocks. */
  test(): boolean;
}

/** An operation with fixed memory and partner, started again and again. */
export interface PersistentRequest extends Request {
  start(): void;
  /** Releases the request. It must not be active. */
  free(): void;
}

/**
 * What was sent since the communicator was made or `reset`: how tests count the cost of an
 * operation.
 */
export interface CommCounters {
  /** Point-to-point messages that this rank sent. */
  messages: number;
  /** Bytes in them. */
  bytes: number;
  /** Reductions (allreduce, reduce, also non-blocking) that this rank took part in. */
  reductions: number;
  /** All other collective calls, barriers and object collectives included. */
  collectives: number;
  /** Sets all of them to zero. */
  reset(): void;
}

/**
 * Compares what the ranks of a communicator are about to do: collective, in debug mode only. Throws
 * `MpiError` on all ranks, which says what each of them does and where.
 */
export interface CallChecker {
  /** All ranks must describe it alike. */
  same(what: string): void;
  /** The elements that each rank sends to others must be those that they expect from it. */
  messages(
    what: string,
    out: readonly { readonly peer: number; readonly size: number }[],
    incoming: readonly { readonly peer: number; readonly size: number }[],
  ): void;
}

/** Where a message came from, for wildcards. */
export interface Status {
  readonly source: number;
  readonly tag: number;
}

/** Whether a message layer reads and writes device memory itself. */
export interface DeviceMemorySupport {
  readonly supported: boolean;
  /** What was asked. */
  readonly query: string;
}

/**
 * What core needs of a message layer: MPI's calls on spans, synchronous.
 *
 * Lengths are elements. In-place forms leave out the send span. Counts above 2³¹ work. All errors
 * are `MpiError`, an argument that does not fit (sizes, ranks out of range) is refused before
 * anything is sent.
 */
export interface Communicator {
  readonly rank: number;
  readonly size: number;
  /** Differs between communicators of this process, the same for one and the same communicator. */
  readonly id: number;
  readonly counters: CommCounters;
  /** In debug mode (`LOPS_DEBUG=1`) only. */
  readonly checker?: CallChecker | undefined;
  /** What the message layer says about device memory. */
  deviceMemory(): DeviceMemorySupport;

  barrier(): void;
  bcast(data: Transferable, root?: number): void;
  /** `recv ← op over ranks of send`; with one span, in place. All ranks get the same bits. */
  allreduce(sendOrInPlace: Transferable, op: ReduceOp, recv?: Transferable): void;
  iallreduce(inPlace: Transferable, op: ReduceOp): Request;
  /** `recv` counts on `root` only; without it the root reduces in place. */
  reduce(sendOrInPlace: Transferable, op: ReduceOp, root: number, recv?: Transferable): void;
  /** `recv.length = size · send.length` */
  allgather(send: Transferable, recv: Transferable): void;
  /** Rank r's part has `counts[r]` elements, one after another. */
  allgatherv(send: Transferable, recv: Transferable, counts: readonly number[]): void;
  gather(send: Transferable, recv: Transferable | undefined, root?: number): void;
  gatherv(send: Transferable, recv: Transferable | undefined, counts: readonly number[], root?: number): void;
  scatter(send: Transferable | undefined, recv: Transferable, root?: number): void;
  scatterv(
    send: Transferable | undefined,
    recv: Transferable,
    counts: readonly number[],
    root?: number,
  ): void;
  alltoall(send: Transferable, recv: Transferable): void;
  alltoallv(
    send: Transferable,
    sendCounts: readonly number[],
    recv: Transferable,
    recvCounts: readonly number[],
  ): void;

  send(data: Transferable, to: number, tag?: number): void;
  /** `from` and `tag` may be `ANY`. */
  recv(data: Transferable, from: number, tag?: number): Status;
  sendrecv(send: Transferable, to: number, recv: Transferable, from: number, tag?: number): Status;
  isend(data: Transferable, to: number, tag?: number): Request;
  irecv(data: Transferable, from: number, tag?: number): Request;
  sendInit(data: Transferable, to: number, tag?: number): PersistentRequest;
  recvInit(data: Transferable, from: number, tag?: number): PersistentRequest;
  startAll(requests: readonly PersistentRequest[]): void;
  waitAll(requests: readonly Request[]): void;

  /** Object collectives for metadata: anything that `structuredClone` takes. */
  bcastObject<T>(value: T, root?: number): T;
  allgatherObject<T>(value: T): T[];
  /** The list on the root, undefined elsewhere. */
  gatherObject<T>(value: T, root?: number): T[] | undefined;

  /**
   * Ranks of one colour share a communicator, ordered by key, then rank; `undefined` takes part and
   * gets none.
   */
  split(color: number, key?: number): Communicator;
  split(color: number | undefined, key?: number): Communicator | undefined;
  /** Ranks that share memory (one node). */
  splitShared(): Communicator;
  dup(): Communicator;
  /** A Cartesian topology over the first `∏ dims` ranks; undefined on the others. */
  cart(dims: readonly number[], options?: CartOptions): CartesianCommunicator | undefined;
  free(): void;
  /** Ends the whole job at once. */
  abort(code: number, message?: string): never;
}

/** Options of {@link Communicator.cart}. */
export interface CartOptions {
  /** Whether the grid closes, along each axis. @default false along all */
  readonly periodic?: readonly boolean[];
  /** Ranks may be numbered anew. @default false */
  readonly reorder?: boolean;
}

/** A communicator whose ranks have places in a grid. */
export interface CartesianCommunicator extends Communicator {
  readonly dims: readonly number[];
  readonly periodic: readonly boolean[];
  readonly coords: readonly number[];
  coordsOf(rank: number): number[];
  /** Undefined for coordinates outside the grid along an axis that is not periodic. */
  rankOf(coords: readonly number[]): number | undefined;
  /** The neighbours `displacement` steps behind and ahead along an axis. */
  shift(
    axis: number,
    displacement?: number,
  ): { readonly source: number | undefined; readonly destination: number | undefined };
}

/** Wildcard for the source or the tag of a receive. */
export const ANY = -1;
