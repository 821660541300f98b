import { bytesOf, hostView } from '../../core/base/dtype.js';
import { deviceTransport } from '../../core/ports/device-transport.js';
import type { DeviceSpan, HostSpan, Span } from '../../core/ports/span.js';
import { copyFromHost, copyToHost, hostPart } from './copy-span.js';
import { giveBack, hostFor, isReachable } from './staging.js';

/**
 * One message of MPI, which carries a span or a part of it: the memory that MPI reads or writes,
 * and the copies between that memory and the span.
 */
export interface HostCopy {
  readonly memory: Span;
  /**
   * Starts to copy the elements to `memory`. For a send, called for all parts before the first is
   * sent.
   */
  queue(): void;
  /** Waits until MPI may read or write `memory`. */
  ready(): void;
  /** Called when MPI has written `memory`. Starts or makes the copy to the span. */
  arrived(): void;
  /** Waits until all copies are complete and releases `memory`. The last call. */
  release(): void;
}

const NOTHING = (): void => undefined;

/** Memory that MPI reads and writes directly. */
const inPlace = (span: Span): HostCopy => ({
  memory: span,
  queue: NOTHING,
  // Pending device work on the memory must be complete
  ready: span.kind === 'device' ? () => span.synchronize() : NOTHING,
  arrived: NOTHING,
  release: NOTHING,
});

/** Staging through host memory, with blocking copies. */
function copied(span: Span, memory: HostSpan, outgoing: boolean): HostCopy {
  return {
    memory,
    queue: NOTHING,
    ready: outgoing ? () => copyToHost(span, memory) : NOTHING,
    arrived: outgoing ? NOTHING : () => copyFromHost(memory, span),
    release: () => giveBack(span, memory),
  };
}

/** The copy of a receive for which staging memory already exists. */
export const arriving = (span: Span, staged: Span): HostCopy =>
  span === staged ? inPlace(span) : copied(span, staged as HostSpan, false);

type QueueingSpan = DeviceSpan & Required<Pick<DeviceSpan, 'queueToHost' | 'queueFromHost'>>;
const queues = (span: Span): span is QueueingSpan =>
  span.kind === 'device' && span.length > 0 && !!span.queueToHost && !!span.queueFromHost;

/**
 * Staging of a part of device memory through pinned memory. While MPI sends or receives one part,
 * the device copies the next. The last part releases the whole pinned memory.
 */
function piped(
  span: QueueingSpan,
  offset: number,
  memory: HostSpan,
  outgoing: boolean,
  last = true,
): HostCopy {
  const values = hostView(memory.dtype, memory.buffer, memory.byteOffset, memory.length);
  let pending: (() => void) | undefined;
  const completeCopy = (): void => {
    pending?.();
    pending = undefined;
  };
  return {
    memory,
    queue: outgoing
      ? () => {
          pending = span.queueToHost(offset, values);
        }
      : NOTHING,
    ready: completeCopy,
    arrived: outgoing
      ? NOTHING
      : () => {
          pending = span.queueFromHost(offset, values);
        },
    release: () => {
      completeCopy();
      if (last) giveBack(span, memory);
    },
  };
}

/**
 * The messages of MPI that carry a span, in order. There is one, or there are several if the span
 * is longer than the largest piece. Device memory that MPI cannot access is staged.
 */
export function hostCopiesOf(span: Span, outgoing: boolean): readonly HostCopy[] {
  const direct = isReachable(span);
  const most = Math.max(1, Math.floor(deviceTransport().pieceBytes / bytesOf(span.dtype)));
  if (span.length <= most)
    return [
      direct
        ? inPlace(span)
        : queues(span)
          ? piped(span, 0, hostFor(span), outgoing)
          : copied(span, hostFor(span), outgoing),
    ];
  const whole = span.kind === 'host' ? span : hostFor(span);
  if (span.kind === 'device' && !queues(span)) return [copied(span, whole, outgoing)];
  const parts: HostCopy[] = [];
  for (let at = 0; at < span.length; at += most) {
    const memory = hostPart(whole, at, Math.min(most, span.length - at));
    // the parts share one allocation, which the last part releases
    const last = at + most >= span.length;
    parts.push(
      span.kind === 'host' ? inPlace(memory) : piped(span as QueueingSpan, at, memory, outgoing, last),
    );
  }
  return parts;
}
