import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MpiError, messageOf } from '../core/base/errors.js';
import { PACKAGE_ROOT } from '../core/base/package-root.js';
import type { DeviceMemorySupport, ReduceOp } from '../core/ports/communicator.js';
import type { MpiCalls } from './mpi-calls.js';

/** native/mpi. All calls throw {@link MpiError}. */
export interface MpiAddon extends MpiCalls {
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

  /** The arguments of the calls as they are unpacked. */
  readonly parameters: Readonly<Record<string, string>>;
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
