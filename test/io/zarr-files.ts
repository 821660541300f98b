/**
 * Zarr stores as maps from keys to bytes, made from the text of the specifications of versions 2
 * and 3 without the code under test.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { product, type Shape, stridesOf } from '../../src/core/base/shape.js';

export type Files = Readonly<Record<string, Uint8Array>>;

export const jsonFile = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

export function writeFiles(folder: string, files: Files): void {
  for (const [key, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, key)), { recursive: true });
    writeFileSync(join(folder, key), bytes);
  }
}

/** All indices of a shape, the last axis fastest. */
export const indicesOf = (shape: Shape): number[][] =>
  Array.from({ length: product(shape) }, (_, i) =>
    shape.map((n, k) => Math.floor(i / (stridesOf(shape)[k] as number)) % n),
  );

/** The value of an element by its position in C order: fits into 8 bits, and repeats. */
export const valueAt = (i: number): number => (i * 7) % 100;

/** All elements of an array in C order. */
export const valuesOf = (shape: Shape): number[] =>
  Array.from({ length: product(shape) }, (_, i) => valueAt(i));

/** Numbers of a NumPy type as bytes. */
export function bytesOfNumbers(numbers: readonly number[], type: string): Uint8Array {
  const [order, code] = [type.charAt(0), type.slice(1)];
  const size = Number(code.slice(1));
  const view = new DataView(new ArrayBuffer(size * numbers.length));
  numbers.forEach((n, i) => {
    const little = order !== '>';
    if (code === 'f4') view.setFloat32(4 * i, n, little);
    else if (code === 'f8') view.setFloat64(8 * i, n, little);
    else if (code === 'i8') view.setBigInt64(8 * i, BigInt(n), little);
    else if (size === 4) view.setInt32(4 * i, n, little);
    else if (size === 2) view.setInt16(2 * i, n, little);
    else view.setUint8(i, n);
  });
  return new Uint8Array(view.buffer);
}

/**
 * The elements of a chunk, 0 where it ends outside of the array.
 *
 * @param first the index of its first element
 * @param axes the order in which the axes are stored
 */
export function chunkNumbers(
  shape: Shape,
  first: readonly number[],
  chunks: Shape,
  axes: readonly number[] = chunks.map((_, k) => k),
): number[] {
  return indicesOf(axes.map((axis) => chunks[axis] as number)).map((stored) => {
    const at = chunks.map((_, axis) => (first[axis] as number) + (stored[axes.indexOf(axis)] as number));
    if (at.some((n, k) => n >= (shape[k] as number))) return 0;
    return valueAt(at.reduce((sum, n, k) => sum * (shape[k] as number) + n, 0));
  });
}

/** The CRC-32C, bit by bit (RFC 3720, appendix B.4), little-endian. */
export function crc32cBytes(bytes: Uint8Array): Uint8Array {
  let c = 0xffffffff;
  for (const byte of bytes) {
    c ^= byte;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
  }
  return bytesOfNumbers([~c], '<i4');
}

export const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

const gridOf = (shape: Shape, chunks: Shape): number[][] =>
  indicesOf(shape.map((n, k) => Math.ceil(n / (chunks[k] as number))));

const firstOf = (index: readonly number[], chunks: Shape): number[] =>
  index.map((j, k) => j * (chunks[k] as number));

export interface SecondVersion {
  readonly shape: Shape;
  readonly chunks: Shape;
  readonly dtype: string;
  readonly order?: 'C' | 'F';
  readonly separator?: '.' | '/';
  readonly compressor?: object | null;
  readonly filters?: readonly object[] | null;
  readonly fill?: unknown;
  /** Encodes the bytes of a chunk. */
  readonly encode?: (bytes: Uint8Array) => Uint8Array;
  /** The chunks that are stored. */
  readonly has?: (index: readonly number[]) => boolean;
}

/** An array of version 2. */
export function secondVersion(array: SecondVersion): Record<string, Uint8Array> {
  const { shape, chunks, dtype, order = 'C', separator, encode = (bytes) => bytes, has = () => true } = array;
  const { compressor = null, filters = null, fill = 0 } = array;
  const files: Record<string, Uint8Array> = {
    '.zarray': jsonFile({
      zarr_format: 2,
      shape,
      chunks,
      dtype,
      compressor,
      fill_value: fill,
      order,
      filters,
      ...(separator && { dimension_separator: separator }),
    }),
  };
  const axes = shape.map((_, k) => (order === 'C' ? k : shape.length - 1 - k));
  for (const index of gridOf(shape, chunks).filter(has)) {
    const numbers = chunkNumbers(shape, firstOf(index, chunks), chunks, axes);
    files[index.join(separator ?? '.')] = encode(bytesOfNumbers(numbers, dtype));
  }
  return files;
}

export interface ThirdVersion {
  readonly shape: Shape;
  /** The shape of what is one file. */
  readonly grid: Shape;
  readonly codecs: readonly unknown[];
  readonly fill?: unknown;
  readonly more?: object;
  /** The bytes of a file, from the index of its first element. Undefined if it is not stored. */
  readonly encode: (first: readonly number[]) => Uint8Array | undefined;
}

/** An array of float32 of version 3. */
export function thirdVersion({ shape, grid, codecs, fill = 0, more, encode }: ThirdVersion): Files {
  const files: Record<string, Uint8Array> = {
    'zarr.json': jsonFile({
      zarr_format: 3,
      node_type: 'array',
      shape,
      data_type: 'float32',
      chunk_grid: { name: 'regular', configuration: { chunk_shape: grid } },
      chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
      fill_value: fill,
      codecs,
      attributes: {},
      ...more,
    }),
  };
  for (const index of gridOf(shape, grid)) {
    const bytes = encode(firstOf(index, grid));
    if (bytes) files[['c', ...index].join('/')] = bytes;
  }
  return files;
}

/**
 * A shard: chunks, and an index of their positions and lengths.
 *
 * @param chunks in the order of the index; undefined for those that are not stored
 */
export function shardOf(
  chunks: readonly (Uint8Array | undefined)[],
  { atStart, checked, big }: { readonly atStart: boolean; readonly checked: boolean; readonly big?: boolean },
): Uint8Array {
  const view = new DataView(new ArrayBuffer(16 * chunks.length));
  let at = atStart ? view.byteLength + (checked ? 4 : 0) : 0;
  // in reverse, because the specification leaves the order open
  const stored: Uint8Array[] = [];
  chunks
    .map((chunk, k) => [chunk, k] as const)
    .reverse()
    .forEach(([chunk, k]) => {
      const none = 2n ** 64n - 1n;
      view.setBigUint64(16 * k, chunk ? BigInt(at) : none, !big);
      view.setBigUint64(16 * k + 8, chunk ? BigInt(chunk.length) : none, !big);
      if (!chunk) return;
      stored.push(chunk);
      at += chunk.length;
    });
  const entries = new Uint8Array(view.buffer);
  const index = checked ? joined(entries, crc32cBytes(entries)) : entries;
  return atStart ? joined(index, ...stored) : joined(...stored, index);
}
