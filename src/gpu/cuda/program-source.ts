import { im, re, type Scalar } from '../../core/base/complex.js';
import { type DType, isComplex, isInteger, isSingle } from '../../core/base/dtype.js';
import type { BinaryOp, Fold, Instruction, Program, UnaryOp } from '../../core/ports/backend.js';
import { CUDA_DTYPES } from './cuda-dtypes.js';

const cTypeOf = (dtype: DType): string => CUDA_DTYPES[dtype].c;

const isFloat32 = (dtype: DType): boolean => isSingle(dtype) && !isComplex(dtype);

const COMPARED: Partial<Readonly<Record<BinaryOp, string>>> = {
  equal: '==',
  notEqual: '!=',
  less: '<',
  lessEqual: '<=',
  greater: '>',
  greaterEqual: '>=',
};
const SIGNS: Partial<Readonly<Record<BinaryOp, string>>> = { add: '+', subtract: '-', multiply: '*' };
/**
 * Functions with other names in the headers. Functions of complex numbers, and of one integer, are
 * evaluated in double precision. Those of two integers have their own versions.
 */
const ORDERED: Partial<Readonly<Record<UnaryOp, string>>> = {
  floor: 'lower',
  ceil: 'upper',
  rint: 'rounded',
};

/** Tests, and how those of the parts of a complex number are joined. */
const TESTED: Partial<Readonly<Record<UnaryOp, readonly [test: string, join: string]>>> = {
  isnan: ['is_nan', '||'],
  isfinite: ['is_finite', '&&'],
  isinf: ['is_infinite', '||'],
  signbit: ['is_negative', '||'],
};

const CALLED: Partial<Readonly<Record<BinaryOp, string>>> = { power: 'power_of', arctan2: 'angle' };

function number(value: number): string {
  if (Number.isNaN(value)) return '(huge() - huge())';
  if (!Number.isFinite(value)) return value > 0 ? 'huge()' : '-huge()';
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

const constant = (value: Scalar, dtype: DType): string =>
  isComplex(dtype)
    ? `to<${cTypeOf(dtype)}>(Complex<double>{${number(re(value))}, ${number(im(value))}})`
    : `to<${cTypeOf(dtype)}>(${number(re(value))})`;

function unary(name: UnaryOp, x: string, from: DType, dtype: DType): string {
  const stored = (value: string): string => `to<${cTypeOf(dtype)}>(wide(${value}))`;
  const isPair = isComplex(from);
  if (name === 'conj') return `conj(${x})`;
  if (name === 'real') return isPair ? `${x}.re` : x;
  if (name === 'imag') return isPair ? `${x}.im` : constant(0, dtype);
  const tested = TESTED[name];
  if (tested) {
    const [test, join] = tested;
    return isPair ? `(${test}(${x}.re) ${join} ${test}(${x}.im) ? 1 : 0)` : `(${test}(${x}) ? 1 : 0)`;
  }
  if (name === 'invert') return `f_invert(${x})`;
  if (name === 'abs' && isPair) return `to<${cTypeOf(dtype)}>(hypot((double)${x}.re, (double)${x}.im))`;
  if (name === 'sign') return `to<${cTypeOf(dtype)}>(f_sign(wide(${x})))`;
  // Single precision has its own functions
  const operand = isFloat32(from) ? x : `wide(${x})`;
  return stored(`${ORDERED[name] ?? `f_${name}`}(${operand})`);
}

function binary(name: BinaryOp, x: string, y: string, from: DType, dtype: DType): string {
  const stored = (value: string): string => `to<${cTypeOf(dtype)}>(wide(${value}))`;
  const isPair = isComplex(from);
  const compared = COMPARED[name];
  if (compared) {
    if (!isPair) return `(${x} ${compared} ${y} ? 1 : 0)`;
    return `(${x}.re == ${y}.re && ${x}.im == ${y}.im ? ${name === 'equal' ? '1 : 0' : '0 : 1'})`;
  }
  if (name === 'maximum' || name === 'minimum')
    return `(${x} ${name === 'maximum' ? '>' : '<'} ${y} || ${x} != ${x} ? ${x} : ${y})`;
  if (name === 'multiplyConj') return binary('multiply', `conj(${x})`, y, from, dtype);
  const sign = SIGNS[name];
  // Integers wrap around
  if (sign && isInteger(from)) return `(int)((u32)${x} ${sign} (u32)${y})`;
  if (sign) return `(${x} ${sign} ${y})`;
  const operands = isFloat32(from) || isInteger(from) ? [x, y] : [`wide(${x})`, `wide(${y})`];
  if (name === 'power' && isInteger(from)) return `to<int>(integer_power(${operands.join(', ')}))`;
  return stored(`${CALLED[name] ?? `f_${name}`}(${operands.join(', ')})`);
}

/** The expression that computes value `k`, and its type. */
function value(program: Program, k: number): string {
  const instruction = program.instructions[k] as Instruction;
  const { dtype } = instruction;
  const typeOf = (j: number): DType => (program.instructions[j] as Instruction).dtype;
  switch (instruction.op) {
    case 'input': {
      const { input } = instruction;
      if (program.inputs[input]?.kind === 'array') return `x${input}[i]`;
      return `scalar<${cTypeOf(dtype)}>(r${input}, i${input})`;
    }
    case 'constant':
      return constant(instruction.value, dtype);
    case 'index':
      return '(int)(start + i)';
    case 'size':
      return '(int)size';
    case 'cast':
      return `to<${cTypeOf(dtype)}>(wide(v${instruction.x}))`;
    case 'where':
      return `v${instruction.condition} != 0 ? v${instruction.x} : v${instruction.y}`;
    case 'unary':
      return unary(instruction.name, `v${instruction.x}`, typeOf(instruction.x), dtype);
    case 'binary':
      return binary(instruction.name, `v${instruction.x}`, `v${instruction.y}`, typeOf(instruction.x), dtype);
  }
}

const parameters = (program: Program): string =>
  program.inputs
    .map(({ kind, dtype }, k) =>
      kind === 'array' ? `const ${cTypeOf(dtype)} *x${k}` : `double r${k}, double i${k}`,
    )
    .join(', ');
const values = (program: Program): string =>
  program.instructions
    .map(({ dtype }, k) => `    const ${cTypeOf(dtype)} v${k} = ${value(program, k)};`)
    .join('\n');

/**
 * The source of a kernel `program` with a thread for each element. It contains nothing from the
 * user but numbers.
 */
export function elementwiseSource(program: Program): string {
  const outputs = program.outputs
    .map((k, o) => `${cTypeOf((program.instructions[k] as Instruction).dtype)} *y${o}`)
    .join(', ');
  return `#include "functions.cuh"
extern "C" __global__ void program(${parameters(program)}, ${outputs}, i64 n, i64 start, i64 size) {
  const i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) {
${values(program)}
${program.outputs.map((k, o) => `    y${o}[i] = v${k};`).join('\n')}
  }
}
`;
}

const JOINS: Readonly<Record<Fold, (complex: boolean) => string>> = {
  sum: () => 'Added',
  prod: (complex) => (complex ? 'PairProduct' : 'Product'),
  max: () => 'Largest',
  min: () => 'Smallest',
};

/** The source of a kernel `reduction` that reduces the output of a program over all elements. */
export function reductionSource(fold: Fold, program: Program): string {
  const [output = 0] = program.outputs;
  const { dtype } = program.instructions[output] as Instruction;
  const start = { sum: '{0, 0}', prod: '{1, 0}', max: '{-huge(), 0}', min: '{huge(), 0}' }[fold];
  return `#include "functions.cuh"
#include "joins.cuh"
struct Join : ${JOINS[fold](isComplex(dtype))} {
  static DEVICE Pair start() { return ${start}; }
};
extern "C" __global__ void reduction(${parameters(program)}, i64 n, i64 start, i64 size,
    double *partials, u32 *tickets, double *result) {
  Pair sum = Join::start();
  for (i64 i = (i64)blockIdx.x * THREADS + threadIdx.x; i < n; i += (i64)gridDim.x * THREADS) {
${values(program)}
    sum = Join::join(sum, pair(wide(v${output})));
  }
  sum = block_join<Join>(sum);
  if (gridDim.x > 1) {
    if (threadIdx.x == 0) keep(partials, blockIdx.x, sum);
    if (!is_last(tickets, gridDim.x)) return;
    sum = Join::start();
    for (u32 b = threadIdx.x; b < gridDim.x; b += THREADS) sum = Join::join(sum, partial(partials, b));
    sum = block_join<Join>(sum);
  }
  if (threadIdx.x == 0) keep(result, 0, sum);
}
`;
}
