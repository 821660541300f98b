import { im, isZero, re, type Scalar } from '../../core/base/complex.js';
import { type DType, type HostArray, isComplex, isInteger, kindOf } from '../../core/base/dtype.js';
import { product, type Shape } from '../../core/base/shape.js';
import type {
  Backend,
  BinaryOp,
  Convolution,
  Elements,
  Extents,
  FftPlan,
  IndexTable,
  InnerProduct,
  MatMul,
  MemoryStats,
  ReduceKernel,
  Stencil,
  Storage,
  Strided,
  UnaryOp,
} from '../../core/ports/backend.js';
import { binaryResult, checkStorable, reduceResult, unaryResult } from '../../core/ports/kernel-dtypes.js';
import { checkIndices, checkThreshold, isElements } from '../../core/ports/kernel-operands.js';
import {
  COMPLEX_BINARY,
  COMPLEX_UNARY,
  combine,
  INTEGER_BINARY,
  REAL_BINARY,
  REAL_UNARY,
  threshold,
} from './tensor-elementwise.js';
import { TensorMemory } from './tensor-memory.js';
import { convolution, filterAxes, gatherRows, matrixProduct, matrixWalks } from './tensor-products.js';
import { inOrder, replaceRows, stencilRows } from './tensor-stencil.js';
import type { Parts, Tensor, TensorModule } from './tfjs-engine.js';

/** The first `size` elements: kernels say how many they use, and may be given more. */
const first = ({ storage, offset }: Elements, size: number): Elements => ({ storage, offset, size });

/**
 * A backend over an engine of `@tensorflow/tfjs-core`: float32, complex64 (pairs of real tensors)
 * and int32. Kernels that the engine lacks, and those that need more than its single precision, run
 * on the host and are counted by `stats().hostFallbacks`; docs/engines.md lists them.
 */
export class TfjsBackend implements Backend {
  readonly name: string;
  readonly dtypes: readonly DType[] = ['float32', 'complex64', 'int32'];
  readonly defaultDType: DType = 'float32';
  readonly #memory: TensorMemory;

  /**
   * @param tf the module whose present engine is used from now on
   * @param host runs what the engine lacks
   */
  constructor(name: string, tf: TensorModule, host: Backend) {
    this.name = name;
    this.#memory = new TensorMemory(this, tf, host);
  }

  alloc(dtype: DType, length: number): Storage {
    return this.#memory.alloc(dtype, length);
  }

  release(storage: Storage): void {
    this.#memory.release(storage);
  }

  upload(from: HostArray, to: Elements): void {
    this.#memory.upload(from, to);
  }

  download(from: Elements, to?: HostArray): HostArray {
    return this.#memory.download(from, to);
  }

  synchronize(): void {
    // Whatever reads waits, and nobody reads but through download
  }

  stats(): MemoryStats {
    return this.#memory.stats();
  }

  copy(x: Elements, y: Elements): void {
    this.#memory.compute([x], y, (_, [from]) => from as Parts);
  }

  stridedCopy(shape: Shape, x: Strided, y: Strided, mode: 'set' | 'add'): void {
    this.#memory.use(x.elements);
    this.#memory.use(y.elements);
    if (product(shape) === 0) return;
    const from = { start: x.elements.offset + x.start, strides: x.strides };
    const to = { start: y.elements.offset + y.start, strides: y.strides };
    this.#memory.writeWalk(y.elements.storage, shape, to, mode, () =>
      this.#memory.readWalk(x.elements.storage, shape, from),
    );
  }

  fill(y: Elements, value: Scalar): void {
    checkStorable(value, y.storage.dtype);
    this.#memory.compute([], y, () => this.#constant(value, y));
  }

  cast(x: Elements, y: Elements): void {
    const [from, to] = [x.storage.dtype, y.storage.dtype];
    this.#memory.compute([x], y, (tf, [parts]) => {
      const [first, second] = parts as Parts as [Tensor, Tensor | undefined];
      const real = from === to ? first : tf.cast(first, isInteger(to) ? 'int32' : 'float32');
      if (!isComplex(to)) return [real];
      return [real, second ?? tf.fill([x.size], 0, 'float32')];
    });
  }

  unary(op: UnaryOp, x: Elements, y: Elements): void {
    const { dtype } = x.storage;
    unaryResult(op, dtype);
    const real = kindOf(dtype) === 'float' ? REAL_UNARY[op] : undefined;
    const pair = isComplex(dtype) ? COMPLEX_UNARY[op] : undefined;
    if (real) this.#memory.compute([x], y, (tf, [from]) => [real(tf, (from as Parts)[0] as Tensor)]);
    else if (pair) this.#memory.compute([x], y, (tf, [z]) => pair(tf, z as [Tensor, Tensor]));
    else this.#memory.onHost(y, [x], (host, out, [from]) => host.unary(op, from as Elements, out));
  }

  binary(op: BinaryOp, x: Elements | Scalar, y: Elements | Scalar, z: Elements): void {
    const arrays = [x, y].filter(isElements);
    const dtype = arrays[0]?.storage.dtype;
    if (dtype) {
      binaryResult(op, dtype);
      for (const s of [x, y]) if (!isElements(s)) checkStorable(s, dtype);
    }
    const real =
      dtype && !isComplex(dtype) ? (isInteger(dtype) ? INTEGER_BINARY : REAL_BINARY)[op] : undefined;
    const pair = dtype && isComplex(dtype) ? COMPLEX_BINARY[op] : undefined;
    if (!dtype || !(real || pair)) {
      this.#memory.onHost(z, arrays, (host, out, ins) => {
        const [a, b] = inPlace([x, y], ins);
        host.binary(op, a, b, out);
      });
      return;
    }
    this.#memory.compute(arrays, z, (tf, ins) => {
      const rest = [...ins];
      const [a, b] = [x, y].map((s) =>
        isElements(s) ? (rest.shift() as Parts) : this.#scalar(s, dtype),
      ) as [Parts, Parts];
      return pair
        ? pair(tf, a as [Tensor, Tensor], b as [Tensor, Tensor])
        : [(real as NonNullable<typeof real>)(tf, a[0] as Tensor, b[0] as Tensor)];
    });
  }

  where(condition: Elements, x: Elements | Scalar, y: Elements | Scalar, z: Elements): void {
    checkIndices(condition);
    for (const s of [x, y]) if (!isElements(s)) checkStorable(s, z.storage.dtype);
    this.#memory.compute([condition, ...[x, y].filter(isElements)], z, (tf, [c, ...rest]) => {
      const holds = tf.notEqual((c as Parts)[0] as Tensor, tf.scalar(0, 'int32'));
      const [a, b] = [x, y].map((s) => (isElements(s) ? (rest.shift() as Parts) : this.#constant(s, z))) as [
        Parts,
        Parts,
      ];
      return a.map((part, k) => tf.where(holds, part, b[k] as Tensor));
    });
  }

  linearCombination(coefficients: readonly Scalar[], xs: readonly Elements[], y: Elements): void {
    const { dtype } = y.storage;
    for (const c of coefficients) checkStorable(c, isComplex(dtype) ? dtype : 'float32');
    const read = xs.flatMap((x, k) =>
      isZero(coefficients[k] as Scalar) ? [] : [{ x, c: coefficients[k] as Scalar }],
    );
    const [factors, terms] = [read.map(({ c }) => c), read.map(({ x }) => x)];
    if (terms.length === 0) this.fill(y, 0);
    else if (!isInteger(dtype) || (factors.length === 1 && factors[0] === 1))
      this.#memory.compute(terms, y, (tf, ins) => combine(tf, factors, ins));
    else this.#memory.onHost(y, terms, (host, out, ins) => host.linearCombination(factors, ins, out));
  }

  threshold(kind: 'soft' | 'hard' | 'half', t: number, x: Elements, y: Elements): void {
    checkThreshold(x.storage.dtype);
    this.#memory.compute([x], y, (tf, [from]) => threshold(tf, kind, t, from as Parts));
  }

  dots(products: readonly InnerProduct[]): Float64Array {
    const operands = products.flatMap(({ x, y }) => [x, y]);
    return this.#memory.askHost(operands, (host, ins) =>
      host.dots(
        products.map(({ conjugate }, k) => ({
          x: ins[2 * k] as Elements,
          y: ins[2 * k + 1] as Elements,
          conjugate,
        })),
      ),
    );
  }

  reduce(op: ReduceKernel, x: Elements, parameter?: number): Scalar {
    return this.#memory.askHost([x], (host, [from]) => host.reduce(op, from as Elements, parameter));
  }

  reduceAxis(op: ReduceKernel, x: Elements, extents: Extents, y: Elements, parameter?: number): void {
    reduceResult(op, x.storage.dtype);
    this.#memory.onHost(y, [x], (host, out, [from]) =>
      host.reduceAxis(op, from as Elements, extents, out, parameter),
    );
  }

  argExtreme(op: 'max' | 'min', x: Elements): number {
    return this.#memory.askHost([x], (host, [from]) => host.argExtreme(op, from as Elements));
  }

  kthSmallest(x: Elements, k: number): number {
    return this.#memory.askHost([x], (host, [from]) => host.kthSmallest(from as Elements, k));
  }

  cumsum(x: Elements, extents: Extents, y: Elements): void {
    this.#memory.onHost(y, [x], (host, out, [from]) => host.cumsum(from as Elements, extents, out));
  }

  matmul(a: Elements, b: Elements, c: Elements, spec: MatMul): void {
    for (const e of [a, b, c]) this.#memory.use(e);
    const { m, n, k, batch, alpha, beta } = spec;
    if (m * n * batch === 0) return;
    const { dtype } = c.storage;
    if (isInteger(dtype)) {
      this.#memory.onHost(
        c,
        [a, b],
        (host, out, [x, y]) => host.matmul(x as Elements, y as Elements, out, spec),
        'update',
      );
      return;
    }
    const walks = matrixWalks(spec);
    const walk = (e: Elements, { shape, strides }: (typeof walks)['a']) =>
      this.#memory.readWalk(e.storage, shape, { start: e.offset, strides });
    this.#memory.writeWalk(
      c.storage,
      walks.c.shape,
      { start: c.offset, strides: walks.c.strides },
      'set',
      (tf) => {
        const shaped = (parts: Parts, shape: Shape) => parts.map((part) => tf.reshape(part, [...shape]));
        const terms: { readonly factor: Scalar; readonly parts: Parts }[] = [];
        if (!isZero(alpha) && k > 0) {
          const [x, y] = [shaped(walk(a, walks.a), walks.a.shape), shaped(walk(b, walks.b), walks.b.shape)];
          const parts = matrixProduct(tf, x, spec.transA, y, spec.transB).map((part) =>
            (part.shape[0] as number) === batch ? part : tf.concat(new Array<Tensor>(batch).fill(part), 0),
          );
          terms.push({ factor: alpha, parts });
        }
        if (!isZero(beta)) terms.push({ factor: beta, parts: shaped(walk(c, walks.c), walks.c.shape) });
        if (terms.length === 0) return this.#constant(0, { ...c, size: m * n * batch });
        const sum = combine(
          tf,
          terms.map(({ factor }) => factor),
          terms.map(({ parts }) => parts),
        );
        return shaped(sum, [m * n * batch]);
      },
    );
  }

  fft(x: Elements, y: Elements, plan: FftPlan): void {
    this.#memory.onHost(y, [x], (host, out, [from]) => host.fft(from as Elements, out, plan));
  }

  stencil(x: Elements, y: Elements, stencil: Stencil): void {
    const { shape, mode } = stencil;
    const { axis, start, end } = stencil.range ?? { axis: 0, start: 0, end: shape[0] ?? 1 };
    const bands = stencil.bands.map((band) => ({ ...band, segments: inOrder(band.segments) }));
    const ghosts = bands.flatMap(({ front, back }) => [front, back]).filter((ghost) => ghost !== undefined);
    for (const e of [x, y, ...ghosts]) this.#memory.use(e);
    if (product(shape) === 0 || start >= end) return;
    if (
      isInteger(x.storage.dtype) ||
      shape.length === 0 ||
      bands.length === 0 ||
      bands.some(({ segments }) => !segments)
    ) {
      this.#memory.onHost(
        y,
        [x, ...ghosts],
        (host, out, [from, ...rest]) => {
          const moved = stencil.bands.map((band) => ({
            ...band,
            front: band.front && rest.shift(),
            back: band.back && rest.shift(),
          }));
          host.stencil(from as Elements, out, { ...stencil, bands: moved });
        },
        'update',
      );
      return;
    }
    const whole = start === 0 && end === shape[axis];
    const spec = {
      shape,
      mode,
      bands: bands.map((b) => ({ ...b, segments: b.segments ?? [] })),
      range: whole ? undefined : { axis, start, end },
    };
    const keeps = mode === 'add' || !whole;
    const [source, target] = [first(x, product(shape)), first(y, product(shape))];
    this.#memory.compute([source, ...ghosts, ...(keeps ? [target] : [])], target, (tf, [from, ...rest]) => {
      const sides = bands.map(({ front, back }) => ({
        front: front && rest.shift(),
        back: back && rest.shift(),
      }));
      const old = rest.shift();
      return (from as Parts).map((part, k) => {
        const rows = stencilRows(
          tf,
          part,
          sides.map(({ front, back }) => ({ front: front?.[k], back: back?.[k] })),
          spec,
        );
        if (!old) return rows;
        const before = old[k] as Tensor;
        if (whole) return tf.add(before, rows);
        const added =
          mode === 'add'
            ? tf.add(rows, tf.reshape(this.#rowsOf(tf, before, shape, axis, start, end), [...rows.shape]))
            : rows;
        return replaceRows(tf, before, added, shape, { axis, start, end });
      });
    });
  }

  convolve(x: Elements, h: Elements, y: Elements, spec: Convolution): void {
    for (const e of [x, h, y]) this.#memory.use(e);
    if (product(spec.yShape) === 0) return;
    const axes = filterAxes(spec);
    if (product(spec.xShape) * product(spec.hShape) === 0) this.fill(first(y, product(spec.yShape)), 0);
    else if (axes && !isInteger(y.storage.dtype) && this.#memory.isFinite(h.storage))
      this.#memory.compute(
        [first(x, product(spec.xShape)), first(h, product(spec.hShape))],
        first(y, product(spec.yShape)),
        (tf, [from, filter]) => convolution(tf, from as Parts, filter as Parts, spec, axes),
      );
    else
      this.#memory.onHost(y, [x, h], (host, out, [from, filter]) =>
        host.convolve(from as Elements, filter as Elements, out, spec),
      );
  }

  gather(x: Elements, y: Elements, table: IndexTable): void {
    const { outer, nx, ny, inner, width, index, weights } = table;
    for (const e of [x, y, index, ...(weights ? [weights] : [])]) this.#memory.use(e);
    if (outer * ny * inner === 0) return;
    const target = first(y, outer * ny * inner);
    if (nx * width === 0) this.fill(target, 0);
    else if (isInteger(x.storage.dtype)) this.#indexed('gather', x, y, table);
    else {
      const operands = [
        first(x, outer * nx * inner),
        first(index, ny * width),
        ...(weights ? [first(weights, ny * width)] : []),
      ];
      this.#memory.compute(operands, target, (tf, [from, places, factors]) =>
        gatherRows(tf, from as Parts, { ...table, index: (places as Parts)[0] as Tensor, weights: factors }),
      );
    }
  }

  /** On the host: engines add up in an order of their own. */
  scatterAdd(y: Elements, x: Elements, table: IndexTable): void {
    this.#indexed('scatterAdd', y, x, table);
  }

  #indexed(kernel: 'gather' | 'scatterAdd', from: Elements, to: Elements, table: IndexTable): void {
    const operands = [from, table.index, ...(table.weights ? [table.weights] : [])];
    this.#memory.onHost(
      to,
      operands,
      (host, out, [x, index, weights]) =>
        host[kernel](x as Elements, out, { ...table, index: index as Elements, weights }),
      'update',
    );
  }

  #rowsOf(tf: TensorModule, x: Tensor, shape: Shape, axis: number, start: number, end: number): Tensor {
    const outer = product(shape.slice(0, axis));
    const inner = product(shape.slice(axis + 1));
    return tf.slice(
      tf.reshape(x, [outer, shape[axis] as number, inner]),
      [0, start, 0],
      [outer, end - start, inner],
    );
  }

  /** A scalar as tensors without axes. */
  #scalar(value: Scalar, dtype: DType): Parts {
    const { tf } = this.#memory;
    if (isInteger(dtype)) return [tf.scalar(re(value), 'int32')];
    return isComplex(dtype)
      ? [tf.scalar(re(value), 'float32'), tf.scalar(im(value), 'float32')]
      : [tf.scalar(re(value), 'float32')];
  }

  /** A run full of one value. */
  #constant(value: Scalar, { storage, size }: Elements): Parts {
    const { tf } = this.#memory;
    if (isInteger(storage.dtype)) return [tf.fill([size], re(value), 'int32')];
    const parts = isComplex(storage.dtype) ? [re(value), im(value)] : [re(value)];
    return parts.map((part) => tf.fill([size], part, 'float32'));
  }
}

/** The operands of a call with its arrays, in their order, replaced by others. */
function inPlace(
  operands: readonly [Elements | Scalar, Elements | Scalar],
  ins: readonly Elements[],
): [Elements | Scalar, Elements | Scalar] {
  const rest = [...ins];
  const [a, b] = operands.map((s) => (isElements(s) ? (rest.shift() as Elements) : s));
  return [a as Elements | Scalar, b as Elements | Scalar];
}
