import { needsNode } from '../package/needs-node.js';

export const nativeKernels: typeof import('./native-kernels.js').nativeKernels = () =>
  needsNode('nativeKernels', 'referenceKernels are those of browsers');

const decomposition = (): never =>
  needsNode('a decomposition of a matrix (LAPACK)', 'use an iterative solver, such as cgls()');

/** Only the kernels of LAPACK have no reference loops. */
export const nativeOptions: typeof import('./native-kernels.js').nativeOptions = () => ({
  kernels: { decompose: decomposition, solveLu: decomposition },
});
