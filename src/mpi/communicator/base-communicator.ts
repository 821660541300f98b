import { bytesOf } from '../../core/base/dtype.js';
import { MpiError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { textOf } from '../../core/base/text-of.js';
import type {
  CartesianCommunicator,
  CartOptions,
  CommCounters,
  Communicator,
  DeviceMemorySupport,
  PersistentRequest,
  ReduceOp,
  Request,
  Status,
} from '../../core/ports/communicator.js';
import { type Span, type Transferable, toSpan } from '../../core/ports/span.js';
import type { CollectiveArguments, SpanCollective } from '../mpi-calls.js';
import {
  checkCounts,
  checkDisjoint,
  checkLength,
  checkOp,
  checkRank,
  checkRequests,
  checkSameDType,
  checkSource,
  checkTag,
  isInPlace,
} from './parts/arguments.js';
import { CartesianGrid } from './parts/cartesian-grid.js';

class Counters implements CommCounters {
  messages = 0;
  bytes = 0;
  reductions = 0;
  collectives = 0;
  // by destination; entries appear with its first message
  #messagesTo: number[] = [];
  #bytesTo: number[] = [];

  count(to: number, bytes: number): void {
    this.messages++;
    this.bytes += bytes;
    this.#messagesTo[to] = (this.#messagesTo[to] ?? 0) + 1;
    this.#bytesTo[to] = (this.#bytesTo[to] ?? 0) + bytes;
  }

  sentTo(rank: number): { messages: number; bytes: number } {
    return { messages: this.#messagesTo[rank] ?? 0, bytes: this.#bytesTo[rank] ?? 0 };
  }

  reset(): void {
    this.messages = 0;
    this.bytes = 0;
    this.reductions = 0;
    this.collectives = 0;
    this.#messagesTo = [];
    this.#bytesTo = [];
  }
}

let nextId = 1;

/** A send or a receive with fixed memory. {@link BaseCommunicator} counts it when it starts. */
export interface Message {
  readonly span: Span;
  readonly partner: number;
  readonly tag: number;
}

const DEFAULTS = { periodic: undefined, reorder: false } satisfies Defaults<CartOptions>;

/**
 * The part that all communicators share: argument checks and counters. A message layer
 * implements the `do…` methods. They receive checked spans and do not count.
 */
export abstract class BaseCommunicator implements Communicator {
  abstract readonly rank: number;
  abstract readonly size: number;
  readonly id = nextId++;
  readonly counters = new Counters();
  #freed = false;

  protected abstract doBarrier(): void;
  protected abstract doBcast(data: Span, root: number): void;
  protected abstract doIallreduce(inPlace: Span, op: ReduceOp): Request;
  /**
   * Performs a collective that reads `send` and writes `recv`. Where one of them is undefined, this
   * rank has no such memory, or its part is already at its place in the other one.
   */
  protected abstract doCollective<Name extends SpanCollective>(
    call: Name,
    send: Span | undefined,
    recv: Span | undefined,
    given: CollectiveArguments<Name>,
  ): void;
  /** The object collectives return copies, and throw on all ranks if a value cannot be sent. */
  protected abstract doBcastObject(value: unknown, root: number): unknown;
  protected abstract doAllgatherObject(value: unknown): unknown[];
  /** Returns undefined on ranks other than the root. */
  protected abstract doGatherObject(value: unknown, root: number): unknown[] | undefined;
  protected abstract doSend(message: Message): void;
  protected abstract doRecv(message: Message): Status;
  protected abstract doSendrecv(send: Message, recv: Message): Status;
  protected abstract doIsend(message: Message): Request;
  protected abstract doIrecv(message: Message): Request;
  /** @param onStart called at each start */
  protected abstract doSendInit(message: Message, onStart: () => void): PersistentRequest;
  protected abstract doRecvInit(message: Message): PersistentRequest;
  protected abstract doSplit(color: number | undefined, key: number): Communicator | undefined;
  protected abstract doSplitShared(): Communicator;
  protected abstract doDup(): Communicator;
  protected abstract doCart(grid: CartesianGrid, reorder: boolean): Communicator | undefined;
  protected abstract doFree(): void;
  abstract deviceMemory(): DeviceMemorySupport;
  abstract abort(code: number, message?: string): never;

  barrier(): void {
    this.#collective('barrier');
    this.doBarrier();
  }

  bcast(data: Transferable, root = 0): void {
    const span = toSpan(data);
    this.#checkRoot('bcast', root);
    this.#collective('bcast');
    this.doBcast(span, root);
  }

  allreduce(sendOrInPlace: Transferable, op: ReduceOp, recv?: Transferable): void {
    const send = toSpan(sendOrInPlace);
    checkOp('allreduce', op, send.dtype);
    const to = recv === undefined ? send : toSpan(recv);
    const inPlace = this.#checkReduce('allreduce', send, to);
    this.#perform('allreduce', inPlace ? undefined : send, to, { count: to.length, op });
  }

  iallreduce(inPlace: Transferable, op: ReduceOp): Request {
    const span = toSpan(inPlace);
    checkOp('iallreduce', op, span.dtype);
    this.#reduction('iallreduce');
    return this.doIallreduce(span, op);
  }

  reduce(sendOrInPlace: Transferable, op: ReduceOp, root: number, recv?: Transferable): void {
    const send = toSpan(sendOrInPlace);
    this.#checkRoot('reduce', root);
    checkOp('reduce', op, send.dtype);
    const rest = { count: send.length, op, root };
    if (this.rank !== root) return this.#perform('reduce', send, undefined, rest);
    const to = recv === undefined ? send : toSpan(recv);
    const inPlace = this.#checkReduce('reduce', send, to);
    this.#perform('reduce', inPlace ? undefined : send, to, rest);
  }

  reduceScatter(send: Transferable, op: ReduceOp, recv: Transferable, counts?: readonly number[]): void {
    const [from, to] = [toSpan(send), toSpan(recv)];
    checkOp('reduceScatter', op, from.dtype);
    checkDisjoint('reduceScatter', from, to);
    const parts = counts ?? Array<number>(this.size).fill(to.length);
    this.#checkParts('reduceScatter', ['recv', to], ['send', from], parts);
    this.#perform('reduceScatter', from, to, { counts: parts, op });
  }

  allgather(send: Transferable, recv: Transferable): void {
    const [from, to] = [toSpan(send), toSpan(recv)];
    const inPlace = this.#checkGather('allgather', from, to);
    this.#perform('allgather', inPlace ? undefined : from, to, { count: from.length });
  }

  allgatherv(send: Transferable, recv: Transferable, counts: readonly number[]): void {
    const [from, to] = [toSpan(send), toSpan(recv)];
    const inPlace = this.#checkParts('allgatherv', ['send', from], ['recv', to], counts);
    this.#perform('allgatherv', inPlace ? undefined : from, to, { counts });
  }

  gather(send: Transferable, recv: Transferable | undefined, root = 0): void {
    const from = toSpan(send);
    this.#checkRoot('gather', root);
    const to = this.#onRoot('gather', 'recv', recv, root);
    const inPlace = to !== undefined && this.#checkGather('gather', from, to);
    this.#perform('gather', inPlace ? undefined : from, to, { count: from.length, root });
  }

  gatherv(send: Transferable, recv: Transferable | undefined, counts: readonly number[], root = 0): void {
    const from = toSpan(send);
    this.#checkRoot('gatherv', root);
    const to = this.#onRoot('gatherv', 'recv', recv, root);
    const inPlace = this.#checkParts('gatherv', ['send', from], ['recv', to], counts);
    this.#perform('gatherv', inPlace ? undefined : from, to, { counts, root });
  }

  scatter(send: Transferable | undefined, recv: Transferable, root = 0): void {
    const to = toSpan(recv);
    this.#checkRoot('scatter', root);
    const from = this.#onRoot('scatter', 'send', send, root);
    let inPlace = false;
    if (from) {
      checkSameDType('scatter', from, to);
      checkLength('scatter', 'send', from, this.size * to.length);
      inPlace = isInPlace('scatter', to, from, this.rank * to.length);
    }
    this.#perform('scatter', from, inPlace ? undefined : to, { count: to.length, root });
  }

  scatterv(send: Transferable | undefined, recv: Transferable, counts: readonly number[], root = 0): void {
    const to = toSpan(recv);
    this.#checkRoot('scatterv', root);
    const from = this.#onRoot('scatterv', 'send', send, root);
    const inPlace = this.#checkParts('scatterv', ['recv', to], ['send', from], counts);
    this.#perform('scatterv', from, inPlace ? undefined : to, { counts, root });
  }

  alltoall(send: Transferable, recv: Transferable): void {
    const [from, to] = [toSpan(send), toSpan(recv)];
    checkSameDType('alltoall', from, to);
    if (from.length % this.size !== 0) {
      throw new MpiError(
        `alltoall: expected send to have a multiple of ${this.size} elements, received ${from.length}`,
      );
    }
    checkLength('alltoall', 'recv', to, from.length);
    checkDisjoint('alltoall', from, to);
    this.#perform('alltoall', from, to, { count: to.length / this.size });
  }

  alltoallv(
    send: Transferable,
    sendCounts: readonly number[],
    recv: Transferable,
    recvCounts: readonly number[],
  ): void {
    const [from, to] = [toSpan(send), toSpan(recv)];
    checkSameDType('alltoallv', from, to);
    checkLength('alltoallv', 'send', from, checkCounts('alltoallv', 'sendCounts', sendCounts, this.size));
    checkLength('alltoallv', 'recv', to, checkCounts('alltoallv', 'recvCounts', recvCounts, this.size));
    if (sendCounts[this.rank] !== recvCounts[this.rank]) {
      throw new MpiError(
        `alltoallv: rank ${this.rank} sends itself ${sendCounts[this.rank]} elements and expects ` +
          `${recvCounts[this.rank]}`,
      );
    }
    checkDisjoint('alltoallv', from, to);
    this.#perform('alltoallv', from, to, { sendCounts, recvCounts });
  }

  send(data: Transferable, to: number, tag = 0): void {
    const message = this.#outgoing('send', data, to, tag);
    this.#sent(message);
    this.doSend(message);
  }

  recv(data: Transferable, from: number, tag = 0): Status {
    return this.doRecv(this.#incoming('recv', data, from, tag));
  }

  sendrecv(send: Transferable, to: number, recv: Transferable, from: number, tag = 0): Status {
    const outgoing = this.#outgoing('sendrecv', send, to, tag);
    const incoming = this.#incoming('sendrecv', recv, from, tag);
    checkDisjoint('sendrecv', outgoing.span, incoming.span);
    this.#sent(outgoing);
    return this.doSendrecv(outgoing, incoming);
  }

  isend(data: Transferable, to: number, tag = 0): Request {
    const message = this.#outgoing('isend', data, to, tag);
    this.#sent(message);
    return this.doIsend(message);
  }

  irecv(data: Transferable, from: number, tag = 0): Request {
    return this.doIrecv(this.#incoming('irecv', data, from, tag));
  }

  sendInit(data: Transferable, to: number, tag = 0): PersistentRequest {
    const message = this.#outgoing('sendInit', data, to, tag);
    return this.doSendInit(message, () => this.#sent(message));
  }

  recvInit(data: Transferable, from: number, tag = 0): PersistentRequest {
    return this.doRecvInit(this.#incoming('recvInit', data, from, tag));
  }

  startAll(requests: readonly PersistentRequest[]): void {
    checkRequests('startAll', requests, ['start', 'wait']);
    for (const request of requests) request.start();
  }

  waitAll(requests: readonly Request[]): void {
    checkRequests('waitAll', requests, ['wait']);
    for (const request of requests) request.wait();
  }

  bcastObject<T>(value: T, root = 0): T {
    this.#checkRoot('bcastObject', root);
    this.#collective('bcastObject');
    return this.doBcastObject(value, root) as T;
  }

  allgatherObject<T>(value: T): T[] {
    this.#collective('allgatherObject');
    return this.doAllgatherObject(value) as T[];
  }

  gatherObject<T>(value: T, root = 0): T[] | undefined {
    this.#checkRoot('gatherObject', root);
    this.#collective('gatherObject');
    return this.doGatherObject(value, root) as T[] | undefined;
  }

  split(color: number, key?: number): Communicator;
  split(color: number | undefined, key?: number): Communicator | undefined;
  split(color: number | undefined, key = this.rank): Communicator | undefined {
    if (color !== undefined && (!Number.isInteger(color) || color < 0 || color > 0x7fffffff)) {
      throw new MpiError(
        `split: expected a colour that is an integer ≥ 0, or undefined, received ${textOf(color)}`,
      );
    }
    if (!Number.isInteger(key) || (key | 0) !== key)
      throw new MpiError(`split: expected an integer key, received ${textOf(key)}`);
    this.#collective('split');
    return this.doSplit(color, key);
  }

  splitShared(): Communicator {
    this.#collective('splitShared');
    return this.doSplitShared();
  }

  dup(): Communicator {
    this.#collective('dup');
    return this.doDup();
  }

  cart(dims: readonly number[], options?: CartOptions): CartesianCommunicator | undefined {
    const { periodic, reorder } = withDefaults('cart', options, DEFAULTS);
    const grid = new CartesianGrid(dims, periodic, this.size);
    this.#collective('cart');
    const part = this.doCart(grid, reorder);
    return part && Object.assign(part, grid.methodsOf(part.rank));
  }

  free(): void {
    if (this.#freed) return;
    this.doFree();
    this.#freed = true;
  }

  #checkUsable(call: string): void {
    if (this.#freed) throw new MpiError(`${call}: this communicator was freed`);
  }

  #collective(call: string): void {
    this.#checkUsable(call);
    this.counters.collectives++;
  }

  #reduction(call: string): void {
    this.#checkUsable(call);
    this.counters.reductions++;
  }

  /** Counts a collective whose arguments were checked, and performs it. */
  #perform<Name extends SpanCollective>(
    call: Name,
    send: Span | undefined,
    recv: Span | undefined,
    given: CollectiveArguments<Name>,
  ): void {
    if ('op' in given) this.#reduction(call);
    else this.#collective(call);
    this.doCollective(call, send, recv, given);
  }

  #sent({ span, partner }: Message): void {
    this.counters.count(partner, span.length * bytesOf(span.dtype));
  }

  #outgoing(call: string, data: Transferable, to: number, tag: number): Message {
    this.#checkUsable(call);
    checkRank(call, 'the destination', to, this.size);
    checkTag(call, tag);
    return { span: toSpan(data), partner: to, tag };
  }

  #incoming(call: string, data: Transferable, from: number, tag: number): Message {
    this.#checkUsable(call);
    checkSource(call, from, this.size);
    checkTag(call, tag, true);
    return { span: toSpan(data), partner: from, tag };
  }

  #checkRoot(call: string, root: number): void {
    checkRank(call, 'the root', root, this.size);
  }

  /**
   * Checks the memory of a reduction.
   *
   * @returns whether it is in place
   */
  #checkReduce(call: string, send: Span, recv: Span): boolean {
    if (recv === send) return true;
    checkSameDType(call, send, recv);
    checkLength(call, 'recv', recv, send.length);
    return isInPlace(call, send, recv, 0);
  }

  #onRoot(call: string, what: string, memory: Transferable | undefined, root: number): Span | undefined {
    if (this.rank !== root) return undefined;
    if (memory === undefined)
      throw new MpiError(`${call}: expected memory for '${what}' on the root, received undefined`);
    return toSpan(memory);
  }

  /**
   * Checks a gather of equal parts.
   *
   * @returns whether this rank's part is already at its place in `recv`
   */
  #checkGather(call: string, send: Span, recv: Span): boolean {
    checkSameDType(call, send, recv);
    checkLength(call, 'recv', recv, this.size * send.length);
    return isInPlace(call, send, recv, this.rank * send.length);
  }

  /**
   * Checks this rank's part and, if this rank has it, the whole.
   *
   * @returns whether the part is already at its place in the whole
   */
  #checkParts(
    call: string,
    [partName, part]: readonly [name: string, span: Span],
    [wholeName, whole]: readonly [name: string, span: Span | undefined],
    counts: readonly number[],
  ): boolean {
    const total = checkCounts(call, 'counts', counts, this.size);
    checkLength(call, partName, part, counts[this.rank] as number);
    if (!whole) return false;
    if (partName === 'send') checkSameDType(call, part, whole);
    else checkSameDType(call, whole, part);
    checkLength(call, wholeName, whole, total);
    let offset = 0;
    for (let rank = 0; rank < this.rank; rank++) offset += counts[rank] as number;
    return isInPlace(call, part, whole, offset);
  }
}
