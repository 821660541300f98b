import { bytesOf, hostArray, hostView } from '../../core/base/dtype.js';
import type { HostSpan, Span } from '../../core/ports/span.js';

const bytes = (span: HostSpan): Uint8Array =>
  new Uint8Array(span.buffer, span.byteOffset, span.length * bytesOf(span.dtype));

/** The span of `length` elements of host memory that starts at element `offset`. */
export function hostPart(span: HostSpan, offset: number, length: number): HostSpan {
  return { ...span, byteOffset: span.byteOffset + offset * bytesOf(span.dtype), length };
}

/** A copy of the span's elements in host memory. */
export function snapshot(span: Span): HostSpan {
  const copy = hostArray(span.dtype, span.length);
  const to: HostSpan = {
    kind: 'host',
    dtype: span.dtype,
    length: span.length,
    buffer: copy.buffer,
    byteOffset: 0,
  };
  copyToHost(span, to);
  return to;
}

/** `to ← from`; same dtype and length. */
export function copyToHost(from: Span, to: HostSpan): void {
  if (from.length === 0) return;
  if (from.kind === 'host') bytes(to).set(bytes(from));
  else from.copyToHost(hostView(to.dtype, to.buffer, to.byteOffset, to.length));
}

/** `to ← from`; same dtype and length. */
export function copyFromHost(from: HostSpan, to: Span): void {
  if (from.length === 0) return;
  if (to.kind === 'host') bytes(to).set(bytes(from));
  else to.copyFromHost(hostView(from.dtype, from.buffer, from.byteOffset, from.length));
}

/**
 * `to ← from`; same dtype and length. If both are on a device, the copy goes through host memory.
 */
export function copySpan(from: Span, to: Span): void {
  if (from.length === 0) return;
  if (from.kind === 'host') copyFromHost(from, to);
  else if (to.kind === 'host') copyToHost(from, to);
  else copyFromHost(snapshot(from), to);
}
