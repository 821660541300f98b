export { Checkpoint, type CheckpointOptions, type Checkpointable } from './checkpoint.js';
export { type NpyHeader, type NpyReadOptions, readNpy, writeNpy } from './npy.js';
export { readNpyDistributed, writeNpyDistributed } from './npy-distributed.js';
export { type NpzEntry, type NpzWriteOptions, readNpz, writeNpz } from './npz.js';
