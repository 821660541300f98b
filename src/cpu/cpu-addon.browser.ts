/** Browsers load no native kernels. */
export const cpuAddon: typeof import('./cpu-addon.js').cpuAddon = () => ({
  available: false,
  reason: 'browsers load no native kernels',
  remedy: 'run the program in Node.js',
});
