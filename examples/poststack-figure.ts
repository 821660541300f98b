import type { NDArray } from 'lops-mpi';
import { colorRange, Figure, heatMap } from 'lops-mpi/plotting';

const TITLES: Readonly<Record<string, string>> = {
  true: 'True model',
  background: 'Background',
  data: 'Data',
  cgls: 'CGLS',
  ne: 'CG, normal equations, Laplacian',
  stacked: 'CGLS, stacked with Laplacian',
};

/** A vertical section (first row) and a horizontal slice (second row) of each result. */
export function drawPoststack(path: string, results: ReadonlyMap<string, NDArray>, { dt }: { readonly dt: number }): void {
  const truth = results.get('true') as NDArray;
  const [ny, nx, nz] = truth.shape as [number, number, number];
  const [iy, iz] = [Math.floor(ny / 2), Math.floor(0.55 * nz)];
  const impedance = colorRange(truth.toHost());
  const panels = [...results].map(([name, array]) => {
    const isData = name === 'data';
    const look = isData
      ? ({ colorMap: 'seismic', range: colorRange(array.toHost(), { symmetric: true }), colorBarLabel: 'amplitude' } as const)
      : ({ colorMap: 'terrain', range: impedance, colorBarLabel: 'ln impedance' } as const);
    return {
      section: heatMap(array.slice(iy).toHost(), [nx, nz], {
        ...look,
        transpose: true,
        extent: [0, nx, nz * dt, 0],
        title: TITLES[name] ?? name,
        xLabel: 'x [trace]',
        yLabel: 'time [s]',
        marks: [{ y: iz * dt }],
      }),
      slice: heatMap(array.slice(null, null, iz).toHost(), [ny, nx], {
        ...look,
        extent: [0, nx, ny, 0],
        xLabel: 'x [trace]',
        yLabel: 'y [section]',
        marks: [{ y: iy }],
      }),
    };
  });
  new Figure({ columns: panels.length, title: `Post-stack inversion: section y = ${iy}, slice t = ${(iz * dt).toFixed(2)} s` })
    .add(...panels.map((p) => p.section), ...panels.map((p) => p.slice))
    .writePng(path);
}
