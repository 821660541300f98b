import { NDArray } from '../../core/array/ndarray.js';
import { formatShape, product } from '../../core/base/shape.js';
import type { Backend } from '../../core/ports/backend.js';
import { pictureDType } from '../parts/array-slice.js';
import { attributeFacts, bytesText, type FileInfo, shapeText, sizeText } from '../parts/file-info.js';
import { sampledPlane } from '../parts/sampled-plane.js';
import { readHdf5Box } from './hdf5.js';
import {
  findArray,
  type Hdf5Array,
  listDatasets,
  unknownFilters,
  withHdf5File,
} from './parts/hdf5-metadata.js';
import type { AskHdf5 } from './parts/hdf5-thread.js';

/** The most elements of a row that are read at a time where there are no chunks. */
const LONGEST = 1 << 16;

/** Of values that lie in one run, pieces of rows are read. */
const rowChunks = ({ shape }: Hdf5Array): number[] =>
  shape.map((n, k) => (k === shape.length - 1 ? Math.max(1, Math.min(n, LONGEST)) : 1));

function describeDataset(ask: AskHdf5, array: Hdf5Array, backend: Backend): Omit<FileInfo, 'kind'> {
  const { shape, chunkShape, dataType, kind, bytes, filters, attributes } = array;
  const pieces = chunkShape ?? rowChunks(array);
  const storage = chunkShape ? formatShape(chunkShape) : 'none, the values lie in one run';
  const chunked = { shape, chunkShape: pieces, bytes };
  const read = (index: readonly number[]): NDArray => {
    const start = index.map((i, k) => i * (pieces[k] as number));
    const inside = start.map((s, k) => Math.min(pieces[k] as number, (shape[k] as number) - s));
    const part = NDArray.empty(inside, { dtype: pictureDType(kind, bytes), backend });
    readHdf5Box(ask, array, { start, shape: inside }, part);
    return part;
  };
  return {
    facts: [
      ['shape', shapeText(shape)],
      ['dtype', dataType],
      ['chunks', filters.length > 0 ? `${storage}, filters ${filters.join(', ')}` : storage],
      ['size', sizeText(shape, bytes)],
      ...attributeFacts(attributes),
    ],
    slice: unknownFilters(array).length > 0 ? undefined : sampledPlane(chunked, read),
  };
}

/**
 * Describes an HDF5 file: its datasets, and one of them.
 *
 * @param name the dataset to show; the only one by default
 */
export const describeHdf5 = (path: string, name: string | undefined, backend: Backend): FileInfo =>
  withHdf5File(path, (ask) => {
    const datasets = listDatasets(ask);
    const kind = `HDF5 file, ${datasets.length} dataset${datasets.length === 1 ? '' : 's'}`;
    const arrays = datasets.map(({ dataset, shape, dataType, bytes }) => ({
      array: dataset,
      shape: shape ? shapeText(shape) : '-',
      dtype: dataType ?? 'not read',
      size: shape ? bytesText(product(shape) * bytes) : '-',
    }));
    const [only] = datasets;
    const isShown = datasets.length === 1 && only?.dataType !== undefined && only.shape !== undefined;
    const shown = name ?? (isShown ? only.dataset : undefined);
    if (shown === undefined) return { kind, facts: [], arrays };
    const array = findArray(path, ask, shown, true);
    return { kind: `${kind}: ${array.dataset}`, ...describeDataset(ask, array, backend) };
  });
