import { BackendError } from '../core/errors.js';
import { CpuBackend, type CpuBackendOptions } from './cpu-backend.js';
import { nativeOptions } from './native.js';
import { cpuAddon } from './native-addon.js';

/**
 * The CPU backend that the environment variable `LOPS_CPU` asks for: `reference` for the TypeScript loops alone, unset (or `native`)
 * for the native kernels where they are built. Throws {@link BackendError} for any other value, and for `native` where there is no addon.
 * @param load the options of an addon, undefined where there is none
 */
export function createCpuBackend(load: () => CpuBackendOptions | undefined = nativeOptions, choice = process.env.LOPS_CPU): CpuBackend {
  if (choice === 'reference') return new CpuBackend();
  if (choice !== undefined && choice !== '' && choice !== 'native')
    throw new BackendError(`expected LOPS_CPU to be 'reference' or 'native', received '${choice}'`);
  const options = load();
  if (choice === 'native' && !options) {
    const state = cpuAddon();
    const why = state.available ? 'the native kernels are not built' : `${state.reason}: ${state.remedy}`;
    throw new BackendError(`LOPS_CPU=native, but ${why}`);
  }
  return new CpuBackend(options);
}
