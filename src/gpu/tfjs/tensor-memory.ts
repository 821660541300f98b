import { type DType, type HostArray, isComplex, isInteger, lanesOf } from '../../core/base/dtype.js';
import { product, type Shape } from '../../core/base/shape.js';
import type { DeviceMemory, Operand, StorageMemory } from '../../core/kernels/device-memory.js';
import type { MemoryStats } from '../../core/ports/backend.js';
import type { Parts, Tensor, TensorModule } from './tfjs-engine.js';
import { isContiguous, reach, type Walk, WalkIndices } from './walks.js';

/** The dtype of the tensors that hold elements of a dtype. */
export const typeOf = (dtype: DType): 'float32' | 'int32' => (isInteger(dtype) ? 'int32' : 'float32');

/** The live storages of one size, and the most that were live at one time. */
interface Slot {
  live: number;
  most: number;
}

/**
 * Tensors are immutable, so memory is a cell: a write replaces its tensors. Complex values are two
 * tensors, real and imaginary parts.
 */
export interface TensorCell {
  /** Undefined before the first write and after the release. */
  parts: readonly Tensor[] | undefined;
  readonly slot: Slot;
}
type Cell = StorageMemory<TensorCell>;
type Run = Operand<TensorCell>;

/** The first `size` elements. Kernels state how many they use; operands may have more. */
export const first = ({ storage, offset }: Run, size: number): Run => ({ storage, offset, size });

/**
 * The memory of a `TfjsBackend`: cells of tensors, and the functions by which kernels read and
 * write parts of them. Every kernel runs in a `tidy` of the engine, so that only the tensors of
 * cells are kept.
 */
export class TensorMemory implements DeviceMemory<TensorCell> {
  readonly #module: TensorModule;
  /**
   * The engine of this backend. Another backend of the same module may have switched the module to
   * its own engine.
   */
  readonly #engine: string;
  readonly #indices: WalkIndices;
  /** Whether all values of a tensor are finite, for tensors that were checked. */
  readonly #finite = new WeakMap<Tensor, boolean>();
  /** The tensors that cells hold. */
  readonly #held = new WeakSet<Tensor>();
  readonly #slots = new Map<string, Slot>();
  #misses = 0;

  constructor(tf: TensorModule) {
    this.#module = tf;
    this.#engine = tf.getBackend();
    this.#indices = new WalkIndices(tf);
  }

  /** The module, with this backend's engine selected. */
  get tf(): TensorModule {
    const tf = this.#module;
    // The switch is immediate, because the engine was initialised when the backend was created
    if (tf.getBackend() !== this.#engine) void tf.setBackend(this.#engine);
    return tf;
  }

  allocate(dtype: DType, length: number): TensorCell {
    const key = `${dtype} ${length}`;
    const slot = this.#slots.get(key) ?? { live: 0, most: 0 };
    this.#slots.set(key, slot);
    slot.live += 1;
    if (slot.live > slot.most) {
      slot.most = slot.live;
      this.#misses += 1;
    }
    return { slot, parts: undefined };
  }

  free(cell: TensorCell): void {
    for (const part of cell.parts ?? []) part.dispose();
    cell.parts = undefined;
    cell.slot.live -= 1;
  }

  drop(cell: TensorCell): void {
    this.free(cell);
  }

  stats(): Pick<MemoryStats, 'poolMisses' | 'pooledBytes'> {
    return { poolMisses: this.#misses, pooledBytes: 0 };
  }

  upload(from: HostArray, to: Run): void {
    this.compute([], to, () => this.#tensors(from, to.storage.dtype));
  }

  download(from: Run, out: HostArray): void {
    this.tf.tidy(() => {
      const [first, second] = this.#run(from).map((part) => part.dataSync()) as [
        ArrayLike<number>,
        ArrayLike<number>,
      ];
      if (isComplex(from.storage.dtype)) {
        for (let i = 0; i < from.size; i++) {
          out[2 * i] = first[i] as number;
          out[2 * i + 1] = second[i] as number;
        }
      } else out.set(first);
    });
  }

  /**
   * Whether all values of a storage are finite. The values are read once, and again after a write.
   */
  isFinite(storage: Cell): boolean {
    return this.#parts(storage).every((part) => {
      let finite = this.#finite.get(part);
      if (finite === undefined) {
        finite = (part.dataSync() as Float32Array).every(Number.isFinite);
        this.#finite.set(part, finite);
      }
      return finite;
    });
  }

  /**
   * Writes the result of `body` for the inputs to y. `body` returns flat parts of `y.size`
   * elements, which may be its inputs. If it returns undefined, y keeps its values.
   * @returns whether y was written
   */
  compute(
    inputs: readonly Run[],
    y: Run,
    body: (tf: TensorModule, inputs: readonly Parts[]) => Parts | undefined,
  ): boolean {
    const { tf } = this;
    return this.#swap(y.storage.memory, () => {
      const parts = body(
        tf,
        inputs.map((x) => this.#run(x)),
      );
      return parts && this.#splice(y, parts);
    });
  }

  /** Waits, and returns the values of the flat tensors of `body`, one tensor after the other. */
  read(
    inputs: readonly Run[],
    body: (tf: TensorModule, inputs: readonly Parts[]) => readonly Tensor[],
  ): ArrayLike<number> {
    const { tf } = this;
    let values: ArrayLike<number> = [];
    tf.tidy(() => {
      const found = body(
        tf,
        inputs.map((x) => this.#run(x)),
      );
      values = (found.length === 1 ? (found[0] as Tensor) : tf.concat([...found], 0)).dataSync();
    });
    return values;
  }

  /** The elements of a walk through a storage, flat. May only be called within a kernel. */
  readWalk(storage: Cell, shape: Shape, walk: Walk): Parts {
    const size = product(shape);
    if (isContiguous(shape, walk.strides)) return this.#run({ storage, offset: walk.start, size });
    const { tf } = this;
    const index = this.#indices.read(shape, walk);
    return this.#parts(storage).map((part) => tf.gather(part, index, 0));
  }

  /** Writes the flat parts that `body` returns to a walk through a storage, or adds them. */
  writeWalk(
    storage: Cell,
    shape: Shape,
    walk: Walk,
    mode: 'set' | 'add',
    body: (tf: TensorModule) => Parts,
  ): void {
    const { tf } = this;
    const size = product(shape);
    const contiguous = isContiguous(shape, walk.strides);
    const [first, last] = contiguous ? [walk.start, walk.start + size - 1] : reach(shape, walk);
    const range: Run = { storage, offset: first, size: last - first + 1 };
    this.#swap(storage.memory, () => {
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
   * Spreads the elements of a walk over the range from its first to its last place. The places in
   * between keep their old values if `kept` is true, otherwise they are zero.
   */
  #place(values: Tensor, old: Tensor, shape: Shape, walk: Walk, kept: boolean): Tensor {
    const { tf } = this;
    const rest = kept ? old : tf.fill([1], 0, values.dtype === 'int32' ? 'int32' : 'float32');
    return tf.gather(tf.concat([values, rest], 0), this.#indices.write(shape, walk, kept), 0);
  }

  /**
   * Host values as tensors. The values are copied, because engines keep the array and the caller
   * may reuse it.
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

  /** The tensors of a cell, which are zero before the first write. */
  #parts({ memory, dtype, length }: Cell): Parts {
    memory.parts ??= Array.from({ length: lanesOf(dtype) }, () =>
      this.#hold(this.tf.fill([length], 0, typeOf(dtype))),
    );
    return memory.parts;
  }

  /** The tensors of a run. If the run is the whole cell, they are the tensors of the cell. */
  #run({ storage, offset, size }: Run): Parts {
    const parts = this.#parts(storage);
    return offset === 0 && size === storage.length
      ? parts
      : parts.map((part) => this.tf.slice(part, [offset], [size]));
  }

  /** The tensors of a whole cell after a write to one run of it. */
  #splice({ storage, offset, size }: Run, values: Parts): Parts {
    if (offset === 0 && size === storage.length) return values;
    const { tf } = this;
    const end = offset + size;
    return this.#parts(storage).map((old, k) => {
      const pieces = [values[k] as Tensor];
      if (offset > 0) pieces.unshift(tf.slice(old, [0], [offset]));
      if (end < storage.length) pieces.push(tf.slice(old, [end], [storage.length - end]));
      return tf.concat(pieces, 0);
    });
  }

  #hold(x: Tensor): Tensor {
    const own = this.#held.has(x) ? this.#module.clone(x) : x;
    this.#held.add(this.#module.keep(own));
    return own;
  }

  /**
   * Replaces the tensors of a cell by those of `body`, if it returns any. All other tensors that
   * `body` creates are disposed.
   */
  #swap(cell: TensorCell, body: () => Parts | undefined): boolean {
    let fresh: readonly Tensor[] | undefined;
    this.tf.tidy(() => {
      fresh = body()?.map((part) => this.#hold(part));
    });
    if (!fresh) return false;
    for (const part of cell.parts ?? []) part.dispose();
    cell.parts = fresh;
    return true;
  }
}
