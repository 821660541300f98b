import { CpuBackend } from '../../src/cpu/cpu-backend.js';
import { backendConformance } from '../../src/testing/index.js';
import { MORE, SEED } from '../support/draws.js';

// Compares the reference with itself: every case must run, and must give the same result twice.
backendConformance(() => new CpuBackend(), { seed: SEED, draws: 12 * MORE });
