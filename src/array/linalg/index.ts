export { type ArrayNormOptions, type MatrixNormOrder, norm } from './norms.js';
