import { CpuBackend } from '../../src/cpu/cpu-backend.js';
import { backendConformance } from '../../src/testing/index.js';
import { MORE, SEED } from '../support/draws.js';

// The reference against itself: that every case can run, and runs the same twice
backendConformance(() => new CpuBackend(), { seed: SEED, draws: 12 * MORE });
