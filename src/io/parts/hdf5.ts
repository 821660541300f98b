import { ArgumentError } from '../../core/base/errors.js';

/** The first bytes of an HDF5 file in hexadecimal digits. */
export const HDF5_START = '894844460d0a1a0a';

/** The error that names the converter of HDF5 files. */
export const hdf5Error = (path: string, cause?: unknown): ArgumentError =>
  new ArgumentError(
    `${path} is an HDF5 file, which is not read: convert its arrays, as with h5py and numpy.save`,
    { cause },
  );
