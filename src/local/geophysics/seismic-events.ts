import type { ArrayOptions, NDArray } from '../../core/array/ndarray.js';
import { type NumberList, numberList } from '../../core/array/number-list.js';
import { ArgumentError } from '../../core/base/errors.js';
import { textOf } from '../../core/base/text-of.js';
import type { OperatorData } from '../device-constants.js';
import { doublesOn, finiteNumbers } from '../parts/host-numbers.js';

/** One number for all events, or one number for each event. */
export type PerEvent = number | NumberList;

/** Seismic traces without and with the wavelet. Time is the last axis. */
export interface Events {
  readonly d: NDArray;
  readonly dwav: NDArray;
}

/**
 * One record of parameters for each event.
 *
 * @throws {@link ArgumentError} if lists differ in length or a number is not finite
 */
function perEvent<K extends string>(
  owner: string,
  parameters: Readonly<Record<K, PerEvent>>,
): Record<K, number>[] {
  const entries = (Object.entries(parameters) as [K, PerEvent][]).map(
    ([name, v]) => [name, typeof v === 'number' ? v : Array.from(numberList(owner, name, v))] as const,
  );
  const count = Math.max(...entries.map(([, v]) => (typeof v === 'number' ? 1 : v.length)));
  for (const [name, v] of entries) {
    const list = typeof v === 'number' ? [v] : v;
    if ((typeof v !== 'number' && list.length !== count) || !list.every(Number.isFinite))
      throw new ArgumentError(
        `${owner}: expected ${name} to be one number or one for each of ${count} events, received ` +
          `${textOf(v)}`,
      );
  }
  return Array.from({ length: count }, (_, i) =>
    Object.fromEntries(entries.map(([name, v]) => [name, typeof v === 'number' ? v : v[i]])),
  ) as Record<K, number>[];
}

/**
 * Adds events to traces, linearly between two samples of time. The origin of the wavelet is its
 * sample `⌊len/2⌋`. Events after the end of the traces contribute if the wavelet reaches into the
 * traces.
 */
function events<E extends { amp: number }>(
  owner: string,
  axes: readonly Float64Array[],
  t: OperatorData,
  list: readonly E[],
  wav: OperatorData,
  options: ArrayOptions | undefined,
  time: (event: E, position: readonly number[]) => number,
): Events {
  const times = finiteNumbers(owner, 't', t, 2);
  const wavelet = finiteNumbers(owner, 'wav', wav, 1);
  const [t0, dt, nt] = [times[0] as number, (times[1] as number) - (times[0] as number), times.length];
  if (!(dt > 0)) throw new ArgumentError(`${owner}: expected t in equal steps greater than 0`);
  const center = Math.floor(wavelet.length / 2);
  const shape = [...axes.map((a) => a.length), nt];
  const traces = axes.reduce((n, a) => n * a.length, 1);
  const [d, dwav] = [new Float64Array(traces * nt), new Float64Array(traces * nt)];
  const trace = new Float64Array(nt + center);
  for (let k = 0; k < traces; k++) {
    trace.fill(0);
    const position = positionOf(axes, k);
    for (const event of list) {
      const v = (time(event, position) - t0) / dt;
      const sample = Math.floor(v);
      if (!(sample >= 0 && sample < trace.length - 1)) continue;
      trace[sample] = (trace[sample] as number) + event.amp * (1 - (v - sample));
      trace[sample + 1] = (trace[sample + 1] as number) + event.amp * (v - sample);
    }
    d.set(trace.subarray(0, nt), k * nt);
    for (let i = 0; i < nt; i++) {
      let sum = 0;
      for (let j = Math.max(0, i + center - trace.length + 1); j < wavelet.length && j <= i + center; j++)
        sum += (wavelet[j] as number) * (trace[i + center - j] as number);
      dwav[k * nt + i] = sum;
    }
  }
  const array = (values: Float64Array): NDArray => {
    const flat = doublesOn(values, options);
    const shaped = flat.reshape(shape);
    flat.dispose();
    return shaped;
  };
  return { d: array(d), dwav: array(dwav) };
}

function positionOf(axes: readonly Float64Array[], trace: number): number[] {
  const position: number[] = [];
  let rest = trace;
  for (let k = axes.length - 1; k >= 0; k--) {
    const axis = axes[k] as Float64Array;
    position[k] = axis[rest % axis.length] as number;
    rest = Math.floor(rest / axis.length);
  }
  return position;
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** Linear events `t = t₀ + x sin θ / v`, θ in degrees. Shape `[nx, nt]`. */
export function linear2d(
  x: OperatorData,
  t: OperatorData,
  v: number,
  t0: PerEvent,
  theta: PerEvent,
  amp: PerEvent,
  wav: OperatorData,
  options?: ArrayOptions,
): Events {
  const list = perEvent('linear2d', { v, t0, theta, amp });
  return events(
    'linear2d',
    [finiteNumbers('linear2d', 'x', x)],
    t,
    list,
    wav,
    options,
    (e, [px = 0]) => e.t0 + (px * Math.sin(radians(e.theta))) / e.v,
  );
}

/** Parabolic events `t = t₀ + px x + pxx x²`. Shape `[nx, nt]`. */
export function parabolic2d(
  x: OperatorData,
  t: OperatorData,
  t0: PerEvent,
  px: PerEvent,
  pxx: PerEvent,
  amp: PerEvent,
  wav: OperatorData,
  options?: ArrayOptions,
): Events {
  const list = perEvent('parabolic2d', { t0, px, pxx, amp });
  return events(
    'parabolic2d',
    [finiteNumbers('parabolic2d', 'x', x)],
    t,
    list,
    wav,
    options,
    (e, [h = 0]) => e.t0 + e.px * h + e.pxx * h * h,
  );
}

/** Hyperbolic events `t = √(t₀² + x²/vrms²)`. Shape `[nx, nt]`. */
export function hyperbolic2d(
  x: OperatorData,
  t: OperatorData,
  t0: PerEvent,
  vrms: PerEvent,
  amp: PerEvent,
  wav: OperatorData,
  options?: ArrayOptions,
): Events {
  const list = perEvent('hyperbolic2d', { t0, vrms, amp });
  return events(
    'hyperbolic2d',
    [finiteNumbers('hyperbolic2d', 'x', x)],
    t,
    list,
    wav,
    options,
    (e, [h = 0]) => Math.sqrt(e.t0 ** 2 + (h / e.vrms) ** 2),
  );
}

const plane = (owner: string, x: OperatorData, y: OperatorData): Float64Array[] => [
  finiteNumbers(owner, 'y', y),
  finiteNumbers(owner, 'x', x),
];

/**
 * Plane events `t = t₀ + (x cos φ + y sin φ) sin θ / v`, angles in degrees. Shape `[ny, nx, nt]`.
 */
export function linear3d(
  x: OperatorData,
  y: OperatorData,
  t: OperatorData,
  v: number,
  t0: PerEvent,
  theta: PerEvent,
  phi: PerEvent,
  amp: PerEvent,
  wav: OperatorData,
  options?: ArrayOptions,
): Events {
  const list = perEvent('linear3d', { v, t0, theta, phi, amp });
  return events('linear3d', plane('linear3d', x, y), t, list, wav, options, (e, [hy = 0, hx = 0]) => {
    const phase = radians(e.phi);
    return e.t0 + ((hx * Math.cos(phase) + hy * Math.sin(phase)) * Math.sin(radians(e.theta))) / e.v;
  });
}

/** Hyperbolic events `t = √(t₀² + x²/vx² + y²/vy²)`. Shape `[ny, nx, nt]`. */
export function hyperbolic3d(
  x: OperatorData,
  y: OperatorData,
  t: OperatorData,
  t0: PerEvent,
  vrmsX: PerEvent,
  vrmsY: PerEvent,
  amp: PerEvent,
  wav: OperatorData,
  options?: ArrayOptions,
): Events {
  const list = perEvent('hyperbolic3d', { t0, vrmsX, vrmsY, amp });
  return events('hyperbolic3d', plane('hyperbolic3d', x, y), t, list, wav, options, (e, [hy = 0, hx = 0]) =>
    Math.sqrt(e.t0 ** 2 + (hx / e.vrmsX) ** 2 + (hy / e.vrmsY) ** 2),
  );
}
