import { type NDArray, NDArraySpace } from '../../../core/array/ndarray.js';
import { type DType, hostArray, realOf } from '../../../core/base/dtype.js';
import { keep } from '../../../core/base/scope.js';
import type { Backend, Curves, Elements } from '../../../core/ports/backend.js';
import { withWorkspace } from '../../../core/vector/workspace.js';
import { part } from '../../local-operator.js';
import { IndexedRows, type RowSource } from '../../parts/indexed-rows.js';

/** A value for an image point, a source and a receiver. */
export type ByPair = (point: number, s: number, r: number) => number;

/**
 * Traveltimes `srcs[point, s] + recs[point, r]`, in rows of `ns` and `nr`. A table of all pairs is
 * stored in `srcs` by pair, and receivers have a time of zero.
 */
export interface Traveltimes {
  readonly srcs: Float64Array;
  readonly ns: number;
  readonly recs: Float64Array;
  readonly nr: number;
  readonly byPair: boolean;
}

/** The matrix rows of every image point: two samples in each of some traces. */
function traceRows(
  points: number,
  nr: number,
  nt: number,
  first: number,
  traces: number,
  dt: number,
  times: Traveltimes,
  amplitude: ByPair | undefined,
): RowSource {
  const { srcs, recs, byPair } = times;
  const s = Int32Array.from({ length: traces }, (_, k) => Math.floor((first + k) / nr));
  const r = Int32Array.from({ length: traces }, (_, k) => (first + k) % nr);
  const inSrcs = byPair ? s.map((_, k) => first + k) : s;
  const inRecs = byPair ? new Int32Array(traces) : r;
  return {
    rows: points,
    columns: traces * nt,
    width: 2 * traces,
    weights: 'real',
    fill: (start, count, index, weights) => {
      for (let i = start, e = 0; i < start + count; i++) {
        const [ofSrcs, ofRecs] = [i * times.ns, i * times.nr];
        for (let k = 0; k < traces; k++, e += 2) {
          const v =
            ((srcs[ofSrcs + (inSrcs[k] as number)] as number) +
              (recs[ofRecs + (inRecs[k] as number)] as number)) /
            dt;
          if (!(v >= 0 && v < nt - 1)) {
            index[e] = index[e + 1] = -1;
            weights[e] = weights[e + 1] = 0;
            continue;
          }
          const sample = Math.floor(v);
          const a = amplitude === undefined ? 1 : amplitude(i, s[k] as number, r[k] as number);
          index[e] = k * nt + sample;
          index[e + 1] = k * nt + sample + 1;
          weights[e] = a * (1 - (v - sample));
          weights[e + 1] = a * (v - sample);
        }
      }
    },
  };
}

/** Traveltimes in samples, `[stations, points]`, from a table in seconds, `[points, stations]`. */
function samplesOf(seconds: Float64Array, stations: number, points: number, dt: number): Float64Array {
  const samples = new Float64Array(stations * points);
  for (let i = 0; i < points; i++)
    for (let s = 0; s < stations; s++) samples[s * points + i] = (seconds[i * stations + s] as number) / dt;
  return samples;
}

/** The sizes of the image and of the traces of all sources and receivers. */
export interface TraceGrid {
  readonly points: number;
  readonly ns: number;
  readonly nr: number;
  readonly nt: number;
  readonly dt: number;
}

/**
 * Number of samples that fit into a cache. It bounds the traces that are computed at once with
 * tables of rows.
 */
const BLOCK_SAMPLES = 2 ** 14;

/**
 * The matrix K of Kirchhoff modelling without its wavelet: from an image to traces `[ns, nr, nt]`.
 * Backends with a kernel for curves store only the traveltimes, and the amplitudes if there are
 * any. Other backends use tables of rows, and so do amplitudes that are computed at every use.
 */
export class TraveltimeCurves {
  readonly #grid: TraceGrid;
  readonly #times: Traveltimes;
  readonly #amplitude: ByPair | undefined;
  readonly #onTheFly: boolean;
  readonly #placed = new WeakMap<Backend, Map<DType, Curves>>();
  #rows: readonly { readonly rows: IndexedRows; readonly start: number; readonly size: number }[] | undefined;

  constructor(grid: TraceGrid, times: Traveltimes, amplitude: ByPair | undefined, onTheFly: boolean) {
    this.#grid = grid;
    this.#times = times;
    this.#amplitude = amplitude;
    this.#onTheFly = onTheFly;
  }

  /** Computes `traces ← traces + K image`. */
  spread(image: NDArray, traces: NDArray): void {
    const { backend } = image;
    const curves = this.#curvesOn(backend, image.dtype);
    if (curves) backend.spreadCurves(image, traces, curves);
    else
      for (const { rows, start, size } of this.#traceRows())
        rows.scatterAdd(image, part(traces, start, size));
  }

  /** Computes `image ← Kᵀ traces`. */
  sum(traces: NDArray, image: NDArray): void {
    const { backend } = image;
    const curves = this.#curvesOn(backend, image.dtype);
    if (curves) {
      backend.sumCurves(traces, image, curves);
      return;
    }
    const blocks = this.#traceRows();
    if (blocks.length === 0) image.fill(0);
    withWorkspace(image.space, (block) => {
      blocks.forEach(({ rows, start, size }, k) => {
        rows.gather(part(traces, start, size), k === 0 ? image : block);
        if (k > 0) image.axpby(1, block, 1);
      });
    });
  }

  #curvesOn(backend: Backend, dtype: DType): Curves | undefined {
    const hasCurves = backend.has('spreadCurves') && backend.has('sumCurves');
    if (!hasCurves || (this.#amplitude && this.#onTheFly)) return undefined;
    let kept = this.#placed.get(backend);
    if (!kept) this.#placed.set(backend, (kept = new Map()));
    const real = realOf(dtype);
    let curves = kept.get(real);
    if (!curves) kept.set(real, (curves = this.#place(backend, real)));
    return curves;
  }

  #place(backend: Backend, real: DType): Curves {
    const { points, ns, nr, nt, dt } = this.#grid;
    const { srcs, recs, byPair } = this.#times;
    // times by pair are stored as times of ns·nr sources with one receiver each
    const [sources, receivers] = byPair ? [ns * nr, 1] : [ns, nr];
    const upload = (values: Float64Array, count: number): Elements =>
      keep(NDArraySpace.of([count, points], 'float64', backend).upload(values));
    return {
      points,
      ns: sources,
      nr: receivers,
      nt,
      srcs: upload(samplesOf(srcs, sources, points, dt), sources),
      recs: upload(byPair ? new Float64Array(points) : samplesOf(recs, receivers, points, dt), receivers),
      amplitudes: this.#amplitude && this.#amplitudesOn(backend, real, this.#amplitude),
    };
  }

  #amplitudesOn(backend: Backend, real: DType, amplitude: ByPair): Elements {
    const { points, ns, nr } = this.#grid;
    const values = hostArray(real, ns * nr * points);
    for (let s = 0, at = 0; s < ns; s++)
      for (let r = 0; r < nr; r++) for (let i = 0; i < points; i++) values[at++] = amplitude(i, s, r);
    return keep(NDArraySpace.of([ns, nr, points], real, backend).upload(values));
  }

  #traceRows() {
    const { points, ns, nr, nt, dt } = this.#grid;
    const together = Math.max(1, Math.floor(BLOCK_SAMPLES / nt));
    this.#rows ??= Array.from({ length: Math.ceil((ns * nr) / together) }, (_, k) => {
      const first = k * together;
      const traces = Math.min(together, ns * nr - first);
      const source = traceRows(points, nr, nt, first, traces, dt, this.#times, this.#amplitude);
      return {
        rows: new IndexedRows(source, { onTheFly: this.#onTheFly }),
        start: first * nt,
        size: traces * nt,
      };
    });
    return this.#rows;
  }
}
