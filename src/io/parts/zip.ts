import { Deflate } from 'fflate';
import { ArgumentError } from '../../core/base/errors.js';
import type { ByteSink } from '../output.js';
import { type CheckedSource, checkedSource, fileSource, inflatedSource } from './byte-source.js';
import { crc32 } from './crc32.js';
import { viewOf } from './raw-io.js';

/** One member of a ZIP archive (APPNOTE.TXT 6.3). */
export interface ZipMember {
  readonly name: string;
  /** 0 for stored, 8 for deflated. */
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc: number;
  readonly compressedSize: number;
  readonly size: number;
  /** The position of its local header. */
  readonly offset: number;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const FULL = 0xffffffff;
const STORED = 0;
const DEFLATED = 8;
/** The largest expansion of any deflate stream (258 bytes from 2 bits). */
const MOST_EXPANSION = 1032;

const big = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));

/**
 * Reads all members from the central directory.
 *
 * @throws {@link ArgumentError} if the file is not an archive or is damaged
 */
export function readZipDirectory(fd: number, fileSize: number, name: string): ZipMember[] {
  const bad = (why: string) => new ArgumentError(`${name} is not a ZIP archive that can be read: ${why}`);
  const at = (position: number, length: number): DataView => {
    if (!(Number.isSafeInteger(position) && position >= 0 && position + length <= fileSize))
      throw bad('it is cut short or damaged');
    return viewOf(fileSource(fd, name, position).read(new Uint8Array(length)));
  };
  const tailLength = Math.min(fileSize, 22 + 65535);
  if (tailLength < 22) throw bad('it is too short');
  const tail = at(fileSize - tailLength, tailLength);
  let end = tailLength - 22;
  while (end >= 0 && tail.getUint32(end, true) !== END) end--;
  if (end < 0) throw bad('it has no central directory');
  let count = tail.getUint16(end + 10, true);
  let length = tail.getUint32(end + 12, true);
  let start = tail.getUint32(end + 16, true);
  // the end of the directory
  let after = fileSize - tailLength + end;
  if (end >= 20 && tail.getUint32(end - 20, true) === LOCATOR64) {
    const locator = after - 20;
    // If bytes precede the archive, the record is not at the stated position but usually directly
    // before the locator
    const isRecord = (p: number) => p >= 0 && p + 56 <= locator && at(p, 56).getUint32(0, true) === END64;
    const found = [big(tail, end - 12), locator - 56].find(isRecord);
    if (found === undefined) throw bad('its ZIP64 record is damaged');
    const record = at(found, 56);
    after = found;
    [count, length, start] = [big(record, 32), big(record, 40), big(record, 48)];
  }
  if (count * 46 > length) throw bad('its central directory is damaged');
  // positions count from the start of the archive, before which a file may have other bytes
  const prefix = after - length - start;
  if (!(prefix >= 0)) throw bad('it is cut short or damaged');
  const directory = at(prefix + start, length);
  const members: ZipMember[] = [];
  for (let k = 0, p = 0; k < count; k++) {
    if (p + 46 > length || directory.getUint32(p, true) !== CENTRAL)
      throw bad('its central directory is damaged');
    const [nameLength, extraLength, commentLength] = [
      directory.getUint16(p + 28, true),
      directory.getUint16(p + 30, true),
      directory.getUint16(p + 32, true),
    ];
    const extra = p + 46 + nameLength;
    const next = extra + extraLength + commentLength;
    if (next > length) throw bad('its central directory is damaged');
    const sizes = [
      directory.getUint32(p + 24, true),
      directory.getUint32(p + 20, true),
      directory.getUint32(p + 42, true),
    ];
    for (let e = extra; e + 4 <= extra + extraLength; e += 4 + directory.getUint16(e + 2, true)) {
      if (directory.getUint16(e, true) !== 1) continue;
      let field = e + 4;
      sizes.forEach((value, i) => {
        if (value !== FULL || field + 8 > extra + extraLength) return;
        sizes[i] = big(directory, field);
        field += 8;
      });
    }
    const [size, compressedSize, offset] = sizes as [number, number, number];
    members.push({
      name: new TextDecoder().decode(
        new Uint8Array(directory.buffer, directory.byteOffset + p + 46, nameLength),
      ),
      method: directory.getUint16(p + 10, true),
      encrypted: (directory.getUint16(p + 8, true) & 1) === 1,
      crc: directory.getUint32(p + 16, true),
      compressedSize,
      size,
      offset: prefix + offset,
    });
    p = next;
  }
  return members;
}

/** Whether the bytes of a member are those of the archive. */
export const isStored = ({ method }: ZipMember): boolean => method === STORED;

/**
 * The position of a member's bytes in the archive.
 *
 * @throws {@link ArgumentError} if it is encrypted or compressed by another method, or if its sizes
 * are impossible
 */
export function startOf(fd: number, fileSize: number, archive: string, member: ZipMember): number {
  const name = `${archive}:${member.name}`;
  const { method, size, compressedSize, offset } = member;
  if (member.encrypted) throw new ArgumentError(`${name} is encrypted: expected a plain archive`);
  if (method !== STORED && method !== DEFLATED)
    throw new ArgumentError(`${name} is compressed by method ${method}: expected stored or deflated members`);
  const head =
    offset + 30 <= fileSize ? viewOf(fileSource(fd, name, offset).read(new Uint8Array(30))) : undefined;
  const start = head ? offset + 30 + head.getUint16(26, true) + head.getUint16(28, true) : fileSize;
  const possible = method === STORED ? size === compressedSize : size <= compressedSize * MOST_EXPANSION;
  if (head?.getUint32(0, true) !== LOCAL || start + compressedSize > fileSize || !possible)
    throw new ArgumentError(`${name} is cut short or damaged`);
  return start;
}

/**
 * The contents of a member. Its CRC is checked once all bytes are read.
 *
 * @throws {@link ArgumentError} if its sizes are impossible
 */
export function openMember(fd: number, fileSize: number, archive: string, member: ZipMember): CheckedSource {
  const raw = fileSource(fd, `${archive}:${member.name}`, startOf(fd, fileSize, archive, member));
  const source = isStored(member) ? raw : inflatedSource(raw, member.compressedSize);
  return checkedSource(source, member.size, member.crc);
}

/**
 * Reads a part of a member. Its CRC is checked if the part is all of it. A part of a deflated
 * member takes the time and the memory of all of it.
 */
export function readMember(
  fd: number,
  fileSize: number,
  archive: string,
  member: ZipMember,
  start: number,
  length: number,
): Uint8Array {
  if (isStored(member) && length < member.size) {
    const at = startOf(fd, fileSize, archive, member) + start;
    return fileSource(fd, `${archive}:${member.name}`, at).read(new Uint8Array(length));
  }
  const whole = openMember(fd, fileSize, archive, member).read(new Uint8Array(member.size));
  return whole.subarray(start, start + length);
}

type Field = readonly [bytes: 2 | 4 | 8, value: number];

/** Little-endian fields. */
function fields(...list: readonly Field[]): Uint8Array {
  const out = new Uint8Array(list.reduce((sum, [bytes]) => sum + bytes, 0));
  const view = viewOf(out);
  let at = 0;
  for (const [bytes, value] of list) {
    if (bytes === 2) view.setUint16(at, value, true);
    else if (bytes === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += bytes;
  }
  return out;
}

const DATE = 0x21; // 1980-01-01, the earliest date: equal contents give equal files
const VERSION = 45;
const UTF8 = 0x800;

export interface ZipWriter {
  /** Adds a member. `body` writes its contents. */
  add(name: string, body: (write: (bytes: Uint8Array) => void) => void): void;
  /** Writes the directory. */
  finish(): void;
}

/** @param zip64From sizes and offsets of at least this value are written as ZIP64 fields */
export function zipWriter(
  sink: ByteSink,
  options: { readonly compress: boolean; readonly zip64From?: number },
): ZipWriter {
  const { compress, zip64From = FULL } = options;
  const method = compress ? DEFLATED : STORED;
  const members: ZipMember[] = [];
  /** The fields that the local header and the directory have in common. */
  const common = (crc: number, packed: number, size: number, path: Uint8Array, extra: number): Field[] => [
    [2, VERSION],
    [2, UTF8],
    [2, method],
    [2, 0],
    [2, DATE],
    [4, crc],
    [4, packed],
    [4, size],
    [2, path.length],
    [2, extra],
  ];
  return {
    add(name, body) {
      const offset = sink.position;
      const path = new TextEncoder().encode(name);
      const header = (crc: number, size: number, compressedSize: number) => {
        const fixed = fields([4, LOCAL], ...common(crc, FULL, FULL, path, 20));
        return Buffer.concat([fixed, path, fields([2, 1], [2, 16], [8, size], [8, compressedSize])]);
      };
      sink.write(header(0, 0, 0));
      const start = sink.position;
      let [crc, size] = [0, 0];
      const deflate = compress ? new Deflate({ level: 6 }, (chunk) => sink.write(chunk)) : undefined;
      body((bytes) => {
        crc = crc32(bytes, crc);
        size += bytes.length;
        if (!deflate) sink.write(bytes);
        else for (let p = 0; p < bytes.length; p += 1 << 20) deflate.push(bytes.subarray(p, p + (1 << 20)));
      });
      deflate?.push(new Uint8Array(0), true);
      const compressedSize = sink.position - start;
      sink.patch(offset, header(crc, size, compressedSize));
      members.push({ name, method, encrypted: false, crc, compressedSize, size, offset });
    },
    finish() {
      const start = sink.position;
      for (const { name, crc, compressedSize, size, offset } of members) {
        const path = new TextEncoder().encode(name);
        const wide = Math.max(size, compressedSize, offset) >= zip64From;
        const extra = wide
          ? fields([2, 1], [2, 24], [8, size], [8, compressedSize], [8, offset])
          : new Uint8Array(0);
        const small = (value: number): number => (wide ? FULL : value);
        sink.write(
          fields(
            [4, CENTRAL],
            [2, VERSION],
            ...common(crc, small(compressedSize), small(size), path, extra.length),
            [2, 0],
            [2, 0],
            [2, 0],
            [4, 0],
            [4, small(offset)],
          ),
        );
        sink.write(path);
        sink.write(extra);
      }
      const end = sink.position;
      const [count, length] = [members.length, end - start];
      const wide = count >= 0xffff || Math.max(start, length) >= zip64From;
      if (wide) {
        sink.write(
          fields(
            [4, END64],
            [8, 44],
            [2, VERSION],
            [2, VERSION],
            [4, 0],
            [4, 0],
            [8, count],
            [8, count],
            [8, length],
            [8, start],
          ),
        );
        sink.write(fields([4, LOCATOR64], [4, 0], [8, end], [4, 1]));
      }
      const [few, short, early] = wide ? [0xffff, FULL, FULL] : [count, length, start];
      sink.write(fields([4, END], [2, 0], [2, 0], [2, few], [2, few], [4, short], [4, early], [2, 0]));
    },
  };
}
