import type { Backend } from './backend.js';
import type { Communicator } from './communicator.js';
import { BackendError, MpiError } from './errors.js';

let backend: Backend | undefined;
let communicator: Communicator | undefined;
const registry = new Map<string, () => Backend>();

/** The backend of arrays that name none. Throws while unset: `lops-mpi` sets it, `lops-mpi/core` alone does not. */
export function defaultBackend(): Backend {
  if (!backend) throw new BackendError("no default backend: import 'lops-mpi', or call setDefaultBackend()");
  return backend;
}

export function setDefaultBackend(value: Backend): void {
  backend = value;
}

/** Makes a backend known by name; `make` runs once, when it is first asked for. */
export function registerBackend(name: string, make: () => Backend): void {
  let made: Backend | undefined;
  registry.set(name, () => {
    made ??= make();
    return made;
  });
}

/** A backend object, the registered one of a name, or the default. Throws {@link BackendError}. */
export function resolveBackend(which?: Backend | string): Backend {
  if (which === undefined) return defaultBackend();
  if (typeof which !== 'string') return which;
  const make = registry.get(which);
  if (!make) throw new BackendError(`no backend '${which}'; there are: ${[...registry.keys()].join(', ') || 'none'}`);
  return make();
}

/** The names under which backends are registered. */
export const backendNames = (): string[] => [...registry.keys()];

/** The communicator of arrays that name none. Throws while unset: `lops-mpi` sets it, `lops-mpi/core` alone does not. */
export function defaultCommunicator(): Communicator {
  if (!communicator) throw new MpiError("no default communicator: import 'lops-mpi', or call setDefaultCommunicator()");
  return communicator;
}

export function setDefaultCommunicator(value: Communicator): void {
  communicator = value;
}
