import { im, re } from '../core/base/complex.js';
import { type DType, isBoolean, isComplex, isInteger, isSingle } from '../core/base/dtype.js';
import type { BinaryOp, Instruction, Program, UnaryOp } from '../core/ports/backend.js';
import { REAL_FUNCTIONS, REAL_FUNCTIONS2 } from './reference/elementwise-loops.js';

/** The names of the functions of Math. */
const MATH = new Map<unknown, string>(
  Object.getOwnPropertyNames(Math).map((name) => [Math[name as keyof Math], `Math.${name}`]),
);
/**
 * Expressions of real operations, from the texts of their operands. Operations that are not listed
 * are calls of the reference functions, those of Math by their names.
 */
const REAL_UNARY: Partial<Readonly<Record<UnaryOp, (x: string) => string>>> = {
  negative: (x) => `-${x}`,
  conj: (x) => x,
  real: (x) => x,
  imag: () => '0',
  square: (x) => `${x} * ${x}`,
  reciprocal: (x) => `1 / ${x}`,
  isnan: (x) => `${x} !== ${x} ? 1 : 0`,
  isfinite: (x) => `${x} - ${x} === 0 ? 1 : 0`,
  exp2: (x) => `2 ** ${x}`,
};
const REAL_BINARY: Partial<Readonly<Record<BinaryOp, (x: string, y: string) => string>>> = {
  add: (x, y) => `${x} + ${y}`,
  subtract: (x, y) => `${x} - ${y}`,
  multiply: (x, y) => `${x} * ${y}`,
  multiplyConj: (x, y) => `${x} * ${y}`,
  divide: (x, y) => `${x} / ${y}`,
  maximum: (x, y) => `${x} > ${y} || ${x} !== ${x} ? ${x} : ${y}`,
  minimum: (x, y) => `${x} < ${y} || ${x} !== ${x} ? ${x} : ${y}`,
  equal: (x, y) => `${x} === ${y} ? 1 : 0`,
  notEqual: (x, y) => `${x} !== ${y} ? 1 : 0`,
  less: (x, y) => `${x} < ${y} ? 1 : 0`,
  lessEqual: (x, y) => `${x} <= ${y} ? 1 : 0`,
  greater: (x, y) => `${x} > ${y} ? 1 : 0`,
  greaterEqual: (x, y) => `${x} >= ${y} ? 1 : 0`,
};
type Pair = readonly [re: string, im: string];
/**
 * Expressions of complex operations with one operand. Operations that are not listed are calls that
 * write their value to `pair`.
 */
const COMPLEX_UNARY: Partial<Readonly<Record<UnaryOp, (a: string, b: string) => Pair>>> = {
  negative: (a, b) => [`-${a}`, `-${b}`],
  conj: (a, b) => [a, `-${b}`],
  square: (a, b) => [`(${a} - ${b}) * (${a} + ${b})`, `${a} * ${b} + ${a} * ${b}`],
};
const COMPLEX_TO_REAL: Partial<Readonly<Record<UnaryOp, (a: string, b: string) => string>>> = {
  abs: (a, b) => `Math.hypot(${a}, ${b})`,
  real: (a) => a,
  imag: (_, b) => b,
  isnan: (a, b) => `${a} !== ${a} || ${b} !== ${b} ? 1 : 0`,
  isfinite: (a, b) => `${a} - ${a} === 0 && ${b} - ${b} === 0 ? 1 : 0`,
  isinf: (a, b) => `real1.isinf(${a}) | real1.isinf(${b})`,
};
const COMPLEX_BINARY: Partial<
  Readonly<Record<BinaryOp, (a: string, b: string, c: string, d: string) => Pair>>
> = {
  add: (a, b, c, d) => [`${a} + ${c}`, `${b} + ${d}`],
  subtract: (a, b, c, d) => [`${a} - ${c}`, `${b} - ${d}`],
  multiply: (a, b, c, d) => [`${a} * ${c} - ${b} * ${d}`, `${a} * ${d} + ${b} * ${c}`],
  multiplyConj: (a, b, c, d) => [`${a} * ${c} + ${b} * ${d}`, `${a} * ${d} - ${b} * ${c}`],
};
const COMPLEX_EQUAL: Partial<
  Readonly<Record<BinaryOp, (a: string, b: string, c: string, d: string) => string>>
> = {
  equal: (a, b, c, d) => `${a} === ${c} && ${b} === ${d} ? 1 : 0`,
  notEqual: (a, b, c, d) => `${a} === ${c} && ${b} === ${d} ? 0 : 1`,
};

const number = (value: number): string =>
  Object.is(value, -0) ? '-0' : Number.isNaN(value) ? 'NaN' : String(value);

/** A text that is rounded as a store to memory of `dtype` does. */
const rounded = (text: string, dtype: DType): string =>
  isSingle(dtype) ? `Math.fround(${text})` : isInteger(dtype) ? `(${text}) | 0` : text;

/** The statements that compute `v<k>` (complex: `v<k>` and `w<k>`). */
function statements(program: Program, k: number): string {
  const instruction = program.instructions[k] as Instruction;
  const { dtype } = instruction;
  const typeOf = (j: number): DType => (program.instructions[j] as Instruction).dtype;
  const one = (text: string): string => `const v${k} = ${rounded(text, dtype)};`;
  const two = ([a, b]: Pair): string => `const v${k} = ${rounded(a, dtype)}, w${k} = ${rounded(b, dtype)};`;
  const called = (call: string): string => `${call}; ${two(['pair[0]', 'pair[1]'])}`;
  switch (instruction.op) {
    case 'input': {
      const { input } = instruction;
      if (program.inputs[input]?.kind === 'scalar')
        return isComplex(dtype) ? two([`s${input}.re`, `s${input}.im`]) : one(`s${input}`);
      return isComplex(dtype)
        ? `const v${k} = x${input}[2 * (o${input} + k)], w${k} = x${input}[2 * (o${input} + k) + 1];`
        : `const v${k} = x${input}[o${input} + k];`;
    }
    case 'constant':
      return isComplex(dtype)
        ? two([number(re(instruction.value)), number(im(instruction.value))])
        : one(number(re(instruction.value)));
    case 'index':
      return one('start + k');
    case 'size':
      return one('size');
    case 'cast': {
      const { x } = instruction;
      if (!isComplex(dtype)) return one(`v${x}`);
      return two([`v${x}`, isComplex(typeOf(x)) ? `w${x}` : '0']);
    }
    case 'where': {
      const { condition, x, y } = instruction;
      const chosen = (lane: string): string => `v${condition} !== 0 ? ${lane}${x} : ${lane}${y}`;
      return isComplex(dtype)
        ? `const v${k} = ${chosen('v')}, w${k} = ${chosen('w')};`
        : `const v${k} = ${chosen('v')};`;
    }
    case 'unary': {
      const { name, x } = instruction;
      const table = isBoolean(typeOf(x)) ? 'boolean1' : 'real1';
      const reference = MATH.get(REAL_FUNCTIONS[name]) ?? `${table}.${name}`;
      if (!isComplex(typeOf(x))) return one(REAL_UNARY[name]?.(`v${x}`) ?? `${reference}(v${x})`);
      const toReal = COMPLEX_TO_REAL[name];
      if (toReal) return one(toReal(`v${x}`, `w${x}`));
      const inline = COMPLEX_UNARY[name];
      return inline ? two(inline(`v${x}`, `w${x}`)) : called(`complex1.${name}(v${x}, w${x}, pair)`);
    }
    case 'binary': {
      const { name, x, y } = instruction;
      const type = typeOf(x);
      if (isInteger(type) && (name === 'multiply' || name === 'multiplyConj'))
        return `const v${k} = Math.imul(v${x}, v${y});`;
      const reference =
        MATH.get(REAL_FUNCTIONS2[name]) ?? `${isInteger(type) ? 'integer2' : 'real2'}.${name}`;
      if (!isComplex(type)) return one(REAL_BINARY[name]?.(`v${x}`, `v${y}`) ?? `${reference}(v${x}, v${y})`);
      const operands = [`v${x}`, `w${x}`, `v${y}`, `w${y}`] as const;
      const equal = COMPLEX_EQUAL[name];
      if (equal) return one(equal(...operands));
      const inline = COMPLEX_BINARY[name];
      return inline ? two(inline(...operands)) : called(`complex2.${name}(${operands.join(', ')}, pair)`);
    }
  }
}

/** For each value, whether it is the same for all elements. */
function uniformValues(program: Program): boolean[] {
  const uniform: boolean[] = [];
  const at = (k: number): boolean => uniform[k] as boolean;
  for (const k of program.instructions) {
    if (k.op === 'input') uniform.push(program.inputs[k.input]?.kind === 'scalar');
    else if (k.op === 'index') uniform.push(false);
    else if (k.op === 'cast' || k.op === 'unary') uniform.push(at(k.x));
    else if (k.op === 'binary') uniform.push(at(k.x) && at(k.y));
    else if (k.op === 'where') uniform.push(at(k.condition) && at(k.x) && at(k.y));
    else uniform.push(true);
  }
  return uniform;
}

/**
 * The body of a function of `xs, os, ys, ps, n, start, size`: input arrays (or scalars) and their
 * offsets, output arrays and their offsets. The text contains nothing from the user but numbers:
 * names are positions, and functions come from tables.
 */
export function programText(program: Program): string {
  const { inputs, instructions, outputs } = program;
  const uniform = uniformValues(program);
  const lines = (wanted: boolean): string[] =>
    instructions.flatMap((_, k) => (uniform[k] === wanted ? [statements(program, k)] : []));
  const writes = outputs.map((k, o) => {
    const { dtype } = instructions[k] as Instruction;
    return isComplex(dtype)
      ? `y${o}[2 * (p${o} + k)] = v${k}; y${o}[2 * (p${o} + k) + 1] = w${k};`
      : `y${o}[p${o} + k] = v${k};`;
  });
  return [
    ...inputs.map(({ kind }, k) =>
      kind === 'array' ? `const x${k} = xs[${k}], o${k} = os[${k}];` : `const s${k} = xs[${k}];`,
    ),
    ...outputs.map((_, o) => `const y${o} = ys[${o}], p${o} = ps[${o}];`),
    ...lines(true),
    'for (let k = 0; k < n; k++) {',
    ...lines(false),
    ...writes,
    '}',
  ].join('\n');
}
