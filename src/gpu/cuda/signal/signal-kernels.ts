import type { StorageMemory } from '../../../core/kernels/device-memory.js';
import type { Curves } from '../../../core/ports/backend.js';
import type { CudaEngine } from '../cuda-engine.js';
import { type CudaBlock, type CudaKernelOf, input, output } from '../cuda-memory.js';
import { MOST_BLOCKS } from '../launch-grid.js';

/** The threads of a block of spread_curves: CHUNK of signal.cu. */
const CHUNK = 64;

/** Curves of travel times, and convolution with filters that vary along an axis. */
export class SignalKernels {
  readonly #engine: CudaEngine;

  constructor(engine: CudaEngine) {
    this.#engine = engine;
  }

  /** Adds the arguments of a kernel for curves after those of its operands. */
  #putCurves({ points, ns, nr, nt, srcs, recs, amplitudes }: Curves<StorageMemory<CudaBlock>>): void {
    const { args } = this.#engine;
    args
      .int(input(srcs))
      .int(input(recs))
      .int(amplitudes ? input(amplitudes) : 0);
    args.int(points).int(ns).int(nr).int(nt);
  }

  /** Sums are in a fixed order: a block has a trace. */
  readonly spreadCurves: CudaKernelOf<'spreadCurves'> = (image, traces, curves) => {
    const engine = this.#engine;
    const blocks = Math.min(curves.ns * curves.nr, MOST_BLOCKS);
    if (blocks === 0) return;
    engine.args.start().int(input(image)).int(output(traces));
    this.#putCurves(curves);
    engine.launch(engine.kernel('signal', traces.storage.dtype, 'spread_curves'), blocks, 1, 1, CHUNK, 1);
  };

  readonly sumCurves: CudaKernelOf<'sumCurves'> = (traces, image, curves) => {
    const engine = this.#engine;
    engine.args.start().int(input(traces)).int(output(image));
    this.#putCurves(curves);
    engine.launchThreads(engine.kernel('signal', image.storage.dtype, 'sum_curves'), curves.points);
  };

  /** Filters that the bank does not have are taken as the nearest ones: a kernel cannot throw. */
  readonly convolveVarying: CudaKernelOf<'convolveVarying'> = (from, bank, to, convolution) => {
    const { outer, nx, ny, inner, filters, length, offset, first, weights, direction } = convolution;
    if (filters === 0) return false;
    const engine = this.#engine;
    const total = outer * inner * (direction === 'adjoint' ? nx : ny);
    engine.args.start().int(input(from)).int(input(bank)).int(output(to)).int(input(first));
    engine.args.int(input(weights)).ints([total, nx, ny, inner, filters, length, offset]);
    engine.launchThreads(engine.kernel('signal', to.storage.dtype, `varying_${direction}`), total);
  };
}
