import { MpiError } from '../../../core/base/errors.js';
import type { PersistentRequest } from '../../../core/ports/communicator.js';
import type { DevicePort } from '../../../core/ports/device-port.js';

/**
 * A message of a {@link DevicePort}. For the host it is complete once it is queued on the device.
 */
export class PortRequest implements PersistentRequest {
  readonly #port: DevicePort;
  readonly #queue: () => void;
  readonly #onStart: (() => void) | undefined;
  #state: 'idle' | 'active' | 'freed' = 'idle';

  constructor(port: DevicePort, queue: () => void, onStart?: () => void) {
    this.#port = port;
    this.#queue = queue;
    this.#onStart = onStart;
  }

  /** Starts the message and returns the request, for a message that is sent once. */
  begin(): this {
    this.start();
    return this;
  }

  start(): void {
    if (this.#state === 'freed') throw new MpiError('start: this persistent request was freed');
    if (this.#state === 'active')
      throw new MpiError('start: this persistent request is active: wait for it first');
    this.#queue();
    this.#state = 'active';
    this.#onStart?.();
  }

  wait(): void {
    if (this.#state !== 'active') return;
    this.#port.finish();
    this.#state = 'idle';
  }

  test(): boolean {
    this.wait();
    return true;
  }

  free(): void {
    if (this.#state === 'active')
      throw new MpiError('free: this persistent request is active: wait for it first');
    this.#state = 'freed';
  }
}
