import { DTYPES } from '../../../core/base/dtype.js';
import { OPS } from '../../mpi-addon.js';
import { argumentOf, type MpiCall, parameters } from '../../mpi-calls.js';

const CALLS = Object.keys(parameters) as MpiCall[];

/** The calls between two ranks. The communicator is their first argument. */
export const MESSAGES = CALLS.filter((name) => / (to|from) /.test(parameters[name]));

/**
 * The calls that all ranks of a communicator make together. The communicator is their first
 * argument.
 */
export const COLLECTIVES = CALLS.filter(
  (name) => parameters[name].startsWith('comm') && ![...MESSAGES, 'rank', 'size'].includes(name),
);

const list = (value: unknown): string => {
  const numbers = Array.from(value as ArrayLike<number>);
  return numbers.length <= 16
    ? numbers.join(' ')
    : `${numbers.slice(0, 16).join(' ')} … (${numbers.length}, sum ${numbers.reduce((a, b) => a + b, 0)})`;
};

const opName = (code: unknown): string => OPS[code as number] ?? String(code);
const partner = (rank: unknown): string => ((rank as number) < 0 ? 'any rank' : `rank ${String(rank)}`);

/** A description of a call: 'allreduce (sum) of 4 float64'. */
export function callText(name: MpiCall, args: readonly unknown[]): string {
  const words: string[] = [name];
  const add = (argument: Parameters<typeof argumentOf>[2], text: (value: unknown) => string): void => {
    const value = argumentOf(name, args, argument);
    if (value !== undefined) words.push(text(value));
  };
  add('op', (op) => `(${opName(op)})`);
  add('dtype', () => 'of');
  add('count', String);
  add('counts', (counts) => `[${list(counts)}]`);
  add('dtype', (dtype) => DTYPES[dtype as number] as string);
  add('dims', (dims) => `of [${list(dims)}]`);
  add('root', (root) => `with root ${String(root)}`);
  add('to', (to) => `to ${partner(to)}`);
  add('from', (from) => `from ${partner(from)}`);
  add('tag', (tag) => `(tag ${(tag as number) < 0 ? 'any' : String(tag)})`);
  return words.join(' ');
}
