import type { Layout } from '../distributed/layout.js';
import { TransferPlan } from '../distributed/transfer.js';
import type { Communicator } from '../ports/communicator.js';
import type { FourierStep } from './fourier-steps.js';

/** A transfer as a step of a Fourier transform. */
export function transferStep(from: Layout, to: Layout, comm: Communicator, real: boolean): FourierStep {
  const plan = TransferPlan.between(from, to, comm);
  return { size: to.localSize(comm.rank), type: real ? 'real' : 'complex', run: (x, y) => plan.run(x, y) };
}
