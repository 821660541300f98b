import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeDocument } from '../../io/output.js';
import { openInBrowser } from './open-in-browser.js';

/** Writes a page to a file in a folder for temporary files, opens it, and returns its path. */
export function showDocument(html: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'lops-figure-')), 'figure.html');
  writeDocument(path, html);
  openInBrowser(path);
  return path;
}
