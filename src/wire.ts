/** Sets the defaults: the CPU backend, and all ranks of this launch. Importing it joins MPI. */
import { registerBackend, resolveBackend, setDefaultBackend, setDefaultCommunicator } from './core/defaults.js';
import { setSignalSource } from './core/interruption.js';
import { createCpuBackend } from './cpu/index.js';
import { createCudaBackend, cudaAddon } from './gpu/cuda/index.js';
import { nodeRankOf } from './mpi/launch-environment.js';
import { SelfCommunicator } from './mpi/self-communicator.js';
import { nativeSignals } from './mpi/signals.js';
import { joinWorld } from './mpi/world.js';

/** All ranks of this launch; one rank without a launcher. */
export const COMM_WORLD = joinWorld();
/** This rank alone. */
export const COMM_SELF = new SelfCommunicator();

setDefaultCommunicator(COMM_WORLD);
setSignalSource(nativeSignals);
registerBackend('cpu', () => createCpuBackend());
registerBackend('cuda', () => createCudaBackend(nodeRankOf(process.env) ?? COMM_WORLD.rank));
registerBackend('auto', () => resolveBackend(cudaAddon().available ? 'cuda' : 'cpu'));
setDefaultBackend(resolveBackend('cpu'));
