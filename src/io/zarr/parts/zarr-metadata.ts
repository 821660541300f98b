import { type DType, isBoolean, isComplex } from '../../../core/base/dtype.js';
import { ArgumentError, DTypeError, messageOf } from '../../../core/base/errors.js';
import { formatShape, product, type Shape } from '../../../core/base/shape.js';
import { HOST_LITTLE_ENDIAN, type NpyKind } from '../../npy/npy-header.js';
import { halfToNumber, toHalf } from '../../parts/half.js';

/**
 * The attribute that changes whenever an array is written, by which readers see that it was
 * replaced. It is not among the attributes that readers return.
 */
const WRITE_ID = 'lops_mpi_write';

export const ZARR_COMPRESSIONS = ['none', 'gzip', 'zstd'] as const;
/** The compression of chunks. */
export type ZarrCompression = (typeof ZARR_COMPRESSIONS)[number];

/** The metadata in the zarr.json of an array (Zarr core specification, version 3). */
export interface ZarrMetadata {
  readonly shape: Shape;
  /** The name in the file, `'float64'`. */
  readonly dataType: string;
  readonly kind: NpyKind;
  /** The bytes of one element. */
  readonly bytes: number;
  readonly littleEndian: boolean;
  readonly chunkShape: Shape;
  readonly compression: ZarrCompression;
  /** The value of chunks that are not stored: one number, or real and imaginary part. */
  readonly fill: readonly number[];
  /**
   * The form of chunk names. The chunk `[1, 2]` is `c/1/2`, `c.1.2`, or `1/2`, `1.2` as in version
   * 2.
   */
  readonly keys: { readonly prefix: 'c' | ''; readonly separator: '/' | '.' };
  readonly dimensionNames: readonly (string | null)[] | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
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

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type JsonObject = { readonly [name: string]: Json };

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const objectIn = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});
const show = (value: Json | undefined): string => String(JSON.stringify(value)).slice(0, 120);

/** The float with these bits in hexadecimal digits, the most significant first. */
function floatOfBits(digits: string, bytes: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(`0x${digits}`) << BigInt(8 * (8 - bytes)));
  if (bytes === 2) return halfToNumber(view.getUint16(0));
  return bytes === 4 ? view.getFloat32(0) : view.getFloat64(0);
}

/** The nearest number of a float type. */
const roundTo = (value: number, bytes: number): number =>
  bytes === 2 ? toHalf(value) : bytes === 4 ? Math.fround(value) : value;

/**
 * Whether a text contains a large whole number exactly as it is, not a neighbour that rounds to the
 * same double.
 */
function isExact(value: number, text: string): boolean {
  if (Number.isSafeInteger(value)) return true;
  const written = [...text.matchAll(/"fill_value"\s*:\s*(-?\d+)(?![\d.eE])/g)].map(([, digits]) =>
    BigInt(digits as string),
  );
  const same = written.filter((n) => Number(n) === value);
  return same.length > 0 && same.every((n) => n === BigInt(value));
}

/** A fill value as a number of its type. Undefined if the type does not hold it. */
function fillNumber(value: Json | undefined, kind: NpyKind, bytes: number, text: string): number | undefined {
  if (kind === 'bool') return typeof value === 'boolean' ? Number(value) : undefined;
  if (kind === 'int' || kind === 'uint') {
    const most = 2 ** (8 * bytes - (kind === 'int' ? 1 : 0));
    const fits =
      typeof value === 'number' &&
      Number.isInteger(value) &&
      value >= (kind === 'int' ? -most : 0) &&
      value < most;
    return fits && isExact(value, text) ? value + 0 : undefined;
  }
  if (typeof value === 'number') {
    const rounded = roundTo(value, bytes);
    return Number.isFinite(rounded) ? rounded : undefined;
  }
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
  if (typeof value === 'string' && new RegExp(`^0x[0-9a-fA-F]{${2 * bytes}}$`).test(value))
    return floatOfBits(value.slice(2), bytes);
  return undefined;
}

const MARK = '\0number';

/** Parses JSON that may contain NaN and infinities as bare words, as Python writes them. */
function parseJson(text: string): Json {
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g, (token) =>
    token.startsWith('"') ? token : JSON.stringify({ [MARK]: token }),
  );
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === 'object' && value !== null && MARK in value ? Number(value[MARK]) : value,
  ) as Json;
}

/**
 * Parses the file and checks all its entries. This function does not check whether they are
 * plausible for the stored data.
 *
 * @throws {@link ArgumentError} if an entry is invalid
 * @throws {@link DTypeError} if the data type is not supported
 */
export function parseZarrMetadata(text: string, name: string): ZarrMetadata {
  const bad = (why: string) =>
    new ArgumentError(`${name} is not the zarr.json of an array that can be read: ${why}`);
  let parsed: Json;
  try {
    parsed = parseJson(text);
  } catch (error) {
    throw bad(`it is no JSON (${messageOf(error)})`);
  }
  const root = objectIn(parsed);
  if (root['zarr_format'] !== 3) throw bad(`zarr_format ${show(root['zarr_format'])}, expected 3`);
  if (root['node_type'] !== 'array') throw bad(`node_type ${show(root['node_type'])}, expected "array"`);
  const extents = (value: Json | undefined, least: number): number[] | undefined =>
    Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && (n as number) >= least)
      ? [...(value as number[])]
      : undefined;
  const shape = extents(root['shape'], 0);
  if (!shape) throw bad(`shape ${show(root['shape'])}, expected a list of lengths`);
  const type = root['data_type'];
  const known = typeof type === 'string' && Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (!known || typeof type !== 'string')
    throw new DTypeError(`${name} holds ${show(type)}: expected one of ${Object.keys(TYPES).join(', ')}`);
  const [kind, bytes] = known;
  const grid = objectIn(root['chunk_grid']);
  if (grid['name'] !== 'regular') throw bad(`chunk grid ${show(grid['name'])}, expected "regular"`);
  const chunkShape = extents(objectIn(grid['configuration'])['chunk_shape'], 1);
  if (chunkShape?.length !== shape.length)
    throw bad(
      `chunks of shape ${show(objectIn(grid['configuration'])['chunk_shape'])} for an array of shape ` +
        `${formatShape(shape)}`,
    );
  for (const [what, list] of [
    ['an array', shape],
    ['chunks', chunkShape],
  ] as const) {
    if (!Number.isSafeInteger(product(list) * bytes))
      throw bad(`${what} of shape ${formatShape(list)} can't be held by any machine`);
  }

  const encoding = objectIn(root['chunk_key_encoding']);
  if (encoding['name'] !== 'default' && encoding['name'] !== 'v2')
    throw bad(`chunk key encoding ${show(encoding['name'])}, expected "default" or "v2"`);
  const isDefault = encoding['name'] === 'default';
  const separator = objectIn(encoding['configuration'])['separator'] ?? (isDefault ? '/' : '.');
  if (separator !== '/' && separator !== '.')
    throw bad(`chunk key separator ${show(separator)}, expected "/" or "."`);

  const codecs = Array.isArray(root['codecs']) ? (root['codecs'] as readonly Json[]).map(objectIn) : [];
  const [first, second, ...others] = codecs;
  const names = codecs.map((codec) => show(codec['name'])).join(', ');
  const compression = second === undefined ? 'none' : second['name'];
  if (
    first?.['name'] !== 'bytes' ||
    others.length > 0 ||
    !(ZARR_COMPRESSIONS as readonly unknown[]).includes(compression)
  )
    throw bad(
      `codecs ${names || 'none'}, expected "bytes", then at most one of "gzip", "zstd": store it ` +
        'without sharding, transposition and check sums',
    );
  const endian = objectIn(first['configuration'])['endian'];
  const single = bytes === 1 || (kind === 'complex' && bytes === 2);
  if (endian !== 'little' && endian !== 'big' && !(single && endian === undefined))
    throw bad(`endian ${show(endian)}, expected "little" or "big"`);
  const transformers = root['storage_transformers'];
  if (Array.isArray(transformers) && transformers.length > 0) throw bad('it has storage transformers');

  const given = root['fill_value'];
  const parts =
    kind === 'complex'
      ? Array.isArray(given) && given.length === 2
        ? (given as readonly Json[])
        : []
      : [given];
  const fill = parts.map((part) => fillNumber(part, kind, kind === 'complex' ? bytes / 2 : bytes, text));
  if (fill.length === 0 || !fill.every((v) => v !== undefined))
    throw bad(`fill_value ${show(given)}, which ${type} does not hold, or not exactly`);
  const dimensions = root['dimension_names'];
  return {
    shape,
    dataType: type,
    kind,
    bytes,
    littleEndian: single ? HOST_LITTLE_ENDIAN : endian === 'little',
    chunkShape,
    compression: compression as ZarrCompression,
    fill,
    keys: { prefix: isDefault ? 'c' : '', separator },
    dimensionNames:
      Array.isArray(dimensions) && dimensions.length === shape.length
        ? (dimensions as readonly Json[]).map((d) => (typeof d === 'string' ? d : null))
        : undefined,
    attributes: Object.fromEntries(
      Object.entries(objectIn(root['attributes'])).filter(([key]) => key !== WRITE_ID),
    ),
  };
}

const CODECS: Readonly<Record<ZarrCompression, (level: number) => readonly JsonObject[]>> = {
  none: () => [],
  gzip: (level) => [{ name: 'gzip', configuration: { level } }],
  zstd: (level) => [{ name: 'zstd', configuration: { level, checksum: false } }],
};

/**
 * Checks that JSON can hold an attribute. JSON would change other values to null or drop them.
 *
 * @throws {@link ArgumentError} with the name of the attribute if it cannot
 */
function checkAttribute(name: string, given: unknown, around: readonly unknown[] = []): void {
  const bad = (what: string) =>
    new ArgumentError(
      `expected attributes that JSON holds, received ${what} in ${name}: write it as a text, for instance`,
    );
  const hasForm =
    typeof given === 'object' && given !== null && 'toJSON' in given && typeof given.toJSON === 'function';
  const value: unknown = hasForm ? (given as { toJSON(): unknown }).toJSON() : given;
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw bad(String(value));
    return;
  }
  if (typeof value !== 'object') throw bad(`a ${typeof value}`);
  if (ArrayBuffer.isView(value)) throw bad('a typed array');
  if (around.includes(value)) throw bad('a circle');
  const inside = [...around, value];
  if (Array.isArray(value))
    for (let k = 0; k < value.length; k++) checkAttribute(`${name}[${k}]`, value[k], inside);
  else for (const [key, member] of Object.entries(value)) checkAttribute(`${name}.${key}`, member, inside);
}

/**
 * The zarr.json of an array in this machine's byte order.
 *
 * @param write a text that differs whenever an array is written
 */
export function formatZarrMetadata(
  shape: Shape,
  dtype: DType,
  chunkShape: Shape,
  options: {
    readonly compression: ZarrCompression;
    readonly level: number;
    readonly attributes: Readonly<Record<string, unknown>>;
    readonly dimensionNames?: readonly (string | null)[] | undefined;
    readonly write?: string;
  },
): string {
  const { compression, level, attributes, dimensionNames, write } = options;
  for (const [key, value] of Object.entries(attributes)) checkAttribute(key, value);
  return `${JSON.stringify(
    {
      zarr_format: 3,
      node_type: 'array',
      shape,
      data_type: dtype,
      chunk_grid: { name: 'regular', configuration: { chunk_shape: chunkShape } },
      chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
      fill_value: isComplex(dtype) ? [0, 0] : isBoolean(dtype) ? false : 0,
      codecs: [
        { name: 'bytes', configuration: { endian: HOST_LITTLE_ENDIAN ? 'little' : 'big' } },
        ...CODECS[compression](level),
      ],
      ...(dimensionNames && { dimension_names: dimensionNames }),
      attributes: { ...attributes, ...(write !== undefined && { [WRITE_ID]: write }) },
    },
    undefined,
    2,
  )}\n`;
}

/** The file of a chunk within the array's folder. */
export function chunkKey({ prefix, separator }: ZarrMetadata['keys'], index: readonly number[]): string {
  return prefix === '' ? index.join(separator) : [prefix, ...index].join(separator);
}
