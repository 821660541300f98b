import { delimiter } from 'node:path';
import { environment } from './environment.js';

/** The folders of the PATH. */
export const pathFolders = (): string[] =>
  (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
