import { im, re, type Scalar, scalarOf } from '../core/base/complex.js';
import { type DType, type HostArray, hostArray, isComplex } from '../core/base/dtype.js';
import type { Instruction, Program, ProgramInput } from '../core/ports/backend.js';
import { isElements } from '../core/ports/kernel-operands.js';
import type { CpuKernel, CpuKernels, HostRun } from './host-memory.js';
import { programText } from './program-text.js';
import { COMPLEX_FUNCTIONS, divide, power } from './reference/complex-functions.js';
import {
  BOOLEAN_FUNCTIONS,
  INTEGER_FUNCTIONS2,
  REAL_FUNCTIONS,
  REAL_FUNCTIONS2,
} from './reference/elementwise-loops.js';
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
  boolean1: BOOLEAN_FUNCTIONS,
  real2: REAL_FUNCTIONS2,
  integer2: INTEGER_FUNCTIONS2,
  complex1: COMPLEX_FUNCTIONS,
  complex2: { divide, power },
  pair: new Float64Array(2),
};

/** The loop of a program, which is generated once. */
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

/** The offsets of inputs; 0 for scalars. */
export const offsetsOf = (inputs: readonly (HostRun | Scalar)[]): number[] =>
  inputs.map((x) => (isElements(x) ? x.offset : 0));

/** The arrays and scalars of inputs. Scalars of complex inputs are pairs. */
const valuesOf = (program: Program, inputs: readonly (HostRun | Scalar)[]): (HostArray | Scalar)[] =>
  inputs.map((x, k) => {
    if (isElements(x)) return x.storage.memory;
    return isComplex((program.inputs[k] as ProgramInput).dtype) ? { re: re(x), im: im(x) } : re(x);
  });

const program: CpuKernel<'program'> = (spec, inputs, outputs, { start, size }) =>
  loopOf(spec)(
    valuesOf(spec, inputs),
    offsetsOf(inputs),
    outputs.map((y) => y.storage.memory),
    outputs.map((y) => y.offset),
    outputs[0]?.size ?? 0,
    start,
    size,
  );

/** The elements that are computed and reduced at a time. They fit into the innermost cache. */
const CHUNK = 2048;
const scratch = new Map<DType, HostArray>();
const sums = [new PairwiseSum(), new PairwiseSum()] as const;

/** Reduces the output of a program chunk by chunk. */
const reducePrograms =
  (reduce: CpuKernel<'reduce'>): CpuKernel<'programReduce'> =>
  (fold, spec, inputs, n, range) => {
    const { dtype } = spec.instructions[spec.outputs[0] as number] as Instruction;
    let memory = scratch.get(dtype);
    if (!memory) scratch.set(dtype, (memory = hostArray(dtype, CHUNK)));
    const storage = { memory, dtype, length: CHUNK };
    const loop = loopOf(spec);
    const [values, begins, offsets] = [valuesOf(spec, inputs), offsetsOf(inputs), offsetsOf(inputs)];
    const [real, imaginary] = sums;
    real.reset();
    imaginary.reset();
    let [a, b] = [
      fold === 'max' ? Number.NEGATIVE_INFINITY : fold === 'min' ? Number.POSITIVE_INFINITY : 1,
      0,
    ];
    for (let from = 0; from < n; from += CHUNK) {
      const size = Math.min(CHUNK, n - from);
      for (let k = 0; k < offsets.length; k++) offsets[k] = (begins[k] as number) + from;
      loop(values, offsets, [memory], [0], size, range.start + from, range.size);
      const part = reduce(fold, { storage, offset: 0, size }) as Scalar;
      const [c, d] = [re(part), im(part)];
      if (fold === 'sum') {
        real.add(c);
        imaginary.add(d);
      } else if (fold === 'prod') [a, b] = isComplex(dtype) ? [a * c - b * d, a * d + b * c] : [a * c, 0];
      else a = fold === 'max' ? Math.max(a, c) : Math.min(a, c);
    }
    return fold === 'sum' ? scalarOf(dtype, real.total(), imaginary.total()) : scalarOf(dtype, a, b);
  };

/**
 * Programs as loops of generated code. Returns no kernels if the process may not generate code
 * (`--disallow-code-generation-from-strings`).
 */
export function programKernels(reduce: CpuKernel<'reduce'>): CpuKernels {
  try {
    new Function();
  } catch (error) {
    if (error instanceof EvalError) return {};
    throw error;
  }
  return { program, programReduce: reducePrograms(reduce) };
}
