import { DTYPES } from '../../../core/base/dtype.js';
import { OPS } from '../../mpi-addon.js';

/**
 * Where the arguments of a call are that ranks should agree about, or that tell whom it waits for.
 */
interface Positions {
  readonly count?: number;
  readonly counts?: number;
  readonly dtype?: number;
  readonly op?: number;
  readonly root?: number;
  readonly to?: number;
  readonly from?: number;
  readonly tag?: number;
  readonly dims?: number;
}

const V = { counts: 5, dtype: 6 } as const;
const END = { count: 3, dtype: 4, tag: 6 } as const;

/**
 * The calls that all ranks of a communicator make together; the communicator is their first
 * argument.
 */
export const COLLECTIVES = {
  barrier: {},
  bcast: { count: 3, dtype: 4, root: 5 },
  allreduce: { count: 5, dtype: 6, op: 7 },
  iallreduce: { count: 3, dtype: 4, op: 5 },
  reduce: { count: 5, dtype: 6, op: 7, root: 8 },
  allgather: { count: 5, dtype: 6 },
  gather: { count: 5, dtype: 6, root: 7 },
  scatter: { count: 5, dtype: 6, root: 7 },
  alltoall: { count: 5, dtype: 6 },
  allgatherv: V,
  gatherv: { ...V, root: 7 },
  scatterv: { ...V, root: 7 },
  alltoallv: { dtype: 7 },
  split: {},
  splitShared: {},
  dup: {},
  cart: { dims: 1 },
  freeComm: {},
} as const satisfies Readonly<Record<string, Positions>>;

/** The calls between two ranks. */
export const MESSAGES = {
  send: { ...END, to: 5 },
  recv: { ...END, from: 5 },
  sendrecv: { count: 3, dtype: 4, to: 5, tag: 6, from: 11 },
  isend: { ...END, to: 5 },
  irecv: { ...END, from: 5 },
  sendInit: { ...END, to: 5 },
  recvInit: { ...END, from: 5 },
} as const satisfies Readonly<Record<string, Positions>>;

const list = (value: unknown): string => {
  const numbers = Array.from(value as ArrayLike<number>);
  return numbers.length <= 16
    ? numbers.join(' ')
    : `${numbers.slice(0, 16).join(' ')} … (${numbers.length}, sum ${numbers.reduce((a, b) => a + b, 0)})`;
};

const opName = (code: unknown): string =>
  Object.entries(OPS).find(([, c]) => c === code)?.[0] ?? String(code);
const who = (rank: unknown): string => ((rank as number) < 0 ? 'any rank' : `rank ${String(rank)}`);

/** A call in words: 'allreduce (sum) of 4 float64'. */
export function callText(name: string, at: Positions, args: readonly unknown[]): string {
  const words = [name];
  const has = (i: number | undefined): i is number => i !== undefined;
  if (has(at.op)) words.push(`(${opName(args[at.op])})`);
  const dtype = has(at.dtype) ? ` ${DTYPES[args[at.dtype] as number]}` : '';
  if (has(at.count)) words.push(`of ${String(args[at.count])}${dtype}`);
  else if (has(at.counts)) words.push(`of [${list(args[at.counts])}]${dtype}`);
  else if (dtype) words.push(`of${dtype}`);
  if (has(at.dims)) words.push(`of [${list(args[at.dims])}]`);
  if (has(at.root)) words.push(`with root ${String(args[at.root])}`);
  if (has(at.to)) words.push(`to ${who(args[at.to])}`);
  if (has(at.from)) words.push(`from ${who(args[at.from])}`);
  if (has(at.tag)) words.push(`(tag ${(args[at.tag] as number) < 0 ? 'any' : String(args[at.tag])})`);
  return words.join(' ');
}
