import { type Complex, im, re, type Scalar, scalarOf } from '../core/base/complex.js';
import { type DType, type HostArray, hostArray, isComplex } from '../core/base/dtype.js';
import type { Fold, Instruction, Program, ProgramRange } from '../core/ports/backend.js';
import type { CpuKernels } from './kernels.js';
import { programText } from './program-text.js';
import { COMPLEX_FUNCTIONS, divide, power } from './reference/complex-functions.js';
import { INTEGER_FUNCTIONS2, REAL_FUNCTIONS, REAL_FUNCTIONS2 } from './reference/elementwise-loops.js';
import { PairwiseSum } from './reference/pairwise-sum.js';

type Loop = (
  xs: readonly (HostArray | Scalar)[],
  os: readonly number[],
  ys: readonly HostArray[],
  ps: readonly number[],
  n: number,
  start: number,
  size: number,
) => void;

const loops = new WeakMap<Program, Loop>();
const TABLES = {
  real1: REAL_FUNCTIONS,
  real2: REAL_FUNCTIONS2,
  integer2: INTEGER_FUNCTIONS2,
  complex1: COMPLEX_FUNCTIONS,
  complex2: { divide, power },
  pair: new Float64Array(2),
};

/**
 * The loop of a program, made once. Throws an EvalError where the process was told to make no code.
 */
function loopOf(program: Program): Loop {
  let loop = loops.get(program);
  if (!loop) {
    const make = new Function(
      ...Object.keys(TABLES),
      `'use strict'; return function (xs, os, ys, ps, n, start, size) {\n${programText(program)}\n};`,
    ) as (...tables: unknown[]) => Loop;
    loops.set(program, (loop = make(...Object.values(TABLES))));
  }
  return loop;
}

/** Inputs of a program on the CPU: an array of each, or a scalar, and where it begins. */
export interface CpuOperands {
  readonly values: readonly (HostArray | Scalar)[];
  readonly offsets: readonly number[];
}

/** Of complex inputs, scalars are pairs. */
export function scalarOperand(value: Scalar, dtype: DType): number | Complex {
  return isComplex(dtype) ? { re: re(value), im: im(value) } : re(value);
}

export function runProgram(
  program: Program,
  inputs: CpuOperands,
  ys: readonly HostArray[],
  ps: readonly number[],
  n: number,
  range: ProgramRange,
): void {
  loopOf(program)(inputs.values, inputs.offsets, ys, ps, n, range.start, range.size);
}

/** Elements that are made and reduced at a time: they stay in the innermost cache. */
const CHUNK = 2048;
const scratch = new Map<DType, HostArray>();
const sums = [new PairwiseSum(), new PairwiseSum()] as const;
const part = new Float64Array(2);

/** Reduces the output of a program chunk by chunk. */
export function reduceProgram(
  fold: Fold,
  program: Program,
  inputs: CpuOperands,
  n: number,
  range: ProgramRange,
  reduce: CpuKernels['reduce'],
): Scalar {
  const { dtype } = program.instructions[program.outputs[0] as number] as Instruction;
  let chunk = scratch.get(dtype);
  if (!chunk) scratch.set(dtype, (chunk = hostArray(dtype, CHUNK)));
  const loop = loopOf(program);
  const ys = [chunk];
  const ps = [0];
  const offsets = [...inputs.offsets];
  const [real, imaginary] = sums;
  real.reset();
  imaginary.reset();
  let [a, b] = [fold === 'max' ? Number.NEGATIVE_INFINITY : fold === 'min' ? Number.POSITIVE_INFINITY : 1, 0];
  for (let from = 0; from < n; from += CHUNK) {
    const count = Math.min(CHUNK, n - from);
    for (let k = 0; k < offsets.length; k++) offsets[k] = (inputs.offsets[k] as number) + from;
    loop(inputs.values, offsets, ys, ps, count, range.start + from, range.size);
    reduce(fold, dtype, count, chunk, 0, 0, part);
    const [c = 0, d = 0] = part;
    if (fold === 'sum') {
      real.add(c);
      imaginary.add(d);
    } else if (fold === 'prod') [a, b] = isComplex(dtype) ? [a * c - b * d, a * d + b * c] : [a * c, 0];
    else a = fold === 'max' ? Math.max(a, c) : Math.min(a, c);
  }
  return fold === 'sum' ? scalarOf(dtype, real.total(), imaginary.total()) : scalarOf(dtype, a, b);
}
