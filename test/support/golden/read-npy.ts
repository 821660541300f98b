import { readFileSync } from 'node:fs';
import type { HostValues } from '../../../src/core/array/host-values.js';
import { type DType, hostView } from '../../../src/core/base/dtype.js';
import { product } from '../../../src/core/base/shape.js';

const DTYPES: Readonly<Record<string, DType>> = {
  '<f4': 'float32',
  '<f8': 'float64',
  '<c8': 'complex64',
  '<c16': 'complex128',
  '<i4': 'int32',
  '|b1': 'bool',
};

/**
 * Reads a .npy file of the golden data: version 1.0, C order, little endian. int64 is read as
 * int32.
 */
export function readNpy(path: string): HostValues {
  const file = readFileSync(path);
  const headerLength = file.readUInt16LE(8);
  const header = file.toString('latin1', 10, 10 + headerLength);
  const descr = /'descr': '([^']+)'/.exec(header)?.[1];
  const shape = /'shape': \(([^)]*)\)/
    .exec(header)?.[1]
    ?.split(',')
    .filter((s) => s.trim() !== '')
    .map(Number);
  if (
    file.toString('latin1', 1, 6) !== 'NUMPY' ||
    descr === undefined ||
    shape === undefined ||
    !header.includes("'fortran_order': False")
  ) {
    throw new Error(`${path}: not a .npy file of the golden format`);
  }
  // copied, so that the values are aligned
  const bytes = Uint8Array.from(file.subarray(10 + headerLength));
  const n = product(shape);
  if (descr === '<i8')
    return { values: Int32Array.from(new BigInt64Array(bytes.buffer, 0, n), Number), shape, dtype: 'int32' };
  const dtype = DTYPES[descr];
  if (dtype === undefined) throw new Error(`${path}: dtype ${descr} is not of the golden format`);
  return { values: hostView(dtype, bytes.buffer, 0, n), shape, dtype };
}
