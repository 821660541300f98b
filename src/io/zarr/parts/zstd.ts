import * as zlib from 'node:zlib';
import { Decompress } from 'fzstd';
import { ArgumentError } from '../../../core/base/errors.js';
import { viewOf } from '../../parts/raw-io.js';

const ZSTD_MAGIC = 0xfd2fb528;
/**
 * The largest supported window. RFC 8878 asks decoders to support up to 8 MiB; stores with strong
 * compression use up to this.
 */
const LARGEST_WINDOW = 1 << 27;

/**
 * Checks by its headers that the bytes are one frame of Zstandard with a window of acceptable size
 * (RFC 8878, section 3.1.1). The decoder itself trusts the headers.
 */
function checkFrame(frame: Uint8Array, size: number): void {
  const view = viewOf(frame);
  if (frame.length < 9 || view.getUint32(0, true) !== ZSTD_MAGIC)
    throw new ArgumentError('it is no frame of zstd');
  const flags = view.getUint8(4);
  const single = (flags & 0x20) !== 0;
  if (flags & 3) throw new ArgumentError('it needs a dictionary');
  const sizeBytes = flags >> 6 ? 1 << (flags >> 6) : Number(single);
  let at = 5 + Number(!single);
  let window = 0;
  if (single) {
    for (let k = sizeBytes - 1; k >= 0; k--) window = window * 256 + view.getUint8(at + k);
  } else {
    const descriptor = view.getUint8(5);
    window = 2 ** (10 + (descriptor >> 3)) * (1 + (descriptor & 7) / 8);
  }
  if (window > Math.max(size, LARGEST_WINDOW))
    throw new ArgumentError(`it asks for a window of ${window} bytes`);
  at += sizeBytes;
  for (let last = false; !last; ) {
    if (at + 3 > frame.length) throw new ArgumentError('it is cut short');
    const head = view.getUint8(at) | (view.getUint16(at + 1, true) << 8);
    last = (head & 1) === 1;
    // a block of type 1 is one byte, repeated
    at += 3 + ((head & 6) === 2 ? 1 : head >> 3);
  }
  if (flags & 4) at += 4;
  if (at !== frame.length) throw new ArgumentError(`its frame has ${at} bytes, not ${frame.length}`);
}

/**
 * Decompresses Zstandard without Node.js's own decoder. The output has at most `size` bytes, and
 * the window is bounded.
 */
export function unzstdPortably(compressed: Uint8Array, size: number): Uint8Array {
  checkFrame(compressed, size);
  const out = new Uint8Array(size);
  let done = 0;
  const stream = new Decompress((chunk) => {
    if (done + chunk.length > size) throw new ArgumentError(`it holds more than ${size} bytes`);
    out.set(chunk, done);
    done += chunk.length;
  });
  stream.push(compressed, true);
  return out.subarray(0, done);
}

/** Decompresses Zstandard. The output has at most `size` bytes. */
export const unzstd: (compressed: Uint8Array, size: number) => Uint8Array = zlib.zstdDecompressSync
  ? (bytes, size) => zlib.zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, size) })
  : unzstdPortably;
