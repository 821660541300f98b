import { DTYPES } from '../../core/base/dtype.js';
import { ArgumentError, BackendError } from '../../core/base/errors.js';
import { checkTexts, type Defaults, withDefaults } from '../../core/base/options.js';
import { textOf } from '../../core/base/text-of.js';
import { CheckedBackend } from '../../core/kernels/checked-backend.js';
import type { Elements } from '../../core/ports/backend.js';
import type { Communicator } from '../../core/ports/communicator.js';
import { cudaAddon } from './cuda-addon.js';
import type { CudaCounters, CudaDeviceInfo, CudaKernel, CudaPoolStats } from './cuda-addon-interface.js';
import { CudaEngine } from './cuda-engine.js';
import { type CudaBlock, CudaBlocks, output } from './cuda-memory.js';
import { DecompositionKernels } from './decomposition-kernels.js';
import { FftKernels } from './fft-kernels.js';
import { type KernelNumber, MOST_ARGUMENTS } from './kernel-arguments.js';
import { NcclPort } from './nccl-port.js';
import { ProductKernels } from './product-kernels.js';
import { ProgramKernels } from './program-kernels.js';
import { RandomKernels } from './random-kernels.js';
import { ReductionKernels } from './reduction-kernels.js';
import { SignalKernels } from './signal/signal-kernels.js';
import { StencilKernels } from './stencils/stencil-kernels.js';
import { VectorKernels, vectorKernels } from './vector-kernels.js';

/** Options of {@link CudaBackend}. */
export interface CudaBackendOptions {
  /** The number of the device. @default 0 */
  readonly device?: number;
  /**
   * The most bytes of device memory to use, at most the memory of the device.
   * @default Infinity
   */
  readonly memoryLimit?: number;
  /** The folder for compiled kernels; '' for none. @default '' */
  readonly cacheFolder?: string;
  /** @default 'cuda' */
  readonly name?: string;
}

const DEFAULTS = {
  device: 0,
  memoryLimit: Number.POSITIVE_INFINITY,
  cacheFolder: '',
  name: 'cuda',
} satisfies Defaults<CudaBackendOptions>;

/**
 * A backend for arrays in the memory of an NVIDIA device. Kernels are queued on one stream. Only
 * downloads and scalar results wait.
 *
 * @throws {@link BackendError} if there is no CUDA
 */
export class CudaBackend extends CheckedBackend<CudaBlock> {
  readonly #engine: CudaEngine;

  constructor(options?: CudaBackendOptions) {
    const {
      device: ordinal,
      memoryLimit,
      cacheFolder,
      name,
    } = withDefaults('CudaBackend', options, DEFAULTS);
    if (!(memoryLimit > 0))
      throw new ArgumentError(
        `expected memoryLimit to be a number of bytes, received ${textOf(memoryLimit)}`,
      );
    checkTexts('CudaBackend', { name, cacheFolder }, ['name', 'cacheFolder']);
    const state = cudaAddon();
    if (!state.available)
      throw new BackendError(`backend '${name}' is not available: ${state.reason}: ${state.remedy}`);
    const device = state.devices[ordinal];
    if (!device)
      throw new BackendError(
        `expected a device between 0 and ${state.devices.length - 1}, received ${textOf(ordinal)}`,
      );
    const engine = new CudaEngine(state.addon, device, memoryLimit, cacheFolder);
    const memory = new CudaBlocks(engine);
    const vectors = new VectorKernels(engine);
    super({
      name,
      dtypes: DTYPES,
      defaultDType: 'float64',
      memory,
      kernels: {
        ...vectorKernels(engine, vectors),
        ...new ReductionKernels(engine),
        ...new StencilKernels(engine),
        ...new ProductKernels(engine, state.libraries.cublas.available),
        ...new SignalKernels(engine),
        ...new FftKernels(engine, vectors),
        ...(state.libraries.cusolver.available && new DecompositionKernels(engine, vectors)),
        ...new ProgramKernels(engine),
        ...new RandomKernels(engine),
      },
    });
    this.#engine = engine;
  }

  /**
   * Creates the NCCL port between the devices of all ranks. Collective over `comm`, which must have
   * all ranks of the launch.
   *
   * @throws {@link BackendError} on all ranks if one rank has no NCCL
   */
  ncclPort(comm: Communicator): NcclPort {
    return NcclPort.create(this.#engine.addon, this.#engine.context, comm);
  }

  get device(): CudaDeviceInfo {
    return this.#engine.device;
  }

  /** The counts of device operations so far: launches, transfers, waits. */
  counters(): CudaCounters {
    return this.#engine.context.counters();
  }

  poolStats(): CudaPoolStats {
    return this.#engine.context.poolStats();
  }

  /** Returns the pool's free memory to the device. */
  trimPool(): void {
    this.#engine.context.trimPool();
  }

  /**
   * Allows allocations beyond the device's memory, until the returned function is called. The
   * driver moves such memory between host and device. Kernels run slowly on it, until it fits on
   * the device again.
   */
  overcommit(): () => string {
    const { context } = this.#engine;
    context.beginOvercommit();
    return () => context.endOvercommit();
  }

  /** The seconds that the device worked on what `work` queued, by its own clock. Waits. */
  seconds(work: () => void): number {
    const { context } = this.#engine;
    const from = context.recordEvent();
    work();
    const to = context.recordEvent();
    return context.elapsed(from, to) / 1000;
  }

  /** @internal */
  compileRaw(source: string, name: string, options: readonly string[]): CudaKernel {
    const { context } = this.#engine;
    return context.compile(`${name}.cu`, source, [], options).kernel(name);
  }

  /** @internal Any array may be written. */
  launchRaw(
    kernel: CudaKernel,
    [gridX, gridY, gridZ]: readonly [number, number, number],
    [blockX, blockY]: readonly [number, number],
    shared: number,
    args: readonly (Elements | KernelNumber)[],
  ): void {
    if (args.length > MOST_ARGUMENTS)
      throw new ArgumentError(
        `expected at most ${MOST_ARGUMENTS} arguments of a kernel, received ${args.length}`,
      );
    const slots = this.#engine.args.start();
    args.forEach((x) => {
      if ('storage' in x) slots.int(output(this.use(x)));
      else if (x.kind === 'float64') slots.real(x.value);
      else if (x.kind === 'float32') slots.single(x.value);
      else slots.int(x.value);
    });
    kernel.launch(gridX, gridY, gridZ, blockX, blockY, shared, slots.buffer, slots.count);
  }
}
