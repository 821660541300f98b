import type { ReduceOp } from '../core/ports/communicator.js';

/** The types of the arguments of calls, by name. */
interface Values {
  readonly comm: number;
  readonly request: number;
  /** A buffer or an address of device memory. Undefined: in place, or nothing on this rank. */
  readonly memory: ArrayBuffer | Uint8Array | bigint | undefined;
  /** In bytes, into the preceding memory. */
  readonly offset: number;
  /** In elements. If each rank has the same number, the number of one rank. */
  readonly count: number;
  /** One number for each rank. */
  readonly counts: Float64Array;
  readonly sendCounts: Float64Array;
  readonly recvCounts: Float64Array;
  readonly dtype: number;
  readonly op: number;
  readonly root: number;
  readonly to: number;
  /** −1: any rank; likewise for `tag`. */
  readonly from: number;
  readonly tag: number;
  /** −1: none. */
  readonly color: number;
  readonly key: number;
  readonly dims: Int32Array;
  readonly periodic: Int32Array;
  readonly reorder: boolean;
}

/**
 * The arguments of the addon's calls on communicators and requests, in order. The addon exports the
 * table by which it unpacks them under the same name. A test compares the two.
 */
export const parameters = {
  rank: 'comm',
  size: 'comm',
  split: 'comm color key',
  splitShared: 'comm',
  dup: 'comm',
  cart: 'comm dims periodic reorder',
  freeComm: 'comm',
  barrier: 'comm',
  bcast: 'comm memory offset count dtype root',
  allreduce: 'comm memory offset memory offset count dtype op',
  iallreduce: 'comm memory offset count dtype op',
  reduce: 'comm memory offset memory offset count dtype op root',
  allgather: 'comm memory offset memory offset count dtype',
  gather: 'comm memory offset memory offset count dtype root',
  scatter: 'comm memory offset memory offset count dtype root',
  alltoall: 'comm memory offset memory offset count dtype',
  allgatherv: 'comm memory offset memory offset counts dtype',
  gatherv: 'comm memory offset memory offset counts dtype root',
  scatterv: 'comm memory offset memory offset counts dtype root',
  reduceScatter: 'comm memory offset memory offset counts dtype op',
  alltoallv: 'comm memory offset memory offset sendCounts recvCounts dtype',
  send: 'comm memory offset count dtype to tag',
  recv: 'comm memory offset count dtype from tag',
  sendrecv: 'comm memory offset count dtype to tag memory offset count dtype from tag',
  isend: 'comm memory offset count dtype to tag',
  irecv: 'comm memory offset count dtype from tag',
  sendInit: 'comm memory offset count dtype to tag',
  recvInit: 'comm memory offset count dtype from tag',
  start: 'request',
  wait: 'request',
  test: 'request',
  freeRequest: 'request',
} as const;

export type MpiCall = keyof typeof parameters;

/** The collectives that read one memory and write another one. */
export type SpanCollective = {
  [Name in MpiCall]: (typeof parameters)[Name] extends `comm memory offset memory offset ${string}`
    ? Name
    : never;
}[MpiCall];

type NamesIn<Text> = Text extends `${infer First} ${infer Others}` ? First | NamesIn<Others> : Text;

/** The arguments of a collective besides its communicator, its memory and its dtype. */
export type CollectiveArguments<Name extends SpanCollective> = {
  readonly [N in Exclude<
    NamesIn<(typeof parameters)[Name]>,
    'comm' | 'memory' | 'offset' | 'dtype'
  >]: N extends 'op' ? ReduceOp : N extends 'count' | 'root' ? number : readonly number[];
};

/** The first argument of that name. Undefined if the call has none. */
export const argumentOf = (call: MpiCall, args: readonly unknown[], name: keyof Values): unknown =>
  args[parameters[call].split(' ').indexOf(name)];

/** The results of the calls. The calls that are not listed return nothing. */
interface Results {
  readonly rank: number;
  readonly size: number;
  /** The handle of a communicator; −1 if this rank is in none. */
  readonly split: number;
  readonly splitShared: number;
  readonly dup: number;
  readonly cart: number;
  /** source · 32768 + tag. */
  readonly recv: number;
  readonly sendrecv: number;
  /** The handle of a request. */
  readonly iallreduce: number;
  readonly isend: number;
  readonly irecv: number;
  readonly sendInit: number;
  readonly recvInit: number;
  /** Whether the request is complete. */
  readonly test: boolean;
}

type Arguments<Names> = Names extends `${infer First extends keyof Values} ${infer Others}`
  ? [Values[First], ...Arguments<Others>]
  : Names extends keyof Values
    ? [Values[Names]]
    : never;

/**
 * MPI's calls on communicators and requests, which are numbered by handles. Counts are in elements.
 */
export type MpiCalls = {
  [Name in MpiCall]: (
    ...args: Arguments<(typeof parameters)[Name]>
  ) => Name extends keyof Results ? Results[Name] : void;
};
