/**
 * Sets the defaults: the CPU backend, and the communicator of all ranks of this launch. Registers
 * the other backends by name. Importing this module joins MPI.
 */

import { log, setLogger } from './core/base/log.js';
import { checkSettings, readSetting } from './core/base/settings.js';
import {
  registerBackend,
  resolveBackend,
  setDefaultBackend,
  setDefaultCommunicator,
} from './core/ports/defaults.js';
import { setSignalSource } from './core/vector/interruption.js';
import { CPU_SETTINGS } from './cpu/cpu-settings.js';
import { cpuAddon, createCpuBackend, reportCpu } from './cpu/index.js';
import { cudaOfAllRanks } from './gpu/cuda/cuda-of-all-ranks.js';
import { CUDA_SETTINGS } from './gpu/cuda/cuda-settings.js';
import { cudaAddon, reportCuda } from './gpu/cuda/index.js';
import { engineOfAllRanks } from './gpu/tfjs/engine-of-all-ranks.js';
import { createTfjsBackend, TFJS_ENGINES } from './gpu/tfjs/index.js';
import { LOG_SETTINGS, requestedLogger } from './io/pino-logger.js';
import { prefixLines } from './io/prefix-output.js';
import { SelfCommunicator } from './mpi/communicator/self-communicator.js';
import { detectLaunch, nodeRankOf } from './mpi/launch-environment.js';
import { loadMpi } from './mpi/mpi-addon.js';
import { MPI_SETTINGS } from './mpi/mpi-settings.js';
import { nativeSignals } from './mpi/signals.js';
import { joinWorld } from './mpi/world.js';

checkSettings({ ...CPU_SETTINGS, ...MPI_SETTINGS, ...CUDA_SETTINGS, ...LOG_SETTINGS }, process.env);

/** The communicator of all ranks of this launch; of one rank without a launcher. */
export const COMM_WORLD = joinWorld();
/** The communicator of this rank alone. */
export const COMM_SELF = new SelfCommunicator();

setDefaultCommunicator(COMM_WORLD);
if (readSetting(LOG_SETTINGS.prefix, process.env) === '1')
  for (const stream of [process.stdout, process.stderr]) prefixLines(stream, `[${COMM_WORLD.rank}] `);
const logger = requestedLogger(COMM_WORLD);
setLogger(logger);
setSignalSource(nativeSignals);
registerBackend('cpu', () => createCpuBackend(), reportCpu);
const nodeRank = (): number => nodeRankOf(process.env) ?? COMM_WORLD.rank;
// Collective, because the ranks of a program compute on one backend
const automatic = (): string =>
  COMM_WORLD.allgatherObject(cudaAddon().available).includes(false) ? 'cpu' : 'cuda';
registerBackend(
  'cuda',
  () => cudaOfAllRanks(COMM_WORLD, nodeRank()),
  () => reportCuda(nodeRank()),
);
registerBackend(
  'auto',
  () => resolveBackend(automatic()),
  () => ({ available: true, summary: cudaAddon().available ? 'cuda' : 'cpu' }),
);
const localRank = nodeRankOf(process.env);
for (const engine of [undefined, ...TFJS_ENGINES]) {
  const load = () => createTfjsBackend({ localRank, ...(engine ? { engine } : {}) });
  // A report describes this rank alone, so it loads no engine collectively
  registerBackend(
    engine ? `tfjs:${engine}` : 'tfjs',
    () => engineOfAllRanks(COMM_WORLD, load),
    async () => ({ available: true, summary: (await load()).dtypes.join(', ') }),
  );
}
setDefaultBackend(resolveBackend('cpu'));
logStart();

/** Logs what this process has found: the message layer and the kernels. */
function logStart(): void {
  if (COMM_WORLD instanceof SelfCommunicator) {
    const launched = detectLaunch(process.env) !== undefined;
    log(
      launched ? 'warn' : 'info',
      launched ? 'a launcher started this process, but it is one rank without MPI' : 'one rank without MPI',
    );
  } else {
    const { library, version, standard } = loadMpi().describe();
    log('info', 'MPI started', { library, version: version.split('\n')[0], standard });
  }
  if (readSetting(CPU_SETTINGS.kernels, process.env) === 'reference')
    return log('info', 'backend cpu: TypeScript kernels, as asked for');
  const kernels = cpuAddon();
  if (kernels.available) return log('info', 'backend cpu: native kernels', { ...kernels.addon.info() });
  const { reason, remedy } = kernels;
  log('warn', 'backend cpu: TypeScript kernels, as the native ones are missing', { reason, remedy });
  // Reference kernels are many times slower, so this is printed even without a logger, once per
  // node
  if (!logger && nodeRank() === 0)
    console.error(`lops-mpi: TypeScript kernels, many times slower, as ${reason}; ${remedy}`);
}
