import type { AddonReport, BackendReport } from '../core/ports/backend-report.js';
import { setting } from '../environment/environment.js';
import { cpuAddon } from './cpu-addon.js';

/**
 * The kernels that a CPU backend uses: native kernels with their libraries, or the loops in
 * TypeScript.
 */
export function reportCpu(): BackendReport {
  const state = cpuAddon();
  if (!state.available) {
    const { reason, remedy } = state;
    return {
      available: true,
      summary: `missing: ${reason}; TypeScript kernels instead`,
      remedy,
      addon: { name: 'cpu', available: false, details: reason, remedy },
    };
  }
  const { simd, blas: name, fft, mathematics } = state.info;
  const blas = name && !state.addon.decompose ? `${name} without LAPACK` : name;
  const details = `${simd}, ${blas || 'no BLAS'}, ${fft || 'no FFT'}, ${mathematics || 'no SLEEF'}`;
  const addon: AddonReport = { name: 'cpu', available: true, details };
  const libraries =
    `matmul by ${blas || 'own loops'}, FFT by ${fft || 'own loops'}, ` +
    `mathematics by own loops and ${mathematics || 'libm'}`;
  if (setting('LOPS_CPU') === 'reference')
    return { available: true, summary: 'TypeScript, since LOPS_CPU=reference asks for it', addon };
  return { available: true, summary: `native, ${simd}; ${libraries}`, addon };
}
