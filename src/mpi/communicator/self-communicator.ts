import type {
  CartesianCommunicator,
  Communicator,
  DeviceMemorySupport,
  PersistentRequest,
  ReduceOp,
  Request,
  Status,
} from '../../core/ports/communicator.js';
import type { Span } from '../../core/ports/span.js';
import { copySpan } from '../memory/copy-span.js';
import { BaseCommunicator, type Message } from './base-communicator.js';
import type { CartesianGrid } from './parts/cartesian-grid.js';
import { COMPLETE, LocalPersistent, Mailbox } from './parts/mailbox.js';

/** The communicator of a single rank, without MPI. Messages to itself are buffered. */
export class SelfCommunicator extends BaseCommunicator {
  readonly rank = 0;
  readonly size = 1;
  readonly #mailbox = new Mailbox();

  protected override doBarrier(): void {}
  protected override doBcast(): void {}

  protected override doAllreduce(send: Span | undefined, recv: Span): void {
    if (send) copySpan(send, recv);
  }

  protected override doIallreduce(): Request {
    return COMPLETE;
  }

  protected override doReduce(send: Span | undefined, recv: Span | undefined, _op: ReduceOp): void {
    if (send && recv) copySpan(send, recv);
  }

  protected override doAllgather(send: Span | undefined, recv: Span | undefined): void {
    if (send && recv) copySpan(send, recv);
  }

  protected override doAllgatherv(send: Span | undefined, recv: Span): void {
    this.doAllgather(send, recv);
  }

  protected override doGather(send: Span | undefined, recv: Span | undefined): void {
    this.doAllgather(send, recv);
  }

  protected override doGatherv(send: Span | undefined, recv: Span | undefined): void {
    this.doAllgather(send, recv);
  }

  protected override doScatter(send: Span | undefined, recv: Span | undefined): void {
    this.doAllgather(send, recv);
  }

  protected override doScatterv(send: Span | undefined, recv: Span | undefined): void {
    this.doAllgather(send, recv);
  }

  protected override doAlltoall(send: Span, recv: Span): void {
    copySpan(send, recv);
  }

  protected override doAlltoallv(send: Span, _sendCounts: readonly number[], recv: Span): void {
    copySpan(send, recv);
  }

  protected override doSend(message: Message): void {
    this.#mailbox.send(message);
  }

  protected override doRecv(message: Message): Status {
    return this.#mailbox.receiveNow(message);
  }

  protected override doSendrecv(send: Message, recv: Message): Status {
    this.#mailbox.send(send);
    return this.#mailbox.receiveNow(recv);
  }

  protected override doIsend(message: Message): Request {
    this.#mailbox.send(message);
    return COMPLETE;
  }

  protected override doIrecv(message: Message): Request {
    return this.#mailbox.receive(message);
  }

  protected override doSendInit(message: Message, onStart: () => void): PersistentRequest {
    return new LocalPersistent(() => {
      onStart();
      this.#mailbox.send(message);
      return COMPLETE;
    });
  }

  protected override doRecvInit(message: Message): PersistentRequest {
    return new LocalPersistent(() => this.#mailbox.receive(message));
  }

  protected override doSplit(color: number | undefined): Communicator | undefined {
    return color === undefined ? undefined : new SelfCommunicator();
  }

  protected override doSplitShared(): Communicator {
    return new SelfCommunicator();
  }

  protected override doDup(): Communicator {
    return new SelfCommunicator();
  }

  protected override doCart(grid: CartesianGrid): CartesianCommunicator | undefined {
    return new SelfCartesianCommunicator(grid);
  }

  protected override doFree(): void {}

  deviceMemory(): DeviceMemorySupport {
    return { supported: false, query: 'one rank without MPI' };
  }

  abort(code: number, message?: string): never {
    if (message) process.stderr.write(`${message}\n`);
    return process.exit(code);
  }
}

class SelfCartesianCommunicator extends SelfCommunicator implements CartesianCommunicator {
  readonly #grid: CartesianGrid;
  constructor(grid: CartesianGrid) {
    super();
    this.#grid = grid;
  }
  get dims(): readonly number[] {
    return this.#grid.dims;
  }
  get periodic(): readonly boolean[] {
    return this.#grid.periodic;
  }
  get coords(): readonly number[] {
    return this.coordsOf(this.rank);
  }
  coordsOf(rank: number): number[] {
    return this.#grid.coordsOf(rank);
  }
  rankOf(coords: readonly number[]): number | undefined {
    return this.#grid.rankOf(coords);
  }
  shift(
    axis: number,
    displacement = 1,
  ): { readonly source: number | undefined; readonly destination: number | undefined } {
    return this.#grid.shift(this.rank, axis, displacement);
  }
}
