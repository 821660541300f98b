/** Checks CUDA sources with the toolkit's compiler, where there is one. It needs no GPU. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const nvcc = (): string => process.env['LOPS_NVCC'] ?? 'nvcc';

/** Whether nvcc (or what `LOPS_NVCC` names) starts. */
export const hasNvcc = (): boolean => spawnSync(nvcc(), ['--version'], { stdio: 'ignore' }).status === 0;

/**
 * Compiles a `.cu` file for each architecture and answers the errors and warnings, nothing where
 * there are none. Throws where there is no nvcc.
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
