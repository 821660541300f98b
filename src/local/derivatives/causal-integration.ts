import { type NDArray, NDArraySpace } from '../../core/array/ndarray.js';
import type { DType } from '../../core/base/dtype.js';
import { ArgumentError } from '../../core/base/errors.js';
import { checkOneOf, type Defaults, withDefaults } from '../../core/base/options.js';
import { around, type Shape, toAxis, toShape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import type { BandSegment } from '../../core/ports/backend.js';
import { scaleBand, transposeBand } from '../../core/schemes/band.js';
import { withWorkspace } from '../../core/vector/workspace.js';
import { LocalOperator } from '../local-operator.js';
import { ArrayStencil } from '../parts/array-stencil.js';
import { type AxisPiece, axisPieces, Rearrangement } from '../parts/rearranging-operator.js';

export const INTEGRATION_KINDS = ['full', 'half', 'trapezoidal'] as const;
/** How samples are weighted in a running sum. */
export type IntegrationKind = (typeof INTEGRATION_KINDS)[number];

/** Options of {@link CausalIntegration}. */
export interface CausalIntegrationOptions {
  /** @default -1 */
  readonly axis?: number;
  /** Distance between samples. @default 1 */
  readonly sampling?: number;
  /** @default 'full' */
  readonly kind?: IntegrationKind;
  /** Removes the first sample of the result. @default false */
  readonly removefirst?: boolean;
  /** @default 'float64' */
  readonly dtype?: DType;
}

/** The matrices S by kind, for a sampling of 1. The integral is the running sum of `S x`. */
const INCREMENTS: Readonly<Record<IntegrationKind, (n: number) => BandSegment[]>> = {
  full: (n) => [{ start: 0, end: n, lo: 0, taps: [1] }],
  half: (n) => [
    { start: 0, end: Math.min(1, n), lo: 0, taps: [1 / 2] },
    { start: Math.min(1, n), end: n, lo: -1, taps: [1 / 2, 1 / 2] },
  ],
  // increment 0 is x[0]/2, and increment 1 is x[1]/2 without x[0]
  trapezoidal: (n) => [
    { start: 0, end: Math.min(1, n), lo: 0, taps: [1 / 2] },
    { start: Math.min(1, n), end: Math.min(2, n), lo: 0, taps: [1 / 2] },
    { start: Math.min(2, n), end: n, lo: -1, taps: [1 / 2, 1 / 2] },
  ],
};

const DEFAULTS = {
  axis: -1,
  sampling: 1,
  kind: 'full',
  removefirst: false,
  dtype: 'float64',
} satisfies Defaults<CausalIntegrationOptions>;

/**
 * Integral from the first sample on. With the sampling d and the running sum c of x: full
 * `y = d c`, half `y = d (c − x/2)`, trapezoidal `y = d (c − x/2 − x[0]/2)`, but `y[0] = d x[0]/2`.
 * Shapes: `dims` to `dims`, one sample less on the axis with `removefirst`. Cost: two to four reads
 * and writes. Memory: two work arrays.
 *
 * @example new CausalIntegration([3, 6], { kind: 'trapezoidal' })
 */
export class CausalIntegration extends LocalOperator {
  readonly #axis: number;
  readonly #increments: ArrayStencil;
  /** The increments of the array with its axis reversed. */
  readonly #adjointIncrements: ArrayStencil;
  /** Copies the data from the whole integral, and from the reversed one. */
  readonly #crop: Rearrangement | undefined;
  readonly #reversed: Rearrangement;
  readonly #reverse: Rearrangement;
  constructor(dims: number | Shape, options?: CausalIntegrationOptions) {
    const given = withDefaults('CausalIntegration', options, DEFAULTS);
    const { sampling, removefirst, dtype } = given;
    const kind = checkOneOf('kind', given.kind, INTEGRATION_KINDS);
    if (!Number.isFinite(sampling))
      throw new ArgumentError(`CausalIntegration: expected a finite sampling, received ${textOf(sampling)}`);
    const shape = toShape(dims, 'dims');
    const axis = toAxis(given.axis, shape.length);
    const n = shape[axis] as number;
    const rows = removefirst ? Math.max(0, n - 1) : n;
    const dimsd = shape.with(axis, rows);
    super({ dims: shape, dimsd, dtype });
    this.#axis = axis;
    const bands = scaleBand(INCREMENTS[kind](n), sampling).filter(({ start, end }) => start < end);
    const stencil = (segments: BandSegment[]) => new ArrayStencil(shape, [{ axis, segments }]);
    this.#increments = stencil(bands);
    this.#adjointIncrements = stencil(reverseBand(transposeBand(bands, n, n), n));
    const copying = (to: Shape, piece: AxisPiece) =>
      new Rearrangement(shape, to, axisPieces(shape, to, axis, [piece]));
    this.#crop = removefirst ? copying(dimsd, { from: n - rows, to: 0, count: rows }) : undefined;
    this.#reversed = copying(dimsd, { from: rows - 1, to: 0, count: rows, step: -1 });
    this.#reverse = copying(shape, { from: n - 1, to: 0, count: n, step: -1 });
  }
  protected override forward(x: NDArray, y: NDArray): void {
    if (y.size === 0) return;
    const extents = around(this.dims, this.#axis);
    const space = NDArraySpace.of(this.dims, x.dtype, x.backend);
    withWorkspace(space, (work) => {
      this.#increments.run(x, work);
      if (!this.#crop) x.backend.accumulate('sum', work, extents, y);
      else {
        const crop = this.#crop;
        withWorkspace(space, (whole) => {
          x.backend.accumulate('sum', work, extents, whole);
          crop.forward(whole, y);
        });
      }
    });
  }
  /** The running sum from the last sample on is the running sum of the reversed array. */
  protected override adjoint(y: NDArray, x: NDArray): void {
    if (x.size === 0) return;
    const space = NDArraySpace.of(this.dims, x.dtype, x.backend);
    withWorkspace(space, (first) => {
      withWorkspace(space, (second) => {
        this.#reversed.adjoint(y, first);
        x.backend.accumulate('sum', first, around(this.dims, this.#axis), second);
        this.#adjointIncrements.run(second, first);
        this.#reverse.forward(first, x);
      });
    });
  }
}

/** `R B R`, with R the reversal of the order of n samples. */
const reverseBand = (segments: readonly BandSegment[], n: number): BandSegment[] =>
  segments
    .map(({ start, end, lo, taps }) => ({
      start: n - end,
      end: n - start,
      lo: -(lo + taps.length - 1),
      taps: [...taps].reverse(),
    }))
    .reverse();
