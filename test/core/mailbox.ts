import { type HostArray, hostArray, hostView } from '../../src/core/base/dtype.js';
import type { MessagePort } from '../../src/core/distributed/exchange.js';
import type { PersistentRequest, Request } from '../../src/core/ports/communicator.js';
import { type Span, type Transferable, toSpan } from '../../src/core/ports/span.js';

const read = (span: Span): HostArray => {
  if (span.kind === 'host') return hostView(span.dtype, span.buffer, span.byteOffset, span.length).slice();
  const values = hostArray(span.dtype, span.length);
  span.synchronize();
  span.copyToHost(values);
  return values;
};

const write = (span: Span, values: HostArray): void => {
  if (span.kind === 'host') hostView(span.dtype, span.buffer, span.byteOffset, span.length).set(values);
  else span.copyFromHost(values);
};

interface Channel {
  readonly sent: HostArray[];
  taken: number;
  posted: number;
}

let ids = -1;

/**
 * Ranks of one process that run one after another. A message stays in memory until it is received.
 * Messages are matched as in MPI: in order between two ranks. A receive of a message that was not
 * sent throws instead of hanging.
 */
export class Mailbox {
  readonly ports: MailboxPort[];
  readonly #channels = new Map<string, Channel>();

  constructor(readonly size: number) {
    this.ports = Array.from({ length: size }, (_, rank) => new MailboxPort(this, rank));
  }

  channel(from: number, to: number, tag: number): Channel {
    const key = `${from} ${to} ${tag}`;
    let channel = this.#channels.get(key);
    if (!channel) this.#channels.set(key, (channel = { sent: [], taken: 0, posted: 0 }));
    return channel;
  }

  /** The number of messages that were not received. */
  get unread(): number {
    let n = 0;
    for (const channel of this.#channels.values()) n += channel.sent.length - channel.taken;
    return n;
  }
}

export class MailboxPort implements MessagePort {
  messages = 0;
  bytes = 0;
  /** The number of persistent requests that were not freed. */
  persistent = 0;
  readonly size: number;
  readonly id = ids--;

  constructor(
    readonly box: Mailbox,
    readonly rank: number,
  ) {
    this.size = box.size;
  }

  isend(data: Transferable, to: number, tag = 0): Request {
    const values = read(toSpan(data));
    this.box.channel(this.rank, to, tag).sent.push(values);
    this.messages++;
    this.bytes += values.byteLength;
    return { wait: () => {}, test: () => true };
  }

  irecv(data: Transferable, from: number, tag = 0): Request {
    const channel = this.box.channel(from, this.rank, tag);
    const ticket = channel.posted++;
    let done = false;
    const wait = (): void => {
      if (done) return;
      const values = channel.sent[ticket];
      if (!values)
        throw new Error(`rank ${this.rank} waits for a message of rank ${from} that was never sent`);
      const span = toSpan(data);
      if (read(span).length !== values.length)
        throw new Error(
          `rank ${this.rank} expects ${span.length} elements from rank ${from}, ${values.length} ` +
            'numbers came',
        );
      write(span, values);
      channel.taken++;
      done = true;
    };
    return { wait, test: () => done };
  }

  sendInit(data: Transferable, to: number, tag = 0): PersistentRequest {
    return this.#persistent(() => this.isend(data, to, tag));
  }

  recvInit(data: Transferable, from: number, tag = 0): PersistentRequest {
    return this.#persistent(() => this.irecv(data, from, tag));
  }

  startAll(requests: readonly PersistentRequest[]): void {
    for (const request of requests) request.start();
  }

  waitAll(requests: readonly Request[]): void {
    for (const request of requests) request.wait();
  }

  allgatherv(): void {
    throw new Error('a mailbox has no collectives');
  }

  #persistent(start: () => Request): PersistentRequest {
    this.persistent++;
    let active: Request | undefined;
    let freed = false;
    return {
      start: () => {
        if (freed || active) throw new Error('a request was started that is freed or active');
        active = start();
      },
      wait: () => {
        active?.wait();
        active = undefined;
      },
      test: () => active?.test() ?? true,
      free: () => {
        if (freed || active) throw new Error('a request was freed that is freed or active');
        freed = true;
        this.persistent--;
      },
    };
  }
}
