import { bytesOf, type DType, dtypeOf, HOST_ARRAY_NAMES, type HostArray } from '../base/dtype.js';
import { ArgumentError } from '../base/errors.js';
import { textOf } from '../base/text-of.js';

/** Host memory that a message layer can read and write directly. */
export interface HostSpan {
  readonly kind: 'host';
  readonly dtype: DType;
  /** Elements, not bytes. */
  readonly length: number;
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
}

/**
 * Memory of a device. A message layer that can't read it goes through `copyToHost` and
 * `copyFromHost`.
 */
export interface DeviceSpan {
  readonly kind: 'device';
  readonly dtype: DType;
  /** Elements, not bytes. */
  readonly length: number;
  /** The device address, or undefined where no message layer may ever read this memory. */
  readonly address: bigint | undefined;
  /** Waits until all kernels that write this memory are done. */
  synchronize(): void;
  /** Waits, then copies the span into host memory of the same dtype and length. */
  copyToHost(to: HostArray): void;
  copyFromHost(from: HostArray): void;
  /**
   * Host memory that the device copies to and from fast (pinned), if it has such; at least so
   * large. Lent until `unpin`.
   */
  pinned?(bytes: number): ArrayBuffer;
  /** Takes pinned memory back that nothing reads or writes any more; other memory is left alone. */
  unpin?(memory: ArrayBufferLike): void;
  /** Queues a copy of the elements from `offset` on into pinned memory. The answer waits for it. */
  queueToHost?(offset: number, to: HostArray): () => void;
  /** Queues a copy from pinned memory, which must stay as it is until the answer has waited. */
  queueFromHost?(offset: number, from: HostArray): () => void;
}

/** Memory as a message layer sees it. */
export type Span = HostSpan | DeviceSpan;

/** What communication calls take: a span, or a typed array (float32, float64, int32). */
export type Transferable = Span | HostArray;

/** A typed array as a span; a complex dtype says that it holds interleaved pairs. */
export function hostSpan(values: HostArray, dtype: DType = dtypeOf(values)): HostSpan {
  return {
    kind: 'host',
    dtype,
    length: values.byteLength / bytesOf(dtype),
    buffer: values.buffer,
    byteOffset: values.byteOffset,
  };
}

/** Memory as a span; typed arrays are spans of the host. */
export function toSpan(memory: Transferable): Span {
  if (ArrayBuffer.isView(memory)) return hostSpan(memory);
  if (memory?.kind === 'host' || (memory?.kind === 'device' && typeof memory.synchronize === 'function'))
    return memory;
  throw new ArgumentError(`expected a ${HOST_ARRAY_NAMES} or a span, received ${textOf(memory)}`);
}
