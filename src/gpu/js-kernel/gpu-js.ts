import { ArgumentError, messageOf } from '../../core/base/errors.js';

/**
 * The `this` of an element's function, as in gpu.js: the index of the element, and the constants of
 * the operator.
 */
export interface KernelThread<C> {
  readonly thread: { readonly x: number; readonly y: number; readonly z: number };
  readonly constants: C;
}

/** Constants of a kernel: numbers, and lists of numbers. */
export type KernelConstants = Readonly<Record<string, number | Float32Array | readonly number[]>>;

/** Computes output element `this.thread.x` from the whole input. */
export type ElementFunction<C> = (this: KernelThread<C>, x: ArrayLike<number>) => number;

/** The part of a gpu.js kernel that this package uses. */
interface GpuJsKernel {
  (x: Float32Array): ArrayLike<number>;
  /** The kernel that runs; gpu.js replaces one that its device refuses. */
  readonly kernel?: { readonly constructor: { readonly mode?: string } };
  destroy(): void;
}

interface GpuJs {
  createKernel(f: unknown, settings: Readonly<Record<string, unknown>>): GpuJsKernel;
  destroy(): unknown;
}

/** The part of the package gpu.js that this package uses. */
export interface GpuJsModule {
  GPU: new (settings?: { mode?: string }) => GpuJs;
}

/** The modes of gpu.js whose kernels return promises. */
export const ASYNCHRONOUS_MODES: readonly string[] = ['async', 'webgpu'];

export interface CompileOptions<C> {
  readonly constants: C;
  /** The number of elements of the input. */
  readonly inputs: number;
  readonly outputs: number;
  /** The longest loop with a bound that is not a literal. */
  readonly loopMaxIterations: number;
  readonly mode: string | undefined;
}

/** An element's function, compiled by gpu.js for one size. */
export interface CompiledKernel {
  /** What computes: `'gpu'` is GL. `'gpu.js'` if its version does not say. */
  readonly mode: string;
  run(x: Float32Array): ArrayLike<number>;
  dispose(): void;
}

/**
 * Compiles an element's function at once.
 *
 * @throws {@link ArgumentError} with the reason if gpu.js cannot compile the function
 */
export function compile<C extends KernelConstants>(
  module: GpuJsModule,
  f: ElementFunction<C>,
  options: CompileOptions<C>,
): CompiledKernel {
  const { constants, inputs, outputs, loopMaxIterations, mode } = options;
  try {
    const gpu = new module.GPU(mode === undefined ? {} : { mode });
    const lists = Object.entries(constants).map(([name, value]) => [
      name,
      typeof value === 'number' ? value : Float32Array.from(value),
    ]);
    const kernel = gpu.createKernel(f, {
      output: [outputs],
      constants: Object.fromEntries(lists),
      loopMaxIterations,
    });
    const result: unknown = kernel(new Float32Array(inputs));
    if (result instanceof Promise) {
      void result.catch(() => {});
      throw new Error('its results come later, and operators need them at once');
    }
    return {
      get mode() {
        return kernel.kernel?.constructor.mode ?? 'gpu.js';
      },
      run: (x) => kernel(x),
      dispose: () => {
        kernel.destroy();
        gpu.destroy();
      },
    };
  } catch (error) {
    throw new ArgumentError(
      'KernelOperator: gpu.js cannot compile the function ' +
        `(${messageOf(error)}): write it in the part of JavaScript ` +
        `that gpu.js knows, or set engine 'plain'`,
      { cause: error },
    );
  }
}
