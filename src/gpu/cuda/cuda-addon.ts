import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { BackendError, messageOf } from '../../core/base/errors.js';
import { PACKAGE_ROOT } from '../../core/base/package-root.js';
import type { CudaAddon, CudaDeviceInfo, CudaLibrary } from './cuda-addon-interface.js';

/** The available CUDA of this process, or the reason why it is missing and the remedy. */
export type CudaState =
  | {
      readonly available: true;
      readonly addon: CudaAddon;
      readonly driverVersion: string;
      /** At least one device. */
      readonly devices: readonly CudaDeviceInfo[];
      readonly libraries: Readonly<Record<'cuda' | 'nvrtc' | 'cublas' | 'cufft' | 'nccl', CudaLibrary>>;
    }
  | { readonly available: false; readonly reason: string; readonly remedy: string };

export const NATIVE = new URL('native/cuda/', PACKAGE_ROOT);

export const ADDON_FILE = fileURLToPath(new URL('build/Release/lops_cuda.node', NATIVE));

const BUILD = "run 'npx lops setup' (in a clone: npm run setup), or use backend 'cpu'";

function load(folder: string | undefined): CudaState {
  try {
    if (!existsSync(ADDON_FILE))
      return { available: false, reason: `the CUDA addon is not built (no ${ADDON_FILE})`, remedy: BUILD };
    const addon = createRequire(import.meta.url)(ADDON_FILE) as CudaAddon;
    addon.setErrorClass(BackendError);
    const probe = folder ? addon.probe(folder) : addon.probe();
    if (!probe.available) return probe;
    if (probe.devices.length === 0)
      return {
        available: false,
        reason: 'the CUDA driver sees no device',
        remedy: "check CUDA_VISIBLE_DEVICES, or use backend 'cpu'",
      };
    const { nvrtc } = probe.libraries;
    if (!nvrtc.available) return nvrtc;
    return { ...probe, addon };
  } catch (error) {
    const reason = `the CUDA addon did not load: ${messageOf(error)}`;
    return { available: false, reason, remedy: BUILD };
  }
}

let state: CudaState | undefined;

/**
 * Loads `native/cuda` and the CUDA libraries at the first call. The folder in the environment
 * variable `LOPS_CUDA_LIBRARIES` is searched before those of the system. Never throws.
 */
export function cudaAddon(): CudaState {
  state ??= load(process.env['LOPS_CUDA_LIBRARIES']);
  return state;
}
