import { im, re, type Scalar, scalarOf } from '../../core/base/complex.js';
import type { Fold, Instruction, Program } from '../../core/ports/backend.js';
import { isElements } from '../../core/ports/kernel-operands.js';
import type { CudaKernel } from './cuda-addon-interface.js';
import { type CudaEngine, THREADS } from './cuda-engine.js';
import { type CudaKernelOf, type CudaRun, input, output } from './cuda-memory.js';
import { elementwiseSource, reductionSource } from './program-source.js';
import { blocksFor } from './reduction-kernels.js';

/** Programs as kernels, with one launch each. A program is compiled at its first use. */
export class ProgramKernels {
  readonly #engine: CudaEngine;
  readonly #kernels = new WeakMap<Program, Map<Fold | 'program', CudaKernel>>();

  constructor(engine: CudaEngine) {
    this.#engine = engine;
  }

  readonly program: CudaKernelOf<'program'> = (program, inputs, outputs, range) => {
    const n = outputs[0]?.size ?? 0;
    const kernel = this.#kernel(program, 'program');
    this.#arguments(inputs).ints(outputs.map(output)).int(n).int(range.start).int(range.size);
    this.#engine.launchThreads(kernel, n);
  };

  readonly programReduce: CudaKernelOf<'programReduce'> = (fold, program, inputs, n, range) => {
    const engine = this.#engine;
    const kernel = this.#kernel(program, fold);
    this.#arguments(inputs)
      .int(n)
      .int(range.start)
      .int(range.size)
      .int(engine.partials)
      .int(engine.tickets)
      .int(engine.results);
    engine.launch(kernel, blocksFor(n), 1, 1, THREADS, 1);
    const [real = 0, imaginary = 0] = engine.readResults(1);
    return scalarOf(
      (program.instructions[program.outputs[0] as number] as Instruction).dtype,
      real,
      imaginary,
    );
  };

  #arguments(inputs: readonly (CudaRun | Scalar)[]): CudaEngine['args'] {
    const args = this.#engine.args.start();
    for (const x of inputs) {
      if (isElements(x)) args.int(input(x));
      else args.real(re(x)).real(im(x));
    }
    return args;
  }

  #kernel(program: Program, kind: Fold | 'program'): CudaKernel {
    let kernels = this.#kernels.get(program);
    if (!kernels) this.#kernels.set(program, (kernels = new Map()));
    let kernel = kernels.get(kind);
    if (!kernel) {
      kernel =
        kind === 'program'
          ? this.#engine.generated(elementwiseSource(program), 'program')
          : this.#engine.generated(reductionSource(kind, program), 'reduction');
      kernels.set(kind, kernel);
    }
    return kernel;
  }
}
