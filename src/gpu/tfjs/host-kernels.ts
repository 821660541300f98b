import type { HostArray } from '../../core/base/dtype.js';
import type { Backend, Elements, Storage } from '../../core/ports/backend.js';

/** Values on their way to a kernel of the host. */
export interface HostOperand {
  readonly dtype: Storage['dtype'];
  readonly values: HostArray;
  readonly size: number;
}

/** Kernels that an engine lacks, run by a backend of the host on copies of the operands. */
export class HostKernels {
  readonly #host: Backend;
  #calls = 0;

  constructor(host: Backend) {
    this.#host = host;
  }

  /** Kernels that ran here. */
  get calls(): number {
    return this.#calls;
  }

  /** Runs a kernel on copies of its operands and answers what it returned. */
  ask<R>(operands: readonly HostOperand[], run: (host: Backend, operands: readonly Elements[]) => R): R {
    const host = this.#host;
    this.#calls += 1;
    const elements: Elements[] = [];
    try {
      for (const { dtype, values, size } of operands) {
        const element = { storage: host.alloc(dtype, size), offset: 0, size };
        elements.push(element);
        host.upload(values, element);
      }
      return run(host, elements);
    } finally {
      for (const { storage } of elements) host.release(storage);
    }
  }

  /** The values of the first operand, which a kernel writes, afterwards. */
  write(
    operands: readonly HostOperand[],
    run: (host: Backend, operands: readonly Elements[]) => void,
  ): HostArray {
    return this.ask(operands, (host, elements) => {
      run(host, elements);
      return host.download(elements[0] as Elements);
    });
  }
}
