import type { Layout } from '../../core/distributed/layout.js';
import { TransferPlan } from '../../core/distributed/transfer.js';
import type { Communicator } from '../../core/ports/communicator.js';
import type { FourierStep } from '../../core/schemes/fourier-steps.js';

/** A transfer as a step of a Fourier transform. */
export function transferStep(from: Layout, to: Layout, comm: Communicator, real: boolean): FourierStep {
  const plan = TransferPlan.between(from, to, comm);
  return { size: to.localSize(comm.rank), type: real ? 'real' : 'complex', run: (x, y) => plan.run(x, y) };
}
