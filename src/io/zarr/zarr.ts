import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { NDArray } from '../../core/array/ndarray.js';
import { complex, type Scalar } from '../../core/base/complex.js';
import { bytesOf, checkDType, type DType, holdsNumber } from '../../core/base/dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../../core/base/errors.js';
import { checkOneOf, type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { formatShape, product, type Shape, sameShape, toShape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { type DistributedArrayOptions, spaceOf } from '../../core/distributed/space.js';
import { checkSame, gatherFromAllRanks, onRoot, sameOnAllRanks } from '../../core/ports/agreement.js';
import type { Backend } from '../../core/ports/backend.js';
import type { Communicator } from '../../core/ports/communicator.js';
import { resolveCommunicator } from '../../core/ports/defaults.js';
import { checkConversion, readInto, writeNpyData } from '../npy/npy-data.js';
import { dtypeHolding } from '../npy/npy-header.js';
import {
  findFile,
  findTarget,
  likeBefore,
  randomName,
  type Target,
  temporariesOf,
  temporaryFor,
  temporaryName,
} from '../output.js';
import { memorySource } from '../parts/byte-source.js';
import { chunkCounts, chunkLayout, copyChunk, defaultChunks, forChunks } from '../parts/chunk-layout.js';
import { checkMaxBytes, FREE_BYTES, MOST_GAIN } from '../parts/claimed-size.js';
import { checkBoxes, moved, plainOptions } from '../parts/file-runs.js';
import { naming, withFile } from '../parts/local-file.js';
import { pause, readWhole } from '../parts/raw-io.js';
import { writeTogether } from '../parts/shared-file.js';
import {
  checkEncoder,
  decodeChunk,
  encodeChunk,
  LEVELS,
  ZARR_COMPRESSIONS,
  type ZarrCompression,
} from './parts/zarr-codec.js';
import { findDocument, METADATA } from './parts/zarr-document.js';
import { formatZarrMetadata } from './parts/zarr-format.js';
import {
  type ArrayDocument,
  chunkKey,
  parseZarrMetadata,
  type StoredArray,
  type ZarrMetadata,
} from './parts/zarr-metadata.js';
import { chunkReader } from './parts/zarr-shards.js';
import { folderOf, openStore, type ZarrStore } from './parts/zarr-store.js';

export type { ZarrCompression, ZarrMetadata };

/** Options of {@link readZarr}. */
export interface ZarrReadOptions extends DistributedArrayOptions {
  /**
   * The largest array, in bytes, that is read. Chunks need not be stored (missing ones hold the
   * fill value), so a few bytes can claim any size.
   * @default 64 MiB, or 1024 times what the store holds
   */
  readonly maxBytes?: number;
}

/** Options of {@link writeZarr}. */
export interface ZarrWriteOptions {
  /** The shape of the chunks. @default the longest axis halved until a chunk has at most 4 MiB */
  readonly chunks?: Shape;
  /** 'zstd' needs Node.js 22.15 for writing, not for reading. @default 'gzip' */
  readonly compression?: ZarrCompression;
  /** gzip 0 to 9, zstd 1 to 22; higher levels are smaller and slower. @default 1 */
  readonly level?: number;
  /** Any JSON values. @default {} */
  readonly attributes?: Readonly<Record<string, unknown>>;
  /** One name for each dimension. */
  readonly dimensionNames?: readonly (string | null)[];
}

const DEFAULTS = {
  chunks: undefined,
  compression: 'gzip',
  level: 1,
  attributes: {},
  dimensionNames: undefined,
} satisfies Defaults<ZarrWriteOptions>;

/** Arrays of up to so many chunks are read without a comparison with the stored files. */
const FREE_CHUNKS = 1 << 16;

/** The number of attempts to read an array that is replaced again and again. */
const ATTEMPTS = 20;

/** The error that nothing at the path describes an array. */
function noArray(path: string): ArgumentError {
  if (existsSync(path))
    return new ArgumentError(`${path} has no ${METADATA} and no .zarray: expected a Zarr array`);
  const aside = temporariesOf(path).find((name) => name.endsWith('.old'));
  return new ArgumentError(
    `no such array: ${path}${aside ? ` (an interrupted writer left the previous array in ${aside})` : ''}`,
  );
}

/**
 * What describes an array, or undefined if the array is being replaced at this moment.
 *
 * @throws {@link ArgumentError} if there is no array
 */
function lookUp(store: ZarrStore): ArrayDocument | undefined {
  const { path } = store;
  for (let left = 10; ; left--) {
    const document = findDocument(store);
    if (document) return document;
    if (store.archive) throw noArray(path);
    if (!existsSync(path) && temporariesOf(path).length > 0) return undefined;
    // it may have reappeared since
    if (left === 0 || !existsSync(join(path, METADATA))) throw noArray(path);
  }
}

/**
 * Runs `attempt` until it returns a value. It returns undefined if the array was replaced
 * meanwhile.
 *
 * @throws {@link ArgumentError} if no attempt returns a value
 */
function untilWhole<R>(path: string, attempt: () => R | undefined): R {
  for (let k = 1; k <= ATTEMPTS; k++) {
    const value = attempt();
    if (value !== undefined) return value;
    // the same on all ranks
    pause(2 * k);
  }
  throw existsSync(path)
    ? new ArgumentError(
        `${path} was replaced in each of ${ATTEMPTS} attempts to read it: its writers do not pause, or ` +
          'ranks see other files at this path',
      )
    : noArray(path);
}

/**
 * Reads the metadata of a Zarr array (versions 2 and 3, in a local folder or a ZIP archive).
 *
 * @throws {@link ArgumentError} if there is no array, or if it uses an unsupported feature
 */
export function readZarrMetadata(path: string): ZarrMetadata {
  return untilWhole(path, () => {
    const store = naming(path, () => openStore(path));
    try {
      const document = lookUp(store);
      return document && parseZarrMetadata(document).metadata;
    } finally {
      store.close();
    }
  });
}

/** Refuses an array that claims to be far larger than its stored bytes. */
function checkClaim(
  store: ZarrStore,
  { shape, bytes, chunkShape, shardShape }: ZarrMetadata,
  dtype: DType,
  maxBytes: number | undefined,
): void {
  const item = Math.max(bytes, bytesOf(dtype));
  const claimed = item * Math.max(product(shape), product(chunkShape));
  const chunks = product(chunkCounts(shape, chunkShape));
  if (maxBytes === undefined && claimed <= FREE_BYTES && chunks <= FREE_CHUNKS) return;
  const stored = maxBytes === undefined ? store.contents() : undefined;
  const most = stored ? Math.max(FREE_BYTES, MOST_GAIN * stored.bytes) : (maxBytes as number);
  // a file of several chunks has an index of them
  const listed = stored && shardShape ? stored.bytes : 0;
  if (claimed > most || (stored && chunks > Math.max(FREE_CHUNKS, MOST_GAIN * stored.files, listed)))
    throw new ArgumentError(
      `${store.path} claims an array of shape ${formatShape(shape)} ` +
        `in chunks of ${formatShape(chunkShape)} (${claimed} bytes), ${
          stored
            ? `but the store holds ${stored.bytes} bytes in ${stored.files} files: if that is right, ` +
              'pass maxBytes'
            : `more than maxBytes ${most}`
        }`,
    );
}

/**
 * The dtype of an array by default. Wide integers become float64 if that is exact: whether they fit
 * into int32 is unknown until all chunks are read.
 */
function dtypeFor({ kind, bytes }: ZarrMetadata): DType {
  return dtypeHolding(kind, bytes) ?? 'float64';
}

/**
 * The value of chunks that are not stored.
 *
 * @throws {@link DTypeError} if it does not fit into the dtype that the caller gave
 */
function fillFor({ fill, dataType }: ZarrMetadata, dtype: DType, path: string): Scalar {
  const [re = 0, im] = fill;
  if (!holdsNumber(dtype, re))
    throw new DTypeError(
      `${path} has chunks that are not stored, of ${re} (${dataType}), which does not fit into ${dtype}: ` +
        'ask for another dtype',
    );
  return im === undefined ? re : complex(re, im);
}

/**
 * A function that reads a chunk by its index into an array that has the order of the stored chunk.
 */
function chunkLoader(
  store: ZarrStore,
  array: StoredArray,
): (index: readonly number[], chunk: NDArray) => void {
  const { metadata, encoding } = array;
  const size = product(metadata.chunkShape);
  const read = chunkReader(store, array);
  return (index, chunk) => {
    const stored = read(index);
    if (!stored) {
      chunk.fill(fillFor(metadata, chunk.dtype, store.path));
      return;
    }
    const decoded = decodeChunk(stored.bytes, encoding.codecs, size * metadata.bytes, stored.name);
    readInto(chunk, { ...metadata, size }, memorySource(decoded, stored.name));
  };
}

/** The shape of a chunk in the order in which it is stored. */
const storedShape = ({ metadata, encoding }: StoredArray): number[] =>
  encoding.axes.map((axis) => metadata.chunkShape[axis] as number);

function readChunks(store: ZarrStore, array: StoredArray, x: DistributedArray): void {
  if (product(x.box.shape) === 0) return;
  const load = chunkLoader(store, array);
  tidy(() => {
    const chunk = NDArray.empty(storedShape(array), { dtype: x.dtype, backend: x.backend });
    forChunks(x.box, array.metadata.chunkShape, (index, part) => {
      load(index, chunk);
      copyChunk(chunk, x, part, false, array.encoding.axes);
    });
  });
}

/**
 * Runs `body`. Returns undefined if the array was replaced since; `body` may then have read parts
 * of both.
 */
function unlessReplaced<R>(
  store: ZarrStore,
  document: ArrayDocument,
  body: () => R,
): { readonly value: R } | undefined {
  const isReplaced = () => lookUp(store)?.text !== document.text;
  try {
    const value = body();
    return isReplaced() ? undefined : { value };
  } catch (error) {
    if (isReplaced()) return undefined;
    throw error;
  }
}

/**
 * Describes an array by its metadata and some of its chunks, on one rank. If the array is replaced
 * meanwhile, it is described again.
 *
 * @param describe gets the metadata, and a function that reads a chunk in a dtype
 * @throws {@link ArgumentError} as {@link readZarr}
 */
export function withZarrChunks<R>(
  path: string,
  backend: Backend,
  describe: (metadata: ZarrMetadata, read: (index: readonly number[], dtype: DType) => NDArray) => R,
): R {
  const attempt = () => {
    const store = naming(path, () => openStore(path));
    try {
      const document = lookUp(store);
      if (!document) return undefined;
      const array = parseZarrMetadata(document);
      const { axes } = array.encoding;
      const load = chunkLoader(store, array);
      return unlessReplaced(store, document, () =>
        describe(array.metadata, (index, dtype) => {
          const chunk = NDArray.empty(storedShape(array), { dtype, backend });
          load(index, chunk);
          return chunk.transpose(axes.map((_, axis) => axes.indexOf(axis)));
        }),
      );
    } finally {
      store.close();
    }
  };
  return untilWhole(path, attempt).value;
}

/**
 * Reads a Zarr array, version 2 or 3, in a local folder or a ZIP archive (`x.zip`, `x.zip/a`). All
 * ranks read, each the chunks of its part. Chunks may be transposed, compressed by blosc, gzip,
 * zlib, zstd or lz4, checked by crc32c, and stored in shards. Floats, complex numbers and integers
 * of up to 32 bits have the same dtypes as in `readNpy`. Wider integers become float64 if that is
 * exact. Chunks that are not stored have the fill value. Collective.
 *
 * If the layout cuts chunks, each chunk is read whole by one rank and moved by one transfer, with
 * the memory of one more array during the call. If the array is replaced meanwhile, it is read
 * again: the result is either all old or all new. Errors are the same on all ranks.
 *
 * @throws {@link ArgumentError} for damaged files, for claimed sizes that the stored bytes do not
 * support (see `maxBytes`), if ranks see different files, and if the array is replaced in every
 * attempt
 */
export function readZarr(path: string, options: ZarrReadOptions = {}): DistributedArray {
  const comm = resolveCommunicator(options?.comm);
  return tidy(() => untilWhole(path, () => attemptZarr(path, options, comm)));
}

/** Reads an array. Returns undefined on all ranks if it is replaced meanwhile. */
function attemptZarr(
  path: string,
  options: ZarrReadOptions,
  comm: Communicator,
): DistributedArray | undefined {
  const found: { store?: ZarrStore; document?: ArrayDocument | undefined } = {};
  try {
    const seen = gatherFromAllRanks(comm, () => {
      const compared = plainOptions('readZarr', options);
      checkMaxBytes(options);
      found.store = naming(path, () => openStore(path));
      found.document = lookUp(found.store);
      const { text } = found.document ?? {};
      return { text, archive: found.store.archive?.checkSum, options: compared };
    });
    checkSame('readZarr', seen, ['options']);
    const mine = seen[comm.rank] as (typeof seen)[number];
    const isSame = seen.every(({ text, archive }) => text === mine.text && archive === mine.archive);
    const { store, document } = found;
    return store && document && isSame ? readDocument(store, document, options, comm) : undefined;
  } finally {
    found.store?.close();
  }
}

/** Reads the array that all ranks found. Returns undefined on all if it is replaced meanwhile. */
function readDocument(
  store: ZarrStore,
  document: ArrayDocument,
  { maxBytes, ...rest }: ZarrReadOptions,
  comm: Communicator,
): DistributedArray | undefined {
  const array = parseZarrMetadata(document);
  const { metadata } = array;
  const dtype = rest.dtype === undefined ? dtypeFor(metadata) : checkDType(rest.dtype);
  checkConversion({ kind: metadata.kind, descr: metadata.dataType }, dtype, store.path);
  const isWhole = (body: () => void): boolean => unlessReplaced(store, document, body) !== undefined;
  if (!onRoot(comm, () => isWhole(() => checkClaim(store, metadata, dtype, maxBytes)))) return undefined;
  const space = spaceOf('readZarr', metadata.shape, { ...rest, dtype, comm });
  let part: DistributedArray | undefined;
  const whole = gatherFromAllRanks(comm, () =>
    isWhole(() => {
      part = space.withLayout(chunkLayout(space.layout, metadata.chunkShape)).empty();
      readChunks(store, array, part);
    }),
  );
  const x = part as DistributedArray | undefined;
  if (x && whole.every(Boolean)) return moved(x, space);
  x?.dispose();
  return undefined;
}

/** The properties of the files and folders of an array that is replaced. */
interface Before {
  readonly folder: Target;
  readonly file: Target;
}

function writeChunks(
  folder: string,
  x: DistributedArray,
  { chunks, compression, level }: Required<Pick<ZarrWriteOptions, 'chunks' | 'compression' | 'level'>>,
  before: Before,
): void {
  if (product(x.box.shape) === 0) return;
  const made = new Set<string>();
  tidy(() => {
    const chunk = NDArray.empty(chunks, { dtype: x.dtype, backend: x.backend });
    forChunks(x.box, chunks, (index, part) => {
      // a chunk is also stored beyond the array's end
      if (!sameShape(part.shape, chunks)) chunk.fill(0);
      copyChunk(chunk, x, part, true);
      const file = join(folder, chunkKey({ prefix: 'c', separator: '/' }, index));
      for (let at = dirname(file); at !== folder && !made.has(at); at = dirname(at)) {
        mkdirSync(at, { recursive: true });
        made.add(at);
      }
      const pieces: Uint8Array[] = [];
      writeNpyData(chunk, (bytes) => pieces.push(bytes));
      const whole = pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces);
      writeFileSync(file, encodeChunk(whole, compression, level), { flag: 'wx' });
      likeBefore(file, before.file);
    });
    for (const inner of made) likeBefore(inner, before.folder);
  });
}

/** Whether a folder is an array of version 3. Nothing else is ever replaced. */
function isArray(path: string): boolean {
  try {
    return withFile(join(path, METADATA), (fd, size) => {
      const text = new TextDecoder().decode(readWhole(fd, size, FREE_BYTES, path));
      return JSON.parse(text).node_type === 'array';
    });
  } catch {
    return false;
  }
}

/** Replaces a folder by another. The old one is moved aside meanwhile. */
function replaceFolder(temporary: string, path: string): void {
  if (!existsSync(path)) {
    renameSync(temporary, path);
    return;
  }
  const old = temporaryName(path, 'old');
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
 * Writes a distributed array in any layout of boxes as a Zarr array (version 3, a local folder).
 * All ranks write, each whole chunks. If the layout cuts chunks, they are first moved by one
 * transfer. The folder is written under another name and renamed when all ranks are done. An
 * existing array is replaced; anything else at the path is refused. Symbolic links are followed.
 * The mode and owner of a replaced array are kept. Collective. Errors are the same on all ranks,
 * and then no files are left.
 */
export function writeZarr(path: string, x: DistributedArray, options?: ZarrWriteOptions): void {
  checkBoxes('writeZarr', x);
  const { globalShape, dtype, comm } = x;
  const bytes = bytesOf(dtype);
  const { folder, chunks, compression, level, metadata } = sameOnAllRanks(comm, 'writeZarr', () => {
    const folder = naming(path, () => folderOf(path));
    const given = withDefaults('writeZarr', options, DEFAULTS);
    const { compression, level, attributes, dimensionNames } = given;
    checkOneOf('compression', compression, ZARR_COMPRESSIONS);
    checkEncoder(compression);
    const [least, most] = LEVELS[compression];
    if (!(Number.isInteger(level) && level >= least && level <= most))
      throw new ArgumentError(
        `expected a level of ${compression} between ${least} and ${most}, received ${textOf(level)}`,
      );
    const chunks =
      given.chunks === undefined ? defaultChunks(globalShape, bytes) : toShape(given.chunks, 'chunks');
    if (chunks.length !== globalShape.length || chunks.includes(0))
      throw new ShapeError(
        `expected chunks of ${globalShape.length} positive lengths, received ${formatShape(chunks)}`,
      );
    if (dimensionNames && dimensionNames.length !== globalShape.length)
      throw new ShapeError(
        `expected ${globalShape.length} dimension names, received ${dimensionNames.length}`,
      );
    const metadata = { compression, level, attributes, dimensionNames };
    // throws if attributes are invalid
    formatZarrMetadata(globalShape, dtype, chunks, metadata);
    // throws if the array was disposed
    void x.local.storage;
    return { folder, chunks, compression, level, metadata, layout: x.layout.key };
  });
  tidy(() => {
    const part = moved(x, x.space.withLayout(chunkLayout(x.layout, chunks)));
    writeTogether(comm, path, {
      create() {
        const target = findTarget(folder);
        if (existsSync(target.path) && !isArray(target.path))
          throw new ArgumentError(
            `${path} exists and is no Zarr array of version 3: remove it, or choose another path`,
          );
        const file = target.before ? findFile(join(target.path, METADATA)) : target;
        const temporary = temporaryFor(target);
        mkdirSync(temporary, { mode: target.before ? 0o700 : 0o777 });
        return { target, temporary, before: { folder: target, file } };
      },
      write: ({ temporary, before }) => writeChunks(temporary, part, { chunks, compression, level }, before),
      finish({ target, temporary, before }) {
        const file = join(temporary, METADATA);
        const text = formatZarrMetadata(globalShape, dtype, chunks, { ...metadata, write: randomName() });
        writeFileSync(file, text, { flag: 'wx' });
        likeBefore(file, before.file);
        likeBefore(temporary, before.folder);
        replaceFolder(temporary, target.path);
      },
    });
  });
}
