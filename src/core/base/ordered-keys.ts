import { type DType, isDouble, isInteger, rangeOf } from './dtype.js';

/** The numbers of a dtype as integers in the same order. 0 and −0 have the key 0. */
export interface OrderedKeys {
  readonly of: (value: number) => bigint;
  readonly value: (key: bigint) => number;
  /** The keys of the smallest and the largest number, infinities included. */
  readonly range: readonly [smallest: bigint, largest: bigint];
}

const view = new DataView(new ArrayBuffer(8));

/** Keys of floats: the bits of the modulus, with the sign of the number. */
function floatKeys(bits: (value: number) => bigint, value: (bits: bigint) => number): OrderedKeys {
  const largest = bits(Number.POSITIVE_INFINITY);
  return {
    of: (x) => (x < 0 ? -bits(-x) : bits(Math.abs(x))),
    value: (key) => (key < 0n ? -value(-key) : value(key)),
    range: [-largest, largest],
  };
}

const DOUBLES = floatKeys(
  (x) => {
    view.setFloat64(0, x);
    return view.getBigInt64(0);
  },
  (bits) => {
    view.setBigInt64(0, bits);
    return view.getFloat64(0);
  },
);
const SINGLES = floatKeys(
  (x) => {
    view.setFloat32(0, x);
    return BigInt(view.getInt32(0));
  },
  (bits) => {
    view.setInt32(0, Number(bits));
    return view.getFloat32(0);
  },
);

/** The keys of a real dtype. */
export function orderedKeys(dtype: DType): OrderedKeys {
  if (!isInteger(dtype)) return isDouble(dtype) ? DOUBLES : SINGLES;
  const [smallest, largest] = rangeOf(dtype) as readonly [number, number];
  return { of: BigInt, value: Number, range: [BigInt(smallest), BigInt(largest)] };
}
