import { DTypeError } from '../../core/base/errors.js';
import { checkOneOf } from '../../core/base/options.js';
import { product } from '../../core/base/shape.js';
import type { Backend } from '../../core/ports/backend.js';
import { readSlice } from '../parts/array-slice.js';
import { bytesText, type FileInfo, shapeText, sizeText } from '../parts/file-info.js';
import { runsSource } from '../parts/file-runs.js';
import { withFile } from '../parts/local-file.js';
import { readNpyHeader } from './npy.js';
import { dtypeHolding, type NpyHeader } from './npy-header.js';
import { openNpzData, readNpz } from './npz.js';

const dtypeText = ({ kind, bytes, descr }: NpyHeader): string =>
  `${dtypeHolding(kind, bytes) ?? 'int32 or float64'} (${descr})`;

const factsOf = (header: NpyHeader): FileInfo['facts'] => [
  ['shape', shapeText(header.shape)],
  ['dtype', dtypeText(header)],
  [
    'order',
    header.fortranOrder ? 'Fortran: the first axis varies fastest' : 'C: the last axis varies fastest',
  ],
  ['size', sizeText(header.shape, header.bytes)],
];

/** Describes a .npy file by its header and a few rows. */
export function describeNpy(path: string, backend: Backend): FileInfo {
  return withFile(path, (fd, size) => {
    const header = readNpyHeader(fd, size, path);
    const slice = readSlice(header, backend, Number.POSITIVE_INFINITY, (runs) =>
      runsSource(fd, path, { ...runs, position: (k) => header.dataOffset + runs.position(k) }),
    );
    return { kind: 'NumPy array', facts: factsOf(header), slice };
  });
}

/**
 * Describes an .npz archive: its arrays, and one of them.
 *
 * @param name the array to show; the only one by default
 */
export function describeNpz(path: string, name: string | undefined, backend: Backend): FileInfo {
  const entries = readNpz(path);
  const names = [...entries.keys()];
  const arrays = [...entries].map(([array, entry]) => {
    try {
      const header = entry.header();
      const size = bytesText(product(header.shape) * header.bytes);
      return { array, shape: shapeText(header.shape), dtype: dtypeText(header), size };
    } catch (error) {
      if (!(error instanceof DTypeError)) throw error;
      return { array, shape: '-', dtype: 'not read', size: '-' };
    }
  });
  const kind = `NumPy archive, ${names.length} array${names.length === 1 ? '' : 's'}`;
  const shown = name ?? (names.length === 1 ? names[0] : undefined);
  if (shown === undefined) return { kind, facts: [], arrays };
  checkOneOf(`the array of ${path}`, shown, names);
  return openNpzData(path, shown, (header, reach, open) => ({
    kind: `${kind}: ${shown}`,
    facts: factsOf(header),
    slice: readSlice(header, backend, reach, open),
  }));
}
