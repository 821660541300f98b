import { BackendError, MpiError, messageOf } from '../base/errors.js';
import { textOf } from '../base/text-of.js';
import type { Backend } from './backend.js';
import type { BackendReport } from './backend-report.js';
import type { Communicator } from './communicator.js';

let backend: Backend | undefined;
let communicator: Communicator | undefined;
const registry = new Map<string, BackendEntry>();

/**
 * The backend of arrays that name none. Throws while unset: `lops-mpi` sets it, `lops-mpi/extend`
 * alone does not.
 */
export function defaultBackend(): Backend {
  if (!backend) throw new BackendError("no default backend: import 'lops-mpi', or call setDefaultBackend()");
  return backend;
}

/**
 * Throws {@link BackendError} unless `value` is a backend: a promise of one, as `loadBackend`
 * returns, is not.
 */
export function setDefaultBackend(value: Backend): void {
  backend = checkBackend(value);
}

/** Throws {@link BackendError} unless `value` is a backend. */
export function checkBackend(value: unknown): Backend {
  if (typeof value === 'object' && value !== null && 'alloc' in value) return value as Backend;
  const what = value instanceof Promise ? 'a promise: wait for it with await' : textOf(value);
  throw new BackendError(`expected a backend or the name of one, received ${what}`);
}

/** What a name stands for: how to make it, and what came of that. */
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
 * Makes a backend known by name. `make` runs once, when it is first asked for; one that has to wait
 * for something returns a promise, and is then there after {@link loadBackend}. What it throws goes
 * to whom asked, and it is asked again the next time.
 * @param report what `lops doctor` says of it on a rank; default: what comes of making it
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
 * What a registered backend says of itself on this rank. Never throws for a backend that is not
 * there.
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
 * A backend object, the registered one of a name, or the default. Throws {@link BackendError}, also
 * for one that {@link loadBackend} has to load first.
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
 * What {@link resolveBackend} answers, once the backend is loaded. Works for every backend, whether
 * it has to be waited for or not.
 */
export async function loadBackend(which?: Backend | string): Promise<Backend> {
  return typeof which === 'string' ? start(entryOf(which)) : resolveBackend(which);
}

/** The names under which backends are registered. */
export const backendNames = (): string[] => [...registry.keys()];

/**
 * The communicator of arrays that name none. Throws while unset: `lops-mpi` sets it,
 * `lops-mpi/extend` alone does not.
 */
export function defaultCommunicator(): Communicator {
  if (!communicator)
    throw new MpiError("no default communicator: import 'lops-mpi', or call setDefaultCommunicator()");
  return communicator;
}

/** Sets the communicator of arrays that name none. Throws {@link MpiError} for anything else. */
export function setDefaultCommunicator(value: Communicator): void {
  communicator = resolveCommunicator(value);
}

/** A communicator, or the default one. Throws {@link MpiError} for anything else. */
export function resolveCommunicator(which?: Communicator): Communicator {
  if (which === undefined) return defaultCommunicator();
  if (typeof which === 'object' && which !== null && 'allreduce' in which) return which;
  throw new MpiError(`expected a communicator, as COMM_WORLD is one, received ${textOf(which)}`);
}
