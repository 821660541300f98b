import { formatShape } from '../../core/base/shape.js';
import type { Backend } from '../../core/ports/backend.js';
import { pictureDType } from '../parts/array-slice.js';
import { attributeFacts, type FileInfo, shapeText, sizeText } from '../parts/file-info.js';
import { sampledPlane } from '../parts/sampled-plane.js';
import { withZarrChunks } from './zarr.js';

/** Describes a Zarr array by its metadata and some of its chunks. */
export const describeZarr = (path: string, backend: Backend): FileInfo =>
  withZarrChunks(path, backend, (metadata, read) => {
    const { shape, dataType, kind, bytes, chunkShape, compression, dimensionNames, attributes } = metadata;
    return {
      kind: 'Zarr array',
      facts: [
        ['shape', shapeText(shape, dimensionNames)],
        ['dtype', dataType],
        ['chunks', `${formatShape(chunkShape)}, compression ${compression}`],
        ['size', sizeText(shape, bytes)],
        ...attributeFacts(attributes),
      ],
      slice: sampledPlane(metadata, (index) => read(index, pictureDType(kind, bytes))),
    };
  });
