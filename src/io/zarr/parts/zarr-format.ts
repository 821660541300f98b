import { type DType, isBoolean, isComplex } from '../../../core/base/dtype.js';
import { ArgumentError } from '../../../core/base/errors.js';
import type { Shape } from '../../../core/base/shape.js';
import { HOST_LITTLE_ENDIAN } from '../../npy/npy-header.js';
import type { ZarrCompression } from './zarr-codec.js';
import type { JsonObject } from './zarr-json.js';
import { WRITE_ID } from './zarr-metadata.js';

const CODECS: Readonly<Record<ZarrCompression, (level: number) => readonly JsonObject[]>> = {
  none: () => [],
  gzip: (level) => [{ name: 'gzip', configuration: { level } }],
  zstd: (level) => [{ name: 'zstd', configuration: { level, checksum: false } }],
};

/**
 * Checks that JSON can hold an attribute. JSON would change other values to null or drop them.
 *
 * @throws {@link ArgumentError} with the name of the attribute if it cannot
 */
function checkAttribute(name: string, given: unknown, around: readonly unknown[] = []): void {
  const bad = (what: string) =>
    new ArgumentError(
      `expected attributes that JSON holds, received ${what} in ${name}: write it as a text, for instance`,
    );
  const hasForm =
    typeof given === 'object' && given !== null && 'toJSON' in given && typeof given.toJSON === 'function';
  const value: unknown = hasForm ? (given as { toJSON(): unknown }).toJSON() : given;
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw bad(String(value));
    return;
  }
  if (typeof value !== 'object') throw bad(`a ${typeof value}`);
  if (ArrayBuffer.isView(value)) throw bad('a typed array');
  if (around.includes(value)) throw bad('a circle');
  const inside = [...around, value];
  if (Array.isArray(value))
    for (let k = 0; k < value.length; k++) checkAttribute(`${name}[${k}]`, value[k], inside);
  else for (const [key, member] of Object.entries(value)) checkAttribute(`${name}.${key}`, member, inside);
}

/**
 * The zarr.json of an array in this machine's byte order.
 *
 * @param write a text that differs whenever an array is written
 */
export function formatZarrMetadata(
  shape: Shape,
  dtype: DType,
  chunkShape: Shape,
  options: {
    readonly compression: ZarrCompression;
    readonly level: number;
    readonly attributes: Readonly<Record<string, unknown>>;
    readonly dimensionNames?: readonly (string | null)[] | undefined;
    readonly write?: string;
  },
): string {
  const { compression, level, attributes, dimensionNames, write } = options;
  for (const [key, value] of Object.entries(attributes)) checkAttribute(key, value);
  return `${JSON.stringify(
    {
      zarr_format: 3,
      node_type: 'array',
      shape,
      data_type: dtype,
      chunk_grid: { name: 'regular', configuration: { chunk_shape: chunkShape } },
      chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
      fill_value: isComplex(dtype) ? [0, 0] : isBoolean(dtype) ? false : 0,
      codecs: [
        { name: 'bytes', configuration: { endian: HOST_LITTLE_ENDIAN ? 'little' : 'big' } },
        ...CODECS[compression](level),
      ],
      ...(dimensionNames && { dimension_names: dimensionNames }),
      attributes: { ...attributes, ...(write !== undefined && { [WRITE_ID]: write }) },
    },
    undefined,
    2,
  )}\n`;
}
