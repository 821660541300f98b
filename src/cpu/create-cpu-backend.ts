import { BackendError } from '../core/base/errors.js';
import { readSetting } from '../core/base/settings.js';
import { cpuAddon } from './cpu-addon.js';
import { CpuBackend, type CpuBackendOptions } from './cpu-backend.js';
import { CPU_SETTINGS } from './cpu-settings.js';
import { nativeOptions } from './native-kernels.js';

/**
 * The CPU backend that the environment variable `LOPS_CPU` asks for: `reference` for the TypeScript
 * loops alone, unset (or `native`) for the native kernels where they are built. Throws
 * ArgumentError for any other value, {@link BackendError} for `native` where there is no addon.
 * @param load the options of an addon, undefined where there is none
 */
export function createCpuBackend(
  load: () => CpuBackendOptions | undefined = nativeOptions,
  choice = process.env.LOPS_CPU,
): CpuBackend {
  const kernels = readSetting(CPU_SETTINGS.kernels, { LOPS_CPU: choice });
  if (kernels === 'reference') return new CpuBackend();
  const options = load();
  if (kernels === 'native' && !options) {
    const state = cpuAddon();
    const why = state.available ? 'the native kernels are not built' : `${state.reason}: ${state.remedy}`;
    throw new BackendError(`LOPS_CPU=native, but ${why}`);
  }
  return new CpuBackend(options);
}
