import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { ArgumentError, BackendError } from '../../../core/base/errors.js';
import { findPackage } from '../../../package/find-package.js';
import { HDF5_WORKER, type Hdf5Requests } from './hdf5-worker.js';

/** The milliseconds after which a request is given up: damaged files can make h5wasm loop. */
const PATIENCE = 300_000;

/** What the worker answers. */
interface Answer {
  readonly value?: unknown;
  readonly error?: string;
  readonly fatal: boolean;
}

/**
 * The URL of the module of h5wasm for Node.js.
 *
 * @throws {@link BackendError} if the package is not installed
 */
export function h5wasmUrl(path: string, folder: string | undefined = findPackage('h5wasm')): string {
  const file = folder && join(folder, 'package.json');
  const module =
    file && existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).exports?.['./node']?.import;
  if (folder === undefined || typeof module !== 'string')
    throw new BackendError(
      `${path} is an HDF5 file, for which the package h5wasm (0.10.3 or later) is needed: npm install ` +
        'h5wasm, or convert its arrays, as with h5py and numpy.save',
    );
  return pathToFileURL(join(folder, module)).href;
}

/**
 * A thread that runs h5wasm, which starts asynchronously, and for which this thread waits. Damaged
 * files that break its memory or never end cost this thread, not the program.
 */
class Hdf5Thread {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #signal = new Int32Array(new SharedArrayBuffer(4));
  isEnded = false;

  constructor(url: string) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#worker = new Worker(HDF5_WORKER, {
      eval: true,
      workerData: { url, port: port2, signal: this.#signal },
      transferList: [port2],
      execArgv: [],
    });
    // the call that waits for it says so
    this.#worker.on('error', () => this.end());
    this.#worker.unref();
    port1.unref();
  }

  end(): void {
    this.isEnded = true;
    this.#port.close();
    void this.#worker.terminate();
  }

  /** @throws {@link ArgumentError} if the file at `path` can't be read */
  ask<K extends keyof Hdf5Requests>(
    path: string,
    request: K,
    ...args: Parameters<Hdf5Requests[K]>
  ): ReturnType<Hdf5Requests[K]> {
    const before = Atomics.load(this.#signal, 0);
    this.#port.postMessage({ request, args });
    const isLate = Atomics.wait(this.#signal, 0, before, PATIENCE) === 'timed-out';
    const answer: Answer = isLate
      ? { error: `h5wasm needs more than ${PATIENCE / 1000} s`, fatal: true }
      : receiveMessageOnPort(this.#port)?.message;
    if (answer.fatal) this.end();
    if (answer.error === undefined) return answer.value as ReturnType<Hdf5Requests[K]>;
    throw new ArgumentError(`${path} is not an HDF5 file that can be read: ${answer.error}`);
  }
}

/** It is kept, because its start takes some tenths of a second. */
let thread: Hdf5Thread | undefined;

/** Requests for an open file. */
export type AskHdf5 = <K extends Exclude<keyof Hdf5Requests, 'open' | 'close'>>(
  request: K,
  ...args: Parameters<Hdf5Requests[K]>
) => ReturnType<Hdf5Requests[K]>;

/**
 * Runs `body` with requests for an HDF5 file. Files are opened one at a time.
 *
 * @throws {@link BackendError} if the package h5wasm is not installed
 * @throws {@link ArgumentError} if the file is damaged
 */
export function withHdf5<R>(path: string, body: (ask: AskHdf5) => R): R {
  if (!thread || thread.isEnded) thread = new Hdf5Thread(h5wasmUrl(path));
  const own = thread;
  own.ask(path, 'open', path);
  try {
    return body((request, ...args) => own.ask(path, request, ...args));
  } finally {
    if (!own.isEnded) own.ask(path, 'close');
  }
}
