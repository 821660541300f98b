/** A dataset as h5wasm describes it. Numbers of elements are plain numbers. */
export interface FoundDataset {
  readonly name: string;
  /** The class of the type, as `H5T_class_t` numbers it. */
  readonly type: number;
  /** The bytes of one element. */
  readonly size: number;
  readonly signed: boolean;
  /** Null for a dataset without values. */
  readonly shape: readonly number[] | null;
  readonly chunks: readonly number[] | null;
  /** The members of a compound type. */
  readonly members?: readonly {
    readonly name: string;
    readonly type: number;
    readonly size: number;
    readonly offset: number;
  }[];
  /** The base type and the names of an enumeration. */
  readonly enumeration?: { readonly type: number; readonly members: Readonly<Record<string, number>> };
  readonly filters: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** What the worker does, with the arguments of a request and the values of an answer. */
export interface Hdf5Requests {
  /** Opens a file, in the place of the one that is open. Throws if it is none of HDF5. */
  open(path: string): void;
  /** The paths of all datasets. */
  list(): readonly string[];
  /** Undefined if there is no dataset at the path. Otherwise what there is, if it is none. */
  describe(name: string, withAttributes: boolean): FoundDataset | string | undefined;
  /** The bytes of a box in C order, little-endian. All values if there is no box. */
  read(
    name: string,
    start: readonly number[] | null,
    shape: readonly number[] | null,
    bytes: number,
  ): Uint8Array;
  close(): void;
}

/**
 * The program of the thread that runs h5wasm, in JavaScript: workers start from a file or a text,
 * and a text is there however the library is bundled. It answers requests of `Hdf5Requests` one by
 * one. `fatal` says that the memory of h5wasm may be damaged, or has grown large.
 *
 * Values are read by h5wasm's `get_dataset_data`, whose status is checked; its class `Dataset` has
 * no check, and returns other memory where a chunk can't be decoded.
 */
export const HDF5_WORKER = `
'use strict';
const { workerData: { url, port, signal } } = require('node:worker_threads');
const fs = require('node:fs');
// the HDF5 library prints its errors, past the stderr of this thread
const { writeSync } = fs;
fs.writeSync = (fd, bytes, ...rest) => (fd === 2 ? (rest[1] ?? bytes.length) : writeSync(fd, bytes, ...rest));
const MOST_ATTRIBUTE = 65536;
const MOST_MEMORY = 2 ** 28;
let h5, module, file;
const number = (n) => (n === null ? null : Number(n));
const list = (numbers) => (numbers ? [...numbers].map(number) : null);
const attributesOf = (name, dataset) => {
  const found = {};
  for (const key of module.get_attribute_names(file.file_id, name)) {
    const { size, total_size: count } = module.get_attribute_metadata(file.file_id, name, key);
    if (Number(size) * Number(count) > MOST_ATTRIBUTE) continue;
    const value = dataset.get_attribute(key, true);
    const text = JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? Number(v) : v));
    found[key] = JSON.parse(text ?? 'null');
  }
  return found;
};
const requests = {
  open(path) {
    requests.close();
    file = new h5.File(path, 'r');
    if (file.file_id >= 0n) return;
    file = undefined;
    throw new Error('the HDF5 library does not open it');
  },
  list: () => file.paths().filter((name) => file.get(name) instanceof h5.Dataset),
  describe(name, withAttributes) {
    const dataset = file.get(name);
    if (!(dataset instanceof h5.Dataset)) return dataset?.constructor.name;
    const { type, size, signed, shape, chunks, compound_type: compound, enum_type: names } = dataset.metadata;
    return {
      name,
      type,
      size: Number(size),
      signed,
      shape: list(shape),
      chunks: list(chunks),
      ...(compound && {
        members: compound.members.map(({ name, type, size, offset }) => ({ name, type, size, offset })),
      }),
      ...(names && { enumeration: { type: names.type, members: { ...names.members } } }),
      filters: dataset.filters.map((filter) => filter.name || 'filter ' + filter.id),
      attributes: withAttributes ? attributesOf(name, dataset) : {},
    };
  },
  read(name, start, shape, bytes) {
    const to = module._malloc(Math.max(1, bytes));
    if (to === 0) throw new Error('there is no memory for ' + bytes + ' bytes');
    try {
      const [count, offset] = [shape, start].map((numbers) => numbers && numbers.map(BigInt));
      const status = module.get_dataset_data(
        file.file_id, name, count, offset, count && count.map(() => 1n), BigInt(to),
      );
      if (status < 0) throw new Error('the HDF5 library does not decode its values');
      return module.HEAPU8.slice(Number(to), Number(to) + bytes);
    } finally {
      module._free(to);
    }
  },
  close() {
    file?.close();
    file = undefined;
  },
};
const answer = (message, transfer) => {
  port.postMessage(message, transfer);
  Atomics.add(signal, 0, 1);
  Atomics.notify(signal, 0);
};
const ready = import(url).then(async (found) => {
  h5 = found;
  module = await found.ready;
});
// requests answer with its error
ready.catch(() => {});
port.on('message', async ({ request, args }) => {
  try {
    await ready;
    const value = requests[request](...args);
    const fatal = request === 'close' && module.HEAPU8.length > MOST_MEMORY;
    answer({ value, fatal }, value instanceof Uint8Array ? [value.buffer] : []);
  } catch (error) {
    // exceptions of C++ have no message. They, and full stacks, may damage the library's memory
    const isKnown = error instanceof Error && typeof error.message === 'string' && error.message !== '';
    const isBroken = error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
    const fatal = !module || isBroken || !isKnown;
    answer({ error: isKnown ? error.message : 'the HDF5 library fails', fatal });
  }
});
`;
