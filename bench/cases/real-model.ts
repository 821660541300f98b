import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DistributedArray, NDArray } from 'lops-mpi';
import { hostArray } from 'lops-mpi/extend';
import { readNpz } from 'lops-mpi/io';
import { ricker } from 'lops-mpi/local';
import { type ImpedanceModel, layeredModel, sections } from '../../examples/impedance-model.js';
import type { Details } from '../case.js';

export const SECTIONS = 20;
export const TRACE_STEP = 3;

const root = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * The real section, every third trace, if LOPS_DATA or ../shared/data has it. Otherwise a computed
 * section of the same size.
 */
function impedance(): { readonly model: ImpedanceModel; readonly source: string } {
  for (const folder of [process.env['LOPS_DATA'], join(root, '../shared/data')]) {
    const path = folder && join(folder, 'poststack_model.npz');
    if (!path || !existsSync(path)) continue;
    const section = readNpz(path).get('model')?.read();
    if (section?.shape.length !== 2) throw new Error(`${path}: expected an array 'model' of depth × x`);
    const [nz, columns] = section.shape as [number, number];
    const values = section.toHost();
    return {
      model: {
        nx: Math.ceil(columns / TRACE_STEP),
        nz,
        value: (iy, _ny, ix, iz) =>
          Math.log(values[iz * columns + ix * TRACE_STEP] as number) * (1 + 0.02 * iy),
      },
      source: 'poststack_model.npz',
    };
  }
  return { model: layeredModel(267, 550, 42), source: 'layered model, no poststack_model.npz' };
}

/** Log-impedance of shape [sections, traces, samples], distributed over the sections. */
export function realModel(): { readonly truth: DistributedArray; readonly details: () => Details } {
  const { model, source } = impedance();
  const dims = [SECTIONS, model.nx, model.nz];
  const truth = DistributedArray.empty(dims);
  const values = sections(
    model,
    truth.box.start[0] as number,
    SECTIONS,
    hostArray('float64', truth.local.size),
  );
  truth.local.assign(NDArray.fromHost(values, truth.localShape));
  return { truth, details: () => ({ model: source, dims: dims.join('x') }) };
}

/** 41 samples of a Ricker wavelet of 15 Hz at 4 ms. */
export const wavelet41 = () =>
  ricker(
    Float64Array.from({ length: 21 }, (_, i) => 0.004 * i),
    15,
  );
