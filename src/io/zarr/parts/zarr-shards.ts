import { ArgumentError, messageOf } from '../../../core/base/errors.js';
import { product } from '../../../core/base/shape.js';
import { viewOf } from '../../parts/raw-io.js';
import { mostEncoded, withoutCrc32c } from './zarr-codec.js';
import { indexBytes, type Shards } from './zarr-encoding.js';
import { chunkKey, type StoredArray } from './zarr-metadata.js';
import { readAll, type StoredValue, type ZarrStore } from './zarr-store.js';

/** Both numbers of the entry of a chunk that is not stored. */
const NOT_STORED = 2n ** 64n - 1n;

/** A part of a file. */
interface Part {
  readonly start: number;
  readonly length: number;
}

/** The index of a shard: position and length of each chunk. */
function readIndex(value: StoredValue, shard: Part, shards: Shards): DataView {
  const length = indexBytes(shards);
  if (length > shard.length)
    throw new ArgumentError(`${value.name} is cut short or damaged: it is shorter than its index`);
  const start = shard.start + (shards.index.isAtEnd ? shard.length - length : 0);
  let bytes = value.read(start, length);
  try {
    if (shards.index.isChecked) bytes = withoutCrc32c(bytes);
  } catch (error) {
    throw new ArgumentError(`the index of ${value.name} is damaged: ${messageOf(error)}`, { cause: error });
  }
  return viewOf(bytes);
}

/** The stored bytes of a chunk. */
export interface StoredChunk {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * A function that reads the bytes of one chunk, by its index in the array. It returns undefined if
 * the chunk is not stored. Of shards only the index and the chunk are read. Each index is read
 * once.
 */
export function chunkReader(
  store: ZarrStore,
  { metadata, encoding }: StoredArray,
): (index: readonly number[]) => StoredChunk | undefined {
  const { keys, chunkShape, shardShape, bytes } = metadata;
  const { shards, codecs } = encoding;
  const most = mostEncoded(product(chunkShape) * bytes, codecs.length);
  const indexes = new Map<string, DataView>();

  const partOf = (value: StoredValue, shard: Part, level: Shards, first: readonly number[]) => {
    const id = `${value.name} ${shards.indexOf(level)} ${shard.start}`;
    const view = indexes.get(id) ?? readIndex(value, shard, level);
    indexes.set(id, view);
    const { shape, counts, axes, index } = level;
    const entry = axes.reduce((sum, axis) => {
      const [n, count] = [shape[axis] as number, counts[axis] as number];
      return sum * count + Math.floor((((first[axis] as number) % n) * count) / n);
    }, 0);
    const [start, length] = [0, 8].map((at) => view.getBigUint64(16 * entry + at, index.isLittleEndian));
    if (start === NOT_STORED && length === NOT_STORED) return undefined;
    const part = { start: Number(start), length: Number(length) };
    if (part.start + part.length > shard.length)
      throw new ArgumentError(`the index of ${value.name} is damaged: a chunk is outside of the shard`);
    return { start: shard.start + part.start, length: part.length };
  };

  return (index) => {
    const first = index.map((j, k) => j * (chunkShape[k] as number));
    const file = first.map((f, k) => Math.floor(f / ((shardShape ?? chunkShape)[k] as number)));
    return store.withValue(chunkKey(keys, file), (value) => {
      if (shards.length === 0) return { name: value.name, bytes: readAll(value, most) };
      let part: Part | undefined = { start: 0, length: value.size };
      for (const level of shards) part = part && partOf(value, part, level, first);
      if (!part) return undefined;
      const { start, length } = part;
      const name = `${value.name}, chunk ${index.join(', ')}`;
      return { name, bytes: readAll({ name, size: length, read: () => value.read(start, length) }, most) };
    });
  };
}
