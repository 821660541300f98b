import { checkArray } from '../../core/array/elementwise.js';
import type { NDArray } from '../../core/array/ndarray.js';
import { ArgumentError } from '../../core/base/errors.js';
import { checkOptionsObject, type Defaults, withDefaults } from '../../core/base/options.js';
import { textOf } from '../../core/base/text-of.js';
import { writeFileAtomically } from '../output.js';
import type { ByteSource, CheckedSource } from '../parts/byte-source.js';
import { type Runs, runsSource, skippingSource } from '../parts/file-runs.js';
import { withFile } from '../parts/local-file.js';
import { isStored, openMember, readZipDirectory, startOf, type ZipMember, zipWriter } from '../parts/zip.js';
import { type NpyReadOptions, readNpyData, writeNpyData } from './npy-data.js';
import { formatNpyHeader, type NpyHeader, parseNpyHeader } from './npy-header.js';

/** An array in an .npz archive, not yet read. */
export interface NpzEntry {
  /** Reads its dtype, order and shape. */
  header(): NpyHeader;
  /** Reads the array in the same way as `readNpy`. */
  read(options?: NpyReadOptions): NDArray;
}

const SUFFIX = '.npy';

/**
 * Lists the arrays of an .npz archive by name. Members may be stored or deflated, with ZIP64. Each
 * array is read by its own call; a stored one is read directly into the array's memory. Members
 * that are not .npy files are left out. Other bytes may precede the archive. The check sum of every
 * member that is read is verified.
 *
 * @throws {@link ArgumentError} for a damaged archive
 */
export function readNpz(path: string): ReadonlyMap<string, NpzEntry> {
  const members = withFile(path, (fd, size) => readZipDirectory(fd, size, path));
  const entries = new Map<string, NpzEntry>();
  for (const member of members)
    if (member.name.endsWith(SUFFIX))
      entries.set(member.name.slice(0, -SUFFIX.length), entryOf(path, member));
  return entries;
}

function entryOf(path: string, member: ZipMember): NpzEntry {
  const withHeader = <R>(body: (header: NpyHeader, open: () => CheckedSource) => R): R =>
    withFile(path, (fd, size) => {
      const open = () => openMember(fd, size, path, member);
      const header = parseNpyHeader(open(), member.size);
      return body(header, () => {
        const source = open();
        source.read(new Uint8Array(header.dataOffset));
        return source;
      });
    });
  return {
    header: () => withHeader((header) => header),
    read: (options) =>
      withHeader((header, open) => {
        let last: CheckedSource | undefined;
        const x = readNpyData(header, () => (last = open()), options);
        try {
          // bytes after the array are part of the check sum, too
          last?.finish();
        } catch (error) {
          x.dispose();
          throw error;
        }
        return x;
      }),
  };
}

/** The bytes of a compressed member that are expanded for {@link openNpzData}. */
const REACH = 1 << 26;

/**
 * Opens the elements of an array of an archive, to read a few of them.
 *
 * @param body gets the header, the bytes from the first element that can be read in moments, and a
 *   function that returns the bytes of runs. Their positions rise and count from the first element
 */
export function openNpzData<R>(
  path: string,
  array: string,
  body: (header: NpyHeader, reach: number, open: (runs: Runs) => ByteSource) => R,
): R {
  return withFile(path, (fd, size) => {
    const member = readZipDirectory(fd, size, path).findLast(
      (m) => m.name === `${array}${SUFFIX}`,
    ) as ZipMember;
    const source = openMember(fd, size, path, member);
    const header = parseNpyHeader(source, member.size);
    if (isStored(member)) {
      const start = startOf(fd, size, path, member) + header.dataOffset;
      return body(header, Number.POSITIVE_INFINITY, (runs) =>
        runsSource(fd, source.name, { ...runs, position: (k) => start + runs.position(k) }),
      );
    }
    return body(header, REACH, (runs) => skippingSource(source, runs));
  });
}

/** Options of {@link writeNpz}. */
export interface NpzWriteOptions {
  /** Deflates the members. @default false */
  readonly compress?: boolean;
}

const DEFAULTS = { compress: false } satisfies Defaults<NpzWriteOptions>;

/**
 * Writes arrays by name as .npz. The file appears as a whole or not at all. The call waits for the
 * backends.
 */
export function writeNpz(
  path: string,
  arrays: Readonly<Record<string, NDArray>> | ReadonlyMap<string, NDArray>,
  options?: NpzWriteOptions,
): void {
  const { compress } = withDefaults('writeNpz', options, DEFAULTS);
  if (!(arrays instanceof Map)) checkOptionsObject('writeNpz: arrays by name', arrays ?? null);
  const list =
    arrays instanceof Map ? [...arrays] : Object.entries(arrays as Readonly<Record<string, NDArray>>);
  for (const [name, x] of list) {
    if (typeof name !== 'string' || name === '' || name.includes('\0'))
      throw new ArgumentError(`expected names of arrays, received ${textOf(name)}`);
    checkArray(`writeNpz: ${name}`, x);
  }
  writeFileAtomically(path, (sink) => {
    const zip = zipWriter(sink, { compress });
    for (const [name, x] of list) {
      zip.add(`${name}${SUFFIX}`, (write) => {
        write(formatNpyHeader(x.shape, x.dtype));
        writeNpyData(x, write);
      });
    }
    zip.finish();
  });
}
