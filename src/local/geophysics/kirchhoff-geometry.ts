import { ArgumentError, ShapeError } from '../../core/base/errors.js';
import { formatShape, product, type Shape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import type { OperatorData } from '../device-constants.js';
import { finiteNumbers, hostNumbers } from '../parts/host-numbers.js';

/**
 * Positions of image points, sources and receivers in metres, and the samples of time in seconds.
 */
export interface KirchhoffGeometry {
  readonly z: OperatorData;
  readonly x: OperatorData;
  /** The second horizontal axis, for three dimensions. */
  readonly y?: OperatorData;
  readonly t: OperatorData;
  /** `[2, ns]` with rows x, z; in three dimensions `[3, ns]` with rows y, x, z. */
  readonly srcs: OperatorData;
  readonly recs: OperatorData;
}

/** The image points, of `[nx, nz]` or `[ny, nx, nz]`. */
export interface ImageGrid {
  readonly axes: readonly Float64Array[];
  readonly shape: Shape;
  readonly points: number;
}

/** Sources or receivers. The coordinates are in the order of the grid's axes. */
export interface Stations {
  readonly count: number;
  readonly coordinates: readonly Float64Array[];
}

export function toGrid({ y, x, z }: KirchhoffGeometry): ImageGrid {
  const named = [['y', y] as const, ['x', x] as const, ['z', z] as const];
  const axes = named.flatMap(([name, axis]) =>
    axis === undefined ? [] : [finiteNumbers('Kirchhoff', name, axis)],
  );
  const shape = axes.map((axis) => axis.length);
  return { axes, shape, points: product(shape) };
}

export function toStations(name: string, data: OperatorData, grid: ImageGrid): Stations {
  const { values, shape } = hostNumbers('Kirchhoff', name, data, 2);
  const ndim = grid.axes.length;
  if (shape[0] !== ndim)
    throw new ShapeError(
      `Kirchhoff: expected ${name} of ${ndim} rows, ${ndim === 2 ? 'x and z' : 'y, x and z'}, received ` +
        `shape ${formatShape(shape)}`,
    );
  const count = shape[1] as number;
  return { count, coordinates: grid.axes.map((_, k) => values.subarray(k * count, (k + 1) * count)) };
}

/** Writes the coordinates of an image point, given by its flat index, to `into`. */
function coordinatesOf({ axes }: ImageGrid, point: number, into: number[]): number[] {
  let rest = point;
  for (let k = axes.length - 1; k >= 0; k--) {
    const axis = axes[k] as Float64Array;
    into[k] = axis[rest % axis.length] as number;
    rest = Math.floor(rest / axis.length);
  }
  return into;
}

/** Traveltimes of straight rays in a medium of constant velocity, `[points, stations]`. */
export function straightRays(grid: ImageGrid, { count, coordinates }: Stations, vel: number): Float64Array {
  if (!Number.isFinite(vel) || vel <= 0)
    throw new ArgumentError(
      `Kirchhoff: expected vel, a constant velocity greater than 0, received ${textOf(vel)}; for other ` +
        'media give trav',
    );
  const table = new Float64Array(grid.points * count);
  const at: number[] = [];
  for (let point = 0; point < grid.points; point++) {
    coordinatesOf(grid, point, at);
    for (let s = 0; s < count; s++)
      table[point * count + s] = Math.hypot(...at.map((c, k) => c - (coordinates[k]?.[s] as number))) / vel;
  }
  return table;
}

type Limits = number | readonly [from: number, to: number] | undefined;

/** A function that falls from 1 to 0 between two limits, as a cosine. */
function fading(name: string, limits: Exclude<Limits, undefined>): (value: number) => number {
  const [from, to] = typeof limits === 'number' ? [0.8 * limits, limits] : limits;
  if (!(from >= 0 && to >= from))
    throw new ArgumentError(
      `Kirchhoff: expected ${name} of a limit, or two increasing ones, received ${textOf(limits)}`,
    );
  // NaN, the ratio for an offset of 0 at depth 0, gives 1
  return (value) =>
    value > to ? 0 : value > from ? (1 + Math.cos((Math.PI * (value - from)) / (to - from))) / 2 : 1;
}

/** The product of the factors of both apertures. Undefined if there is no aperture. */
export function apertureTapers(
  grid: ImageGrid,
  srcs: Stations,
  recs: Stations,
  aperture: Limits,
  angleaperture: Limits,
): ((point: number, s: number, r: number) => number) | undefined {
  if (aperture === undefined && angleaperture === undefined) return undefined;
  const offset = aperture === undefined ? undefined : fading('aperture', aperture);
  const angle = angleaperture === undefined ? undefined : fading('angleaperture', angleaperture);
  const vertical = grid.axes.length - 1;
  const at: number[] = [];
  /** Distance along the surface between two points. */
  const across = (a: (k: number) => number, b: (k: number) => number): number =>
    Math.hypot(...Array.from({ length: vertical }, (_, k) => a(k) - b(k)));
  const of =
    ({ coordinates }: Stations, i: number) =>
    (k: number) =>
      coordinates[k]?.[i] as number;
  return (point, s, r) => {
    coordinatesOf(grid, point, at);
    const here = (k: number): number => at[k] as number;
    let factor = offset ? offset(across(of(srcs, s), of(recs, r)) / Math.abs(here(vertical))) : 1;
    if (angle) {
      for (const station of [of(srcs, s), of(recs, r)])
        factor *= angle(
          (Math.atan2(across(here, station), Math.abs(here(vertical) - station(vertical))) * 180) / Math.PI,
        );
    }
    return factor;
  };
}
