/**
 * Sets the defaults: the CPU backend, and the communicator of all ranks of this launch. Registers
 * the other backends by name. Importing this module joins MPI.
 */

import { log, setLogger } from './core/base/log.js';
import { setLeastSquares } from './core/operator/linear-operator.js';
import {
  registerBackend,
  resolveBackend,
  setDefaultBackend,
  setDefaultCommunicator,
} from './core/ports/defaults.js';
import { setSignalSource } from './core/vector/interruption.js';
import { cpuAddon, createCpuBackend, reportCpu } from './cpu/index.js';
import { checkSettings, environment, setting, unknownSettings } from './environment/environment.js';
import { cudaOfAllRanks } from './gpu/cuda/cuda-of-all-ranks.js';
import { cudaAddon, reportCuda } from './gpu/cuda/index.js';
import { engineOfAllRanks } from './gpu/tfjs/engine-of-all-ranks.js';
import { createTfjsBackend, TFJS_ENGINES } from './gpu/tfjs/index.js';
import { requestedLogger } from './io/pino-logger.js';
import { prefixLines } from './io/prefix-output.js';
import { SelfCommunicator } from './mpi/communicator/self-communicator.js';
import { detectLaunch, nodeRankIn, nodeRankOf } from './mpi/launch-environment.js';
import { loadMpi } from './mpi/mpi-addon.js';
import { nativeSignals } from './mpi/signals.js';
import { joinWorld } from './mpi/world.js';
import { leastSquares } from './optimization/krylov/lsqr.js';
import { traceProgram } from './tracing/trace-program.js';

checkSettings();

/** The communicator of all ranks of this launch; of one rank without a launcher. */
export const COMM_WORLD = joinWorld();
/** The communicator of this rank alone. */
export const COMM_SELF = new SelfCommunicator();

setDefaultCommunicator(COMM_WORLD);
if (setting('LOPS_PREFIX') === '1')
  for (const stream of [process.stdout, process.stderr]) prefixLines(stream, `[${COMM_WORLD.rank}] `);
const logger = requestedLogger(COMM_WORLD);
setLogger(logger);
setSignalSource(nativeSignals);
setLeastSquares(leastSquares);
registerBackend('cpu', () => createCpuBackend(), reportCpu);
const nodeRank = nodeRankIn(COMM_WORLD, environment);
// Collective, because the ranks of a program compute on one backend
const automatic = (): string =>
  COMM_WORLD.allgatherObject(cudaAddon().available).includes(false) ? 'cpu' : 'cuda';
registerBackend(
  'cuda',
  () => cudaOfAllRanks(COMM_WORLD, nodeRank),
  () => reportCuda(nodeRank),
);
registerBackend(
  'auto',
  () => resolveBackend(automatic()),
  () => ({ available: true, summary: cudaAddon().available ? 'cuda' : 'cpu' }),
);
// One rank alone leaves the choice of a device to the engine
const localRank = COMM_WORLD.size > 1 ? nodeRank : nodeRankOf(environment);
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
const trace = setting('LOPS_TRACE');
if (trace !== undefined) {
  // Child processes and worker threads have their own events
  delete environment['LOPS_TRACE'];
  traceProgram(trace, COMM_WORLD);
}
logStart();

/** Logs what this process has found: its settings, the message layer and the kernels. */
function logStart(): void {
  for (const text of unknownSettings()) {
    log('warn', text);
    warn(text);
  }
  if (COMM_WORLD instanceof SelfCommunicator) {
    const launched = detectLaunch(environment) !== undefined;
    log(
      launched ? 'warn' : 'info',
      launched ? 'a launcher started this process, but it is one rank without MPI' : 'one rank without MPI',
    );
  } else {
    const { library, version, standard } = loadMpi().describe();
    log('info', 'MPI started', { library, version: version.split('\n')[0], standard });
  }
  if (setting('LOPS_CPU') === 'reference')
    return log('info', 'backend cpu: TypeScript kernels, as asked for');
  const kernels = cpuAddon();
  if (kernels.available) return log('info', 'backend cpu: native kernels', { ...kernels.addon.info() });
  const { reason, remedy } = kernels;
  log('warn', 'backend cpu: TypeScript kernels, as the native ones are missing', { reason, remedy });
  // Reference kernels are many times slower
  warn(`TypeScript kernels, many times slower, as ${reason}; ${remedy}`);
}

/** Prints a warning once per node, unless there is a logger. */
function warn(text: string): void {
  if (!logger && nodeRank === 0) console.error(`lops-mpi: ${text}`);
}
