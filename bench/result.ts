import { formatNumber, formatTable } from '../src/cli/table.js';
import type { BenchCase, Details, Work } from './case.js';
import { type Measurement, median } from './measure.js';

/** What is printed for a case: the fields of `--json`. */
export interface Result {
  readonly case: string;
  readonly params: Details;
  readonly ranks: number;
  readonly backend: string;
  readonly seconds_median: number;
  readonly seconds_min: number;
  readonly repeats: number;
  readonly bytes?: number;
  readonly GB_per_s?: number;
  readonly flops?: number;
  readonly GFLOP_per_s?: number;
  /** The rate of the plain C loop `limit_loop`, in GB/s or GFLOP/s. */
  readonly limit?: number;
  readonly limit_loop?: string;
  readonly share_of_limit?: number;
  /** The same of the fastest runs of both: what a busy machine hides least. */
  readonly share_at_best?: number;
  readonly maxrss_MiB: number;
  /** What the case found besides the time. */
  readonly found?: Details;
}

/** Rates are those of the median, and so is the share: the median rate over the median rate of the C loop. */
export function resultOf(
  { name, params }: BenchCase,
  work: Pick<Work, 'bytes' | 'flops' | 'limit'>,
  { times, limitRates }: Measurement,
  more: { readonly details?: Details; readonly ranks: number; readonly backend: string; readonly maxrss_MiB: number },
): Result {
  const { details, ranks, backend, maxrss_MiB } = more;
  const { bytes, flops, limit } = work;
  const seconds = median(times);
  const least = times.reduce((a, b) => Math.min(a, b));
  const rate = 1e-9 * ((bytes ?? flops ?? 0) / seconds);
  const limitRate = 1e-9 * median(limitRates);
  return {
    case: name,
    params,
    ranks,
    backend,
    seconds_median: seconds,
    seconds_min: least,
    repeats: times.length,
    ...(bytes === undefined ? {} : { bytes, GB_per_s: rate }),
    ...(flops === undefined ? {} : { flops, GFLOP_per_s: rate }),
    ...(limit && limitRates.length > 0
      ? {
          limit: limitRate,
          limit_loop: limit,
          share_of_limit: rate / limitRate,
          share_at_best: (rate * seconds) / least / (1e-9 * limitRates.reduce((a, b) => Math.max(a, b))),
        }
      : {}),
    maxrss_MiB,
    ...(details ? { found: details } : {}),
  };
}

/** `97.5 ms` */
export function formatSeconds(seconds: number): string {
  const [unit, factor] = seconds >= 1 ? ['s', 1] : seconds >= 1e-3 ? ['ms', 1e3] : ['µs', 1e6];
  const value = seconds * (factor as number);
  return `${value.toPrecision(value >= 1000 ? 4 : 3)} ${unit}`;
}

function formatRate({ GB_per_s, GFLOP_per_s }: Result): string {
  if (GB_per_s !== undefined) return `${GB_per_s.toPrecision(3)} GB/s`;
  return GFLOP_per_s === undefined ? '' : `${GFLOP_per_s.toPrecision(3)} GFLOP/s`;
}

const percent = (share: number | undefined): string => (share === undefined ? '' : `${(100 * share).toFixed(0)} %`);

const formatFound = (found: Details = {}): string =>
  Object.entries(found)
    .map(([name, value]) => `${name}: ${typeof value === 'number' ? formatNumber(value) : value}`)
    .join(', ');

export const formatResults = (results: readonly Result[]): string =>
  formatTable(
    results.map((r) => ({
      case: r.case,
      median: formatSeconds(r.seconds_median),
      min: formatSeconds(r.seconds_min),
      repeats: r.repeats,
      rate: formatRate(r),
      limit: r.limit === undefined ? '' : `${r.limit_loop} ${r.limit.toPrecision(3)}`,
      share: percent(r.share_of_limit),
      'at best': percent(r.share_at_best),
      MiB: Math.round(r.maxrss_MiB),
      found: formatFound(r.found),
    })),
  );
