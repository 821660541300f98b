import type { DType } from '../../src/core/base/dtype.js';

const TOLERANCE: Readonly<Record<DType, number>> = {
  float32: 1e-5,
  complex64: 1e-5,
  float64: 1e-12,
  complex128: 1e-12,
  int32: 0,
  bool: 0,
};

/** The largest relative error of a few operations in this precision. */
export const tolerance = (dtype: DType): number => TOLERANCE[dtype];
