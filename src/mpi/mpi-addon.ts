import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MpiError, messageOf } from '../core/base/errors.js';
import type { DeviceMemorySupport, ReduceOp } from '../core/ports/communicator.js';
import { environment, setting } from '../environment/environment.js';
import { pathFolders } from '../environment/path-folders.js';
import { packagePath } from '../package/package-root.js';
import { requireHere } from '../package/require-here.js';
import type { MpiCalls } from './mpi-calls.js';

/**
 * The native addon in native/mpi.
 *
 * @throws {@link MpiError} from all calls
 */
export interface MpiAddon extends MpiCalls {
  setErrorClass(errorClass: typeof MpiError): void;
  describe(): MpiDescription;
  /** How the loaded MPI supports device memory. MPI must be initialised. */
  deviceMemory(): DeviceMemorySupport;
  setMaxCount(count: number): void;
  /**
   * Watches init(), which waits until all ranks call it: after `report` seconds a rank says that it
   * waits, and after `limit` seconds the job ends (0: never). Must be called before init().
   *
   * @param ranks 0 if the launcher does not set it; `ranksOfNode` too
   * @param launch a text that is the same on all ranks of a node
   */
  watchJoining(
    report: number,
    limit: number,
    rank: number,
    ranks: number,
    ranksOfNode: number,
    launch: string,
  ): void;
  /** Initialises MPI and returns the handle of MPI_COMM_WORLD. */
  init(): number;
  /**
   * Waits this many seconds for all ranks and returns those that are missing (−1: unknown which).
   * MPI is finalized only if none is missing.
   */
  finalize(seconds: number): number[];
  abort(code: number): never;
  /** Whether this rank is the first of its node to report this text at the end of the job. */
  claimLastWords(text: string): boolean;
  /**
   * Makes these signals and abort() end the whole job with a message, even while JavaScript
   * computes or waits.
   */
  watchSignals(names: readonly string[]): void;
  /**
   * Makes the first of these signals be stored instead of ending the program. A second one ends the
   * program.
   */
  expectSignals(names: readonly string[]): void;
  /** Whether one of the expected signals was received. */
  receivedSignal(): boolean;

  /**
   * Starts to watch the calls of this rank.
   *
   * @param report after this many seconds in one call, one rank of each node reports what the ranks
   *   do (0: never)
   * @param limit after this many seconds in one call the job ends (0: never)
   * @param recorded whether `enter` and `leave` describe the calls; otherwise only the names of the
   *   addon's calls are known
   */
  watch(report: number, limit: number, recorded: boolean): void;
  /** Records the description of a call that this rank begins and that may wait. */
  enter(text: string): void;
  leave(): void;

  /** The arguments of the calls in the order in which the addon unpacks them. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** The MPI that the addon was built with. */
export interface MpiDescription {
  /** 'Open MPI', 'MPICH', … */
  readonly library: string;
  /** The version text of the loaded library. */
  readonly version: string;
  /** The version of the MPI standard, such as '3.1'. */
  readonly standard: string;
  /** Whether MPI's own calls take counts above 2³¹. */
  readonly largeCounts: boolean;
  /** The compiler wrapper that supplied the flags; empty if pkg-config supplied them. */
  readonly mpicc: string;
}

/** The reductions in the order of their numbers in the addon. */
export const OPS = ['sum', 'prod', 'max', 'min', 'land', 'lor'] as const satisfies readonly ReduceOp[];
export const opCode = (op: ReduceOp): number => OPS.indexOf(op);

let addon: MpiAddon | undefined;

/** The path of the addon: `LOPS_MPI_ADDON`, or the path at which `lops setup` builds it. */
export const addonPath = (): string =>
  setting('LOPS_MPI_ADDON') ?? packagePath('native/mpi/build/Release/lops_mpi.node');

/** Whether this machine has an MPI to build for. */
const hasMpicc = (): boolean => pathFolders().some((folder) => existsSync(join(folder, 'mpicc')));

/**
 * Loads the MPI addon.
 *
 * @throws {@link MpiError} with the path that was tried and the remedy
 */
export function loadMpi(): MpiAddon {
  if (addon) return addon;
  const path = addonPath();
  const remedy =
    "install an MPI (Debian: libopenmpi-dev openmpi-bin) or load its module, then run 'npx lops setup'";
  if (!existsSync(path)) {
    const mend = hasMpicc() ? "run 'npx lops setup' (npm may not have run the install script)" : remedy;
    throw new MpiError(`the MPI addon is not built (looked for ${path}): ${mend}`);
  }
  // UCX tests its hooks on memory of the host at its start by moving the break of the heap. At the
  // same time threads of V8 allocate, and memory in use is lost. UCX reads this variable when it is
  // loaded. docs/cluster.md says what that costs, and why no other mode is set.
  environment['UCX_MEM_MMAP_HOOK_MODE'] ??= setting('UCX_MEM_MMAP_HOOK_MODE');
  try {
    const loaded = requireHere(path) as MpiAddon;
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
