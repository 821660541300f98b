/**
 * In a browser: the backend of the TypeScript kernels, and the communicator of one rank. The other
 * backends of Node are registered too, and say what they need.
 */

import { setLeastSquares } from './core/operator/linear-operator.js';
import type { Communicator } from './core/ports/communicator.js';
import {
  registerBackend,
  resolveBackend,
  setDefaultBackend,
  setDefaultCommunicator,
} from './core/ports/defaults.js';
import { setSignalSource } from './core/vector/interruption.js';
import { createCpuBackend, reportCpu } from './cpu/index.js';
import { createTfjsBackend, TFJS_ENGINES } from './gpu/tfjs/index.js';
import { SelfCommunicator } from './mpi/communicator/self-communicator.js';
import { leastSquares } from './optimization/krylov/lsqr.js';
import { needsNode } from './package/needs-node.js';

/** The communicator of the one rank of a page. */
export const COMM_WORLD: Communicator = new SelfCommunicator();
/** The communicator of this rank alone. */
export const COMM_SELF: Communicator = new SelfCommunicator();

setDefaultCommunicator(COMM_WORLD);
setSignalSource({
  expect: () => needsNode('a signal', 'end the worker in which the solver runs'),
  received: () => false,
});
setLeastSquares(leastSquares);
registerBackend('cpu', () => createCpuBackend(), reportCpu);
registerBackend('auto', () => resolveBackend('cpu'), reportCpu);
registerBackend('cuda', () => needsNode("backend 'cuda'", "leave the default, 'cpu'"));
for (const name of ['tfjs', ...TFJS_ENGINES.map((engine) => `tfjs:${engine}`)])
  registerBackend(name, () => createTfjsBackend());
setDefaultBackend(resolveBackend('cpu'));
