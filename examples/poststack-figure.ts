import type { DistributedArray } from 'lops-mpi';
import * as xp from 'lops-mpi/array';
import { Figure, volume } from 'lops-mpi/plotting';

const TITLES: Readonly<Record<string, string>> = {
  true: 'True model',
  background: 'Background',
  data: 'Data',
  cgls: 'CGLS',
  ne: 'Laplacian, normal equations (CG)',
  stacked: 'Laplacian, stacked (CGLS)',
  tv: 'Total variation (ADMM)',
};

/** Draws three sections of each result. Collective; rank 0 writes the figure. */
export function drawPoststack(
  results: ReadonlyMap<string, DistributedArray>,
  { dt }: { readonly dt: number },
): Figure {
  const truth = results.get('true') as DistributedArray;
  const [ny, nx, nz] = truth.globalShape as [number, number, number];
  const range = [Number(xp.min(truth)), Number(xp.max(truth))] as const;
  const figure = new Figure({ columns: 3, title: 'Post-stack inversion' });
  for (const [name, array] of results)
    figure.add(
      ...volume(array, {
        ...(name === 'data'
          ? ({ colorMap: 'RdBu', colorBarLabel: 'amplitude' } as const)
          : { range, colorBarLabel: 'ln impedance' }),
        title: TITLES[name] ?? name,
        at: [Math.floor(ny / 2), Math.floor(nx / 2), Math.floor(0.55 * nz)],
        axes: [{ label: 'section y' }, { label: 'trace x' }, { label: 'time [s]', step: dt }],
      }),
    );
  return figure;
}
