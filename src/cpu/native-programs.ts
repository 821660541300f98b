import { im, re } from '../core/base/complex.js';
import { tagOf } from '../core/base/dtype.js';
import { BINARY_OPS, type Instruction, type Program, UNARY_OPS } from '../core/ports/backend.js';
import { isElements } from '../core/ports/kernel-operands.js';
import type { CpuAddon } from './cpu-addon.js';
import type { CpuKernel } from './host-memory.js';
import { offsetsOf } from './programs.js';

/** The kinds of instructions, in the numbering of `native/cpu/program.cpp`. */
const KINDS = ['array', 'scalar', 'constant', 'index', 'size', 'cast', 'unary', 'binary', 'where'] as const;
const kind = (name: (typeof KINDS)[number], which: number, ...operands: readonly number[]): number[] => [
  KINDS.indexOf(name),
  which,
  ...operands,
];

/** The kind, the input or the operation, and the operands of an instruction. */
function packed({ inputs }: Program, instruction: Instruction): readonly number[] {
  switch (instruction.op) {
    case 'input':
      return kind(inputs[instruction.input]?.kind ?? 'array', instruction.input);
    case 'constant':
      return kind('constant', 0, re(instruction.value), im(instruction.value));
    case 'index':
    case 'size':
      return kind(instruction.op, 0);
    case 'cast':
      return kind('cast', 0, instruction.x);
    case 'unary':
      return kind('unary', UNARY_OPS.indexOf(instruction.name), instruction.x);
    case 'binary':
      return kind('binary', BINARY_OPS.indexOf(instruction.name), instruction.x, instruction.y);
    case 'where':
      return kind('where', 0, instruction.condition, instruction.x, instruction.y);
  }
}

/** The numbers of a program, as the addon's `prepareProgram` describes them. */
function packedProgram(program: Program): Float64Array {
  const { inputs, instructions, outputs } = program;
  return Float64Array.from([
    ...[instructions.length, outputs.length, inputs.length],
    ...instructions.flatMap((instruction) => {
      const [number, ...rest] = packed(program, instruction) as [number, ...number[]];
      return [number, tagOf(instruction.dtype), ...rest];
    }),
    ...outputs,
  ]);
}

/**
 * Programs by the kernels of the addon, a block of elements at a time. Programs with an operation
 * that the addon lacks run as `other`.
 */
export function nativeProgram(
  addon: CpuAddon,
  other: CpuKernel<'program'> | undefined,
): CpuKernel<'program'> {
  const plans = new WeakMap<Program, object | false>();
  return (program, inputs, outputs, range) => {
    let plan = plans.get(program);
    if (plan === undefined)
      plans.set(
        program,
        (plan = (addon.prepareProgram(packedProgram(program)) as object | undefined) ?? false),
      );
    if (!plan) return other ? other(program, inputs, outputs, range) : false;
    addon.program(
      plan,
      outputs[0]?.size ?? 0,
      range.start,
      range.size,
      Float64Array.from(inputs.flatMap((x) => (isElements(x) ? [0, 0] : [re(x), im(x)]))),
      inputs.map((x) => (isElements(x) ? x.storage.memory : undefined)),
      offsetsOf(inputs),
      outputs.map((y) => y.storage.memory),
      outputs.map((y) => y.offset),
    );
  };
}
