import { DTYPES, type DType, dtypeOf, type HostArray, lanesOf, realOf } from '../core/base/dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../core/base/errors.js';
import { type Defaults, withDefaults } from '../core/base/options.js';
import { textOf } from '../core/base/text-of.js';
import { CheckedBackend } from '../core/kernels/checked-backend.js';
import { DeviceStorage } from '../core/kernels/device-memory.js';
import { type CpuKernels, HostMemory } from './host-memory.js';
import { type AddressOf, Pool } from './pool.js';
import { programKernels } from './programs.js';
import { referenceKernels } from './reference/index.js';

/** Options of {@link CpuBackend}. */
export interface CpuBackendOptions {
  /** Kernels that replace the reference kernels. */
  readonly kernels?: CpuKernels;
  /** @default 'cpu' */
  readonly name?: string;
  /** The most bytes of released memory to keep. @default a quarter of the machine's memory */
  readonly poolBytes?: number;
  /**
   * The address of a buffer modulo 2 MiB, for aligned memory; only native code can read it. With
   * `huge`, it asks the system for huge pages.
   */
  readonly addressOf?: AddressOf;
}

const DEFAULTS = {
  kernels: undefined,
  name: 'cpu',
  poolBytes: undefined,
  addressOf: undefined,
} satisfies Defaults<CpuBackendOptions>;

/** A backend for arrays in host memory. Kernels are complete when their call returns. */
export class CpuBackend extends CheckedBackend<HostArray> {
  constructor(options?: CpuBackendOptions) {
    const { poolBytes, name, addressOf, ...given } = withDefaults('CpuBackend', options, DEFAULTS);
    if (poolBytes !== undefined && !(poolBytes >= 0))
      throw new ArgumentError(`expected poolBytes to be a number of bytes, received ${textOf(poolBytes)}`);
    const kernels = { ...referenceKernels, ...given.kernels };
    super({
      name,
      dtypes: DTYPES,
      defaultDType: 'float64',
      memory: new HostMemory(new Pool(poolBytes, addressOf)),
      kernels: { ...programKernels(kernels.reduce), ...kernels },
    });
  }

  /**
   * Wraps a typed array of the user as a storage without a copy. Its memory never enters the pool.
   * Complex dtypes take interleaved pairs.
   */
  wrap(values: HostArray, dtype: DType = dtypeOf(values)): DeviceStorage<HostArray> {
    if (realOf(dtype) !== dtypeOf(values))
      throw new DTypeError(`expected the typed array of ${dtype}, received one of ${dtypeOf(values)}`);
    const length = values.length / lanesOf(dtype);
    if (!Number.isInteger(length))
      throw new ShapeError(`expected pairs for ${dtype}, received ${values.length} numbers`);
    return new DeviceStorage(this, this.memory, dtype, length, values, 0, true);
  }
}
