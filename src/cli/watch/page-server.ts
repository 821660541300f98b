import { randomBytes } from 'node:crypto';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { ArgumentError } from '../../core/base/errors.js';
import { packagePath } from '../../package/package-root.js';
import { type ServerData, SHARED, type WatchMessage } from './messages.js';

/** The milliseconds for the start of the thread, and for the end to reach the pages. */
const START = 20_000;
const END = 500;

/** The page of a watch, which a thread of this process serves to this machine alone. */
export class PageServer {
  readonly address: string;
  readonly #shared = new Int32Array(new SharedArrayBuffer(4 * Object.keys(SHARED).length));
  readonly #channel: MessagePort;
  readonly #worker: Worker;
  #isOver = false;

  /**
   * Starts the thread, and waits until it listens.
   *
   * @param port 0 for a free one
   * @throws {@link ArgumentError} if it cannot listen
   */
  constructor(port: number, html: string, policy: string) {
    const { port1, port2 } = new MessageChannel();
    const token = randomBytes(24).toString('base64url');
    const workerData: ServerData = { channel: port2, shared: this.#shared, port, token, html, policy };
    this.#channel = port1;
    // The thread needs none of the program's modules and variables
    this.#worker = new Worker(packagePath('dist/bundle/cli/watch/server-thread.js'), {
      workerData,
      transferList: [port2],
      execArgv: [],
      env: {},
      stdin: false,
    });
    // Without the thread the program goes on, and pages say that they have lost the connection
    this.#worker.on('error', () => undefined);
    this.#worker.unref();
    port1.unref();
    Atomics.wait(this.#shared, SHARED.state, 0, START);
    const state = Atomics.load(this.#shared, SHARED.state);
    if (state !== 1) {
      const reason: unknown = receiveMessageOnPort(port1)?.message;
      void this.#worker.terminate();
      throw new ArgumentError(
        state === 2
          ? `startWatch: cannot listen on port ${port} of this machine: ${String(reason)}; without a port ` +
              'a free one is taken'
          : `startWatch: the thread of the page has not started after ${START / 1000} s`,
      );
    }
    this.address = `http://127.0.0.1:${Atomics.load(this.#shared, SHARED.port)}/${token}/`;
  }

  /** Whether a page is open. */
  get isWatched(): boolean {
    return Atomics.load(this.#shared, SHARED.clients) > 0;
  }

  /** Waits until a page is open, for at most `seconds`. Returns whether there is one. */
  awaitPage(seconds: number): boolean {
    Atomics.wait(this.#shared, SHARED.clients, 0, 1000 * seconds);
    return this.isWatched;
  }

  post(message: WatchMessage): void {
    this.#channel.postMessage(message);
  }

  /** Tells the pages that the run has ended, and ends the thread. */
  end(text: string, failed = false): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.post({ kind: 'end', text, failed });
    Atomics.wait(this.#shared, SHARED.ended, 0, END);
    void this.#worker.terminate();
  }
}
