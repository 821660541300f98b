import { expect } from 'chai';
import type { Nested } from '../../src/core/array/host-values.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/base/errors.js';
import { tidy } from '../../src/core/base/scope.js';
import type { Backend } from '../../src/core/ports/backend.js';
import { setDefaultBackend } from '../../src/core/ports/defaults.js';
import { openWorkspaces } from '../../src/core/vector/workspace.js';
import { CpuBackend } from '../../src/cpu/index.js';
import {
  type AnyLocalOperator,
  BlockDiag,
  Convolve1D,
  Diagonal,
  FirstDerivative,
  Gradient,
  HStack,
  Identity,
  Laplacian,
  MatrixMult,
  PoststackLinearModelling,
  ricker,
  SecondDerivative,
  Smoothing1D,
  Smoothing2D,
  smooth,
  Transpose,
  VStack,
} from '../../src/local/index.js';
import { BACKENDS, makeBackend } from '../support/backends.js';
import { expectClose } from '../support/expect-close.js';

const numbers = (x: NDArray): number[] => Array.from(x.toHost());

/**
 * The forward and backward passes of a running mean over a signal that is continued by point
 * reflection at both ends, as plain code.
 */
function filtered(x: readonly number[], width: number): number[] {
  const reach = width - 1;
  const [first, last] = [x[0] as number, x.at(-1) as number];
  const n = x.length;
  const before = Array.from({ length: reach }, (_, k) => 2 * first - (x[reach - k] as number));
  const after = Array.from({ length: reach }, (_, k) => 2 * last - (x[n - 2 - k] as number));
  const long = [...before, ...x, ...after];
  const pass = (v: readonly number[]) =>
    Array.from({ length: v.length - reach }, (_, i) => v.slice(i, i + width).reduce((a, b) => a + b) / width);
  return pass(pass(long));
}

describe('local operators', () => {
  before(() => {
    setDefaultBackend(new CpuBackend());
  });

  for (const entry of BACKENDS) {
    describe(`values [${entry.name}]`, () => {
      let backend: Backend;
      let dtype: 'float32' | 'float64';
      let delta: number;
      before(async () => {
        backend = await makeBackend(entry.name);
        dtype = backend.dtypes.includes('float64') ? 'float64' : 'float32';
        delta = dtype === 'float64' ? 1e-12 : 1e-4;
      });
      const array = (values: Nested) => NDArray.array(values, { dtype, backend });

      it('first derivatives of a parabola are exact where centered', () => {
        const x = array(Array.from({ length: 9 }, (_, i) => (i * 0.5) ** 2));
        for (const order of [3, 5] as const) {
          const y = new FirstDerivative(9, { sampling: 0.5, order }).matvec(x);
          const inner = Array.from({ length: 9 }, (_, i) =>
            i < (order === 5 ? 2 : 1) || i > 8 - (order === 5 ? 2 : 1) ? 0 : i,
          );
          expectClose(y, inner, { atol: delta });
        }
        expectClose(new SecondDerivative(9, { sampling: 0.5, edge: true }).matvec(x), new Array(9).fill(2), {
          atol: delta,
        });
      });

      it('the Laplacian of x² + 3y² is 2 + 6, weighted 2a + 6b', () => {
        const grid = array(
          Array.from({ length: 5 }, (_, i) => Array.from({ length: 6 }, (_, j) => i * i + 3 * j * j)),
        );
        expectClose(new Laplacian([5, 6], { edge: true }).matvec(grid), new Array(30).fill(8), {
          atol: delta,
        });
        expectClose(
          new Laplacian([5, 6], { edge: true, weights: [10, -1] }).matvec(grid),
          new Array(30).fill(14),
          { atol: delta },
        );
      });

      it('the gradient of a plane is its slopes, on a new leading axis', () => {
        const plane = array(
          Array.from({ length: 4 }, (_, i) => Array.from({ length: 3 }, (_, j) => 2 * i - 5 * j)),
        );
        const y = new Gradient([4, 3], { edge: true }).matvec(plane);
        expect([...y.shape]).to.deep.equal([2, 4, 3]);
        expectClose(y, [...new Array(12).fill(2), ...new Array(12).fill(-5)], { atol: delta });
      });

      it('post-stack modelling is the convolution of the derivative', () => {
        const { wavelet } = ricker([0, 0.004, 0.008, 0.012, 0.016], 30);
        const wav = Array.from(wavelet);
        for (const kind of ['centered', 'forward', 'backward'] as const) {
          for (const n of [1, 3, 8, 30]) {
            // from 32 traces on, the operator uses one table for both factors
            for (const nx of [2, 40]) {
              const both = new PoststackLinearModelling(wav, n, { spatdims: nx, kind, dtype });
              const product = new Convolve1D([n, nx], array(wav), { offset: 4, axis: 0 }).mul(
                new FirstDerivative([n, nx], { axis: 0, kind, dtype }),
              );
              const last = new PoststackLinearModelling(wav, n, { spatdims: nx, axis: -1, kind, dtype });
              expect([...last.dims]).to.deep.equal([nx, n]);
              const x = both.domain({ dtype, backend }).random(5);
              expectClose(both.matvec(x), numbers(product.matvec(x)), { atol: 10 * delta });
              expectClose(both.rmatvec(x), numbers(product.rmatvec(x)), { atol: 10 * delta });
              expectClose(last.matvec(x.transpose()).transpose(), numbers(product.matvec(x)), {
                atol: 10 * delta,
              });
              expectClose(last.rmatvec(x.transpose()).transpose(), numbers(product.rmatvec(x)), {
                atol: 10 * delta,
              });
            }
          }
        }
      });

      it('post-stack modelling with a wavelet for each sample is the dense matrix of its formula', () => {
        for (const kind of ['centered', 'forward', 'backward'] as const) {
          for (const [n, length] of [
            [1, 3],
            [3, 2],
            [8, 1],
            [9, 20],
            [100, 21],
          ] as const) {
            if (n === 100 && kind !== 'centered') continue;
            const D = new FirstDerivative(n, { kind, dtype }).todense({ backend });
            const wav = NDArray.normal([n, length], { seed: n, dtype, backend });
            const filters = wav.toHost();
            const W = Array.from({ length: n }, (_, row) =>
              Array.from({ length: n }, (_, i) => {
                const k = row - i + Math.floor(length / 2);
                return k < 0 || k >= length ? 0 : (filters[i * length + k] as number);
              }),
            );
            for (const nx of [1, 3, 40]) {
              const dense = new MatrixMult(array(W), { otherdims: nx }).mul(
                new MatrixMult(D, { otherdims: nx }),
              );
              const A = new PoststackLinearModelling(wav, n, { spatdims: nx, kind });
              const last = new PoststackLinearModelling(wav, n, { spatdims: nx, axis: -1, kind });
              const x = A.domain({ dtype, backend }).random(5);
              const close = (y: NDArray, expected: NDArray) =>
                expectClose(y, numbers(expected), { atol: 40 * delta });
              close(A.matvec(x), dense.matvec(x));
              close(A.rmatvec(x), dense.rmatvec(x));
              close(last.matvec(x.transpose()).transpose(), dense.matvec(x));
              close(last.rmatvec(x.transpose()).transpose(), dense.rmatvec(x));
            }
          }
          const same = new PoststackLinearModelling(
            [
              [1, 2, 4],
              [1, 2, 4],
              [1, 2, 4],
            ],
            3,
            { kind },
          );
          const x = array([3, -1, 7]);
          expectClose(
            same.matvec(x),
            numbers(new PoststackLinearModelling([1, 2, 4], 3, { kind }).matvec(x)),
            { atol: delta },
          );
        }
      });

      it(
        'smoothing: constants stay inside, sums stay, zero phase keeps straight lines and equals two ' +
          'passes',
        () => {
          const ones = array(new Array(9).fill(1));
          expectClose(new Smoothing1D(4, 9, { dtype }).matvec(ones), [0.6, 0.8, 1, 1, 1, 1, 1, 0.8, 0.6], {
            atol: delta,
          });
          const spike = array([
            [0, 0, 0],
            [0, 9, 0],
            [0, 0, 0],
          ]);
          expectClose(new Smoothing2D(3, [3, 3], { dtype }).matvec(spike), new Array(9).fill(1), {
            atol: delta,
          });
          const line = array(Array.from({ length: 12 }, (_, i) => [3 * i - 2, 1 - i]));
          expectClose(smooth(line, 7, { axes: [0] }), numbers(line), { atol: delta });
          const values = Array.from({ length: 12 }, (_, i) => Math.sin(i * i));
          for (const width of [1, 2, 5, 12])
            expectClose(smooth(array(values), width), filtered(values, width), { atol: delta });
          const plane = array([values, values.map((v) => -2 * v)]);
          const both = smooth(plane, [2, 3]);
          const rows = [
            filtered(values, 3),
            filtered(
              values.map((v) => -2 * v),
              3,
            ),
          ] as [number[], number[]];
          const columns = rows[0].map((_, j) =>
            filtered([rows[0][j] as number, rows[1][j] as number], 2),
          ) as [number, number][];
          expectClose(both, [...columns.map((c) => c[0]), ...columns.map((c) => c[1])], { atol: delta });
        },
      );

      it('stacks equal matrices one above the other, side by side, and along a diagonal', () => {
        const [A, B] = [
          new MatrixMult(
            array([
              [1, 2],
              [3, 4],
            ]),
          ),
          new MatrixMult(array([[5, 6]])),
        ];
        expect(new VStack([A, B]).todense({ backend }).toArray()).to.deep.equal([
          [1, 2],
          [3, 4],
          [5, 6],
        ]);
        expect(new HStack([A.H, B.H]).todense({ backend }).toArray()).to.deep.equal([
          [1, 3, 5],
          [2, 4, 6],
        ]);
        expect(new BlockDiag([A, B]).todense({ backend }).toArray()).to.deep.equal([
          [1, 2, 0, 0],
          [3, 4, 0, 0],
          [0, 0, 5, 6],
        ]);
      });

      it('a stack of operators on one natural shape accepts that shape, and flat vectors', () => {
        const op = new VStack([
          new FirstDerivative([3, 4], { axis: 0, dtype }),
          new Gradient([3, 4], { dtype }),
        ]);
        expect([...op.dims]).to.deep.equal([3, 4]);
        const x = op.domain({ dtype, backend }).random(1);
        const y = op.matvec(x);
        expect([...y.shape]).to.deep.equal([36]);
        expectClose(op.matvec(x.ravel()), numbers(y), { atol: delta });
        expect([...op.rmatvec(y).shape]).to.deep.equal([3, 4]);
        const side = new HStack([
          new FirstDerivative([3, 4], { dtype }),
          new Transpose([4, 3], [1, 0], { dtype }),
        ]);
        expect([side.dims, side.dimsd].map((s) => [...s])).to.deep.equal([[24], [3, 4]]);
      });

      const MATRICES: Readonly<Record<string, (h: NDArray) => AnyLocalOperator>> = {
        'FirstDerivative [2, 4]': () => new FirstDerivative([2, 4], { dtype }),
        'Gradient [2, 3]': () => new Gradient([2, 3], { dtype }),
        'Convolve1D [2]': (h) => new Convolve1D(2, h, { offset: 1 }),
        'Convolve1D [2, 4]': (h) => new Convolve1D([2, 4], h, { axis: 0 }),
        'Transpose [2, 1, 3]': () => new Transpose([2, 1, 3], [2, 0, 1], { dtype }),
        'Identity [2, 3]': () => new Identity(2, 3, { dtype }),
        'Diagonal [2, 3]': (h) => new Diagonal(h, { dims: [2, 3] }),
        'Smoothing2D [2, 4]': () => new Smoothing2D(3, [2, 4], { dtype }),
      };
      for (const [name, make] of Object.entries(MATRICES))
        it(`${name}: the dense matrix is the transpose of that of the adjoint`, () => {
          const op = make(array([1, -2, 3]));
          expectClose(op.H.todense({ backend }).transpose(), op.todense({ backend }), { atol: delta });
        });

      it('data is copied to the backend once, and stays after the scope that first used it', () => {
        const op = new MatrixMult(
          [
            [1, 2],
            [3, 4],
          ],
          { dtype },
        );
        const x = array([1, 1]);
        tidy(() => void op.matvec(x));
        expectClose(op.matvec(x), [3, 7], { atol: delta });
        const y = op.matvec(x);
        const { allocations } = backend.stats();
        for (let k = 0; k < 5; k++) op.matvec(x, y);
        expect(backend.stats().allocations).to.equal(allocations);
        const matrix = array([
          [1, 2],
          [3, 4],
        ]);
        const held = new MatrixMult(matrix);
        matrix.dispose();
        expectClose(held.matvec(x), [3, 7], { atol: delta });
      });

      it('applying to out allocates nothing while workspaces are open', () => {
        const close = openWorkspaces();
        try {
          const ops: AnyLocalOperator[] = [
            new FirstDerivative([6, 5], { dtype }),
            new Laplacian([6, 5], { dtype }),
            new Gradient([6, 5], { dtype }),
            new Convolve1D([6, 5], array([1, 2])),
            new PoststackLinearModelling([1, 2, 1], 6, { spatdims: 5, dtype }),
            new Diagonal(array([1, 2, 3, 4, 5]), { dims: [6, 5] }),
            new BlockDiag([new FirstDerivative([6, 5], { dtype }), new Transpose([6, 5], [1, 0], { dtype })]),
          ];
          for (const op of ops) {
            const x = op.domain({ dtype, backend }).random(1);
            const y = op.matvec(x);
            const back = op.rmatvec(y);
            const { allocations } = backend.stats();
            op.matvec(x, y);
            op.rmatvec(y, back);
            expect(backend.stats().allocations, `${op}`).to.equal(allocations);
          }
        } finally {
          close();
        }
      });
    });
  }

  it('complex data: adjoints conjugate, real vectors are promoted, other precisions refused', () => {
    const d = NDArray.array([
      { re: 1, im: 2 },
      { re: 0, im: -1 },
    ]);
    const D = new Diagonal(d);
    expect(D.dtype).to.equal('complex128');
    expect(D.matvec(NDArray.array([1, 2])).toArray()).to.deep.equal([
      { re: 1, im: 2 },
      { re: 0, im: -2 },
    ]);
    expect(D.rmatvec(NDArray.array([1, 2])).toArray()).to.deep.equal([
      { re: 1, im: -2 },
      { re: 0, im: 2 },
    ]);
    expect(() => D.matvec(NDArray.array([1, 2], { dtype: 'float32' }))).to.throw(
      DTypeError,
      /complex128, the vector float32/,
    );
    expect(() => new Diagonal(d, { dtype: 'float64' })).to.throw(DTypeError, /complex data/);
    const real = new MatrixMult(
      [
        [1, 2],
        [3, 4],
      ],
      { dtype: 'float32' },
    );
    expect(
      real.matvec(
        NDArray.array(
          [
            { re: 1, im: 1 },
            { re: 0, im: 0 },
          ],
          { dtype: 'complex64' },
        ),
      ).dtype,
    ).to.equal('complex64');
    const stretched = new Diagonal([1, 2], { dims: [2, 2], axis: 0 });
    const ones = NDArray.full([2, 2], { re: 0, im: 1 });
    expect(stretched.matvec(ones).toArray()).to.deep.equal([
      [
        { re: 0, im: 1 },
        { re: 0, im: 1 },
      ],
      [
        { re: 0, im: 2 },
        { re: 0, im: 2 },
      ],
    ]);
  });

  it('results keep the precision of the vectors where the operator holds no data', () => {
    for (const dtype of ['float32', 'float64', 'complex64', 'complex128'] as const) {
      const x = NDArray.ones(5, { dtype });
      for (const op of [
        new FirstDerivative(5),
        new Laplacian([5], { axes: [0] }),
        new Identity(5),
        new Smoothing1D(3, 5),
        new PoststackLinearModelling([1, 2], 5),
      ]) {
        expect(op.matvec(x).dtype).to.equal(dtype);
        expect(op.rmatvec(x).dtype).to.equal(dtype);
      }
    }
  });

  it('stacks of real and complex operators are complex', () => {
    const real = new FirstDerivative(2);
    const complex = new Diagonal([
      { re: 0, im: 1 },
      { re: 1, im: 0 },
    ]);
    const V = new VStack([real, complex]);
    expect(V.dtype).to.equal('complex128');
    expect(V.matvec(NDArray.ones(2)).dtype).to.equal('complex128');
    expect(() => new VStack([new Diagonal([1], { dtype: 'float32' }), new Diagonal([1])])).to.throw(
      DTypeError,
    );
  });

  it('ricker: peak 1 at the centre, symmetric, an even axis loses its last time', () => {
    const { wavelet, t, center } = ricker([0, 0.01, 0.02, 0.03], 20);
    expect(center).to.equal(2);
    expect(Array.from(t)).to.deep.equal([-0.02, -0.01, 0, 0.01, 0.02]);
    expect(wavelet[center]).to.equal(1);
    expect(Array.from(wavelet)).to.deep.equal(Array.from(wavelet).reverse());
    // the zero crossing is at 2 (π f t)² = 1
    const zero = 1 / (Math.SQRT2 * Math.PI * 20);
    expect(ricker([0, zero, 2 * zero], 20).wavelet[1] as number).to.be.closeTo(0, 1e-15);
    expect(() => ricker([0.1, 0.2])).to.throw(ArgumentError, /from 0/);
  });

  describe('refuses', () => {
    const refused: Readonly<
      Record<string, readonly [() => unknown, new (message: string) => Error, RegExp]>
    > = {
      'a misspelt option': [
        () => new FirstDerivative(5, { samplng: 1 } as object),
        ArgumentError,
        /unknown option 'samplng', did you mean 'sampling'/,
      ],
      'a misspelt kind': [
        () => new Gradient([5], { kind: 'foward' as 'forward' }),
        ArgumentError,
        /did you mean 'forward'/,
      ],
      'an axis outside': [
        () => new FirstDerivative([4, 5], { axis: 2 }),
        ShapeError,
        /axis between -2 and 1/,
      ],
      'NaN for an axis': [() => new SecondDerivative([4, 5], { axis: Number.NaN }), ShapeError, /axis/],
      'the default axes of a Laplacian in one dimension': [
        () => new Laplacian(5),
        ShapeError,
        /axes between -1 and 0/,
      ],
      'weights for other axes': [
        () => new Laplacian([4, 5], { weights: [1, 2, 3] }),
        ShapeError,
        /weights for 2 axes, received 3/,
      ],
      'NaN for a sampling': [() => new Gradient([4], { sampling: Number.NaN }), ArgumentError, /sampling/],
      'a vector for a matrix': [() => new MatrixMult([1, 2, 3]), ShapeError, /expected a matrix/],
      'a ragged matrix': [() => new MatrixMult([[1, 2], [3]]), ShapeError, /equal lengths/],
      'a diagonal that does not fit': [
        () => new Diagonal([1, 2, 3], { dims: [3, 4] }),
        ShapeError,
        /4 numbers for axis 1/,
      ],
      'an offset outside the filter': [
        () => new Convolve1D(9, [1, 2, 3], { offset: 3 }),
        ArgumentError,
        /0 to 2, received 3/,
      ],
      'a filter without samples': [() => new Convolve1D(9, []), ShapeError, /filter/],
      'a complex wavelet': [
        () => new PoststackLinearModelling([{ re: 1, im: 0 }], 5),
        DTypeError,
        /real wavelet/,
      ],
      'wavelets for fewer samples': [
        () =>
          new PoststackLinearModelling(
            [
              [1, 2, 1],
              [1, 3, 1],
            ],
            3,
          ),
        ShapeError,
        /one for each sample in an array \[3, length\], received shape \[2, 3\]/,
      ],
      'a wavelet of no samples': [() => new PoststackLinearModelling([], 3), ShapeError, /wavelet/],
      'wavelets of three axes': [() => new PoststackLinearModelling([[[1]]], 1), ShapeError, /wavelet/],
      'an order of some axes': [() => new Transpose([2, 3, 4], [1, 0]), ShapeError, /order of 3 axes/],
      'axes named twice': [() => new Transpose([2, 3], [1, -1]), ShapeError, /distinct/],
      'identities between unlike dimensions': [() => new Identity([2, 3], 6), ShapeError, /as many axes/],
      'a stack of nothing': [() => new VStack([]), ArgumentError, /at least one operator/],
      'a stack of what is no operator': [() => new BlockDiag([3 as never]), ArgumentError, /operator/],
      'columns that differ': [
        () => new VStack([new Identity(3), new Identity(4)]),
        ShapeError,
        /as many columns/,
      ],
      'rows that differ': [() => new HStack([new Identity(3), new Identity(4)]), ShapeError, /as many rows/],
      'a smoothing of no samples': [() => new Smoothing1D(0, 5), ArgumentError, /nsmooth/],
      'a zero-phase mean longer than the axis': [
        () => smooth(NDArray.ones(3), 4),
        ArgumentError,
        /1 to 3 samples/,
      ],
      'vectors of another shape': [
        () => new FirstDerivative([2, 3]).matvec(NDArray.ones([3, 2])),
        ShapeError,
        /shape \[2, 3\], or flat of size 6, received \[3, 2\]/,
      ],
      'vectors of another size': [
        () => new MatrixMult([[1, 2]]).rmatvec(NDArray.ones(2)),
        ShapeError,
        /MatrixMult/,
      ],
      'out that is the input': [
        () => {
          const x = NDArray.ones(4);
          new FirstDerivative(4).matvec(x, x);
        },
        ArgumentError,
        /share memory/,
      ],
      'out of another shape': [
        () => new FirstDerivative(4).matvec(NDArray.ones(4), NDArray.ones(5)),
        ShapeError,
        /expected out/,
      ],
    };
    for (const [what, [body, type, message]] of Object.entries(refused))
      it(what, () => {
        expect(body).to.throw(type, message);
      });
  });
});
