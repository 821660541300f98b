import type { Communicator } from '../../src/core/communicator.js';
import { SelfCommunicator } from '../../src/mpi/self-communicator.js';

/** All ranks of this launch. One rank is started without a launcher and needs no MPI. */
export async function joinTestWorld(): Promise<Communicator> {
  if (process.env['LOPS_MPI'] === 'off') return new SelfCommunicator();
  const { joinWorld } = await import('../../src/mpi/world.js');
  return joinWorld();
}
