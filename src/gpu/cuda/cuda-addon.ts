import { existsSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { BackendError, messageOf } from '../../core/base/errors.js';
import { setting } from '../../environment/environment.js';
import { hasPackage, NO_PACKAGE, packagePath } from '../../package/package-root.js';
import { requireHere } from '../../package/require-here.js';
import type { CudaAddon, CudaDeviceInfo, CudaLibraries } from './cuda-addon-interface.js';

/** The available CUDA of this process, or the reason why it is missing and the remedy. */
export type CudaState =
  | {
      readonly available: true;
      readonly addon: CudaAddon;
      readonly driverVersion: string;
      /** At least one device. */
      readonly devices: readonly CudaDeviceInfo[];
      readonly libraries: CudaLibraries;
    }
  | {
      readonly available: false;
      readonly reason: string;
      readonly remedy: string;
      /** Set if the addon itself is missing or does not load, and not what it needs. */
      readonly lacksAddon?: true;
    };

/** @throws {@link BackendError} if the package is not found */
export const addonFile = (): string => packagePath('native/cuda/build/Release/lops_cuda.node');

const BUILD = "run 'npx lops setup' (in a clone: npm run setup), or use backend 'cpu'";

let collect: (() => void) | undefined;

/**
 * Collects all garbage at once, which takes milliseconds. V8 has this function behind a flag, which
 * is read when a context is made.
 */
function collectGarbage(): void {
  collect ??= (globalThis as { gc?: () => void }).gc;
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
    setFlagsFromString('--no-expose-gc');
  }
  collect();
}

function load(folder: string | undefined): CudaState {
  const lacksAddon = (reason: string, remedy: string): CudaState => ({
    available: false,
    reason,
    remedy,
    lacksAddon: true,
  });
  if (!hasPackage()) return lacksAddon(NO_PACKAGE.reason, NO_PACKAGE.remedy);
  try {
    const file = addonFile();
    if (!existsSync(file)) return lacksAddon(`the CUDA addon is not built (no ${file})`, BUILD);
    const addon = requireHere(file) as CudaAddon;
    addon.setErrorClass(BackendError);
    addon.setCollector(collectGarbage);
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
    return lacksAddon(`the CUDA addon did not load: ${messageOf(error)}`, BUILD);
  }
}

let state: CudaState | undefined;

/**
 * Loads `native/cuda` and the CUDA libraries at the first call. The folders in the environment
 * variable `LOPS_CUDA_LIBRARIES` are searched before those of the system. Never throws.
 */
export function cudaAddon(): CudaState {
  state ??= load(setting('LOPS_CUDA_LIBRARIES'));
  return state;
}
