import { expect } from 'chai';
import { ArgumentError } from '../../src/core/base/errors.js';
import { crc32c } from '../../src/io/parts/crc32.js';
import { unBlosc } from '../../src/io/zarr/parts/blosc.js';
import { unBlosclz, unLz4 } from '../../src/io/zarr/parts/lz.js';
import { decodeChunk } from '../../src/io/zarr/parts/zarr-codec.js';
import { BLOSC_BUFFERS, BLOSC_VALUES } from './blosc-buffers.js';
import { bytesOfNumbers, joined } from './zarr-files.js';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const ascii = (letters: string) => new TextEncoder().encode(letters);
const words = (...numbers: readonly number[]) => bytesOfNumbers(numbers, '<i4');

describe('codecs of Zarr chunks', () => {
  for (const [name, base64] of Object.entries(BLOSC_BUFFERS))
    it(`blosc: ${name}`, () => {
      const buffer = Buffer.from(base64, 'base64');
      const expected = bytesOfNumbers(BLOSC_VALUES, '<f4');
      expect([...unBlosc(buffer, expected.length)]).to.deep.equal([...expected]);
      expect(() => unBlosc(buffer, expected.length - 1)).to.throw(ArgumentError, 'more than');
      for (const cut of [1, 15, 16, 20, buffer.length - 1])
        expect(() => unBlosc(buffer.subarray(0, cut), expected.length)).to.throw(ArgumentError);
    });

  it('blosc: elements of any width, blocks that are split, and a shorter last one', () => {
    for (const width of [1, 2, 3, 8, 16]) {
      const blockSize = 128 * width;
      const plain = Uint8Array.from({ length: 2 * blockSize + 5 * width + 1 }, (_, i) => (i * i) % 251);
      const blocks = [0, 1, 2].map((k) => plain.subarray(k * blockSize, (k + 1) * blockSize));
      const stored = blocks.map((block) => {
        const count = Math.floor(block.length / width);
        const lanes = Array.from({ length: width }, (_, b) =>
          block.subarray(0, count * width).filter((_, i) => i % width === b),
        );
        const rest = block.subarray(count * width);
        if (block.length === blockSize) return joined(...lanes.flatMap((lane) => [words(lane.length), lane]));
        return joined(words(block.length), ...lanes, rest);
      });
      const starts = [28];
      for (const block of stored) starts.push((starts.at(-1) as number) + block.length);
      const head = Uint8Array.of(2, 1, width > 1 ? 1 : 0, width);
      const sizes = words(plain.length, blockSize, starts[3] as number);
      const buffer = joined(head, sizes, words(...starts.slice(0, 3)), ...stored);
      expect([...unBlosc(buffer, plain.length)], `width ${width}`).to.deep.equal([...plain]);
    }
  });

  it('blosc: what is not compressed, empty, or of another version', () => {
    const stored = (flags: number, version = 2, bytes = ascii('abcd')) =>
      joined(Uint8Array.of(version, 1, flags, 1), words(bytes.length, 4, 16 + bytes.length), bytes);
    expect(text(unBlosc(stored(2), 4))).to.equal('abcd');
    expect(unBlosc(stored(0, 2, new Uint8Array(0)), 4)).to.have.length(0);
    expect(() => unBlosc(stored(2, 5), 4)).to.throw(ArgumentError, 'version 5 of blosc');
    expect(() => unBlosc(stored(2 << 5), 4)).to.throw(ArgumentError, 'blosc with snappy is not read');
    expect(() => unBlosc(stored(7 << 5), 4)).to.throw(ArgumentError, 'number 7');
    expect(() => unBlosc(new Uint8Array(15), 4)).to.throw(ArgumentError, 'no buffer of blosc');
  });

  it('lz4: literals, matches that overlap, and long lengths', () => {
    const block = joined(Uint8Array.of(0x31), ascii('abc'), Uint8Array.of(3, 0, 0x10), ascii('!'));
    expect(text(unLz4(block, 20))).to.equal('abcabcab!');
    expect(() => unLz4(block, 8)).to.throw(ArgumentError);
    // 1 literal, a match of 19 + 255 + 2 bytes at a distance of 1, no last literals
    const long = joined(Uint8Array.of(0x1f), ascii('z'), Uint8Array.of(1, 0, 255, 2, 0));
    expect(text(unLz4(long, 277))).to.equal('z'.repeat(277));
    for (const bad of [[], [0x10], [0x11, 97, 2, 0, 0], [0x11, 97, 0, 0, 0], [0x11, 97, 1], [0xf0, 255]])
      expect(() => unLz4(Uint8Array.from(bad), 100), String(bad)).to.throw(ArgumentError);
    const sized = joined(words(9), block);
    const lz4 = [{ name: 'lz4', configuration: {} }];
    expect(text(decodeChunk(sized, lz4, 9, 'x'))).to.equal('abcabcab!');
    expect(() => decodeChunk(sized, lz4, 8, 'x')).to.throw(ArgumentError, 'x is damaged');
  });

  it('blosclz: literals, near and far matches', () => {
    // 3 literals, then 8 bytes at a distance of 3: their length less 2, and the distance less 1
    const near = joined(Uint8Array.of(2), ascii('abc'), Uint8Array.of(6 << 5, 2, 0), ascii('!'));
    expect(text(unBlosclz(near, 20))).to.equal('abcabcabcab!');
    const filler = new Uint8Array(9000).fill(46);
    const runs: Uint8Array[] = [Uint8Array.of(3), ascii('far!')];
    for (let at = 0; at < 8992; at += 32) runs.push(Uint8Array.of(31), filler.subarray(0, 32));
    // 4 bytes at a distance of 8996 = 8191 + 1 + 804
    const far = joined(...runs, Uint8Array.of((2 << 5) | 31, 255, 3, 36, 0), ascii('.'));
    expect(text(unBlosclz(far, 9001).subarray(-5))).to.equal('far!.');
    for (const bad of [[], [0], [0, 97, 32], [0, 97, 32, 1, 0, 97], [31, 97]])
      expect(() => unBlosclz(Uint8Array.from(bad), 100), String(bad)).to.throw(ArgumentError);
  });

  it('crc32c has the check value and the example of RFC 3720', () => {
    expect(crc32c(ascii('123456789'))).to.equal(0xe3069283);
    expect(crc32c(new Uint8Array(32))).to.equal(0x8a9136aa);
  });
});
