import { fileURLToPath } from 'node:url';
import type { Section } from './section.js';

/** The name of a section, the most seconds that it may take, its title, and what it says. */
const SECTIONS = [
  ['device', 20, 'The device', 'The device, libraries and settings; the output of `lops doctor`.'],
  [
    'bandwidth',
    20,
    'Rates of the memory',
    'Long vectors. The rate of `copy` in float64 is the one that times are held against.',
  ],
  [
    'conformance',
    130,
    'Conformance',
    'Every kernel beside the reference, expressions, raw kernels, numbers of launches.',
  ],
  [
    'times',
    120,
    'Times',
    'Medians by the clock of the device. Rates count the least bytes: each input read once, each output ' +
      'written once.',
  ],
  ['cupy', 60, 'CuPy', 'The same arrays with CuPy.'],
  [
    'transports',
    100,
    'Between ranks',
    'NCCL on one rank, and two ranks with each transport of device memory that works here.',
  ],
  [
    'large',
    40,
    'More than 2³¹ elements',
    'Kernels on two arrays of float32; the milliseconds include waits.',
  ],
  ['memory', 30, 'Memory and the host', 'Times of calls on the host, garbage, and arrays that do not fit.'],
  ['profile', 60, 'Profile', 'The longest run of each kernel, by Nsight Compute.'],
] as const;

/** The sections, in their order. */
export const sections = (args: readonly string[]): readonly Section[] =>
  SECTIONS.map(([name, seconds, title, about]) => {
    const script = fileURLToPath(new URL(`./sections/${name}.js`, import.meta.url));
    return { name, seconds, title, about, command: [process.execPath, '--expose-gc', script, ...args] };
  });
