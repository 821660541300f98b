import { COMM_WORLD, type Communicator, DistributedArray, type DType, MPIVStack, NDArray } from 'lops-mpi';
import { type HostArray, hostArray } from 'lops-mpi/extend';
import { Kirchhoff, ricker } from 'lops-mpi/local';

/**
 * The sizes of a survey over a medium of constant velocity. Image points are `step` metres apart;
 * sources and receivers are in rows near the surface.
 */
export interface SurveySizes {
  readonly nx: number;
  readonly nz: number;
  readonly sources: number;
  readonly receivers: number;
  /** Number of samples of a trace, 4 ms apart. */
  readonly nt: number;
}

export interface SurveyOptions {
  /** @default the backend's own */
  readonly dtype?: DType | undefined;
  /** @default COMM_WORLD */
  readonly comm?: Communicator;
}

export const SURVEY = {
  step: 4,
  dt: 0.004,
  velocity: 1000,
  sourceDepth: 20,
  receiverDepth: 0,
  frequency: 20,
} as const;

const axis = (n: number, step: number): Float64Array => Float64Array.from({ length: n }, (_, i) => i * step);

/**
 * `count` stations from `first` on, `[2, count]`, of `all` stations that are distributed evenly
 * over the width.
 */
function row(all: number, width: number, depth: number, first = 0, count = all): NDArray {
  const at = (k: number): number => ((first + k) * width) / Math.max(1, all - 1);
  return NDArray.fromHost(
    Float64Array.from({ length: 2 * count }, (_, k) => (k < count ? at(k) : depth)),
    [2, count],
    { backend: 'cpu' },
  );
}

/**
 * Kirchhoff demigration `[nx, nz]` → `[sources, receivers, nt]`. Each rank models its share of the
 * sources. The image is BROADCAST, the traces are SCATTER.
 */
export function surveyOperator(
  { nx, nz, sources, receivers, nt }: SurveySizes,
  { dtype = 'float64', comm = COMM_WORLD }: SurveyOptions = {},
): MPIVStack {
  const { step, dt, velocity, sourceDepth, receiverDepth, frequency } = SURVEY;
  const width = (nx - 1) * step;
  const { start, shape } = DistributedArray.empty(sources, { comm }).box;
  const [first = 0, count = 0] = [start[0], shape[0]];
  const geometry = {
    x: axis(nx, step),
    z: axis(nz, step),
    t: axis(nt, dt),
    srcs: row(sources, width, sourceDepth, first, count),
    recs: row(receivers, width, receiverDepth),
  };
  const { wavelet, center } = ricker(axis(41, dt), frequency);
  return new MPIVStack(
    count === 0 ? [] : [new Kirchhoff(geometry, wavelet, center, { vel: velocity, dtype })],
    { comm },
  );
}

/**
 * Reflectivity `[nx, nz]` of dipping and curved layers and of a diffractor. Each is one sample
 * thick.
 */
export function layeredReflectivity(nx: number, nz: number, dtype: DType = 'float64'): HostArray {
  const image = hostArray(dtype, nx * nz);
  for (let ix = 0; ix < nx; ix++) {
    const x = ix / Math.max(1, nx - 1);
    const reflectors = [
      { depth: 0.3 + 0.06 * x, value: 1 },
      { depth: 0.55 - 0.09 * Math.exp(-(((x - 0.5) / 0.18) ** 2)), value: -0.8 },
      { depth: 0.85 - 0.08 * x, value: 0.5 },
    ];
    for (const { depth, value } of reflectors)
      image[ix * nz + Math.min(nz - 1, Math.round(depth * (nz - 1)))] = value;
  }
  image[Math.round(0.72 * (nx - 1)) * nz + Math.round(0.45 * (nz - 1))] = 1;
  return image;
}
