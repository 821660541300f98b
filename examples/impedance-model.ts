import { type Command, Option } from 'commander';
import { ArgumentError, DistributedArray, NDArray, resolveBackend } from 'lops-mpi';
import { fillUniform, type HostArray, hostArray } from 'lops-mpi/extend';
import { readNpz } from 'lops-mpi/io';
import { integerFrom, numeric, positive } from './support.js';

/**
 * The natural logarithm of acoustic impedance on a grid of traces × depths: one vertical section,
 * and its variation from section to section.
 */
export interface ImpedanceModel {
  readonly nx: number;
  readonly nz: number;
  /** Log-impedance of trace ix at depth iz in section iy of ny. */
  value(iy: number, ny: number, ix: number, iz: number): number;
}

/**
 * A folded and faulted layered model. The same seed makes the same model. The layers have random
 * thickness and impedance. A fold that varies with y bends them, and a normal fault that dips with
 * depth cuts them.
 */
export function layeredModel(nx: number, nz: number, seed: number): ImpedanceModel {
  const layers = 28;
  const draws = fillUniform(seed, 0, new Float64Array(2 * layers));
  const bottoms = new Float64Array(layers);
  const impedances = new Float64Array(layers);
  let depth = 0;
  for (let k = 0; k < layers; k++) {
    depth += 0.4 + 1.2 * (draws[2 * k] as number);
    bottoms[k] = depth;
    // impedance increases with depth, in km/s · g/cm³, with contrasts of up to some ten per cent
    impedances[k] = (3.5 + (5 * k) / layers) * (1 + 0.3 * ((draws[2 * k + 1] as number) - 0.5));
  }
  const total = depth;
  return {
    nx,
    nz,
    value: (iy, ny, ix, iz) => {
      const [x, y, z] = [ix / nx, iy / Math.max(ny - 1, 1), iz / nz];
      const fold =
        0.05 * Math.sin(2 * Math.PI * (1.3 * x + 0.4 * y)) +
        0.03 * Math.cos(2 * Math.PI * (0.6 * x - 0.8 * y));
      const fault = x > 0.52 + 0.08 * y + 0.25 * (z - 0.5) ? 0.06 : 0;
      const stratum = (z + (fold + fault) * Math.min(1, 2.5 * z)) * total * 0.92;
      let k = 0;
      while (k < layers - 1 && (bottoms[k] as number) < stratum) k++;
      return Math.log(impedances[k] as number);
    },
  };
}

/**
 * The section `model` (depth × x, positive impedances) of an .npz file. It uses every `step`-th
 * sample and scales the section slightly for each value of y.
 */
export function modelFromFile(path: string, step: number): ImpedanceModel {
  const entry = readNpz(path).get('model');
  if (!entry) throw new ArgumentError(`${path}: expected an array 'model' of depth × x`);
  const section = entry.read();
  const [rows, columns] = section.shape as [number, number];
  const values = section.toHost();
  if (section.shape.length !== 2 || !values.every((v) => v > 0))
    throw new ArgumentError(`${path}: expected 'model' of two axes and positive values`);
  return {
    nx: Math.ceil(columns / step),
    nz: Math.ceil(rows / step),
    value: (iy, _ny, ix, iz) =>
      Math.log(values[iz * step * columns + ix * step] as number) * (1 + 0.002 * iy),
  };
}

/**
 * Fills `values` with sections `first`, `first + 1`, … of `ny`. The array has the shape
 * `[sections, nx, nz]`.
 */
export function sections(model: ImpedanceModel, first: number, ny: number, values: HostArray): HostArray {
  const { nx, nz } = model;
  for (let at = 0, iy = first; at < values.length; iy++) {
    for (let ix = 0; ix < nx; ix++)
      for (let iz = 0; iz < nz; iz++) values[at++] = model.value(iy, ny, ix, iz);
  }
  return values;
}

/** Flags of the model and its grid. */
export interface ModelFlags {
  readonly backend: string;
  readonly model?: string;
  readonly step: number;
  readonly ny: number;
  readonly nx: number;
  readonly nz: number;
  readonly noise: number;
  readonly dtype?: 'float32' | 'float64';
  readonly seed: number;
}

export function addModelFlags(
  command: Command,
  { ny, nx, nz }: Pick<ModelFlags, 'ny' | 'nx' | 'nz'>,
): Command {
  return command
    .option('--model <file.npz>', "impedance section 'model' (depth × x); otherwise a layered model is built")
    .option('--step <n>', 'take every n-th sample of the file', positive, 3)
    .option('--ny <n>', 'sections, distributed over the ranks', positive, ny)
    .option('--nx <n>', 'traces of a section of the built model', positive, nx)
    .option('--nz <n>', 'samples of a trace of the built model; at least 3', integerFrom(3), nz)
    .option('--noise <share>', 'noise added to the data, relative to its norm', numeric, 0.05)
    .addOption(
      new Option('--dtype <name>', "of all arrays; otherwise the backend's own").choices([
        'float32',
        'float64',
      ]),
    )
    .option('--seed <n>', 'of model and noise', numeric, 42);
}

/** The log-impedance `[ny, nx, nz]`, distributed along y. Each rank computes its own sections. */
export function distributedModel(flags: ModelFlags): DistributedArray {
  const { backend, ny, dtype = resolveBackend(backend).defaultDType } = flags;
  const model = flags.model
    ? modelFromFile(flags.model, flags.step)
    : layeredModel(flags.nx, flags.nz, flags.seed);
  const m = DistributedArray.empty([ny, model.nx, model.nz], { backend, dtype });
  const values = sections(model, m.box.start[0] as number, ny, hostArray(dtype, m.local.size));
  m.local.assign(NDArray.fromHost(values, m.localShape, { dtype, backend }));
  return m;
}
