import { im, re, type Scalar } from '../../core/base/complex.js';
import { bytesOf, type DType } from '../../core/base/dtype.js';
import type { KernelSet } from '../../core/kernels/device-memory.js';
import type { BinaryOp, UnaryOp } from '../../core/ports/backend.js';
import { binaryDType, isElements } from '../../core/ports/kernel-operands.js';
import type { DeviceAddress } from './cuda-addon-interface.js';
import { type CudaEngine, elementAt, type KernelSource } from './cuda-engine.js';
import { type CudaBlock, type CudaRun, input, output } from './cuda-memory.js';

/** One term of a linear combination. */
export interface Term {
  readonly x: DeviceAddress;
  readonly coefficient: Scalar;
}

const UNARY_SOURCE: Partial<Readonly<Record<UnaryOp, KernelSource>>> = {
  floor: 'ordered',
  ceil: 'ordered',
  rint: 'ordered',
  arcsin: 'elementary',
  arccos: 'elementary',
  sinh: 'elementary',
  cosh: 'elementary',
  arcsinh: 'elementary',
  arccosh: 'elementary',
  arctanh: 'elementary',
  exp2: 'elementary',
  expm1: 'elementary',
  log2: 'elementary',
  log10: 'elementary',
  log1p: 'elementary',
  isinf: 'elementary',
  cbrt: 'real',
  trunc: 'real',
  invert: 'real',
  signbit: 'real',
  erf: 'real',
  erfc: 'real',
  gamma: 'real',
  gammaln: 'real',
  i0: 'real',
};
const BINARY_SOURCE: Readonly<Record<BinaryOp, KernelSource>> = {
  add: 'vectors',
  subtract: 'vectors',
  multiply: 'vectors',
  multiplyConj: 'vectors',
  equal: 'vectors',
  notEqual: 'vectors',
  divide: 'functions',
  power: 'functions',
  maximum: 'ordered',
  minimum: 'ordered',
  arctan2: 'ordered',
  less: 'ordered',
  lessEqual: 'ordered',
  greater: 'ordered',
  greaterEqual: 'ordered',
  floorDivide: 'real',
  remainder: 'real',
  fmod: 'real',
  fmax: 'real',
  fmin: 'real',
  hypot: 'real',
  copysign: 'real',
  logaddexp: 'real',
  gcd: 'real',
  lcm: 'real',
  bitwiseAnd: 'real',
  bitwiseOr: 'real',
  bitwiseXor: 'real',
  leftShift: 'real',
  rightShift: 'real',
};
/** The most terms of one launch. */
const MOST_TERMS = 8;
const COMBINE = ['', 'combine1', 'combine2', 'combine3', 'combine4'] as const;
/** The most axes of one launch of a strided copy. */
const MOST_AXES = 8;
const TILE = 32;

/**
 * The axes of a strided copy. Axes that are contiguous in both operands are merged, and axes of one
 * element are dropped.
 */
function mergedAxes(shape: readonly number[], xStrides: readonly number[], yStrides: readonly number[]) {
  const axes: { n: number; x: number; y: number }[] = [];
  shape.forEach((n, k) => {
    if (n === 1) return;
    const [x, y] = [xStrides[k] as number, yStrides[k] as number];
    const last = axes.at(-1);
    if (last && last.x === n * x && last.y === n * y) axes[axes.length - 1] = { n: last.n * n, x, y };
    else axes.push({ n, x, y });
  });
  return axes;
}
type Axis = ReturnType<typeof mergedAxes>[number];

/** Kernels that take addresses, from which other kernels are built. Sizes may be zero. */
export class VectorKernels {
  readonly #engine: CudaEngine;

  constructor(engine: CudaEngine) {
    this.#engine = engine;
  }

  fill(dtype: DType, n: number, value: Scalar, y: DeviceAddress): void {
    if (n === 0) return;
    const engine = this.#engine;
    const [real, imaginary] = [re(value), im(value)];
    if (Object.is(real, 0) && Object.is(imaginary, 0)) return engine.context.memset(y, 0, n * bytesOf(dtype));
    engine.args.start().int(y).real(real).real(imaginary).int(n);
    engine.launchEach(engine.kernel('vectors', dtype, 'fill'), n);
  }

  cast(from: DType, to: DType, n: number, x: DeviceAddress, y: DeviceAddress): void {
    if (n === 0) return;
    if (from === to) return this.#engine.copy(x, y, n * bytesOf(from));
    this.#engine.args.start().int(x).int(y).int(n);
    this.#engine.launchEach(this.#engine.kernel('vectors', from, `cast_${to}`), n);
  }

  /**
   * Computes the sum of the terms. No coefficient may be 0, and y may be any of the terms. One
   * launch for up to eight terms.
   */
  combine(dtype: DType, n: number, terms: readonly Term[], y: DeviceAddress): void {
    if (n === 0) return;
    const [first] = terms;
    if (!first) return this.fill(dtype, n, 0, y);
    if (terms.length === 1 && first.coefficient === 1) {
      if (first.x !== y) this.#engine.copy(first.x, y, n * bytesOf(dtype));
      return;
    }
    if (terms.length <= MOST_TERMS) return this.#combine(dtype, n, terms, y);
    // y may be any of the terms, so only the last launch writes it
    this.#engine.withScratch(n * bytesOf(dtype), (sum) => {
      this.#combine(dtype, n, terms.slice(0, MOST_TERMS), sum);
      for (let k = MOST_TERMS; k < terms.length; k += MOST_TERMS - 1) {
        const rest = [{ x: sum, coefficient: 1 }, ...terms.slice(k, k + MOST_TERMS - 1)];
        this.#combine(dtype, n, rest, k + MOST_TERMS - 1 < terms.length ? sum : y);
      }
    });
  }

  #combine(dtype: DType, n: number, terms: readonly Term[], y: DeviceAddress): void {
    const engine = this.#engine;
    const { args } = engine;
    args.start().int(y).int(n);
    for (const { x, coefficient } of terms) args.int(x).real(re(coefficient)).real(im(coefficient));
    const name = COMBINE[terms.length];
    if (name === undefined) {
      for (let k = terms.length; k < MOST_TERMS; k++) args.int(0).real(0).real(0);
      args.int(terms.length);
    }
    engine.launchEach(engine.kernel('vectors', dtype, name ?? 'combine8'), n);
  }

  /** Copies from and to the addresses of the first elements. Strides are in elements. */
  stridedCopy(
    dtype: DType,
    shape: readonly number[],
    x: DeviceAddress,
    xStrides: readonly number[],
    y: DeviceAddress,
    yStrides: readonly number[],
    mode: 'set' | 'add',
  ): void {
    if (shape.includes(0)) return;
    const axes = mergedAxes(shape, xStrides, yStrides);
    const [only] = axes;
    if (mode === 'set' && (!only || (axes.length === 1 && only.x === 1 && only.y === 1)))
      return this.#engine.copy(x, y, (only?.n ?? 1) * bytesOf(dtype));
    this.#walk(dtype, axes, x, y, mode);
  }

  #walk(dtype: DType, axes: readonly Axis[], x: DeviceAddress, y: DeviceAddress, mode: 'set' | 'add'): void {
    if (axes.length > MOST_AXES) {
      const [{ n, x: xStep, y: yStep }, ...rest] = axes as readonly [Axis, ...Axis[]];
      for (let i = 0; i < n; i++)
        this.#walk(dtype, rest, elementAt(x, i * xStep, dtype), elementAt(y, i * yStep, dtype), mode);
      return;
    }
    if (mode === 'set' && this.#transpose(dtype, axes, x, y)) return;
    const engine = this.#engine;
    const total = axes.reduce((size, { n }) => size * n, 1);
    const pad = new Array<number>(MOST_AXES - axes.length);
    engine.args.start().int(x).int(y).int(total).int(axes.length);
    engine.args.ints(axes.map(({ n }) => n)).ints(pad.fill(1));
    engine.args.ints(axes.map((a) => a.x)).ints(pad.fill(0));
    engine.args.ints(axes.map((a) => a.y)).ints(pad);
    engine.launchThreads(
      engine.kernel('vectors', dtype, mode === 'set' ? 'strided_set' : 'strided_add'),
      total,
    );
  }

  /**
   * Copies by tiles if x is contiguous along one long axis and y along another.
   *
   * @returns whether it did
   */
  #transpose(dtype: DType, axes: readonly Axis[], x: DeviceAddress, y: DeviceAddress): boolean {
    if (axes.length > 4) return false;
    const rows = axes.find((a) => a.x === 1 && a.y !== 1);
    const columns = axes.find((a) => a.y === 1 && a.x !== 1);
    if (!rows || !columns || rows.n < TILE || columns.n < TILE || rows.n > TILE * 65535) return false;
    const [outer, inner] = axes.filter((a) => a !== rows && a !== columns);
    const none: Axis = { n: 1, x: 0, y: 0 };
    const [b, c] = inner ? [outer ?? none, inner] : [none, outer ?? none];
    const engine = this.#engine;
    engine.args.start().int(x).int(y).int(rows.n).int(columns.n).int(columns.x).int(rows.y);
    engine.args
      .int(b.n * c.n)
      .int(c.n)
      .int(c.x)
      .int(c.y)
      .int(b.x)
      .int(b.y);
    const kernel = engine.kernel('vectors', dtype, 'transpose_set');
    engine.launch(
      kernel,
      Math.ceil(columns.n / TILE),
      Math.ceil(rows.n / TILE),
      Math.min(b.n * c.n, 65535),
      TILE,
      8,
    );
    return true;
  }
}

/** Elementwise kernels and strided copies. */
export function vectorKernels(engine: CudaEngine, vectors: VectorKernels): KernelSet<CudaBlock> {
  const { args } = engine;
  /** Adds an operand of a kernel. The address 0 means that the scalar after it is used. */
  const put = (x: CudaRun | Scalar) =>
    isElements(x) ? args.int(input(x)).real(0).real(0) : args.int(0).real(re(x)).real(im(x));

  return {
    copy: (x, y) => engine.copy(input(x), output(y), x.size * bytesOf(x.storage.dtype)),
    stridedCopy: (shape, x, y, mode) => {
      const { dtype } = x.elements.storage;
      const [from, to] = [elementAt(input(x.elements), x.start, dtype), output(y.elements)];
      vectors.stridedCopy(dtype, shape, from, x.strides, elementAt(to, y.start, dtype), y.strides, mode);
    },
    fill: (y, value) => vectors.fill(y.storage.dtype, y.size, value, output(y)),
    cast: (x, y) => vectors.cast(x.storage.dtype, y.storage.dtype, x.size, input(x), output(y)),
    unary: (op, x, y) => {
      args.start().int(input(x)).int(output(y)).int(x.size);
      const source = UNARY_SOURCE[op] ?? 'functions';
      engine.launchEach(engine.kernel(source, x.storage.dtype, `unary_${op}`), x.size);
    },
    binary: (op, x, y, z) => {
      args.start();
      put(x);
      put(y).int(output(z)).int(z.size);
      const dtype = binaryDType(op, x, y, z.storage.dtype);
      engine.launchEach(engine.kernel(BINARY_SOURCE[op], dtype, `binary_${op}`), z.size);
    },
    where: (condition, x, y, z) => {
      args.start().int(input(condition));
      put(x);
      put(y).int(output(z)).int(z.size);
      engine.launchEach(engine.kernel('vectors', z.storage.dtype, 'where'), z.size);
    },
    linearCombination: (factors, xs, y) => {
      const terms = xs.map((x, k): Term => ({ x: input(x), coefficient: factors[k] as Scalar }));
      vectors.combine(y.storage.dtype, y.size, terms, output(y));
    },
    threshold: (kind, t, x, y) => {
      args.start().int(input(x)).int(output(y)).real(t).int(x.size);
      engine.launchEach(engine.kernel('functions', x.storage.dtype, `threshold_${kind}`), x.size);
    },
  };
}
