import { backendConformance } from '../../src/testing/index.js';
import { testCudaBackend } from '../support/emulated-cuda.js';

backendConformance(testCudaBackend);
