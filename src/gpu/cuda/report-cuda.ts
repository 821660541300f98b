import type { BackendReport } from '../../core/ports/backend-report.js';
import { cudaAddon } from './cuda-addon.js';
import { deviceOf } from './cuda-settings.js';

/**
 * The devices and libraries of CUDA that this rank sees, and the device that would be its own;
 * makes no context.
 */
export function reportCuda(
  nodeRank = 0,
  env: Readonly<Record<string, string | undefined>> = process.env,
): BackendReport {
  const state = cudaAddon();
  if (!state.available) return { available: false, summary: state.reason, remedy: state.remedy };
  const libraries = Object.entries(state.libraries).map(
    ([name, library]) => `${name} ${library.available ? library.version : 'missing'}`,
  );
  return {
    available: true,
    summary: `driver ${state.driverVersion}; ${libraries.join(', ')}`,
    devices: state.devices.map(({ ordinal, name, totalBytes, pciBusId }) => ({
      index: ordinal,
      name,
      memoryBytes: totalBytes,
      id: pciBusId,
    })),
    device: deviceOf(env, state.devices, nodeRank).ordinal,
  };
}
