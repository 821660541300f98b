/** Reads NVIDIA's machine code as `cuobjdump` lists it, and counts what one thread executes. */

import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';

export interface MachineCode {
  readonly instructions: readonly Instruction[];
  readonly registers: number;
  /** Bytes of local memory for spilled registers and arrays. */
  readonly stack: number;
}

interface Instruction {
  readonly address: number;
  /** The predicate that must hold, as `P0` or `!P0`. */
  readonly guard: string | undefined;
  /** The name with its suffixes, as `IMAD.WIDE.U32`. */
  readonly name: string;
  readonly operands: readonly string[];
}

/** @param disassembler the path of `nvdisasm`, beside which there is `cuobjdump` */
export function disassemble(disassembler: string, cubin: string): MachineCode {
  const folder = dirname(disassembler);
  const run = (...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync(`${folder}/cuobjdump`, [...args, cubin], {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${folder}:${process.env['PATH']}` },
      timeout: 120_000,
      maxBuffer: 2 ** 28,
    });
    if (status !== 0) throw new Error(`cuobjdump ${args.join(' ')}: ${stderr || stdout}`);
    return stdout;
  };
  const usage = /REG:(\d+) STACK:(\d+)/.exec(run('--dump-resource-usage'));
  if (!usage) throw new Error('cuobjdump names no registers');
  const line = /^\s*\/\*([0-9a-f]{4,})\*\/\s+(?:@(!?U?P\w+)\s+)?([A-Z][\w.]*)\s*(.*?)\s*;/gm;
  const instructions = [...run('-sass').matchAll(line)].map(
    ([, address = '', guard, name = '', rest = '']): Instruction => ({
      address: Number.parseInt(address, 16),
      guard,
      name,
      operands: rest === '' ? [] : rest.split(/,\s*/).map((text) => text.replace(/\.reuse$/, '')),
    }),
  );
  return { instructions, registers: Number(usage[1]), stack: Number(usage[2]) };
}

/** What a thread knows at its start. */
export interface Thread {
  readonly thread: readonly [number, number, number];
  readonly block: readonly [number, number, number];
  /** The words of constant bank 0 by byte offsets: sizes of blocks and grid, arguments. */
  readonly constants: ReadonlyMap<number, number>;
}

/** What one thread executes. */
export interface Executed {
  /** All that are issued for it, also those whose predicate is false. */
  readonly instructions: number;
  readonly globalLoads: number;
  readonly globalStores: number;
  readonly sharedAccesses: number;
  /** Multiply-adds of floating-point numbers. */
  readonly products: number;
}

type Known = number | undefined;

/** The bits of a number of half precision; compilers write integers as such. */
function halfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size === 0) return sign;
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const fraction = Math.round((size / 2 ** exponent) * 1024);
  return sign + (size < 2 ** -14 ? Math.round(size * 2 ** 24) : ((exponent + 14) << 10) + fraction);
}

const COMPARED: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  GE: (a, b) => a >= b,
  GT: (a, b) => a > b,
  LE: (a, b) => a <= b,
  LT: (a, b) => a < b,
  EQ: (a, b) => a === b,
  NE: (a, b) => a !== b,
};

/** Limits a listing that is not understood. */
const MOST_STEPS = 1_000_000;

/**
 * Follows one thread to its end. Integers of 32 bits are computed, since they decide branches and
 * loops; addresses, numbers from memory and floating-point numbers are unknown. Comparisons of
 * floating-point numbers with 0 find that they are not 0: taps have values.
 *
 * @throws Error if a branch depends on what is unknown
 */
export function execute({ instructions }: MachineCode, { thread, block, constants }: Thread): Executed {
  const registers = new Map<string, Known>();
  const predicates = new Map<string, boolean | undefined>();
  const special: Readonly<Record<string, number>> = {
    'SR_TID.X': thread[0],
    'SR_TID.Y': thread[1],
    'SR_TID.Z': thread[2],
    'SR_CTAID.X': block[0],
    'SR_CTAID.Y': block[1],
    'SR_CTAID.Z': block[2],
  };
  const holds = (text: string): boolean | undefined => {
    const name = text.replace('!', '');
    const value = name.endsWith('PT') ? true : predicates.get(name);
    return value === undefined ? undefined : text.startsWith('!') ? !value : value;
  };
  const read = (text = ''): Known => {
    if (text.startsWith('-')) {
      const value = read(text.slice(1));
      return value === undefined ? undefined : -value | 0;
    }
    if (/^U?RZ$/.test(text) || text === 'SRZ') return 0;
    if (/^U?R\d+$/.test(text)) return registers.get(text);
    const constant = /^c\[0x0\]\[(RZ|0x[0-9a-f]+)\]$/.exec(text)?.[1];
    if (constant) return constants.get(constant === 'RZ' ? 0 : Number.parseInt(constant, 16));
    if (/^0x[0-9a-f]+$/.test(text)) return Number.parseInt(text, 16) | 0;
    return undefined;
  };
  const set = (name: string | undefined, value: Known): void => {
    if (name !== undefined && !/RZ$/.test(name)) registers.set(name, value);
  };
  const next = (name: string): string => name.replace(/\d+$/, (digits) => String(Number(digits) + 1));
  const isPredicate = (text: string | undefined): boolean => /^!?U?P(\d|T)$/.test(text ?? '');

  /** The results of an instruction that is executed. */
  function step({ name, operands }: Instruction): void {
    const [family = '', ...suffixes] = name.split('.');
    const has = (suffix: string): boolean => suffixes.includes(suffix);
    const [to, ...rest] = operands;
    const from = rest.filter((text) => !isPredicate(text));
    const values = from.map(read);
    const known = values.every((v) => v !== undefined);
    const [a = 0, b = 0, c = 0] = values as number[];
    const plain = known && !has('X') && !has('HI');
    switch (family.replace(/^U(?=IMAD|IADD3|LEA|ISETP|LOP3|MOV|SEL|LDC)/, '')) {
      case 'S2R':
      case 'S2UR':
        return set(to, special[from[0] as string]);
      case 'MOV':
        return set(to, values[0]);
      case 'LDC': {
        set(to, values[0]);
        const at = Number.parseInt(/\[0x([0-9a-f]+)\]$/.exec(from[0] ?? '')?.[1] ?? 'ffffff', 16);
        if (has('64')) set(next(to as string), constants.get(at + 4));
        return;
      }
      case 'IMAD':
        if (has('WIDE')) {
          set(to, undefined);
          return set(next(to as string), undefined);
        }
        return set(to, plain ? (Math.imul(a, b) + c) | 0 : undefined);
      case 'IADD3':
        for (const p of rest) if (isPredicate(p) && !p.startsWith('!')) predicates.set(p, undefined);
        return set(to, plain ? (a + b + c) | 0 : undefined);
      case 'LEA':
        for (const p of rest) if (isPredicate(p) && !p.startsWith('!')) predicates.set(p, undefined);
        return set(to, plain ? ((a << c) + b) | 0 : undefined);
      case 'SEL': {
        const chosen = holds(rest.at(-1) as string);
        return set(to, chosen === undefined ? undefined : values[chosen ? 0 : 1]);
      }
      case 'LOP3': {
        const places = from.length === 5 ? from.slice(1) : from;
        const [p, q, r, table] = places.map(read);
        let bits: Known;
        if (p !== undefined && q !== undefined && r !== undefined && table !== undefined) {
          bits = 0;
          for (let k = 0; k < 8; k++)
            if ((table >> k) & 1) bits |= (k & 4 ? p : ~p) & (k & 2 ? q : ~q) & (k & 1 ? r : ~r);
        }
        if (!isPredicate(to)) return set(to, bits);
        predicates.set(to as string, bits === undefined ? undefined : bits !== 0);
        return set(from[0], bits);
      }
      case 'CS2R':
        set(to, 0);
        return set(next(to as string), 0);
      case 'HFMA2': {
        // −0·0 + (high, low): a constant
        const [high, low] = from.slice(-2).map(Number);
        const isConstant = from[0] === '-RZ' && from[1] === 'RZ';
        return set(to, isConstant ? (halfBits(high ?? 0) << 16) | halfBits(low ?? 0) : undefined);
      }
      case 'ISETP':
      case 'DSETP':
      case 'FSETP': {
        const compare = COMPARED[suffixes[0] as string];
        let result: boolean | undefined;
        if (family.endsWith('ISETP')) {
          const [p, q] = has('U32') ? [a >>> 0, b >>> 0] : [a, b];
          if (known && compare && !has('EX')) result = compare(p, q);
        } else if (from.includes('RZ')) result = suffixes[0] === 'NEU';
        const other = holds(rest.filter(isPredicate)[1] ?? 'PT');
        const both = (r: boolean | undefined): boolean | undefined => {
          if (has('OR')) return r === true || other === true ? true : r === undefined ? r : other;
          return r === false || other === false ? false : r === undefined ? r : other;
        };
        predicates.set(to as string, both(result));
        predicates.set(rest[0] as string, both(result === undefined ? result : !result));
        return;
      }
      default:
        if (isPredicate(to)) predicates.set(to as string, undefined);
        else if (/^U?R\d+$/.test(to ?? '')) {
          set(to, undefined);
          if (has('64') || has('128') || family.startsWith('D')) set(next(to as string), undefined);
        }
    }
  }

  const places = new Map(instructions.map(({ address }, k) => [address, k]));
  const counts = {
    instructions: 0,
    globalLoads: 0,
    globalStores: 0,
    sharedAccesses: 0,
    products: 0,
  };
  for (let k = 0; counts.instructions < MOST_STEPS; k++) {
    const instruction = instructions[k];
    if (!instruction) break;
    counts.instructions += 1;
    const { name, operands, guard, address } = instruction;
    const family = name.split('.')[0] as string;
    const isJump = family === 'BRA' || family === 'EXIT';
    const conditions = [guard ?? 'PT', ...(isJump ? operands.filter(isPredicate) : [])].map(holds);
    const runs = conditions.includes(false) ? false : conditions.includes(undefined) ? undefined : true;
    if (isJump) {
      if (runs === undefined)
        throw new Error(`unknown condition at ${address.toString(16)}: ${guard} ${name}`);
      if (!runs) continue;
      if (family === 'EXIT') return counts;
      const target = places.get(Number.parseInt(operands.at(-1) as string, 16));
      if (target === undefined) throw new Error(`unknown target of ${name} ${operands.join(', ')}`);
      k = target - 1;
      continue;
    }
    if (runs === false) continue;
    if (family === 'LDG') counts.globalLoads += 1;
    if (family === 'STG') counts.globalStores += 1;
    if (family === 'LDS' || family === 'STS') counts.sharedAccesses += 1;
    if (family === 'FFMA' || family === 'DFMA') counts.products += 1;
    step(instruction);
    // Under an unknown condition the result is unknown
    if (runs === undefined && /^U?R\d+$/.test(operands[0] ?? '')) set(operands[0], undefined);
  }
  throw new Error('the thread does not end');
}
