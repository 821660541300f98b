import { bytesOf, hostArray } from '../core/dtype.js';
import type { HostSpan, Span } from '../core/span.js';
import { copyFromHost, copyToHost } from './copy-span.js';

/** Host memory in the stead of a span that the message layer can't read; pinned where the device offers that. */
export function stage(span: Span): HostSpan {
  if (span.kind === 'host') return span;
  const { dtype, length } = span;
  const buffer = span.pinned?.(length * bytesOf(dtype)) ?? hostArray(dtype, length).buffer;
  return { kind: 'host', dtype, length, buffer, byteOffset: 0 };
}

/** The span's elements go to its stage, unless it is its own. */
export function copyOut(span: Span, staged: HostSpan): void {
  if (span !== staged) copyToHost(span, staged);
}

/** What has arrived in the stage goes to the span, unless it is its own. */
export function copyIn(span: Span, staged: HostSpan): void {
  if (span !== staged) copyFromHost(staged, span);
}

/** A stage with the span's elements. */
export function stageOut(span: Span): HostSpan {
  const staged = stage(span);
  copyOut(span, staged);
  return staged;
}

/** What native code takes: memory that isn't shared is an ArrayBuffer, shared memory goes as a view. */
export const memoryOf = (span: HostSpan): ArrayBuffer | Uint8Array =>
  span.buffer instanceof ArrayBuffer ? span.buffer : new Uint8Array(span.buffer);
