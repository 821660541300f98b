import { bytesOf, hostArray } from '../../core/base/dtype.js';
import { deviceTransport } from '../../core/ports/device-transport.js';
import type { HostSpan, Span } from '../../core/ports/span.js';
import { copyFromHost, copyToHost, snapshot } from './copy-span.js';

/** Whether MPI can read and write this memory directly. */
export const isReachable = (span: Span): boolean =>
  span.kind === 'host' || (span.address !== undefined && deviceTransport().direct);

/** Host memory for the elements of a span; pinned memory if the device offers it. */
export function hostFor(span: Span): HostSpan {
  const { dtype, length } = span;
  const pinned = span.kind === 'device' && length > 0 ? span.pinned?.(length * bytesOf(dtype)) : undefined;
  const buffer = pinned ?? hostArray(dtype, length).buffer;
  return { kind: 'host', dtype, length, buffer, byteOffset: 0 };
}

/** Releases memory of {@link hostFor}. Nothing may read or write it any more. */
export function giveBack(span: Span, memory: Span): void {
  if (span.kind === 'device' && memory.kind === 'host') span.unpin?.(memory.buffer);
}

const stagedMemory: (readonly [span: Span, memory: Span])[] = [];
let collects = false;

/**
 * Releases the memory that `body` has staged when `body` ends. For calls that are complete when
 * they return.
 */
export function staging(body: () => void): void {
  const before = stagedMemory.length;
  const outer = collects;
  collects = true;
  try {
    body();
  } finally {
    collects = outer;
    for (const [span, memory] of stagedMemory.splice(before)) giveBack(span, memory);
  }
}

/**
 * Returns the span itself, after pending work on it, if MPI can access it. Otherwise, and for
 * device memory unless `direct`, returns host memory of the same size.
 */
export function stage(span: Span, direct = true): Span {
  if (span.kind === 'host') return span;
  if (!direct || !isReachable(span)) {
    const memory = hostFor(span);
    if (collects) stagedMemory.push([span, memory]);
    return memory;
  }
  span.synchronize();
  return span;
}

/** Copies the span's elements to the staging memory, unless that is the span itself. */
export function copyOut(span: Span, staged: Span): void {
  if (span !== staged) copyToHost(span, staged as HostSpan);
}

/**
 * Copies the received elements from the staging memory to the span, unless that is the span itself.
 */
export function copyIn(span: Span, staged: Span): void {
  if (span !== staged) copyFromHost(staged as HostSpan, span);
}

/** Staging memory with the span's elements. */
export function stageOut(span: Span, direct?: boolean): Span {
  const staged = stage(span, direct);
  copyOut(span, staged);
  return staged;
}

/** Staging memory to send from, which shares no memory with the span that the same call writes. */
export const stageApart = (send: Span, recv: Span | undefined, direct?: boolean): Span =>
  meets(send, recv) ? snapshot(send) : stageOut(send, direct);

function meets(a: Span, b: Span | undefined): boolean {
  if (!b || a.kind === 'host' || b.kind === 'host' || a.address === undefined || b.address === undefined)
    return false;
  const end = (span: Span, from: bigint): bigint => from + BigInt(span.length * bytesOf(span.dtype));
  return a.address < end(b, b.address) && b.address < end(a, a.address);
}

/**
 * The memory in the form that native code takes, together with a byte offset: an ArrayBuffer, a
 * view of shared memory, or the address of device memory.
 */
export function memoryOf(span: Span): ArrayBuffer | Uint8Array | bigint | undefined {
  if (span.kind === 'device') return span.address;
  return span.buffer instanceof ArrayBuffer ? span.buffer : new Uint8Array(span.buffer);
}
export const offsetOf = (span: Span): number => (span.kind === 'device' ? 0 : span.byteOffset);
