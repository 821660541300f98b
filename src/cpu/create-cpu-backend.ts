import { ArgumentError, BackendError } from '../core/base/errors.js';
import { checkTexts } from '../core/base/options.js';
import { textOf } from '../core/base/text-of.js';
import { environment, setting } from '../environment/environment.js';
import { cpuAddon } from './cpu-addon.js';
import { CpuBackend, type CpuBackendOptions } from './cpu-backend.js';
import { nativeOptions } from './native-kernels.js';

/**
 * Creates the CPU backend that the environment variable `LOPS_CPU` selects. `reference` is the
 * TypeScript loops only. Unset or `native` is the native kernels; if it is unset and they are not
 * built, the loops are used.
 *
 * @param load returns the options of an addon, or undefined if there is none
 * @throws {@link ArgumentError} for any other value
 * @throws {@link BackendError} for `native` without an addon
 */
export function createCpuBackend(
  load: () => CpuBackendOptions | undefined = nativeOptions,
  choice = environment.LOPS_CPU,
): CpuBackend {
  checkTexts('createCpuBackend', { choice }, ['choice']);
  const kernels = setting('LOPS_CPU', { LOPS_CPU: choice });
  if (kernels === 'reference') return new CpuBackend();
  if (typeof load !== 'function')
    throw new ArgumentError(`createCpuBackend: expected a function as load, received ${textOf(load)}`);
  const options = load();
  if (kernels === 'native' && !options) {
    const state = cpuAddon();
    const why = state.available ? 'the native kernels are not built' : `${state.reason}: ${state.remedy}`;
    throw new BackendError(`LOPS_CPU=native, but ${why}`);
  }
  return new CpuBackend(options);
}
