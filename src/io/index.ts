export { type NpyHeader, type NpyReadOptions, readNpy, writeNpy } from './npy.js';
export { type NpzEntry, type NpzWriteOptions, readNpz, writeNpz } from './npz.js';
