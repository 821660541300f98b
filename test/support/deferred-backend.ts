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
 * A value that is computed, or a function that computes it from other values. The only change is
 * from the second form to the first.
 */
class Value {
  #known: HostArray | undefined;
  #inputs: readonly Value[];
  #compute: ((inputs: readonly HostArray[]) => HostArray) | undefined;
  /** The length of the longest chain of values to compute below this one. */
  readonly depth: number;

  constructor(inputs: readonly Value[], compute: (inputs: readonly HostArray[]) => HostArray) {
    this.#inputs = inputs;
    this.#compute = compute;
    this.depth = 1 + Math.max(0, ...inputs.map((v) => (v.#known ? 0 : v.depth)));
  }

  /** Computes the value. The returned array must not be changed. */
  force(): HostArray {
    // An explicit stack, because chains may be longer than the call stack of JavaScript.
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

/** A storage of this backend. A write replaces its value. */
interface Cell {
  readonly dtype: DType;
  readonly length: number;
  value: Value;
}

const DTYPES: readonly DType[] = ['float32', 'complex64', 'int32', 'bool'];
/**
 * Longer chains are evaluated at once. Otherwise a loop without downloads would keep all earlier
 * values.
 */
const MAX_DEPTH = 200;
const MISSING = [
  ...['spreadCurves', 'sumCurves', 'convolveVarying', 'program', 'programReduce'],
  // They write several arrays
  ...['decompose', 'solveLu', 'compressRows', 'transposeRows'],
];
/** The kernels of this backend, `stencil` aside. */
const KERNELS = (Object.keys(WRITTEN) as KernelName[]).filter(
  (kernel) => ![...MISSING, 'stencil'].includes(kernel),
);
type AnyKernel = (...args: readonly unknown[]) => unknown;

/** Evaluates the graph with the reference kernels. */
class Engine {
  readonly reference = new CpuBackend({ name: 'engine of deferred', poolBytes: 0 });
  /** The number of values that were computed. */
  evaluations = 0;

  /** Runs a kernel at once. `arrayOf` returns the contents of its operands. */
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
    if (kernel === 'stencil')
      moved[2] = this.reference.prepareStencil(...(moved[2] as Parameters<CpuBackend['prepareStencil']>));
    return (this.reference[kernel] as AnyKernel)(...moved);
  }

  /**
   * Replaces the value of a cell by one that is computed later, from the present values of `inputs`
   * and of the cell.
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
      // values are immutable: a transform must not overwrite its input
      const args =
        kernel === 'fft' ? [given[0], given[1], { ...(given[2] as object), overwrite: false }] : given;
      const [target] = elementsIn(args[written]) as unknown as readonly [Operand<Cell>];
      const values = new Map<Cell, Value>();
      // storages may be released before the kernel runs
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

/** The memory of cells, counted as an engine would keep it. */
class Cells implements DeviceMemory<Cell> {
  readonly #engine: Engine;
  /** The number of released blocks by kind and length. */
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
    // memory that was never written must not look like a number
    const nothing = { int32: -(2 ** 31), bool: 255 }[dtype as string] ?? Number.NaN;
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
 * A backend that differs as much as possible from typed arrays, to test the contracts. It has only
 * single precision, int32 for indices and bool for comparisons. Values are immutable and a write
 * replaces them. Kernels only build a graph, which a download or a scalar evaluates with the
 * reference kernels. No message layer may read its memory. New memory holds NaN.
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
      kernels: {
        ...(Object.fromEntries(KERNELS.map((kernel) => [kernel, engine.kernel(kernel)])) as KernelSet<Cell>),
        prepareStencil: (...stencil) => {
          const kernel = engine.kernel('stencil');
          return (x, y) => void kernel(x, y, stencil);
        },
      },
    });
    this.#engine = engine;
  }

  /** The number of values that were computed. Tests use it to check that kernels are deferred. */
  get evaluations(): number {
    return this.#engine.evaluations;
  }
}
