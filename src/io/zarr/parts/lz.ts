import { ArgumentError } from '../../../core/base/errors.js';

/**
 * Copies `length` bytes that begin `distance` bytes before `at`. The ranges overlap if the distance
 * is shorter than the length: bytes then repeat.
 *
 * @throws {@link ArgumentError} if one of the ranges is outside of `out`
 */
function copyBack(out: Uint8Array, at: number, distance: number, length: number): void {
  if (distance < 1 || distance > at || length > out.length - at)
    throw new ArgumentError('it refers to bytes that it does not hold');
  if (distance >= length) out.copyWithin(at, at - distance, at - distance + length);
  else for (let k = at; k < at + length; k++) out[k] = out[k - distance] as number;
}

/** Steps through compressed bytes. */
class Input {
  at = 0;
  constructor(private readonly bytes: Uint8Array) {}
  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }
  byte(): number {
    if (this.isAtEnd) throw new ArgumentError('it is cut short');
    return this.bytes[this.at++] as number;
  }
  /** Adds bytes to `start` up to and including the first that is not 255. */
  length(start: number): number {
    let length = start;
    for (let byte = 255; byte === 255; length += byte) byte = this.byte();
    return length;
  }
  copy(out: Uint8Array, at: number, length: number): void {
    if (length > this.bytes.length - this.at) throw new ArgumentError('it is cut short');
    if (length > out.length - at) throw new ArgumentError(`it holds more than ${out.length} bytes`);
    out.set(this.bytes.subarray(this.at, this.at + length), at);
    this.at += length;
  }
}

/**
 * Decompresses a block of LZ4 (the block format, without a frame).
 *
 * @returns the bytes, at most `size`
 * @throws {@link ArgumentError} if the block is damaged or holds more
 */
export function unLz4(block: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  const input = new Input(block);
  for (let at = 0; ; ) {
    const token = input.byte();
    const literals = token >> 4 === 15 ? input.length(15) : token >> 4;
    input.copy(out, at, literals);
    at += literals;
    if (input.isAtEnd) return out.subarray(0, at);
    const distance = input.byte() | (input.byte() << 8);
    const length = 4 + ((token & 15) === 15 ? input.length(15) : token & 15);
    copyBack(out, at, distance, length);
    at += length;
  }
}

/** Longer distances of blosclz have two more bytes. */
const BLOSCLZ_NEAR = 8191;

/**
 * Decompresses a block of blosclz, the compressor that c-blosc has of its own.
 *
 * @returns the bytes, at most `size`
 * @throws {@link ArgumentError} if the block is damaged or holds more
 */
export function unBlosclz(block: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  const input = new Input(block);
  // a block begins with literals
  let control = input.byte() & 31;
  for (let at = 0; ; control = input.byte()) {
    if (control < 32) {
      input.copy(out, at, control + 1);
      at += control + 1;
    } else {
      const length = 2 + (control >> 5 === 7 ? input.length(7) : control >> 5);
      let distance = ((control & 31) << 8) + input.byte();
      if (distance === BLOSCLZ_NEAR) distance += (input.byte() << 8) + input.byte();
      copyBack(out, at, distance + 1, length);
      at += length;
    }
    if (input.isAtEnd) return out.subarray(0, at);
  }
}
