import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MpiError, messageOf } from '../core/base/errors.js';
import { PACKAGE_ROOT } from '../core/base/package-root.js';
import type { DeviceMemorySupport, ReduceOp } from '../core/ports/communicator.js';

/**
 * Memory for native code: (memory or device address, byte offset). Undefined means in place, or
 * nothing on this rank.
 */
type Memory = ArrayBuffer | Uint8Array | bigint | undefined;

/**
 * native/mpi: MPI's calls on communicators and requests by handle, counts in elements. All throw
 * {@link MpiError}.
 */
export interface MpiAddon {
  setErrorClass(errorClass: typeof MpiError): void;
  describe(): MpiDescription;
  /** What the loaded MPI says about device memory; MPI must be initialised. */
  cudaSupport(): DeviceMemorySupport;
  setMaxCount(count: number): void;
  /**
   * Ends the job where init() takes longer than so many seconds, since not all ranks come to it: to
   * be called before it. Numbers of ranks are 0 where the launcher does not say them; `launch` is
   * the same on all ranks of a node.
   */
  limitJoining(seconds: number, rank: number, ranks: number, ranksOfNode: number, launch: string): void;
  /** The handle of MPI_COMM_WORLD. */
  init(): number;
  /**
   * The ranks that did not come within so many seconds (−1: unknown which). MPI is finalized only
   * if there are none.
   */
  finalize(seconds: number): number[];
  abort(code: number): never;
  /** Whether no other rank of this node has said this before the job's end. */
  claimLastWords(text: string): boolean;
  /**
   * From now on these signals, and abort(), end the whole job with a word about it, also while
   * JavaScript computes or waits.
   */
  watchSignals(names: readonly string[]): void;
  /**
   * From now on the first of these signals is kept instead of ending the program; a second one ends
   * it.
   */
  expectSignals(names: readonly string[]): void;
  /** Whether one of them came. */
  receivedSignal(): boolean;

  /** Records calls from now on; after so many seconds in one of them the job ends (0: never). */
  watch(seconds: number): void;
  /** Records that this rank begins a call that may wait, in words. */
  enter(text: string): void;
  leave(): void;

  rank(comm: number): number;
  size(comm: number): number;
  /** These answer −1 where this rank is in no new communicator. */
  split(comm: number, color: number, key: number): number;
  splitShared(comm: number): number;
  dup(comm: number): number;
  cart(comm: number, dims: Int32Array, periodic: Int32Array, reorder: boolean): number;
  freeComm(comm: number): void;

  barrier(comm: number): void;
  bcast(comm: number, data: Memory, offset: number, count: number, dtype: number, root: number): void;
  allreduce(
    comm: number,
    send: Memory,
    sendOffset: number,
    recv: Memory,
    recvOffset: number,
    count: number,
    dtype: number,
    op: number,
  ): void;
  iallreduce(comm: number, data: Memory, offset: number, count: number, dtype: number, op: number): number;
  reduce(
    comm: number,
    send: Memory,
    sendOffset: number,
    recv: Memory,
    recvOffset: number,
    count: number,
    dtype: number,
    op: number,
    root: number,
  ): void;
  /** Here and below `count` is that of one rank. */
  allgather(
    comm: number,
    send: Memory,
    sendOffset: number,
    recv: Memory,
    recvOffset: number,
    count: number,
    dtype: number,
  ): void;
  gather(
    comm: number,
    send: Memory,
    sendOffset: number,
    recv: Memory,
    recvOffset: number,
    count: number,
    dtype: number,
    root: number,
  ): void;
  scatter(
    comm: number,
    send: Memory,
    sendOffset: number,
    recv: Memory,
    recvOffset: number,
    count: number,
    dtype: number,
    root: number,
  ): void;
  alltoall(
    comm: number,
    send: Memory,
    sendOffset: number,
    recv: Memory,
    recvOffset: number,
    count: number,
    dtype: number,
  ): void;
  allgatherv(
    comm: number,
    send: Memory,
    sendOffset: number,
    recv: Memory,
    recvOffset: number,
    counts: Float64Array,
    dtype: number,
  ): void;
  gatherv(
    comm: number,
    send: Memory,
    sendOffset: number,
    recv: Memory,
    recvOffset: number,
    counts: Float64Array,
    dtype: number,
    root: number,
  ): void;
  scatterv(
    comm: number,
    send: Memory,
    sendOffset: number,
    recv: Memory,
    recvOffset: number,
    counts: Float64Array,
    dtype: number,
    root: number,
  ): void;
  alltoallv(
    comm: number,
    send: Memory,
    sendOffset: number,
    sendCounts: Float64Array,
    recv: Memory,
    recvOffset: number,
    recvCounts: Float64Array,
    dtype: number,
  ): void;

  send(
    comm: number,
    data: Memory,
    offset: number,
    count: number,
    dtype: number,
    to: number,
    tag: number,
  ): void;
  /** Source · 32768 + tag. */
  recv(
    comm: number,
    data: Memory,
    offset: number,
    count: number,
    dtype: number,
    from: number,
    tag: number,
  ): number;
  sendrecv(
    comm: number,
    send: Memory,
    sendOffset: number,
    sendCount: number,
    sendDtype: number,
    to: number,
    sendTag: number,
    recv: Memory,
    recvOffset: number,
    recvCount: number,
    recvDtype: number,
    from: number,
    recvTag: number,
  ): number;
  /** These answer the handle of a request. */
  isend(
    comm: number,
    data: Memory,
    offset: number,
    count: number,
    dtype: number,
    to: number,
    tag: number,
  ): number;
  irecv(
    comm: number,
    data: Memory,
    offset: number,
    count: number,
    dtype: number,
    from: number,
    tag: number,
  ): number;
  sendInit(
    comm: number,
    data: Memory,
    offset: number,
    count: number,
    dtype: number,
    to: number,
    tag: number,
  ): number;
  recvInit(
    comm: number,
    data: Memory,
    offset: number,
    count: number,
    dtype: number,
    from: number,
    tag: number,
  ): number;
  start(request: number): void;
  wait(request: number): void;
  test(request: number): boolean;
  freeRequest(request: number): void;
}

/** What the addon was built with. */
export interface MpiDescription {
  /** 'Open MPI', 'MPICH', … */
  readonly library: string;
  /** The library's own text, of the one that is loaded. */
  readonly version: string;
  /** Of the MPI standard, such as '3.1'. */
  readonly standard: string;
  /** Whether MPI's own calls take counts above 2³¹. */
  readonly largeCounts: boolean;
  /** The wrapper compiler that gave the flags; empty if pkg-config did. */
  readonly mpicc: string;
}

export const OPS: Readonly<Record<ReduceOp, number>> = { sum: 0, prod: 1, max: 2, min: 3, land: 4, lor: 5 };
export const opCode = (op: ReduceOp): number => OPS[op];

const BUILT = fileURLToPath(new URL('native/mpi/build/Release/lops_mpi.node', PACKAGE_ROOT));
let addon: MpiAddon | undefined;

/** Where the addon is looked for: `LOPS_MPI_ADDON`, or where `lops setup` builds it. */
export const addonPath = (): string => process.env['LOPS_MPI_ADDON'] || BUILT;

/** Whether an MPI to build for is here. */
const hasMpicc = (): boolean =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .some((folder) => folder !== '' && existsSync(join(folder, 'mpicc')));

/** The MPI addon. Throws {@link MpiError} that says what was tried and how to mend it. */
export function loadMpi(): MpiAddon {
  if (addon) return addon;
  const path = addonPath();
  const remedy =
    "install an MPI (Debian: libopenmpi-dev openmpi-bin) or load its module, then run 'npx lops setup'";
  if (!existsSync(path)) {
    const mend = hasMpicc() ? "run 'npx lops setup' (npm may not have run the install script)" : remedy;
    throw new MpiError(`the MPI addon is not built (looked for ${path}): ${mend}`);
  }
  // When it starts, UCX tries its hooks on memory by moving the break of the heap, while threads of
  // V8 allocate: memory in use is lost. It reads this when it is loaded.
  process.env['UCX_MEM_EVENTS'] ??= 'no';
  try {
    const loaded = createRequire(import.meta.url)(path) as MpiAddon;
    loaded.setErrorClass(MpiError);
    addon = loaded;
    return loaded;
  } catch (error) {
    const why = messageOf(error);
    throw new MpiError(`the MPI addon can't be loaded: ${why}; build it again for this machine: ${remedy}`, {
      cause: error,
    });
  }
}
