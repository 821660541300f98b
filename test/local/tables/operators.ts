import { isComplex } from '../../../src/core/base/dtype.js';
import type { Shape } from '../../../src/core/base/shape.js';
import { DERIVATIVE_KINDS } from '../../../src/core/schemes/derivative-scheme.js';
import { FFT_NORMS } from '../../../src/core/schemes/fourier-scheme.js';
import {
  BlockDiag,
  Convolve1D,
  Diagonal,
  FFT,
  FFT2D,
  FFTND,
  FirstDerivative,
  Fredholm1,
  Gradient,
  HStack,
  Identity,
  Laplacian,
  MatrixMult,
  MDC,
  PhaseShift,
  PoststackLinearModelling,
  SecondDerivative,
  Shift,
  Smoothing1D,
  Smoothing2D,
  Transpose,
  VStack,
} from '../../../src/local/index.js';
import { dotTable, onEveryAxis } from '../../support/dot-table.js';

const BOTH = [false, true];
/** The dtypes of complex and real transforms, if the backend supports complex data. */
const spectral = (complex: boolean) => (complex ? BOTH : []);
const TINY: readonly Shape[] = [
  [0],
  [1],
  [2],
  [3],
  [4],
  [5],
  [7],
  [3, 1, 2],
  [5, 7],
  [2, 0, 3],
  [1, 6],
  [4, 3, 5],
];

/** A wavelet for each of n samples. */
const changing = (n: number): number[][] => Array.from({ length: n }, (_, i) => [i, 1, -2, 3 - i]);

dotTable('local operators', {
  FirstDerivative: ({ dtype }) =>
    DERIVATIVE_KINDS.flatMap((kind) =>
      ([3, 5] as const).flatMap((order) =>
        BOTH.flatMap((edge) =>
          onEveryAxis(
            TINY,
            (dims, axis) => new FirstDerivative(dims, { axis, kind, order, edge, sampling: 0.5, dtype }),
          ),
        ),
      ),
    ),
  SecondDerivative: ({ dtype }) =>
    DERIVATIVE_KINDS.flatMap((kind) =>
      BOTH.flatMap((edge) =>
        onEveryAxis(
          TINY,
          (dims, axis) => new SecondDerivative(dims, { axis, kind, edge, sampling: 2, dtype }),
        ),
      ),
    ),
  Laplacian: ({ dtype }) =>
    DERIVATIVE_KINDS.flatMap((kind) =>
      BOTH.flatMap((edge) => [
        new Laplacian([5], { axes: [0], kind, edge, dtype }),
        new Laplacian([1, 6], { kind, edge, dtype }),
        new Laplacian([5, 4, 7], {
          kind,
          edge,
          axes: [0, 1, 2],
          weights: [1, -2, 0.5],
          sampling: [1, 0.5, 2],
          dtype,
        }),
        new Laplacian([4, 5, 3], { kind, edge, axes: [-1, 0], weights: 3, dtype }),
      ]),
    ),
  Gradient: ({ dtype }) =>
    DERIVATIVE_KINDS.flatMap((kind) =>
      BOTH.flatMap((edge) =>
        ([[1], [6], [3, 5], [2, 1, 4], [0, 3]] as Shape[]).map(
          (dims) => new Gradient(dims, { kind, edge, sampling: 0.5, dtype }),
        ),
      ),
    ),
  MatrixMult: ({ data }) => [
    new MatrixMult(data([1, 1])),
    new MatrixMult(data([5, 3])),
    new MatrixMult(data([3, 5]), { otherdims: 4 }),
    new MatrixMult(data([4, 7]), { otherdims: [2, 3] }),
    new MatrixMult(data([4, 0]), { otherdims: 2 }),
    new MatrixMult(data([0, 4])),
  ],
  Identity: ({ dtype }) => [
    new Identity(6, 6, { dtype }),
    new Identity(4, 7, { dtype }),
    new Identity(7, 4, { dtype }),
    new Identity([2, 5], [3, 4], { dtype }),
    new Identity(0, 3, { dtype }),
  ],
  Diagonal: ({ data }) => [
    new Diagonal(data([7])),
    new Diagonal(data([3, 4])),
    new Diagonal(data([5]), { dims: [5, 3], axis: 0 }),
    new Diagonal(data([5]), { dims: [2, 5, 3], axis: 1 }),
    new Diagonal(data([3]), { dims: [2, 5, 3] }),
    new Diagonal(data([1]), { dims: [1] }),
  ],
  Transpose: ({ dtype }) => [
    new Transpose([3, 4], [1, 0], { dtype }),
    new Transpose([2, 3, 4], [2, 0, 1], { dtype }),
    new Transpose([2, 1, 3, 2], [-1, 1, 0, 2], { dtype }),
  ],
  Convolve1D: ({ data }) => [
    ...[0, 1, 4].flatMap((offset) =>
      onEveryAxis(
        [[5], [1, 6], [8, 3, 2]],
        (dims, axis) => new Convolve1D(dims, data([5]), { axis, offset }),
      ),
    ),
    new Convolve1D(4, data([9]), { offset: 3 }),
    new Convolve1D(1, data([1])),
    new Convolve1D([3, 4], data([9]), { offset: 8 }),
  ],
  Smoothing1D: ({ dtype }) =>
    onEveryAxis([[1], [2], [9], [6, 5]], (dims, axis) => new Smoothing1D(5, dims, { axis, dtype })),
  Smoothing2D: ({ dtype }) => [
    new Smoothing2D([3, 4], [6, 7], { dtype }),
    new Smoothing2D(5, [2, 6, 3], { axes: [0, -1], dtype }),
  ],
  PoststackLinearModelling: ({ dtype }) =>
    (['centered', 'forward', 'backward'] as const).flatMap((kind) =>
      [1, 2, 5, 12].flatMap((nt0) => [
        new PoststackLinearModelling([1, -2, 3, 0.5, 4], nt0, { kind, dtype }),
        new PoststackLinearModelling([1, 2], nt0, { kind, spatdims: [3, 2], axis: 1, dtype }),
        new PoststackLinearModelling([1, 2, -4], nt0, { kind, spatdims: [2, 33], dtype }),
        new PoststackLinearModelling(changing(nt0), nt0, { kind, spatdims: 2, axis: 1, dtype }),
      ]),
    ),
  FFT: ({ dtype, complex }) =>
    spectral(complex).flatMap((real) =>
      FFT_NORMS.flatMap((norm) =>
        onEveryAxis(
          [[1], [2], [3], [6], [5, 1, 4]],
          (dims, axis) => new FFT(dims, { axis, real, norm, dtype }),
        ).concat(
          [2, 3, 8].flatMap((nfft) =>
            onEveryAxis(
              [[6], [3, 5]],
              (dims, axis) =>
                new FFT(dims, { axis, nfft, real, norm, ifftshiftBefore: true, fftshiftAfter: !real, dtype }),
            ),
          ),
        ),
      ),
    ),
  FFT2D: ({ dtype, complex }) =>
    spectral(complex).flatMap((real) => [
      new FFT2D([6, 5], { real, axes: [1, 0], norm: 'none', dtype }),
      new FFT2D([4, 3, 5], {
        real,
        axes: [0, 2],
        nffts: [7, 4],
        ifftshiftBefore: [false, true],
        fftshiftAfter: [true, false],
        dtype,
      }),
      new FFT2D([0, 3], { real, nffts: [2, 3], dtype }),
    ]),
  FFTND: ({ dtype, complex }) =>
    spectral(complex).flatMap((real) => [
      new FFTND([2, 3, 4], { real, dtype }),
      new FFTND([3, 4, 2, 5], {
        real,
        axes: [3, 0, 1],
        nffts: [4, 6, 4],
        norm: '1/n',
        fftshiftAfter: [true, true, false],
        dtype,
      }),
      new FFTND([3, 0, 2], { real, axes: [0, 2], dtype }),
    ]),
  Shift: ({ dtype, complex }) =>
    spectral(complex).flatMap((real) => [
      ...onEveryAxis(
        [[7], [4, 6]],
        (dims, axis) => new Shift(dims, 1.3, { axis, real, sampling: 0.5, dtype }),
      ),
      new Shift([2, 5, 3], [1, -2, 0.5, 3, 0, 1.5], { axis: 1, real, nfft: 8, dtype }),
    ]),
  PhaseShift: ({ dtype, complex }) => {
    if (isComplex(dtype) || !complex) return [];
    const freq = [0, 1, 2, 3];
    return [
      new PhaseShift(2, 0.1, 7, freq, [-1, 0, 1], { dtype }),
      new PhaseShift(2, -0.2, 6, freq, [-2, -1, 0, 1], { ky: [-1, 0, 1], dtype }),
    ];
  },
  Fredholm1: ({ data }) => [
    new Fredholm1(data([3, 4, 5]), 2),
    new Fredholm1(data([1, 2, 1])),
    new Fredholm1(data([0, 2, 3]), 2),
    new Fredholm1(data([2, 3, 0])),
  ],
  MDC: ({ data, dtype }) =>
    isComplex(dtype)
      ? BOTH.flatMap((conj) => [
          new MDC(data([4, 3, 2]), 7, 2, { conj, dt: 0.5, dr: 2 }),
          new MDC(data([3, 2, 5]), 8, 1, { conj, twosided: false, prescaled: true }),
          new MDC(data([5, 2, 2]), 8, 3, { conj, twosided: false }),
        ])
      : [],
  VStack: ({ dtype, data }) => [
    new VStack([
      new MatrixMult(data([3, 6])),
      new Identity(6, 6, { dtype }),
      new MatrixMult(data([2, 6], 5)),
    ]),
    new VStack([new FirstDerivative([4, 3], { axis: 0, dtype }), new Gradient([4, 3], { dtype })]),
    new VStack([new FirstDerivative([4, 3], { dtype }), new Diagonal(data([12]))]),
    new VStack([new Gradient(5, { dtype })]),
  ],
  HStack: ({ dtype, data }) => [
    new HStack([new MatrixMult(data([3, 6])), new Identity(3, 3, { dtype })]),
    new HStack([new FirstDerivative([4, 3], { axis: 0, dtype }), new Transpose([3, 4], [1, 0], { dtype })]),
    new HStack([new FirstDerivative([4, 3], { dtype }), new Diagonal(data([12]))]),
    new HStack([new Gradient(5, { dtype }).H, new Convolve1D(5, data([3])), new Identity(5, 2, { dtype })]),
  ],
  BlockDiag: ({ dtype, data }) => [
    new BlockDiag([
      new MatrixMult(data([3, 6])),
      new Gradient([2, 3], { dtype }),
      new Identity(0, 2, { dtype }),
    ]),
    new BlockDiag([
      new VStack([new Identity(4, 4, { dtype }), new FirstDerivative(4, { dtype })]),
      new Transpose([2, 3], [1, 0], { dtype }).H,
    ]),
  ],
  algebra: ({ dtype, data }) => {
    const A = new MatrixMult(data([4, 6]));
    const D = new FirstDerivative([2, 3], { axis: 0, dtype });
    const i = isComplex(dtype) ? { re: 0.5, im: -2 } : -2;
    return [
      A.H.mul(A).add(new Identity(6, 6, { dtype }).scale(i)),
      new Gradient([2, 3], { dtype }).H.mul(new Gradient([2, 3], { dtype })).subtract(D.H.mul(D)),
      new MatrixMult(data([6, 6])).pow(3),
      A.T.conj().scale(i),
    ];
  },
});
