import * as zlib from 'node:zlib';
import { ArgumentError, BackendError, messageOf } from '../../../core/base/errors.js';
import { crc32c } from '../../parts/crc32.js';
import { viewOf } from '../../parts/raw-io.js';
import { unBlosc, unshuffle } from './blosc.js';
import { unLz4 } from './lz.js';
import type { JsonObject } from './zarr-json.js';
import { unzstd } from './zstd.js';

/** A codec from bytes to bytes. */
export interface ByteCodec {
  readonly name: string;
  readonly configuration: JsonObject;
}

const uint32At = (bytes: Uint8Array, at: number): number => viewOf(bytes).getUint32(at, true);

/**
 * Removes the check sum after some bytes.
 *
 * @throws {@link ArgumentError} if it is not the check sum of these bytes
 */
export function withoutCrc32c(bytes: Uint8Array): Uint8Array {
  const body = bytes.subarray(0, -4);
  if (bytes.length < 4 || crc32c(body) !== uint32At(bytes, body.length))
    throw new ArgumentError('its check sum is wrong');
  return body;
}

/** Decodes at most `most` bytes, and never allocates more. */
type Decoder = (bytes: Uint8Array, most: number, configuration: JsonObject) => Uint8Array;

const DECODERS: Readonly<Record<string, Decoder>> = {
  blosc: unBlosc,
  crc32c: withoutCrc32c,
  gzip: (bytes, most) => zlib.gunzipSync(bytes, { maxOutputLength: most }),
  lz4(bytes, most) {
    const size = bytes.length < 4 ? 0 : uint32At(bytes, 0);
    if (size > most) throw new ArgumentError(`it holds ${size} bytes, more than ${most}`);
    return unLz4(bytes.subarray(4), size);
  },
  shuffle(bytes, _, { elementsize: width = 4 }) {
    if (typeof width !== 'number' || !Number.isInteger(width) || width < 1)
      throw new ArgumentError(`it is shuffled with an element size of ${width}`);
    return unshuffle(bytes, width);
  },
  zlib: (bytes, most) => zlib.inflateSync(bytes, { maxOutputLength: most }),
  zstd: unzstd,
};

/** The names of the codecs from bytes to bytes that are read. */
export const BYTE_CODECS = Object.keys(DECODERS);

/** The most bytes that `size` bytes become by a codec: incompressible data grow by little. */
export const mostEncoded = (size: number, codecs: number): number =>
  codecs === 0 ? size : mostEncoded(2 * size + 4096, codecs - 1);

/**
 * Decodes the `size` bytes of a chunk. Never allocates out of proportion to that.
 *
 * @param codecs in the order in which they encoded
 * @param name the file of the chunk, for errors
 * @throws {@link ArgumentError} if it holds more or less, or is damaged
 */
export function decodeChunk(
  stored: Uint8Array,
  codecs: readonly ByteCodec[],
  size: number,
  name: string,
): Uint8Array {
  let bytes = stored;
  try {
    for (let k = codecs.length - 1; k >= 0; k--) {
      const { name, configuration } = codecs[k] as ByteCodec;
      bytes = (DECODERS[name] as Decoder)(bytes, Math.max(1, mostEncoded(size, k)), configuration);
    }
  } catch (error) {
    throw new ArgumentError(`${name} is damaged: ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (bytes.length !== size)
    throw new ArgumentError(
      `${name} is cut short or damaged: expected ${size} bytes, received ${bytes.length}`,
    );
  return bytes;
}

export const ZARR_COMPRESSIONS = ['none', 'gzip', 'zstd'] as const;
/** The compression of chunks that are written. */
export type ZarrCompression = (typeof ZARR_COMPRESSIONS)[number];

const ENCODERS: Readonly<Record<ZarrCompression, (bytes: Uint8Array, level: number) => Uint8Array>> = {
  none: (bytes) => bytes,
  gzip: (bytes, level) => zlib.gzipSync(bytes, { level }),
  zstd: (bytes, level) =>
    zlib.zstdCompressSync(bytes, { params: { [zlib.constants.ZSTD_c_compressionLevel]: level } }),
};

export const encodeChunk = (bytes: Uint8Array, compression: ZarrCompression, level: number): Uint8Array =>
  ENCODERS[compression](bytes, level);

/** The levels that each encoder accepts. */
export const LEVELS: Readonly<Record<ZarrCompression, readonly [least: number, most: number]>> = {
  none: [0, 9],
  gzip: [0, 9],
  zstd: [1, 22],
};

/**
 * Checks that this Node.js can write a compression.
 *
 * @throws {@link BackendError} if it cannot
 */
export function checkEncoder(compression: ZarrCompression): void {
  if (compression === 'zstd' && !zlib.zstdCompressSync)
    throw new BackendError(
      `writing zstd needs Node.js 22.15 or newer, this is ${process.versions.node}: use compression 'gzip'`,
    );
}
