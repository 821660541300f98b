import { rgb } from 'd3-color';
import {
  interpolateInferno,
  interpolateRdBu,
  interpolateTurbo,
  interpolateViridis,
} from 'd3-scale-chromatic';
import { ArgumentError } from '../core/base/errors.js';
import { memo } from '../core/base/memo.js';
import { checkFunction, checkOneOf, isListOf } from '../core/base/options.js';
import { textOf } from '../core/base/text-of.js';
import { checkRange } from './color-range.js';

/** A colour. Each component is between 0 and 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** 256 colours from low to high, and another colour for NaN. */
export interface ColorMap {
  readonly name: string;
  /** RGB values, `[256, 3]`, 0 … 255. */
  readonly table: Uint8Array;
  readonly nan: Rgb;
  /**
   * The colours diverge from a neutral one in the middle, which is that of 0 by default: plots
   * without a range take one that is symmetric about 0.
   * @default false
   */
  readonly diverging?: boolean;
}

function checkRgb(color: Rgb): Rgb {
  if (isListOf(color, (v) => typeof v === 'number') && color.length === 3) return color;
  throw new ArgumentError(
    `makeColorMap: expected colours [red, green, blue] from 0 to 255, received ${textOf(color)}`,
  );
}

/**
 * Checks that `map` is a colour map.
 *
 * @throws {@link ArgumentError} if it is not
 */
export function checkColorMap(map: unknown): asserts map is ColorMap {
  if (
    typeof map === 'object' &&
    (map as ColorMap | null)?.table instanceof Uint8Array &&
    Array.isArray((map as ColorMap).nan)
  )
    return;
  throw new ArgumentError(
    `expected a colour map, as colorMap() and makeColorMap() give it, received ${textOf(map)}`,
  );
}

/** Makes a colour map from a function on 0 … 1. */
export function makeColorMap(name: string, color: (t: number) => Rgb, nan: Rgb = [200, 200, 200]): ColorMap {
  checkFunction('makeColorMap', 'the colour of a place', color);
  checkRgb(nan);
  const table = new Uint8Array(256 * 3);
  for (let k = 0; k < 256; k++) table.set(checkRgb(color(k / 255)).map(Math.round), 3 * k);
  return { name, table, nan };
}

/** Linear interpolation in RGB between colours (0 … 1) at given places. */
function through(stops: readonly (readonly [at: number, color: Rgb])[]): (t: number) => Rgb {
  return (t) => {
    const k = Math.max(
      1,
      stops.findIndex(([at]) => t <= at),
    );
    const [[a, from], [b, to]] = [stops[k - 1], stops[k]] as [readonly [number, Rgb], readonly [number, Rgb]];
    const w = (t - a) / (b - a);
    const mix = (i: 0 | 1 | 2): number => 255 * ((1 - w) * from[i] + w * to[i]);
    return [mix(0), mix(1), mix(2)];
  };
}

function from(interpolate: (t: number) => string): (t: number) => Rgb {
  return (t) => {
    const { r, g, b } = rgb(interpolate(t));
    return [r, g, b];
  };
}

const SEISMIC = through([
  [0, [0, 0, 0.3]],
  [0.25, [0, 0, 1]],
  [0.5, [1, 1, 1]],
  [0.75, [1, 0, 0]],
  [1, [0.5, 0, 0]],
]);

const TERRAIN = through([
  [0, [0.2, 0.2, 0.6]],
  [0.15, [0, 0.6, 1]],
  [0.25, [0, 0.8, 0.4]],
  [0.5, [1, 1, 0.6]],
  [0.75, [0.5, 0.36, 0.33]],
  [1, [1, 1, 1]],
]);

/** The names of the colour maps. */
export const COLOR_MAP_NAMES = ['viridis', 'inferno', 'turbo', 'gray', 'terrain', 'seismic', 'RdBu'] as const;
/**
 * `viridis` and `inferno` are perceptually uniform: equal steps of a value look equally large.
 * `seismic` and `RdBu` are diverging: they run from blue through white to red, and their range is
 * symmetric about 0 unless one is given. `turbo` and `terrain` have many hues and show edges that
 * are not in the data.
 */
export type ColorMapName = (typeof COLOR_MAP_NAMES)[number];

const MAKERS: Readonly<Record<ColorMapName, () => ColorMap>> = {
  viridis: () => makeColorMap('viridis', from(interpolateViridis)),
  inferno: () => makeColorMap('inferno', from(interpolateInferno)),
  turbo: () => makeColorMap('turbo', from(interpolateTurbo)),
  gray: () => makeColorMap('gray', (t) => [255 * t, 255 * t, 255 * t], [240, 180, 190]),
  terrain: () => makeColorMap('terrain', TERRAIN, [240, 170, 190]),
  seismic: () => ({ ...makeColorMap('seismic', SEISMIC), diverging: true }),
  RdBu: () => ({
    ...makeColorMap(
      'RdBu',
      from((t) => interpolateRdBu(1 - t)),
    ),
    diverging: true,
  }),
};

const made = new Map<ColorMapName, ColorMap>();

/**
 * The colour map with a name.
 *
 * @throws {@link ArgumentError} if there is none with this name
 */
export function colorMap(name: ColorMapName): ColorMap {
  checkOneOf('colorMap', name, COLOR_MAP_NAMES);
  return memo(made, name, () => MAKERS[name]());
}

/**
 * The colour of a value. Values outside of the range have the colour of the nearer end, NaN has the
 * colour `nan` of the map.
 */
export function colorOf(map: ColorMap, range: readonly [number, number], value: number): Rgb {
  checkColorMap(map);
  checkRange('range', range);
  if (typeof value !== 'number')
    throw new ArgumentError(`colorOf: expected a number, received ${textOf(value)}`);
  const [low, high] = range;
  if (Number.isNaN(value)) return map.nan;
  const k = 3 * Math.min(255, Math.max(0, Math.floor((256 * (value - low)) / (high - low))));
  return [map.table[k] as number, map.table[k + 1] as number, map.table[k + 2] as number];
}
