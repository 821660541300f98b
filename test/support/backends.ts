import type { Backend } from '../../src/core/ports/backend.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { backendNames, registerBackend } from '../../src/core/ports/defaults.js';
import { CpuBackend, createCpuBackend } from '../../src/cpu/index.js';
import { createTfjsBackend, TFJS_ENGINES } from '../../src/gpu/tfjs/index.js';
import { DeferredBackend } from './deferred-backend.js';
import { testCudaBackend } from './emulated-cuda.js';

/** A backend of the test matrix. */
export interface BackendEntry {
  readonly name: string;
  /** The numbers of ranks that tests run on. */
  readonly ranks: readonly number[];
  /**
   * The files that run on this backend if `LOPS_TEST_BACKENDS` does not request more.
   *
   * @default all
   */
  readonly files?: RegExp;
  /** @param comm all ranks of the launch; without it, this process alone */
  make(comm?: Communicator): Backend | Promise<Backend>;
}

/** Every test body runs on each of these backends. One entry a backend. */
export const BACKENDS: readonly BackendEntry[] = [
  { name: 'cpu', ranks: [1, 2, 3, 4], make: () => createCpuBackend() },
  {
    name: 'reference',
    ranks: [1, 2],
    // the conformance suite compares its kernels; functions of arrays would only repeat that
    files: /^(?!array\/)/,
    make: () => new CpuBackend({ name: 'reference' }),
  },
  { name: 'deferred', ranks: [1, 2], make: () => new DeferredBackend() },
  {
    name: 'cuda',
    ranks: [1, 2],
    files: /^(operators\/(derivatives|halo)|core\/(elementwise-kernel|norms|integers)|gpu\/)/,
    make: testCudaBackend,
  },
  {
    name: 'tfjs:wasm',
    ranks: [1, 2],
    files: /^(core|operators|optimization)\//,
    make: () => createTfjsBackend({ engine: 'wasm', host: createCpuBackend() }),
  },
  {
    name: 'tfjs:cpu',
    ranks: [1, 2],
    // engines differ in their kernels; solvers use those of vectors, which the suite compares
    files: /^operators\//,
    make: () => createTfjsBackend({ engine: 'cpu', host: createCpuBackend() }),
  },
];

/**
 * The backends that `npm run golden` accepts, including engines that no test uses but that may be
 * installed.
 */
export const GOLDEN_BACKENDS: readonly Omit<BackendEntry, 'ranks'>[] = [
  ...BACKENDS,
  { name: 'tfjs', make: () => createTfjsBackend({ host: createCpuBackend() }) },
  ...TFJS_ENGINES.map((engine) => ({
    name: `tfjs:${engine}`,
    make: () => createTfjsBackend({ engine, host: createCpuBackend() }),
  })).filter(({ name }) => !BACKENDS.some((b) => b.name === name)),
];

const made = new Map<string, Backend>();

/**
 * The backend with this name, made once per process. Collective.
 *
 * @param comm the ranks of the launch
 */
export async function makeBackend(name: string, comm?: Communicator): Promise<Backend> {
  const known = made.get(name);
  if (known) return known;
  const entry = GOLDEN_BACKENDS.find((b) => b.name === name);
  if (!entry)
    throw new Error(
      `no backend '${name}' in the test matrix; there are: ${GOLDEN_BACKENDS.map((b) => b.name).join(', ')}`,
    );
  // It runs the kernels that a backend lacks
  if (!backendNames().includes('cpu')) registerBackend('cpu', () => createCpuBackend());
  const backend = await entry.make(comm);
  made.set(name, backend);
  return backend;
}
