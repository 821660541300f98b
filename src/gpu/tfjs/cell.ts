import type { DType } from '../../core/base/dtype.js';
import type { Backend, Storage } from '../../core/ports/backend.js';
import { copiedSpan } from '../../core/ports/kernel-operands.js';
import type { DeviceSpan } from '../../core/ports/span.js';
import type { Tensor } from './tfjs-engine.js';

/**
 * What a cell holds: apart from the cell, so that its tensors can be disposed when the cell was
 * dropped.
 */
export interface Content {
  /** Undefined before the first write and after the release. */
  parts: readonly Tensor[] | undefined;
  released: boolean;
}

/**
 * Tensors are immutable, so memory is a cell: writing swaps its tensors for others. Complex values
 * are two tensors, real and imaginary parts.
 */
export class TfjsCell implements Storage {
  readonly backend: Backend;
  readonly dtype: DType;
  readonly length: number;
  readonly content: Content = { parts: undefined, released: false };

  constructor(backend: Backend, dtype: DType, length: number) {
    this.backend = backend;
    this.dtype = dtype;
    this.length = length;
  }

  span(offset: number, length: number): DeviceSpan {
    return copiedSpan(this, offset, length);
  }
}
