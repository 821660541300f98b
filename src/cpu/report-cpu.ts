import { readSetting } from '../core/base/settings.js';
import type { BackendReport } from '../core/ports/backend-report.js';
import { cpuAddon } from './cpu-addon.js';
import { CPU_SETTINGS } from './cpu-settings.js';

/**
 * The kernels that a CPU backend gets: native ones with their libraries, or those in TypeScript.
 */
export function reportCpu(): BackendReport {
  const state = cpuAddon();
  if (!state.available)
    return {
      available: true,
      summary: `missing: ${state.reason}; TypeScript kernels instead`,
      remedy: state.remedy,
    };
  const { simd, blas, fft } = state.info;
  const libraries = `matmul by ${blas || 'own loops'}, FFT by ${fft || 'own loops'}`;
  if (readSetting(CPU_SETTINGS.kernels, process.env) === 'reference')
    return { available: true, summary: 'TypeScript, since LOPS_CPU=reference asks for it' };
  return { available: true, summary: `native, ${simd}; ${libraries}` };
}
