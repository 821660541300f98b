import { execFile } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update', '--dump-dom'],
];

/** The Chromium of this machine: `CHROMIUM`, or the first one on the PATH. */
export const chromium =
  process.env['CHROMIUM'] ??
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });

/**
 * The elements of a page after its scripts, as HTML.
 *
 * @throws Error if Chromium fails or takes longer than a minute
 */
export async function domOf(url: string, flags: readonly string[] = []): Promise<string> {
  const profile = mkdtempSync(join(tmpdir(), 'lops-chromium-'));
  try {
    const args = [...FLAGS, ...flags, `--user-data-dir=${profile}`, url];
    const { stdout } = await promisify(execFile)(chromium ?? 'chromium', args, {
      timeout: 60_000,
      maxBuffer: 1 << 26,
    });
    return stdout;
  } finally {
    rmSync(profile, { recursive: true, force: true });
  }
}
