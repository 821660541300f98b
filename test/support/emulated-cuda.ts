import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { cudaOfAllRanks } from '../../src/gpu/cuda/cuda-of-all-ranks.js';
import type { CudaBackend } from '../../src/gpu/cuda/index.js';
import { SelfCommunicator } from '../../src/mpi/communicator/self-communicator.js';
import { nodeRankOf } from '../../src/mpi/launch-environment.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** The folder of the CUDA emulator of the tests, which runs on the CPU. */
export const cuemuFolder = join(root, 'build/cuemu');
/** True if the tests run on the real CUDA of this machine: `npm run test:cuda -- --real`. */
export const onRealCuda = (): boolean => process.env['LOPS_TEST_CUDA'] === 'real';

/**
 * The environment that a process needs to run on the emulator. Empty if the tests run on a real
 * device.
 */
export const cudaEnvironment = (): Record<string, string> =>
  onRealCuda() ? {} : { LOPS_CUDA_LIBRARIES: cuemuFolder, LOPS_CUDA_CACHE: join(root, 'build/cuda-cache') };

/**
 * The CUDA backend of the tests. It uses the emulator unless the tests run on a real device.
 * Collective, as in a program.
 *
 * @param comm all ranks of the launch
 */
export function testCudaBackend(comm: Communicator = new SelfCommunicator()): CudaBackend {
  Object.assign(process.env, cudaEnvironment());
  return cudaOfAllRanks(comm, nodeRankOf(process.env) ?? comm.rank);
}
