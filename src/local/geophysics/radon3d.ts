import { withDefaults } from '../../core/base/options.js';
import type { OperatorData } from '../device-constants.js';
import { finiteNumbers } from '../parts/host-numbers.js';
import { IndexedOperator } from '../parts/indexed-operator.js';
import { IndexedRows } from '../parts/indexed-rows.js';
import {
  positionsOf,
  RADON_DEFAULTS,
  type RadonOptions,
  radonKind,
  radonRows,
  stepOf,
  termsOf,
} from './radon-curves.js';

/** Options of {@link Radon3D}. */
export type Radon3DOptions = RadonOptions;

/**
 * Radon transform over surfaces, in samples of time and position, with `px = pxaxis · Δhx/Δt` and
 * `py = pyaxis · Δhy/Δt`: linear `t + px x + py y`, parabolic `t + px x² + py y²`, hyperbolic
 * `√(t² + x²/px² + y²/py²)`. Shapes: `[len(pyaxis), len(pxaxis), len(taxis)]` to
 * `[len(hyaxis), len(hxaxis), len(taxis)]`. Cost: `npy·npx·nt·nhy·nhx` additions, twice as many
 * with interpolation. Memory: a table of as many indices and weights; on the fly a few megabytes.
 *
 * @example new Radon3D([0, 0.1, 0.2, 0.3], [-1, 0, 1], [0, 1], [0, 0.1], [0, 0.1])
 */
export class Radon3D extends IndexedOperator {
  constructor(
    taxis: OperatorData,
    hyaxis: OperatorData,
    hxaxis: OperatorData,
    pyaxis: OperatorData,
    pxaxis: OperatorData,
    options?: Radon3DOptions,
  ) {
    const { kind, centeredh, interp, onthefly, dtype } = withDefaults('Radon3D', options, RADON_DEFAULTS);
    const curve = radonKind(kind);
    const t = finiteNumbers('Radon3D', 'taxis', taxis, 2);
    const dt = stepOf('Radon3D', 'taxis', t);
    const [ys, xs] = (
      [
        ['hyaxis', hyaxis, 'pyaxis', pyaxis],
        ['hxaxis', hxaxis, 'pxaxis', pxaxis],
      ] as const
    ).map(([hName, h, pName, p]) => {
      const positions = finiteNumbers('Radon3D', hName, h, 2);
      const step = stepOf('Radon3D', hName, positions);
      const parameters = finiteNumbers('Radon3D', pName, p).map((value) => value * (step / dt));
      return {
        nh: positions.length,
        np: parameters.length,
        terms: termsOf(curve, parameters, positionsOf(positions, step, centeredh)),
      };
    }) as [SpatialAxis, SpatialAxis];
    const nt = t.length;
    const rows = radonRows(ys.np * xs.np, ys.nh * xs.nh, nt, interp, (time, k, trace) =>
      curve.time(
        time,
        xs.terms[(k % xs.np) * xs.nh + (trace % xs.nh)] as number,
        ys.terms[Math.floor(k / xs.np) * ys.nh + Math.floor(trace / xs.nh)] as number,
      ),
    );
    super(
      { dims: [ys.np, xs.np, nt], dimsd: [ys.nh, xs.nh, nt], dtype },
      'spread',
      new IndexedRows(rows, { onTheFly: onthefly }),
    );
  }
}

/**
 * The positions and parameters of one spatial axis: their numbers, and the terms of the curve,
 * `[np, nh]`.
 */
interface SpatialAxis {
  readonly nh: number;
  readonly np: number;
  readonly terms: Float64Array;
}
