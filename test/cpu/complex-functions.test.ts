import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { complex } from '../../src/core/base/complex.js';
import { isComplex } from '../../src/core/base/dtype.js';
import { ElementwiseKernel } from '../../src/core/expressions/elementwise-kernel.js';
import type { UnaryOp } from '../../src/core/ports/backend.js';
import { UNARY_OPS } from '../../src/core/ports/backend.js';
import { unaryResult } from '../../src/core/ports/kernel-dtypes.js';
import { CpuBackend, createCpuBackend } from '../../src/cpu/index.js';
import { complexTable, kernelValues, wrongRows } from '../support/complex-table.js';

const table = complexTable();
const BACKENDS = [new CpuBackend({ name: 'reference' }), createCpuBackend()];

describe('complex functions', () => {
  it('have rows in the table', () => {
    const exact = ['negative', 'abs', 'conj', 'real', 'imag', 'isnan', 'isfinite', 'isinf'];
    const functions = UNARY_OPS.filter((op) => {
      try {
        return isComplex(unaryResult(op, 'complex128'));
      } catch {
        return false;
      }
    });
    expect([...table.keys()]).to.include.members(functions.filter((op) => !exact.includes(op)));
  });

  for (const [name, rows] of table) {
    for (const backend of BACKENDS)
      it(
        `${name} of ${backend.name === 'cpu' ? 'the CPU backend' : 'the reference'}: ${rows.length} ` +
          'values to 4 units in the last place',
        () => {
          expect(wrongRows(rows, 4, (operands) => kernelValues(backend, name, operands))).to.deep.equal([]);
        },
      );

    it(`${name} in a generated loop`, () => {
      const arrays = (operands: readonly Float64Array[]) =>
        operands.map((values) =>
          NDArray.fromHost(values, undefined, { dtype: 'complex128', backend: BACKENDS[1] as CpuBackend }),
        );
      const compute = (operands: readonly Float64Array[]): ArrayLike<number> => {
        const [x, y] = arrays(operands) as [NDArray, NDArray | undefined];
        if (!y)
          return new ElementwiseKernel({
            inputs: { x: 'array' },
            outputs: ['z'],
            expression: `z = ${name}(x)`,
          })
            .run({ x })
            .z.toHost();
        const expression = name === 'divide' ? 'z = x / y' : 'z = x ** y';
        return new ElementwiseKernel({ inputs: { x: 'array', y: 'array' }, outputs: ['z'], expression })
          .run({ x, y })
          .z.toHost();
      };
      expect(wrongRows(rows, 4, compute)).to.deep.equal([]);
    });
  }

  it('commute with conjugation, and odd ones with negation, bit for bit', () => {
    const [reference] = BACKENDS as [CpuBackend];
    for (const [name, rows] of table) {
      const one = rows.filter(({ operands }) => operands.length === 2 && operands.every((v) => v !== 0));
      if (one.length === 0) continue;
      const turned = (re: 1 | -1, im: 1 | -1) => {
        const points = Float64Array.from(one.flatMap(({ operands: [a = 0, b = 0] }) => [re * a, im * b]));
        return Array.from(kernelValues(reference, name as UnaryOp, [points]));
      };
      const plain = turned(1, 1);
      expect(turned(1, -1), name).to.deep.equal(plain.map((v, i) => (i % 2 === 1 ? -v : v)));
      if (
        [
          'sin',
          'tan',
          'tanh',
          'arctan',
          'arcsin',
          'arcsinh',
          'sinh',
          'arctanh',
          'reciprocal',
          'sign',
        ].includes(name)
      )
        expect(turned(-1, -1), name).to.deep.equal(plain.map((v) => -v));
    }
  });

  it('of infinities, NaN and zeros equal those of NumPy', () => {
    const [inf, nan] = [Number.POSITIVE_INFINITY, Number.NaN];
    const cases: readonly (readonly [UnaryOp, number, number, number, number])[] = [
      ['exp', -inf, inf, 0, 0],
      ['exp', inf, inf, inf, nan],
      ['exp', inf, 0, inf, 0],
      ['log', 0, 0, -inf, 0],
      ['log', -0, 0, -inf, Math.PI],
      ['log', nan, inf, inf, nan],
      ['sqrt', -inf, 1, 0, inf],
      ['sqrt', nan, -inf, inf, -inf],
      ['sin', 0, inf, 0, inf],
      ['cos', 0, -inf, inf, 0],
      ['tanh', inf, inf, 1, 0],
      ['tanh', -inf, 1, -1, 0],
      ['arctan', 0, 1, 0, inf],
      ['arctan', 0, 2, Math.PI / 2, Math.log(3) / 2],
      ['arctan', -0, 2, -Math.PI / 2, Math.log(3) / 2],
      ['arctan', inf, inf, Math.PI / 2, 0],
      ['arcsin', 2, 0, Math.PI / 2, Math.log(2 + Math.sqrt(3))],
      ['arcsin', 2, -0, Math.PI / 2, -Math.log(2 + Math.sqrt(3))],
      ['arcsin', inf, 1, Math.PI / 2, inf],
      ['arccos', -2, 0, Math.PI, -Math.log(2 + Math.sqrt(3))],
      ['arccos', -2, -0, Math.PI, Math.log(2 + Math.sqrt(3))],
      ['arccos', 1, 0, 0, -0],
      ['arccosh', 0.5, -0, 0, -Math.PI / 3],
      ['arccosh', -2, 0, Math.log(2 + Math.sqrt(3)), Math.PI],
      ['arccosh', -inf, 1, inf, Math.PI],
      ['arcsinh', 0, 2, Math.log(2 + Math.sqrt(3)), Math.PI / 2],
      ['arcsinh', inf, 1, inf, 0],
      ['arctanh', 1, 0, inf, 0],
      ['arctanh', 2, 0, Math.log(3) / 2, Math.PI / 2],
      ['arctanh', 2, -0, Math.log(3) / 2, -Math.PI / 2],
      ['sinh', inf, 0, inf, 0],
      ['cosh', -inf, 0, inf, -0],
      ['exp2', 3, 0, 8, 0],
      ['expm1', -inf, 1, -1, 0],
      ['log1p', -1, 0, -inf, 0],
      ['log2', -8, 0, 3, Math.PI / Math.LN2],
      ['log10', 0, 0, -inf, 0],
      ['sign', inf, 2, 1, 0],
      ['sign', 3, -inf, 0, -1],
      ['sign', inf, inf, nan, nan],
      ['reciprocal', 0, 0, nan, nan],
      ['reciprocal', inf, 1, 0, -0],
    ];
    for (const backend of BACKENDS)
      for (const [op, a, b, re, im] of cases) {
        const got = Array.from(kernelValues(backend, op, [Float64Array.of(a, b)]));
        for (const [k, want] of [re, im].entries()) {
          if (Number.isNaN(want)) expect(got[k], `${op} of ${a} ${b}`).to.be.NaN;
          // The imaginary part of 1/(∞ + i) is −0 in NumPy, +0 here
          else if (want === 0 && op !== 'reciprocal')
            expect(Object.is(got[k], want), `${op} of ${a} ${b}`).to.equal(true);
          else if (Number.isFinite(want)) expect(got[k], `${op} of ${a} ${b}`).to.be.closeTo(want, 1e-15);
          else expect(got[k], `${op} of ${a} ${b}`).to.equal(want);
        }
      }
    const quotient = NDArray.array([complex(1, -2)], {
      dtype: 'complex128',
      backend: BACKENDS[1] as CpuBackend,
    })
      .divide(0)
      .toHost();
    expect([...quotient]).to.deep.equal([inf, -inf]);
  });
});
