import { ArgumentError, DTypeError } from '../../../core/base/errors.js';
import { product, type Shape } from '../../../core/base/shape.js';
import type { NpyKind } from '../../npy/npy-header.js';
import { withFile } from '../../parts/local-file.js';
import { type AskHdf5, withHdf5 } from './hdf5-thread.js';
import type { FoundDataset } from './hdf5-worker.js';

/** A dataset of an HDF5 file, as {@link readHdf5Metadata} describes it. */
export interface Hdf5Metadata {
  /** Its path in the file: 'model/velocity'. */
  readonly dataset: string;
  /** Empty for a scalar. Undefined for a dataset without values. */
  readonly shape: Shape | undefined;
  /** The type of numbers, such as 'float32' or 'uint8'. Undefined if it is not read. */
  readonly dataType: string | undefined;
  /** The bytes of one element. */
  readonly bytes: number;
  /** The shape of the chunks. Undefined for values that lie in one run. */
  readonly chunkShape: Shape | undefined;
  /** The names of filters in the order in which they encode, such as 'shuffle' and 'deflate'. */
  readonly filters: readonly string[];
  /** Attributes of at most 64 KiB, as values of JSON. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A dataset of numbers. */
export interface Hdf5Array extends Hdf5Metadata {
  readonly shape: Shape;
  readonly dataType: string;
  readonly kind: NpyKind;
}

/** The classes of types (H5T_class_t). */
const [INTEGER, FLOAT, COMPOUND, ENUMERATION] = [0, 1, 6, 8] as const;
/** The filters of the HDF5 library that h5wasm has. */
const FILTERS = ['deflate', 'shuffle', 'fletcher32', 'nbit', 'scaleoffset'];
const READ = 'integers of 8 to 64 bits, float32, float64, complex64, complex128 or bool';

/** Complex numbers as h5py and others store them: two floats, r and i, or real and imag. */
function isComplexType({ members = [], size }: FoundDataset): boolean {
  return (
    ['r,i', 'real,imag'].includes(members.map(({ name }) => name).join()) &&
    members.every((one, k) => one.type === FLOAT && 2 * one.size === size && 2 * one.offset === k * size)
  );
}

/** bool as h5py stores it: an enumeration. */
const isBoolType = ({ type, size, enumeration }: FoundDataset): boolean =>
  type === ENUMERATION &&
  size === 1 &&
  Object.keys(enumeration?.members ?? {})
    .toSorted()
    .join() === 'FALSE,TRUE';

/**
 * The kind of the numbers of a dataset. Undefined if it is not read. Floats of 2 bytes may be
 * halves or bfloat16, which h5wasm does not tell apart.
 */
function kindOf(found: FoundDataset): NpyKind | undefined {
  const { type, size, signed, enumeration } = found;
  if (type === FLOAT) return size === 4 || size === 8 ? 'float' : undefined;
  if (type === COMPOUND) return (size === 8 || size === 16) && isComplexType(found) ? 'complex' : undefined;
  if (isBoolType(found)) return 'bool';
  const isInteger = type === INTEGER || (type === ENUMERATION && enumeration?.type === INTEGER);
  return isInteger && [1, 2, 4, 8].includes(size) ? (signed ? 'int' : 'uint') : undefined;
}

/** What h5wasm found, in the terms of this library. */
function metadataOf(found: FoundDataset): Hdf5Metadata {
  const { name, size: bytes, shape, chunks, filters, attributes } = found;
  const kind = kindOf(found);
  const dataType = kind && (kind === 'bool' ? kind : `${kind}${8 * bytes}`);
  return {
    dataset: name,
    shape: shape ?? undefined,
    dataType,
    bytes,
    chunkShape: chunks ?? undefined,
    filters,
    attributes,
  };
}

/** Runs `body` with requests for a regular file, and the bytes of the file. */
export const withHdf5File = <R>(path: string, body: (ask: AskHdf5, size: number) => R): R =>
  withFile(path, (_, size) => withHdf5(path, (ask) => body(ask, size)));

/** The description of all datasets of an open file. */
export const listDatasets = (ask: AskHdf5): Hdf5Metadata[] =>
  ask('list').flatMap((name) => {
    const found = ask('describe', name, true);
    return typeof found === 'object' ? [metadataOf(found)] : [];
  });

/** The filters of a dataset that are not read. */
export const unknownFilters = ({ filters }: Hdf5Metadata): string[] =>
  filters.filter((filter) => !FILTERS.includes(filter));

/** @throws {@link ArgumentError} if the values of an array have other filters than are read */
export function checkFilters(path: string, array: Hdf5Array): void {
  const unknown = unknownFilters(array);
  if (unknown.length > 0)
    throw new ArgumentError(
      `${path}: '${array.dataset}' has the filter ${unknown.join(', ')}, expected ${FILTERS.join(', ')} ` +
        '(h5repack -f GZIP=1 changes filters)',
    );
}

/**
 * The dataset of numbers at a path of an open file.
 *
 * @throws {@link ArgumentError} if there is none
 * @throws {@link DTypeError} if its type is not read
 */
export function findArray(path: string, ask: AskHdf5, dataset: string, withAttributes = false): Hdf5Array {
  const found = ask('describe', dataset, withAttributes);
  if (typeof found !== 'object') {
    const names = ask('list');
    const what =
      found === undefined ? 'has nothing at' : `has ${/^[AEIOU]/.test(found) ? 'an' : 'a'} ${found} at`;
    const list =
      names.length === 0 ? 'it has no datasets' : `its datasets are ${names.slice(0, 20).join(', ')}`;
    throw new ArgumentError(`${path} ${what} '${dataset}', expected a dataset: ${list}`);
  }
  const kind = kindOf(found);
  const { shape, dataType, ...rest } = metadataOf(found);
  if (kind === undefined || dataType === undefined)
    throw new DTypeError(`${path}: the type of '${dataset}' is not read, expected ${READ}`);
  if (shape === undefined) throw new ArgumentError(`${path}: the dataset '${dataset}' has no values`);
  if (!Number.isSafeInteger(product(shape) * rest.bytes))
    throw new ArgumentError(`${path}: no machine holds '${dataset}' of shape [${shape.join(', ')}]`);
  return { ...rest, kind, shape, dataType };
}
