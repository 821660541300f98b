/**
 * The flops of one product in the batch of the Fredholm integral: `[200, 200]` times `[200, 8]`,
 * complex.
 */
const BATCHED = { flops: 8 * 200 * 200 * 8 } as const;

/** The flops of one source of the migration case: 81 x 60 points and 11 receivers. */
const SURVEY = { flops: 4 * 81 * 60 * 11 } as const;
/** The flops of one sample with its 41 taps. */
const VARYING = { flops: 4 * 41 } as const;

/**
 * The limits to compare cases with. Limits with bytes an element or flops a product are loops of
 * `native/limits.c`, one process beside each rank. Limits with arguments are jobs of
 * `native/fftw-mpi.c` with as many ranks as the case.
 */
export const LIMITS = {
  axpy: { bytes: 24 },
  triad_inplace: { bytes: 24 },
  dot: { bytes: 16 },
  copy: { bytes: 16 },
  sumsq: { bytes: 8 },
  stream: { bytes: 16 },
  fma: { flops: 1 },
  fma_f32: { flops: 1 },
  dgemm: { flops: 2 * 2048 ** 3 },
  sgemm: { flops: 2 * 2048 ** 3 },
  zgemm_batch: BATCHED,
  zgemm_batch_adj: BATCHED,
  cgemm_batch: BATCHED,
  cgemm_batch_adj: BATCHED,
  kirchhoff: SURVEY,
  kirchhoff_adj: SURVEY,
  nonstatconv: VARYING,
  nonstatconv_adj: VARYING,
  fftw_mpi_c2c: { shared: ['256', 'c2c_forward'] },
  fftw_mpi_c2c_adj: { shared: ['256', 'c2c_backward'] },
  fftw_mpi_r2c: { shared: ['256', 'r2c'] },
  fftw_mpi_c2r: { shared: ['256', 'c2r'] },
} as const;
export type LimitName = keyof typeof LIMITS;
/**
 * What the machine can do at best: bytes that are read, bytes that are read and written past the
 * caches, and multiply-adds in registers.
 */
export type RoofName = 'sumsq' | 'stream' | 'fma' | 'fma_f32';

/** Numbers and words that explain a result. */
export type Details = Readonly<Record<string, number | string>>;

/** What the passes of one call do that are limited by flops, over all ranks. */
export interface Passes {
  /** The elements of one vector of float64. */
  readonly elements: number;
  readonly flops: number;
  /** The bytes that they move. All other bytes that kernels move are limited by the memory. */
  readonly bytes: number;
}

/** A case after its setup on this rank: operators and arrays exist. */
export interface Work {
  /** The call to time. It uses its outputs again. Every rank calls it. */
  readonly run: () => void;
  /**
   * Useful work over all ranks: each input read once, each output written once; the usual numbers
   * of flops.
   */
  readonly bytes?: number;
  readonly flops?: number;
  /** For a solver, whose roof is the sum of the times of all its passes over memory. */
  readonly passes?: Passes;
  readonly limit?: LimitName;
  /** @default `stream` for bytes, `fma` for flops */
  readonly roof?: RoofName;
  /** Called on every rank after the last run. The details of rank 0 are shown. */
  readonly details?: () => Details;
}

/** One line of the results. A new case is a new element in the list of its group. */
export interface BenchCase {
  readonly name: string;
  readonly params: Details;
  /** The only backend of the case. By default it runs on all. */
  readonly backend?: 'cpu';
  /**
   * Called once on every rank and not timed. The case without a setup is the start of a program.
   */
  readonly setup?: () => Work;
}
