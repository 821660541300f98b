import type { AddonReport, BackendReport } from '../core/ports/backend-report.js';
import type { MpiDescription } from '../mpi/mpi-addon.js';
import type { LinkSpeed } from './link-speed.js';

/** Something that is wrong or slow, and what helps. */
export interface Problem {
  /** Without it nothing works; a warning only costs time, or an operation. */
  readonly severity: 'error' | 'warning';
  readonly what: string;
  readonly remedy: string;
}

/** What one rank sees. */
export interface RankReport {
  readonly rank: number;
  readonly host: string;
  readonly pid: number;
  /** Cores that it may use, and their hardware threads as the system lists them. */
  readonly cores: number;
  readonly cpus: string;
  readonly memoryBytes: number;
  readonly node: string;
  readonly version: string;
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
   * How ranks are started here: the path of an mpiexec, and what srun offers; or why there is none.
   */
  readonly launchers: { readonly mpiexec: string; readonly srun: string };
  /** What started these ranks. */
  readonly launch: { readonly source: string; readonly size: number | undefined } | undefined;
  /** What pkg-config finds to build with. */
  readonly libraries: Readonly<Record<string, string>>;
  readonly ranks: readonly RankReport[];
  readonly network: readonly LinkSpeed[];
  readonly problems: readonly Problem[];
}
