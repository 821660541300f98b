import { createRequire } from 'node:module';
import { join } from 'node:path';
import { BackendError, messageOf } from '../../core/base/errors.js';
import { requireHere } from '../../package/require-here.js';
import type { GpuJsModule } from './gpu-js.js';

/**
 * Loads the package gpu.js. Returns undefined if it is not installed.
 *
 * @throws {@link BackendError} if it is installed and does not load
 */
export function loadGpuJs(): GpuJsModule | undefined {
  for (const load of [requireHere, createRequire(join(process.cwd(), 'package.json'))]) {
    try {
      const module: GpuJsModule = load('gpu.js');
      return module;
    } catch (error) {
      if (
        error instanceof Error &&
        'code' in error &&
        error.code === 'MODULE_NOT_FOUND' &&
        error.message.includes("'gpu.js'")
      )
        continue;
      throw new BackendError(
        `gpu.js is installed but cannot be loaded (${messageOf(error)}): npm install gpu.js again`,
        {
          cause: error,
        },
      );
    }
  }
  return undefined;
}
