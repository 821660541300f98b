import { memo } from '../base/memo.js';
import type { Backend } from '../ports/backend.js';
import { WRITTEN } from '../ports/backend.js';
import { CheckedBackend } from './checked-backend.js';
import type { DeviceMemory, KernelSet } from './device-memory.js';

const MEMORY: DeviceMemory<undefined> = {
  allocate: () => undefined,
  free: () => {},
  upload: () => {},
  download: () => {},
  stats: () => ({ poolMisses: 0, pooledBytes: 0 }),
};

const KERNELS: KernelSet<undefined> = {
  ...Object.fromEntries(Object.keys(WRITTEN).map((name) => [name, () => 1])),
  dots: (products) => Float64Array.from({ length: 2 * products.length }, (_, k) => 1 - (k % 2)),
  decompose: () => -1,
  prepareStencil: () => () => {},
};

const made = new WeakMap<Backend, SizingBackend>();

/**
 * A backend of arrays without values, with the dtypes of another one: to compute the sizes of
 * arrays. They take no memory, kernels do nothing, and reductions return 1.
 */
export class SizingBackend extends CheckedBackend<undefined> {
  private constructor({ name, dtypes, defaultDType }: Backend) {
    super({ name, dtypes, defaultDType, memory: MEMORY, kernels: KERNELS });
  }

  /** The one of a backend; itself if it is one. */
  static of(backend: Backend): SizingBackend {
    if (backend instanceof SizingBackend) return backend;
    return memo(made, backend, () => new SizingBackend(backend));
  }
}
