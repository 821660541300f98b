import { ArgumentError, DTypeError } from '../../../core/base/errors.js';
import { formatShape, product, type Shape } from '../../../core/base/shape.js';
import { HOST_LITTLE_ENDIAN, type NpyKind, parseDescr, READABLE } from '../../npy/npy-header.js';
import { BYTE_CODECS, type ByteCodec } from './zarr-codec.js';
import { type ChunkEncoding, encodingOf, extensionOf, extensionsOf } from './zarr-encoding.js';
import { fillOf } from './zarr-fill.js';
import { type Json, type JsonObject, objectIn, show, wholeNumbers } from './zarr-json.js';

/**
 * The attribute that changes whenever an array is written, by which readers see that it was
 * replaced. It is not among the attributes that readers return.
 */
export const WRITE_ID = 'lops_mpi_write';

/** The metadata of an array (Zarr core specification, versions 2 and 3). */
export interface ZarrMetadata {
  /** The version of the format. */
  readonly version: 2 | 3;
  readonly shape: Shape;
  /** The name in the file: `'float64'`, or `'<f8'` in version 2. */
  readonly dataType: string;
  readonly kind: NpyKind;
  /** The bytes of one element. */
  readonly bytes: number;
  readonly littleEndian: boolean;
  /** The shape of the chunks, which are read one by one. */
  readonly chunkShape: Shape;
  /** The shape of the files if they hold several chunks each. */
  readonly shardShape: Shape | undefined;
  /**
   * The codecs of a chunk's bytes in the order in which they encode, as `'gzip'` or
   * `'blosc, crc32c'`. `'none'` if there are none.
   */
  readonly compression: string;
  /** The value of chunks that are not stored: one number, or real and imaginary part. */
  readonly fill: readonly number[];
  /**
   * The form of file names. The file `[1, 2]` is `c/1/2`, `c.1.2`, or `1/2`, `1.2` as in version
   * 2.
   */
  readonly keys: { readonly prefix: 'c' | ''; readonly separator: '/' | '.' };
  readonly dimensionNames: readonly (string | null)[] | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** The description of an array in a store: its metadata, and how its chunks are encoded. */
export interface StoredArray {
  readonly metadata: ZarrMetadata;
  readonly encoding: ChunkEncoding;
}

/** The parsed files that describe an array. */
export interface ArrayDocument {
  readonly version: 2 | 3;
  /** The file, for errors. */
  readonly name: string;
  readonly array: Json;
  /** The attributes of version 2. */
  readonly attributes: Json | undefined;
  /** The text of `array`, or a text that contains it. */
  readonly text: string;
}

const TYPES: Readonly<Record<string, readonly [kind: NpyKind, bytes: number]>> = {
  bool: ['bool', 1],
  int8: ['int', 1],
  int16: ['int', 2],
  int32: ['int', 4],
  int64: ['int', 8],
  uint8: ['uint', 1],
  uint16: ['uint', 2],
  uint32: ['uint', 4],
  uint64: ['uint', 8],
  float16: ['float', 2],
  float32: ['float', 4],
  float64: ['float', 8],
  complex64: ['complex', 8],
  complex128: ['complex', 16],
};

/**
 * Checks what both versions have.
 *
 * @throws the error that `bad` makes if no machine can hold the array
 */
function describe(
  encoding: ChunkEncoding,
  metadata: Omit<ZarrMetadata, 'chunkShape' | 'shardShape' | 'compression'>,
  bad: (why: string) => Error,
): StoredArray {
  const { shards, chunkShape, codecs } = encoding;
  const { shape, bytes } = metadata;
  const shardShape = shards[0]?.shape;
  for (const [what, list] of [
    ['an array', shape],
    ['chunks', shardShape ?? chunkShape],
  ] as const) {
    if (!Number.isSafeInteger(product(list) * bytes))
      throw bad(`${what} of shape ${formatShape(list)} can't be held by any machine`);
  }
  const compression = codecs.map(({ name }) => name).join(', ') || 'none';
  return { encoding, metadata: { ...metadata, chunkShape, shardShape, compression } };
}

/** The shape of an array and of what is stored in one file. */
function shapesOf(
  shape: Json | undefined,
  chunks: Json | undefined,
  bad: (why: string) => Error,
): readonly [shape: Shape, grid: Shape] {
  const extents = wholeNumbers(shape, 0);
  if (!extents) throw bad(`shape ${show(shape)}, expected a list of lengths`);
  const grid = wholeNumbers(chunks, 1);
  if (grid?.length !== extents.length)
    throw bad(`chunks of shape ${show(chunks)} for an array of shape ${formatShape(extents)}`);
  return [extents, grid];
}

/** The strings of a list, one for each dimension. Other values in it are null. */
const namesIn = (value: Json | undefined, count: number): (string | null)[] | undefined =>
  Array.isArray(value) && value.length === count
    ? (value as readonly Json[]).map((d) => (typeof d === 'string' ? d : null))
    : undefined;

const attributesIn = (value: Json | undefined): JsonObject =>
  Object.fromEntries(Object.entries(objectIn(value)).filter(([key]) => key !== WRITE_ID));

const isSeparator = (value: Json | undefined): value is '/' | '.' => value === '/' || value === '.';

/** The entries of zarr.json that are read. */
const ENTRIES = [
  'zarr_format',
  'node_type',
  'shape',
  'data_type',
  'chunk_grid',
  'chunk_key_encoding',
  'codecs',
  'fill_value',
  'attributes',
  'storage_transformers',
  'dimension_names',
];

function thirdVersion({ name, array, text }: ArrayDocument, bad: (why: string) => Error): StoredArray {
  const root = objectIn(array);
  if (root['zarr_format'] !== 3) throw bad(`zarr_format ${show(root['zarr_format'])}, expected 3`);
  if (root['node_type'] !== 'array') throw bad(`node_type ${show(root['node_type'])}, expected "array"`);
  const unknown = Object.entries(root).find(
    ([key, value]) => !ENTRIES.includes(key) && objectIn(value)['must_understand'] !== false,
  );
  if (unknown) throw bad(`its entry ${show(unknown[0])} is an unknown extension that must be understood`);
  const type = root['data_type'];
  const known = typeof type === 'string' && Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (!known || typeof type !== 'string')
    throw new DTypeError(`${name} holds ${show(type)}: expected one of ${Object.keys(TYPES).join(', ')}`);
  const [kind, bytes] = known;
  const chunks = extensionOf(root['chunk_grid']);
  if (chunks.name !== 'regular') throw bad(`chunk grid ${show(chunks.name)}, expected "regular"`);
  const [shape, grid] = shapesOf(root['shape'], chunks.configuration['chunk_shape'], bad);

  const keys = extensionOf(root['chunk_key_encoding']);
  if (keys.name !== 'default' && keys.name !== 'v2')
    throw bad(`chunk key encoding ${show(keys.name)}, expected "default" or "v2"`);
  const prefix = keys.name === 'default' ? 'c' : '';
  const separator = keys.configuration['separator'] ?? (prefix === '' ? '.' : '/');
  if (!isSeparator(separator)) throw bad(`chunk key separator ${show(separator)}, expected "/" or "."`);

  const encoding = encodingOf(root['codecs'], grid, bad);
  if (encoding.littleEndian === undefined && bytes > 1)
    throw bad('codec "bytes" without endian, expected "little" or "big"');
  const transformer = extensionsOf(root['storage_transformers']).find(({ mayBeIgnored }) => !mayBeIgnored);
  if (transformer) throw bad(`it has storage transformers (${transformer.name})`);
  const fill = fillOf(root['fill_value'], kind, bytes, text);
  if (!fill) throw bad(`fill_value ${show(root['fill_value'])}, which ${type} does not hold, or not exactly`);
  return describe(
    encoding,
    {
      version: 3,
      shape,
      dataType: type,
      kind,
      bytes,
      littleEndian: encoding.littleEndian ?? HOST_LITTLE_ENDIAN,
      fill,
      keys: { prefix, separator },
      dimensionNames: namesIn(root['dimension_names'], shape.length),
      attributes: attributesIn(root['attributes']),
    },
    bad,
  );
}

function secondVersion(
  { name, array, attributes, text }: ArrayDocument,
  bad: (why: string) => Error,
): StoredArray {
  const root = objectIn(array);
  if (root['zarr_format'] !== 2) throw bad(`zarr_format ${show(root['zarr_format'])}, expected 2`);
  const { dtype, order, compressor, filters, fill_value: value } = root;
  const type = typeof dtype === 'string' ? parseDescr(dtype) : undefined;
  if (!type || typeof dtype !== 'string')
    throw new DTypeError(`${name} holds ${show(dtype)}: expected ${READABLE}`);
  const { kind, bytes, littleEndian } = type;
  const [shape, grid] = shapesOf(root['shape'], root['chunks'], bad);
  const separator = root['dimension_separator'] ?? '.';
  if (!isSeparator(separator)) throw bad(`dimension_separator ${show(separator)}, expected "/" or "."`);
  if (order !== 'C' && order !== 'F') throw bad(`order ${show(order)}, expected "C" or "F"`);

  const codecs: ByteCodec[] = [];
  for (const given of [...(Array.isArray(filters) ? (filters as Json[]) : []), compressor ?? null]) {
    if (given === null) continue;
    const { id, ...configuration } = objectIn(given);
    if (typeof id !== 'string' || !BYTE_CODECS.includes(id))
      throw bad(`filter or compressor ${show(id)}, expected one of ${BYTE_CODECS.join(', ')}`);
    codecs.push({ name: id, configuration });
  }
  const fill = value === null ? [0] : fillOf(value, kind, bytes, text);
  if (!fill) throw bad(`fill_value ${show(value)}, which ${dtype} does not hold, or not exactly`);
  const axes = shape.map((_, k) => (order === 'C' ? k : shape.length - 1 - k));
  return describe(
    { shards: [], chunkShape: grid, axes, littleEndian, codecs },
    {
      version: 2,
      shape,
      dataType: dtype,
      kind,
      bytes,
      littleEndian,
      fill,
      keys: { prefix: '', separator },
      // the convention of xarray, since version 2 has no names
      dimensionNames: namesIn(objectIn(attributes)['_ARRAY_DIMENSIONS'], shape.length),
      attributes: attributesIn(attributes),
    },
    bad,
  );
}

/**
 * Checks all entries that describe an array. This function does not check whether they are
 * plausible for the stored data.
 *
 * @throws {@link ArgumentError} if an entry is invalid, or is an unknown extension
 * @throws {@link DTypeError} if the data type is not supported
 */
export function parseZarrMetadata(document: ArrayDocument): StoredArray {
  const { name, version } = document;
  const bad = (why: string) =>
    new ArgumentError(
      `${name} is not the ${version === 3 ? 'zarr.json' : '.zarray'} of an array that can be read: ${why}`,
    );
  return version === 3 ? thirdVersion(document, bad) : secondVersion(document, bad);
}

/** The file of a chunk, or of a shard, within the array's folder. */
export function chunkKey({ prefix, separator }: ZarrMetadata['keys'], index: readonly number[]): string {
  if (prefix === '') return index.join(separator) || '0';
  return [prefix, ...index].join(separator);
}
