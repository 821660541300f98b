import {
  accessSync,
  chmodSync,
  chownSync,
  closeSync,
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
import { writeAll, writeAt } from './parts/raw-io.js';

/** Where bytes go to. */
export interface ByteSink {
  write(bytes: Uint8Array): void;
  /** Overwrites bytes that were written before. */
  patch(position: number, bytes: Uint8Array): void;
  /** Bytes written so far. */
  readonly position: number;
}

/** Where a writer writes: what its path leads to. */
export interface Target {
  /** With all symbolic links resolved. */
  readonly path: string;
  /** A pipe, a terminal or the like, whose contents can't be replaced. */
  readonly isStream: boolean;
  /** Of the file or folder that is there, to be kept. */
  readonly before?: {
    readonly isFolder: boolean;
    readonly mode: number;
    readonly uid: number;
    readonly gid: number;
  };
}

const MOST_LINKS = 40;
/** Temporary files and folders of writers: new ones, and old ones that were moved aside. */
const TEMPORARY = /\.lops-[0-9a-f]{32}\.(tmp|old)$/;
/** Older temporaries have no living writer. */
const LEFTOVER_MS = 24 * 3600 * 1000;

/** 32 random hexadecimal digits: no process, here or on another machine, draws the same. */
export const randomName = (): string => globalThis.crypto.randomUUID().replaceAll('-', '');

/**
 * Runs `body`; errors of the system become {@link ArgumentError}s that name the file which could
 * not be written.
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
 * What a path leads to. Throws {@link ArgumentError} for URLs, for disks and for sockets, and
 * errors of the system for what this process may not write.
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
 * As {@link findTarget}, for a writer of files that fills them out of order: throws
 * {@link ArgumentError} for what is no regular file.
 */
export function findFile(path: string): Target {
  const target = findTarget(path);
  if (target.isStream || target.before?.isFolder)
    throw new ArgumentError(`${path} is ${kindOf(statSync(path))}: expected a regular file, or nothing`);
  return target;
}

/**
 * A name beside `path` that no other process or call takes, for something new, or for what was
 * there and is moved aside.
 */
export const temporaryName = (path: string, kind: 'tmp' | 'old'): string =>
  `${path}.lops-${randomName()}.${kind}`;

/** The temporaries of writers of `path` that exist. */
export const temporariesOf = (path: string): string[] => {
  const start = `${basename(path)}.lops-`;
  const folder = dirname(path);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => name.startsWith(start) && TEMPORARY.test(name));
};

/** True where nothing at or below a path was changed since `time`. */
function isOlder(path: string, time: number): boolean {
  const stats = lstatSync(path);
  return (
    stats.mtimeMs < time &&
    (!stats.isDirectory() || readdirSync(path).every((name) => isOlder(join(path, name), time)))
  );
}

/** True where nothing at or below a path was changed for a day: no writer of it lives. */
export const isOldLeftover = (path: string): boolean => isOlder(path, Date.now() - LEFTOVER_MS);

/**
 * True for what a writer left more than a day ago. What was moved aside goes only where its
 * successor is there.
 */
function isLeftover(path: string, limit: number): boolean {
  if (!TEMPORARY.test(path)) return false;
  if (path.endsWith('.tmp')) return isOlder(path, limit);
  // moving changes no other time
  return lstatSync(path).ctimeMs < limit && existsSync(path.replace(TEMPORARY, ''));
}

/** When a folder was looked through last, and how long that took. */
const sweeps = new Map<string, { readonly at: number; readonly took: number }>();

/**
 * Removes temporaries that writers left in a folder more than a day ago. Looking through a folder
 * takes at most a tenth of the time: where many files are written to a large one, it is not done
 * for each.
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
    // another writer removed it, or this one may not: nothing depends on it
  }
  sweeps.set(folder, { at: began, took: performance.now() - began });
}

/** Chooses the temporary name of a writer, in the folder of its target, whose old leftovers go. */
export function temporaryFor({ path }: Target): string {
  removeLeftovers(dirname(path));
  return temporaryName(path, 'tmp');
}

/**
 * Makes an empty file that nobody else has. What will have the mode of an old file is private until
 * then.
 */
export const createFile = (path: string, { before }: Target): number =>
  openSync(path, 'wx', before ? 0o600 : 0o666);

/**
 * Gives a file or folder the mode and the owner of the one that it replaces; another owner only
 * where the system allows that.
 */
export function likeBefore(path: string, { before }: Target): void {
  if (!before) return;
  const now: Stats = statSync(path);
  let { mode } = before;
  if (now.uid !== before.uid || now.gid !== before.gid)
    try {
      chownSync(path, before.uid, before.gid);
    } catch {
      // for its writer alone, then, what ran with the rights of the owner
      mode &= 0o777;
    }
  chmodSync(path, mode);
}

/** Writes to a pipe, a terminal or the like: all is made before anything is written. */
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
  const fd = openStream(path);
  try {
    writeAll(fd, whole);
  } finally {
    closeSync(fd);
  }
}

/**
 * Opens a pipe or a device for writing, without waiting. Throws {@link ArgumentError} for a pipe
 * that nobody reads.
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
 * Writes a file as a whole or not at all: under a temporary name beside it, renamed at the end.
 * Symbolic links are followed; mode and owner of a file that is there are kept. A pipe or a
 * terminal is written to. Errors: {@link ArgumentError} that names the file.
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
    const fd = createFile(temporary, target);
    let position = 0;
    try {
      try {
        body({
          write(bytes) {
            writeAt(fd, bytes, position);
            position += bytes.length;
          },
          patch: (at, bytes) => writeAt(fd, bytes, at),
          get position() {
            return position;
          },
        });
      } finally {
        closeSync(fd);
      }
      likeBefore(temporary, target);
      renameSync(temporary, target.path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  });
}

/**
 * Writes a text or bytes as {@link writeFileAtomically} does; folders that are missing are made.
 */
export function writeDocument(path: string, contents: string | Uint8Array): void {
  checkPath(path);
  writing(path, () => mkdirSync(dirname(path), { recursive: true }));
  writeFileAtomically(path, (sink) =>
    sink.write(typeof contents === 'string' ? new TextEncoder().encode(contents) : contents),
  );
}
