import { isComplex } from '../../../src/core/base/dtype.js';
import type { Shape } from '../../../src/core/base/shape.js';
import { CooArray } from '../../../src/core/sparse/coo-array.js';
import { CsrArray } from '../../../src/core/sparse/csr-array.js';
import {
  Block,
  CausalIntegration,
  Conj,
  Convolve2D,
  ConvolveND,
  FirstDerivative,
  FirstDirectionalDerivative,
  Flip,
  FunctionOperator,
  Gradient,
  Identity,
  Imag,
  Kronecker,
  LinearRegression,
  MatrixMult,
  Pad,
  Real,
  Regression,
  Roll,
  SecondDirectionalDerivative,
  Sum,
  Symmetrize,
  Zero,
} from '../../../src/local/index.js';
import { dotTable, onEveryAxis } from '../../support/dot-table.js';

const BOTH = [false, true];

dotTable('rearrangements', {
  Zero: ({ dtype }) => [
    new Zero(4, 4, { dtype }),
    new Zero(3, [2, 3], { dtype }),
    new Zero([2, 0], 5, { dtype }),
  ],
  Flip: ({ dtype }) =>
    onEveryAxis([[1], [6], [3, 5], [2, 3, 4], [0, 3]], (dims, axis) => new Flip(dims, { axis, dtype })),
  Roll: ({ dtype }) =>
    [-7, -1, 0, 2, 5, 13].flatMap((shift) =>
      onEveryAxis(
        [[1], [5], [3, 4], [2, 3, 4], [0, 3]],
        (dims, axis) => new Roll(dims, { axis, shift, dtype }),
      ),
    ),
  Pad: ({ dtype }) => [
    new Pad(5, [2, 1], { dtype }),
    new Pad([5], [[0, 3]], { dtype }),
    new Pad(
      [3, 4],
      [
        [1, 0],
        [0, 2],
      ],
      { dtype },
    ),
    new Pad(
      [2, 1, 3],
      [
        [0, 0],
        [2, 2],
        [1, 0],
      ],
      { dtype },
    ),
    new Pad(0, [2, 1], { dtype }),
    new Pad(4, [0, 0], { dtype }),
  ],
  Symmetrize: ({ dtype }) =>
    onEveryAxis([[1], [2], [5], [3, 4], [2, 3, 4]], (dims, axis) => new Symmetrize(dims, { axis, dtype })),
  Sum: ({ dtype }) =>
    onEveryAxis([[1], [6], [3, 5], [2, 3, 4], [0, 3]], (dims, axis) => new Sum(dims, { axis, dtype })),
});

dotTable('integrals and derivatives', {
  CausalIntegration: ({ dtype }) =>
    (['full', 'half', 'trapezoidal'] as const).flatMap((kind) =>
      BOTH.flatMap((removefirst) =>
        onEveryAxis(
          [[0], [1], [2], [3], [9], [4, 5], [2, 1, 6], [0, 3]],
          (dims, axis) => new CausalIntegration(dims, { axis, kind, removefirst, sampling: 0.5, dtype }),
        ),
      ),
    ),
  FirstDirectionalDerivative: ({ dtype, data }) =>
    isComplex(dtype)
      ? []
      : BOTH.flatMap((edge) => [
          new FirstDirectionalDerivative([4, 6], [0.6, -0.8], { edge, dtype }),
          new FirstDirectionalDerivative([4, 6], data([2, 4, 6]), { edge, sampling: [0.5, 2] }),
          new FirstDirectionalDerivative([3, 1, 5], data([3, 3, 1, 5]), { edge, kind: 'forward' }),
          new FirstDirectionalDerivative([7], [2], { edge, dtype }),
        ]),
  SecondDirectionalDerivative: ({ dtype, data }) =>
    isComplex(dtype)
      ? []
      : [
          new SecondDirectionalDerivative([4, 6], [0.6, -0.8], { dtype }),
          new SecondDirectionalDerivative([4, 3, 2], data([3, 4, 3, 2]), { edge: true }),
        ],
});

dotTable('convolutions in several axes', {
  ConvolveND: ({ data }) => [
    new ConvolveND([8, 9], data([3, 5]), { offset: [1, 2] }),
    new ConvolveND([5, 3, 7], data([3, 3, 3]), { offset: [2, 0, 1] }),
    new ConvolveND([5, 3, 7], data([3, 2]), { axes: [0, 2], offset: [1, 1] }),
    new ConvolveND([5, 3, 7], data([4, 2]), { axes: [0, 1], offset: [3, 0] }),
    new ConvolveND([2, 3], data([5, 7]), { offset: [2, 3] }),
    new ConvolveND(6, data([3])),
    new ConvolveND([0, 3], data([3, 3])),
  ],
  Convolve2D: ({ data }) => [
    new Convolve2D([5, 6], data([3, 3]), { offset: [1, 1] }),
    new Convolve2D([4, 5, 6], data([1, 4]), { axes: [0, 1] }),
  ],
});

dotTable('composition and parts', {
  'MatrixMult, sparse': ({ data }) => {
    const sparse = (shape: Shape) =>
      CsrArray.fromDense(data(shape).real().clip(0, null).multiply(data(shape, 5)));
    return [
      new MatrixMult(sparse([4, 5])),
      new MatrixMult(sparse([6, 3]), { otherdims: [2, 2] }),
      new MatrixMult(CooArray.from(sparse([1, 7]))),
      new MatrixMult(sparse([3, 0])),
    ];
  },
  Kronecker: ({ dtype, data }) => [
    new Kronecker(new MatrixMult(data([4, 5])), new MatrixMult(data([3, 5], 5))),
    new Kronecker(new FirstDerivative(4, { dtype }), new Identity(3, 3, { dtype })),
    new Kronecker(new MatrixMult(data([2, 3])), new Gradient([3, 2], { dtype })),
    new Kronecker(new MatrixMult(data([1, 1])), new Zero(2, 0, { dtype })),
  ],
  Block: ({ dtype, data }) => [
    new Block([
      [new MatrixMult(data([4, 5])), new MatrixMult(data([4, 3], 5))],
      [new FirstDerivative(5, { dtype }), new Zero(5, 3, { dtype })],
    ]),
  ],
  Real: ({ dtype }) =>
    isComplex(dtype) ? [new Real(6, { dtype }), new Real([2, 3], { dtype: 'complex128' })] : [],
  Imag: ({ dtype }) => (isComplex(dtype) ? [new Imag(6, { dtype }), new Imag([2, 3], { dtype })] : []),
  Conj: ({ dtype }) => [new Conj(6, { dtype }), new Conj([2, 3], { dtype })],
  'algebra of parts': ({ dtype, data }) => {
    if (!isComplex(dtype)) return [];
    const A = new MatrixMult(data([4, 6]));
    return [
      new Real(4, { dtype }).mul(A),
      new Conj(4, { dtype }).mul(A),
      new Block([[new Real(4, { dtype }), new Imag(4, { dtype })]]),
    ];
  },
  FunctionOperator: ({ dtype }) => [
    new FunctionOperator((x) => x.multiply(3), [2, 3], { adjoint: (y) => y.multiply(3), dtype }),
    new FunctionOperator((x, y) => void y.assign(x).scale(2), 5, {
      adjoint: (y, x) => void x.assign(y).scale(2),
      dtype,
    }),
  ],
  Regression: ({ dtype }) => [
    new Regression([0, 0.5, -1, 2], 3, { dtype }),
    new Regression([2], 0, { dtype }),
  ],
  LinearRegression: ({ dtype }) => [new LinearRegression([0, 0.5, -1, 2], { dtype })],
});
