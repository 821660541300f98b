import type { SignalSource } from '../core/vector/interruption.js';
import { loadMpi, type MpiAddon } from './mpi-addon.js';

let addon: MpiAddon | undefined;
let heard = false;

/**
 * Signals by the MPI addon's handler, which sees them in the middle of a solver or of a call of
 * MPI. Where the addon is not built, Node's listeners: they hear a signal once the program returns
 * to its event loop, as between the iterations of a loop that awaits something.
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

/** Keeps the first signal; the next one ends the program. */
function hear(signal: NodeJS.Signals): void {
  if (heard) process.exit(signal === 'SIGINT' ? 130 : 143);
  heard = true;
}
