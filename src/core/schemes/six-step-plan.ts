import { tabulate } from '../array/host-values.js';
import { type NDArray, NDArraySpace } from '../array/ndarray.js';
import type { DType } from '../base/dtype.js';
import { keep } from '../base/scope.js';
import { stridesOf } from '../base/shape.js';
import { PooledExchanges } from '../distributed/exchange.js';
import { patternOf } from '../distributed/exchange-pattern.js';
import { type IndexBox, Layout } from '../distributed/layout.js';
import { flatOf } from '../distributed/row-layout.js';
import type { Backend, Elements, Storage } from '../ports/backend.js';
import type { Communicator } from '../ports/communicator.js';
import type { FourierScheme } from './fourier-scheme.js';
import {
  CastStep,
  FftStep,
  type FourierStep,
  type Run,
  runSteps,
  runsOf,
  SliceFactors,
} from './fourier-steps.js';
import { transferStep } from './transfer-step.js';

/**
 * The least number of rows and of columns for each rank. With fewer, the messages cost more than
 * the work of one rank.
 */
const LEAST = 8;

/**
 * The two factors of n that are nearest to its root. Undefined if they are too small to be divided
 * among the ranks.
 */
export function sixStepFactors(n: number, ranks: number): readonly [number, number] | undefined {
  for (let rows = Math.floor(Math.sqrt(n)); rows >= LEAST * ranks; rows--)
    if (n % rows === 0) return [rows, n / rows];
  return undefined;
}

/**
 * Copies parts of an array of one axis to other places of another one. The rest is zeros. At most
 * one message to each rank.
 */
class RunsStep implements FourierStep {
  readonly size: number;
  readonly #exchanges: PooledExchanges;
  /** The positions of the parts that this rank receives, within its own part. */
  readonly #places: readonly { readonly offset: number; readonly size: number }[];

  constructor(
    readonly type: 'real' | 'complex',
    from: Layout,
    to: Layout,
    runs: readonly Run[],
    comm: Communicator,
  ) {
    const parts = (rank: number) => {
      const { start, shape } = to.box(rank);
      const [first = 0, count = 0] = [start[0], shape[0]];
      return runs.map((run) => {
        const low = Math.max(first, run.to);
        const size = Math.max(0, Math.min(first + count, run.to + run.count) - low);
        return { start: size > 0 ? run.from + low - run.to : 0, offset: size > 0 ? low - first : 0, size };
      });
    };
    const wanted = (rank: number): IndexBox[] =>
      parts(rank).map(({ start, size }) => ({ start: [start], shape: [size] }));
    this.size = to.localSize(comm.rank);
    this.#places = parts(comm.rank);
    const demand = {
      globalShape: from.globalShape,
      replicated: false,
      held: (rank: number) => from.box(rank),
      wanted,
    };
    this.#exchanges = new PooledExchanges(patternOf(demand, comm.rank, comm.size), comm);
  }

  run(x: Elements, y: Elements): void {
    if (this.#places.reduce((sum, p) => sum + p.size, 0) < this.size) y.storage.backend.fill(y, 0);
    const exchange = this.#exchanges.of(y.storage);
    exchange.start(
      x,
      this.#places.map(({ offset, size }) => ({ storage: y.storage, offset: y.offset + offset, size })),
    );
    exchange.finish();
  }
}

/** `exp(−2πi k₁j₂/n)` for this rank's columns j₂. Cached for each backend and dtype in use. */
class Turns {
  readonly #arrays = new WeakMap<Backend, Map<DType, NDArray>>();
  constructor(
    readonly n: number,
    readonly rows: number,
    readonly width: number,
    readonly first: number,
  ) {}

  on({ backend, dtype }: Pick<Storage, 'backend' | 'dtype'>): NDArray {
    let byDType = this.#arrays.get(backend);
    if (!byDType) this.#arrays.set(backend, (byDType = new Map<DType, NDArray>()));
    let array = byDType.get(dtype);
    if (!array) {
      const size = this.rows * this.width;
      const { values } = tabulate(dtype, size, (i) => {
        // Below 2⁵³ the product of the indices and its remainder are exact.
        const angle =
          (-2 * Math.PI * ((Math.floor(i / this.width) * (this.first + (i % this.width))) % this.n)) / this.n;
        return { re: Math.cos(angle), im: Math.sin(angle) };
      });
      byDType.set(dtype, (array = keep(NDArraySpace.of([size], dtype, backend).upload(values))));
    }
    return array;
  }
}

/**
 * The transform of an array of one axis by all ranks. Its n = n₁n₂ samples are treated as a matrix
 * (Bailey's six steps): transforms along the columns, factors `exp(∓2πi k₁j₂/n)`, transforms along
 * the rows, transposition. Three transfers, and one between neighbours before and after if the
 * parts are not whole rows. The plan holds the factors: as many numbers as this rank's part has.
 */
export class SixStepPlan {
  readonly #forward: readonly FourierStep[];
  readonly #adjoint: readonly FourierStep[];

  private constructor(forward: readonly FourierStep[], adjoint: readonly FourierStep[]) {
    this.#forward = forward;
    this.#adjoint = adjoint;
  }

  /**
   * Makes a plan. Never communicates.
   * @returns undefined if the array has several axes or a length without such factors, so that one
   *   rank has to transform it
   */
  static for(scheme: FourierScheme, from: Layout, to: Layout, comm: Communicator): SixStepPlan | undefined {
    const [axis] = scheme.axes;
    if (!axis || scheme.dims.length !== 1 || comm.size === 1) return undefined;
    const { n, nfft, nd, half, weighted } = axis;
    const factors = sixStepFactors(nfft, comm.size);
    if (!factors) return undefined;
    const [rows, columns] = factors;
    const byRows = Layout.split(factors, comm.size, 0);
    const byColumns = Layout.split(factors, comm.size, 1);
    const before = flatOf(byRows);
    const after = flatOf(Layout.split([columns, rows], comm.size, 0));
    const [, width] = byColumns.localShape(comm.rank) as [number, number];
    const [height] = byRows.localShape(comm.rank) as [number, number];
    const [, first] = byColumns.box(comm.rank).start as [number, number];
    const { scale, realModel } = scheme;
    const mirrored = half && nfft > 2;
    // The factors of frequencies that have a mirror, in both directions
    const weights = mirrored ? (weighted ? [Math.SQRT2, Math.SQRT2] : [1, 2]) : [1, 1];
    const [weight, backWeight] = weights as [number, number];
    const single = mirrored ? [0, ...(nfft % 2 === 0 ? [nfft / 2] : [])] : [];

    const turns = new Turns(nfft, rows, width, first);
    const transform = (backwards: boolean): FourierStep[] => {
      const inverse = backwards !== scheme.inverse;
      const direction = inverse ? 'inverse' : 'forward';
      const size = rows * width;
      const columnPlan = {
        kind: 'c2c',
        shape: [rows, width],
        axes: [0],
        direction,
        scale: scale * (backwards ? backWeight : weight),
      } as const;
      const rowPlan = { kind: 'c2c', shape: [height, columns], axes: [1], direction, scale: 1 } as const;
      return [
        transferStep(byRows, byColumns, comm, false),
        new FftStep('complex', size, columnPlan),
        {
          type: 'complex',
          size,
          run: (x, y) =>
            y.storage.backend.binary(inverse ? 'multiplyConj' : 'multiply', turns.on(y.storage), x, y),
        },
        transferStep(byColumns, byRows, comm, false),
        new FftStep('complex', height * columns, rowPlan),
        transferStep(byRows, byColumns, comm, false),
        {
          type: 'complex',
          size,
          run: (x, y) => {
            const source = { elements: x, start: 0, strides: [1, width] };
            y.storage.backend.stridedCopy(
              [width, rows],
              source,
              { elements: y, start: 0, strides: stridesOf([width, rows]) },
              'set',
            );
          },
        },
      ];
    };
    /** Divides the frequencies without a mirror, at the given indices of a vector in a layout. */
    const divided = (layout: Layout, indices: readonly number[], by: number): FourierStep[] => {
      const { start, shape } = layout.box(comm.rank);
      const own = indices
        .map((i) => i - (start[0] as number))
        .filter((i) => i >= 0 && i < (shape[0] as number));
      const fix = new SliceFactors(shape, 0, own, 1 / by);
      const size = shape[0] as number;
      if (by === 1) return [];
      const run = (x: Elements, y: Elements): void => {
        if (size === 0) return;
        y.storage.backend.copy(x, y);
        fix.apply(y);
      };
      return [{ type: 'complex', size, run }];
    };
    const moved = (
      type: 'real' | 'complex',
      source: Layout,
      target: Layout,
      runs: readonly Run[],
    ): FourierStep[] => {
      const [run] = runs;
      const same = source.equals(target) && runs.length === 1 && run?.from === 0 && run.to === 0;
      return same ? [] : [new RunsStep(type, source, target, runs, comm)];
    };
    const back = (runs: readonly Run[]): Run[] =>
      runs.map((r) => ({ from: r.to, to: r.from, count: r.count }));
    const model = runsOf(n, axis.shiftBefore ? Math.floor(n / 2) : 0, nfft);
    const kept = half ? Math.floor(nfft / 2) + 1 : nfft;
    const data = runsOf(kept, axis.shiftAfter ? Math.ceil(kept / 2) : 0, nd);
    const place = (k: number): number[] =>
      data.filter((r) => k >= r.from && k < r.from + r.count).map((r) => r.to + k - r.from);
    const type = realModel ? 'real' : 'complex';

    return new SixStepPlan(
      [
        ...moved(type, from, before, model),
        ...(realModel ? [new CastStep('complex', before.localSize(comm.rank))] : []),
        ...transform(false),
        ...moved('complex', after, to, data),
        ...divided(to, single.flatMap(place), weight),
      ],
      [
        ...moved('complex', to, before, back(data)),
        ...divided(before, single, backWeight),
        ...transform(true),
        ...(realModel ? [new CastStep('real', after.localSize(comm.rank))] : []),
        ...moved(type, after, from, back(model)),
      ],
    );
  }

  /** `y ← F x`. Collective. */
  forward(x: Elements, y: Elements): void {
    runSteps(this.#forward, x, y, y.storage.dtype);
  }

  /** `x ← Fᴴ y`. Collective. */
  adjoint(y: Elements, x: Elements): void {
    runSteps(this.#adjoint, y, x, y.storage.dtype);
  }
}
