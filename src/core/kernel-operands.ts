import { type BinaryOp, COMPARISONS, type Elements } from './backend.js';
import { im, type Scalar } from './complex.js';
import { type DType, dtypeOf, type HostArray, lanesOf, realOf } from './dtype.js';
import { DTypeError, ShapeError } from './errors.js';

/** An operand in memory rather than a scalar. */
export const isElements = (x: Elements | Scalar): x is Elements => typeof x !== 'number' && 'storage' in x;

/** What two operands are combined in: the dtype of the one in memory; two scalars are compared in their own precision, otherwise combined in that of the result. */
export function binaryDType(op: BinaryOp, x: Elements | Scalar, y: Elements | Scalar, result: DType): DType {
  if (isElements(x)) return x.storage.dtype;
  if (isElements(y)) return y.storage.dtype;
  if (!(COMPARISONS as readonly string[]).includes(op)) return result;
  return im(x) !== 0 || im(y) !== 0 ? 'complex128' : 'float64';
}

/** Throws unless a typed array holds the values of such elements: {@link DTypeError}, {@link ShapeError}. */
export function checkHost(values: HostArray, elements: Elements): void {
  const { dtype } = elements.storage;
  if (realOf(dtype) !== dtypeOf(values)) throw new DTypeError(`expected the typed array of ${dtype}, received one of ${dtypeOf(values)}`);
  const expected = elements.size * lanesOf(dtype);
  if (values.length !== expected)
    throw new ShapeError(`expected ${expected} numbers for ${elements.size} elements of ${dtype}, received ${values.length}`);
}

/** Throws {@link ShapeError} for elements that leave their storage: native kernels would read and write whatever lies behind. */
export function checkRun({ storage, offset, size }: Elements): void {
  if (offset < 0 || offset + size > storage.length)
    throw new ShapeError(`expected elements within a storage of ${storage.length}, received ${size} from ${offset} on`);
}
