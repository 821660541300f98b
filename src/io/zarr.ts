import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  opendirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { complex, type Scalar } from '../core/complex.js';
import { defaultCommunicator } from '../core/defaults.js';
import type { DistributedArray } from '../core/distributed-array.js';
import { bytesOf, checkDType, type DType } from '../core/dtype.js';
import { ArgumentError, ShapeError } from '../core/errors.js';
import type { Box } from '../core/layout.js';
import { NDArray } from '../core/ndarray.js';
import { checkOneOf, checkOptions } from '../core/options.js';
import { tidy } from '../core/scope.js';
import { formatShape, product, type Shape, sameShape, stridesOf, toShape } from '../core/shape.js';
import { type DistributedArrayOptions, spaceOf } from '../core/space.js';
import { agreed, onRoot, together } from './agreement.js';
import { memorySource, readAt, temporaryName, withFile } from './byte-source.js';
import { checkConversion, readInto, writeNpyData } from './npy-data.js';
import { checkBoxes, moved, plainOptions } from './staging.js';
import { checkEncoder, decodeChunk, encodeChunk, LEVELS } from './zarr-codec.js';
import { chunkCounts, chunkLayout, defaultChunks, forChunks } from './zarr-layout.js';
import {
  chunkKey,
  formatZarrMetadata,
  parseZarrMetadata,
  ZARR_COMPRESSIONS,
  type ZarrCompression,
  type ZarrMetadata,
} from './zarr-metadata.js';

export type { ZarrCompression, ZarrMetadata };

export interface ZarrReadOptions extends DistributedArrayOptions {
  /**
   * The largest array, in bytes, that is believed. Chunks that are not stored are legal (they hold the fill value), so that a few bytes can claim any size.
   * @default 64 MiB, or 1024 times what the folder holds
   */
  readonly maxBytes?: number;
}

export interface ZarrWriteOptions {
  /** The shape of the chunks. @default the longest axis halved until a chunk has at most 4 MiB */
  readonly chunks?: Shape;
  /** 'zstd' needs Node.js 22.15 for writing, not for reading. @default 'gzip' */
  readonly compression?: ZarrCompression;
  /** gzip 0 to 9, zstd 1 to 22; more is smaller and slower. @default 1 */
  readonly level?: number;
  /** Whatever JSON holds. @default {} */
  readonly attributes?: Readonly<Record<string, unknown>>;
  /** One a dimension. */
  readonly dimensionNames?: readonly (string | null)[];
}

const METADATA = 'zarr.json';
/** Claims up to here are believed. */
const FREE_BYTES = 1 << 26;
const FREE_CHUNKS = 1 << 16;
/** More than this no compression of data that is worth storing gains. */
const MOST_GAIN = 1024;

/** The zarr.json of an array's folder (Zarr version 3). Throws {@link ArgumentError} for what is none, or what can't be read here. */
export function readZarrMetadata(path: string): ZarrMetadata {
  const file = join(path, METADATA);
  return withFile(file, (fd, size) => {
    if (size > FREE_BYTES) throw new ArgumentError(`${file} has ${size} bytes: expected at most ${FREE_BYTES}`);
    const bytes = new Uint8Array(size);
    readAt(fd, bytes, 0, file);
    return parseZarrMetadata(new TextDecoder().decode(bytes), file);
  });
}

/** What a folder holds. */
function contents(folder: string): { files: number; bytes: number } {
  const sum = { files: 0, bytes: 0 };
  const waiting = [folder];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const listing = opendirSync(next);
    try {
      for (let entry = listing.readSync(); entry; entry = listing.readSync()) {
        const path = join(next, entry.name);
        if (entry.isDirectory()) waiting.push(path);
        if (!entry.isFile()) continue;
        sum.files++;
        sum.bytes += statSync(path).size;
      }
    } finally {
      listing.closeSync();
    }
  }
  return sum;
}

/** Refuses an array that claims to be far more than what is stored. */
function checkClaim(path: string, { shape, bytes, chunkShape }: ZarrMetadata, dtype: DType, maxBytes: number | undefined): void {
  const item = Math.max(bytes, bytesOf(dtype));
  const claimed = item * Math.max(product(shape), product(chunkShape));
  const chunks = product(chunkCounts(shape, chunkShape));
  if (maxBytes === undefined && claimed <= FREE_BYTES && chunks <= FREE_CHUNKS) return;
  const stored = maxBytes === undefined ? contents(path) : undefined;
  const most = stored ? Math.max(FREE_BYTES, MOST_GAIN * stored.bytes) : (maxBytes as number);
  if (claimed > most || (stored && chunks > Math.max(FREE_CHUNKS, MOST_GAIN * stored.files)))
    throw new ArgumentError(
      `${path} claims an array of shape ${formatShape(shape)} in chunks of ${formatShape(chunkShape)} (${claimed} bytes), ${
        stored
          ? `but the folder holds ${stored.bytes} bytes in ${stored.files} files: if that is right, pass maxBytes`
          : `more than maxBytes ${most}`
      }`,
    );
}

/** Wide integers become float64, as far as they are exact: which of them fit into int32 is not known before all chunks are read. */
function dtypeFor({ kind, bytes }: ZarrMetadata): DType {
  if (kind === 'complex') return bytes === 8 ? 'complex64' : 'complex128';
  if (kind === 'float') return bytes === 8 ? 'float64' : 'float32';
  return bytes < 4 || (bytes === 4 && kind === 'int') ? 'int32' : 'float64';
}

/** A chunk's file, or nothing where it isn't stored. */
function readChunkFile(file: string, most: number): Uint8Array | undefined {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { size } = fstatSync(fd);
    if (size > most) throw new ArgumentError(`${file} has ${size} bytes: expected at most ${most}, it is damaged`);
    const bytes = new Uint8Array(size);
    readAt(fd, bytes, 0, file);
    return bytes;
  } finally {
    closeSync(fd);
  }
}

/** Moves a part of a chunk to or from this rank's array. */
function copyPart(chunk: NDArray, x: DistributedArray, part: Box, toChunk: boolean): void {
  const { box, local, backend } = x;
  const strides = stridesOf(box.shape);
  const start = strides.reduce((sum, step, k) => sum + step * ((part.start[k] as number) - (box.start[k] as number)), 0);
  const inChunk = { elements: chunk, start: 0, strides: stridesOf(chunk.shape) };
  const inArray = { elements: local, start, strides };
  if (toChunk) backend.stridedCopy(part.shape, inArray, inChunk, 'set');
  else backend.stridedCopy(part.shape, inChunk, inArray, 'set');
}

function readChunks(path: string, metadata: ZarrMetadata, x: DistributedArray): void {
  const { chunkShape, bytes, compression, fill, keys } = metadata;
  const size = product(chunkShape);
  if (product(x.box.shape) === 0) return;
  const empty: Scalar = fill.length === 2 ? complex(fill[0] as number, fill[1] as number) : (fill[0] as number);
  // what doesn't shrink grows by little
  const most = compression === 'none' ? size * bytes : 2 * size * bytes + 4096;
  tidy(() => {
    const chunk = NDArray.empty(chunkShape, { dtype: x.dtype, backend: x.backend });
    forChunks(x.box, chunkShape, (index, part) => {
      const file = join(path, chunkKey(keys, index));
      const stored = readChunkFile(file, most);
      if (stored) {
        const decoded = decodeChunk(stored, compression, size * bytes, file);
        readInto(chunk, { ...metadata, size }, memorySource(decoded, file));
      } else chunk.fill(empty);
      copyPart(chunk, x, part, false);
    });
  });
}

/**
 * Reads a Zarr array (version 3, a local folder) by all ranks, each the chunks of its part: `bytes` codec in either byte order, uncompressed, gzip or zstd. Floats, complex
 * numbers and integers of up to 32 bits keep their dtype as in `readNpy`; wider integers become float64 where that is exact. Chunks that are not stored are filled. Collective.
 *
 * Where a layout cuts chunks they are read whole by one rank each and moved by one transfer, with one more array of memory while it lasts.
 * Errors, on all ranks alike: {@link ArgumentError} for damaged files, for claims that what is stored can't bear out (see `maxBytes`), and where ranks see different files.
 */
export function readZarr(path: string, options: ZarrReadOptions = {}): DistributedArray {
  const { maxBytes, ...rest } = options;
  const comm = options.comm ?? defaultCommunicator();
  return tidy(() => {
    const { metadata } = agreed(comm, () => {
      if (maxBytes !== undefined && !(maxBytes >= 0)) throw new ArgumentError(`expected maxBytes of at least 0, received ${maxBytes}`);
      return { metadata: readZarrMetadata(path), options: plainOptions(rest), maxBytes };
    });
    const dtype = options.dtype === undefined ? dtypeFor(metadata) : checkDType(options.dtype);
    checkConversion({ kind: metadata.kind, descr: metadata.dataType }, dtype, path);
    onRoot(comm, () => checkClaim(path, metadata, dtype, maxBytes));
    const space = spaceOf('readZarr', metadata.shape, { ...rest, dtype, comm });
    const x = together(comm, () => {
      const part = space.withLayout(chunkLayout(space.layout, metadata.chunkShape)).empty();
      readChunks(path, metadata, part);
      return part;
    });
    return moved(x, space);
  });
}

function writeChunks(folder: string, x: DistributedArray, chunkShape: Shape, compression: ZarrCompression, level: number): void {
  if (product(x.box.shape) === 0) return;
  const made = new Set<string>();
  tidy(() => {
    const chunk = NDArray.empty(chunkShape, { dtype: x.dtype, backend: x.backend });
    forChunks(x.box, chunkShape, (index, part) => {
      // what lies beyond the array's end is stored, too
      if (!sameShape(part.shape, chunkShape)) chunk.fill(0);
      copyPart(chunk, x, part, true);
      const file = join(folder, chunkKey({ prefix: 'c', separator: '/' }, index));
      if (!made.has(dirname(file))) mkdirSync(dirname(file), { recursive: true });
      made.add(dirname(file));
      const pieces: Uint8Array[] = [];
      writeNpyData(chunk, (bytes) => pieces.push(bytes));
      writeFileSync(file, encodeChunk(pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces), compression, level), {
        flag: 'wx',
      });
    });
  });
}

/** Whether a folder is a Zarr array: what is none is never replaced. */
function isArray(path: string): boolean {
  try {
    return JSON.parse(readFileSync(join(path, METADATA), 'utf8')).node_type === 'array';
  } catch {
    return false;
  }
}

/** Puts a folder in the place of another, which it moves aside for that moment. */
function replaceFolder(temporary: string, path: string): void {
  if (!existsSync(path)) {
    renameSync(temporary, path);
    return;
  }
  const old = temporaryName(path);
  renameSync(path, old);
  try {
    renameSync(temporary, path);
  } catch (error) {
    renameSync(old, path);
    throw error;
  }
  rmSync(old, { recursive: true, force: true });
}

/**
 * Writes a distributed array in any layout of boxes as a Zarr array (version 3, a local folder) by all ranks, each whole chunks: where the layout cuts them they are moved by one
 * transfer. The folder is written under another name and renamed when all ranks are done; an array that was there is replaced, anything else is refused. Collective.
 * Errors are the same on all ranks, and leave nothing behind.
 */
export function writeZarr(folder: string, x: DistributedArray, options: ZarrWriteOptions = {}): void {
  // a temporary name must be beside it, not in it
  const path = folder.replace(/(?<=.)\/+$/, '');
  checkBoxes('writeZarr', x.layout);
  const { globalShape, dtype, comm } = x;
  const bytes = bytesOf(dtype);
  const { chunks, compression, level, metadata } = agreed(comm, () => {
    checkOptions('writeZarr', options, ['chunks', 'compression', 'level', 'attributes', 'dimensionNames']);
    const { level = 1, attributes = {}, dimensionNames } = options;
    const compression = checkOneOf('compression', options.compression ?? 'gzip', ZARR_COMPRESSIONS);
    checkEncoder(compression);
    const [least, most] = LEVELS[compression];
    if (!(Number.isInteger(level) && level >= least && level <= most))
      throw new ArgumentError(`expected a level of ${compression} between ${least} and ${most}, received ${level}`);
    const chunks = options.chunks === undefined ? defaultChunks(globalShape, bytes) : toShape(options.chunks, 'chunks');
    if (chunks.length !== globalShape.length || chunks.includes(0))
      throw new ShapeError(`expected chunks of ${globalShape.length} positive lengths, received ${formatShape(chunks)}`);
    if (dimensionNames && dimensionNames.length !== globalShape.length)
      throw new ShapeError(`expected ${globalShape.length} dimension names, received ${dimensionNames.length}`);
    const metadata = formatZarrMetadata(globalShape, dtype, chunks, { compression, level, attributes, dimensionNames });
    // throws where it was disposed
    void x.local.storage;
    return { path, chunks, compression, level, metadata, layout: x.layout.key };
  });
  tidy(() => {
    const part = moved(x, x.space.withLayout(chunkLayout(x.layout, chunks)));
    const temporary = onRoot(comm, () => {
      if (existsSync(path) && !isArray(path))
        throw new ArgumentError(`${path} exists and is no Zarr array: remove it, or choose another path`);
      const name = temporaryName(path);
      mkdirSync(name);
      return name;
    });
    try {
      together(comm, () => writeChunks(temporary, part, chunks, compression, level));
      onRoot(comm, () => {
        writeFileSync(join(temporary, METADATA), metadata);
        replaceFolder(temporary, path);
      });
    } catch (error) {
      if (comm.rank === 0) rmSync(temporary, { recursive: true, force: true });
      throw error;
    }
  });
}
