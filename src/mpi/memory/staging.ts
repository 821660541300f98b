import { bytesOf, hostArray } from '../../core/base/dtype.js';
import { deviceTransport } from '../../core/ports/device-transport.js';
import type { HostSpan, Span } from '../../core/ports/span.js';
import { copyFromHost, copyToHost, snapshot } from './copy-span.js';

/** Whether MPI reads and writes this memory itself. */
export const isReachable = (span: Span): boolean =>
  span.kind === 'host' || (span.address !== undefined && deviceTransport().direct);

/** Host memory for a span's elements; pinned where the device offers that. */
export function hostFor(span: Span): HostSpan {
  const { dtype, length } = span;
  const pinned = span.kind === 'device' && length > 0 ? span.pinned?.(length * bytesOf(dtype)) : undefined;
  const buffer = pinned ?? hostArray(dtype, length).buffer;
  return { kind: 'host', dtype, length, buffer, byteOffset: 0 };
}

/** Gives memory of {@link hostFor} back, once nothing reads or writes it. */
export function giveBack(span: Span, memory: Span): void {
  if (span.kind === 'device' && memory.kind === 'host') span.unpin?.(memory.buffer);
}

const lent: (readonly [span: Span, memory: Span])[] = [];
let collects = false;

/** Gives what `body` has staged back at its end: for calls that are over when they return. */
export function staging(body: () => void): void {
  const before = lent.length;
  const outer = collects;
  collects = true;
  try {
    body();
  } finally {
    collects = outer;
    for (const [span, memory] of lent.splice(before)) giveBack(span, memory);
  }
}

/** The span where MPI can read it, after work on it is done; otherwise host memory in its stead. */
export function stage(span: Span, reachable = isReachable(span)): Span {
  if (span.kind === 'host') return span;
  if (!reachable) {
    const memory = hostFor(span);
    if (collects) lent.push([span, memory]);
    return memory;
  }
  span.synchronize();
  return span;
}

/** The span's elements go to its stage, unless it is its own. */
export function copyOut(span: Span, staged: Span): void {
  if (span !== staged) copyToHost(span, staged as HostSpan);
}

/** What has arrived in the stage goes to the span, unless it is its own. */
export function copyIn(span: Span, staged: Span): void {
  if (span !== staged) copyFromHost(staged as HostSpan, span);
}

/** A stage with the span's elements. */
export function stageOut(span: Span, reachable?: boolean): Span {
  const staged = stage(span, reachable);
  copyOut(span, staged);
  return staged;
}

/** A stage to send from that shares no memory with what the same call writes. */
export const stageApart = (send: Span, recv: Span | undefined, reachable?: boolean): Span =>
  meets(send, recv) ? snapshot(send) : stageOut(send, reachable);

function meets(a: Span, b: Span | undefined): boolean {
  if (!b || a.kind === 'host' || b.kind === 'host' || a.address === undefined || b.address === undefined)
    return false;
  const end = (span: Span, from: bigint): bigint => from + BigInt(span.length * bytesOf(span.dtype));
  return a.address < end(b, b.address) && b.address < end(a, a.address);
}

/**
 * What native code takes: an ArrayBuffer, a view of shared memory, or the address of device memory;
 * with a byte offset.
 */
export function memoryOf(span: Span): ArrayBuffer | Uint8Array | bigint | undefined {
  if (span.kind === 'device') return span.address;
  return span.buffer instanceof ArrayBuffer ? span.buffer : new Uint8Array(span.buffer);
}
export const offsetOf = (span: Span): number => (span.kind === 'device' ? 0 : span.byteOffset);
