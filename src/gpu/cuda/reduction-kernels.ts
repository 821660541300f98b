import { scalarOf } from '../../core/base/complex.js';
import { bytesOf, type DType, INDEX_DTYPE, isComplex } from '../../core/base/dtype.js';
import { PlanCache } from '../../core/base/plan-cache.js';
import { product, stridesOf } from '../../core/base/shape.js';
import type { StorageMemory } from '../../core/kernels/device-memory.js';
import type { Accumulation, Extents, InnerProduct, ReduceKernel } from '../../core/ports/backend.js';
import { reduceResult } from '../../core/ports/kernel-dtypes.js';
import type { DeviceAddress } from './cuda-addon-interface.js';
import { type CudaEngine, type DeviceTable, PARTIALS, RESULTS, THREADS, TICKETS } from './cuda-engine.js';
import { type CudaBlock, input, type CudaKernelOf as Kernel, output } from './cuda-memory.js';
import { sortNetwork } from './sorting/sort-network.js';

type Product = InnerProduct<StorageMemory<CudaBlock>>;

/** The elements that a thread adds before the results of blocks are joined. */
const EACH = 16;
/**
 * The most blocks of one reduction. The number of blocks depends only on the length, and so does
 * the order of additions.
 */
const MOST_BLOCKS = 512;
const PRODUCTS = 4;
/** The most axes of a filter by rank. */
const MOST_AXES = 4;
/** The elements of a line that one thread accumulates. */
const PIECE = 64;

export const blocksFor = (n: number): number =>
  Math.min(MOST_BLOCKS, Math.max(1, Math.ceil(n / (EACH * THREADS))));

/**
 * Reductions to scalars and along an axis, running results, selection, sorting, positions, counts.
 */
export class ReductionKernels {
  readonly #engine: CudaEngine;
  /** The windows of filters by rank, by their positions. */
  readonly #steps = new PlanCache<string, DeviceTable>(16);
  #selection: { readonly state: DeviceAddress; readonly counts: DeviceAddress } | undefined;

  constructor(engine: CudaEngine) {
    this.#engine = engine;
  }

  /**
   * One launch for every four products of a dtype, and one transfer for every {@link RESULTS}
   * products.
   */
  readonly dots: Kernel<'dots'> = (products) => {
    const out = new Float64Array(2 * products.length);
    for (let start = 0; start < products.length; start += RESULTS) {
      const part = products.slice(start, start + RESULTS);
      this.#launchDots(part);
      out.set(this.#engine.readResults(part.length), 2 * start);
    }
    return out;
  };

  #launchDots(products: readonly Product[]): void {
    const engine = this.#engine;
    for (let k = 0; k < products.length; ) {
      const { dtype } = (products[k] as Product).x.storage;
      let [count, longest, conjugated] = [0, 0, 0];
      engine.args.start();
      for (; count < PRODUCTS && products[k + count]?.x.storage.dtype === dtype; count++) {
        const { x, y, conjugate } = products[k + count] as Product;
        engine.args.int(input(x)).int(input(y)).int(x.size);
        longest = Math.max(longest, x.size);
        if (conjugate) conjugated |= 1 << count;
      }
      for (let unused = count; unused < PRODUCTS; unused++) engine.args.int(0).int(0).int(0);
      engine.args
        .int(conjugated)
        .int(engine.partials)
        .int(engine.tickets)
        .int(engine.results + 16 * k);
      engine.launch(engine.kernel('reductions', dtype, 'dots'), blocksFor(longest), count, 1, THREADS, 1);
      k += count;
    }
  }

  readonly reduce: Kernel<'reduce'> = (op, x, parameter = 0) => {
    const { dtype } = x.storage;
    this.#rows(op, dtype, input(x), [1, x.size, 1], parameter, blocksFor(x.size), 0, this.#engine.results);
    const [real = 0, imaginary = 0] = this.#engine.readResults(1);
    return scalarOf(reduceResult(op, dtype), real, imaginary);
  };

  readonly reduceAxis: Kernel<'reduceAxis'> = (op, from, extents, to, parameter = 0) => {
    const [outer, n, inner] = extents;
    const outputs = outer * inner;
    const [x, y, { dtype }] = [input(from), output(to), from.storage];
    if (inner >= 32 || n <= 64) return this.#columns(op, dtype, x, extents, y, parameter);
    const pieces =
      outputs < MOST_BLOCKS ? Math.min(blocksFor(n), Math.floor((2 * MOST_BLOCKS) / outputs)) : 1;
    this.#rows(op, dtype, x, extents, parameter, pieces, y, 0);
  };

  #rows(
    op: ReduceKernel,
    dtype: DType,
    x: DeviceAddress,
    [outer, n, inner]: Extents,
    parameter: number,
    pieces: number,
    y: DeviceAddress,
    result: DeviceAddress,
  ): void {
    const engine = this.#engine;
    engine.args
      .start()
      .int(x)
      .int(n)
      .int(inner)
      .real(parameter)
      .int(engine.partials)
      .int(engine.tickets)
      .int(y)
      .int(result);
    engine.launch(engine.kernel('reductions', dtype, `rows_${op}`), outer * inner, pieces, 1, THREADS, 1);
  }

  #columns(
    op: ReduceKernel,
    dtype: DType,
    x: DeviceAddress,
    [outer, n, inner]: Extents,
    y: DeviceAddress,
    parameter: number,
  ): void {
    const engine = this.#engine;
    const outputs = outer * inner;
    const down = n >= 64 ? 8 : 1;
    const across = THREADS / down;
    const blocks = Math.ceil(outputs / across);
    const most = Math.min(Math.floor(MOST_BLOCKS / blocks), Math.floor(PARTIALS / outputs));
    const pieces = blocks <= TICKETS ? Math.max(1, Math.min(most, Math.ceil(n / (down * EACH)))) : 1;
    engine.args
      .start()
      .int(x)
      .int(n)
      .int(inner)
      .int(outputs)
      .real(parameter)
      .int(engine.partials)
      .int(engine.tickets)
      .int(y);
    engine.launch(engine.kernel('reductions', dtype, `columns_${op}`), blocks, pieces, 1, across, down);
  }

  readonly argExtreme: Kernel<'argExtreme'> = (op, x) => {
    const engine = this.#engine;
    engine.args.start().int(input(x)).int(x.size);
    engine.args
      .real(op === 'max' ? 1 : -1)
      .int(engine.partials)
      .int(engine.tickets)
      .int(engine.results);
    const kernel = engine.kernel('reductions', x.storage.dtype, 'arg_extreme');
    engine.launch(kernel, blocksFor(x.size), 1, 1, THREADS, 1);
    return engine.readResults(1)[1] as number;
  };

  readonly argExtremeAxis: Kernel<'argExtremeAxis'> = (op, x, [outer, n, inner], y) => {
    if (y.storage.dtype !== INDEX_DTYPE) return false;
    const engine = this.#engine;
    const outputs = outer * inner;
    const [sign, { dtype }] = [op === 'max' ? 1 : -1, x.storage];
    engine.args.start().int(input(x)).int(n).int(inner);
    if (inner >= 32 || n <= 64) {
      engine.args.int(outputs).real(sign).int(output(y));
      engine.launchThreads(engine.kernel('reductions', dtype, 'arg_columns'), outputs);
    } else {
      engine.args.real(sign).int(output(y));
      engine.launch(engine.kernel('reductions', dtype, 'arg_rows'), outputs, 1, 1, THREADS, 1);
    }
  };

  /**
   * Selects among real numbers by the bytes of their bit patterns, from the highest byte on. One
   * launch for each byte, and one transfer.
   */
  readonly kthSmallest: Kernel<'kthSmallest'> = (x, k) => {
    const engine = this.#engine;
    const { dtype } = x.storage;
    this.#selection ??= { state: engine.hold(16), counts: engine.hold(8 * 256) };
    const { state, counts } = this.#selection;
    for (let shift = 8 * bytesOf(dtype) - 8; shift >= 0; shift -= 8) {
      engine.args
        .start()
        .int(input(x))
        .int(x.size)
        .int(shift)
        .int(k)
        .int(state)
        .int(counts)
        .int(engine.tickets)
        .int(engine.results);
      engine.launch(engine.kernel('lanes', dtype, 'select_byte'), blocksFor(x.size), 1, 1, THREADS, 1);
    }
    return engine.readResults(1)[0] as number;
  };

  readonly sort: Kernel<'sort'> = (x, extents, y) => {
    const [from, to] = [input(x), output(y)];
    sortNetwork(this.#engine, 'sort', x.storage.dtype, extents, {
      tiles: (isFirst) => [isFirst ? from : to, to],
      passes: [to],
    });
  };

  readonly argsort: Kernel<'argsort'> = (x, extents, y) => {
    if (y.storage.dtype !== INDEX_DTYPE) return false;
    const memory = [input(x), output(y)];
    sortNetwork(this.#engine, 'argsort', x.storage.dtype, extents, { tiles: () => memory, passes: memory });
  };

  /** Long lines are split into pieces. The results of the pieces are accumulated first. */
  readonly accumulate: Kernel<'accumulate'> = (op, x, extents, y) =>
    this.#accumulate(op, x.storage.dtype, extents, input(x), output(y));

  /** Counts in pieces of x, whose running sums are where the positions of each piece start. */
  readonly truePositions: Kernel<'truePositions'> = (x, y) => {
    if (y.storage.dtype !== INDEX_DTYPE) return false;
    const engine = this.#engine;
    const { dtype } = x.storage;
    const chunks = Math.ceil(x.size / PIECE);
    engine.withScratch(bytesOf('float64') * chunks, (counts) => {
      engine.args.start().int(input(x)).int(counts).int(x.size).int(1).int(PIECE).int(chunks).int(chunks);
      engine.launchThreads(engine.kernel('reductions', dtype, 'pieces_sum'), chunks);
      this.#accumulate('sum', 'float64', [1, chunks, 1], counts, counts);
      engine.args.start().int(input(x)).int(output(y)).int(counts).int(x.size).int(PIECE).int(chunks);
      engine.args.int(y.size);
      engine.launchThreads(engine.kernel('reductions', dtype, 'true_positions'), chunks);
    });
  };

  readonly searchSorted: Kernel<'searchSorted'> = (sorted, x, side, y) => {
    if (y.storage.dtype !== INDEX_DTYPE) return false;
    const engine = this.#engine;
    engine.args.start().int(input(sorted)).int(sorted.size).int(input(x)).int(output(y)).int(y.size);
    engine.args.int(side === 'right' ? 1 : 0);
    engine.launchThreads(engine.kernel('ordered', sorted.storage.dtype, 'search_sorted'), y.size);
  };

  readonly countInto: Kernel<'countInto'> = (x, y) => {
    const engine = this.#engine;
    engine.args.start().int(input(x)).int(output(y)).int(x.size).int(y.size);
    engine.launchThreads(engine.kernel('ordered', INDEX_DTYPE, 'count_into'), x.size);
  };

  readonly orderFilter: Kernel<'orderFilter'> = (x, y, { xShape, yShape, offsets, rank }) => {
    const strides = stridesOf(xShape);
    // Neighbouring axes along which windows have one element are merged
    const axes: { n: number; step: number; isWhole: boolean }[] = [];
    yShape.forEach((n, k) => {
      const isWhole = n === xShape[k];
      const last = axes.at(-1);
      if (last?.isWhole && isWhole)
        axes[axes.length - 1] = { n: last.n * n, step: strides[k] as number, isWhole };
      else axes.push({ n, step: strides[k] as number, isWhole });
    });
    if (axes.length > MOST_AXES) return false;
    const engine = this.#engine;
    const steps = offsets.map((offset) => offset.reduce((sum, o, k) => sum + o * (strides[k] as number), 0));
    const table = this.#steps.get(steps.join(), () => engine.table(BigInt64Array.from(steps, BigInt)));
    engine.args
      .start()
      .int(input(x))
      .int(output(y))
      .int(table.address)
      .int(steps.length)
      .int(rank)
      .int(y.size);
    const all = [...Array.from({ length: MOST_AXES - axes.length }, () => ({ n: 1, step: 0 })), ...axes];
    for (const { n } of all.slice(1)) engine.args.int(n);
    for (const { step } of all) engine.args.int(step);
    engine.launchThreads(engine.kernel('ordered', x.storage.dtype, 'order_filter'), product(yShape));
  };

  #accumulate(
    op: Accumulation,
    dtype: DType,
    [outer, n, inner]: Extents,
    x: DeviceAddress,
    y: DeviceAddress,
  ): void {
    const engine = this.#engine;
    const lines = outer * inner;
    const chunk = n <= 128 || lines >= 65536 ? n : PIECE;
    const chunks = Math.ceil(n / chunk);
    const total = lines * chunks;
    const run = (ends: DeviceAddress) => {
      engine.args.start().int(x).int(y).int(ends).int(n).int(inner).int(chunk).int(chunks).int(total);
      engine.launchThreads(engine.kernel('reductions', dtype, `accumulate_${op}`), total);
    };
    if (chunks === 1) return run(0);
    const wide = isComplex(dtype) ? 'complex128' : 'float64';
    engine.withScratch(bytesOf(wide) * total, (results) => {
      engine.args.start().int(x).int(results).int(n).int(inner).int(chunk).int(chunks).int(total);
      engine.launchThreads(engine.kernel('reductions', dtype, `pieces_${op}`), total);
      this.#accumulate(op, wide, [outer, chunks, inner], results, results);
      run(results);
    });
  }
}
