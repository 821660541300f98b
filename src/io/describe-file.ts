import { statSync } from 'node:fs';
import { extname } from 'node:path';
import { ArgumentError, messageOf } from '../core/base/errors.js';
import type { Backend } from '../core/ports/backend.js';
import type { Communicator } from '../core/ports/communicator.js';
import { describeHdf5 } from './hdf5/describe-hdf5.js';
import { describeNpy, describeNpz } from './npy/describe-npy.js';
import { readNpz } from './npy/npz.js';
import type { FileInfo } from './parts/file-info.js';
import { HDF5_START } from './parts/hdf5-signature.js';
import { checkPath, isMissing, naming, withFile } from './parts/local-file.js';
import { readAt } from './parts/raw-io.js';
import { describeSegy } from './segy/describe-segy.js';
import { describeZarr } from './zarr/describe-zarr.js';

export type { FileInfo };

/** The backend of arrays, and a communicator of one rank. */
export interface DescribeOptions {
  readonly backend: Backend;
  readonly comm: Communicator;
  /** The array of an archive that is described. */
  readonly array?: string | undefined;
}

type Describe = (path: string, options: DescribeOptions) => FileInfo;

const npy: Describe = (path, { backend }) => describeNpy(path, backend);
const npz: Describe = (path, { array, backend }) => describeNpz(path, array, backend);
const zarr: Describe = (path, { backend }) => describeZarr(path, backend);
const segy: Describe = (path, { backend, comm }) => describeSegy(path, { backend, comm });
const hdf5: Describe = (path, { array, backend }) => describeHdf5(path, array, backend);

/** The first bytes of files in hexadecimal digits. SEG-Y has none. */
const STARTS: readonly (readonly [start: string, describe: Describe])[] = [
  ['934e554d5059', npy],
  ['504b0304', npz],
  ['504b0506', npz],
  [HDF5_START, hdf5],
];
const BY_EXTENSION: Readonly<Record<string, Describe>> = { npy, npz, sgy: segy, segy, h5: hdf5, hdf5 };
/** The kinds of files that hold several arrays. */
const ARCHIVES: readonly Describe[] = [npz, hdf5];

/** Describes a file that may be SEG-Y. */
const other: Describe = (path, options) => {
  try {
    return segy(path, options);
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    throw new ArgumentError(
      `${path} is of no kind that lops reads: expected .npy, .npz, the folder of a Zarr array, HDF5, or ` +
        `SEG-Y (${messageOf(error)})`,
      { cause: error },
    );
  }
};

function describerOf(path: string): Describe {
  try {
    if (naming(path, () => statSync(path)).isDirectory()) return zarr;
  } catch (error) {
    // a path in an archive
    if (isMissing(error, ['ENOTDIR'])) return zarr;
    throw error;
  }
  const start = withFile(path, (fd, size) => {
    const bytes = Buffer.alloc(Math.min(8, size));
    readAt(fd, bytes, 0, path);
    return bytes.toString('hex');
  });
  const byExtension = BY_EXTENSION[extname(path).slice(1).toLowerCase()];
  const known = STARTS.find(([bytes]) => start.startsWith(bytes))?.[1] ?? byExtension ?? other;
  // a ZIP archive without .npy files is a Zarr store
  return known === npz && byExtension !== npz && readNpz(path).size === 0 ? zarr : known;
}

/**
 * Describes a .npy, .npz, Zarr, HDF5 or SEG-Y file by its headers and a few of its values, however
 * large it is.
 *
 * @throws {@link ArgumentError} if the file is damaged or of another kind
 */
export function describeFile(path: string, options: DescribeOptions): FileInfo {
  checkPath(path);
  const describe = describerOf(path);
  if (options.array !== undefined && !ARCHIVES.includes(describe))
    throw new ArgumentError(
      `${path} is no .npz archive and no HDF5 file, so there is no array '${options.array}' to name`,
    );
  return describe(path, options);
}
