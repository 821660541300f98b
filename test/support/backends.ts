import type { Backend } from '../../src/core/backend.js';
import { CpuBackend, createCpuBackend } from '../../src/cpu/index.js';

/** A backend of the test matrix. */
export interface BackendEntry {
  readonly name: string;
  /** The numbers of ranks that tests run on. */
  readonly ranks: readonly number[];
  make(): Promise<Backend>;
}

/** Every test body runs on each of these: one line per backend. */
export const BACKENDS: readonly BackendEntry[] = [
  { name: 'cpu', ranks: [1, 2, 3, 4], make: async () => createCpuBackend() },
  { name: 'reference', ranks: [1, 2], make: async () => new CpuBackend({ name: 'reference' }) },
];

const made = new Map<string, Promise<Backend>>();

/** The backend of a name, made once per process. */
export function makeBackend(name: string): Promise<Backend> {
  const entry = BACKENDS.find((b) => b.name === name);
  if (!entry) throw new Error(`no backend '${name}' in the test matrix; there are: ${BACKENDS.map((b) => b.name).join(', ')}`);
  const backend = made.get(name) ?? entry.make();
  made.set(name, backend);
  return backend;
}
