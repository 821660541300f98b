import { NDArray } from '../../core/array/ndarray.js';
import { ArgumentError, BackendError } from '../../core/base/errors.js';
import { checkList, type Defaults, isListOf, requireOptions, withDefaults } from '../../core/base/options.js';
import { textOf } from '../../core/base/text-of.js';
import type { CudaKernel } from './cuda-addon-interface.js';
import { CudaBackend } from './cuda-backend.js';
import { type KernelNumber, KINDS } from './kernel-arguments.js';

function whole(kind: 'int32' | 'int64', value: number): KernelNumber {
  const fits =
    kind === 'int32' ? Number.isInteger(value) && (value | 0) === value : Number.isSafeInteger(value);
  if (!fits) throw new ArgumentError(`expected an integer that fits into ${kind}, received ${textOf(value)}`);
  return { kind, value };
}
/** An `int` argument. */
export const int32 = (value: number): KernelNumber => whole('int32', value);
/** A `long long` argument, exact up to 2⁵³. */
export const int64 = (value: number): KernelNumber => whole('int64', value);
/** A `float` argument. */
export const float32 = (value: number): KernelNumber => ({ kind: 'float32', value });
/** A `double` argument. */
export const float64 = (value: number): KernelNumber => ({ kind: 'float64', value });

/** The launch configuration of a {@link RawKernel}. */
export interface LaunchOptions {
  /** The blocks along x, y, z. */
  readonly grid: number | readonly number[];
  /** The threads of a block along x, y. */
  readonly block: number | readonly number[];
  /** Bytes of dynamic shared memory. @default 0 */
  readonly shared?: number;
}

/** Options of {@link RawKernel}. */
export interface RawKernelOptions {
  /** Options for NVRTC. @default ['--std=c++14'] */
  readonly options?: readonly string[];
}

function sizes(name: string, value: number | readonly number[], most: number): number[] {
  const list = Array.isArray(value) ? value : [value];
  if (list.length === 0 || list.length > most || !isListOf(list, (n: number) => Number.isInteger(n) && n > 0))
    throw new ArgumentError(
      `expected ${name} to be 1 to ${most} positive integers, received ${textOf(value)}`,
    );
  return [...list, ...new Array<number>(most - list.length).fill(1)];
}

const DEFAULTS = { options: ['--std=c++14'] } satisfies Defaults<RawKernelOptions>;
const LAUNCH_DEFAULTS = { grid: undefined, block: undefined, shared: 0 } satisfies Defaults<LaunchOptions>;

/**
 * A user's kernel in CUDA C++: `extern "C" __global__ void name(…)`. NVRTC compiles it at the first
 * launch on a backend. A compile error is a {@link BackendError} with NVRTC's log. The memory
 * accesses of the kernel are not checked.
 */
export class RawKernel {
  readonly source: string;
  readonly name: string;
  readonly #options: readonly string[];
  readonly #kernels = new WeakMap<CudaBackend, CudaKernel>();
  /**
   * The number of arguments that the source declares. Undefined if it cannot be read from the
   * source.
   */
  readonly #count: number | undefined;

  constructor(source: string, name: string, options?: RawKernelOptions) {
    const given = withDefaults('RawKernel', options, DEFAULTS);
    if (typeof source !== 'string' || typeof name !== 'string' || !/^[A-Za-z_]\w*$/.test(name))
      throw new ArgumentError('RawKernel: expected the source of a kernel and its name');
    this.source = source;
    this.name = name;
    this.#options = given.options;
    const code = source.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '');
    const list = new RegExp(`__global__[^;{]*?\\b${name}\\s*\\(([^(){}<>]*)\\)`).exec(code)?.[1];
    this.#count = list === undefined ? undefined : /^\s*(void)?\s*$/.test(list) ? 0 : list.split(',').length;
  }

  /**
   * Queues the kernel with arrays (the addresses of their first elements) and numbers. Does not
   * wait.
   *
   * @throws {@link ArgumentError} if the options or arguments are invalid
   * @throws {@link BackendError} if an array is on another backend
   */
  launch(options: LaunchOptions, args: readonly (NDArray | KernelNumber)[]): void {
    const { grid, block, shared } = requireOptions('RawKernel.launch', options, LAUNCH_DEFAULTS);
    const [gridX, gridY, gridZ] = sizes('grid', grid, 3) as [number, number, number];
    const [blockX, blockY] = sizes('block', block, 2) as [number, number];
    if (!Number.isInteger(shared) || shared < 0)
      throw new ArgumentError(`expected shared to be a number of bytes, received ${textOf(shared)}`);
    checkList(`kernel ${this.name}`, 'arguments', args);
    if (this.#count !== undefined && args.length !== this.#count)
      throw new ArgumentError(
        `kernel ${this.name}: expected ${this.#count} arguments as its source has, received ${args.length}`,
      );
    const first = args.find((x) => x instanceof NDArray);
    if (!first)
      throw new ArgumentError(`kernel ${this.name}: expected at least one array, which says where it runs`);
    const { backend } = first;
    if (!(backend instanceof CudaBackend))
      throw new BackendError(
        `kernel ${this.name}: expected arrays of a CUDA backend, received one of '${backend.name}': ` +
          `move it with to('cuda')`,
      );
    args.forEach((x, k) => {
      if (x instanceof NDArray) {
        if (x.backend !== backend)
          throw new BackendError(
            `kernel ${this.name}: argument ${k} is on '${x.backend.name}', another on '${backend.name}'`,
          );
      } else if (typeof x !== 'object' || !KINDS.includes(x?.kind))
        throw new ArgumentError(
          `kernel ${this.name}: expected argument ${k} to be an array or a typed number such as ` +
            `int32(${textOf(x)}), received ${textOf(x)}`,
        );
    });
    let kernel = this.#kernels.get(backend);
    if (!kernel)
      this.#kernels.set(backend, (kernel = backend.compileRaw(this.source, this.name, this.#options)));
    backend.launchRaw(kernel, [gridX, gridY, gridZ], [blockX, blockY], shared, args);
  }
}
