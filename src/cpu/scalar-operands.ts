import { im, re, type Scalar } from '../core/base/complex.js';
import { DTYPES, type DType, type HostArray, hostArray, isComplex } from '../core/base/dtype.js';
import { isElements } from '../core/ports/kernel-operands.js';
import type { HostRun } from './host-memory.js';

/** Memory for scalar operands: a scalar is an array that is read with step 0. */
type Scalars = Readonly<Record<DType, HostArray>>;
const scalars = (): Scalars =>
  Object.fromEntries(DTYPES.map((dtype) => [dtype, hostArray(dtype, 1)])) as Record<DType, HostArray>;
export const leftScalars = scalars();
export const rightScalars = scalars();

/** An operand as an array, with its offset and its step in elements. */
export function walked(
  x: HostRun | Scalar,
  dtype: DType,
  memory: Scalars,
): readonly [values: HostArray, offset: number, step: 0 | 1] {
  if (isElements(x)) return [x.storage.memory, x.offset, 1];
  const values = memory[dtype];
  values[0] = re(x);
  if (isComplex(dtype)) values[1] = im(x);
  return [values, 0, 0];
}
