import { around, product, type Shape } from '../../core/base/shape.js';
import type { Convolution, MatMul, Trans } from '../../core/ports/backend.js';
import type { Parts, Tensor, TensorModule } from './tfjs-engine.js';

type Pair = readonly [re: Tensor, im: Tensor];

/** A product that is linear in both factors, for real or complex factors. */
export function bilinear(
  tf: TensorModule,
  x: Parts,
  y: Parts,
  multiply: (x: Tensor, y: Tensor) => Tensor,
): Parts {
  const [a, b] = x as Pair;
  const [c, d] = y as Pair;
  if (x.length === 1) return y.map((part) => multiply(a, part));
  if (y.length === 1) return x.map((part) => multiply(part, c));
  return [tf.sub(multiply(a, c), multiply(b, d)), tf.add(multiply(a, d), multiply(b, c))];
}

const conjugate = (tf: TensorModule, x: Parts): Parts =>
  x.length === 1 ? x : [x[0] as Tensor, tf.neg(x[1] as Tensor)];

/** `op(A) op(B)` of matrices `[batch, rows, columns]` (a batch of 1 is shared). */
export function matrixProduct(tf: TensorModule, a: Parts, transA: Trans, b: Parts, transB: Trans): Parts {
  const [x, y] = [transA === 'c' ? conjugate(tf, a) : a, transB === 'c' ? conjugate(tf, b) : b];
  return bilinear(tf, x, y, (p, q) => tf.matMul(p, q, transA !== 'n', transB !== 'n'));
}

/** Shapes and strides of the operands of a matmul, as walks through memory. */
export function matrixWalks(spec: MatMul) {
  const { m, n, k, transA, transB, lda, ldb, ldc, batch, strideA, strideB, strideC } = spec;
  const walk = (count: number, rows: number, columns: number, stride: number, ld: number) => ({
    shape: [count, rows, columns],
    strides: [stride, ld, 1],
  });
  return {
    a: walk(strideA === 0 ? 1 : batch, transA === 'n' ? m : k, transA === 'n' ? k : m, strideA, lda),
    b: walk(strideB === 0 ? 1 : batch, transB === 'n' ? k : n, transB === 'n' ? n : k, strideB, ldb),
    c: walk(batch, m, n, strideC, ldc),
  };
}

/** The one or two axes of a filter that an engine's two-dimensional convolution can process. */
export interface FilterAxes {
  readonly first: number;
  /** Whether the filter also has the next axis, which must be the last. */
  readonly two: boolean;
}

/** The axes of a filter. Undefined if the engines' images cannot represent them. */
export function filterAxes({ hShape }: Convolution): FilterAxes | undefined {
  const axes = hShape.flatMap((n, k) => (n === 1 ? [] : [k]));
  const first = axes[0] ?? hShape.length - 1;
  if (first < 0 || axes.length > 2) return undefined;
  if (axes.length < 2) return { first, two: false };
  return axes[1] === first + 1 && axes[1] === hShape.length - 1 ? { first, two: true } : undefined;
}

/** Cells `first ≤ i < first + count` of an axis of a tensor; zero outside of the tensor. */
function windowOf(tf: TensorModule, x: Tensor, axis: number, first: number, count: number): Tensor {
  const shape = x.shape as Shape;
  const n = shape[axis] as number;
  const [from, to] = [Math.min(Math.max(0, first), n), Math.max(Math.min(n, first + count), 0)];
  const sized = (size: number) => shape.map((m, k) => (k === axis ? size : m));
  const none = (size: number) => (size > 0 ? [tf.fill(sized(size), 0, 'float32')] : []);
  if (to <= from) return tf.fill(sized(count), 0, 'float32');
  const begin = shape.map((_, k) => (k === axis ? from : 0));
  const inside = from === 0 && to === n ? x : tf.slice(x, begin, sized(to - from));
  const pieces = [...none(from - first), inside, ...none(first + count - to)];
  return pieces.length === 1 ? inside : tf.concat(pieces, axis);
}

/**
 * The kernel `convolve` on flat parts. It uses the engine's correlation, with a reversed filter for
 * the forward direction. An image is `[batch, height, width, channel]`. The filter's axes are
 * height and, if there are two, width.
 */
export function convolution(
  tf: TensorModule,
  x: Parts,
  h: Parts,
  spec: Convolution,
  { first, two }: FilterAxes,
): Parts {
  const { xShape, hShape, yShape, offset, direction } = spec;
  const forward = direction === 'forward';
  // Exactly the cells that the outputs read
  const read = yShape.map((m, k) => m + (hShape[k] as number) - 1);
  const [outer, n, inner] = around(read, first);
  const source = x.map((part) => {
    let y = tf.reshape(part, [...xShape]);
    for (const [k, count] of read.entries()) {
      const [o, taps] = [offset[k] as number, hShape[k] as number];
      y = windowOf(tf, y, k, forward ? o - taps + 1 : -o, count);
    }
    return tf.reshape(y, [outer, n, inner, 1]);
  });
  const taps = [hShape[first] as number, two ? (hShape[first + 1] as number) : 1];
  const filter = (forward ? h : conjugate(tf, h)).map((part) =>
    tf.reshape(forward ? tf.reverse(part, [0]) : part, [...taps, 1, 1]),
  );
  const out = bilinear(tf, source, filter, (p, q) => tf.conv2d(p, q, 1, 'valid'));
  return out.map((part) => tf.reshape(part, [product(yShape)]));
}

/** An index table as tensors. */
export interface TensorTable {
  readonly outer: number;
  readonly nx: number;
  readonly ny: number;
  readonly inner: number;
  readonly width: number;
  readonly index: Tensor;
  readonly weights: Parts | undefined;
}

/** Factors for x. Real factors of complex numbers become complex ones, because ∞ · 0 is NaN. */
const factorsOf = (tf: TensorModule, x: Parts, factors: Parts): Parts =>
  factors.length < x.length
    ? [factors[0] as Tensor, tf.fill([...(factors[0] as Tensor).shape], 0, 'float32')]
    : factors;

/** The kernel `gather` on flat parts. */
export function gatherRows(
  tf: TensorModule,
  x: Parts,
  { outer, nx, ny, inner, width, index, weights }: TensorTable,
): Parts {
  const none = tf.scalar(0, 'int32');
  const entries = ny * width;
  const used = tf.reshape(tf.greaterEqual(index, none), [1, entries, 1]);
  const place = tf.where(tf.less(index, none), tf.fill([entries], 0, 'int32'), index);
  const rows = x.map((part) => tf.gather(tf.reshape(part, [outer, nx, inner]), place, 1));
  const factors = weights?.map((part) => tf.reshape(part, [1, entries, 1]));
  const terms = factors ? bilinear(tf, rows, factorsOf(tf, rows, factors), (p, q) => tf.mul(p, q)) : rows;
  const [zeros, all] = [
    tf.fill([outer, entries, inner], 0, 'float32'),
    tf.fill([outer, entries, inner], 1, 'int32'),
  ];
  // A skipped entry must not turn infinities into NaN
  const mask = tf.greater(tf.mul(all, tf.cast(used, 'int32')), none);
  return terms.map((part) => {
    const kept = tf.where(mask, part, zeros);
    const summed = width === 1 ? kept : tf.sum(tf.reshape(kept, [outer, ny, width, inner]), 2);
    return tf.reshape(summed, [outer * ny * inner]);
  });
}
