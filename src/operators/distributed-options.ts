import type { Defaults } from '../core/base/options.js';
import type { Communicator } from '../core/ports/communicator.js';

/** Options of all distributed operators. */
export interface DistributedOptions {
  /** @default the default communicator */
  readonly comm?: Communicator | undefined;
}

export const DISTRIBUTED_DEFAULTS = { comm: undefined } satisfies Defaults<DistributedOptions>;
