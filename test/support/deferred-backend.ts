import type { Scalar } from '../../src/core/base/complex.js';
import {
  bytesOf,
  type DType,
  dtypeOf,
  type HostArray,
  hostArray,
  lanesOf,
  realOf,
} from '../../src/core/base/dtype.js';
import { BackendError, DTypeError, ShapeError } from '../../src/core/base/errors.js';
import type { Shape } from '../../src/core/base/shape.js';
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
} from '../../src/core/ports/backend.js';
import {
  binaryResult,
  checkStorable,
  reduceResult,
  unaryResult,
} from '../../src/core/ports/kernel-dtypes.js';
import {
  checkLength,
  checkThreshold,
  copiedSpan,
  disposedStorage,
  foreignStorage,
} from '../../src/core/ports/kernel-operands.js';
import type { DeviceSpan } from '../../src/core/ports/span.js';
import { CpuBackend } from '../../src/cpu/cpu-backend.js';

/**
 * A value that is known, or how to get it from others. Never changes but from the second form to
 * the first.
 */
class Value {
  #known: HostArray | undefined;
  #inputs: readonly Value[];
  #compute: ((inputs: readonly HostArray[]) => HostArray) | undefined;
  /** Unknown values on the longest way down. */
  readonly depth: number;

  constructor(inputs: readonly Value[], compute: (inputs: readonly HostArray[]) => HostArray) {
    this.#inputs = inputs;
    this.#compute = compute;
    this.depth = 1 + Math.max(0, ...inputs.map((v) => (v.#known ? 0 : v.depth)));
  }

  get isKnown(): boolean {
    return this.#known !== undefined;
  }

  /** Not to be changed by anyone. */
  force(): HostArray {
    // A stack of our own: chains may be longer than the language's
    const stack: Value[] = [this];
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const missing = top.#known ? [] : top.#inputs.filter((v) => !v.#known);
      if (missing.length > 0) stack.push(...missing);
      else {
        stack.pop();
        top.#evaluate();
      }
    }
    return this.#known as HostArray;
  }

  #evaluate(): void {
    if (this.#known) return;
    this.#known = this.#compute?.(this.#inputs.map((v) => v.#known as HostArray));
    this.#inputs = [];
    this.#compute = undefined;
  }
}

/** A cell: writing swaps its value for another. */
class Cell implements Storage {
  readonly backend: DeferredBackend;
  readonly dtype: DType;
  readonly length: number;
  value: Value | undefined;

  constructor(backend: DeferredBackend, dtype: DType, length: number, value: Value) {
    this.backend = backend;
    this.dtype = dtype;
    this.length = length;
    this.value = value;
  }

  span(offset: number, length: number): DeviceSpan {
    return copiedSpan(this, offset, length);
  }
}

const DTYPES: readonly DType[] = ['float32', 'complex64', 'int32'];
/**
 * Longer chains are evaluated at once, so that a loop without downloads does not keep all its past.
 */
const MAX_DEPTH = 200;

/**
 * How a kernel runs once the values are there: `out` holds the old ones, `ins` are in the order of
 * the call.
 */
type Run = (engine: CpuBackend, out: Elements, ins: readonly Elements[]) => void;

/**
 * A backend as unlike typed arrays as can be, to prove the contracts: single precision (and int32,
 * which indices and comparisons need) only; values are immutable and swapped on write; kernels only
 * build a graph, that a download or a scalar evaluates; no message layer may read its memory; fresh
 * memory holds NaN. The reference kernels evaluate the graph.
 */
export class DeferredBackend implements Backend {
  readonly name = 'deferred';
  readonly dtypes = DTYPES;
  readonly defaultDType: DType = 'float32';
  readonly #engine = new CpuBackend({ name: 'engine of deferred', poolBytes: 0 });
  /** Released memory by kind and length, as an engine would keep it. */
  readonly #slots = new Map<string, number>();
  #allocations = 0;
  #poolMisses = 0;
  #liveBytes = 0;
  #pooledBytes = 0;
  #evaluations = 0;

  /** Values computed so far: tests see by it that kernels wait. */
  get evaluations(): number {
    return this.#evaluations;
  }

  alloc(dtype: DType, length: number): Storage {
    if (!DTYPES.includes(dtype))
      throw new BackendError(
        `backend 'deferred' holds ${DTYPES.join(', ')}, not ${dtype}: use backend 'cpu' for it`,
      );
    checkLength(length);
    const [slot, bytes] = [`${dtype} ${length}`, length * bytesOf(dtype)];
    const free = this.#slots.get(slot) ?? 0;
    if (free > 0) {
      this.#slots.set(slot, free - 1);
      this.#pooledBytes -= bytes;
    } else this.#poolMisses += 1;
    this.#allocations += 1;
    this.#liveBytes += bytes;
    // What nobody wrote must not look like a number
    return new Cell(
      this,
      dtype,
      length,
      new Value([], () => hostArray(dtype, length).fill(dtype === 'int32' ? -(2 ** 31) : Number.NaN)),
    );
  }

  release(storage: Storage): void {
    const cell = this.#own(storage);
    if (!cell.value) return;
    cell.value = undefined;
    const [slot, bytes] = [`${cell.dtype} ${cell.length}`, cell.length * bytesOf(cell.dtype)];
    this.#slots.set(slot, (this.#slots.get(slot) ?? 0) + 1);
    this.#liveBytes -= bytes;
    this.#pooledBytes += bytes;
  }

  upload(from: HostArray, to: Elements): void {
    const { dtype } = to.storage;
    if (dtypeOf(from) !== realOf(dtype))
      throw new DTypeError(`expected the typed array of ${dtype}, received one of ${dtypeOf(from)}`);
    const count = to.size * lanesOf(dtype);
    if (from.length !== count) throw new ShapeError(`expected ${count} numbers, received ${from.length}`);
    const copy = from.slice();
    this.#defer(to, [], (engine, out) => engine.upload(copy, out));
  }

  download(from: Elements, to?: HostArray): HostArray {
    const [x] = this.#force([from]) as [Elements];
    return this.#engine.download(x, to);
  }

  synchronize(): void {}

  stats(): MemoryStats {
    return {
      allocations: this.#allocations,
      poolMisses: this.#poolMisses,
      liveBytes: this.#liveBytes,
      pooledBytes: this.#pooledBytes,
      hostFallbacks: 0,
    };
  }

  copy(x: Elements, y: Elements): void {
    this.#defer(y, [x], (engine, out, [from]) => engine.copy(from as Elements, out));
  }

  stridedCopy(shape: Shape, x: Strided, y: Strided, mode: 'set' | 'add'): void {
    this.#defer(y.elements, [x.elements], (engine, out, [from]) =>
      engine.stridedCopy(shape, { ...x, elements: from as Elements }, { ...y, elements: out }, mode),
    );
  }

  fill(y: Elements, value: Scalar): void {
    checkStorable(value, y.storage.dtype);
    this.#defer(y, [], (engine, out) => engine.fill(out, value));
  }

  cast(x: Elements, y: Elements): void {
    this.#defer(y, [x], (engine, out, [from]) => engine.cast(from as Elements, out));
  }

  unary(op: UnaryOp, x: Elements, y: Elements): void {
    unaryResult(op, x.storage.dtype);
    this.#defer(y, [x], (engine, out, [from]) => engine.unary(op, from as Elements, out));
  }

  binary(op: BinaryOp, x: Elements | Scalar, y: Elements | Scalar, z: Elements): void {
    const arrays = [x, y].filter(isElements);
    const dtype = arrays[0]?.storage.dtype;
    if (dtype) {
      binaryResult(op, dtype);
      for (const s of [x, y]) if (!isElements(s)) checkStorable(s, dtype);
    }
    this.#defer(z, arrays, (engine, out, ins) => {
      const rest = [...ins];
      const [a, b] = [x, y].map((s) => (isElements(s) ? (rest.shift() as Elements) : s)) as [
        Elements | Scalar,
        Elements | Scalar,
      ];
      engine.binary(op, a, b, out);
    });
  }

  where(condition: Elements, x: Elements | Scalar, y: Elements | Scalar, z: Elements): void {
    for (const s of [x, y]) if (!isElements(s)) checkStorable(s, z.storage.dtype);
    this.#defer(z, [condition, ...[x, y].filter(isElements)], (engine, out, [c, ...rest]) => {
      const [a, b] = [x, y].map((s) => (isElements(s) ? (rest.shift() as Elements) : s)) as [
        Elements | Scalar,
        Elements | Scalar,
      ];
      engine.where(c as Elements, a, b, out);
    });
  }

  linearCombination(coefficients: readonly Scalar[], xs: readonly Elements[], y: Elements): void {
    for (const c of coefficients) checkStorable(c, y.storage.dtype);
    this.#defer(y, xs, (engine, out, ins) => engine.linearCombination(coefficients, ins, out));
  }

  threshold(kind: 'soft' | 'hard' | 'half', t: number, x: Elements, y: Elements): void {
    checkThreshold(x.storage.dtype);
    this.#defer(y, [x], (engine, out, [from]) => engine.threshold(kind, t, from as Elements, out));
  }

  dots(products: readonly InnerProduct[]): Float64Array {
    const forced = this.#force(products.flatMap(({ x, y }) => [x, y]));
    return this.#engine.dots(
      products.map(({ conjugate }, k) => ({
        x: forced[2 * k] as Elements,
        y: forced[2 * k + 1] as Elements,
        conjugate,
      })),
    );
  }

  reduce(op: ReduceKernel, x: Elements, parameter?: number): Scalar {
    const [from] = this.#force([x]) as [Elements];
    return this.#engine.reduce(op, from, parameter);
  }

  reduceAxis(op: ReduceKernel, x: Elements, extents: Extents, y: Elements, parameter?: number): void {
    reduceResult(op, x.storage.dtype);
    this.#defer(y, [x], (engine, out, [from]) =>
      engine.reduceAxis(op, from as Elements, extents, out, parameter),
    );
  }

  argExtreme(op: 'max' | 'min', x: Elements): number {
    const [from] = this.#force([x]) as [Elements];
    return this.#engine.argExtreme(op, from);
  }

  kthSmallest(x: Elements, k: number): number {
    const [from] = this.#force([x]) as [Elements];
    return this.#engine.kthSmallest(from, k);
  }

  cumsum(x: Elements, extents: Extents, y: Elements): void {
    this.#defer(y, [x], (engine, out, [from]) => engine.cumsum(from as Elements, extents, out));
  }

  matmul(a: Elements, b: Elements, c: Elements, spec: MatMul): void {
    this.#defer(c, [a, b], (engine, out, [x, y]) => engine.matmul(x as Elements, y as Elements, out, spec));
  }

  fft(x: Elements, y: Elements, plan: FftPlan): void {
    this.#defer(y, [x], (engine, out, [from]) =>
      engine.fft(from as Elements, out, { ...plan, overwrite: false }),
    );
  }

  stencil(x: Elements, y: Elements, stencil: Stencil): void {
    const ghosts = stencil.bands.flatMap(({ front, back }) => [front, back]).filter((g) => g !== undefined);
    this.#defer(y, [x, ...ghosts], (engine, out, [from, ...rest]) => {
      const bands = stencil.bands.map((band) => ({
        ...band,
        front: band.front && rest.shift(),
        back: band.back && rest.shift(),
      }));
      engine.stencil(from as Elements, out, { ...stencil, bands });
    });
  }

  convolve(x: Elements, h: Elements, y: Elements, convolution: Convolution): void {
    this.#defer(y, [x, h], (engine, out, [from, filter]) =>
      engine.convolve(from as Elements, filter as Elements, out, convolution),
    );
  }

  gather(x: Elements, y: Elements, table: IndexTable): void {
    this.#indexed('gather', x, y, table);
  }

  scatterAdd(y: Elements, x: Elements, table: IndexTable): void {
    this.#indexed('scatterAdd', y, x, table);
  }

  #indexed(kernel: 'gather' | 'scatterAdd', from: Elements, to: Elements, table: IndexTable): void {
    this.#defer(
      to,
      [from, table.index, ...(table.weights ? [table.weights] : [])],
      (engine, out, [x, index, weights]) =>
        engine[kernel](x as Elements, out, { ...table, index: index as Elements, weights }),
    );
  }

  #own(storage: Storage): Cell {
    if (storage instanceof Cell && storage.backend === this) return storage;
    throw foreignStorage(storage, 'deferred');
  }

  #valueOf(elements: Elements): Value {
    const { value } = this.#own(elements.storage);
    if (!value) throw disposedStorage();
    return value;
  }

  /**
   * Swaps the value of y for one that will be computed when it is asked for, from the present
   * values of all operands.
   */
  #defer(y: Elements, xs: readonly Elements[], run: Run): void {
    const runs = [y, ...xs].map(({ storage, offset, size }) => ({ dtype: storage.dtype, offset, size }));
    const value = new Value(
      [y, ...xs].map((e) => this.#valueOf(e)),
      ([old, ...values]) => {
        this.#evaluations += 1;
        const fresh = (old as HostArray).slice();
        const [out, ...ins] = [fresh, ...values].map((array, k): Elements => {
          const { dtype, offset, size } = runs[k] as (typeof runs)[number];
          return { storage: this.#engine.wrap(array, dtype), offset, size };
        });
        run(this.#engine, out as Elements, ins);
        return fresh;
      },
    );
    this.#own(y.storage).value = value;
    if (value.depth > MAX_DEPTH) value.force();
  }

  #force(xs: readonly Elements[]): Elements[] {
    return xs.map((x) => ({
      storage: this.#engine.wrap(this.#valueOf(x).force(), x.storage.dtype),
      offset: x.offset,
      size: x.size,
    }));
  }
}

const isElements = (x: Elements | Scalar): x is Elements => typeof x !== 'number' && 'storage' in x;
