import {
  bytesOf,
  checkDType,
  type DType,
  dtypeOf,
  type HostArray,
  hostArray,
  isComplex,
  isInteger,
  lanesOf,
  realOf,
} from '../../core/base/dtype.js';
import { BackendError, DTypeError, ShapeError } from '../../core/base/errors.js';
import { product, type Shape } from '../../core/base/shape.js';
import type { Backend, Elements, MemoryStats, Storage } from '../../core/ports/backend.js';
import { checkLength, checkRun, disposedStorage, foreignStorage } from '../../core/ports/kernel-operands.js';
import { type Content, TfjsCell } from './cell.js';
import { HostKernels, type HostOperand } from './host-kernels.js';
import type { Parts, Tensor, TensorModule } from './tfjs-engine.js';
import { isContiguous, reach, type Walk, WalkIndices } from './walks.js';

const typeOf = (dtype: DType): 'float32' | 'int32' => (isInteger(dtype) ? 'int32' : 'float32');

/** Storages of one size: how many live, and how many did at most. */
interface Slot {
  live: number;
  most: number;
}

/**
 * The memory of a {@link TfjsBackend}: cells of tensors, and how kernels read and write parts of
 * them. Every kernel runs in a `tidy` of the engine, so that only what cells hold stays.
 */
export class TensorMemory {
  readonly #backend: Backend;
  readonly #module: TensorModule;
  /**
   * The engine among those of the module. Another backend of the same module may have switched to
   * its own.
   */
  readonly #engine: string;
  readonly #indices: WalkIndices;
  readonly #host: HostKernels;
  /** Whether all values of a tensor are finite, where that was asked. */
  readonly #finite = new WeakMap<Tensor, boolean>();
  /** Tensors that cells hold. */
  readonly #held = new WeakSet<Tensor>();
  readonly #slots = new Map<string, Slot>();
  readonly #dropped = new FinalizationRegistry<{
    readonly content: Content;
    readonly dtype: DType;
    readonly length: number;
  }>(({ content, dtype, length }) => this.#free(content, dtype, length));
  #allocations = 0;
  #misses = 0;
  #liveBytes = 0;

  constructor(backend: Backend, tf: TensorModule, host: Backend) {
    this.#backend = backend;
    this.#module = tf;
    this.#engine = tf.getBackend();
    this.#indices = new WalkIndices(tf);
    this.#host = new HostKernels(host);
  }

  /** The module, its engine being this backend's. */
  get tf(): TensorModule {
    const tf = this.#module;
    // Takes effect at once where the engine is initialised, which it was when the backend was made
    if (tf.getBackend() !== this.#engine) void tf.setBackend(this.#engine);
    return tf;
  }

  alloc(dtype: DType, length: number): TfjsCell {
    checkDType(dtype);
    const { name, dtypes } = this.#backend;
    if (!dtypes.includes(dtype))
      throw new BackendError(
        `backend '${name}' holds ${dtypes.join(', ')}, not ${dtype}: use backend 'cpu' (or 'cuda', on ` +
          'a GPU) for it',
      );
    checkLength(length);
    const cell = new TfjsCell(this.#backend, dtype, length);
    const key = `${dtype} ${length}`;
    const slot = this.#slots.get(key) ?? { live: 0, most: 0 };
    this.#slots.set(key, slot);
    slot.live += 1;
    if (slot.live > slot.most) {
      slot.most = slot.live;
      this.#misses += 1;
    }
    this.#allocations += 1;
    this.#liveBytes += length * bytesOf(dtype);
    this.#dropped.register(cell, { content: cell.content, dtype, length }, cell);
    return cell;
  }

  release(storage: Storage): void {
    const cell = this.#own(storage);
    if (cell.content.released) return;
    this.#dropped.unregister(cell);
    this.#free(cell.content, cell.dtype, cell.length);
  }

  #free(content: Content, dtype: DType, length: number): void {
    for (const part of content.parts ?? []) part.dispose();
    content.parts = undefined;
    content.released = true;
    const slot = this.#slots.get(`${dtype} ${length}`);
    if (slot) slot.live -= 1;
    this.#liveBytes -= length * bytesOf(dtype);
  }

  stats(): MemoryStats {
    return {
      allocations: this.#allocations,
      poolMisses: this.#misses,
      liveBytes: this.#liveBytes,
      pooledBytes: 0,
      hostFallbacks: this.#host.calls,
    };
  }

  upload(from: HostArray, to: Elements): void {
    checkHost(from, to);
    this.compute([], to, () => this.#tensors(from, to.storage.dtype));
  }

  download(from: Elements, to?: HostArray): HostArray {
    const { dtype } = this.use(from);
    const out = to ?? hostArray(dtype, from.size);
    checkHost(out, from);
    if (from.size === 0) return out;
    const { tf } = this;
    tf.tidy(() => {
      const [first, second] = this.#run(from).map((part) => part.dataSync()) as [
        ArrayLike<number>,
        ArrayLike<number>,
      ];
      if (isComplex(dtype)) {
        for (let i = 0; i < from.size; i++) {
          out[2 * i] = first[i] as number;
          out[2 * i + 1] = second[i] as number;
        }
      } else out.set(first);
    });
    return out;
  }

  /** Whether all values of a storage are finite. Read once, and again when it was written. */
  isFinite(storage: Storage): boolean {
    const parts = this.#parts(this.#own(storage));
    return parts.every((part) => {
      let finite = this.#finite.get(part);
      if (finite === undefined) {
        finite = (part.dataSync() as Float32Array).every(Number.isFinite);
        this.#finite.set(part, finite);
      }
      return finite;
    });
  }

  /**
   * The cell of elements that may be used. Throws {@link BackendError} and {@link ShapeError} where
   * they may not.
   */
  use(elements: Elements): TfjsCell {
    const cell = this.#own(elements.storage);
    if (cell.content.released) throw disposedStorage();
    checkRun(elements);
    return cell;
  }

  /**
   * Writes what `body` computes from the inputs. It answers flat parts of `y.size` elements; they
   * may be its inputs.
   */
  compute(
    inputs: readonly Elements[],
    y: Elements,
    body: (tf: TensorModule, inputs: readonly Parts[]) => Parts,
  ): void {
    for (const x of inputs) this.use(x);
    const cell = this.use(y);
    if (y.size === 0) return;
    const { tf } = this;
    this.#swap(cell, () =>
      this.#splice(
        y,
        body(
          tf,
          inputs.map((x) => this.#run(x)),
        ),
      ),
    );
  }

  /** The elements of a walk through a storage, flat. To be called within a kernel. */
  readWalk(storage: Storage, shape: Shape, walk: Walk): Parts {
    const size = product(shape);
    if (isContiguous(shape, walk.strides)) return this.#run({ storage, offset: walk.start, size });
    const { tf } = this;
    const index = this.#indices.read(shape, walk);
    return this.#parts(this.#own(storage)).map((part) => tf.gather(part, index, 0));
  }

  /** Writes the flat parts that `body` answers to a walk through a storage, or adds them. */
  writeWalk(
    storage: Storage,
    shape: Shape,
    walk: Walk,
    mode: 'set' | 'add',
    body: (tf: TensorModule) => Parts,
  ): void {
    const { tf } = this;
    const size = product(shape);
    const contiguous = isContiguous(shape, walk.strides);
    const [first, last] = contiguous ? [walk.start, walk.start + size - 1] : reach(shape, walk);
    const range: Elements = { storage, offset: first, size: last - first + 1 };
    const cell = this.use(range);
    this.#swap(cell, () => {
      const values = body(tf);
      const old = mode === 'add' || !contiguous ? this.#run(range) : [];
      const placed = contiguous
        ? values
        : values.map((part, k) => this.#place(part, old[k] as Tensor, shape, walk, mode === 'set'));
      return this.#splice(
        range,
        mode === 'set' ? placed : placed.map((part, k) => tf.add(old[k] as Tensor, part)),
      );
    });
  }

  /**
   * Spreads the elements of a walk over the range that it reaches; between them are the old ones,
   * or zeros.
   */
  #place(values: Tensor, old: Tensor, shape: Shape, walk: Walk, kept: boolean): Tensor {
    const { tf } = this;
    const rest = kept ? old : tf.fill([1], 0, values.dtype === 'int32' ? 'int32' : 'float32');
    return tf.gather(tf.concat([values, rest], 0), this.#indices.write(shape, walk, kept), 0);
  }

  /**
   * Writes what a kernel of the host computes from copies. It gets the old values of y where it
   * updates them.
   */
  onHost(
    y: Elements,
    inputs: readonly Elements[],
    run: (host: Backend, out: Elements, inputs: Elements[]) => void,
    mode: 'write' | 'update' = 'write',
  ): void {
    this.use(y);
    const { dtype } = y.storage;
    const out =
      mode === 'update' ? this.#operand(y) : { dtype, values: hostArray(dtype, y.size), size: y.size };
    const values = this.#host.write([out, ...inputs.map((x) => this.#operand(x))], (host, [to, ...rest]) =>
      run(host, to as Elements, rest),
    );
    this.upload(values, y);
  }

  /** What a kernel of the host answers about copies. */
  askHost<R>(inputs: readonly Elements[], run: (host: Backend, inputs: readonly Elements[]) => R): R {
    return this.#host.ask(
      inputs.map((x) => this.#operand(x)),
      run,
    );
  }

  #operand(x: Elements): HostOperand {
    return { dtype: x.storage.dtype, values: this.download(x), size: x.size };
  }

  #own(storage: Storage): TfjsCell {
    if (storage instanceof TfjsCell && storage.backend === this.#backend) return storage;
    throw foreignStorage(storage, this.#backend.name);
  }

  /**
   * Host values as tensors. Copied: engines keep the array that they are given, and the caller may
   * reuse it.
   */
  #tensors(values: HostArray, dtype: DType): Parts {
    const { tf } = this;
    if (!isComplex(dtype))
      return [
        tf.tensor1d(isInteger(dtype) ? new Int32Array(values) : new Float32Array(values), typeOf(dtype)),
      ];
    return [0, 1].map((lane) => {
      const part = new Float32Array(values.length / 2);
      for (let i = 0; i < part.length; i++) part[i] = values[2 * i + lane] as number;
      return tf.tensor1d(part, 'float32');
    });
  }

  /** The tensors of a cell; zeros before the first write. */
  #parts(cell: TfjsCell): Parts {
    cell.content.parts ??= Array.from({ length: lanesOf(cell.dtype) }, () =>
      this.#hold(this.tf.fill([cell.length], 0, typeOf(cell.dtype))),
    );
    return cell.content.parts;
  }

  /** The tensors of a run: those of the cell where it is all of it. */
  #run({ storage, offset, size }: Elements): Parts {
    const cell = this.#own(storage);
    const parts = this.#parts(cell);
    return offset === 0 && size === cell.length
      ? parts
      : parts.map((part) => this.tf.slice(part, [offset], [size]));
  }

  /** The tensors of a whole cell after a run of it was written. */
  #splice({ storage, offset, size }: Elements, values: Parts): Parts {
    const cell = this.#own(storage);
    if (offset === 0 && size === cell.length) return values;
    const { tf } = this;
    const end = offset + size;
    return this.#parts(cell).map((old, k) => {
      const pieces = [values[k] as Tensor];
      if (offset > 0) pieces.unshift(tf.slice(old, [0], [offset]));
      if (end < cell.length) pieces.push(tf.slice(old, [end], [cell.length - end]));
      return tf.concat(pieces, 0);
    });
  }

  #hold(x: Tensor): Tensor {
    const own = this.#held.has(x) ? this.#module.clone(x) : x;
    this.#held.add(this.#module.keep(own));
    return own;
  }

  /** Gives a cell the tensors that `body` makes; all others that it makes are disposed. */
  #swap(cell: TfjsCell, body: () => Parts): void {
    let fresh: readonly Tensor[] = [];
    this.tf.tidy(() => {
      fresh = body().map((part) => this.#hold(part));
    });
    for (const part of cell.content.parts ?? []) part.dispose();
    cell.content.parts = fresh;
  }
}

function checkHost(values: HostArray, elements: Elements): void {
  const { dtype } = elements.storage;
  if (realOf(dtype) !== dtypeOf(values))
    throw new DTypeError(`expected the typed array of ${dtype}, received one of ${dtypeOf(values)}`);
  const expected = elements.size * lanesOf(dtype);
  if (values.length !== expected)
    throw new ShapeError(
      `expected ${expected} numbers for ${elements.size} elements of ${dtype}, received ${values.length}`,
    );
}
