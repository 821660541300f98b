import { readFileSync } from 'node:fs';
import { packagePath } from './package-root.js';

/** The version of this package. */
export const packageVersion = (): string =>
  (JSON.parse(readFileSync(packagePath('package.json'), 'utf8')) as { version: string }).version;
