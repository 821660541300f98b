import type {
  Communicator,
  DeviceMemorySupport,
  PersistentRequest,
  Request,
  Status,
} from '../../core/ports/communicator.js';
import type { Span } from '../../core/ports/span.js';
import { copySpan } from '../memory/copy-span.js';
import { BaseCommunicator, type Message } from './base-communicator.js';
import { copyObject } from './parts/copy-object.js';
import { endProcess } from './parts/end-process.js';
import { COMPLETE, LocalPersistent, Mailbox } from './parts/mailbox.js';
import { cannotSend, reasonOf } from './parts/unsendable.js';

function copyOf(call: string, value: unknown): unknown {
  try {
    return copyObject(value);
  } catch {
    throw cannotSend(call, 0, reasonOf(value));
  }
}

/** The communicator of a single rank, without MPI. Messages to itself are buffered. */
export class SelfCommunicator extends BaseCommunicator {
  readonly rank = 0;
  readonly size = 1;
  readonly #mailbox = new Mailbox();

  protected override doBarrier(): void {}
  protected override doBcast(): void {}

  protected override doIallreduce(): Request {
    return COMPLETE;
  }

  /** All collectives of one rank copy. */
  protected override doCollective(_call: string, send: Span | undefined, recv: Span | undefined): void {
    if (send && recv) copySpan(send, recv);
  }

  protected override doBcastObject(value: unknown): unknown {
    return copyOf('bcastObject', value);
  }

  protected override doAllgatherObject(value: unknown): unknown[] {
    return [copyOf('allgatherObject', value)];
  }

  protected override doGatherObject(value: unknown): unknown[] {
    return [copyOf('gatherObject', value)];
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

  protected override doCart(): Communicator {
    return new SelfCommunicator();
  }

  protected override doFree(): void {}

  deviceMemory(): DeviceMemorySupport {
    return { supported: false, query: 'one rank without MPI' };
  }

  abort(code: number, message?: string): never {
    return endProcess(code, message);
  }
}
