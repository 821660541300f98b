import { formatShape, product, type Shape } from '../../core/base/shape.js';
import type { Slice } from './array-slice.js';

/** An array of a file that holds several. */
export interface ListedArray {
  readonly array: string;
  readonly shape: string;
  readonly dtype: string;
  readonly size: string;
}

/** A description of a file, from its headers and a few of its values. */
export interface FileInfo {
  /** The kind of file, in words. */
  readonly kind: string;
  /** Names and values. */
  readonly facts: readonly (readonly [name: string, text: string])[];
  /** The arrays of an archive. */
  readonly arrays?: readonly ListedArray[];
  /** A part of the array for a picture. Undefined if there is nothing to draw. */
  readonly slice?: Slice | undefined;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** A number of bytes in decimal units. */
export function bytesText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : value.toPrecision(3)} ${UNITS[power]}`;
}

/** A list of numbers: '100 … 158, every 2'. */
export function listText(list: readonly number[]): string {
  const [first = 0, second = first] = list;
  if (list.length < 2) return `${first}`;
  const step = second - first;
  const even = list.every((v, k) => k === 0 || v - (list[k - 1] as number) === step);
  return `${first} … ${list.at(-1)}, ${even ? `every ${step}` : 'at uneven steps'}`;
}

/** The shape with the names of its axes, where they have some. */
export const shapeText = (shape: Shape, names: readonly (string | null)[] = []): string =>
  `${formatShape(shape)}${names.some(Boolean) ? `: ${names.map((name) => name ?? '-').join(', ')}` : ''}`;

/** The number of elements and their bytes. */
export const sizeText = (shape: Shape, itemBytes: number): string => {
  const size = product(shape);
  return `${size} element${size === 1 ? '' : 's'}, ${bytesText(size * itemBytes)}`;
};

/** The most characters of an attribute. */
const LONGEST = 100;

/** Attributes as JSON, long ones cut. */
export const attributeFacts = (attributes: Readonly<Record<string, unknown>>): FileInfo['facts'] =>
  Object.entries(attributes).map(([name, value]) => [name, JSON.stringify(value).slice(0, LONGEST)] as const);
