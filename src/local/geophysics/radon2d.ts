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

/** Options of {@link Radon2D}. */
export type Radon2DOptions = RadonOptions;

/**
 * Radon transform: each element of the model is spread along a curve of the data. The adjoint sums
 * along the curve. In samples of time and position, with x the position and `p = pxaxis · Δh/Δt`:
 * linear `t + p x`, parabolic `t + p x²`, hyperbolic `√(t² + x²/p²)`. Shapes:
 * `[len(pxaxis), len(taxis)]` to `[len(haxis), len(taxis)]`. Cost: `npx·nt·nh` additions, twice as
 * many with interpolation. Memory: a table of as many indices and weights; on the fly a few
 * megabytes.
 *
 * @example new Radon2D([0, 0.1, 0.2, 0.3], [-1, 0, 1], [0, 0.1])
 */
export class Radon2D extends IndexedOperator {
  constructor(taxis: OperatorData, haxis: OperatorData, pxaxis: OperatorData, options?: Radon2DOptions) {
    const { kind, centeredh, interp, onthefly, dtype } = withDefaults('Radon2D', options, RADON_DEFAULTS);
    const curve = radonKind(kind);
    const t = finiteNumbers('Radon2D', 'taxis', taxis, 2);
    const h = finiteNumbers('Radon2D', 'haxis', haxis, 2);
    const px = finiteNumbers('Radon2D', 'pxaxis', pxaxis);
    const dh = stepOf('Radon2D', 'haxis', h);
    const scale = dh / stepOf('Radon2D', 'taxis', t);
    const terms = termsOf(
      curve,
      px.map((p) => p * scale),
      positionsOf(h, dh, centeredh),
    );
    const rows = radonRows(px.length, h.length, t.length, interp, (time, k, trace) =>
      curve.time(time, terms[k * h.length + trace] as number, 0),
    );
    super(
      { dims: [px.length, t.length], dimsd: [h.length, t.length], dtype },
      'spread',
      new IndexedRows(rows, { onTheFly: onthefly }),
    );
  }
}
