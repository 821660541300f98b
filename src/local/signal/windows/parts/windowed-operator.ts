import { type NDArray, NDArraySpace } from '../../../../core/array/ndarray.js';
import { type DType, isInteger } from '../../../../core/base/dtype.js';
import { ShapeError } from '../../../../core/base/errors.js';
import { checkOneOf, type Defaults, withDefaults } from '../../../../core/base/options.js';
import { formatShape, product, type Shape, stridesOf, toShape } from '../../../../core/base/shape.js';
import { commonSpec } from '../../../../core/operator/linear-operator.js';
import type { Strided } from '../../../../core/ports/backend.js';
import type { Space } from '../../../../core/vector/vector.js';
import { withWorkspace } from '../../../../core/vector/workspace.js';
import { DeviceConstants } from '../../../device-constants.js';
import { type AnyLocalOperator, LocalOperator } from '../../../local-operator.js';
import { numbersOf } from '../../../parts/host-numbers.js';
import { checkOperators } from '../../../parts/stacking.js';
import { outer, TAPER_TYPES, type TaperType, taper } from '../tapers.js';
import type { Windows } from '../windows.js';

export interface WindowedOptions {
  /**
   * The shape of the tapers where windows overlap. From an overlap of two samples on, the tapers
   * 'hanning' and 'cosine' of neighbours add up to 1, and the squares of 'cosinesqrt' do.
   * @default 'hanning'
   */
  readonly tapertype?: TaperType;
}

const DEFAULTS = { tapertype: 'hanning' } satisfies Defaults<WindowedOptions>;

/**
 * Applies one operator to every window: `y = Σ Eᵥᵀ Tᵥ A xᵥ`. xᵥ are the parts of the model, `x[v]`
 * for each window v of an array `[windows…, part…]`. Tᵥ is the taper of a window and Eᵥ cuts the
 * window out of the data. The tapers are 1 at the edges of the data. Cost: that of A for every
 * window, a product and a copy. Memory: a window, and its tapers.
 */
export class WindowedOperator extends LocalOperator {
  readonly #operator: AnyLocalOperator;
  readonly #windows: Windows;
  readonly #tapers: readonly (DeviceConstants | undefined)[];
  constructor(Op: AnyLocalOperator, dims: number | Shape, windows: Windows, options: WindowedOptions) {
    const owner = new.target.name;
    const { tapertype } = withDefaults(owner, options, DEFAULTS);
    checkOperators(owner, [Op]);
    const [rows] = Op.shape;
    if (rows !== product(windows.shape))
      throw new ShapeError(
        `${owner}: expected an operator whose data is a window of ${formatShape(windows.shape)}, ` +
          `received ${Op}`,
      );
    super({
      dims: modelShape(owner, Op, toShape(dims, 'dims'), windows),
      dimsd: windows.dimsd,
      ...commonSpec([Op]),
    });
    this.#operator = Op;
    this.#windows = windows;
    this.#tapers = tapersOf(windows, checkOneOf('tapertype', tapertype, TAPER_TYPES));
  }
  override get zero(): boolean {
    return this.#operator.zero;
  }
  override rangeOf(x: Space<NDArray>): NDArraySpace {
    const y = super.rangeOf(x);
    return y.withDType(
      this.#operator.rangeOf(NDArraySpace.of(this.#operator.dims, y.dtype, y.backend)).dtype,
    );
  }
  override domainOf(y: Space<NDArray>): NDArraySpace {
    const x = super.domainOf(y);
    return x.withDType(
      this.#operator.domainOf(NDArraySpace.of(this.#operator.dimsd, x.dtype, x.backend)).dtype,
    );
  }
  protected override adjointInputDType(dtype: DType): DType {
    return isInteger(dtype) ? this.dtype : dtype;
  }
  protected override forward(x: NDArray, y: NDArray): void {
    y.fill(0);
    this.#each(x, y, (part, window, cut, taper) => {
      this.#operator.matvec(part, window);
      if (taper) y.backend.binary('multiply', taper, window, window);
      y.backend.stridedCopy(this.#windows.shape, this.#whole(window), cut, 'add');
    });
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    this.#each(x, y, (part, window, cut, taper) => {
      y.backend.stridedCopy(this.#windows.shape, cut, this.#whole(window), 'set');
      if (taper) y.backend.binary('multiply', taper, window, window);
      this.#operator.rmatvec(window, part);
    });
  }
  #whole(window: NDArray): Strided {
    return { elements: window, start: 0, strides: stridesOf(this.#windows.shape) };
  }
  /**
   * Calls `body` for every window with its part of the model, a work array of its shape, its place
   * in the data and its taper.
   */
  #each(
    x: NDArray,
    y: NDArray,
    body: (part: NDArray, window: NDArray, cut: Strided, taper: NDArray | undefined) => void,
  ): void {
    const { dimsd, starts } = this.#windows;
    const { dims } = this.#operator;
    const strides = stridesOf(dimsd);
    const size = product(dims);
    withWorkspace(NDArraySpace.of(this.#operator.dimsd, y.dtype, y.backend), (window) => {
      starts.forEach((start, k) => {
        const part = x.view(k * size, dims);
        try {
          const cut = {
            elements: y,
            start: start.reduce((sum, s, axis) => sum + s * (strides[axis] as number), 0),
            strides,
          };
          body(part, window, cut, this.#tapers[k]?.on(y.backend, y.dtype));
        } finally {
          part.dispose();
        }
      });
    });
  }
}

/**
 * The shape of the model in memory, `[windows…, part…]`. `dims` has either this shape, or on
 * windowed axes the number of windows times the size of the part.
 *
 * @throws {@link ShapeError} if `dims` has neither form
 */
function modelShape(
  owner: string,
  Op: AnyLocalOperator,
  dims: Shape,
  { counts, shape, starts }: Windows,
): Shape {
  const whole =
    dims.length === shape.length ? [...counts, ...dims.map((n, k) => n / (counts[k] ?? 1))] : dims;
  const fits =
    whole.length === counts.length + shape.length &&
    counts.every((n, k) => whole[k] === n) &&
    whole.every(Number.isInteger);
  if (fits && product(whole) === starts.length * Op.shape[1]) return whole;
  const sizes =
    Op.dims.length === shape.length
      ? `, that is dims of ${formatShape(Op.dims.map((n, k) => n * (counts[k] ?? 1)))}`
      : '';
  throw new ShapeError(
    `${owner}: expected a model of ${counts.join(' × ')} windows, of ${Op.shape[1]} elements ` +
      `each${sizes}, received dims ${formatShape(dims)}`,
  );
}

/** The taper of every window. Windows at the same edges share one taper. */
function tapersOf(
  { shape, overlap, counts, starts }: Windows,
  type: TaperType,
): (DeviceConstants | undefined)[] {
  if (type === 'none') return starts.map(() => undefined);
  const made = new Map<string, DeviceConstants>();
  const inner = shape.slice(overlap.length).map((n) => numbersOf(n, () => 1));
  return starts.map((start) => {
    const edges = counts.map((count, k) => {
      const step = (shape[k] as number) - (overlap[k] as number);
      return { first: start[k] === 0, last: start[k] === (count - 1) * step };
    });
    const key = JSON.stringify(edges);
    let resident = made.get(key);
    if (!resident) {
      const windows = edges.map(({ first, last }, k) => {
        const [n, o] = [shape[k] as number, overlap[k] as number];
        const w = taper(n, o, type);
        return w.map((v, i) => ((first && i < n / 2) || (last && i >= n / 2) ? 1 : v));
      });
      made.set(key, (resident = DeviceConstants.adopt(outer([...windows, ...inner]), shape)));
    }
    return resident;
  });
}
