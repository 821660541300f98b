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
export interface Leg {
  readonly handle: number;
  readonly transit: HostCopy;
}

/** All messages of one pending operation. */
class Journey {
  readonly #mpi: MpiAddon;
  readonly legs: readonly Leg[];
  /** The number of completed messages. */
  #done: number;

  constructor(mpi: MpiAddon, legs: readonly Leg[], done = 0) {
    this.#mpi = mpi;
    this.legs = legs;
    this.#done = done;
  }

  get over(): boolean {
    return this.#done === this.legs.length;
  }

  start(): void {
    for (const { transit } of this.legs) transit.queue();
    for (const { handle, transit } of this.legs) {
      transit.ready();
      this.#mpi.start(handle);
    }
    this.#done = 0;
  }

  /** Waits for all messages, even if one of them fails. */
  wait(): void {
    let failure: { readonly error: unknown } | undefined;
    while (!this.over) {
      const { handle, transit } = this.legs[this.#done++] as Leg;
      try {
        this.#mpi.wait(handle);
        if (!failure) transit.arrived();
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure) throw failure.error;
  }

  test(): boolean {
    while (!this.over) {
      const { handle, transit } = this.legs[this.#done] as Leg;
      let over = true;
      try {
        over = this.#mpi.test(handle);
      } finally {
        if (over) this.#done++;
      }
      if (!over) return false;
      transit.arrived();
    }
    return true;
  }

  /** Waits until nothing reads or writes the staging memory, and releases it. */
  release(): void {
    for (const { transit } of this.legs) transit.release();
  }
}

/** A pending operation of MPI. */
export class MpiRequest implements Request {
  readonly #journey: Journey;

  /** @param legs messages that have been started */
  constructor(mpi: MpiAddon, legs: readonly Leg[]) {
    this.#journey = new Journey(mpi, legs);
    outstanding.add(this);
  }

  wait(): void {
    if (!outstanding.has(this)) return;
    try {
      this.#journey.wait();
      this.#journey.release();
    } finally {
      outstanding.delete(this);
    }
  }

  test(): boolean {
    if (!outstanding.has(this)) return true;
    try {
      if (!this.#journey.test()) return false;
      this.#journey.release();
    } catch (error) {
      if (this.#journey.over) outstanding.delete(this);
      throw error;
    }
    outstanding.delete(this);
    return true;
  }
}

/** A persistent send or receive of MPI. */
export class MpiPersistentRequest implements PersistentRequest {
  readonly #mpi: MpiAddon;
  readonly #journey: Journey;
  readonly #onStart: (() => void) | undefined;
  #state: 'idle' | 'active' | 'freed' = 'idle';

  constructor(mpi: MpiAddon, legs: readonly Leg[], onStart?: () => void) {
    this.#mpi = mpi;
    this.#journey = new Journey(mpi, legs, legs.length);
    this.#onStart = onStart;
  }

  start(): void {
    if (this.#state === 'freed') throw new MpiError('start: this persistent request was freed');
    if (this.#state === 'active')
      throw new MpiError('start: this persistent request is active: wait for it first');
    this.#journey.start();
    this.#state = 'active';
    outstanding.add(this);
    this.#onStart?.();
  }

  wait(): void {
    if (this.#state !== 'active') return;
    try {
      this.#journey.wait();
    } finally {
      this.#settle();
    }
  }

  test(): boolean {
    if (this.#state !== 'active') return true;
    try {
      if (!this.#journey.test()) return false;
    } catch (error) {
      if (this.#journey.over) this.#settle();
      throw error;
    }
    this.#settle();
    return true;
  }

  free(): void {
    if (this.#state === 'active')
      throw new MpiError('free: this persistent request is active: wait for it first');
    if (this.#state === 'idle') {
      this.#journey.release();
      for (const { handle } of this.#journey.legs) this.#mpi.freeRequest(handle);
    }
    this.#state = 'freed';
  }

  #settle(): void {
    this.#state = 'idle';
    outstanding.delete(this);
  }
}
