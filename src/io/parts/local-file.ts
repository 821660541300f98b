import { closeSync, constants, fstatSync, openSync, type Stats } from 'node:fs';
import { ArgumentError } from '../../core/base/errors.js';
import { textOf } from '../../core/base/text-of.js';
import { closing } from './raw-io.js';

const { O_RDONLY, O_NONBLOCK = 0 } = constants;

/**
 * Checks that `path` is on a file system of this machine.
 *
 * @throws {@link ArgumentError} if it is not; URLs have a message of their own
 */
export function checkPath(path: unknown): asserts path is string {
  if (typeof path !== 'string' || path === '' || path.includes('\0'))
    throw new ArgumentError(`expected the path of a file, received ${textOf(path)}`);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(path))
    throw new ArgumentError(
      `expected the path of a file on this machine, received the URL ${path}: remote stores are not ` +
        'read or written',
    );
}

/** A description of the kind of file. */
export function kindOf(stats: Stats): string {
  if (stats.isFile()) return 'a file';
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a pipe';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}

/**
 * Runs `body`. Errors of the system become {@link ArgumentError}s with the same message and the
 * name of the file.
 */
export function naming<R>(path: string, body: () => R): R {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new ArgumentError('path' in error ? error.message : `${error.message} '${path}'`, { cause: error });
  }
}

/**
 * Whether {@link withFile} threw this error because nothing is at the path.
 *
 * @param codes the system's error codes that count
 */
export const isMissing = (error: unknown, codes: readonly string[] = ['ENOENT']): error is ArgumentError =>
  error instanceof ArgumentError &&
  error.cause instanceof Error &&
  'code' in error.cause &&
  codes.includes(String(error.cause.code));

/**
 * Opens a regular file for reading. Never waits: a pipe opens at once and is then refused, as
 * devices and folders are.
 *
 * @throws the error of the system if the file cannot be opened
 * @throws {@link ArgumentError} if the path does not lead to a regular file
 */
export function openRegular(path: string): { readonly fd: number; readonly size: number } {
  const fd = openSync(path, O_RDONLY | O_NONBLOCK);
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw new ArgumentError(`${path} is ${kindOf(stats)}: expected a regular file`);
    return { fd, size: stats.size };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Runs `body` with an open regular file and its size, and closes it. */
export function withFile<R>(path: string, body: (fd: number, size: number) => R): R {
  checkPath(path);
  return naming(path, () => {
    const { fd, size } = openRegular(path);
    return closing(fd, () => body(fd, size));
  });
}
