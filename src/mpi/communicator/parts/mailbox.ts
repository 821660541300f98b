import { bytesOf } from '../../../core/base/dtype.js';
import { MpiError } from '../../../core/base/errors.js';
import { ANY, type Request, type Status } from '../../../core/ports/communicator.js';
import type { HostSpan } from '../../../core/ports/span.js';
import { copyFromHost, hostPart, snapshot } from '../../memory/copy-span.js';
import type { Message } from '../base-communicator.js';

interface Letter {
  readonly tag: number;
  readonly data: HostSpan;
}

/** Messages of a rank to itself. They match in MPI's order: by tag, the first sent first. */
export class Mailbox {
  readonly #letters: Letter[] = [];
  readonly #waiting: LocalReceive[] = [];

  send(message: Message): void {
    const letter = { tag: message.tag, data: snapshot(message.span) };
    const at = this.#waiting.findIndex((receive) => receive.takes(letter.tag));
    if (at < 0) this.#letters.push(letter);
    else this.#waiting.splice(at, 1)[0]?.deliver(letter);
  }

  receive(message: Message): LocalReceive {
    const receive = new LocalReceive(message);
    const at = this.#letters.findIndex((letter) => receive.takes(letter.tag));
    if (at < 0) this.#waiting.push(receive);
    else receive.deliver(this.#letters.splice(at, 1)[0] as Letter);
    return receive;
  }

  /**
   * A receive for which the message must already be there, because only this rank could send it.
   */
  receiveNow(message: Message): Status {
    const receive = this.receive(message);
    if (!receive.test()) this.#waiting.splice(this.#waiting.indexOf(receive), 1);
    receive.wait();
    return receive.status;
  }
}

export class LocalReceive implements Request {
  readonly #message: Message;
  #status: Status | undefined;
  #error: MpiError | undefined;

  constructor(message: Message) {
    this.#message = message;
  }

  takes(tag: number): boolean {
    return this.#message.tag === ANY || this.#message.tag === tag;
  }

  deliver(letter: Letter): void {
    const { span } = this.#message;
    this.#status = { source: 0, tag: letter.tag };
    const [sent, room] = [letter.data.length * bytesOf(letter.data.dtype), span.length * bytesOf(span.dtype)];
    if (letter.data.dtype !== span.dtype) {
      this.#error = new MpiError(
        `recv on rank 0: a message of ${letter.data.dtype} meets memory of ${span.dtype}`,
      );
    } else if (sent > room) {
      this.#error = new MpiError(
        `recv on rank 0: the message was truncated: it has ${sent} bytes, the memory ${room}`,
      );
    } else if (letter.data.length === span.length) {
      copyFromHost(letter.data, span);
    } else {
      // A shorter message leaves the remaining memory unchanged.
      const whole = snapshot(span);
      copyFromHost(letter.data, hostPart(whole, 0, letter.data.length));
      copyFromHost(whole, span);
    }
  }

  get status(): Status {
    if (this.#status) return this.#status;
    throw new MpiError(
      `recv on rank 0: waits forever for a message with tag ${this.#message.tag} that this rank has ` +
        'not sent to itself',
    );
  }

  wait(): void {
    if (this.#error) throw this.#error;
    void this.status;
  }

  test(): boolean {
    if (this.#error) throw this.#error;
    return this.#status !== undefined;
  }
}

/** A persistent send or receive of a rank to itself. */
export class LocalPersistent implements Request {
  readonly #begin: () => Request;
  #active: Request | undefined;
  #freed = false;

  constructor(begin: () => Request) {
    this.#begin = begin;
  }

  start(): void {
    if (this.#freed) throw new MpiError('start: this persistent request was freed');
    if (this.#active) throw new MpiError('start: this persistent request is active: wait for it first');
    this.#active = this.#begin();
  }

  wait(): void {
    this.#active?.wait();
    this.#active = undefined;
  }

  test(): boolean {
    if (this.#active && !this.#active.test()) return false;
    this.#active = undefined;
    return true;
  }

  free(): void {
    if (this.#active) throw new MpiError('free: this persistent request is active: wait for it first');
    this.#freed = true;
  }
}

/** A request that is complete from the start. */
export const COMPLETE: Request = { wait: () => undefined, test: () => true };
