import { expect } from 'chai';
import { ArgumentError } from '../../src/core/base/errors.js';
import { decode, encode, type Plain, restoreValue } from '../../src/io/checkpoint/parts/saved-values.js';

/** What a value is after it was written as JSON and read. */
const again = (value: unknown): unknown => decode(JSON.parse(JSON.stringify(encode(value))) as Plain);

describe('values of a checkpoint', () => {
  it('numbers, complex numbers, strings, booleans, typed arrays and lists come back', () => {
    const values: readonly unknown[] = [
      0,
      -0,
      0.1,
      Number.NaN,
      Number.NEGATIVE_INFINITY,
      true,
      'text',
      undefined,
      { re: 1, im: -0 },
      Float64Array.of(1, Number.NaN, -0),
      Float32Array.of(0.1),
      Int32Array.of(-3),
      [1, [2, 'three'], { re: 0, im: Number.POSITIVE_INFINITY }],
    ];
    for (const value of values) expect(again(value)).to.deep.equal(value);
    expect(Object.is(again(-0), -0)).to.equal(true);
  });

  it('data that cannot be saved are refused with the name of the member', () => {
    for (const value of [1n, new Map(), new Set(), new Date(), new ArrayBuffer(8), new BigInt64Array(1)])
      expect(() => encode(value, 'memory')).to.throw(ArgumentError, /^Checkpoint: memory holds .*not saved/);
    expect(() => encode([1, [2n]], 'list')).to.throw(ArgumentError, 'list holds');
  });

  it('what init makes from the arguments is left out', () => {
    for (const value of [() => 1, {}, { n: 1 }, null]) expect(encode(value)).to.equal(undefined);
  });

  it('a typed array keeps its memory', () => {
    const memory = Float64Array.of(1, 2);
    const state = { memory, other: 1 };
    restoreValue(state, 'memory', Float64Array.of(3, 4));
    restoreValue(state, 'other', 'text');
    expect(state.memory).to.equal(memory);
    expect(state).to.deep.equal({ memory: Float64Array.of(3, 4), other: 'text' });
  });
});
