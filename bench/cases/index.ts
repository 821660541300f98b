import type { BenchCase } from '../case.js';
import { ARRAY_CASES } from './arrays.js';
import { DERIVATIVE_CASES } from './derivatives.js';
import { KERNEL_CASES } from './kernels.js';
import { LSM_CASES } from './lsm.js';
import { MATMUL_CASES } from './matmul.js';
import { POSTSTACK_CASES } from './poststack.js';
import { SOLVER_CASES } from './solvers.js';
import { SPECTRAL_CASES } from './spectral.js';
import { VECTOR_CASES } from './vectors.js';

/** All cases, in the order in which they run. */
export const CASES: readonly BenchCase[] = [
  ...VECTOR_CASES,
  ...KERNEL_CASES,
  ...ARRAY_CASES,
  ...DERIVATIVE_CASES,
  ...MATMUL_CASES,
  ...SPECTRAL_CASES,
  ...POSTSTACK_CASES,
  ...LSM_CASES,
  ...SOLVER_CASES,
  { name: 'import', params: {}, backend: 'cpu' },
];
