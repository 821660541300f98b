import type { NDArray } from 'lops-mpi';
import { colorRange, Figure, heatMap } from 'lops-mpi/plotting';
import { writeFigure } from './support.js';

const TITLES: Readonly<Record<string, string>> = {
  true: 'True model',
  background: 'Background',
  data: 'Data',
  cgls: 'CGLS',
  ne: 'Laplacian, normal equations (CG)',
  stacked: 'Laplacian, stacked (CGLS)',
  tv: 'Total variation (ADMM)',
};

const COLUMNS = 3;

/** Draws a vertical section and a horizontal slice of each result. */
export function drawPoststack(
  path: string,
  results: ReadonlyMap<string, NDArray>,
  { dt }: { readonly dt: number },
): void {
  const truth = results.get('true') as NDArray;
  const [ny, nx, nz] = truth.shape as [number, number, number];
  const [iy, iz] = [Math.floor(ny / 2), Math.floor(0.55 * nz)];
  const impedance = colorRange(truth.toHost());
  const panels = [...results].map(([name, array]) => {
    const isData = name === 'data';
    const look = isData
      ? ({
          colorMap: 'seismic',
          range: colorRange(array.toHost(), { symmetric: true }),
          colorBarLabel: 'amplitude',
        } as const)
      : ({ colorMap: 'terrain', range: impedance, colorBarLabel: 'ln impedance' } as const);
    return {
      section: heatMap(array.slice(iy).toHost(), [nx, nz], {
        ...look,
        transpose: true,
        extent: [0, nx, 0, nz * dt],
        title: TITLES[name] ?? name,
        xLabel: 'x [trace]',
        yLabel: 'time [s]',
        marks: [{ y: iz * dt }],
      }),
      slice: heatMap(array.slice(null, null, iz).toHost(), [ny, nx], {
        ...look,
        extent: [0, nx, 0, ny],
        xLabel: 'x [trace]',
        yLabel: 'y [section]',
        marks: [{ y: iy }],
      }),
    };
  });
  const figure = new Figure({
    columns: COLUMNS,
    title: `Post-stack inversion: sections at y = ${iy}, slices at t = ${(iz * dt).toFixed(2)} s`,
  });
  for (let k = 0; k < panels.length; k += COLUMNS) {
    const row = panels.slice(k, k + COLUMNS);
    figure.add(...row.map((p) => p.section), ...row.map((p) => p.slice));
  }
  writeFigure(figure, path);
}
