import type { NDArray } from '../../core/array/ndarray.js';
import {
  type DType,
  type HostArray,
  hostArray,
  isComplex,
  isFloat,
  isSingle,
  lanesOf,
} from '../../core/base/dtype.js';
import { ArgumentError, BackendError, DTypeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { product, type Shape, toShape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import { LocalOperator } from '../../local/local-operator.js';
import {
  ASYNCHRONOUS_MODES,
  type CompiledKernel,
  compile,
  type ElementFunction,
  type GpuJsModule,
  type KernelConstants,
} from './gpu-js.js';
import { loadGpuJs } from './load-gpu-js.js';

/** Options of {@link KernelOperator}. */
export interface KernelOperatorOptions<C extends KernelConstants = KernelConstants> {
  /** Shape of the data. @default dims */
  readonly dimsd?: number | Shape;
  /** The `this.constants` of the functions: numbers and lists of numbers. @default none */
  readonly constants?: C;
  /** @default 'float32' */
  readonly dtype?: 'float32' | 'float64';
  /**
   * `'auto'` uses gpu.js for single precision if it is installed, and otherwise the functions as
   * plain JavaScript. `'gpu.js'` requires it. @default 'auto'
   */
  readonly engine?: 'auto' | 'gpu.js' | 'plain';
  /**
   * A mode of gpu.js (`'gpu'`, `'webasm'`, `'cpu'`). Modes that return promises (`'async'`,
   * `'webgpu'`) are refused. @default its best
   */
  readonly mode?: string;
  /**
   * The longest loop of a function with a bound that is not a literal number.
   * @default the most elements of model, data or a constant
   */
  readonly loopMaxIterations?: number;
  /** Runs the dot test when the operator is made. @default false */
  readonly dotTest?: boolean;
  /** The package gpu.js, if the caller has loaded it. */
  readonly module?: GpuJsModule;
}

const ENGINES = ['auto', 'gpu.js', 'plain'] as const;
/**
 * The number of elements of a compiled kernel's first result that are compared with the function
 * itself.
 */
const SAMPLES = 8;

interface Direction<C> {
  readonly f: ElementFunction<C>;
  readonly inputs: number;
  readonly outputs: number;
  compiled: CompiledKernel | undefined;
  checked: boolean;
}

const DEFAULTS = {
  dimsd: undefined,
  constants: undefined,
  dtype: 'float32',
  engine: 'auto',
  mode: undefined,
  loopMaxIterations: undefined,
  dotTest: false,
  module: undefined,
} satisfies Defaults<KernelOperatorOptions<never>>;

/**
 * A linear operator that consists of two functions. Each computes one output element:
 * `y[i] = forward(x)` with i in `this.thread.x`, and `x[j] = adjoint(y)` with j in `this.thread.x`.
 * Arrays are flat, in C order, for all `dims` and `dimsd`. gpu.js compiles the functions for the
 * GPU, or for WebAssembly. If it is not installed, they run as plain JavaScript.
 *
 * gpu.js has single precision only. For vectors of double precision the functions themselves run,
 * in double precision; with the engine `'gpu.js'` such vectors are a {@link DTypeError}. Real and
 * imaginary parts of complex vectors are computed one after the other. A few elements of the first
 * result of a compiled function are compared with the function itself. A loop that was cut, or
 * JavaScript that gpu.js interprets differently, is therefore a {@link BackendError}.
 *
 * Cost: an application copies the vector from its backend to the host and back.
 *
 * @example new KernelOperator(function (x) { return 2 * x[this.thread.x]; }, function (y) { return
 *   2 * y[this.thread.x]; }, 5)
 */
export class KernelOperator<C extends KernelConstants = KernelConstants> extends LocalOperator {
  readonly #constants: C;
  readonly #module: GpuJsModule | undefined;
  readonly #engine: (typeof ENGINES)[number];
  readonly #mode: string | undefined;
  readonly #loopMaxIterations: number;
  readonly #forward: Direction<C>;
  readonly #adjoint: Direction<C>;

  /**
   * @throws {@link ArgumentError} if gpu.js cannot compile a function
   * @throws {@link BackendError} if `engine` is `'gpu.js'` and gpu.js is not installed
   */
  constructor(
    forward: ElementFunction<C>,
    adjoint: ElementFunction<C>,
    dims: number | Shape,
    options?: KernelOperatorOptions<C>,
  ) {
    const {
      dimsd = dims,
      constants = {} as C,
      dtype,
      engine,
      dotTest,
      loopMaxIterations,
      mode,
      module,
    } = withDefaults('KernelOperator', options, DEFAULTS);
    if (typeof forward !== 'function' || typeof adjoint !== 'function')
      throw new ArgumentError('KernelOperator: expected two functions, forward and adjoint');
    if (!ENGINES.includes(engine))
      throw new ArgumentError(
        `KernelOperator: expected an engine (${ENGINES.join(', ')}), received ${textOf(engine)}`,
      );
    if (!isFloat(dtype) || isComplex(dtype))
      throw new DTypeError(`KernelOperator: expected float32 or float64, received ${textOf(dtype)}`);
    if (engine === 'gpu.js' && !isSingle(dtype))
      throw new DTypeError(
        `KernelOperator: gpu.js has float32 only, received ${dtype}: set engine 'plain' or 'auto'`,
      );
    if (mode !== undefined && ASYNCHRONOUS_MODES.includes(mode))
      throw new ArgumentError(
        `KernelOperator: mode '${mode}' of gpu.js gives its results later, and operators need them at ` +
          "once: leave mode out, or set 'gpu', 'webasm' or 'cpu'",
      );
    super({ dims: toShape(dims, 'dims'), dimsd: toShape(dimsd, 'dimsd'), dtype });
    const [model, data] = [product(this.dims), product(this.dimsd)];
    const lengths = Object.values(constants).map((value) =>
      typeof value === 'number' ? value : value.length,
    );
    const longest =
      loopMaxIterations ??
      Math.max(1000, model, data, ...lengths.map((n) => (Number.isSafeInteger(n) ? n : 0)));
    if (!Number.isSafeInteger(longest) || longest < 1)
      throw new ArgumentError(
        `KernelOperator: expected loopMaxIterations to be a positive integer, received ${textOf(longest)}`,
      );
    this.#constants = constants;
    this.#engine = engine;
    this.#mode = mode;
    this.#loopMaxIterations = longest;
    this.#forward = { f: forward, inputs: model, outputs: data, compiled: undefined, checked: false };
    this.#adjoint = { f: adjoint, inputs: data, outputs: model, compiled: undefined, checked: false };
    if (module !== undefined && typeof module?.GPU !== 'function')
      throw new ArgumentError(
        `KernelOperator: expected module to be the package gpu.js, received ${textOf(module)}`,
      );
    this.#module = engine === 'plain' ? undefined : (module ?? loadGpuJs());
    if (engine === 'gpu.js' && !this.#module)
      throw new BackendError(
        "KernelOperator: engine 'gpu.js' needs a package that is not installed: npm install gpu.js; or " +
          "set engine 'plain'",
      );
    if (this.#module && isSingle(dtype))
      for (const direction of [this.#forward, this.#adjoint]) this.#compile(direction, this.#module);
    if (dotTest) this.dotTest();
  }

  /** The engine that computes vectors of single precision. */
  get engine(): 'gpu.js' | 'plain' {
    return this.#module ? 'gpu.js' : 'plain';
  }

  /**
   * What computes vectors of single precision: `'gpu'` (GL), `'webasm'` or `'cpu'` of gpu.js, which
   * takes another one where a device does not run the function; `'plain'` for the function itself.
   */
  get device(): string {
    return this.#forward.compiled?.mode ?? 'plain';
  }

  protected override forward(x: NDArray, y: NDArray): void {
    this.#apply(this.#forward, x, y);
  }

  protected override adjoint(y: NDArray, x: NDArray): void {
    this.#apply(this.#adjoint, y, x);
  }

  /** Disposes the compiled kernels. They are compiled again at the next use. */
  dispose(): void {
    for (const direction of [this.#forward, this.#adjoint]) {
      direction.compiled?.dispose();
      direction.compiled = undefined;
    }
  }

  #apply(direction: Direction<C>, x: NDArray, y: NDArray): void {
    const { outputs } = direction;
    if (outputs === 0) return;
    const { dtype } = y;
    const [values, lanes] = [x.toHost(), lanesOf(dtype)];
    const out = hostArray(dtype, outputs);
    for (let lane = 0; lane < lanes; lane++) {
      const part = lanes === 1 ? values : values.filter((_, i) => i % 2 === lane);
      const result = this.#run(direction, part, dtype);
      for (let i = 0; i < outputs; i++) out[lanes * i + lane] = result[i] as number;
    }
    y.backend.upload(out, y);
  }

  #run(direction: Direction<C>, x: HostArray, dtype: DType): ArrayLike<number> {
    const compiled =
      isSingle(dtype) && this.#module
        ? (direction.compiled ?? this.#compile(direction, this.#module))
        : undefined;
    if (compiled) {
      const result = compiled.run(x instanceof Float32Array ? x : Float32Array.from(x));
      if (!direction.checked) this.#check(direction, x, result);
      direction.checked = true;
      return result;
    }
    if (this.#engine === 'gpu.js' && !isSingle(dtype))
      throw new DTypeError(
        `KernelOperator: gpu.js has float32 only, received ${dtype}: set engine 'plain' or 'auto'`,
      );
    return Float64Array.from({ length: direction.outputs }, (_, i) => this.#element(direction, x, i));
  }

  #compile(direction: Direction<C>, module: GpuJsModule): CompiledKernel | undefined {
    const { f, inputs, outputs } = direction;
    // gpu.js has no empty arrays
    if (inputs * outputs === 0) return undefined;
    direction.compiled = compile(module, f, {
      constants: this.#constants,
      inputs,
      outputs,
      loopMaxIterations: this.#loopMaxIterations,
      mode: this.#mode,
    });
    return direction.compiled;
  }

  #element({ f }: Direction<C>, x: ArrayLike<number>, i: number): number {
    const value: unknown = f.call({ thread: { x: i, y: 0, z: 0 }, constants: this.#constants }, x);
    if (typeof value === 'number') return value;
    throw new ArgumentError(
      `KernelOperator: expected the function to return a number, received ${textOf(value)} for element ${i}`,
    );
  }

  #check(direction: Direction<C>, x: HostArray, result: ArrayLike<number>): void {
    const { outputs } = direction;
    let scale = 0;
    for (let i = 0; i < outputs; i++) scale = Math.max(scale, Math.abs(result[i] as number));
    for (let k = 0; k < Math.min(SAMPLES, outputs); k++) {
      const i = Math.floor((k * (outputs - 1)) / Math.max(1, Math.min(SAMPLES, outputs) - 1));
      const [want, got] = [this.#element(direction, x, i), result[i] as number];
      if (
        Math.abs(got - want) <= 1e-3 * Math.max(scale, Math.abs(want)) ||
        (Number.isNaN(got) && Number.isNaN(want))
      )
        continue;
      throw new BackendError(
        `KernelOperator: compiled by gpu.js, element ${i} is ${got}, but the function gives ${want}: ` +
          `raise loopMaxIterations (${this.#loopMaxIterations}) if a loop is longer, or set engine ` +
          `'plain'`,
      );
    }
  }
}
