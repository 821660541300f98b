export { Checkpoint, type Checkpointable, type CheckpointOptions } from './checkpoint/checkpoint.js';
export { type Hdf5Metadata, type Hdf5ReadOptions, readHdf5, readHdf5Metadata } from './hdf5/hdf5.js';
export {
  type MatrixMarketOptions,
  readMatrixMarket,
  writeMatrixMarket,
} from './matrix-market/matrix-market.js';
export { type NpyHeader, type NpyReadOptions, readNpy, writeNpy } from './npy/npy.js';
export { readNpyDistributed, writeNpyDistributed } from './npy/npy-distributed.js';
export { type NpzEntry, type NpzWriteOptions, readNpz, writeNpz } from './npy/npz.js';
export { type SegyGather, type SegyGathersOptions, segyGathers, segySorting } from './segy/gathers.js';
export {
  readSegy,
  type SegyByteOrder,
  type SegyFileHeader,
  type SegyFormat,
  type SegyGeometry,
  type SegyReadOptions,
  type SegyVolume,
} from './segy/read-segy.js';
export {
  readSegyHeaders,
  readSegyTraces,
  type SegyHeaders,
  type SegyHeadersReadOptions,
  type SegyTraceHeaders,
  type SegyTraces,
  type SegyTracesReadOptions,
  type SegyTracesWriteOptions,
  type SegyWord,
  writeSegyTraces,
} from './segy/segy-traces.js';
export { type SegyWriteOptions, writeSegy } from './segy/write-segy.js';
export {
  readZarr,
  readZarrMetadata,
  writeZarr,
  type ZarrCompression,
  type ZarrMetadata,
  type ZarrReadOptions,
  type ZarrWriteOptions,
} from './zarr/zarr.js';
