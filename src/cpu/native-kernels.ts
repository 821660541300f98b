import { im, re, type Scalar, scalarOf } from '../core/base/complex.js';
import { bytesOf, type HostArray, isComplex, isDouble, isInteger, tagOf } from '../core/base/dtype.js';
import { DISTRIBUTIONS } from '../core/base/random.js';
import { product, stridesOf } from '../core/base/shape.js';
import type { StorageMemory } from '../core/kernels/device-memory.js';
import {
  ACCUMULATIONS,
  type Accumulation,
  BINARY_OPS,
  type BinaryOp,
  type Convolution,
  type Curves,
  DECOMPOSITIONS,
  type Decomposition,
  type FftPlan,
  type IndexTable,
  type InnerProduct,
  type MatMul,
  type PlacesInOrder,
  REDUCE_OPS,
  type ReduceKernel,
  type Stencil,
  UNARY_OPS,
  type UnaryOp,
} from '../core/ports/backend.js';
import { reduceResult } from '../core/ports/kernel-dtypes.js';
import { binaryDType } from '../core/ports/kernel-operands.js';
import { allRows, ghostWidth } from '../core/ports/kernel-sizes.js';
import { setting } from '../environment/environment.js';
import { type CpuAddon, cpuAddon } from './cpu-addon.js';
import type { CpuBackendOptions } from './cpu-backend.js';
import type { CpuKernels, HostRun } from './host-memory.js';
import { nativeProgram } from './native-programs.js';
import { programKernels } from './programs.js';
import { referenceKernels } from './reference/index.js';
import { referenceDot } from './reference/reductions-loops.js';
import { leftScalars, rightScalars, walked } from './scalar-operands.js';

function positions<T extends string>(list: readonly T[]): Readonly<Record<T, number>> {
  return Object.fromEntries(list.map((name, k) => [name, k])) as Record<T, number>;
}

const UNARY: Readonly<Record<UnaryOp, number>> = positions(UNARY_OPS);
const BINARY: Readonly<Record<BinaryOp, number>> = positions(BINARY_OPS);
const ACCUMULATE: Readonly<Record<Accumulation, number>> = positions(ACCUMULATIONS);
const DECOMPOSE: Readonly<Record<Decomposition, number>> = positions(DECOMPOSITIONS);
const REDUCE: Readonly<Record<ReduceKernel, number>> = positions(REDUCE_OPS);
const TRANS = { n: 0, t: 1, c: 2 } as const;
const FFT_KIND = { c2c: 0, r2c: 1, c2r: 2 } as const;

type HostTable = IndexTable<StorageMemory<HostArray>>;
type HostCurves = Curves<StorageMemory<HostArray>>;

/** The output of a reduction: re and im. */
const result = new Float64Array(2);
/**
 * The inner products. V8 keeps small arrays in its heap, and moves their memory out of it when
 * native code gets them, which takes longer than a small inner product. So native code always gets
 * this array, and the results are copied.
 */
let sums = new Float64Array(32);

/** Packs the numbers for one call into memory that is reused. */
class Packer {
  values = new Float64Array(64);
  #length = 0;

  start(): this {
    this.#length = 0;
    return this;
  }

  put(value: number): this {
    if (this.#length === this.values.length) this.#grow();
    this.values[this.#length++] = value;
    return this;
  }

  #grow(): void {
    const larger = new Float64Array(2 * this.values.length);
    larger.set(this.values);
    this.values = larger;
  }
}

const packer = new Packer();

/** The numbers of a stencil, as the addon's `prepareStencil` describes them. */
function packedStencil({ shape, bands, mode, range }: Stencil<StorageMemory<HostArray>>): Float64Array {
  const { axis, start, end } = range ?? allRows(shape);
  return Float64Array.from([
    ...[shape.length, mode === 'add' ? 1 : 0, axis, start, end, bands.length, ...shape],
    ...bands.flatMap(({ axis: along, front, back, segments }) => [
      along,
      ...[front, back].flatMap((ghost) => [ghost?.offset ?? 0, ghostWidth(ghost, shape, along)]),
      segments.length,
      ...segments.flatMap((s) => [s.start, s.end, s.lo, s.taps.length, ...s.taps]),
    ]),
  ]);
}

function packMatMul(s: MatMul): Float64Array {
  packer
    .start()
    .put(s.m)
    .put(s.n)
    .put(s.k)
    .put(TRANS[s.transA])
    .put(TRANS[s.transB])
    .put(s.lda)
    .put(s.ldb)
    .put(s.ldc);
  packer
    .put(s.batch)
    .put(s.strideA)
    .put(s.strideB)
    .put(s.strideC)
    .put(re(s.alpha))
    .put(im(s.alpha))
    .put(re(s.beta))
    .put(im(s.beta));
  return packer.values;
}

function packFft({ shape, axes }: FftPlan): Float64Array {
  packer.start().put(shape.length);
  for (const n of shape) packer.put(n);
  packer.put(axes.length);
  for (const axis of axes) packer.put(axis);
  return packer.values;
}

function packConvolution({ xShape, hShape, yShape, offset, direction }: Convolution): Float64Array {
  packer
    .start()
    .put(direction === 'adjoint' ? 1 : 0)
    .put(xShape.length);
  for (let k = 0; k < xShape.length; k++)
    packer
      .put(xShape[k] as number)
      .put(hShape[k] as number)
      .put(yShape[k] as number)
      .put(offset[k] as number);
  return packer.values;
}

function packStrides(
  shape: readonly number[],
  xStrides: readonly number[],
  yStrides: readonly number[],
): Float64Array {
  packer.start().put(shape.length);
  for (let k = 0; k < shape.length; k++)
    packer
      .put(shape[k] as number)
      .put(xStrides[k] as number)
      .put(yStrides[k] as number);
  return packer.values;
}

/** Arguments of the addon: the number of rows, memory and offset of starts, columns and order. */
const placesOf = ({ starts, columns, order }: PlacesInOrder<HostRun['storage']>) =>
  [starts.size - 1, ...arrayOf(starts), ...arrayOf(columns), ...arrayOf(order)] as const;

/** The memory and the offset of weights or amplitudes. Without an array the offset is not used. */
const arrayOf = (x: HostRun | undefined): readonly [HostArray | undefined, number] => [
  x?.storage.memory,
  x?.offset ?? 0,
];

const isDoubles = (p: HostRun | number): number =>
  typeof p !== 'number' && isDouble(p.storage.dtype) ? 1 : 0;

/** A parameter of random numbers: the number, or memory and offset. */
const parameterOf = (p: HostRun | number): readonly [number, HostArray | undefined, number] =>
  typeof p === 'number' ? [p, undefined, 0] : [0, p.storage.memory, p.offset];

/**
 * The kernels of the addon. The reference loops serve the dtypes and operations that the addon does
 * not support.
 */
export function nativeKernels(addon: CpuAddon): CpuKernels {
  const own = referenceKernels;
  const { matmul, decompose, solveLu, fft } = addon;

  function combine(factors: readonly Scalar[], xs: readonly HostRun[], to: HostRun): void {
    const { memory: y, dtype } = to.storage;
    const n = to.size;
    const first = xs[0] as HostRun;
    const second = xs[1];
    const a = factors[0] as Scalar;
    const { memory: x } = first.storage;
    if (xs.length === 1 && a === 1) {
      if (x !== y || first.offset !== to.offset) addon.copy(bytesOf(dtype), n, x, first.offset, y, to.offset);
    } else if (isInteger(dtype)) own.linearCombination(factors, xs, to);
    else if (xs.length === 1) addon.scale(tagOf(dtype), n, re(a), im(a), x, first.offset, y, to.offset);
    else if (xs.length === 2 && second) {
      const b = factors[1] as Scalar;
      addon.axpby(
        tagOf(dtype),
        n,
        re(a),
        im(a),
        x,
        first.offset,
        re(b),
        im(b),
        second.storage.memory,
        second.offset,
        y,
        to.offset,
      );
    } else {
      const pairs = Float64Array.from(factors.flatMap((c) => [re(c), im(c)]));
      const [arrays, offsets] = [xs.map((e) => e.storage.memory), xs.map((e) => e.offset)];
      if (!addon.linearCombination(tagOf(dtype), n, pairs, arrays, offsets, y, to.offset))
        own.linearCombination(factors, xs, to);
    }
  }

  /** Copies elements to or from the places of a table of width 1. */
  function copyIndexed(puts: boolean, from: HostRun, to: HostRun, table: HostTable): void {
    const { outer, nx, ny, inner, index } = table;
    if (!(index.storage.memory instanceof Int32Array))
      return void (puts ? own.put : own.gather)(from, to, table);
    addon.copyIndexed(
      puts,
      tagOf(from.storage.dtype),
      from.storage.memory,
      from.offset,
      to.storage.memory,
      to.offset,
      outer,
      nx,
      ny,
      inner,
      index.storage.memory,
      index.offset,
    );
  }

  function indexed(scatter: boolean, from: HostRun, to: HostRun, table: HostTable): void {
    const { outer, nx, ny, inner, width, index, weights } = table;
    const { memory, dtype } = from.storage;
    if (isInteger(dtype) || !(index.storage.memory instanceof Int32Array))
      return void (scatter ? own.scatterAdd : own.gather)(from, to, table);
    addon.indexed(
      scatter,
      tagOf(dtype),
      memory,
      from.offset,
      to.storage.memory,
      to.offset,
      outer,
      nx,
      ny,
      inner,
      width,
      index.storage.memory,
      index.offset,
      ...arrayOf(weights),
      weights !== undefined && isComplex(weights.storage.dtype),
    );
  }

  function curves(spread: boolean, from: HostRun, to: HostRun, spec: HostCurves): void {
    const { points, ns, nr, nt, srcs, recs, amplitudes } = spec;
    const { memory, dtype } = from.storage;
    if (isInteger(dtype)) return void (spread ? own.spreadCurves : own.sumCurves)(from, to, spec);
    addon.curves(
      spread,
      tagOf(dtype),
      memory,
      from.offset,
      to.storage.memory,
      to.offset,
      points,
      ns,
      nr,
      nt,
      ...arrayOf(srcs),
      ...arrayOf(recs),
      ...arrayOf(amplitudes),
    );
  }

  const kernels: CpuKernels = {
    copy: (x, y) =>
      void addon.copy(
        bytesOf(x.storage.dtype),
        x.size,
        x.storage.memory,
        x.offset,
        y.storage.memory,
        y.offset,
      ),
    stridedCopy: (shape, x, y, mode) =>
      void addon.stridedCopy(
        tagOf(x.elements.storage.dtype),
        x.elements.storage.memory,
        x.elements.offset + x.start,
        y.elements.storage.memory,
        y.elements.offset + y.start,
        mode === 'add',
        packStrides(shape, x.strides, y.strides),
      ),
    fill: (y, value) => {
      const { memory, dtype } = y.storage;
      addon.fill(tagOf(dtype), y.size, re(value), im(value), memory, y.offset);
    },
    cast: (x, y) => {
      const [from, to] = [x.storage, y.storage];
      addon.cast(tagOf(from.dtype), tagOf(to.dtype), x.size, from.memory, x.offset, to.memory, y.offset);
    },
    unary: (op, x, y) => {
      const { memory, dtype } = x.storage;
      if (!addon.unary(UNARY[op], tagOf(dtype), x.size, memory, x.offset, y.storage.memory, y.offset))
        own.unary(op, x, y);
    },
    binary: (op, x, y, z) => {
      const dtype = binaryDType(op, x, y, z.storage.dtype);
      const [xs, xo, xStep] = walked(x, dtype, leftScalars);
      const [ys, yo, yStep] = walked(y, dtype, rightScalars);
      const { memory } = z.storage;
      if (!addon.binary(BINARY[op], tagOf(dtype), z.size, xs, xo, xStep, ys, yo, yStep, memory, z.offset))
        own.binary(op, x, y, z);
    },
    where: (condition, x, y, z) => {
      const { memory, dtype } = z.storage;
      const [xs, xo, xStep] = walked(x, dtype, leftScalars);
      const [ys, yo, yStep] = walked(y, dtype, rightScalars);
      const [test, at] = [condition.storage.memory, condition.offset];
      addon.where(tagOf(dtype), z.size, test, at, xs, xo, xStep, ys, yo, yStep, memory, z.offset);
    },
    program: nativeProgram(addon, programKernels(own.reduce).program),
    linearCombination: combine,
    threshold: (kind, t, x, y) => {
      const { memory, dtype } = x.storage;
      if (kind === 'half') own.threshold(kind, t, x, y);
      else
        addon.threshold(
          kind === 'hard',
          t,
          tagOf(dtype),
          x.size,
          memory,
          x.offset,
          y.storage.memory,
          y.offset,
        );
    },
    dots: (products) => {
      const size = 2 * products.length;
      if (sums.length < size) sums = new Float64Array(size);
      for (let k = 0; k < products.length; k++) {
        const product = products[k] as InnerProduct<StorageMemory<HostArray>>;
        const { x, y, conjugate } = product;
        const { memory, dtype } = x.storage;
        if (isInteger(dtype)) referenceDot(product, sums, 2 * k);
        else
          addon.dot(
            tagOf(dtype),
            x.size,
            memory,
            x.offset,
            y.storage.memory,
            y.offset,
            conjugate,
            sums,
            2 * k,
          );
      }
      return sums.slice(0, size);
    },
    reduce: (op, x, parameter) => {
      const { memory, dtype } = x.storage;
      if (!addon.reduce(REDUCE[op], tagOf(dtype), x.size, memory, x.offset, result))
        return own.reduce(op, x, parameter);
      return scalarOf(reduceResult(op, dtype), result[0] as number, result[1] as number);
    },
    reduceAxis: (op, x, extents, y, parameter) => {
      const [from, to] = [x.storage, y.storage];
      const tags = [tagOf(from.dtype), tagOf(to.dtype)] as const;
      if (!addon.reduceAxis(REDUCE[op], ...tags, ...extents, from.memory, x.offset, to.memory, y.offset))
        own.reduceAxis(op, x, extents, y, parameter);
    },
    argExtreme: (op, x) => {
      const { memory, dtype } = x.storage;
      if (isComplex(dtype)) return own.argExtreme(op, x);
      return addon.argExtreme(op === 'max', tagOf(dtype), x.size, memory, x.offset) as number;
    },
    argExtremeAxis: (op, x, extents, y) => {
      const [{ memory, dtype }, to] = [x.storage, y.storage.memory];
      if (isComplex(dtype) || !(to instanceof Int32Array)) own.argExtremeAxis(op, x, extents, y);
      else addon.argExtremeAxis(op === 'max', tagOf(dtype), ...extents, memory, x.offset, to, y.offset);
    },
    accumulate: (op, x, extents, y) => {
      const { memory, dtype } = x.storage;
      const to = y.storage.memory;
      if (isInteger(dtype) && !(dtype === 'int32' && op === 'sum')) own.accumulate(op, x, extents, y);
      else addon.accumulate(ACCUMULATE[op], tagOf(dtype), ...extents, memory, x.offset, to, y.offset);
    },
    sort: (x, extents, y, places) => {
      const { memory, dtype } = x.storage;
      const at = places && Float64Array.from(places);
      addon.sort(tagOf(dtype), ...extents, memory, x.offset, y.storage.memory, y.offset, at);
    },
    argsort: (x, extents, y) => {
      const [{ memory, dtype }, to] = [x.storage, y.storage.memory];
      if (to instanceof Int32Array) addon.argsort(tagOf(dtype), ...extents, memory, x.offset, to, y.offset);
      else own.argsort(x, extents, y);
    },
    kthSmallest: (x, k) => {
      const { memory, dtype } = x.storage;
      return addon.kthSmallest(tagOf(dtype), x.size, memory, x.offset, k) as number;
    },
    truePositions: (x, y) => {
      const [from, to] = [x.storage.memory, y.storage.memory];
      if (to instanceof Int32Array) addon.truePositions(x.size, from, x.offset, y.size, to, y.offset);
      else own.truePositions(x, y);
    },
    searchSorted: (sorted, x, side, y) => {
      const { memory, dtype } = sorted.storage;
      const to = y.storage.memory;
      if (!(to instanceof Int32Array)) return own.searchSorted(sorted, x, side, y);
      addon.searchSorted(
        side === 'right',
        tagOf(dtype),
        sorted.size,
        memory,
        sorted.offset,
        y.size,
        x.storage.memory,
        x.offset,
        to,
        y.offset,
      );
    },
    countInto: (x, y) =>
      void addon.countInto(x.size, x.storage.memory, x.offset, y.size, y.storage.memory, y.offset),
    prepareStencil: (dtype, stencil) => {
      if (isInteger(dtype) || stencil.shape.length === 0) return own.prepareStencil(dtype, stencil);
      const ghosts = stencil.bands.flatMap(({ front, back }) => [
        front?.storage.memory,
        back?.storage.memory,
      ]);
      const plan = addon.prepareStencil(tagOf(dtype), packedStencil(stencil), ghosts) as object;
      return (x, y) => void addon.stencil(plan, x.storage.memory, x.offset, y.storage.memory, y.offset);
    },
    convolve: (x, h, y, convolution) => {
      const { memory, dtype } = y.storage;
      if (isInteger(dtype)) own.convolve(x, h, y, convolution);
      else
        addon.convolve(
          tagOf(dtype),
          x.storage.memory,
          x.offset,
          h.storage.memory,
          h.offset,
          memory,
          y.offset,
          packConvolution(convolution),
        );
    },
    orderFilter: (x, y, { xShape, yShape, offsets, rank }) => {
      const { memory, dtype } = x.storage;
      const strides = stridesOf(xShape);
      const steps = offsets.map((offset) =>
        offset.reduce((sum, o, k) => sum + o * (strides[k] as number), 0),
      );
      const packed = Float64Array.of(yShape.length, ...yShape, ...strides, rank, steps.length, ...steps);
      addon.orderFilter(
        tagOf(dtype),
        packed,
        product(xShape),
        memory,
        x.offset,
        product(yShape),
        y.storage.memory,
        y.offset,
      );
    },
    splineSum: (x, coordinates, y, { shape, order, points, fill }) => {
      const { memory, dtype } = x.storage;
      const packed = Float64Array.of(shape.length, ...shape, order, re(fill), im(fill));
      addon.splineSum(
        tagOf(dtype),
        packed,
        product(shape),
        memory,
        x.offset,
        isDouble(coordinates.storage.dtype),
        coordinates.storage.memory,
        coordinates.offset,
        points,
        y.storage.memory,
        y.offset,
      );
    },
    random: (y, { distribution, seed, draw, shape, start, strides, parameters }) => {
      const { memory, dtype } = y.storage;
      const [a, b] = parameters;
      packer
        .start()
        .put(DISTRIBUTIONS.indexOf(distribution))
        .put(seed % 2 ** 32);
      packer
        .put(Math.floor(seed / 2 ** 32))
        .put(draw)
        .put(start)
        .put(shape.length);
      for (const n of shape) packer.put(n);
      for (const step of strides) packer.put(step);
      packer.put(isDoubles(a)).put(isDoubles(b));
      addon.random(
        tagOf(dtype),
        packer.values,
        product(shape),
        memory,
        y.offset,
        ...parameterOf(a),
        ...parameterOf(b),
      );
    },
    gather: (x, y, table) =>
      table.width === 1 && !table.weights ? copyIndexed(false, x, y, table) : indexed(false, x, y, table),
    put: (y, x, table) => copyIndexed(true, y, x, table),
    scatterAdd: (y, x, table) => indexed(true, y, x, table),
    sparseProduct: (x, y, product) => {
      const { nx, ny, inner, starts, columns, values, mode } = product;
      const { dtype } = y.storage;
      if (isInteger(dtype)) return own.sparseProduct(x, y, product);
      addon.sparseProduct(
        tagOf(dtype),
        x.storage.memory,
        x.offset,
        y.storage.memory,
        y.offset,
        nx,
        ny,
        inner,
        ...arrayOf(starts),
        ...arrayOf(columns),
        columns.size,
        ...arrayOf(values),
        isComplex(values.storage.dtype),
        mode === 'add',
      );
    },
    compressRows: (rows, columns, to) =>
      void addon.compressRows(
        rows.size,
        ...arrayOf(rows),
        ...arrayOf(columns),
        ...placesOf(to),
        ...arrayOf(to.slots),
      ),
    transposeRows: (starts, columns, to) =>
      void addon.transposeRows(
        starts.size - 1,
        ...arrayOf(starts),
        columns.size,
        ...arrayOf(columns),
        ...placesOf(to),
      ),
    spreadCurves: (image, traces, spec) => curves(true, image, traces, spec),
    sumCurves: (traces, image, spec) => curves(false, traces, image, spec),
    convolveVarying: (x, h, y, c) => {
      const { memory, dtype } = x.storage;
      if (isInteger(dtype)) return own.convolveVarying(x, h, y, c);
      addon.convolveVarying(
        c.direction === 'adjoint',
        tagOf(dtype),
        memory,
        x.offset,
        h.storage.memory,
        h.offset,
        y.storage.memory,
        y.offset,
        c.outer,
        c.nx,
        c.ny,
        c.inner,
        c.filters,
        c.length,
        c.offset,
        ...arrayOf(c.first),
        ...arrayOf(c.weights),
      );
    },
  };
  return {
    ...kernels,
    ...(matmul && {
      matmul: (a, b, c, spec) => {
        const { memory, dtype } = c.storage;
        if (isInteger(dtype)) return own.matmul(a, b, c, spec);
        matmul(
          tagOf(dtype),
          a.storage.memory,
          a.offset,
          b.storage.memory,
          b.offset,
          memory,
          c.offset,
          packMatMul(spec),
        );
      },
    }),
    ...(decompose && {
      decompose: (kind, x, parts, { count, rows, columns, full = false, lower = true }) => {
        const packed = Float64Array.of(count, rows, columns, Number(full), Number(lower));
        const [first, second, third] = parts;
        return decompose(
          DECOMPOSE[kind],
          tagOf(x.storage.dtype),
          packed,
          ...arrayOf(x),
          ...arrayOf(first),
          ...arrayOf(second),
          ...arrayOf(third),
        ) as number;
      },
    }),
    ...(solveLu && {
      solveLu: (factors, pivots, b, { count, rows, columns }) => {
        const packed = Float64Array.of(count, rows, columns);
        solveLu(tagOf(b.storage.dtype), packed, ...arrayOf(factors), ...arrayOf(pivots), ...arrayOf(b));
      },
    }),
    ...(fft && {
      fft: (x, y, plan) => {
        if (plan.axes.length === 0) return own.fft(x, y, plan);
        fft(
          isDouble(x.storage.dtype),
          FFT_KIND[plan.kind],
          plan.direction === 'inverse',
          plan.scale,
          plan.overwrite === true,
          x.storage.memory,
          x.offset,
          y.storage.memory,
          y.offset,
          packFft(plan),
        );
      },
    }),
  };
}

/** The options of a {@link CpuBackend} with native kernels. Undefined if the addon is missing. */
export function nativeOptions(): CpuBackendOptions | undefined {
  const state = cpuAddon();
  if (!state.available) return undefined;
  const { addon } = state;
  addon.setHugePages(setting('LOPS_CPU_HUGE_PAGES') === 'on');
  const addressOf = (buffer: ArrayBuffer, huge: boolean): number => addon.addressOf(buffer, huge) as number;
  return { kernels: nativeKernels(addon), addressOf };
}
