import { choiceSetting, countSetting } from '../core/base/settings.js';

/** Environment variables of the CPU backend. */
export const CPU_SETTINGS = {
  kernels: choiceSetting('LOPS_CPU', ['reference', 'native']),
  simd: choiceSetting('LOPS_CPU_SIMD', ['baseline', 'avx2', 'avx512']),
  streamBytes: countSetting('LOPS_CPU_STREAM_BYTES', 'a number of bytes, 0 or more', 0),
  threads: countSetting('LOPS_THREADS', 'a positive number of threads', 1),
} as const;
