import { CheckedBackend } from '../../core/kernels/checked-backend.js';
import type { Backend } from '../../core/ports/backend.js';
import { tensorKernels } from './tensor-kernels.js';
import { type TensorCell, TensorMemory } from './tensor-memory.js';
import type { TensorModule } from './tfjs-engine.js';

/**
 * A backend over an engine of `@tensorflow/tfjs-core`: float32, complex64 (pairs of real tensors),
 * int32, and bool in tensors of int32. Kernels that the engine lacks, or that need more than its
 * single precision, run on the host and are counted in `stats().hostFallbacks`; docs/engines.md
 * lists them.
 */
export class TfjsBackend extends CheckedBackend<TensorCell> {
  /**
   * @param tf the module; its current engine is used from now on
   * @param host runs the kernels that the engine lacks
   */
  constructor(name: string, tf: TensorModule, host: Backend) {
    const memory = new TensorMemory(tf);
    super({
      name,
      dtypes: ['float32', 'complex64', 'int32', 'bool'],
      defaultDType: 'float32',
      memory,
      kernels: tensorKernels(memory),
      host,
    });
  }
}
