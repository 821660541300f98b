export { Checkpoint, type Checkpointable, type CheckpointOptions } from './checkpoint/checkpoint.js';
export { type NpyHeader, type NpyReadOptions, readNpy, writeNpy } from './npy/npy.js';
export { readNpyDistributed, writeNpyDistributed } from './npy/npy-distributed.js';
export { type NpzEntry, type NpzWriteOptions, readNpz, writeNpz } from './npy/npz.js';
export {
  readSegy,
  type SegyFormat,
  type SegyGeometry,
  type SegyReadOptions,
  type SegyVolume,
  type SegyWriteOptions,
  writeSegy,
} from './segy/segy.js';
export {
  readZarr,
  readZarrMetadata,
  writeZarr,
  type ZarrCompression,
  type ZarrMetadata,
  type ZarrReadOptions,
  type ZarrWriteOptions,
} from './zarr/zarr.js';
