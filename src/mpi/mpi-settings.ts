import { choiceSetting, countSetting, numberSetting } from '../core/base/settings.js';

/** Environment variables of the message layer. */
export const MPI_SETTINGS = {
  mpi: choiceSetting('LOPS_MPI', ['on', 'off']),
  debug: choiceSetting('LOPS_DEBUG', ['0', '1']),
  timeout: numberSetting('LOPS_TIMEOUT', 'a positive number of seconds', (seconds) => seconds > 0),
  exitTimeout: numberSetting('LOPS_MPI_EXIT_TIMEOUT', 'a number of seconds, 0 or more', () => true),
  maxCount: countSetting('LOPS_MPI_MAX_COUNT', 'a positive integer', 1),
} as const;
