import type { AddonReport, BackendReport } from '../core/ports/backend-report.js';
import type { Setting } from '../environment/environment.js';
import type { MpiDescription } from '../mpi/mpi-addon.js';
import type { LinkSpeed } from './link-speed.js';

/** Something that is wrong or slow, and its remedy. */
export interface Problem {
  /**
   * An error prevents programs from running. A warning costs time, or makes an operation
   * unavailable.
   */
  readonly severity: 'error' | 'warning';
  readonly what: string;
  readonly remedy: string;
}

/** The report of one rank. */
export interface RankReport {
  readonly rank: number;
  readonly host: string;
  readonly pid: number;
  /** The number of cores that it may use, and the system's list of their hardware threads. */
  readonly cores: number;
  readonly cpus: string;
  readonly memoryBytes: number;
  readonly node: string;
  readonly version: string;
  /** The environment variables of the package that are set. */
  readonly settings: Readonly<Record<string, string>>;
  readonly mpi: string;
  readonly backends: Readonly<Record<string, BackendReport>>;
  readonly transport: { readonly name: string; readonly reason: string };
}

export interface DoctorReport {
  readonly version: string;
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly addons: readonly AddonReport[];
  readonly mpi: (MpiDescription & { readonly addon: string }) | undefined;
  /**
   * The launchers of this machine: the path of an mpiexec and the types of srun, or the reason why
   * there is none.
   */
  readonly launchers: { readonly mpiexec: string; readonly srun: string };
  /** The launcher that started these ranks. */
  readonly launch: { readonly source: string; readonly size: number | undefined } | undefined;
  /** The libraries that pkg-config finds for a build. */
  readonly libraries: Readonly<Record<string, string>>;
  /** The environment variables of the package, on rank 0. */
  readonly settings: Readonly<Record<string, Setting>>;
  readonly ranks: readonly RankReport[];
  readonly network: readonly LinkSpeed[];
  readonly problems: readonly Problem[];
}
