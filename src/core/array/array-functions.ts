import { broadcastShapes } from '../base/broadcast.js';
import { type DType, isInteger, promote } from '../base/dtype.js';
import { ArgumentError, ShapeError } from '../base/errors.js';
import { checkList } from '../base/options.js';
import { tidy } from '../base/scope.js';
import { formatShape, product, sameShape, stridesOf, toAxis } from '../base/shape.js';
import { reshapedStrides } from '../base/strides.js';
import type { Elements } from '../ports/backend.js';
import { checkExactMatMul } from '../vector/integer-sums.js';
import { checkSameBackend } from '../vector/vector.js';
import { asDType } from './casting.js';
import { checkArray, expandInto } from './elementwise.js';
import type { NDArray } from './ndarray.js';
import { walkOver } from './strided.js';

export { where } from './elementwise.js';

function commonDType(name: string, arrays: readonly NDArray[]): DType {
  checkList(name, 'arrays', arrays);
  for (const x of arrays) checkArray(name, x);
  const [first, ...others] = arrays;
  if (!first) throw new ArgumentError(`${name}: expected at least one array`);
  let dtype = first.dtype;
  for (const x of others) {
    checkSameBackend(first, x);
    dtype = promote(dtype, x.dtype);
  }
  return dtype;
}

/** Joins arrays along an existing axis. The other axes must agree. Cost: one copy. */
export function concatenate(arrays: readonly NDArray[], axis = 0): NDArray {
  const dtype = commonDType('concatenate', arrays);
  const first = arrays[0] as NDArray;
  const k = toAxis(axis, first.shape.length);
  for (const x of arrays) {
    if (x.shape.length === first.shape.length && x.shape.every((n, j) => j === k || n === first.shape[j]))
      continue;
    throw new ShapeError(
      `concatenate: shapes ${formatShape(first.shape)} and ${formatShape(x.shape)} differ in more than ` +
        `axis ${k}`,
    );
  }
  const total = arrays.reduce((sum, x) => sum + (x.shape[k] as number), 0);
  const shape = first.shape.map((n, j) => (j === k ? total : n));
  const y = first.space.withShape(shape, dtype).empty();
  const strides = stridesOf(shape);
  let at = 0;
  for (const x of arrays) {
    const from = asDType(x, dtype);
    if (x.size > 0)
      x.backend.stridedCopy(
        x.shape,
        walkOver(from),
        { elements: y, start: at * (strides[k] as number), strides },
        'set',
      );
    if (from !== x) from.dispose();
    at += x.shape[k] as number;
  }
  return y;
}

/** Joins arrays of one shape along a new axis. */
export function stack(arrays: readonly NDArray[], axis = 0): NDArray {
  commonDType('stack', arrays);
  const { shape } = arrays[0] as NDArray;
  const k = toAxis(axis, shape.length + 1);
  return tidy(() => {
    const slabs = arrays.map((x) => {
      if (!sameShape(x.shape, shape))
        throw new ShapeError(
          `stack: expected arrays of one shape, received ${formatShape(shape)} and ${formatShape(x.shape)}`,
        );
      return x.expandDims(k);
    });
    return concatenate(slabs, k);
  });
}

/** Matrices as a kernel reads them: rows `ld` apart, or columns if they are transposed. */
interface StoredMatrices {
  readonly x: Elements;
  readonly trans: 'n' | 't';
  readonly ld: number;
  readonly stride: number;
}

/**
 * The matrices of a view with strides, without a copy. Undefined if neither the rows nor the
 * columns are runs of memory, or if several axes of matrices have no common stride.
 */
function storedMatrices(x: NDArray, [rows, columns]: readonly [number, number]): StoredMatrices | undefined {
  const batches = x.shape.slice(0, -2);
  const batch = product(batches);
  const [stride] = reshapedStrides(batches, x.strides.slice(0, -2), [batch]) ?? [-1];
  if (stride === undefined || stride < 0) return undefined;
  // a vector is one row or one column, whose stride is that of its only axis
  const [down, across] = x.ndim === 1 ? [x.strides[0], x.strides[0]] : x.strides.slice(-2);
  const [row, column] = [rows === 1 ? columns : (down as number), columns === 1 ? rows : (across as number)];
  const stored = (trans: 'n' | 't', lines: number, length: number, ld: number): StoredMatrices => {
    const size = (batch - 1) * stride + (lines - 1) * ld + length;
    return {
      x: { storage: x.memory, offset: x.offset, size },
      trans,
      ld,
      stride: batch === 1 ? 0 : stride,
    };
  };
  if (x.size === 0) return undefined;
  if ((columns === 1 || across === 1) && row >= columns) return stored('n', rows, columns, row);
  if ((rows === 1 || down === 1) && column >= rows) return stored('t', columns, rows, column);
  return undefined;
}

/**
 * The matrix product, as np.matmul: `[…, m, k] · […, k, n] = […, m, n]`. Leading axes broadcast. A
 * vector is a row on the left and a column on the right.
 * @throws {@link ShapeError} if the inner sizes differ
 */
export function matmul(a: NDArray, b: NDArray): NDArray {
  const dtype = commonDType('matmul', [a, b]);
  if (a.shape.length === 0 || b.shape.length === 0)
    throw new ShapeError('matmul: expected arrays with at least one axis; use multiply() for scalars');
  const shapeA = a.shape.length === 1 ? [1, ...a.shape] : a.shape;
  const shapeB = b.shape.length === 1 ? [...b.shape, 1] : b.shape;
  const [m, k] = shapeA.slice(-2) as [number, number];
  const [kB, n] = shapeB.slice(-2) as [number, number];
  if (k !== kB)
    throw new ShapeError(`matmul: inner sizes differ in ${formatShape(a.shape)} and ${formatShape(b.shape)}`);
  const [batchA, batchB] = [shapeA.slice(0, -2), shapeB.slice(0, -2)];
  const batchShape = broadcastShapes(batchA, batchB);
  const batch = product(batchShape);
  const shape = [...batchShape, ...(a.shape.length === 1 ? [] : [m]), ...(b.shape.length === 1 ? [] : [n])];
  return tidy(() => {
    // one matrix for the whole batch has stride 0; anything between that and a full batch is
    // expanded
    const operand = (
      x: NDArray,
      batches: readonly number[],
      matrix: readonly [number, number],
    ): StoredMatrices => {
      const cast = asDType(x, dtype);
      const [ld, stride] = [matrix[1], matrix[0] * matrix[1]];
      const repeated = product(batches) === 1;
      if (repeated || sameShape(batches, batchShape)) {
        const stored = cast.isContiguous ? undefined : storedMatrices(cast, matrix);
        return stored ?? { x: cast.contiguous(), trans: 'n', ld, stride: repeated ? 0 : stride };
      }
      const full = x.space.withShape([...batchShape, ...matrix], dtype).empty();
      expandInto(cast.reshape([...batches, ...matrix]), full);
      return { x: full, trans: 'n', ld, stride };
    };
    const left = operand(a, batchA, [m, k]);
    const right = operand(b, batchB, [k, n]);
    const c = a.space.withShape(shape, dtype).empty();
    if (c.size > 0 && k === 0) return c.fill(0);
    if (isInteger(dtype)) checkExactMatMul(a, b, k);
    if (c.size > 0) {
      a.backend.matmul(left.x, right.x, c, {
        m,
        n,
        k,
        transA: left.trans,
        transB: right.trans,
        lda: left.ld,
        ldb: right.ld,
        ldc: n,
        batch,
        strideA: left.stride,
        strideB: right.stride,
        strideC: m * n,
        alpha: 1,
        beta: 0,
      });
    }
    return c;
  });
}
