// The flag --emulated-cuda of the commands. It builds the emulator of CUDA if its sources changed.
// It sets the environment in which the CUDA backend of this process and of its child processes uses
// the emulator.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Removes the flag from `args` and applies it.
 *
 * @returns whether the flag was there
 */
export async function takeEmulatedCuda(args = process.argv) {
  const at = args.indexOf('--emulated-cuda');
  if (at < 0) return false;
  args.splice(at, 1);
  // The emulator is not part of the npm package
  const { buildCuemu, cuemuFolder } = await import('./build-cuemu.mjs');
  await buildCuemu({ quiet: true });
  process.env.LOPS_CUDA_LIBRARIES = cuemuFolder;
  process.env.LOPS_CUDA_CACHE = join(root, 'build/cuda-cache');
  return true;
}
