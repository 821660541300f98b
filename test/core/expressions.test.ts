import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import fc from 'fast-check';
import { NDArray } from '../../src/core/array/ndarray.js';
import { DTYPES, type DType, isComplex } from '../../src/core/base/dtype.js';
import { ArgumentError, DTypeError } from '../../src/core/base/errors.js';
import { FUNCTION_NAMES } from '../../src/core/expressions/build.js';
import { ElementwiseKernel } from '../../src/core/expressions/elementwise-kernel.js';
import { fuse, Traced } from '../../src/core/expressions/fuse.js';
import { KernelSource } from '../../src/core/expressions/kernel-source.js';
import { composeProgram } from '../../src/core/kernels/compose.js';
import type { Elements, Program } from '../../src/core/ports/backend.js';
import { CpuBackend } from '../../src/cpu/index.js';
import { binaryOf, unaryOf } from '../support/functions-of.js';

const inputs = { x: 'array', y: 'array', a: 'scalar' } as const;
const compile = (expression: string) => new ElementwiseKernel({ inputs, outputs: ['z'], expression });
const backend = new CpuBackend({ name: 'reference' });

/** Functions of one number that also accept complex data. `negative` is the sign `-`. */
const FUNCTIONS = unaryOf('complex128').filter((op) => op !== 'negative');
/** Functions of real data only, by their numbers of arguments, and functions of integers. */
const REAL = unaryOf('float64').filter((op) => !unaryOf('complex128').includes(op));
const REAL2 = binaryOf('float64').filter(
  (op) => FUNCTION_NAMES.includes(op) && !binaryOf('complex128').includes(op),
);
const INTEGER2 = binaryOf('int32').filter((op) => !binaryOf('float64').includes(op));

/** A program, or undefined if a dtype lacks a function: differences and signs of bool. */
function compiled(build: () => Program): Program | undefined {
  try {
    return build();
  } catch (error) {
    if (error instanceof DTypeError && error.message.includes('not defined for bool')) return undefined;
    throw error;
  }
}

describe('expressions', () => {
  it('have the precedence and grouping of mathematics', () => {
    const x = NDArray.array([3], { backend });
    const value = (expression: string): number =>
      compile(expression).run({ x, y: x, a: 2 }).z.get(0) as number;
    expect(value('z = -x ** 2')).to.equal(-9);
    expect(value('z = 2 ** -1')).to.equal(0.5);
    expect(value('z = 2 ** 3 ** 2')).to.equal(512);
    expect(value('z = 1 - 2 - 3')).to.equal(-4);
    expect(value('z = 12 / 2 / 3')).to.equal(2);
    expect(value('z = 1 + 2 * x < 8 == 1 ? a : 1e1')).to.equal(2);
    expect(value('z = x > 1 ? x > 2 ? 7 : 8 : 9')).to.equal(7);
    expect(value('t = x;\n t = t + 1 ; z = t * t;')).to.equal(16);
    expect(value('z = 0 || x > 5 || !(a < 2)')).to.equal(1);
    expect(value('z = -+-.5e1 - -1.')).to.equal(6);
  });

  it('refuse wrong text with the reason and the place', () => {
    const refused: readonly (readonly [string, string])[] = [
      ['z = xx + 1', "unknown name 'xx', did you mean 'x'"],
      ['z = sqr(x)', "unknown function 'sqr', did you mean 'sqrt'"],
      ['z = sqrt(x, y)', 'expected 1 argument of sqrt, received 2'],
      ['x = 1', "'x' is an input"],
      ['i = 1; z = x', "'i' has a meaning of its own"],
      ['y2 = x', "output 'z' is never assigned"],
      ['z = z + 1', "output 'z' is read before"],
      ['z = x +', 'received the end'],
      ['z = (x', "expected ')'"],
      ['z = x y', "expected ';'"],
      ['z = x ^ 2', 'x ** y'],
      ['', 'never assigned'],
      [`z = ${'('.repeat(5000)}x`, 'nested more than'],
      [`z = ${'-'.repeat(5000)}x`, 'nested more than'],
      [`z = ${'x ** '.repeat(5000)}x`, 'nested more than'],
    ];
    for (const [text, message] of refused) expect(() => compile(text), text).to.throw(ArgumentError, message);
    for (const chain of [
      '1 < x < 4',
      'x == y == 1',
      '-x <= y >= 0',
      '(x < y) != 1 == a',
      '0 < x + 1 < y < 3',
    ])
      expect(() => compile(`z = ${chain}`), chain).to.throw(ArgumentError, 'a < x && x < b');
    for (const pair of [
      '(1 < x) < 4',
      'x == (y < 1)',
      '1 < x && x < 4',
      'x < y ? x < 1 : y > 2',
      '(x == y) == (y == x)',
    ])
      expect(() => compile(`z = ${pair}`), pair).to.not.throw();
    expect(() => compile('z = 1 +\n  foo(x)')).to.throw('\n    foo(x)\n    ^');
    expect(() => compile('z = x < y').run({ x: complexOne(), y: complexOne(), a: 1 })).to.throw(
      DTypeError,
      "at '< y'",
    );
    expect(
      () => new ElementwiseKernel({ inputs: { x: 'arry' } as never, outputs: ['z'], expression: 'z = x' }),
    ).to.throw("did you mean 'array'");
    expect(
      () => new ElementwiseKernel({ inputs: { exp: 'array' }, outputs: ['z'], expression: 'z = exp' }),
    ).to.throw('meaning of its own');
    expect(
      () => new ElementwiseKernel({ inputs: { x: 'array' }, outputs: ['x'], expression: 'x = 1' }),
    ).to.throw('given twice');
    expect(() =>
      new ElementwiseKernel({
        inputs: { x: 'array' },
        outputs: { z: 'float32' },
        expression: 'z = 1j * x',
      }).run({
        x: NDArray.ones(1, { backend }),
      }),
    ).to.throw(DTypeError, "output 'z'");
  });

  it('run no text as JavaScript', () => {
    const attempts = [
      'z = process.exit(3)',
      'z = globalThis',
      'z = constructor',
      'z = constructor(x)',
      'z = toString(x)',
      'z = __proto__',
      'z = x["constructor"]',
      'z = x.constructor',
      'z = `x`',
      "z = 'a'",
      'z = (() => 1)()',
      'z = x => x',
      'z = new Date()',
      'z = x; return 1',
      'z = x; }; process.exit(3); {',
      'z = import(x)',
      'z = 1e',
      'z = this',
      'z = v0',
      'z = pair',
      'z = \\u0078',
      'z = eval(x)',
      '/* */ z = x',
      'z = x // y',
    ];
    for (const text of attempts) expect(() => compile(text), text).to.throw(ArgumentError);
    expect(
      () => new ElementwiseKernel({ inputs: { 'x,y': 'array' }, outputs: ['z'], expression: 'z = 1' }),
    ).to.throw(ArgumentError, 'is no name');
    expect(
      () => new ElementwiseKernel({ inputs: { x: 'array' }, outputs: ['z;w'], expression: 'z = 1' }),
    ).to.throw(ArgumentError, 'is no name');
    // reserved words of JavaScript are ordinary names
    const words = new ElementwiseKernel({
      inputs: { new: 'array', constructor: 'scalar' },
      outputs: ['return'],
      expression: 'this = new; return = this * constructor',
    });
    expect(words.run({ new: NDArray.array([2], { backend }), constructor: 4 }).return.get(0)).to.equal(8);
  });

  it('random expressions: the generated loop has the bits of one kernel after another', () => {
    const { expression } = fc.letrec<{ expression: string }>((tie) => ({
      expression: fc.oneof(
        { maxDepth: 5, withCrossShrink: true },
        fc.constantFrom('x', 'y', 'a', 'k', '2', '0.75', 'i', 'n', '(-1)', 'pi'),
        fc
          .tuple(tie('expression'), fc.constantFrom('+', '-', '*', '/', '**', '==', '!='), tie('expression'))
          .map(([p, o, q]) => `(${p} ${o} ${q})`),
        fc.tuple(fc.constantFrom(...FUNCTIONS, '-', '!'), tie('expression')).map(([f, p]) => `${f}(${p})`),
        fc
          .tuple(
            fc.constantFrom('max', 'min', 'atan2', '<', '>=', ...REAL2),
            tie('expression'),
            tie('expression'),
          )
          .map(([f, p, q]) =>
            /\w/.test(f) ? `${f}(real(${p}), real(${q}))` : `(real(${p}) ${f} real(${q}))`,
          ),
        fc.tuple(fc.constantFrom('int32', ...REAL), tie('expression')).map(([f, p]) => `${f}(real(${p}))`),
        fc
          .tuple(fc.constantFrom(...INTEGER2), tie('expression'), tie('expression'))
          .map(([f, p, q]) => `${f}(int32(real(${p})), invert(int32(real(${q}))))`),
        fc
          .tuple(tie('expression'), tie('expression'), tie('expression'))
          .map(([c, p, q]) => `(${c} ? ${p} : ${q})`),
      ),
    }));
    const special = fc.oneof(
      fc.double({ min: -4, max: 4, noNaN: true }),
      fc.constantFrom(0, -0, 1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e300),
    );
    fc.assert(
      fc.property(
        expression,
        fc.constantFrom(...DTYPES),
        fc.array(special, { minLength: 12, maxLength: 12 }),
        fc.integer({ min: -3, max: 3 }),
        (text, dtype, values, k) => {
          const source = new KernelSource(
            'test',
            { x: 'array', y: 'array', k: 'integer', a: 'scalar' },
            [{ name: 'z', dtype: undefined }],
            `z = ${text}`,
          );
          const lanes = isComplex(dtype) ? 2 : 1;
          const at = (from: number): NDArray => {
            const part = values.slice(from, from + 3 * lanes);
            if (dtype === 'bool')
              return NDArray.fromHost(
                Uint8Array.from(part, (v) => Number(v > 0)),
                3,
                { backend },
              );
            if (dtype === 'int32') return NDArray.fromHost(Int32Array.from(part), 3, { backend });
            const single = dtype === 'float32' || dtype === 'complex64';
            return NDArray.fromHost(single ? Float32Array.from(part) : Float64Array.from(part), 3, {
              dtype,
              backend,
            });
          };
          const [x, y] = [at(0), at(6)];
          const args = { x, y, k, a: 1.25 };
          const program = compiled(() => source.program(source.bind(args).bound, 'float64'));
          if (!program) return;
          const { dtype: result } = program.instructions[program.outputs[0] as number] as { dtype: DType };
          const [one, other] = [
            NDArray.empty(3, { dtype: result, backend }),
            NDArray.empty(3, { dtype: result, backend }),
          ];
          const operands: readonly (Elements | number)[] = [x, y, k, 1.25];
          backend.program(program, operands, [one], { start: 4, size: 99 });
          composeProgram(backend, program, operands, [other], { start: 4, size: 99 });
          expect([...one.toHost()], `${text} of ${dtype}`).to.deep.equal([...other.toHost()]);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('are compiled once for each combination of dtypes', () => {
    const kernel = compile('z = x + a * y');
    const [x, y] = [NDArray.ones(3, { backend }), NDArray.ones(3, { backend })];
    for (const a of [1, 2, 2.5]) kernel.run({ x, y, a });
    expect(kernel.signatures).to.equal(1);
    kernel.run({ x: x.astype('complex128'), y, a: 1 });
    expect(kernel.signatures).to.equal(2);
  });

  it('run one kernel after another where the process refuses code from strings', () => {
    const script = `
      import { ElementwiseKernel, NDArray, ReductionKernel }
        from '${new URL('../../src/index.js', import.meta.url)}';
      const x = NDArray.array([1, 2, 3]);
      const inputs = { x: 'array' };
      const { z } = new ElementwiseKernel({ inputs, outputs: ['z'], expression: 'z = x * 2 + 1' }).run({ x });
      console.log(z.toString(), new ReductionKernel({ inputs, map: 'x * x', reduce: 'sum' }).run({ x }));`;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--disallow-code-generation-from-strings', '--input-type=module', '-e', script],
      {
        encoding: 'utf8',
        env: { ...process.env, LOPS_MPI: 'off' },
      },
    );
    expect(stdout, stderr).to.equal('[3. 5. 7.] 14\n');
  }).timeout(20_000);

  it('fuse records the steps of a function, and refuses what it cannot record', () => {
    const deep = fuse((x) => {
      let sum = x;
      for (let k = 0; k < 400; k++) sum = sum.multiply(0.5).add(x);
      return sum;
    });
    expect(deep(NDArray.array([1], { backend })).get(0)).to.be.closeTo(2, 1e-12);
    const f = fuse((x, y) => x.greater(0).where(x.power(2).maximum(y), { re: 0, im: -1 }).multiply(-2.5));
    expect(f.expression).to.equal('z = where(x0 > 0, maximum(x0 ** 2, x1), 0 - 1j) * (-2.5)');
    expect(f(NDArray.array([2, -1], { backend }), 1).toArray()).to.deep.equal([
      { re: -10, im: 0 },
      { re: 0, im: 2.5 },
    ]);
    expect(() => fuse((x) => x.add(NDArray.ones(1, { backend }) as never))).to.throw(
      ArgumentError,
      'make it an argument',
    );
    expect(() => fuse(() => new Traced({ operands: [], text: () => 'x' }))).to.throw(
      ArgumentError,
      'with arguments',
    );
    expect(() => fuse((_x) => 3 as never)).to.throw(ArgumentError, 'expected the function to return');
    // @ts-expect-error an argument is missing
    expect(() => f(NDArray.ones(2, { backend }))).to.throw(ArgumentError, 'expected 2 arguments');
  });
});

const complexOne = (): NDArray => NDArray.ones(1, { dtype: 'complex128', backend });
