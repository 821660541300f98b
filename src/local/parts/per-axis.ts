import { ArgumentError, ShapeError } from '../../core/base/errors.js';
import { textOf } from '../../core/base/text-of.js';

function listOf(name: string, value: readonly number[]): number[] {
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return [...value];
  throw new ArgumentError(`expected ${name} to be a number or a list of them, received ${textOf(value)}`);
}

/**
 * One number for every one of `count` axes, or a list of as many. Throws {@link ShapeError}, and
 * ArgumentError for what is no number.
 */
export function perAxis(name: string, value: number | readonly number[], count: number): number[] {
  const list = typeof value === 'number' ? new Array<number>(count).fill(value) : listOf(name, value);
  if (list.length !== count)
    throw new ShapeError(`expected ${name} for ${count} axes, received ${list.length} numbers`);
  const bad = list.find((v) => !Number.isFinite(v));
  if (bad !== undefined)
    throw new ArgumentError(`expected finite numbers for ${name}, received ${textOf(bad)}`);
  return list;
}
