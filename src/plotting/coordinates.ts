import { ArgumentError } from '../core/base/errors.js';
import { checkTexts, type Defaults, requireOptions } from '../core/base/options.js';
import { textOf } from '../core/base/text-of.js';

/** The coordinates along an axis of an array. */
export interface VolumeAxis {
  /** With the unit, as `'time [s]'`. @default that of NumPy: `'axis 0'` */
  readonly label?: string;
  /** The coordinate of the first sample. @default 0 */
  readonly start?: number;
  /** The distance of two samples; may be negative. @default 1 */
  readonly step?: number;
}

const AXIS = { label: undefined, start: 0, step: 1 } satisfies Defaults<VolumeAxis>;

/** The coordinates along an axis, all of them given. */
export interface Coordinates {
  readonly label: string;
  readonly start: number;
  readonly step: number;
}

/** The coordinate of an index. */
export const coordinate = ({ start, step }: Coordinates, index: number): number => start + step * index;

/** The coordinates of the outer edges of the first and the last of `n` samples. */
export const edges = (axis: Coordinates, n: number): [number, number] => [
  coordinate(axis, -0.5),
  coordinate(axis, n - 0.5),
];

/**
 * Checks the axes of an array of `count` axes and fills in the defaults.
 *
 * @param names the default labels
 * @throws {@link ArgumentError} if they do not fit
 */
export function checkAxes(owner: string, axes: unknown, names: readonly string[]): readonly Coordinates[] {
  if (axes !== undefined && !(Array.isArray(axes) && axes.length === names.length))
    throw new ArgumentError(
      `${owner}: expected axes to be ${names.length} of { label, start, step }, received ${textOf(axes)}`,
    );
  return names.map((name, k) => {
    const given = (axes as readonly VolumeAxis[] | undefined)?.[k] ?? {};
    const { label, start, step } = requireOptions(`${owner}: axis ${k}`, given, AXIS);
    checkTexts(`${owner}: axis ${k}`, { label }, ['label']);
    if (!(Number.isFinite(start) && Number.isFinite(step) && step !== 0))
      throw new ArgumentError(
        `${owner}: expected a finite start and a finite step other than 0, received ${textOf([start, step])}`,
      );
    return { label: label ?? name, start, step };
  });
}
