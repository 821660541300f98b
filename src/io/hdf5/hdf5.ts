import { NDArray } from '../../core/array/ndarray.js';
import { bytesOf, checkDType } from '../../core/base/dtype.js';
import { ArgumentError } from '../../core/base/errors.js';
import { tidy } from '../../core/base/scope.js';
import { formatShape, product, type Shape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import type { IndexBox } from '../../core/distributed/layout.js';
import { type DistributedArrayOptions, spaceOf } from '../../core/distributed/space.js';
import { onAllRanks, sameOnAllRanks } from '../../core/ports/agreement.js';
import { resolveCommunicator } from '../../core/ports/defaults.js';
import { checkConversion, readInto } from '../npy/npy-data.js';
import { dtypeHolding } from '../npy/npy-header.js';
import { memorySource } from '../parts/byte-source.js';
import { chunkLayout, copyChunk, forChunks } from '../parts/chunk-layout.js';
import { checkMaxBytes, FREE_BYTES, MOST_GAIN } from '../parts/claimed-size.js';
import { fileLayout, moved, plainOptions } from '../parts/file-runs.js';
import {
  checkFilters,
  findArray,
  type Hdf5Array,
  type Hdf5Metadata,
  listDatasets,
  withHdf5File,
} from './parts/hdf5-metadata.js';
import type { AskHdf5 } from './parts/hdf5-thread.js';

export type { Hdf5Metadata };

/** Options of {@link readHdf5}. */
export interface Hdf5ReadOptions extends DistributedArrayOptions {
  /**
   * The largest array, in bytes, that is read. Values need not be stored (missing ones hold the
   * fill value), so a small file can claim any size.
   * @default 64 MiB, or 1024 times the bytes of the file
   */
  readonly maxBytes?: number;
}

/** The most bytes that are read at a time, except that a chunk is read whole. */
const PIECE = 1 << 24;

/** Refuses an array that claims to be far larger than the file. */
function checkClaim(path: string, array: Hdf5Array, size: number, item: number, maxBytes?: number): void {
  const { shape, chunkShape = [], dataset, bytes } = array;
  const claimed = Math.max(bytes, item) * Math.max(product(shape), product(chunkShape));
  const most = maxBytes ?? Math.max(FREE_BYTES, MOST_GAIN * size);
  if (claimed > most)
    throw new ArgumentError(
      `${path} claims an array '${dataset}' of shape ${formatShape(shape)} (${claimed} bytes), ` +
        (maxBytes === undefined
          ? `but has ${size} bytes: if that is right, pass maxBytes`
          : `more than maxBytes ${maxBytes}`),
    );
}

/** The shape of a piece: chunks, or rows where there are none, as many as fit. */
function pieceShape(shape: Shape, unit: Shape, itemBytes: number): number[] {
  const piece = shape.map((n, k) => Math.max(1, Math.min(n, unit[k] as number)));
  for (let k = shape.length - 1; k >= 0; k--) {
    const fit = Math.floor(PIECE / (product(piece) * itemBytes));
    const [n, step] = [shape[k] as number, piece[k] as number];
    piece[k] = Math.max(step, Math.min(Math.ceil(n / step), fit) * step);
    if ((piece[k] as number) < n) break;
  }
  return piece;
}

/** Reads a box of an open dataset. */
export function readHdf5Box(ask: AskHdf5, array: Hdf5Array, { start, shape }: IndexBox, into: NDArray): void {
  const { dataset, bytes } = array;
  const size = product(shape);
  const isScalar = array.shape.length === 0;
  const raw = ask('read', dataset, isScalar ? null : start, isScalar ? null : shape, size * bytes);
  readInto(into, { ...array, littleEndian: true, size }, memorySource(raw, dataset));
}

/** Reads this rank's part, piece by piece. */
function readPart(ask: AskHdf5, array: Hdf5Array, x: DistributedArray): void {
  const { box, dtype, backend } = x;
  if (product(box.shape) === 0) return;
  const unit = array.chunkShape ?? box.shape.map(() => 1);
  const pieces = pieceShape(box.shape, unit, array.bytes);
  forChunks({ start: box.start.map(() => 0), shape: box.shape }, pieces, (_, { start, shape }) => {
    const inArray = { start: start.map((s, k) => s + (box.start[k] as number)), shape };
    tidy(() => {
      const piece = NDArray.empty(shape, { dtype, backend });
      readHdf5Box(ask, array, inArray, piece);
      copyChunk(piece, x, inArray, false);
    });
  });
}

/**
 * Describes the datasets of an HDF5 file without reading their values. Links to other files are
 * followed where these are there. Needs the package h5wasm, as {@link readHdf5} does.
 *
 * @throws {@link BackendError} if the package h5wasm is not installed
 * @throws {@link ArgumentError} if the file is damaged, or is none of HDF5
 */
export const readHdf5Metadata = (path: string): readonly Hdf5Metadata[] => withHdf5File(path, listDatasets);

/**
 * Reads a dataset of an HDF5 file into any layout of boxes: `readHdf5('a.h5', 'model/velocity')`.
 * Contiguous, compact and chunked datasets are read, with the filters of the HDF5 library: deflate,
 * shuffle, fletcher32, scaleoffset and nbit. Floats, complex numbers (two floats, r and i or real
 * and imag), bool (as h5py stores it) and integers of up to 32 bits have the same dtypes as in
 * `readNpy`. Wider integers become float64 if that is exact. Integers count as using all bits of
 * their bytes.
 * A scalar has the shape [1]. Collective.
 *
 * The package h5wasm is needed (the HDF5 library as WebAssembly, an optional peer). It runs in a
 * thread of its own, for which the call waits, and is kept for later calls. All ranks read, each
 * its part in pieces of 16 MiB or one chunk, so a file of any size is read; a chunk may have
 * some hundred MiB, since the library's memory is at most 2 GiB.
 * If the layout cuts chunks, each chunk is read by one rank and moved by one transfer, with the
 * memory of one more array during the call. Errors are the same on all ranks.
 *
 * @throws {@link BackendError} if the package h5wasm is not installed
 * @throws {@link ArgumentError} for damaged files, if there is no such dataset, for claimed sizes
 * that the file does not support (see `maxBytes`), and if ranks see different files or options
 * @throws {@link DTypeError} for texts, records, float16 and other types, and for integers that the
 * dtype does not hold
 */
export function readHdf5(path: string, dataset: string, options: Hdf5ReadOptions = {}): DistributedArray {
  const comm = resolveCommunicator(options?.comm);
  const { maxBytes, ...rest } = options ?? {};
  return tidy(() => {
    const { array, size } = sameOnAllRanks(comm, 'readHdf5', () => {
      const compared = plainOptions('readHdf5', options);
      checkMaxBytes(options);
      if (typeof dataset !== 'string' || dataset === '')
        throw new ArgumentError(`expected the path of a dataset, received ${textOf(dataset)}`);
      const found = withHdf5File(path, (ask, size) => ({ array: findArray(path, ask, dataset), size }));
      return { ...found, options: compared };
    });
    const dtype =
      rest.dtype === undefined
        ? (dtypeHolding(array.kind, array.bytes) ?? 'float64')
        : checkDType(rest.dtype);
    checkConversion({ kind: array.kind, descr: array.dataType }, dtype, `${path}, '${dataset}'`);
    checkFilters(path, array);
    checkClaim(path, array, size, bytesOf(dtype), maxBytes);
    const shape = array.shape.length === 0 ? [1] : array.shape;
    const space = spaceOf('readHdf5', shape, { ...rest, dtype, comm });
    const { chunkShape } = array;
    const layout = chunkShape
      ? chunkLayout(space.layout, chunkShape)
      : fileLayout(space.layout, array.bytes, false);
    const x = onAllRanks(comm, () => {
      const part = space.withLayout(layout).empty();
      withHdf5File(path, (ask) => readPart(ask, array, part));
      return part;
    });
    return moved(x, space);
  });
}
