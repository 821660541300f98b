import { colorMap, colorOf } from '../plotting/color-maps.js';
import { colorRange } from '../plotting/color-range.js';
import { cells, type Grid, rasterize } from '../plotting/raster.js';
import { formatNumber } from './table.js';

/** Characters for values from low to high, in pictures of several rows and of one. */
const SHADES = ' ░▒▓█';
const BARS = '▁▂▃▄▅▆▇█';
const NAN = '?';
/** The percentage of the cells that the range of a picture leaves out. */
const CLIP = 2;

/** How a picture is drawn. */
export interface PictureOptions {
  /** The most characters of a line, without the frame. */
  readonly width: number;
  /** The most lines. */
  readonly height: number;
  /** Whether the terminal has 24-bit colours. */
  readonly colors: boolean;
}

/** The mean and the root mean square of the numbers in each cell, NaN aside. */
function reduce({ values, rows, columns, rowStride, columnStride }: Grid, width: number, height: number) {
  const [down, across] = [cells(rows, height), cells(columns, width)];
  const mean = new Float64Array(width * height);
  const rms = new Float64Array(width * height);
  for (let at = 0; at < mean.length; at++) {
    const [p, q] = [Math.floor(at / width), at % width];
    let [sum, squares, n] = [0, 0, 0];
    for (let i = down.first[p] as number; i < (down.last[p] as number); i++)
      for (let j = across.first[q] as number; j < (across.last[q] as number); j++) {
        const value = values[i * rowStride + j * columnStride] as number;
        if (Number.isNaN(value)) continue;
        sum += value;
        squares += value * value;
        n++;
      }
    mean[at] = sum / n;
    rms[at] = Math.sqrt(squares / n);
  }
  return { mean, rms };
}

const energy = (values: Float64Array): number =>
  values.reduce((sum, v) => (Number.isFinite(v) ? sum + v * v : sum), 0);

/** The length of a side that shows all of `count`, or whole cells of equal length. */
const sideOf = (count: number, most: number): number =>
  count >= most ? most : count * Math.floor(most / count);

const fill = (k: number, characters: string): string =>
  characters[Math.floor((k * characters.length) / 256)] as string;

/**
 * Draws a grid with characters, in a frame, and a line that says what they mean. A cell of several
 * numbers shows their mean. Where that is near 0 because they oscillate, it shows the root mean
 * square. With colours a character is two cells, one above the other.
 */
export function textPicture(grid: Grid, { width: most, height: lines, colors }: PictureOptions): string {
  const flat = grid.rows === 1;
  const colored = colors && !flat;
  const width = sideOf(grid.columns, most);
  const height = flat ? 1 : colored ? 2 * lines : sideOf(grid.rows, lines);
  const { mean, rms } = reduce(grid, width, height);
  const oscillates = energy(mean) < energy(rms) / 2;
  const values = oscillates ? rms : mean;
  const range = colorRange(values, { clip: CLIP });
  const characters = flat ? BARS : SHADES;
  const map = colorMap(colored ? 'viridis' : 'gray');
  const cellGrid = { values, rows: height, columns: width, rowStride: width, columnStride: 1 };
  const pixels = rasterize(cellGrid, map, range, width, height);
  const pixel = (row: number, column: number) =>
    pixels.subarray(3 * (row * width + column), 3 * (row * width + column) + 3);
  const across = Array.from({ length: width }, (_, q) => q);
  const line = (p: number): string =>
    colored
      ? `${across
          .map((q) => `\x1b[38;2;${pixel(2 * p, q).join(';')}m\x1b[48;2;${pixel(2 * p + 1, q).join(';')}m▀`)
          .join('')}\x1b[0m`
      : across
          .map((q) =>
            Number.isNaN(values[p * width + q]) ? NAN : fill(pixel(p, q)[0] as number, characters),
          )
          .join('');
  const body = Array.from({ length: colored ? lines : height }, (_, p) => `│${line(p)}│`);
  const [low, high] = range.map((value, k) => {
    const rgb = colorOf(map, range, value).join(';');
    return colored ? `\x1b[48;2;${rgb}m  \x1b[0m` : `'${k === 0 ? characters[0] : characters.at(-1)}'`;
  });
  const what = oscillates ? 'root mean square of each cell' : 'mean of each cell';
  const nan = values.some(Number.isNaN) ? `, ${colored ? 'grey' : NAN} NaN` : '';
  return [
    `┌${'─'.repeat(width)}┐`,
    ...body,
    `└${'─'.repeat(width)}┘`,
    `${what}: ${low} ${formatNumber(range[0])} to ${high} ${formatNumber(range[1])}${nan}`,
  ].join('\n');
}
