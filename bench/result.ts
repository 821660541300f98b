import { formatNumber, formatTable } from 'lops-mpi/cli';
import type { BenchCase, Details, RoofName, Work } from './case.js';
import { type DeviceMeasurement, type Measurement, median, roofsOf } from './measure.js';

/** The result of a case: the fields of `--json`. */
export interface Result {
  readonly case: string;
  readonly params: Details;
  readonly ranks: number;
  readonly backend: string;
  readonly seconds_median: number;
  readonly seconds_min: number;
  readonly repeats: number;
  /** The device, if there is one. Rates are then by the clock of the device. */
  readonly device?: string;
  readonly device_seconds_median?: number;
  readonly device_seconds_min?: number;
  readonly launches?: number;
  readonly library_calls?: number;
  readonly waits?: number;
  /** The least traffic in bytes. */
  readonly bytes?: number;
  /** The bytes that the kernels of one call move. */
  readonly bytes_moved?: number;
  readonly GB_per_s?: number;
  readonly flops?: number;
  readonly GFLOP_per_s?: number;
  /**
   * The rate of the plain C loop `limit_loop`, in GB/s or GFLOP/s. For a device it is the peak rate
   * of its memory.
   */
  readonly limit?: number;
  readonly limit_loop?: string;
  readonly share_of_limit?: number;
  /** The share of the fastest runs of both, which other load on the machine affects least. */
  readonly share_at_best?: number;
  /** The rate of the machine's roof `roof_loop`, in GB/s or GFLOP/s, in turn with the case. */
  readonly roof?: number;
  readonly roof_loop?: string;
  /** The least seconds of all passes of a solver. */
  readonly roof_seconds?: number;
  readonly share_of_roof?: number;
  /** The other library whose timings alternate with those of the case. */
  readonly peer?: string;
  readonly peer_seconds_median?: number;
  /** The other library's median over that of the case. */
  readonly speed_of_peer?: number;
  readonly maxrss_MiB: number;
  /** Other values that the case computed. */
  readonly found?: Details;
}

const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b));
const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b));

type Limit = Pick<Result, 'limit' | 'limit_loop' | 'share_of_limit' | 'share_at_best'>;

/**
 * Compares rates of all ranks with those of the limit: the median with the median, the best with
 * the best.
 */
const beside = (limit: string, rate: number, best: number, limitRates: readonly number[]): Limit => {
  const limitRate = median(limitRates);
  return {
    limit: 1e-9 * limitRate,
    limit_loop: limit,
    share_of_limit: rate / limitRate,
    share_at_best: best / most(limitRates),
  };
};

type Roof = Pick<Result, 'roof' | 'roof_loop' | 'roof_seconds' | 'share_of_roof'>;

/**
 * The same for the roof. A solver is held against the sum of the times that the flops of its
 * operators take, and the bytes of all other passes.
 */
function belowRoof(
  work: Pick<Work, 'passes' | 'bytes' | 'flops' | 'limit' | 'roof'>,
  seconds: number,
  { roofRates: rates, moved = 0 }: Measurement,
): Roof {
  const names = roofsOf(work).filter((name) => (rates[name]?.length ?? 0) > 0);
  const rateOf = (name: RoofName): number => median(rates[name] ?? []);
  const [name] = names;
  if (!name || names.length < roofsOf(work).length) return {};
  const { passes, bytes, flops } = work;
  if (!passes) {
    const rate = rateOf(name);
    return { roof: 1e-9 * rate, roof_loop: name, share_of_roof: (bytes ?? flops ?? 0) / seconds / rate };
  }
  const least = passes.flops / rateOf('fma') + (moved - passes.bytes) / rateOf('stream');
  return { roof_loop: names.join(' + '), roof_seconds: least, share_of_roof: least / seconds };
}

function onDevice({ name, times, counts }: DeviceMeasurement): Partial<Result> {
  return { device: name, device_seconds_median: median(times), device_seconds_min: least(times), ...counts };
}

/**
 * The result of a case. Rates are those of the median. The share is the median rate over the median
 * rate of the limit.
 */
export function resultOf(
  { name, params }: BenchCase,
  work: Pick<Work, 'passes' | 'bytes' | 'flops' | 'limit' | 'roof'>,
  measurement: Measurement,
  more: {
    readonly details?: Details;
    readonly ranks: number;
    readonly backend: string;
    readonly maxrss_MiB: number;
  },
): Result {
  const { times, limitRates, peer, moved, device } = measurement;
  const { details, ranks, backend, maxrss_MiB } = more;
  const { bytes, flops, limit } = work;
  const rated = device?.times ?? times;
  const amount = bytes ?? flops ?? 0;
  const [rate, best] = [amount / median(rated), amount / least(rated)];
  const peak = device?.peakBandwidth ?? 0;
  return {
    case: name,
    params,
    ranks,
    backend,
    seconds_median: median(times),
    seconds_min: least(times),
    repeats: times.length,
    ...(device ? onDevice(device) : {}),
    ...(bytes === undefined ? {} : { bytes, GB_per_s: 1e-9 * rate }),
    ...(moved === undefined ? {} : { bytes_moved: moved }),
    ...(flops === undefined ? {} : { flops, GFLOP_per_s: 1e-9 * rate }),
    ...(limit && limitRates.length > 0 ? beside(limit, rate, best, limitRates) : {}),
    ...belowRoof(work, median(rated), measurement),
    ...(bytes !== undefined && peak > 0 ? beside('peak', rate, best, [peak]) : {}),
    ...(peer
      ? {
          peer: peer.library,
          peer_seconds_median: median(peer.times),
          speed_of_peer: median(peer.times) / median(times),
        }
      : {}),
    maxrss_MiB,
    ...(details ? { found: details } : {}),
  };
}

/** Formats seconds, such as `97.5 ms`. */
export function formatSeconds(seconds: number): string {
  const [unit, factor] = seconds >= 1 ? ['s', 1] : seconds >= 1e-3 ? ['ms', 1e3] : ['µs', 1e6];
  const value = seconds * (factor as number);
  return `${value.toPrecision(value >= 1000 ? 4 : 3)} ${unit}`;
}

function formatRate({ GB_per_s, GFLOP_per_s }: Result): string {
  if (GB_per_s !== undefined) return `${GB_per_s.toPrecision(3)} GB/s`;
  return GFLOP_per_s === undefined ? '' : `${GFLOP_per_s.toPrecision(3)} GFLOP/s`;
}

const percent = (share: number | undefined, none = ''): string =>
  share === undefined ? none : `${(100 * share).toFixed(0)} %`;

const formatFound = (found: Details = {}): string =>
  Object.entries(found)
    .map(([name, value]) => `${name}: ${typeof value === 'number' ? formatNumber(value) : value}`)
    .join(', ');

/** The ratio of the moved bytes to the least. */
const formatMoved = ({ bytes, bytes_moved }: Result): string =>
  bytes_moved === undefined || bytes === undefined ? '' : (bytes_moved / bytes).toFixed(2);

const formatRoof = ({ roof, roof_loop, roof_seconds }: Result): string =>
  roof_seconds !== undefined
    ? `${roof_loop} ${formatSeconds(roof_seconds)}`
    : roof === undefined
      ? ''
      : `${roof_loop} ${roof.toPrecision(3)}`;

/** The comparison with another library in the same run: its time, and its time over the case's. */
function besidePeer({ peer, peer_seconds_median, speed_of_peer }: Result): Readonly<Record<string, string>> {
  return peer === undefined || peer_seconds_median === undefined || speed_of_peer === undefined
    ? { peer: '-', speed: '-' }
    : {
        peer: `${peer.split(' ')[0]} ${formatSeconds(peer_seconds_median)}`,
        speed: `${speed_of_peer.toFixed(2)} ×`,
      };
}

/** Seconds by the clock that determines the rates. */
const secondsOf = (result: Result): number => result.device_seconds_median ?? result.seconds_median;

/** The comparison with the same case of another run, by the clocks that determine the rates. */
function against(
  result: Result,
  others: ReadonlyMap<string, Result> | undefined,
): Readonly<Record<string, string>> {
  if (!others) return {};
  const other = others.get(result.case);
  const name = `of ${[...others.values()][0]?.backend ?? 'none'}`;
  return other
    ? {
        [name]: formatSeconds(secondsOf(other)),
        faster: `${(secondsOf(other) / secondsOf(result)).toFixed(2)} ×`,
      }
    : { [name]: '-', faster: '-' };
}

/**
 * Formats results as a table.
 *
 * @param others the results of another run, by their cases
 */
export function formatResults(results: readonly Result[], others?: ReadonlyMap<string, Result>): string {
  const device = results.some((r) => r.device !== undefined);
  const peers = results.some((r) => r.peer !== undefined);
  const roofs = results.some((r) => r.roof_loop !== undefined);
  return formatTable(
    results.map((r) => {
      const none = device ? '-' : '';
      return {
        case: r.case,
        median: formatSeconds(r.seconds_median),
        min: formatSeconds(r.seconds_min),
        repeats: r.repeats,
        ...(device ? { device: formatSeconds(secondsOf(r)) } : {}),
        ...(peers ? besidePeer(r) : {}),
        'moved / least': formatMoved(r),
        rate: formatRate(r),
        limit: r.limit === undefined ? none : `${r.limit_loop} ${r.limit.toPrecision(3)}`,
        share: percent(r.share_of_limit, none),
        'at best': percent(r.share_at_best, none),
        ...(roofs ? { roof: formatRoof(r), 'of roof': percent(r.share_of_roof) } : {}),
        ...(device ? { launches: r.launches ?? 0, library: r.library_calls ?? 0, waits: r.waits ?? 0 } : {}),
        MiB: Math.round(r.maxrss_MiB),
        ...against(r, others),
        found: formatFound(r.found),
      };
    }),
  );
}
