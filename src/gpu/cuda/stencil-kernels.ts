import { type DType, isSingle, lanesOf, realOf } from '../../core/base/dtype.js';
import { around, product, type Shape } from '../../core/base/shape.js';
import type { StorageMemory } from '../../core/kernels/device-memory.js';
import type { AxisBand, BandSegment } from '../../core/ports/backend.js';
import { allRows, ghostWidth } from '../../core/ports/kernel-sizes.js';
import type { CudaEngine, DeviceTable } from './cuda-engine.js';
import { type CudaBlock, type CudaKernelOf, input, output } from './cuda-memory.js';

type Band = AxisBand<StorageMemory<CudaBlock>>;

/** The most bands of one launch. */
const MOST_BANDS = 4;
const NO_BAND: readonly number[] = [0, 0, 0, 0, 1, 1, 0, 0, 0, 0];

/** Segments in the form that kernels read. */
interface SegmentTable {
  readonly rows: DeviceTable;
  readonly taps: DeviceTable;
  readonly count: number;
  /** Whether the segments are disjoint and in order. */
  readonly sorted: boolean;
}

/**
 * Uploaded tables of segments, for as long as a stencil holds the segments. The stencils of an
 * operator share them.
 */
type Tables = WeakMap<readonly BandSegment[], SegmentTable>;

/** Banded stencils. A complex number is processed as two real numbers. */
export class StencilKernels {
  readonly #engine: CudaEngine;
  readonly #single: Tables = new WeakMap();
  readonly #double: Tables = new WeakMap();

  constructor(engine: CudaEngine) {
    this.#engine = engine;
  }

  readonly prepareStencil: CudaKernelOf<'prepareStencil'> = (dtype, { shape, bands, mode, range }) => {
    const { axis, start, end } = range ?? allRows(shape);
    const lanes = lanesOf(dtype);
    const [outer, n, inner] = shape.length === 0 ? [1, 1, 1] : around(shape, axis);
    const [first, last] = [Math.max(0, start), Math.min(n, end)];
    if (last <= first) return () => {};
    const total = outer * (last - first) * inner * lanes;
    const real = realOf(dtype);
    const small = product(shape) * lanes < 2 ** 31 ? 1 : 0;
    const kernel = this.#engine.kernel('lanes', real, 'stencil');
    const launches: (readonly number[])[] = [];
    for (let from = 0; from === 0 || from < bands.length; from += MOST_BANDS) {
      const part = bands.slice(from, from + MOST_BANDS).map((band) => this.#pack(real, shape, lanes, band));
      const missing = Array.from({ length: MOST_BANDS - part.length }, () => NO_BAND);
      const adds = mode === 'add' || from > 0 ? 1 : 0;
      const block = [n, first, last - first, inner * lanes];
      launches.push([total, adds, small, ...block, part.length, ...part.flat(), ...missing.flat()]);
    }
    return (x, y) => {
      for (let k = 0; k < launches.length; k++) {
        const { args } = this.#engine;
        args
          .start()
          .int(input(x))
          .int(output(y))
          .ints(launches[k] as readonly number[]);
        this.#engine.launchThreads(kernel, total);
      }
    };
  };

  #pack(dtype: DType, shape: Shape, lanes: number, { axis, segments, front, back }: Band): readonly number[] {
    const [, n, inner] = around(shape, axis);
    const { rows, taps, count, sorted } = this.#table(dtype, segments);
    const ghosts = [front, back].flatMap((g) => [g ? input(g) : 0, ghostWidth(g, shape, axis)]);
    return [rows.address, taps.address, count, sorted ? 1 : 0, n, inner * lanes, ...ghosts];
  }

  #table(dtype: DType, segments: readonly BandSegment[]): SegmentTable {
    const tables = isSingle(dtype) ? this.#single : this.#double;
    const known = tables.get(segments);
    if (known) return known;
    let at = 0;
    const rows = segments.flatMap(({ start, end, lo, taps }) => {
      const row = [start, end, lo, taps.length, at];
      at += taps.length;
      return row;
    });
    const taps = segments.flatMap((s) => s.taps);
    const table: SegmentTable = {
      rows: this.#engine.table(BigInt64Array.from(rows, BigInt)),
      taps: this.#engine.table(isSingle(dtype) ? Float32Array.from(taps) : Float64Array.from(taps)),
      count: segments.length,
      sorted: segments.every((s, k) => k === 0 || (segments[k - 1] as BandSegment).end <= s.start),
    };
    tables.set(segments, table);
    return table;
  }
}
