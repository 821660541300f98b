import { isScalar } from '../../../core/base/complex.js';
import { ArgumentError } from '../../../core/base/errors.js';
import { textOf } from '../../../core/base/text-of.js';

/** A value as JSON. null is undefined; numbers that JSON lacks, and objects, have an object. */
export type Plain =
  | number
  | string
  | boolean
  | null
  | { readonly float: string }
  | { readonly complex: readonly Plain[] }
  | { readonly typed: string; readonly values: readonly Plain[] }
  | readonly Plain[];

const TYPED = {
  Int8Array,
  Uint8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
};
type Typed = InstanceType<(typeof TYPED)[keyof typeof TYPED]>;

const isTyped = (value: unknown): value is Typed =>
  ArrayBuffer.isView(value) && value.constructor.name in TYPED;

/** Data that are never made from options, so that leaving them out would change the result. */
const isLostData = (value: unknown): boolean =>
  typeof value === 'bigint' ||
  typeof value === 'symbol' ||
  value instanceof Map ||
  value instanceof Set ||
  value instanceof Date ||
  value instanceof ArrayBuffer ||
  ArrayBuffer.isView(value);

/**
 * A value as JSON: numbers, complex numbers, strings, booleans, undefined, typed arrays, and lists
 * of these. Returns undefined for what a solver makes anew from its arguments: functions, operators
 * and other objects.
 * @param name the name of the member, for the message
 * @throws {@link ArgumentError} for data that cannot be saved: Map, Set, bigint and the like
 */
export function encode(value: unknown, name = 'a value'): Plain | undefined {
  if (value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { float: Object.is(value, -0) ? '-0' : `${value}` };
  if (isScalar(value) && typeof value !== 'number')
    return { complex: [encode(value.re) as Plain, encode(value.im) as Plain] };
  if (isTyped(value))
    return { typed: value.constructor.name, values: Array.from(value, (number) => encode(number) as Plain) };
  if (isLostData(value))
    throw new ArgumentError(
      `Checkpoint: ${name} holds ${textOf(value)}, which is not saved: expected vectors, numbers, strings, ` +
        'booleans, typed arrays or lists of these; names in scratch are left out',
    );
  if (!Array.isArray(value)) return undefined;
  const members = value.map((member) => encode(member, name));
  return members.every((m): m is Plain => m !== undefined) ? members : undefined;
}

/** The value of {@link encode}'s result. */
export function decode(value: Plain): unknown {
  if (value === null) return undefined;
  if (typeof value !== 'object') return value;
  if ('float' in value) return Number(value.float);
  if ('complex' in value) return { re: decode(value.complex[0] ?? 0), im: decode(value.complex[1] ?? 0) };
  if ('typed' in value) {
    const make = TYPED[value.typed as keyof typeof TYPED];
    return make?.from(value.values.map((number) => decode(number) as number));
  }
  return value.map(decode);
}

/** Sets a member of a state. The elements of a typed array are replaced in its memory. */
export function restoreValue(state: object, name: string, value: unknown): void {
  const own: unknown = Reflect.get(state, name);
  if (isTyped(own) && isTyped(value) && own.constructor === value.constructor && own.length === value.length)
    own.set(value);
  else Reflect.set(state, name, value);
}
