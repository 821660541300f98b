import { inflateSync } from 'node:zlib';
import { ArgumentError } from '../../../core/base/errors.js';
import { viewOf } from '../../parts/raw-io.js';
import { unBlosclz, unLz4 } from './lz.js';
import { unzstd } from './zstd.js';

const HEADER = 16;
const BYTE_SHUFFLE = 1;
const STORED = 2;
const BIT_SHUFFLE = 4;
const WHOLE_BLOCKS = 16;
/** Blocks are split by the bytes of elements, unless elements are longer or blocks shorter. */
const LONGEST_SPLIT_ELEMENT = 16;
const SHORTEST_SPLIT_BLOCK = 128;

type Decompressor = (block: Uint8Array, size: number) => Uint8Array;

/** The compressors by their number in the flags. lz4hc has the number of lz4. */
const COMPRESSORS: readonly (readonly [name: string, decompress: Decompressor | undefined])[] = [
  ['blosclz', unBlosclz],
  ['lz4', unLz4],
  ['snappy', undefined],
  ['zlib', (block, size) => inflateSync(block, { maxOutputLength: Math.max(1, size) })],
  ['zstd', unzstd],
];

/**
 * Reverses the byte shuffle: the first bytes of all elements, then the second bytes, and so on.
 * Bytes after the last whole element are in place.
 *
 * @param width the bytes of one element
 */
export function unshuffle(bytes: Uint8Array, width: number): Uint8Array {
  const out = new Uint8Array(bytes);
  const count = Math.floor(bytes.length / width);
  for (let b = 0, from = 0; b < width; b++)
    for (let i = b; i < count * width; i += width) out[i] = bytes[from++] as number;
  return out;
}

/**
 * Reverses the bit shuffle: the lowest bits of the first bytes of all elements, and so on. Blocks
 * whose number of elements is no multiple of 8 are not shuffled.
 *
 * @param width the bytes of one element
 */
function unshuffleBits(bytes: Uint8Array, width: number): Uint8Array {
  const count = Math.floor(bytes.length / width);
  if (count % 8 !== 0) return bytes;
  const out = new Uint8Array(bytes);
  out.fill(0, 0, count * width);
  for (let plane = 0, from = 0; plane < 8 * width; plane++) {
    const [b, bit] = [plane >> 3, plane & 7];
    for (let i = 0; i < count; i += 8) {
      const eight = bytes[from++] as number;
      for (let k = 0; k < 8; k++)
        out[(i + k) * width + b] = (out[(i + k) * width + b] as number) | (((eight >> k) & 1) << bit);
    }
  }
  return out;
}

/**
 * Decompresses a buffer of Blosc 1 (its README_CHUNK_FORMAT), with any shuffle.
 *
 * @param most the most bytes that the buffer may hold
 * @throws {@link ArgumentError} if it holds more, is damaged, or uses snappy or the format of
 * Blosc 2
 */
export function unBlosc(buffer: Uint8Array, most: number): Uint8Array {
  if (buffer.length < HEADER) throw new ArgumentError('it is no buffer of blosc');
  const view = viewOf(buffer);
  const [version, flags] = [view.getUint8(0), view.getUint8(2)];
  const width = Math.max(1, view.getUint8(3));
  const [size, blockSize, stored] = [4, 8, 12].map((at) => view.getUint32(at, true)) as [
    number,
    number,
    number,
  ];
  if (version < 1 || version > 2) throw new ArgumentError(`version ${version} of blosc, expected 1 or 2`);
  if (stored !== buffer.length)
    throw new ArgumentError(`${buffer.length} bytes of blosc, expected ${stored}`);
  if (size > most) throw new ArgumentError(`it holds ${size} bytes, more than ${most}`);
  if ((flags & STORED) !== 0) {
    if (stored !== HEADER + size) throw new ArgumentError('its sizes differ');
    return buffer.subarray(HEADER);
  }
  const [name, decompress] = COMPRESSORS[flags >> 5] ?? [`number ${flags >> 5}`];
  if (!decompress) throw new ArgumentError(`blosc with ${name} is not read: store it with lz4, zstd or zlib`);
  const blocks = size === 0 ? 0 : Math.ceil(size / blockSize);
  if (!(blocks <= (stored - HEADER) / 4)) throw new ArgumentError('it has more blocks than bytes');
  const out = new Uint8Array(size);
  for (let block = 0; block < blocks; block++) {
    const start = block * blockSize;
    const length = Math.min(blockSize, size - start);
    const splits =
      (flags & WHOLE_BLOCKS) === 0 &&
      width <= LONGEST_SPLIT_ELEMENT &&
      blockSize / width >= SHORTEST_SPLIT_BLOCK &&
      length === blockSize
        ? width
        : 1;
    const part = Math.floor(length / splits);
    const plain = new Uint8Array(length);
    let at = view.getUint32(HEADER + 4 * block, true);
    for (let split = 0; split < splits; split++) {
      if (at + 4 > stored) throw new ArgumentError('it is cut short');
      const compressed = view.getUint32(at, true);
      at += 4;
      if (compressed > stored - at) throw new ArgumentError('it is cut short');
      const bytes = buffer.subarray(at, at + compressed);
      const decoded = compressed === part ? bytes : decompress(bytes, part);
      if (decoded.length !== part)
        throw new ArgumentError(`a block holds ${decoded.length} bytes, not ${part}`);
      plain.set(decoded, split * part);
      at += compressed;
    }
    const whole =
      (flags & BYTE_SHUFFLE) !== 0
        ? unshuffle(plain, width)
        : (flags & BIT_SHUFFLE) !== 0
          ? unshuffleBits(plain, width)
          : plain;
    out.set(whole, start);
  }
  return out;
}
