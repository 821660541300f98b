import { spawn } from 'node:child_process';
import { environment } from '../../environment/environment.js';

/** The program that opens a file of this machine's desktop. Undefined without a display. */
function opener(path: string): readonly [string, ...string[]] | undefined {
  if (process.platform === 'darwin') return ['open', path];
  if (process.platform === 'win32') return ['cmd', '/c', 'start', '', path];
  const hasDisplay = Boolean(environment['DISPLAY'] || environment['WAYLAND_DISPLAY']);
  return hasDisplay ? ['xdg-open', path] : undefined;
}

/**
 * Opens a file in the browser, without waiting for it. Where there is no display, or no program
 * that opens files, its path is printed.
 */
export function openInBrowser(path: string): void {
  const print = (): void => console.log(path);
  const command = opener(path);
  if (!command) return print();
  const [program, ...args] = command;
  const child = spawn(program, args, { detached: true, stdio: 'ignore' });
  child.on('error', print);
  child.unref();
}
