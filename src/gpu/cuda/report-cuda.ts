import type { AddonReport, BackendReport } from '../../core/ports/backend-report.js';
import { type Environment, environment } from '../../environment/environment.js';
import { addonFile, cudaAddon } from './cuda-addon.js';
import { deviceOf } from './cuda-settings.js';

/**
 * The CUDA devices and libraries that this rank sees, and the device that it would use. Creates no
 * context.
 */
export function reportCuda(nodeRank = 0, env: Environment = environment): BackendReport {
  const state = cudaAddon();
  const addon: AddonReport =
    !state.available && state.lacksAddon
      ? { name: 'cuda', available: false, details: state.reason, remedy: state.remedy }
      : { name: 'cuda', available: true, details: addonFile() };
  if (!state.available)
    return { available: false, summary: state.reason, remedy: state.remedy, addon, devices: [] };
  const libraries = Object.entries(state.libraries).map(
    ([name, library]) => `${name} ${library.available ? library.version : 'missing'}`,
  );
  return {
    available: true,
    addon,
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
