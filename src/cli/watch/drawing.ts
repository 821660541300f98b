import type { SliceMessage } from './messages.js';

/** Cells from the top row on: base64 of a byte each, 0 … 254 over the range; 255 is NaN. */
interface ImageDrawing {
  readonly rows: number;
  readonly columns: number;
  readonly cells: string;
  /** The elements of the array along each axis of the picture, and the names of the axes. */
  readonly height: number;
  readonly width: number;
  readonly yLabel: string;
  readonly xLabel: string;
}

/** The points of a curve. Values that are not finite are null. */
interface CurveDrawing {
  readonly index: readonly number[];
  readonly value: readonly (number | null)[];
}

/** A picture of a solution, as pages receive it. */
export interface SliceEvent extends Pick<SliceMessage, 'kind' | 'run' | 'iteration' | 'place'> {
  /** The values of the first and the last colour or height; null without a finite value. */
  readonly range: readonly [number, number] | null;
  readonly drawing: ImageDrawing | CurveDrawing;
}

function rangeOf(values: Float64Array): readonly [number, number] | null {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : null;
}

function imageOf(
  { values, samples, shape, axes, transpose }: SliceMessage,
  [low, high]: readonly [number, number],
): ImageDrawing {
  const [down, across] = transpose ? [1, 0] : [0, 1];
  const [rows, columns] = [samples[down] as number, samples[across] as number];
  const [rowStride, columnStride] = transpose ? [1, rows] : [columns, 1];
  const cells = new Uint8Array(rows * columns);
  for (let i = 0, k = 0; i < rows; i++)
    for (let j = 0; j < columns; j++, k++) {
      const value = values[i * rowStride + j * columnStride] as number;
      const share = high > low ? (value - low) / (high - low) : 0.5;
      cells[k] = Number.isNaN(value) ? 255 : Math.round(254 * Math.min(1, Math.max(0, share)));
    }
  return {
    rows,
    columns,
    cells: Buffer.from(cells).toString('base64'),
    height: shape[down] as number,
    width: shape[across] as number,
    yLabel: axes[down] as string,
    xLabel: axes[across] as string,
  };
}

/** Draws samples: of one axis as a curve, of a plane as an image. */
export function drawingOf(message: SliceMessage): SliceEvent {
  const { kind, run, iteration, place, values, steps, axes } = message;
  const range = rangeOf(values);
  const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
  const drawing =
    axes.length === 1
      ? {
          index: Array.from(values, (_, k) => k * (steps[1] as number)),
          value: Array.from(values, finite),
        }
      : imageOf(message, range ?? [0, 0]);
  return { kind, run, iteration, place, range, drawing };
}
