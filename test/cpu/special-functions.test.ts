import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { type DType, hostArray } from '../../src/core/base/dtype.js';
import type { Backend, BinaryOp, Elements, UnaryOp } from '../../src/core/ports/backend.js';
import { CpuBackend, createCpuBackend } from '../../src/cpu/index.js';
import { ulp } from '../support/complex-table.js';

const BACKENDS = [new CpuBackend({ name: 'reference' }), createCpuBackend()];
/** The words of the lines of a file below `test/cpu/fixtures`. */
const linesOf = (file: string): string[][] =>
  readFileSync(new URL(`../../../test/cpu/fixtures/${file}`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(' '));
const number = (word: string): number => Number(word.replace('inf', 'Infinity'));

function elements(backend: Backend, dtype: DType, values: readonly number[]): Elements {
  const x = { storage: backend.alloc(dtype, values.length), offset: 0, size: values.length };
  const host = hostArray(dtype, values.length);
  host.set(values);
  backend.upload(host, x);
  return x;
}

function unary(backend: Backend, op: UnaryOp, values: readonly number[]): number[] {
  const x = elements(backend, 'float64', values);
  backend.unary(op, x, x);
  return Array.from(backend.download(x));
}

describe('special functions', () => {
  const rows = linesOf('special-functions.txt').map(([name = '', x, value]) => ({
    name: name as UnaryOp,
    x: Number(x),
    value: Number(value),
  }));
  for (const name of new Set(rows.map((row) => row.name)))
    it(`${name} is right to 8 units in the last place`, () => {
      const own = rows.filter((row) => row.name === name);
      for (const backend of BACKENDS) {
        const got = unary(
          backend,
          name,
          own.map(({ x }) => x),
        );
        const wrong = own.flatMap(({ x, value }, i) => {
          const error = Math.abs((got[i] as number) - value) / ulp(value);
          return error <= 8 ? [] : [`${name}(${x}) = ${value}, received ${got[i]}: ${error} ulp`];
        });
        expect(wrong, backend.name).to.deep.equal([]);
      }
    });

  it('at infinities, zeros, poles and NaN are those of SciPy', () => {
    const [inf, nan] = [Number.POSITIVE_INFINITY, Number.NaN];
    const cases: readonly (readonly [UnaryOp, number, number])[] = [
      ['erf', inf, 1],
      ['erf', -inf, -1],
      ['erf', -0, -0],
      ['erfc', inf, 0],
      ['erfc', -inf, 2],
      ['erfc', 30, 0],
      ['gamma', 0, inf],
      ['gamma', -0, -inf],
      ['gamma', -3, nan],
      ['gamma', inf, inf],
      ['gamma', -inf, nan],
      ['gamma', 172, inf],
      ['gamma', 5, 24],
      ['gammaln', 0, inf],
      ['gammaln', -4, inf],
      ['gammaln', -inf, -inf],
      ['gammaln', inf, inf],
      ['gammaln', 1, 0],
      ['gammaln', 2, 0],
      ['i0', 0, 1],
      ['i0', -inf, inf],
      ['i0', 720, inf],
      ['exp2', -inf, 0],
      ['exp2', 10, 1024],
      ['cbrt', -8, -2],
      ['log1p', -1, -inf],
      ['log1p', -0, -0],
      ['log2', 0.125, -3],
      ['log10', 0, -inf],
      ['expm1', -inf, -1],
      ['arctanh', 1, inf],
      ['arctanh', 2, nan],
      ['arccosh', 1, 0],
      ['arcsin', 2, nan],
      ['trunc', -1.75, -1],
      ['trunc', -0.5, -0],
      ...(['erf', 'erfc', 'gamma', 'gammaln', 'i0', 'cbrt', 'exp2', 'arcsinh', 'trunc'] as const).map(
        (op) => [op, nan, nan] as const,
      ),
    ];
    for (const backend of BACKENDS)
      for (const [op, x, value] of cases)
        expect(unary(backend, op, [x]), `${op}(${x}) of ${backend.name}`).to.deep.equal([value]);
  });

  it('tell infinities and signs, and invert integers and bool', () => {
    const x = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, -2];
    for (const backend of BACKENDS) {
      const of = (op: UnaryOp, dtype: DType, values: readonly number[], size: number, result: DType) => {
        const y = elements(backend, result, new Array(size).fill(1));
        backend.unary(op, elements(backend, dtype, values), y);
        return Array.from(backend.download(y));
      };
      expect(of('isinf', 'float32', x, 6, 'bool')).to.deep.equal([0, 1, 1, 0, 0, 0]);
      expect(of('signbit', 'float64', x, 6, 'bool')).to.deep.equal([0, 0, 1, 0, 1, 1]);
      expect(of('isinf', 'int32', [1, -1], 2, 'bool')).to.deep.equal([0, 0]);
      expect(of('signbit', 'int32', [1, -1], 2, 'bool')).to.deep.equal([0, 1]);
      expect(of('invert', 'int32', [0, 5, -1, -2147483648], 4, 'int32')).to.deep.equal([
        -1, -6, 0, 2147483647,
      ]);
      expect(of('invert', 'bool', [0, 1], 2, 'bool')).to.deep.equal([1, 0]);
      expect(of('trunc', 'int32', [3, -7], 2, 'int32')).to.deep.equal([3, -7]);
    }
  });
});

describe('functions of two operands', () => {
  const lists = new Map<string, number[]>();
  for (const [dtype = '', name = '', ...words] of linesOf('numpy-pairs.txt')) {
    const values = words.map(number);
    if (name === 'list') lists.set(dtype, values);
    else
      it(`${name} of ${dtype}: all pairs of special values as NumPy`, () => {
        const list = lists.get(dtype) as number[];
        const pairs = list.flatMap((x) => list.map((y) => [x, y] as const));
        for (const backend of BACKENDS) {
          const [x, y] = [0, 1].map((k) =>
            elements(
              backend,
              dtype as DType,
              pairs.map((pair) => pair[k] as number),
            ),
          ) as [Elements, Elements];
          backend.binary(name as BinaryOp, x, y, x);
          const got = Array.from(backend.download(x));
          const wrong = pairs.flatMap(([a, b], i) => {
            const [g, w] = [got[i] as number, values[i] as number];
            // Which of two zeros is the larger one is not specified
            const same = Object.is(g, w) || (['fmax', 'fmin'].includes(name) && g === w);
            const close = same || (g !== 0 && Math.abs(g - w) <= 4 * ulp(w));
            return close ? [] : [`${name}(${a}, ${b}) = ${w}, received ${g}`];
          });
          expect(wrong, backend.name).to.deep.equal([]);
        }
      });
  }
});
