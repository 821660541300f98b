import type { Scalar } from '../base/complex.js';
import { hostArray, INDEX_DTYPE } from '../base/dtype.js';
import type {
  Backend,
  Elements,
  Fold,
  Instruction,
  Program,
  ProgramRange,
  Storage,
} from '../ports/backend.js';
import { isElements } from '../ports/kernel-operands.js';

/** The positions of the values that `instruction` reads. */
export function operandsOf(instruction: Instruction): readonly number[] {
  switch (instruction.op) {
    case 'cast':
    case 'unary':
      return [instruction.x];
    case 'binary':
      return [instruction.x, instruction.y];
    case 'where':
      return [instruction.condition, instruction.x, instruction.y];
    default:
      return [];
  }
}

/**
 * Runs a program as one kernel after another, and calls `use` with the results. Memory: only the
 * values that later instructions need.
 */
function composed<R>(
  backend: Backend,
  program: Program,
  inputs: readonly (Elements | Scalar)[],
  n: number,
  range: ProgramRange,
  use: (results: readonly Elements[]) => R,
): R {
  const { instructions, outputs } = program;
  const lastUse = new Map<number, number>();
  instructions.forEach((instruction, k) => {
    for (const operand of operandsOf(instruction)) lastUse.set(operand, k);
  });
  for (const k of outputs) lastUse.set(k, instructions.length);
  const values: Elements[] = [];
  const held = new Map<number, Storage>();
  const fresh = (k: number): Elements => {
    const storage = backend.alloc((instructions[k] as Instruction).dtype, n);
    held.set(k, storage);
    return { storage, offset: 0, size: n };
  };
  const value = (k: number): Elements => values[k] as Elements;
  try {
    instructions.forEach((instruction, k) => {
      const input = instruction.op === 'input' ? (inputs[instruction.input] as Elements | Scalar) : undefined;
      if (input !== undefined && isElements(input)) {
        values.push(input);
        return;
      }
      const y = fresh(k);
      values.push(y);
      if (input !== undefined) backend.fill(y, input);
      else if (instruction.op === 'constant') backend.fill(y, instruction.value);
      else if (instruction.op === 'size') backend.fill(y, range.size);
      else if (instruction.op === 'index') {
        const indices = hostArray(INDEX_DTYPE, n);
        for (let i = 0; i < n; i++) indices[i] = range.start + i;
        backend.upload(indices, y);
      } else if (instruction.op === 'cast') backend.cast(value(instruction.x), y);
      else if (instruction.op === 'unary') backend.unary(instruction.name, value(instruction.x), y);
      else if (instruction.op === 'binary')
        backend.binary(instruction.name, value(instruction.x), value(instruction.y), y);
      else if (instruction.op === 'where')
        backend.where(value(instruction.condition), value(instruction.x), value(instruction.y), y);
      for (const operand of operandsOf(instruction)) {
        const storage = lastUse.get(operand) === k ? held.get(operand) : undefined;
        if (!storage) continue;
        backend.release(storage);
        held.delete(operand);
      }
    });
    return use(outputs.map(value));
  } finally {
    for (const storage of held.values()) backend.release(storage);
  }
}

/** `Backend.program` by the other kernels of the backend: the definition of its result. */
export function composeProgram(
  backend: Backend,
  program: Program,
  inputs: readonly (Elements | Scalar)[],
  outputs: readonly Elements[],
  range: ProgramRange,
): void {
  const n = outputs[0]?.size ?? 0;
  composed(backend, program, inputs, n, range, (results) => {
    const copies: Storage[] = [];
    try {
      // if a result is an input, an earlier output may overwrite it
      const aside = results.map((x, k) => {
        if (k === 0 || !inputs.includes(x)) return x;
        const storage = backend.alloc(x.storage.dtype, n);
        copies.push(storage);
        const copy = { storage, offset: 0, size: n };
        backend.copy(x, copy);
        return copy;
      });
      aside.forEach((x, k) => {
        const y = outputs[k] as Elements;
        if (x.storage !== y.storage || x.offset !== y.offset) backend.copy(x, y);
      });
    } finally {
      for (const storage of copies) backend.release(storage);
    }
  });
}

/** `Backend.programReduce` by the other kernels of the backend. */
export function composeReduction(
  backend: Backend,
  fold: Fold,
  program: Program,
  inputs: readonly (Elements | Scalar)[],
  n: number,
  range: ProgramRange,
): Scalar {
  return composed(backend, program, inputs, n, range, ([x]) => backend.reduce(fold, x as Elements));
}
