import { totalmem } from 'node:os';

/** The bytes of this machine's memory. */
export const machineBytes = (): number => totalmem();
