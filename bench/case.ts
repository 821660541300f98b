/**
 * Of one product of the batch that the Fredholm integral is: `[200, 200]` times `[200, 8]`,
 * complex.
 */
const BATCHED = { flops: 8 * 200 * 200 * 8 } as const;

/** Of one source of the migration case: 81 x 60 points and 11 receivers. */
const SURVEY = { flops: 4 * 81 * 60 * 11 } as const;
/** Of one sample and its 41 taps. */
const VARYING = { flops: 4 * 41 } as const;

/**
 * What a case can be held against: loops of `native/limits.c`, one process beside each rank, that
 * do so many bytes an element or flops a product; and arguments of `native/fftw-mpi.c`, one job of
 * as many ranks.
 */
export const LIMITS = {
  axpy: { bytes: 24 },
  triad_inplace: { bytes: 24 },
  dot: { bytes: 16 },
  copy: { bytes: 16 },
  sumsq: { bytes: 8 },
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

/** Numbers and words that explain a result. */
export type Details = Readonly<Record<string, number | string>>;

/** A case made ready on this rank: operators and arrays exist. */
export interface Work {
  /** What is timed: one call, outputs reused. Every rank calls it. */
  readonly run: () => void;
  /**
   * Useful work over all ranks: each input read once, each output written once; the usual flop
   * counts.
   */
  readonly bytes?: number;
  readonly flops?: number;
  readonly limit?: LimitName;
  /** Asked for on every rank after the last run; rank 0's are shown. */
  readonly details?: () => Details;
}

/** One line of the results. Adding a case is adding one of these to the list of its family. */
export interface BenchCase {
  readonly name: string;
  readonly params: Details;
  /** The only backend that it is for. Default any. */
  readonly backend?: 'cpu';
  /** Called once on every rank, not timed. The case without one is the start of a program. */
  readonly setup?: () => Work;
}
