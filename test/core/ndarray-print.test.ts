import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { CpuBackend } from '../../src/cpu/cpu-backend.js';
import { NUMPY_TEXTS } from './numpy-texts.js';

const backend = new CpuBackend();
const array = (data: Parameters<typeof NDArray.array>[0], dtype?: 'float32' | 'int32' | 'complex128') =>
  NDArray.array(data, { backend, dtype });

/** The output of print() in Python for the same array. */
const CASES: readonly (readonly [title: string, x: NDArray, text: string])[] = [
  [
    'integers',
    array(
      [
        [1, -10],
        [100, 2],
      ],
      'int32',
    ),
    '[[  1 -10]\n [100   2]]',
  ],
  ['whole floats', array([1, 2, 3]), '[1. 2. 3.]'],
  ['fractions', array([1, 0.5, -0.25]), '[ 1.    0.5  -0.25]'],
  ['eight digits', array([1 / 3, 2 / 3]), '[0.33333333 0.66666667]'],
  ['the shortest digits of single precision', array(Float32Array.of(0.1, 1 / 3)), '[0.1        0.33333334]'],
  ['exponents for small numbers', array([1e-5, 1]), '[1.e-05 1.e+00]'],
  ['exponents for a wide range', array([0.001, 123456]), '[1.00000e-03 1.23456e+05]'],
  ['exponents of three digits', array([1e-200, 1e100, 1]), '[1.e-200 1.e+100 1.e+000]'],
  ['exponents for large numbers', array([1e8, -2.5e8]), '[ 1.0e+08 -2.5e+08]'],
  ['nan and infinities', array([1, Number.NaN, Number.NEGATIVE_INFINITY]), '[  1.  nan -inf]'],
  ['negative zero', array([-0, 1]), '[-0.  1.]'],
  [
    'complex numbers',
    array([
      { re: 1, im: 2 },
      { re: 3, im: -4.5 },
    ]),
    '[1.+2.j  3.-4.5j]',
  ],
  [
    'complex numbers that are none',
    array([
      { re: Number.NaN, im: 2 },
      { re: 3, im: Number.POSITIVE_INFINITY },
    ]),
    '[nan +2.j  3.+infj]',
  ],
  ['one number', array(2.5), '2.5'],
  ['nothing', array([]), '[]'],
  [
    'three axes',
    NDArray.arange(0, 8, 1, { backend, dtype: 'int32' }).reshape([2, 2, 2]),
    '[[[0 1]\n  [2 3]]\n\n [[4 5]\n  [6 7]]]',
  ],
  [
    'long arrays',
    NDArray.arange(0, 1001, 1, { backend, dtype: 'int32' }),
    '[   0    1    2 ...  998  999 1000]',
  ],
  [
    'large matrices',
    NDArray.arange(0, 2000, 1, { backend, dtype: 'int32' }).reshape([500, 4]),
    '[[   0    1    2    3]\n [   4    5    6    7]\n [   8    9   10   11]\n ...\n [1988 1989 1990 ' +
      '1991]\n [1992 1993 1994 1995]\n [1996 1997 1998 1999]]',
  ],
  [
    'lines of 75 characters',
    NDArray.arange(0, 30, 1, { backend, dtype: 'int32' }),
    '[ 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22 23\n 24 25 26 27 28 29]',
  ],
];

describe('printing of NDArray', () => {
  for (const [title, x, text] of CASES) it(`shows ${title}`, () => expect(x.toString()).to.equal(text));

  it('downloads the corners of a large array only', () => {
    const x = NDArray.zeros([300, 300, 10], { backend });
    const before = backend.stats().allocations;
    let downloaded = 0;
    const { download } = backend;
    backend.download = (from, to) => {
      downloaded += from.size;
      return download.call(backend, from, to);
    };
    try {
      expect(x.toString().split('\n').length).to.be.above(10);
    } finally {
      backend.download = download;
    }
    expect(downloaded).to.equal(216);
    expect(backend.stats().allocations - before).to.be.below(10);
  });

  it('prints arrays of every dtype and size as NumPy does', () => {
    for (const [dtype, shape, values, text] of NUMPY_TEXTS)
      expect(
        String(NDArray.array([...values], { backend, dtype }).reshape(shape)),
        `${dtype} [${JSON.stringify(values)}]`,
      ).to.equal(text);
  });
});
