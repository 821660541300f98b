/** All exports of the package, except those for programs and figures, in one module. */
export * from '../../src/extend.js';
export * from '../../src/gpu/cuda/index.js';
export * from '../../src/index.js';
export * from '../../src/io/index.js';
export * from '../../src/local/index.js';
export * from '../../src/proximal/index.js';
