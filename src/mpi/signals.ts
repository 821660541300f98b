import type { SignalSource } from '../core/vector/interruption.js';
import { loadMpi, type MpiAddon } from './mpi-addon.js';

let addon: MpiAddon | undefined;
let heard = false;

/**
 * Signals through the handler of the MPI addon, which runs even in the middle of a solver or of an
 * MPI call. If the addon is not built, Node's listeners are used. They run only when the program
 * returns to its event loop, for example between the iterations of a loop that awaits something.
 */
export const nativeSignals: SignalSource = {
  expect(signals) {
    try {
      addon ??= loadMpi();
    } catch {
      for (const signal of signals) process.on(signal, hear);
      return;
    }
    addon.expectSignals(signals);
  },
  received: () => heard || addon?.receivedSignal() === true,
};

/** Stores the first signal. The next one ends the program. */
function hear(signal: NodeJS.Signals): void {
  if (heard) process.exit(signal === 'SIGINT' ? 130 : 143);
  heard = true;
}
