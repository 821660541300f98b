import { BackendError, MpiError, messageOf } from '../base/errors.js';
import { textOf } from '../base/text-of.js';
import type { Backend } from './backend.js';
import type { BackendReport } from './backend-report.js';
import type { Communicator } from './communicator.js';

let backend: Backend | undefined;
let communicator: Communicator | undefined;
const registry = new Map<string, BackendEntry>();

/**
 * The backend of arrays without a given one. Importing `lops-mpi` sets it; importing
 * `lops-mpi/extend` alone does not.
 * @throws {@link BackendError} if it is not set
 */
export function defaultBackend(): Backend {
  if (!backend) throw new BackendError("no default backend: import 'lops-mpi', or call setDefaultBackend()");
  return backend;
}

/**
 * Sets the backend of arrays without a given one.
 * @throws {@link BackendError} unless `value` is a backend. A promise of one, as `loadBackend`
 *   returns it, is refused
 */
export function setDefaultBackend(value: Backend): void {
  backend = checkBackend(value);
}

/**
 * Returns `value` if it is a backend.
 * @throws {@link BackendError} if it is not
 */
export function checkBackend(value: unknown): Backend {
  if (typeof value === 'object' && value !== null && 'alloc' in value) return value as Backend;
  const what = value instanceof Promise ? 'a promise: wait for it with await' : textOf(value);
  throw new BackendError(`expected a backend or the name of one, received ${what}`);
}

/**
 * The entry of a name: the functions that make and report the backend, and the backend once it is
 * made.
 */
interface BackendEntry {
  readonly make: () => Backend | Promise<Backend>;
  readonly report: (() => BackendReport | Promise<BackendReport>) | undefined;
  made?: Backend;
  loading?: Promise<Backend>;
}

function entryOf(name: string): BackendEntry {
  const entry = registry.get(name);
  if (!entry)
    throw new BackendError(
      `no backend ${typeof name === 'string' ? `'${name}'` : textOf(name)}; there are: ` +
        `${[...registry.keys()].join(', ') || 'none'}`,
    );
  return entry;
}

/**
 * Registers a backend by name. `make` runs once, at the first use of the backend. If it is
 * asynchronous, it returns a promise, and the backend can be used after {@link loadBackend}. Errors
 * of `make` propagate to the caller, and the next use calls it again.
 * @param report returns the report of `lops doctor` on a rank; by default the backend is made and
 *   its dtypes are reported
 * @throws {@link BackendError} if an argument has the wrong type
 */
export function registerBackend(
  name: string,
  make: () => Backend | Promise<Backend>,
  report?: () => BackendReport | Promise<BackendReport>,
): void {
  if (
    typeof name !== 'string' ||
    typeof make !== 'function' ||
    (report !== undefined && typeof report !== 'function')
  )
    throw new BackendError(
      'registerBackend: expected a name, a function that makes the backend, and one that reports or ' +
        `none, received ${textOf(name)}, ${textOf(make)} and ${textOf(report)}`,
    );
  registry.set(name, { make, report });
}

/**
 * The report of a registered backend on this rank. If the backend is missing, the report says so,
 * and nothing is thrown.
 * @throws {@link BackendError} for a name that is not registered
 */
export async function reportBackend(name: string): Promise<BackendReport> {
  const entry = entryOf(name);
  try {
    if (entry.report) return await entry.report();
    return { available: true, summary: (await start(entry)).dtypes.join(', ') };
  } catch (error) {
    return { available: false, summary: messageOf(error) };
  }
}

function start(entry: BackendEntry): Backend | Promise<Backend> {
  if (entry.made) return entry.made;
  if (entry.loading) return entry.loading;
  const result = entry.make();
  if (!(result instanceof Promise)) {
    entry.made = result;
    return result;
  }
  const forget = () => delete entry.loading;
  entry.loading = result.then((made) => {
    entry.made = made;
    return made;
  });
  entry.loading.then(forget, forget);
  return entry.loading;
}

/**
 * Returns a backend object unchanged, the registered backend of a name, or the default.
 * @throws {@link BackendError} if there is none, or if {@link loadBackend} has to load it first
 */
export function resolveBackend(which?: Backend | string): Backend {
  if (which === undefined) return defaultBackend();
  if (typeof which !== 'string') return checkBackend(which);
  const result = start(entryOf(which));
  if (!(result instanceof Promise)) return result;
  throw new BackendError(
    `backend '${which}' loads asynchronously: \`await loadBackend('${which}')\` once, before its first use`,
  );
}

/**
 * As {@link resolveBackend}, after loading the backend. Works for every backend, synchronous or
 * not.
 */
export async function loadBackend(which?: Backend | string): Promise<Backend> {
  return typeof which === 'string' ? start(entryOf(which)) : resolveBackend(which);
}

/** The names under which backends are registered. */
export const backendNames = (): string[] => [...registry.keys()];

/**
 * The communicator of arrays without a given one. Importing `lops-mpi` sets it; importing
 * `lops-mpi/extend` alone does not.
 * @throws {@link MpiError} if it is not set
 */
export function defaultCommunicator(): Communicator {
  if (!communicator)
    throw new MpiError("no default communicator: import 'lops-mpi', or call setDefaultCommunicator()");
  return communicator;
}

/** The rank in the default communicator, of which rank 0 prints; 0 if none is set. */
export const defaultRank = (): number => communicator?.rank ?? 0;

/**
 * Sets the communicator of arrays without a given one.
 * @throws {@link MpiError} unless `value` is a communicator
 */
export function setDefaultCommunicator(value: Communicator): void {
  communicator = resolveCommunicator(value);
}

/**
 * Returns a communicator unchanged, or the default one.
 * @throws {@link MpiError} if `which` is anything else, or if no default is set
 */
export function resolveCommunicator(which?: Communicator): Communicator {
  if (which === undefined) return defaultCommunicator();
  if (typeof which === 'object' && which !== null && 'allreduce' in which) return which;
  throw new MpiError(`expected a communicator, as COMM_WORLD is one, received ${textOf(which)}`);
}
