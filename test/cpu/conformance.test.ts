import { CpuBackend } from '../../src/cpu/cpu-backend.js';
import { backendConformance } from '../../src/testing/index.js';

// The reference against itself: that every case can run, and runs the same twice
backendConformance(() => new CpuBackend());
