import { formatShape, product } from '../../core/base/shape.js';
import type { DistributedArrayOptions } from '../../core/distributed/space.js';
import { middlePlane, pictureDType } from '../parts/array-slice.js';
import { type FileInfo, shapeText, sizeText } from '../parts/file-info.js';
import { readZarr, readZarrMetadata } from './zarr.js';

/** The most characters of an attribute. */
const LONGEST = 100;

/** The largest array, in bytes, that is read for a picture. */
const MOST = 1 << 26;

/** Describes a Zarr array by its metadata; a small one also by its values. */
export function describeZarr(path: string, own: Pick<DistributedArrayOptions, 'backend' | 'comm'>): FileInfo {
  const { shape, dataType, kind, bytes, chunkShape, compression, dimensionNames, attributes } =
    readZarrMetadata(path);
  const isSmall = product(shape) * bytes <= MOST && product(chunkShape) * bytes <= MOST;
  return {
    kind: 'Zarr array',
    facts: [
      ['shape', shapeText(shape, dimensionNames)],
      ['dtype', dataType],
      ['chunks', `${formatShape(chunkShape)}, compression ${compression}`],
      ['size', sizeText(shape, bytes)],
      ...Object.entries(attributes).map(
        ([name, value]) => [name, JSON.stringify(value).slice(0, LONGEST)] as const,
      ),
    ],
    slice: isSmall
      ? middlePlane(readZarr(path, { ...own, dtype: pictureDType(kind, bytes) }).local)
      : undefined,
  };
}
