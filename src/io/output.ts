import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ArgumentError, LopsError } from '../core/base/errors.js';
import { checkPath, kindOf } from './parts/local-file.js';
import { closing, writeAll, writeAt } from './parts/raw-io.js';

/** A destination of bytes. */
export interface ByteSink {
  write(bytes: Uint8Array): void;
  /** Overwrites bytes that were written before. */
  patch(position: number, bytes: Uint8Array): void;
  /** The number of bytes written so far. */
  readonly position: number;
}

/** The destination of a writer: the file, folder or device at its path. */
export interface Target {
  /** The path with all symbolic links resolved. */
  readonly path: string;
  /** Whether it is a pipe, a terminal or the like, the contents of which cannot be replaced. */
  readonly isStream: boolean;
  /** The properties to keep of an existing file or folder. */
  readonly before?: {
    readonly isFolder: boolean;
    readonly mode: number;
    readonly uid: number;
    readonly gid: number;
  };
}

const MOST_LINKS = 40;
/**
 * Names of temporary files and folders of writers: new ones, and old ones that were moved aside.
 */
const TEMPORARY = /\.lops-[0-9a-f]{32}\.(tmp|old)$/;
/** The age beyond which no temporary has a living writer. */
const LEFTOVER_MS = 24 * 3600 * 1000;

/** 32 random hexadecimal digits. No other process, here or on another machine, has the same. */
export const randomName = (): string => globalThis.crypto.randomUUID().replaceAll('-', '');

/**
 * Runs `body`. Errors of the system become {@link ArgumentError}s with the name of the file that
 * could not be written.
 */
export function writing<R>(path: string, body: () => R): R {
  try {
    return body();
  } catch (error) {
    if (error instanceof LopsError || !(error instanceof Error && 'syscall' in error)) throw error;
    throw new ArgumentError(`could not write ${path}: ${error.message}`, { cause: error });
  }
}

/** Follows symbolic links to a path that may not exist yet. */
export function endOfLinks(path: string): string {
  let at = path;
  for (let k = 0; k < MOST_LINKS; k++) {
    if (!lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink()) return at;
    at = resolve(dirname(at), readlinkSync(at));
  }
  throw new ArgumentError(`${path} leads through more than ${MOST_LINKS} symbolic links`);
}

/**
 * Finds the destination of a path.
 *
 * @throws {@link ArgumentError} for URLs, disks and sockets
 * @throws the error of the system if this process may not write to the path
 */
export function findTarget(path: string): Target {
  checkPath(path);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return { path: endOfLinks(path), isStream: false };
  if (stats.isFIFO() || stats.isCharacterDevice()) return { path, isStream: true };
  if (!stats.isFile() && !stats.isDirectory())
    throw new ArgumentError(`${path} is ${kindOf(stats)}: expected a regular file, a pipe, or nothing`);
  accessSync(path, constants.W_OK);
  const { mode, uid, gid } = stats;
  return {
    path: realpathSync(path),
    isStream: false,
    before: { isFolder: stats.isDirectory(), mode: mode & 0o7777, uid, gid },
  };
}

/**
 * The same as {@link findTarget}, for a writer that fills files out of order.
 *
 * @throws {@link ArgumentError} if the path leads to something other than a regular file
 */
export function findFile(path: string): Target {
  const target = findTarget(path);
  if (target.isStream || target.before?.isFolder)
    throw new ArgumentError(`${path} is ${kindOf(statSync(path))}: expected a regular file, or nothing`);
  return target;
}

/**
 * A name beside `path` that no other process or call uses. It is for a new file or folder, or for
 * an old one that is moved aside.
 */
export const temporaryName = (path: string, kind: 'tmp' | 'old'): string =>
  `${path}.lops-${randomName()}.${kind}`;

/** The existing temporaries of writers of `path`. */
export const temporariesOf = (path: string): string[] => {
  const start = `${basename(path)}.lops-`;
  const folder = dirname(path);
  // false for a file, such as an archive
  if (!existsSync(`${folder}/`)) return [];
  return readdirSync(folder).filter((name) => name.startsWith(start) && TEMPORARY.test(name));
};

/** Whether nothing at or below a path was changed since `time`. */
function isOlder(path: string, time: number): boolean {
  const stats = lstatSync(path);
  return (
    stats.mtimeMs < time &&
    (!stats.isDirectory() || readdirSync(path).every((name) => isOlder(join(path, name), time)))
  );
}

/** Whether nothing at or below a path was changed for a day. No writer of it is alive then. */
export const isOldLeftover = (path: string): boolean => isOlder(path, Date.now() - LEFTOVER_MS);

/**
 * Whether a writer left this temporary before `limit`. An old file or folder that was moved aside
 * counts only if its successor exists.
 */
function isLeftover(path: string, limit: number): boolean {
  if (!TEMPORARY.test(path)) return false;
  if (path.endsWith('.tmp')) return isOlder(path, limit);
  // moving does not change the other times
  return lstatSync(path).ctimeMs < limit && existsSync(path.replace(TEMPORARY, ''));
}

/** The time of the last sweep of a folder, and its duration. */
const sweeps = new Map<string, { readonly at: number; readonly took: number }>();

/**
 * Removes temporaries that writers left in a folder more than a day ago. Sweeps take at most a
 * tenth of the time: if many files are written to a large folder, it is not swept for each of them.
 */
function removeLeftovers(folder: string): void {
  const began = performance.now();
  const last = sweeps.get(folder);
  if (last && began - last.at < 10 * last.took) return;
  const limit = Date.now() - LEFTOVER_MS;
  try {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (isLeftover(path, limit)) rmSync(path, { recursive: true, force: true });
    }
  } catch {
    // another writer removed it, or this process may not: nothing depends on it
  }
  sweeps.set(folder, { at: began, took: performance.now() - began });
}

/** Removes old leftovers from the folder of a target and returns a temporary name in it. */
export function temporaryFor({ path }: Target): string {
  removeLeftovers(dirname(path));
  return temporaryName(path, 'tmp');
}

/**
 * Creates an empty file that no other writer has. If it replaces an old file, only its owner may
 * read it until it gets the mode of the old file.
 */
export const createFile = (path: string, { before }: Target): number =>
  openSync(path, 'wx', before ? 0o600 : 0o666);

/**
 * Gives a file or folder the mode and the owner of the one that it replaces. The owner changes only
 * if the system allows it.
 */
export function likeBefore(path: string, { before }: Target): void {
  if (!before) return;
  const now: Stats = statSync(path);
  let { mode } = before;
  if (now.uid !== before.uid || now.gid !== before.gid)
    try {
      chownSync(path, before.uid, before.gid);
    } catch {
      // the set-user-ID and similar bits gave the rights of the old owner; they are dropped
      mode &= 0o777;
    }
  chmodSync(path, mode);
}

/** Writes to a pipe, a terminal or the like. All bytes are computed before the first is written. */
function writeToStream(path: string, body: (sink: ByteSink) => void): void {
  const pieces: Uint8Array[] = [];
  const patches: (readonly [number, Uint8Array])[] = [];
  let position = 0;
  body({
    write(bytes) {
      pieces.push(bytes.slice());
      position += bytes.length;
    },
    patch: (at, bytes) => patches.push([at, bytes.slice()]),
    get position() {
      return position;
    },
  });
  const whole = Buffer.concat(pieces);
  for (const [at, bytes] of patches) whole.set(bytes, at);
  closing(openStream(path), (fd) => writeAll(fd, whole));
}

/**
 * Opens a pipe or a device for writing, without waiting.
 *
 * @throws {@link ArgumentError} for a pipe without a reader
 */
export function openStream(path: string): number {
  const { O_WRONLY, O_NONBLOCK = 0, O_NOCTTY = 0 } = constants;
  try {
    return openSync(path, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENXIO')
      throw new ArgumentError(
        `${path} is a pipe that nothing reads: expected a file, or a pipe with a reader`,
        { cause: error },
      );
    throw error;
  }
}

/**
 * Writes a file as a whole or not at all. It is written under a temporary name beside the path, and
 * renamed at the end. Symbolic links are followed. An existing file keeps its mode and owner. Pipes
 * and terminals are written to directly.
 *
 * @throws {@link ArgumentError} with the name of the file
 */
export function writeFileAtomically(path: string, body: (sink: ByteSink) => void): void {
  writing(path, () => {
    const target = findTarget(path);
    if (target.isStream) {
      writeToStream(path, body);
      return;
    }
    if (target.before?.isFolder) throw new ArgumentError(`${path} is a folder: expected a file, or nothing`);
    const temporary = temporaryFor(target);
    const opened = createFile(temporary, target);
    let position = 0;
    try {
      closing(opened, (fd) =>
        body({
          write(bytes) {
            writeAt(fd, bytes, position);
            position += bytes.length;
          },
          patch: (at, bytes) => writeAt(fd, bytes, at),
          get position() {
            return position;
          },
        }),
      );
      likeBefore(temporary, target);
      renameSync(temporary, target.path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  });
}

/**
 * Writes a text or bytes in the same way as {@link writeFileAtomically}. Missing folders are
 * created.
 */
export function writeDocument(path: string, contents: string | Uint8Array): void {
  checkPath(path);
  writing(path, () => mkdirSync(dirname(path), { recursive: true }));
  writeFileAtomically(path, (sink) =>
    sink.write(typeof contents === 'string' ? new TextEncoder().encode(contents) : contents),
  );
}
