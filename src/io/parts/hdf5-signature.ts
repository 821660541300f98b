import { ArgumentError } from '../../core/base/errors.js';

/** The first bytes of an HDF5 file in hexadecimal digits. */
export const HDF5_START = '894844460d0a1a0a';

/** The error that an HDF5 file is not what was expected. */
export const hdf5Error = (path: string, cause?: unknown): ArgumentError =>
  new ArgumentError(`${path} is an HDF5 file: readHdf5 reads its datasets, and lops info lists them`, {
    cause,
  });
