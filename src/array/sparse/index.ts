export {
  type CompressedEntries,
  type CoordinateEntries,
  cooArray,
  csrArray,
  type DiagsOptions,
  diagsArray,
  eyeArray,
  isSparse,
  type SparseEyeOptions,
  type SparseLike,
  type SparseOptions,
} from './making.js';
