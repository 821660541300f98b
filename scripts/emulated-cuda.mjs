// The flag --emulated-cuda of the commands: builds the emulator of CUDA where its sources changed,
// and sets the environment by which the CUDA backend of this process and of its children runs on
// it.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Takes the flag out of `args`, where it is, and does what it asks for. Answers whether it was
 * there.
 */
export async function takeEmulatedCuda(args = process.argv) {
  const at = args.indexOf('--emulated-cuda');
  if (at < 0) return false;
  args.splice(at, 1);
  // Not part of the package
  const { buildCuemu, cuemuFolder } = await import('./build-cuemu.mjs');
  await buildCuemu({ quiet: true });
  process.env.LOPS_CUDA_LIBRARIES = cuemuFolder;
  process.env.LOPS_CUDA_CACHE = join(root, 'build/cuda-cache');
  return true;
}
