import { closeSync, existsSync, opendirSync, readdirSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ArgumentError, messageOf } from '../../../core/base/errors.js';
import { endOfLinks } from '../../output.js';
import { crc32 } from '../../parts/crc32.js';
import { HDF5_START, hdf5Error } from '../../parts/hdf5-signature.js';
import { checkPath, isMissing, kindOf, naming, openRegular, withFile } from '../../parts/local-file.js';
import { closing, readAt } from '../../parts/raw-io.js';
import { readMember, readZipDirectory, type ZipMember } from '../../parts/zip.js';

/** A value in a store, while its file is open. */
export interface StoredValue {
  /** Its file, for errors. */
  readonly name: string;
  readonly size: number;
  /** @throws {@link ArgumentError} if the value does not have these bytes */
  read(start: number, length: number): Uint8Array;
}

/** A folder of a local file system or of a ZIP archive, with values by key. */
export interface ZarrStore {
  /** Its path, without links at its end. */
  readonly path: string;
  /** The archive. Undefined for a folder of a file system, which others can change. */
  readonly archive: Archive | undefined;
  /** The path of a value. */
  nameOf(key: string): string;
  /** Calls `body` with a value. Returns undefined if there is none. */
  withValue<R>(key: string, body: (value: StoredValue) => R): R | undefined;
  /** The folder around this one, and the name of this one in it. Undefined for the outermost. */
  parent(): readonly [folder: ZarrStore, name: string] | undefined;
  /** The names of the folders in this one that have one of these files. */
  foldersWith(files: readonly string[]): string[];
  /** The number of values and their bytes. */
  contents(): { files: number; bytes: number };
  close(): void;
}

/**
 * Reads all of a value.
 *
 * @throws {@link ArgumentError} if it has more than `most` bytes
 */
export function readAll({ name, size, read }: StoredValue, most: number): Uint8Array {
  if (size > most)
    throw new ArgumentError(`${name} has ${size} bytes: expected at most ${most}, it is damaged`);
  return read(0, size);
}

function storedValue(
  name: string,
  size: number,
  read: (start: number, length: number) => Uint8Array,
): StoredValue {
  return {
    name,
    size,
    read(start, length) {
      if (!(start >= 0 && length >= 0 && start + length <= size))
        throw new ArgumentError(`${name} is cut short or damaged: it has ${size} bytes`);
      return read(start, length);
    },
  };
}

/** The number of files in a folder and their bytes. */
function contentsOf(folder: string): { files: number; bytes: number } {
  const sum = { files: 0, bytes: 0 };
  const waiting = [folder];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const listing = opendirSync(next);
    try {
      for (let entry = listing.readSync(); entry; entry = listing.readSync()) {
        const path = join(next, entry.name);
        if (entry.isDirectory()) waiting.push(path);
        if (!entry.isFile()) continue;
        sum.files++;
        sum.bytes += statSync(path).size;
      }
    } finally {
      listing.closeSync();
    }
  }
  return sum;
}

const folderStore = (folder: string): ZarrStore => ({
  path: folder,
  archive: undefined,
  nameOf: (key) => join(folder, key),
  withValue(key, body) {
    const file = join(folder, key);
    try {
      return withFile(file, (fd, size) =>
        body(
          storedValue(file, size, (start, length) => {
            const bytes = new Uint8Array(length);
            readAt(fd, bytes, start, file);
            return bytes;
          }),
        ),
      );
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  },
  parent() {
    const around = dirname(folder);
    return around === folder ? undefined : [folderStore(around), basename(folder)];
  },
  foldersWith: (files) =>
    existsSync(folder)
      ? readdirSync(folder).filter((name) => files.some((file) => existsSync(join(folder, name, file))))
      : [],
  contents: () => contentsOf(folder),
  close: () => {},
});

/** An open ZIP archive. */
interface Archive {
  readonly path: string;
  readonly fd: number;
  readonly size: number;
  readonly members: ReadonlyMap<string, ZipMember>;
  /** Differs if members differ. */
  readonly checkSum: number;
}

function openArchive(path: string): Archive {
  const { fd, size } = openRegular(path);
  try {
    const members = readZipDirectory(fd, size, path);
    return {
      path,
      fd,
      size,
      members: new Map(members.map((member) => [member.name, member])),
      checkSum: crc32(Buffer.from(JSON.stringify(members))),
    };
  } catch (error) {
    const start = Buffer.alloc(Math.min(8, size));
    closing(fd, () => readAt(fd, start, 0, path));
    if (start.toString('hex') === HDF5_START) throw hdf5Error(path, error);
    throw new ArgumentError(
      `${path} is a file: expected the folder of a Zarr array or a ZIP store (${messageOf(error)})`,
      { cause: error },
    );
  }
}

/** @param prefix the path of the folder in the archive, with a slash at its end, or nothing */
function archiveStore(archive: Archive, prefix: string): ZarrStore {
  const { path, fd, size, members } = archive;
  const nameOf = (key: string) => `${path}/${prefix}${key}`.replace(/\/$/, '');
  const inside = () => [...members.values()].filter(({ name }) => name.startsWith(prefix));
  return {
    path: nameOf(''),
    archive,
    nameOf,
    withValue(key, body) {
      const member = members.get(prefix + key);
      if (!member) return undefined;
      const read = (start: number, length: number) => readMember(fd, size, path, member, start, length);
      return body(storedValue(nameOf(key), member.size, read));
    },
    parent() {
      const [, around = '', name] = /^(.*\/)?([^/]+)\/$/.exec(prefix) ?? [];
      return name === undefined ? undefined : [archiveStore(archive, around), name];
    },
    foldersWith: (files) =>
      inside().flatMap(({ name }) => {
        const [folder, file, more] = name.slice(prefix.length).split('/');
        return more === undefined && files.includes(file as string) ? [folder as string] : [];
      }),
    contents() {
      const list = inside();
      return { files: list.length, bytes: list.reduce((sum, { compressedSize: n }) => sum + n, 0) };
    },
    close: () => closeSync(fd),
  };
}

/** A path without slashes at its end and with the links of its last part resolved. */
export function folderOf(path: string): string {
  checkPath(path);
  return endOfLinks(path.replace(/(?<=.)\/+$/, ''));
}

/** Undefined if there is nothing at a path, which a writer may remove at any moment. */
function statsOf(path: string): Stats | undefined {
  try {
    return naming(path, () => statSync(path));
  } catch (error) {
    if (isMissing(error, ['ENOENT', 'ENOTDIR'])) return undefined;
    throw error;
  }
}

/**
 * Opens the folder of an array. A path that leads on behind a file is one in a ZIP archive:
 * `x.zip/a`.
 *
 * @throws {@link ArgumentError} if the file is no archive
 */
export function openStore(path: string): ZarrStore {
  checkPath(path);
  for (
    let at = path.replace(/(?<=.)\/+$/, ''), prefix = '';
    ;
    prefix = `${basename(at)}/${prefix}`, at = dirname(at)
  ) {
    const stats = statsOf(at);
    if (stats?.isFile()) return archiveStore(openArchive(at), prefix);
    if (stats && !stats.isDirectory())
      throw new ArgumentError(
        `${at} is ${kindOf(stats)}: expected the folder of a Zarr array or a ZIP store`,
      );
    if (stats || at === dirname(at)) return folderStore(folderOf(path));
  }
}
