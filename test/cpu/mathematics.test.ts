import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { type DType, hostArray } from '../../src/core/base/dtype.js';
import { fillUniform } from '../../src/core/base/random.js';
import type { BinaryOp, Elements, UnaryOp } from '../../src/core/ports/backend.js';
import { cpuAddon, createCpuBackend } from '../../src/cpu/index.js';
import { skip } from '../support/skip.js';

/** Functions and arguments with their values: `test/cpu/fixtures/mathematics.py` writes them. */
interface Row {
  readonly name: string;
  readonly x: readonly number[];
  readonly value: number;
}
const ROWS: readonly Row[] = readFileSync(
  new URL('../../../test/cpu/fixtures/mathematics.txt', import.meta.url),
  'utf8',
)
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => {
    const [name = '', ...numbers] = line.split(' ');
    return { name, x: numbers.slice(0, -1).map(Number), value: Number(numbers.at(-1)) };
  });

const MOST_UNITS = 2;
const INF = Number.POSITIVE_INFINITY;
const NAN = Number.NaN;
/** Of each function: an argument and its value, also the sign of zero. */
const EXACT: readonly (readonly [UnaryOp, ...(readonly (readonly [number, number])[])])[] = [
  ['exp', [0, 1], [-0, 1], [INF, INF], [-INF, 0], [1000, INF], [-1000, 0]],
  ['exp2', [0, 1], [3, 8], [INF, INF], [-INF, 0]],
  ['expm1', [0, 0], [-0, -0], [INF, INF], [-INF, -1]],
  ['log', [1, 0], [0, -INF], [-0, -INF], [-1, NAN], [INF, INF]],
  ['log2', [8, 3], [0, -INF], [INF, INF]],
  ['log10', [1, 0], [0, -INF], [INF, INF]],
  ['log1p', [0, 0], [-0, -0], [-1, -INF], [-2, NAN], [INF, INF], [-INF, NAN]],
  ['sin', [0, 0], [-0, -0], [INF, NAN], [-INF, NAN]],
  ['cos', [0, 1], [INF, NAN]],
  ['tan', [0, 0], [-0, -0], [INF, NAN]],
  ['arcsin', [0, 0], [-0, -0], [1.5, NAN], [-INF, NAN]],
  ['arccos', [1, 0], [1.5, NAN]],
  ['arctan', [0, 0], [-0, -0]],
  ['sinh', [0, 0], [-0, -0], [INF, INF], [-INF, -INF], [800, INF]],
  ['cosh', [0, 1], [INF, INF], [-INF, INF], [-800, INF]],
  ['tanh', [0, 0], [-0, -0], [INF, 1], [-INF, -1]],
  ['arcsinh', [0, 0], [-0, -0], [INF, INF], [-INF, -INF]],
  ['arccosh', [1, 0], [0.5, NAN], [INF, INF]],
  ['arctanh', [0, 0], [-0, -0], [1, INF], [-1, -INF], [2, NAN]],
  ['cbrt', [0, 0], [-0, -0], [INF, INF], [-INF, -INF]],
  ['erf', [0, 0], [-0, -0], [INF, 1], [-INF, -1]],
  ['erfc', [0, 1], [INF, 0], [-INF, 2]],
  ['gamma', [0, INF], [-0, -INF], [-1, NAN], [INF, INF], [-INF, NAN], [5, 24]],
  ['gammaln', [1, 0], [2, 0], [0, INF], [-1, INF], [INF, INF]],
];

const state = cpuAddon();

describe('functions of mathematics', () => {
  if (!state.available) {
    const { reason } = state;
    it('are right to 2 units in the last place', function () {
      skip(this, reason);
    });
    return;
  }
  const backend = createCpuBackend();

  function elements(dtype: DType, values: ArrayLike<number>): Elements {
    const host = hostArray(dtype, values.length);
    host.set(values);
    const x = { storage: backend.alloc(dtype, values.length), offset: 0, size: values.length };
    backend.upload(host, x);
    return x;
  }
  function values(dtype: DType, name: string, operands: readonly ArrayLike<number>[]): ArrayLike<number> {
    const [x, y] = operands.map((list) => elements(dtype, list)) as [Elements, Elements?];
    if (y) backend.binary(name as BinaryOp, x, y, x);
    else backend.unary(name as UnaryOp, x, x);
    return backend.download(x) as Float64Array;
  }
  const digits = { float64: [53, -1022], float32: [24, -126] } as const;
  /** The unit in the last place of a number of a dtype. */
  const unitOf = (dtype: 'float64' | 'float32', value: number): number => {
    const [bits, least] = digits[dtype];
    const exponent = value === 0 ? least : Math.max(Math.floor(Math.log2(Math.abs(value))), least);
    return 2 ** (exponent - bits + 1);
  };

  for (const dtype of ['float64', 'float32'] as const)
    for (const name of new Set(ROWS.map((row) => row.name)))
      it(`${name} of ${dtype} is right to ${MOST_UNITS} units in the last place`, () => {
        const round = dtype === 'float32' ? Math.fround : (a: number): number => a;
        const rows = ROWS.filter(
          (row) =>
            row.name === name &&
            row.x.every((a) => round(a) === a) &&
            Number.isFinite(round(row.value)) === Number.isFinite(row.value),
        );
        const operands = (rows[0] as Row).x.map((_, k) => rows.map((row) => row.x[k] as number));
        const got = values(dtype, name, operands);
        const wrong = rows.flatMap(({ x, value }, i) => {
          const error = Math.abs((got[i] as number) - value) / unitOf(dtype, value);
          return error <= MOST_UNITS ? [] : [`${name}(${x}) = ${value}, received ${got[i]}: ${error} units`];
        });
        expect(wrong).to.deep.equal([]);
      });

  for (const [name, ...pairs] of EXACT)
    it(`${name} of zeros, infinities, NaN and numbers outside its domain`, () => {
      for (const dtype of ['float64', 'float32'] as const) {
        const all = [...pairs, [NAN, NAN]] as const;
        const got = values(dtype, name, [all.map(([x]) => x)]);
        for (const [i, [x, value]] of all.entries())
          expect(Object.is(got[i], value), `${name}(${x}) = ${value}, received ${got[i]}`).to.equal(true);
      }
    });

  it('give an element the same bits whatever its neighbours, its place and the length', () => {
    const n = 700;
    const random = fillUniform(1, 0, new Float64Array(4 * n));
    const scales = [1, 30, 1e3, 1e5, 1e20, 1e35];
    const numbers = Array.from({ length: 2 * n }, (_, i) =>
      i % 50 === 0 ? NAN : ((random[i] as number) - 0.5) * (scales[(i * 7) % 6] as number),
    );
    const [left, right] = [numbers.slice(0, n), numbers.slice(n)];
    const names = [...new Set(ROWS.map((row) => row.name))];
    for (const dtype of ['float64', 'float32'] as const)
      for (const name of names) {
        const operands = ROWS.find((row) => row.name === name)?.x.length === 2 ? [left, right] : [left];
        const whole = values(dtype, name, operands);
        const differs = (from: number, to: number): boolean =>
          Array.from(
            values(
              dtype,
              name,
              operands.map((list) => list.slice(from, to)),
            ),
          ).some((value, i) => !Object.is(value, whole[from + i]));
        const ranges = Array.from(
          { length: 40 },
          (_, k) => [(k * k) % 97, ((k * k) % 97) + 1 + ((k * 29) % 500)] as const,
        );
        const single = Array.from({ length: n }, (_, i) => [i, i + 1] as const);
        expect(
          [...ranges, ...single].filter(([from, to]) => differs(from, to)),
          name,
        ).to.deep.equal([]);
      }
  });
});
