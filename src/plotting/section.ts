import { isLocalArray } from '../core/array/elementwise.js';
import { ArgumentError } from '../core/base/errors.js';
import { type Defaults, isListOf, withDefaults } from '../core/base/options.js';
import { textOf } from '../core/base/text-of.js';
import { type EitherArray, isDistributed } from '../core/distributed/align.js';
import type { ColorMap, ColorMapName } from './color-maps.js';
import type { ValueRange } from './color-range.js';
import { type Coordinates, checkAxes, coordinate, edges, type VolumeAxis } from './coordinates.js';
import { heatMapLook } from './heat-map.js';
import { commonRange, type HeatMapLook, panelOf } from './heat-map-panel.js';
import type { Panel } from './panel.js';
import { pictureOf, sameForPicture } from './picture.js';
import { checkDrawable, planeOf, shapeOf } from './plane.js';

/** Options of {@link volume}. */
export interface VolumeOptions {
  /** The indices of the three sections. @default the middle of each axis */
  readonly at?: readonly [number, number, number];
  /** @default indices */
  readonly axes?: readonly [VolumeAxis, VolumeAxis, VolumeAxis];
  /** The first words of each title, before the place of the section. */
  readonly title?: string;
  /** @default 'viridis' */
  readonly colorMap?: ColorMapName | ColorMap;
  /**
   * Values of the first and the last colour.
   * @default the smallest and the largest finite value of what is drawn; of a diverging map
   *   `[−a, a]`, with the largest modulus a
   */
  readonly range?: ValueRange;
  /** With the unit, as `'velocity [m/s]'`. */
  readonly colorBarLabel?: string;
  /** Width over height of each panel; `'equal'`, `'auto'` as of a heat map. @default 'auto' */
  readonly aspect?: 'equal' | 'auto' | number;
  /** Most cells along each axis of a picture; see {@link heatMap}. @default 1024 */
  readonly resolution?: number;
}

/** Options of {@link section}. */
export interface SectionOptions extends Omit<VolumeOptions, 'at'> {
  /** The axis that the section is perpendicular to; may be negative. @default 0 */
  readonly axis?: number;
  /** @default the middle of the axis */
  readonly index?: number;
}

const VOLUME = {
  at: undefined,
  axes: undefined,
  title: undefined,
  colorMap: 'viridis',
  range: undefined,
  colorBarLabel: undefined,
  aspect: 'auto',
  resolution: 1024,
} satisfies Defaults<VolumeOptions>;
const SECTION = {
  axis: 0,
  index: undefined,
  axes: undefined,
  title: undefined,
  colorMap: 'viridis',
  range: undefined,
  colorBarLabel: undefined,
  aspect: 'auto',
  resolution: 1024,
} satisfies Defaults<SectionOptions>;

/** Where a section is. */
interface Place {
  readonly axis: number;
  readonly index: number;
}

/** `time [s]` at 0.4 is `time = 0.4 s`. */
function placeText(axis: Coordinates, index: number): string {
  const [, name, unit] = /^(.*?)\s*(?:\[(.*)\])?$/.exec(axis.label) as unknown as [string, string, string?];
  const value = Number(coordinate(axis, index).toPrecision(6));
  return `${name} = ${value}${unit ? ` ${unit}` : ''}`;
}

/** An index from 0 on. Negative ones count from the end. */
function indexOf(owner: string, what: string, index: unknown, n: number): number {
  const given = typeof index === 'number' && index < 0 ? index + n : index;
  if (Number.isInteger(given) && (given as number) >= 0 && (given as number) < n) return given as number;
  throw new ArgumentError(`${owner}: expected ${what} from ${-n} to ${n - 1}, received ${textOf(index)}`);
}

/** Sections that were checked. */
interface Checked {
  readonly look: HeatMapLook;
  readonly coords: readonly Coordinates[];
  readonly places: readonly Place[];
  readonly resolution: number;
}

/** Checks the arguments, on all ranks of a distributed array. */
function checked<O extends Omit<VolumeOptions, 'at'>, const D extends Defaults<O>>(
  owner: string,
  x: EitherArray,
  options: O | undefined,
  defaults: D & Readonly<Record<Exclude<keyof D, keyof O>, never>>,
  placesOf: (given: O) => readonly Place[],
): Checked {
  if (!isDistributed(x) && !isLocalArray(x))
    throw new ArgumentError(`${owner}: expected an NDArray or a DistributedArray, received ${textOf(x)}`);
  const check = (): Checked => {
    checkDrawable(owner, x, [3]);
    const given = withDefaults(owner, options, defaults) as unknown as O;
    const { title, colorMap, range, colorBarLabel, aspect, resolution } = given;
    const look = heatMapLook(owner, { title, colorMap, range, colorBarLabel, aspect, resolution });
    return {
      look,
      coords: checkAxes(owner, given.axes, ['axis 0', 'axis 1', 'axis 2']),
      places: placesOf(given),
      resolution: look.resolution,
    };
  };
  return isDistributed(x) ? sameForPicture(owner, x, check, ({ places }) => ({ places })) : check();
}

/** Draws sections of an array with the same colours. Collective if it is distributed. */
function sections(x: EitherArray, { look, coords, places, resolution }: Checked): Panel[] {
  const pictures = places.map((cut) => pictureOf(planeOf(x, cut), resolution));
  const range = commonRange(pictures, look);
  const shape = shapeOf(x);
  return pictures.map((picture, k) => {
    const { axis, index } = places[k] as Place;
    const [first, second] = [0, 1, 2].filter((other) => other !== axis) as [number, number];
    // the last axis is depth or time
    const [across, down] = axis === 2 ? [second, first] : [first, second];
    const coord = (a: number): Coordinates => coords[a] as Coordinates;
    const where = placeText(coord(axis), index);
    return panelOf(picture, {
      ...look,
      range,
      transpose: axis !== 2,
      extent: [
        ...edges(coord(across), shape[across] as number),
        ...edges(coord(down), shape[down] as number),
      ],
      title: look.title === undefined ? where : `${look.title}: ${where}`,
      xLabel: coord(across).label,
      yLabel: coord(down).label,
      marks: places
        .filter((other) => other.axis !== axis)
        .map((other) => ({
          [other.axis === across ? 'x' : 'y']: coordinate(coord(other.axis), other.index),
        })),
    });
  });
}

/**
 * A panel of a plane section through an array of three axes, at one index of one axis. The last
 * axis runs downwards, as depth or time; of a section perpendicular to it, the first.
 *
 * Of a DistributedArray: collective. Only ranks with elements of the section take part: each
 * reduces its elements and sends one message to rank 0, as for {@link heatMap}. All ranks exchange
 * metadata once.
 *
 * @param x real, of three axes
 * @throws {@link ShapeError} unless there are three axes, with elements
 * @throws {@link DTypeError} for complex values
 * @throws {@link ArgumentError} for wrong options; of a DistributedArray on all ranks
 * @example section(model, { axis: 2, index: 40, axes: [{ label: 'y [m]', step: 10 }, {}, {}] })
 */
export function section(x: EitherArray, options?: SectionOptions): Panel {
  const given = checked('section', x, options, SECTION, ({ axis: wanted, index }) => {
    const axis = indexOf('section', 'axis', wanted, 3);
    const n = shapeOf(x)[axis] as number;
    return [{ axis, index: indexOf('section', 'index', index ?? Math.floor(n / 2), n) }];
  });
  return sections(x, given)[0] as Panel;
}

/**
 * Three panels of an array of three axes: the sections perpendicular to each axis, with the same
 * colours. Dashed lines show where the other two are. Otherwise as {@link section}; what is sent is
 * three times as much.
 *
 * @returns the sections perpendicular to axis 0, 1 and 2
 * @example new Figure().add(...volume(model, { title: 'Model', colorBarLabel: 'v [m/s]' })).show()
 */
export function volume(x: EitherArray, options?: VolumeOptions): [Panel, Panel, Panel] {
  const given = checked('volume', x, options, VOLUME, ({ at: indices }) => {
    if (indices !== undefined && !(isListOf(indices, Number.isInteger) && indices.length === 3))
      throw new ArgumentError(`volume: expected at to be three indices, received ${textOf(indices)}`);
    return shapeOf(x).map((n, axis) => ({
      axis,
      index: indexOf('volume', `the index of axis ${axis}`, indices?.[axis] ?? Math.floor(n / 2), n),
    }));
  });
  return sections(x, given) as [Panel, Panel, Panel];
}
