import type { HostArray } from '../../../core/base/dtype.js';
import { DTypeError } from '../../../core/base/errors.js';
import { fromIbm, toIbm } from './ibm-float.js';
import type { SegyFormat } from './segy-header.js';

type Get = (view: DataView, at: number, little: boolean) => number;
const READ: Readonly<Record<SegyFormat, Get>> = {
  ibm: (view, at, little) => fromIbm(view.getUint32(at, little)),
  int32: (view, at, little) => view.getInt32(at, little),
  int16: (view, at, little) => view.getInt16(at, little),
  float32: (view, at, little) => view.getFloat32(at, little),
};

/**
 * Reads samples of a trace that starts at `at`.
 *
 * @throws {@link DTypeError} for IBM floats beyond float32 if the target is float32
 */
export function readSamples(
  view: DataView,
  at: number,
  samples: {
    readonly format: SegyFormat;
    readonly bytes: number;
    readonly count: number;
    readonly littleEndian: boolean;
  },
  to: HostArray,
  first: number,
): void {
  const { format, bytes, count, littleEndian } = samples;
  const get = READ[format];
  const narrow = format === 'ibm' && to instanceof Float32Array;
  for (let i = 0; i < count; i++) {
    const value = get(view, at + i * bytes, littleEndian);
    to[first + i] = value;
    if (narrow && !Number.isFinite(to[first + i] as number))
      throw new DTypeError(`${value} does not fit into float32: read with dtype 'float64'`);
  }
}

type Put = (view: DataView, at: number, value: number) => void;
const refuse = (value: number, format: SegyFormat): never => {
  throw new DTypeError(`${value} does not fit into samples of format '${format}'`);
};
const WRITE: Readonly<Record<SegyFormat, Put>> = {
  ibm: (view, at, value) => view.setUint32(at, toIbm(value) ?? refuse(value, 'ibm')),
  int32: (view, at, value) => view.setInt32(at, value),
  int16: (view, at, value) =>
    view.setInt16(at, value >= -32768 && value <= 32767 ? value : refuse(value, 'int16')),
  float32: (view, at, value) => view.setFloat32(at, value),
};

/**
 * Writes samples, big-endian.
 *
 * @throws {@link DTypeError} for values that the format cannot hold
 */
export function writeSamples(
  view: DataView,
  at: number,
  format: SegyFormat,
  bytes: number,
  from: HostArray,
  first: number,
  count: number,
): void {
  const put = WRITE[format];
  for (let i = 0; i < count; i++) put(view, at + i * bytes, from[first + i] as number);
}
