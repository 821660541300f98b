/** Browsers load no package by its name: a page imports gpu.js and passes it as `module`. */
export const loadGpuJs: typeof import('./load-gpu-js.js').loadGpuJs = () => undefined;
