import { BackendError } from '../core/base/errors.js';

/**
 * Refuses what a browser cannot do.
 *
 * @throws {@link BackendError} with the remedy
 */
export function needsNode(what: string, remedy: string): never {
  throw new BackendError(`${what} needs Node.js, which a browser does not have: ${remedy}`);
}
