import type { Backend } from '../../src/core/backend.js';
import { CpuBackend, createCpuBackend } from '../../src/cpu/index.js';
import { DeferredBackend } from './deferred-backend.js';
import { testCudaBackend } from './emulated-cuda.js';

/** A backend of the test matrix. */
export interface BackendEntry {
  readonly name: string;
  /** The numbers of ranks that tests run on. */
  readonly ranks: readonly number[];
  /** The files that run on it where nobody asks for more with `LOPS_TEST_BACKENDS`. Default: all. */
  readonly files?: RegExp;
  make(): Backend | Promise<Backend>;
}

/** Every test body runs on each of these: one line per backend. */
export const BACKENDS: readonly BackendEntry[] = [
  { name: 'cpu', ranks: [1, 2, 3, 4], make: () => createCpuBackend() },
  { name: 'reference', ranks: [1, 2], make: () => new CpuBackend({ name: 'reference' }) },
  { name: 'deferred', ranks: [1, 2], make: () => new DeferredBackend() },
  { name: 'cuda', ranks: [1, 2], files: /^operators\/(derivatives|halo)/, make: testCudaBackend },
];

const made = new Map<string, Backend>();

/** The backend of a name, made once per process. */
export async function makeBackend(name: string): Promise<Backend> {
  const known = made.get(name);
  if (known) return known;
  const entry = BACKENDS.find((b) => b.name === name);
  if (!entry) throw new Error(`no backend '${name}' in the test matrix; there are: ${BACKENDS.map((b) => b.name).join(', ')}`);
  const backend = await entry.make();
  made.set(name, backend);
  return backend;
}
