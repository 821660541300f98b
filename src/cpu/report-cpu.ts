import type { BackendReport } from '../core/backend-report.js';
import { cpuAddon } from './native-addon.js';

/** The kernels that a CPU backend gets: native ones with their libraries, or those in TypeScript. */
export function reportCpu(): BackendReport {
  const state = cpuAddon();
  if (!state.available) return { available: true, summary: `missing: ${state.reason}; TypeScript kernels instead`, remedy: state.remedy };
  const { simd, blas, fft } = state.info;
  const libraries = `matmul by ${blas || 'own loops'}, FFT by ${fft || 'own loops'}`;
  if (process.env['LOPS_CPU'] === 'reference') return { available: true, summary: 'TypeScript, since LOPS_CPU=reference asks for it' };
  return { available: true, summary: `native, ${simd}; ${libraries}` };
}
