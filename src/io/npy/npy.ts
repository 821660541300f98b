import { checkArray } from '../../core/array/elementwise.js';
import type { NDArray } from '../../core/array/ndarray.js';
import { writeFileAtomically } from '../output.js';
import { fileSource } from '../parts/byte-source.js';
import { checkPath, withFile } from '../parts/local-file.js';
import { type NpyReadOptions, readNpyData, writeNpyData } from './npy-data.js';
import { formatNpyHeader, type NpyHeader, parseNpyHeader } from './npy-header.js';

export type { NpyHeader, NpyReadOptions };

/**
 * Reads the header of an open .npy file of `size` bytes: dtype, order, shape, and the start of the
 * data.
 *
 * @throws {@link ArgumentError} if the file is too short for its header
 */
export const readNpyHeader = (fd: number, size: number, name = 'the file'): NpyHeader =>
  parseNpyHeader(fileSource(fd, name), size);

/**
 * Reads a .npy file (versions 1 to 3, either byte order, C or Fortran order) directly into an
 * array's memory. Floats and complex numbers keep their precision (half becomes float32). Bool and
 * integers become int32 if their values fit, otherwise float64 if that is exact.
 *
 * @throws {@link ArgumentError} for a damaged or cut file, before anything is allocated
 * @throws {@link DTypeError} for values that no dtype holds
 */
export function readNpy(path: string, options: NpyReadOptions = {}): NDArray {
  return withFile(path, (fd, size) => {
    const header = readNpyHeader(fd, size, path);
    return readNpyData(header, () => fileSource(fd, path, header.dataOffset), options);
  });
}

/**
 * Writes an array as .npy, version 1, C order. The file appears as a whole or not at all. Symbolic
 * links are followed. A replaced file keeps its mode and owner. The call waits for the backend.
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
