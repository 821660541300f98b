import { type DType, isFloat, isSingle, lanesOf, realOf } from '../../../core/base/dtype.js';
import { around, product, type Shape } from '../../../core/base/shape.js';
import type { StorageMemory } from '../../../core/kernels/device-memory.js';
import type { AxisBand, BandSegment } from '../../../core/ports/backend.js';
import { allRows, ghostWidth } from '../../../core/ports/kernel-sizes.js';
import type { CudaKernel } from '../cuda-addon-interface.js';
import { type CudaEngine, type DeviceTable, kernelOptions } from '../cuda-engine.js';
import { type CudaBlock, type CudaKernelOf, input, output } from '../cuda-memory.js';
import { areSorted, type PlannedStencil, planStencil } from './stencil-plan.js';
import { stencilSource } from './stencil-source.js';

type Band = AxisBand<StorageMemory<CudaBlock>>;

/** The most bands of one launch. */
const MOST_BANDS = 4;
const NO_BAND: readonly number[] = [0, 0, 0, 0, 1, 1, 0, 0, 0, 0];
/** Arrays and ghost cells of fewer numbers have positions of 32 bits, also a step beyond them. */
const SMALL = 2 ** 31 - 2 ** 27;

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

type Launch = (x: number, y: number) => void;

/**
 * Banded stencils. A complex number is processed as two real numbers. Where many rows have the same
 * taps, the kernel is generated for the form of the stencil; a few rows, and integers, are computed
 * by one that reads all taps from tables.
 */
export class StencilKernels {
  readonly #engine: CudaEngine;
  readonly #single: Tables = new WeakMap();
  readonly #double: Tables = new WeakMap();
  readonly #generated = new Map<string, CudaKernel>();

  constructor(engine: CudaEngine) {
    this.#engine = engine;
  }

  readonly prepareStencil: CudaKernelOf<'prepareStencil'> = (dtype, { shape, bands, mode, range }) => {
    const rows = range ?? allRows(shape);
    const n = shape.length === 0 ? 1 : (shape[rows.axis] as number);
    const [start, end] = [Math.max(0, rows.start), Math.min(n, rows.end)];
    if (end <= start || product(shape) === 0) return () => {};
    const lanes = lanesOf(dtype);
    const most = bands
      .flatMap(({ front, back }) => [front?.size ?? 0, back?.size ?? 0])
      .reduce((size, ghosts) => Math.max(size, ghosts), product(shape));
    const wide = most * lanes >= SMALL;
    const launches: Launch[] = [];
    for (let from = 0; from === 0 || from < bands.length; from += MOST_BANDS) {
      const part = bands.slice(from, from + MOST_BANDS);
      const adds = mode === 'add' || from > 0 ? 1 : 0;
      const whole = { axis: rows.axis, start, end };
      const plan = isFloat(dtype) ? planStencil(shape, lanes, part, whole, wide) : undefined;
      launches.push(
        plan
          ? this.#planned(realOf(dtype), shape, plan, part, adds)
          : this.#tabled(realOf(dtype), shape, lanes, part, whole, adds, wide),
      );
    }
    return (x, y) => {
      const [from, to] = [input(x), output(y)];
      for (let k = 0; k < launches.length; k++) (launches[k] as Launch)(from, to);
    };
  };

  /** A launch of the kernel for the form of the stencil. */
  #planned(real: DType, shape: Shape, plan: PlannedStencil, bands: readonly Band[], adds: number): Launch {
    const engine = this.#engine;
    const source = stencilSource(plan.form);
    const key = `${real} ${source}`;
    let kernel = this.#generated.get(key);
    if (!kernel) {
      kernel = engine.generated(source, 'stencil', kernelOptions(real));
      this.#generated.set(key, kernel);
    }
    const of = kernel;
    const ofBands = bands.flatMap((band, b) => {
      const { rows, taps, count, sorted } = this.#table(real, band.segments);
      const { n, stride, inside } = plan.bands[b] as PlannedStencil['bands'][number];
      const table = [rows.address, taps.address, count, sorted ? 1 : 0, n, stride];
      const ghosts = ghostsOf(band, shape);
      if (!inside) return [...table, ...ghosts];
      const many = plan.form.bands[b]?.taps === 'many';
      const first = band.segments.slice(0, inside.segment).reduce((at, s) => at + s.taps.length, 0);
      const list = many ? [taps.address + first * (isSingle(real) ? 4 : 8), inside.count] : [];
      return [...table, ...ghosts, inside.from, inside.to, inside.lo, ...list];
    });
    const numbers = [adds, ...plan.sizes, ...ofBands];
    const { grid, block, taps } = plan;
    return (x, y) => {
      const args = engine.args.start().int(x).int(y).ints(numbers);
      if (isSingle(real)) for (let k = 0; k < taps.length; k++) args.single(taps[k] as number);
      else for (let k = 0; k < taps.length; k++) args.real(taps[k] as number);
      engine.launch(of, grid[0], grid[1], grid[2], block[0], block[1]);
    };
  }

  /** A launch of the kernel that reads all taps from tables. */
  #tabled(
    real: DType,
    shape: Shape,
    lanes: number,
    bands: readonly Band[],
    { axis, start, end }: { readonly axis: number; readonly start: number; readonly end: number },
    adds: number,
    wide: boolean,
  ): Launch {
    const engine = this.#engine;
    const kernel = engine.kernel('lanes', real, 'stencil');
    const [outer, n, inner] = shape.length === 0 ? [1, 1, 1] : around(shape, axis);
    const total = outer * (end - start) * inner * lanes;
    const packed = bands.map((band) => {
      const { rows, taps, count, sorted } = this.#table(real, band.segments);
      const [, rowsOf, innerOf] = shape.length === 0 ? [1, 1, 1] : around(shape, band.axis);
      const table = [rows.address, taps.address, count, sorted ? 1 : 0];
      return [...table, rowsOf, innerOf * lanes, ...ghostsOf(band, shape)];
    });
    while (packed.length < MOST_BANDS) packed.push([...NO_BAND]);
    const block = [n, start, end - start, inner * lanes, bands.length];
    const numbers = [total, adds, wide ? 0 : 1, ...block, ...packed.flat()];
    return (x, y) => {
      engine.args.start().int(x).int(y).ints(numbers);
      engine.launchThreads(kernel, total);
    };
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
      sorted: areSorted(segments),
    };
    tables.set(segments, table);
    return table;
  }
}

const ghostsOf = ({ axis, front, back }: Band, shape: Shape): readonly number[] =>
  [front, back].flatMap((g) => [g ? input(g) : 0, ghostWidth(g, shape, axis)]);
