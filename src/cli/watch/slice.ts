import type { NDArray } from '../../core/array/ndarray.js';
import { type EitherArray, isArrayOfEitherKind } from '../../core/distributed/align.js';
import type { IndexBox } from '../../core/distributed/layout.js';
import type { Communicator } from '../../core/ports/communicator.js';
import type { AnyVector } from '../../core/vector/vector.js';
import { hostValues, type Plane, planeOf, shapeOf, toFirstRank } from '../../plotting/plane.js';
import type { SliceMessage } from './messages.js';

/** The most samples of a plane along each axis, and of an array of one axis. */
const MOST_CELLS = 160;
const MOST_POINTS = 1000;

/** Where an array of three axes is cut. */
export interface SlicePlace {
  readonly axis: number;
  /** Undefined for the middle. */
  readonly index: number | undefined;
}

type Slice = Omit<SliceMessage, 'kind' | 'run' | 'iteration'>;

/** The array of a solution that is drawn: of a stack the first one. Undefined if there is none. */
export function drawnArray(x: AnyVector): EitherArray | undefined {
  if ('arrays' in x && Array.isArray(x.arrays)) return drawnArray(x.arrays[0] as AnyVector);
  if (!isArrayOfEitherKind(x)) return undefined;
  const shape = shapeOf(x);
  return shape.length >= 1 && shape.length <= 3 && !shape.includes(0) ? x : undefined;
}

/** Every so many rows and columns of a plane. */
function sampled(plane: Plane, steps: readonly number[]): Plane {
  /** The first sample from an index on. */
  const sampleAt = (index: number, axis: number): number => Math.ceil(index / (steps[axis] as number));
  const boxOf = (rank: number): IndexBox | undefined => {
    const box = plane.boxOf(rank);
    if (!box) return undefined;
    const start = box.start.map(sampleAt);
    const shape = box.shape.map(
      (n, axis) => sampleAt((box.start[axis] as number) + n, axis) - (start[axis] as number),
    );
    return shape.includes(0) ? undefined : { start, shape };
  };
  const part = (): NDArray => {
    const { start, shape } = plane.boxOf(plane.comm?.rank ?? 0) as IndexBox;
    return plane.part().slice(
      ...steps.map((step, axis): [number, number, number] => {
        const first = start[axis] as number;
        return [sampleAt(first, axis) * step - first, shape[axis] as number, step];
      }),
    );
  };
  const shape = plane.shape.map(sampleAt) as [number, number];
  return { shape, comm: plane.comm, boxOf, part };
}

/** The elements of a plane on the first rank, in C order. */
function gathered(plane: Plane): Float64Array | undefined {
  const columns = plane.shape[1];
  const all = new Float64Array(plane.shape[0] * columns);
  const isFirst = toFirstRank(
    plane,
    ({ shape: [rows = 0, width = 0] }) => rows * width,
    () => Float64Array.from(hostValues(plane.part())),
    (values, { start: [top = 0, left = 0], shape: [rows = 0, width = 0] }) => {
      for (let i = 0; i < rows; i++)
        all.set(values.subarray(i * width, (i + 1) * width), (top + i) * columns + left);
    },
  );
  return isFirst ? all : undefined;
}

/**
 * Samples of an array on the first rank: of one axis all, of two axes all, of three those of a
 * plane. Axis 2 is drawn downwards, or axis 0 in a plane perpendicular to axis 2. Of an axis with
 * too many elements, every second, third … one. Complex values as moduli. Ranks with samples send
 * one message to rank 0, of 8 bytes for each.
 *
 * @param comm carries the messages; the ranks of a distributed array
 * @returns undefined on all ranks but the first
 */
export function sliceOf(
  x: EitherArray,
  comm: Communicator | undefined,
  place: SlicePlace,
): Slice | undefined {
  const whole = shapeOf(x);
  const n = whole[place.axis] as number;
  const cut =
    whole.length === 3
      ? { axis: place.axis, index: Math.min(n - 1, place.index ?? Math.floor(n / 2)) }
      : undefined;
  const plane = planeOf(x, cut);
  const most = whole.length === 1 ? MOST_POINTS : MOST_CELLS;
  const steps = plane.shape.map((count) => Math.ceil(count / most));
  const samples = sampled({ ...plane, comm }, steps);
  const values = gathered(samples);
  return (
    values && {
      place: cut ? `axis ${cut.axis} = ${cut.index}` : '',
      values,
      samples: samples.shape,
      shape: plane.shape,
      steps,
      axes: whole.flatMap((_, axis) => (axis === cut?.axis ? [] : [`axis ${axis}`])),
      transpose: cut !== undefined && cut.axis !== 2,
    }
  );
}
