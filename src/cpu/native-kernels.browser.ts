import { needsNode } from '../package/needs-node.js';

export const nativeKernels: typeof import('./native-kernels.js').nativeKernels = () =>
  needsNode('nativeKernels', 'referenceKernels are those of browsers');

const decomposition = (): never =>
  needsNode('a decomposition of a matrix (LAPACK)', 'an iterative solver, as cgls() is one, solves A x = b');

/** Only the kernels of LAPACK have no reference loops. */
export const nativeOptions: typeof import('./native-kernels.js').nativeOptions = () => ({
  kernels: { decompose: decomposition, solveLu: decomposition },
});
