import { bytesOf, type DType, dtypeOf, HOST_ARRAY_NAMES, type HostArray } from '../base/dtype.js';
import { ArgumentError } from '../base/errors.js';
import { textOf } from '../base/text-of.js';
import type { Elements } from './backend.js';

/** Host memory that a message layer can read and write directly. */
export interface HostSpan {
  readonly kind: 'host';
  readonly dtype: DType;
  /** Elements, not bytes. */
  readonly length: number;
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
}

/** Memory of a device. A message layer that cannot read it uses `copyToHost` and `copyFromHost`. */
export interface DeviceSpan {
  readonly kind: 'device';
  readonly dtype: DType;
  /** Elements, not bytes. */
  readonly length: number;
  /** The device address; undefined if no message layer can read this memory. */
  readonly address: bigint | undefined;
  /** Waits until all kernels that write this memory are done. */
  synchronize(): void;
  /** Waits, then copies the span into host memory of the same dtype and length. */
  copyToHost(to: HostArray): void;
  copyFromHost(from: HostArray): void;
  /**
   * Returns at least `bytes` of pinned host memory, which the device copies to and from fast.
   * Absent if the device has none. The memory must be returned with `unpin`.
   */
  pinned?(bytes: number): ArrayBuffer;
  /** Takes back pinned memory that is no longer in use. Other memory is ignored. */
  unpin?(memory: ArrayBufferLike): void;
  /**
   * Queues a copy of the elements from `offset` on into pinned memory. The returned function waits
   * for the copy.
   */
  queueToHost?(offset: number, to: HostArray): () => void;
  /**
   * Queues a copy from pinned memory. The memory must not change until the returned function, which
   * waits for the copy, has returned.
   */
  queueFromHost?(offset: number, from: HostArray): () => void;
}

/** Memory in the form in which a message layer uses it. */
export type Span = HostSpan | DeviceSpan;

/**
 * The memory of communication calls: an array on any backend (an NDArray, the local part of a
 * distributed array), a typed array of a dtype or a span. Arrays are contiguous and
 * not copied, so that they can be received into.
 */
export type Transferable = Elements | HostArray | Span;

/** The span of a typed array. With a complex dtype, the array holds interleaved pairs. */
export function hostSpan(values: HostArray, dtype: DType = dtypeOf(values)): HostSpan {
  if (!ArrayBuffer.isView(values))
    throw new ArgumentError(`hostSpan: expected a typed array, received ${textOf(values)}`);
  return {
    kind: 'host',
    dtype,
    length: values.byteLength / bytesOf(dtype),
    buffer: values.buffer,
    byteOffset: values.byteOffset,
  };
}

const isSpan = (memory: Partial<Span> | undefined): memory is Span =>
  memory?.kind === 'host' || (memory?.kind === 'device' && typeof memory.synchronize === 'function');
const isArray = (memory: Partial<Elements> | undefined): memory is Elements =>
  typeof memory?.storage?.span === 'function';

/**
 * The memory of a communication call as a span. A span is returned unchanged.
 * @throws {@link ArgumentError} for anything but {@link Transferable}
 */
export function toSpan(memory: Transferable): Span {
  if (ArrayBuffer.isView(memory)) return hostSpan(memory);
  if (isSpan(memory as Partial<Span>)) return memory as Span;
  if (isArray(memory as Partial<Elements>)) return spanOf(memory as Elements);
  const { local } = Object(memory) as { readonly local?: Partial<Elements> };
  throw new ArgumentError(
    `expected an NDArray, a ${HOST_ARRAY_NAMES} or a span, received ${textOf(memory)}` +
      (isArray(local) ? ": pass its local part, 'x.local'" : ''),
  );
}

const spanOf = ({ storage, offset, size }: Elements): Span => storage.span(offset, size);
