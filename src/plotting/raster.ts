import { encode } from 'fast-png';
import type { ColorMap } from './color-maps.js';
import type { ValueRange } from './color-range.js';

/** A 2-D array with strides: element (i, j) is `values[i · rowStride + j · columnStride]`. */
export interface Grid {
  readonly values: ArrayLike<number>;
  readonly rows: number;
  readonly columns: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/**
 * The cells that each pixel along a side covers. If cells are larger than pixels, it is the nearest
 * cell.
 *
 * @param areCategories the cell in the middle in any case
 */
export function cells(
  count: number,
  pixels: number,
  areCategories = false,
): { readonly first: Int32Array; readonly last: Int32Array } {
  const first = new Int32Array(pixels);
  const last = new Int32Array(pixels);
  for (let p = 0; p < pixels; p++) {
    const magnified = areCategories || count <= pixels;
    first[p] = Math.min(count - 1, Math.floor(((magnified ? p + 0.5 : p) * count) / pixels));
    last[p] = magnified
      ? (first[p] as number) + 1
      : Math.max((first[p] as number) + 1, Math.floor(((p + 1) * count) / pixels));
  }
  return { first, last };
}

/**
 * The array as `width × height` pixels of RGB. A pixel that covers several cells shows the mean of
 * those that are not NaN.
 *
 * @param areCategories the pixel shows the cell in its middle, because values have no mean
 */
export function rasterize(
  grid: Grid,
  map: ColorMap,
  [low, high]: ValueRange,
  width: number,
  height: number,
  areCategories = false,
): Uint8Array {
  const { values, rowStride, columnStride } = grid;
  const down = cells(grid.rows, height, areCategories);
  const across = cells(grid.columns, width, areCategories);
  // scaled down, so that neither sums nor differences overflow
  const scale = Math.max(Math.abs(low), Math.abs(high)) > 1e290 ? 2 ** -64 : 1;
  const [base, factor] = [low * scale, 256 / (high * scale - low * scale)];
  const pixels = new Uint8Array(3 * width * height);
  let at = 0;
  for (let p = 0; p < height; p++) {
    for (let q = 0; q < width; q++) {
      let sum = 0;
      let n = 0;
      for (let i = down.first[p] as number; i < (down.last[p] as number); i++) {
        for (let j = across.first[q] as number; j < (across.last[q] as number); j++) {
          const value = values[i * rowStride + j * columnStride] as number;
          if (Number.isNaN(value)) continue;
          sum += value * scale;
          n += 1;
        }
      }
      if (n === 0) {
        pixels.set(map.nan, at);
      } else {
        const k = 3 * Math.min(255, Math.max(0, Math.floor((sum / n - base) * factor)));
        pixels[at] = map.table[k] as number;
        pixels[at + 1] = map.table[k + 1] as number;
        pixels[at + 2] = map.table[k + 2] as number;
      }
      at += 3;
    }
  }
  return pixels;
}

/** An RGB image as a data URI, for an SVG. */
export function pngUri(pixels: Uint8Array, width: number, height: number): string {
  const png = encode({ width, height, data: pixels, channels: 3, depth: 8 });
  let bytes = '';
  for (const byte of png) bytes += String.fromCharCode(byte);
  return `data:image/png;base64,${btoa(bytes)}`;
}
