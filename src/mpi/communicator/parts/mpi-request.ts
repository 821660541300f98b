import { MpiError } from '../../../core/base/errors.js';
import type { PersistentRequest, Request } from '../../../core/ports/communicator.js';
import type { HostCopy } from '../../memory/host-copy.js';
import type { MpiAddon } from '../../mpi-addon.js';

/**
 * Pending requests. The set keeps the memory alive that MPI reads and writes, even if the program
 * drops the request.
 */
const outstanding = new Set<Request>();

/** One message of MPI: the handle of its request, and its host or device memory. */
export interface StartedMessage {
  readonly handle: number;
  readonly copy: HostCopy;
}

/** All messages of one pending operation. */
class MessageSequence {
  readonly #mpi: MpiAddon;
  readonly messages: readonly StartedMessage[];
  /** The number of completed messages. */
  #done: number;

  constructor(mpi: MpiAddon, messages: readonly StartedMessage[], done = 0) {
    this.#mpi = mpi;
    this.messages = messages;
    this.#done = done;
  }

  get over(): boolean {
    return this.#done === this.messages.length;
  }

  start(): void {
    for (const { copy } of this.messages) copy.queue();
    for (const { handle, copy } of this.messages) {
      copy.ready();
      this.#mpi.start(handle);
    }
    this.#done = 0;
  }

  /** Waits for all messages, even if one of them fails. */
  wait(): void {
    let failure: { readonly error: unknown } | undefined;
    while (!this.over) {
      const { handle, copy } = this.messages[this.#done++] as StartedMessage;
      try {
        this.#mpi.wait(handle);
        if (!failure) copy.arrived();
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure) throw failure.error;
  }

  test(): boolean {
    while (!this.over) {
      const { handle, copy } = this.messages[this.#done] as StartedMessage;
      let over = true;
      try {
        over = this.#mpi.test(handle);
      } finally {
        if (over) this.#done++;
      }
      if (!over) return false;
      copy.arrived();
    }
    return true;
  }

  /** Waits until nothing reads or writes the staging memory, and releases it. */
  release(): void {
    for (const { copy } of this.messages) copy.release();
  }
}

/** A pending operation of MPI. */
export class MpiRequest implements Request {
  readonly #messages: MessageSequence;

  /** @param messages messages that have been started */
  constructor(mpi: MpiAddon, messages: readonly StartedMessage[]) {
    this.#messages = new MessageSequence(mpi, messages);
    outstanding.add(this);
  }

  wait(): void {
    if (!outstanding.has(this)) return;
    try {
      this.#messages.wait();
      this.#messages.release();
    } finally {
      outstanding.delete(this);
    }
  }

  test(): boolean {
    if (!outstanding.has(this)) return true;
    try {
      if (!this.#messages.test()) return false;
      this.#messages.release();
    } catch (error) {
      if (this.#messages.over) outstanding.delete(this);
      throw error;
    }
    outstanding.delete(this);
    return true;
  }
}

/** A persistent send or receive of MPI. */
export class MpiPersistentRequest implements PersistentRequest {
  readonly #mpi: MpiAddon;
  readonly #messages: MessageSequence;
  readonly #onStart: (() => void) | undefined;
  #state: 'idle' | 'active' | 'freed' = 'idle';

  constructor(mpi: MpiAddon, messages: readonly StartedMessage[], onStart?: () => void) {
    this.#mpi = mpi;
    this.#messages = new MessageSequence(mpi, messages, messages.length);
    this.#onStart = onStart;
  }

  start(): void {
    if (this.#state === 'freed') throw new MpiError('start: this persistent request was freed');
    if (this.#state === 'active')
      throw new MpiError('start: this persistent request is active: wait for it first');
    this.#messages.start();
    this.#state = 'active';
    outstanding.add(this);
    this.#onStart?.();
  }

  wait(): void {
    if (this.#state !== 'active') return;
    try {
      this.#messages.wait();
    } finally {
      this.#becomeIdle();
    }
  }

  test(): boolean {
    if (this.#state !== 'active') return true;
    try {
      if (!this.#messages.test()) return false;
    } catch (error) {
      if (this.#messages.over) this.#becomeIdle();
      throw error;
    }
    this.#becomeIdle();
    return true;
  }

  free(): void {
    if (this.#state === 'active')
      throw new MpiError('free: this persistent request is active: wait for it first');
    if (this.#state === 'idle') {
      this.#messages.release();
      for (const { handle } of this.#messages.messages) this.#mpi.freeRequest(handle);
    }
    this.#state = 'freed';
  }

  #becomeIdle(): void {
    this.#state = 'idle';
    outstanding.delete(this);
  }
}
