import type { Transferable } from './span.js';

/** Element-wise reductions over ranks. `land` and `lor` are logical, on dtypes of whole numbers. */
export type ReduceOp = 'sum' | 'prod' | 'max' | 'min' | 'land' | 'lor';

/**
 * A pending operation. Its memory must not be read or written until `wait` has returned, or `test`
 * has returned true.
 */
export interface Request {
  wait(): void;
  /** True if the operation is complete. Never blocks. */
  test(): boolean;
}

/** An operation with fixed memory and a fixed partner, which can be started again and again. */
export interface PersistentRequest extends Request {
  start(): void;
  /** Releases the request. It must not be active. */
  free(): void;
}

/**
 * Counts of what this rank has sent since the communicator was made, or since `reset`. Tests
 * measure the cost of an operation with them.
 */
export interface CommCounters {
  /** Point-to-point messages that this rank sent. */
  messages: number;
  /** The bytes of these messages. */
  bytes: number;
  /** Reductions (allreduce, reduce, also non-blocking ones) in which this rank took part. */
  reductions: number;
  /** All other collective calls, including barriers and object collectives. */
  collectives: number;
  /** The part of `messages` and `bytes` that went to one rank. */
  sentTo(rank: number): { readonly messages: number; readonly bytes: number };
  /** Sets all counts to zero. */
  reset(): void;
}

/**
 * Compares the calls that the ranks of a communicator are about to make. Collective; in debug mode
 * only.
 * @throws `MpiError` on all ranks; the message contains each rank's call and its place in the code
 */
export interface CallChecker {
  /** Checks that all ranks give the same description. */
  same(what: string): void;
  /** Checks that each rank sends to another one as many elements as that rank expects. */
  messages(
    what: string,
    out: readonly { readonly peer: number; readonly size: number }[],
    incoming: readonly { readonly peer: number; readonly size: number }[],
  ): void;
}

/** The source and the tag of a received message, for receives with wildcards. */
export interface Status {
  readonly source: number;
  readonly tag: number;
}

/** Whether a message layer reads and writes device memory itself. */
export interface DeviceMemorySupport {
  readonly supported: boolean;
  /** The query that gave this result. */
  readonly query: string;
}

/**
 * The part of a message layer that core needs: the calls of MPI on spans, synchronous.
 *
 * Lengths are in elements. In-place forms leave out the send span. Counts above 2³¹ work. All
 * errors are `MpiError`. Invalid arguments (sizes, ranks out of range) are refused before anything
 * is sent.
 */
export interface Communicator {
  readonly rank: number;
  readonly size: number;
  /** The number of this communicator, unique among those of this process. */
  readonly id: number;
  readonly counters: CommCounters;
  /** In debug mode (`LOPS_DEBUG=1`) only. */
  readonly checker?: CallChecker | undefined;
  /** Whether the message layer reads and writes device memory itself. */
  deviceMemory(): DeviceMemorySupport;

  barrier(): void;
  bcast(data: Transferable, root?: number): void;
  /** `recv ← op over ranks of send`; with one span, in place. All ranks have the same bits. */
  allreduce(sendOrInPlace: Transferable, op: ReduceOp, recv?: Transferable): void;
  iallreduce(inPlace: Transferable, op: ReduceOp): Request;
  /** `recv` is used on `root` only. Without it, the root reduces in place. */
  reduce(sendOrInPlace: Transferable, op: ReduceOp, root: number, recv?: Transferable): void;
  /**
   * `recv ← this rank's part of (op over ranks of send)`. The part of rank r has `counts[r]`
   * elements; all ranks pass the same counts. `send` and `recv` do not overlap.
   * @param counts by default, all parts are as long as `recv`
   */
  reduceScatter(send: Transferable, op: ReduceOp, recv: Transferable, counts?: readonly number[]): void;
  /** `recv.length = size · send.length` */
  allgather(send: Transferable, recv: Transferable): void;
  /** The part of rank r has `counts[r]` elements. Parts are adjacent, in the order of ranks. */
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

  /** Object collectives for metadata: any value that `structuredClone` accepts. */
  bcastObject<T>(value: T, root?: number): T;
  allgatherObject<T>(value: T): T[];
  /** Returns the list on the root, undefined on other ranks. */
  gatherObject<T>(value: T, root?: number): T[] | undefined;

  /**
   * Splits the communicator. Ranks with one colour have a communicator together, ordered by key,
   * then by rank. A rank with the colour `undefined` takes part in the call and has no new
   * communicator.
   */
  split(color: number, key?: number): Communicator;
  split(color: number | undefined, key?: number): Communicator | undefined;
  /** Splits the communicator into groups of ranks that share memory (one node). */
  splitShared(): Communicator;
  dup(): Communicator;
  /** A Cartesian topology over the first `∏ dims` ranks; undefined on the other ranks. */
  cart(dims: readonly number[], options?: CartOptions): CartesianCommunicator | undefined;
  free(): void;
  /** Ends the whole job immediately. */
  abort(code: number, message?: string): never;
}

/** Options of {@link Communicator.cart}. */
export interface CartOptions {
  /** Whether the grid is periodic along each axis. @default false along all */
  readonly periodic?: readonly boolean[];
  /** Whether MPI may renumber the ranks. @default false */
  readonly reorder?: boolean;
}

/** A communicator whose ranks have positions in a grid. */
export interface CartesianCommunicator extends Communicator {
  readonly dims: readonly number[];
  readonly periodic: readonly boolean[];
  readonly coords: readonly number[];
  coordsOf(rank: number): number[];
  /** Undefined for coordinates outside the grid along an axis that is not periodic. */
  rankOf(coords: readonly number[]): number | undefined;
  /**
   * The neighbours at `displacement` steps backward (source) and forward (destination) along an
   * axis.
   */
  shift(
    axis: number,
    displacement?: number,
  ): { readonly source: number | undefined; readonly destination: number | undefined };
}

/** Wildcard for the source or the tag of a receive. */
export const ANY = -1;
