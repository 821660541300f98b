/** Browsers do not tell the bytes of the machine's memory. A tab may use about these. */
export const machineBytes: typeof import('./machine-bytes.js').machineBytes = () => 2 ** 31;
