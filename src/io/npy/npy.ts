import { checkArray } from '../../core/array/elementwise.js';
import type { NDArray } from '../../core/array/ndarray.js';
import { writeFileAtomically } from '../output.js';
import { fileSource } from '../parts/byte-source.js';
import { checkPath, withFile } from '../parts/local-file.js';
import { type NpyReadOptions, readNpyData, writeNpyData } from './npy-data.js';
import { formatNpyHeader, type NpyHeader, parseNpyHeader } from './npy-header.js';

export type { NpyHeader, NpyReadOptions };

/**
 * The header of an open .npy file of `size` bytes: dtype, order, shape, and where the data start.
 * Throws {@link ArgumentError} where the file can't hold what it says.
 */
export const readNpyHeader = (fd: number, size: number, name = 'the file'): NpyHeader =>
  parseNpyHeader(fileSource(fd, name), size);

/**
 * Reads a .npy file (versions 1 to 3, either byte order, C or Fortran order) straight into an
 * array's memory. Floats and complex numbers keep their precision (half becomes float32); bool and
 * integers become int32 where their values fit, otherwise float64 where that is exact. Errors:
 * {@link ArgumentError} for a damaged or cut file, before anything is allocated; {@link DTypeError}
 * for values that no dtype here holds.
 */
export function readNpy(path: string, options: NpyReadOptions = {}): NDArray {
  return withFile(path, (fd, size) => {
    const header = readNpyHeader(fd, size, path);
    return readNpyData(header, () => fileSource(fd, path, header.dataOffset), options);
  });
}

/**
 * Writes an array as .npy, version 1, C order. The file appears as a whole or not at all; symbolic
 * links are followed, mode and owner of a file that is replaced are kept. Waits for the backend.
 */
export function writeNpy(path: string, x: NDArray): void {
  checkPath(path);
  checkArray('writeNpy', x);
  const header = formatNpyHeader(x.shape, x.dtype);
  writeFileAtomically(path, (sink) => {
    sink.write(header);
    writeNpyData(x, (bytes) => sink.write(bytes));
  });
}
