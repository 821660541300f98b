import { BackendError } from '../core/errors.js';
import { CpuBackend, type CpuBackendOptions } from './cpu-backend.js';

/**
 * The CPU backend that the environment variable `LOPS_CPU` asks for: `reference` for the TypeScript loops alone, unset (or `native`)
 * for what `load` finds beside them. Throws {@link BackendError} for any other value, and for `native` where there is no addon.
 * @param load the options of an addon, undefined where there is none
 */
export function createCpuBackend(load: () => CpuBackendOptions | undefined = () => undefined, choice = process.env.LOPS_CPU): CpuBackend {
  if (choice === 'reference') return new CpuBackend();
  if (choice !== undefined && choice !== '' && choice !== 'native')
    throw new BackendError(`expected LOPS_CPU to be 'reference' or 'native', received '${choice}'`);
  const options = load();
  if (choice === 'native' && !options)
    throw new BackendError("LOPS_CPU=native, but the native kernels are not built: run 'npx lops setup'");
  return new CpuBackend(options);
}
