import { bytesOf, type DType, type HostArray, hostArray, lanesOf } from '../../src/core/base/dtype.js';
import { elementsIn, replaceElements } from '../../src/core/kernels/call-operands.js';
import { CheckedBackend } from '../../src/core/kernels/checked-backend.js';
import type {
  DeviceMemory,
  KernelSet,
  Operand,
  StorageMemory,
} from '../../src/core/kernels/device-memory.js';
import { type KernelName, type Storage, WRITTEN } from '../../src/core/ports/backend.js';
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
interface Cell {
  readonly dtype: DType;
  readonly length: number;
  value: Value;
}

const DTYPES: readonly DType[] = ['float32', 'complex64', 'int32'];
/**
 * Longer chains are evaluated at once, so that a loop without downloads does not keep all its past.
 */
const MAX_DEPTH = 200;
/** Kernels that this backend has. */
const KERNELS = (Object.keys(WRITTEN) as KernelName[]).filter(
  (kernel) => !['spreadCurves', 'sumCurves', 'convolveVarying', 'program', 'programReduce'].includes(kernel),
);
type AnyKernel = (...args: readonly unknown[]) => unknown;

/** Evaluates the graph by the reference kernels. */
class Engine {
  readonly reference = new CpuBackend({ name: 'engine of deferred', poolBytes: 0 });
  /** Values computed so far. */
  evaluations = 0;

  /** Runs a kernel at once; what its operands hold is given by `arrayOf`. */
  run(
    kernel: KernelName,
    args: readonly unknown[],
    arrayOf: (x: Operand<Cell>, at: number) => HostArray,
  ): unknown {
    const moved = args.map((argument, at) =>
      replaceElements(argument, (x) => ({
        storage: this.reference.wrap(arrayOf(x as unknown as Operand<Cell>, at), x.storage.dtype),
        offset: x.offset,
        size: x.size,
      })),
    );
    return (this.reference[kernel] as AnyKernel)(...moved);
  }

  /**
   * Swaps the value of a cell for one that is computed, when it is asked for, from the present values
   * of `inputs` and its own.
   */
  defer(
    cell: Cell,
    inputs: readonly Value[],
    compute: (out: HostArray, inputs: readonly HostArray[]) => void,
  ): void {
    cell.value = new Value([cell.value, ...inputs], ([old, ...arrays]) => {
      this.evaluations += 1;
      const out = (old as HostArray).slice();
      compute(out, arrays);
      return out;
    });
    if (cell.value.depth > MAX_DEPTH) cell.value.force();
  }

  kernel(kernel: KernelName): AnyKernel {
    const written = WRITTEN[kernel];
    if (written === undefined)
      return (...args) => this.run(kernel, args, ({ storage }) => storage.memory.value.force());
    return (...given) => {
      // Values are immutable: a transform may not overwrite its input
      const args =
        kernel === 'fft' ? [given[0], given[1], { ...(given[2] as object), overwrite: false }] : given;
      const [target] = elementsIn(args[written]) as unknown as readonly [Operand<Cell>];
      const values = new Map<Cell, Value>();
      // Storages may be released before the kernel runs
      const kept = replaceElements(args, ({ storage, offset, size }) => {
        const { memory, dtype, length } = storage as unknown as StorageMemory<Cell>;
        values.set(memory, memory.value);
        return { storage: { memory, dtype, length } as unknown as Storage, offset, size };
      });
      const cells = [...values.keys()];
      this.defer(target.storage.memory, [...values.values()], (out, arrays) => {
        this.run(kernel, kept, ({ storage }, at) =>
          at === written ? out : (arrays[cells.indexOf(storage.memory)] as HostArray),
        );
      });
    };
  }
}

/** Cells, whose memory is counted as an engine would keep it. */
class Cells implements DeviceMemory<Cell> {
  readonly #engine: Engine;
  /** Released memory by kind and length. */
  readonly #slots = new Map<string, number>();
  #poolMisses = 0;
  #pooledBytes = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  allocate(dtype: DType, length: number): Cell {
    const slot = `${dtype} ${length}`;
    const free = this.#slots.get(slot) ?? 0;
    if (free > 0) {
      this.#slots.set(slot, free - 1);
      this.#pooledBytes -= length * bytesOf(dtype);
    } else this.#poolMisses += 1;
    // What nothing wrote must not look like a number
    const nothing = dtype === 'int32' ? -(2 ** 31) : Number.NaN;
    return { dtype, length, value: new Value([], () => hostArray(dtype, length).fill(nothing)) };
  }

  free({ dtype, length }: Cell): void {
    const slot = `${dtype} ${length}`;
    this.#slots.set(slot, (this.#slots.get(slot) ?? 0) + 1);
    this.#pooledBytes += length * bytesOf(dtype);
  }

  upload(from: HostArray, { storage, offset }: Operand<Cell>): void {
    const copy = from.slice();
    this.#engine.defer(storage.memory, [], (out) => out.set(copy, offset * lanesOf(storage.dtype)));
  }

  download({ storage, offset, size }: Operand<Cell>, to: HostArray): void {
    const lanes = lanesOf(storage.dtype);
    to.set(storage.memory.value.force().subarray(offset * lanes, (offset + size) * lanes));
  }

  stats() {
    return { poolMisses: this.#poolMisses, pooledBytes: this.#pooledBytes };
  }
}

/**
 * A backend as unlike typed arrays as can be, to prove the contracts: single precision (and int32,
 * which indices and comparisons need) only; values are immutable and swapped on write; kernels only
 * build a graph, that a download or a scalar evaluates; no message layer may read its memory; fresh
 * memory holds NaN. The reference kernels evaluate the graph.
 */
export class DeferredBackend extends CheckedBackend<Cell> {
  readonly #engine: Engine;

  constructor() {
    const engine = new Engine();
    super({
      name: 'deferred',
      dtypes: DTYPES,
      defaultDType: 'float32',
      memory: new Cells(engine),
      host: engine.reference,
      kernels: Object.fromEntries(
        KERNELS.map((kernel) => [kernel, engine.kernel(kernel)]),
      ) as KernelSet<Cell>,
    });
    this.#engine = engine;
  }

  /** Values computed so far: tests see by it that kernels wait. */
  get evaluations(): number {
    return this.#engine.evaluations;
  }
}
