import { MpiError } from '../../../core/base/errors.js';

/** A page has no process to end: the program is left by an error. */
export const endProcess: typeof import('./end-process.js').endProcess = (code, message) => {
  throw new MpiError(message || `aborted with code ${code}`);
};
