/** What the programs of sections print, and their arguments. */
import { loadBackend, setDefaultBackend } from 'lops-mpi';
import { CudaBackend } from 'lops-mpi/cuda';
import type { Line, Row } from './section.js';

/** Small arrays and few cases: `--quick`. */
export const quick = process.argv.includes('--quick');

const say = (line: Line): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};
export const row = (values: Row): void => say({ row: values });
export const failure = (text: string): void => say({ failure: text });
export const skipped = (text: string): void => say({ skipped: text });

/** Rounds to four significant digits. */
export const rounded = (value: number): number => Number(value.toPrecision(4));

/** The CUDA backend, as the default one. */
export async function cudaBackend(): Promise<CudaBackend> {
  const backend = await loadBackend('cuda');
  if (!(backend instanceof CudaBackend))
    throw new Error(`expected a CUDA backend, received '${backend.name}'`);
  setDefaultBackend(backend);
  return backend;
}

/** The median of the device's seconds of five runs of `work`, after one that is not timed. */
export function deviceSeconds(backend: CudaBackend, work: () => void): number {
  work();
  const times = Array.from({ length: 5 }, () => backend.seconds(work)).sort((a, b) => a - b);
  return times[2] as number;
}
