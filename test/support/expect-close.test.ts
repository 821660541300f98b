import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { Layout } from '../../src/core/distributed/layout.js';
import { CpuBackend } from '../../src/cpu/cpu-backend.js';
import { type Comparable, expectClose, expectSameBits, type Tolerance } from './expect-close.js';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const backend = new CpuBackend();
const array = (values: Parameters<typeof NDArray.array>[0]) => NDArray.array(values, { backend });

/** A comparison that must fail, and its message. */
function fails(
  what: string,
  actual: Comparable,
  expected: Comparable,
  tolerance: Tolerance,
  message: string,
): void {
  it(`refuses ${what}`, () => {
    expect(() => expectClose(actual, expected, tolerance)).to.throw(message);
  });
}
function passes(what: string, actual: Comparable, expected: Comparable, tolerance: Tolerance): void {
  it(`accepts ${what}`, () => expectClose(actual, expected, tolerance));
}

describe('the comparison of arrays', () => {
  const plane = array([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const wrong = array([
    [1, 2, 3.5],
    [4, 7, 6],
  ]);

  fails(
    'wrong values, and names the place of the worst, both values, the number of them and the tolerance',
    wrong,
    plane,
    1e-3,
    '2 of 6 elements differ, the worst at [1, 1]: expected 5, received 7, error 2, allowed 0.006',
  );
  fails(
    'one wrong number',
    2.5,
    2,
    0.1,
    '1 of 1 element differs, the worst at [0]: expected 2, received 2.5',
  );
  fails('another shape', plane, plane.ravel(), 0, 'expected shape [6], received [2, 3]');
  fails('another dtype', plane, plane.astype('float32'), 0, 'expected dtype float32, received float64');
  fails('another number of elements', [1, 2], [1, 2, 3], 0, 'expected 3 elements, received 2');
  fails(
    'NaN',
    [1, nan, 3],
    [1, 2, 3],
    1e9,
    '1 of 3 elements differs, the worst at [1]: expected 2, received NaN',
  );
  fails('NaN where NaN is expected, unless that is accepted', [nan], [nan], 1, 'expected NaN, received NaN');
  fails('infinity in place of a number', [-inf, 1], [2, 1], 1e9, 'expected 2, received -Infinity');
  fails(
    'the other infinity',
    [1, -inf],
    [1, inf],
    { rtol: 1, notFinite: 'equal' },
    'the worst at [1]: expected Infinity, received -Infinity',
  );
  fails('any value but 0 for 0', [0, 1e-3], [0, 0], 1e-4, 'error 0.001, allowed 0.0001');
  fails(
    'a wrong imaginary part',
    array([
      { re: 1, im: 2 },
      { re: 3, im: 4 },
    ]),
    [
      { re: 1, im: 2 },
      { re: 3, im: 5 },
    ],
    0.1,
    '1 of 2 elements differs, the worst at [1]: expected 3 + 5i, received 3 + 4i, error 1',
  );
  fails('an imaginary part where none is expected', array([{ re: 1, im: 1 }]), [1], 0.1, 'expected 1 + 0i');
  fails(
    'an error that is small beside the largest value only, where each counts',
    [1e-3, 1],
    [2e-3, 1],
    { rtol: 0.01, each: true },
    'the worst at [0]: expected 0.002, received 0.001',
  );

  fails(
    'a difference with a larger 2-norm than accepted',
    [3, 0, 4],
    [0, 0, 0],
    { norm: 4.9 },
    '2-norm of the difference 5, allowed 4.9: 2 of 3 elements differ, the worst at [2]: expected 0',
  );
  fails('NaN in a difference', [nan], [0], { norm: 1 }, 'expected 0, received NaN');

  passes('a difference of the accepted 2-norm', [3, 0, 4], [0, 0, 0], { norm: 5 });
  passes('errors up to the tolerance', wrong, plane, 2 / 6);
  passes('equal NaN and infinities where that is said', [nan, inf], [nan, inf], { notFinite: 'equal' });
  passes('every value for NaN where that is said', [7, 1], [nan, 1], { notFinite: 'unspecified' });
  passes('the parts of complex numbers as a list', array([{ re: 1, im: 2 }]), [1, 2], 0);
  passes('0 for -0', [0], [-0], 0);
  passes('errors relative to a scale', [1e-3, 0], [0, 0], { rtol: 1e-3, scale: 1 });
  passes('nothing for nothing', [], [], 0);

  it('says what was compared, in which layout and with which seed', () => {
    const details = { what: 'A x', layout: Layout.split([2], 1), seed: 7 };
    expect(() => expectClose([1, 2], [1, 3], 0, details)).to.throw(
      /^A x: layout .*: seed 7: 1 of 2 elements differs/,
    );
  });

  it('compares bits where that is asked for', () => {
    expectSameBits(array([0, nan, -0]), [0, nan, -0]);
    expect(() => expectSameBits([0, 1], [-0, 1])).to.throw('the worst at [0]: expected -0, received 0');
    expect(() => expectSameBits([1 + 2 ** -52], [1])).to.throw('expected 1, received 1.0000000000000002');
  });
});
