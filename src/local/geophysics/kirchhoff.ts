import type { NDArray } from '../../core/array/ndarray.js';
import type { DType } from '../../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../../core/base/errors.js';
import { type Defaults, requireOptions, type WithDefaults, withDefaults } from '../../core/base/options.js';
import { formatShape, sameShape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import { withWorkspace } from '../../core/vector/workspace.js';
import { DeviceConstants, type OperatorData } from '../device-constants.js';
import { LocalOperator } from '../local-operator.js';
import { AxisConvolution } from '../parts/axis-convolution.js';
import { finiteNumbers, hostNumbers } from '../parts/host-numbers.js';
import {
  apertureTapers,
  type ImageGrid,
  type KirchhoffGeometry,
  type Stations,
  straightRays,
  toGrid,
  toStations,
} from './kirchhoff-geometry.js';
import { type ByPair, TraveltimeCurves, type Traveltimes } from './parts/traveltime-curves.js';

/** Options of {@link Kirchhoff}. */
export interface KirchhoffOptions {
  /** Constant velocity, for straight rays. Either `vel` or `trav` is required, not both. */
  readonly vel?: number;
  /**
   * Traveltimes in seconds: a table of sources `[image points, ns]` and one of receivers
   * `[image points, nr]`, or one table of all pairs, `[image points, ns·nr]`.
   */
  readonly trav?: OperatorData | readonly [srcs: OperatorData, recs: OperatorData];
  /**
   * Amplitudes that multiply the contributions: a table of sources and one of receivers, with the
   * shapes of `trav`.
   * @default none
   */
  readonly amp?: readonly [srcs: OperatorData, recs: OperatorData];
  /**
   * Largest ratio of the distance between source and receiver to depth. With a pair, contributions
   * fade out between its two numbers; with one number, between 80 and 100 % of it.
   * @default none
   */
  readonly aperture?: number | readonly [from: number, to: number];
  /**
   * Largest angle between the vertical and the straight rays to the source and to the receiver, in
   * degrees. Contributions fade out as for `aperture`. No angle exceeds 90, so 180 limits none.
   * @default 90 with `amp`, none without it
   */
  readonly angleaperture?: number | readonly [from: number, to: number];
  /**
   * Computes the table of samples and weights at every use instead of once.
   * @default if it has more than four million entries
   */
  readonly onthefly?: boolean;
  /** @default that of the wavelet; float64 for lists of numbers */
  readonly dtype?: DType;
}

/** Tables with fewer entries are kept. */
const KEPT_ENTRIES = 2 ** 22;

const GEOMETRY = {
  z: undefined,
  x: undefined,
  y: undefined,
  t: undefined,
  srcs: undefined,
  recs: undefined,
} satisfies Defaults<KirchhoffGeometry>;

const DEFAULTS = {
  vel: undefined,
  trav: undefined,
  amp: undefined,
  aperture: undefined,
  angleaperture: undefined,
  onthefly: undefined,
  dtype: undefined,
} satisfies Defaults<KirchhoffOptions>;

type Given = WithDefaults<KirchhoffOptions, typeof DEFAULTS>;

/**
 * Kirchhoff demigration: every image point is spread to the traveltime `v = (tₛ + tᵣ)/Δt` of each
 * source and receiver, linearly between samples `⌊v⌋` and `⌊v⌋ + 1`. The traces are then convolved
 * with a wavelet with its origin at sample `wavcenter`:
 * `d[s, r] = w ∗ Σᵢ a(i, s, r) δ(t − tₛᵢ − tᵣᵢ) m[i]`. The adjoint is migration. Shapes: `[nx, nz]`
 * (3-D `[ny, nx, nz]`) to `[ns, nr, nt]`. Cost: `4·ns·nr·nx·nz` flops, and the convolution. Memory:
 * the traveltime tables, a work array of the data's size and one of the model's, and a table of at
 * most some tens of megabytes.
 *
 * @example new Kirchhoff({ x: [0, 5], z: [5, 9], t: [0, 0.01, 0.02], srcs: [[0], [0]], recs: [[5],
 *   [0]] }, [1], 0, { vel: 900 })
 */
export class Kirchhoff extends LocalOperator {
  readonly #curves: TraveltimeCurves;
  readonly #convolution: AxisConvolution;
  constructor(geometry: KirchhoffGeometry, wav: OperatorData, wavcenter: number, options: KirchhoffOptions) {
    const given = withDefaults('Kirchhoff', options, DEFAULTS);
    requireOptions('Kirchhoff: geometry', geometry, GEOMETRY);
    const wavelet = DeviceConstants.from(wav);
    if (
      wavelet.shape.length !== 1 ||
      !Number.isInteger(wavcenter) ||
      wavcenter < 0 ||
      wavcenter >= wavelet.size
    ) {
      throw new ArgumentError(
        'Kirchhoff: expected a wavelet of one axis and wavcenter, one of its samples, received shape ' +
          `${formatShape(wavelet.shape)} and ${textOf(wavcenter)}`,
      );
    }
    const t = finiteNumbers('Kirchhoff', 't', geometry.t, 2);
    const dt = (t[1] as number) - (t[0] as number);
    if (!(dt > 0)) throw new ArgumentError('Kirchhoff: expected t in equal steps greater than 0');
    const grid = toGrid(geometry);
    const [srcs, recs] = [toStations('srcs', geometry.srcs, grid), toStations('recs', geometry.recs, grid)];
    const [ns, nr, nt] = [srcs.count, recs.count, t.length];
    super({ dims: grid.shape, dimsd: [ns, nr, nt], dtype: given.dtype ?? wavelet.dtype });
    const times = traveltimes(grid, srcs, recs, given);
    const weights = amplitudes(grid, srcs, recs, given);
    const onthefly = given.onthefly ?? 2 * grid.points * ns * nr > KEPT_ENTRIES;
    this.#curves = new TraveltimeCurves({ points: grid.points, ns, nr, nt, dt }, times, weights, onthefly);
    this.#convolution = new AxisConvolution(wavelet, wavcenter, this.dimsd, 2);
  }
  protected override forward(x: NDArray, y: NDArray): void {
    withWorkspace(y.space, (traces) => {
      traces.fill(0);
      this.#curves.spread(x, traces);
      this.#convolution.forward(traces, y);
    });
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    withWorkspace(y.space, (traces) => {
      this.#convolution.adjoint(y, traces);
      this.#curves.sum(traces, x);
    });
  }
}

function traveltimes(grid: ImageGrid, srcs: Stations, recs: Stations, { vel, trav }: Given): Traveltimes {
  if ((vel === undefined) === (trav === undefined))
    throw new ArgumentError('Kirchhoff: expected either vel or trav');
  const [ns, nr] = [srcs.count, recs.count];
  if (trav !== undefined && !isPair(trav)) {
    const both = table('trav', trav, grid.points, ns * nr);
    return { srcs: both, ns: ns * nr, recs: Float64Array.of(0), nr: 0, byPair: true };
  }
  const [a, b] =
    trav !== undefined
      ? pairOf('trav', trav, grid, srcs, recs)
      : [straightRays(grid, srcs, vel as number), straightRays(grid, recs, vel as number)];
  return { srcs: a, ns, recs: b, nr, byPair: false };
}

function amplitudes(
  grid: ImageGrid,
  srcs: Stations,
  recs: Stations,
  { amp, aperture, angleaperture = amp && 90 }: Given,
): ByPair | undefined {
  const [ns, nr] = [srcs.count, recs.count];
  const taper = apertureTapers(grid, srcs, recs, aperture, angleaperture);
  if (amp === undefined) return taper;
  const [a, b] = pairOf('amp', amp, grid, srcs, recs);
  const product: ByPair = (point, s, r) => (a[point * ns + s] as number) * (b[point * nr + r] as number);
  return taper ? (point, s, r) => product(point, s, r) * taper(point, s, r) : product;
}

const isPair = (
  tables: NonNullable<KirchhoffOptions['trav']>,
): tables is readonly [OperatorData, OperatorData] =>
  Array.isArray(tables) &&
  tables.length === 2 &&
  tables.every((v) => !(Array.isArray(v) && v.every((n) => typeof n === 'number')));

const pairOf = (
  name: string,
  [a, b]: readonly [OperatorData, OperatorData],
  grid: ImageGrid,
  srcs: Stations,
  recs: Stations,
) =>
  [
    table(`${name} of sources`, a, grid.points, srcs.count),
    table(`${name} of receivers`, b, grid.points, recs.count),
  ] as const;

function table(name: string, data: OperatorData, points: number, count: number): Float64Array {
  const { values, shape } = hostNumbers('Kirchhoff', name, data);
  if (!sameShape(shape, [points, count]))
    throw new ShapeError(
      `Kirchhoff: expected ${name} of shape ${formatShape([points, count])}, received ${formatShape(shape)}`,
    );
  return values;
}
