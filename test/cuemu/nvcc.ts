/** Checks CUDA sources with the compiler of the toolkit, if it is installed. No GPU is needed. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const nvcc = (): string => process.env['LOPS_NVCC'] ?? 'nvcc';

/** True if nvcc (or the program that `LOPS_NVCC` names) starts. */
export const hasNvcc = (): boolean => spawnSync(nvcc(), ['--version'], { stdio: 'ignore' }).status === 0;

/**
 * Compiles a `.cu` file for each architecture.
 *
 * @returns the errors and warnings, an empty text if there are none
 *
 * @throws Error if nvcc is not installed
 */
export function checkWithNvcc(
  file: string,
  architectures: readonly string[] = ['sm_80', 'sm_90'],
  options: readonly string[] = [],
): string {
  const folder = mkdtempSync(join(tmpdir(), 'nvcc-'));
  try {
    return architectures
      .map((architecture) => {
        const args = [
          ...options,
          '-std=c++14',
          `-arch=${architecture}`,
          '--cubin',
          '-x',
          'cu',
          file,
          '-o',
          join(folder, 'kernel.cubin'),
        ];
        const { status, stdout, stderr, error } = spawnSync(nvcc(), args, {
          encoding: 'utf8',
          timeout: 300_000,
        });
        if (error) throw error;
        const said = `${stdout}${stderr}`.trim();
        return status === 0 && said === '' ? '' : `${architecture}: ${said || `exit status ${status}`}`;
      })
      .filter((text) => text !== '')
      .join('\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
