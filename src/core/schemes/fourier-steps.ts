import { complexOf, type DType, realOf } from '../base/dtype.js';
import { around, product, type Shape, stridesOf } from '../base/shape.js';
import type { Elements, FftPlan, Storage } from '../ports/backend.js';
import type { FourierAxis } from './fourier-scheme.js';

/**
 * A pass over this rank's part of an array, which fills `y`, of `size` elements. Steps run one
 * after another. Each writes into memory that it does not read.
 */
export interface FourierStep {
  readonly size: number;
  readonly type: 'real' | 'complex';
  /** @param own true if x is an intermediate array, which may be overwritten */
  run(x: Elements, y: Elements, own: boolean): void;
}

/** The samples `from … from + count − 1` along an axis, which are copied to `to …`. */
export interface Run {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/**
 * The runs of a rotation of n samples that moves sample `first` to the front. The result is cut or
 * padded to m samples.
 */
export function runsOf(n: number, first: number, m: number): Run[] {
  const runs = [
    { from: first, to: 0, count: n - first },
    { from: 0, to: n - first, count: first },
  ];
  return runs.map((r) => ({ ...r, count: Math.min(r.count, m - r.to) })).filter((r) => r.count > 0);
}

/** A copy of boxes, followed by factors for single samples of an axis. */
class CopyStep implements FourierStep {
  readonly size: number;
  readonly #boxes: readonly { readonly shape: Shape; readonly start: number; readonly at: number }[];
  readonly #strides: readonly [readonly number[], readonly number[]];
  readonly #partial: boolean;
  readonly #fix: SliceFactors | undefined;

  constructor(
    readonly type: 'real' | 'complex',
    from: Shape,
    to: Shape,
    runs: readonly (readonly Run[] | undefined)[],
    fix?: SliceFactors,
  ) {
    this.size = product(to);
    const strides = [stridesOf(from), stridesOf(to)] as const;
    let boxes: { shape: number[]; start: number; at: number }[] = [{ shape: [], start: 0, at: 0 }];
    from.forEach((n, k) => {
      const list = runs[k] ?? [{ from: 0, to: 0, count: n }];
      boxes = boxes.flatMap(({ shape, start, at }) =>
        list.map((r) => ({
          shape: [...shape, r.count],
          start: start + r.from * (strides[0][k] as number),
          at: at + r.to * (strides[1][k] as number),
        })),
      );
    });
    this.#boxes = boxes.filter((b) => product(b.shape) > 0);
    this.#strides = strides;
    this.#partial = this.#boxes.reduce((n, b) => n + product(b.shape), 0) < this.size;
    this.#fix = fix;
  }

  run(x: Elements, y: Elements): void {
    const { backend } = y.storage;
    if (this.#partial) backend.fill(y, 0);
    for (const { shape, start, at } of this.#boxes) {
      backend.stridedCopy(
        shape,
        { elements: x, start, strides: this.#strides[0] },
        { elements: y, start: at, strides: this.#strides[1] },
        'set',
      );
    }
    this.#fix?.apply(y);
  }
}

/** `y[o, i, j] ← factor · y[o, i, j]` for a few i of `[outer, n, inner]`. */
export class SliceFactors {
  readonly #extents: readonly [number, number, number];
  constructor(
    shape: Shape,
    axis: number,
    readonly indices: readonly number[],
    readonly factor: number,
  ) {
    this.#extents = around(shape, axis);
  }

  apply(y: Elements): void {
    const [outer, n, inner] = this.#extents;
    const { backend, dtype } = y.storage;
    const size = outer * inner;
    if (size === 0) return;
    const storage = outer === 1 ? undefined : backend.alloc(dtype, size);
    for (const index of this.indices) {
      if (!storage) {
        const slice = { storage: y.storage, offset: y.offset + index * inner, size: inner };
        backend.linearCombination([this.factor], [slice], slice);
        continue;
      }
      const packed = { elements: { storage, offset: 0, size }, start: 0, strides: [inner, 1] };
      const slice = { elements: y, start: index * inner, strides: [n * inner, 1] };
      backend.stridedCopy([outer, inner], slice, packed, 'set');
      backend.linearCombination([this.factor], [packed.elements], packed.elements);
      backend.stridedCopy([outer, inner], packed, slice, 'set');
    }
    if (storage) backend.release(storage);
  }
}

export class FftStep implements FourierStep {
  readonly #overwriting: FftPlan;
  constructor(
    readonly type: 'real' | 'complex',
    readonly size: number,
    readonly plan: FftPlan,
    readonly fix?: SliceFactors | undefined,
  ) {
    this.#overwriting = { ...plan, overwrite: true };
  }
  run(x: Elements, y: Elements, own: boolean): void {
    if (this.size > 0) y.storage.backend.fft(x, y, own ? this.#overwriting : this.plan);
    this.fix?.apply(y);
  }
}

export class CastStep implements FourierStep {
  constructor(
    readonly type: 'real' | 'complex',
    readonly size: number,
  ) {}
  run(x: Elements, y: Elements): void {
    x.storage.backend.cast(x, y);
  }
}

/**
 * The steps of a transform along axes that this rank's part contains whole, and those of its
 * adjoint.
 */
export interface FourierStage {
  readonly forward: readonly FourierStep[];
  readonly adjoint: readonly FourierStep[];
  /** The shape of this rank's part after the forward steps. */
  readonly shape: Shape;
}

/**
 * One stage of a transform along `axes` of a part of `shape`. At most one of the axes may be
 * halved, and it is the last.
 * @param real true if the part is real
 * @param inverse true if the forward steps of a complex part have the sign + in the exponent
 */
export function fourierStage(
  shape: Shape,
  axes: readonly FourierAxis[],
  scale: number,
  real: boolean,
  inverse = false,
): FourierStage {
  const of = (k: number): FourierAxis | undefined => axes.find((a) => a.axis === k);
  const at = (length: (a: FourierAxis) => number): number[] =>
    shape.map((n, k) => {
      const a = of(k);
      return a ? length(a) : n;
    });
  const halved = axes.find((a) => a.half);
  const whole = at((a) => a.nfft);
  const spectrum = at((a) => (a.half ? Math.floor(a.nfft / 2) + 1 : a.nfft));
  const result = at((a) => a.nd);
  if (product(shape) === 0) return emptyStage(shape, result, real);
  const kinds = halved ? (['r2c', 'c2r'] as const) : (['c2c', 'c2c'] as const);
  const directions = inverse ? (['inverse', 'forward'] as const) : (['forward', 'inverse'] as const);
  const indices = axes.map((a) => a.axis);
  // All frequencies are multiplied by √2, and those without a mirror are then divided by it. This
  // changes thin slices and saves a pass over the array.
  const mirrored = halved?.weighted === true && halved.nfft > 2;
  const single = halved ? [0, ...(halved.nfft % 2 === 0 ? [halved.nfft / 2] : [])] : [];
  const fix = (factor: number) =>
    mirrored ? new SliceFactors(spectrum, halved.axis, single, factor) : undefined;
  const root = mirrored ? Math.SQRT2 : 1;
  const input = halved ? 'real' : 'complex';

  const before = shape.map((_, k) => {
    const a = of(k);
    return a && (a.shiftBefore || a.n !== a.nfft)
      ? runsOf(a.n, a.shiftBefore ? Math.floor(a.n / 2) : 0, a.nfft)
      : undefined;
  });
  const after = shape.map((_, k) => {
    const a = of(k);
    const kept = spectrum[k] as number;
    return a && (a.shiftAfter || a.nd !== kept)
      ? runsOf(kept, a.shiftAfter ? Math.ceil(kept / 2) : 0, a.nd)
      : undefined;
  });
  const back = (runs: readonly (readonly Run[] | undefined)[]) =>
    runs.map((list) => list?.map(({ from, to, count }) => ({ from: to, to: from, count })));

  const forward: FourierStep[] = [];
  const adjoint: FourierStep[] = [];
  const cast = real && !halved;
  if (cast) forward.push(new CastStep('complex', product(shape)));
  if (before.some(Boolean)) forward.push(new CopyStep(input, shape, whole, before));
  forward.push(
    new FftStep(
      'complex',
      product(spectrum),
      { kind: kinds[0], shape: whole, axes: indices, direction: directions[0], scale: scale * root },
      fix(Math.SQRT1_2),
    ),
  );
  if (after.some(Boolean)) {
    forward.push(new CopyStep('complex', spectrum, result, after));
    adjoint.push(new CopyStep('complex', result, spectrum, back(after), fix(Math.SQRT2)));
  } else if (mirrored) adjoint.push(new CopyStep('complex', result, spectrum, [], fix(Math.SQRT2)));
  adjoint.push(
    new FftStep(input, product(whole), {
      kind: kinds[1],
      shape: whole,
      axes: indices,
      direction: directions[1],
      scale: scale / root,
    }),
  );
  if (before.some(Boolean)) adjoint.push(new CopyStep(input, whole, shape, back(before)));
  if (cast) adjoint.push(new CastStep('real', product(shape)));
  return { forward, adjoint, shape: result };
}

/** A stage of a part without elements. If it is padded, the result is zeros. */
export function emptyStage(shape: Shape, result: Shape, real: boolean): FourierStage {
  const zero = (type: 'real' | 'complex', to: Shape): FourierStep => ({
    size: product(to),
    type,
    run: (_, y) => {
      if (y.size > 0) y.storage.backend.fill(y, 0);
    },
  });
  return {
    forward: [zero('complex', result)],
    adjoint: [zero(real ? 'real' : 'complex', shape)],
    shape: result,
  };
}

/**
 * Runs steps one after another from x into y. Intermediate arrays come from the backend's pool.
 * Every second step writes into y itself if it fits, so that one more array is enough if all have
 * the same size and dtype.
 */
export function runSteps(steps: readonly FourierStep[], x: Elements, y: Elements, dtype: DType): void {
  const { backend } = y.storage;
  const dtypes = { real: realOf(dtype), complex: complexOf(dtype) } as const;
  let from = x;
  let held: Storage | undefined;
  steps.forEach((step, k) => {
    const type = dtypes[step.type];
    const left = steps.length - 1 - k;
    const ours = left === 0 || (left % 2 === 0 && step.size <= y.size && type === y.storage.dtype);
    const storage = ours ? undefined : backend.alloc(type, step.size);
    const to = storage
      ? { storage, offset: 0, size: step.size }
      : { storage: y.storage, offset: y.offset, size: step.size };
    step.run(from, to, k > 0);
    if (held) backend.release(held);
    held = storage;
    from = to;
  });
}
