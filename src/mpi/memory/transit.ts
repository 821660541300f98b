import { bytesOf, hostView } from '../../core/base/dtype.js';
import { deviceTransport } from '../../core/ports/device-transport.js';
import type { DeviceSpan, HostSpan, Span } from '../../core/ports/span.js';
import { copyFromHost, copyToHost, hostPart } from './copy-span.js';
import { giveBack, hostFor, isReachable } from './staging.js';

/**
 * One message of MPI's, as a part of one of ours: the memory that MPI reads or writes, and how the
 * elements get there and away.
 */
export interface Transit {
  readonly memory: Span;
  /** Starts to bring the elements to `memory`; before all parts of a message to send. */
  queue(): void;
  /** MPI may read `memory`, or write it. */
  ready(): void;
  /** MPI has written `memory`. */
  arrived(): void;
  /** Waits until the elements are where they belong, and gives `memory` back. The end. */
  release(): void;
}

const NOTHING = (): void => undefined;

/** Memory that MPI reads and writes itself. */
const inPlace = (span: Span): Transit => ({
  memory: span,
  queue: NOTHING,
  // Work on the device that reads or writes the memory must be over
  ready: span.kind === 'device' ? () => span.synchronize() : NOTHING,
  arrived: NOTHING,
  release: NOTHING,
});

/** Through host memory, at once. */
function copied(span: Span, memory: HostSpan, outgoing: boolean): Transit {
  return {
    memory,
    queue: NOTHING,
    ready: outgoing ? () => copyToHost(span, memory) : NOTHING,
    arrived: outgoing ? NOTHING : () => copyFromHost(memory, span),
    release: () => giveBack(span, memory),
  };
}

/** What arrives in the stage of a span that has its elements already. */
export const arriving = (span: Span, staged: Span): Transit =>
  span === staged ? inPlace(span) : copied(span, staged as HostSpan, false);

type QueueingSpan = DeviceSpan & Required<Pick<DeviceSpan, 'queueToHost' | 'queueFromHost'>>;
const queues = (span: Span): span is QueueingSpan =>
  span.kind === 'device' && span.length > 0 && !!span.queueToHost && !!span.queueFromHost;

/**
 * Part of a device's memory through pinned memory: while MPI has one part under way, the device
 * copies the next. The last part gives the memory of all back.
 */
function piped(
  span: QueueingSpan,
  offset: number,
  memory: HostSpan,
  outgoing: boolean,
  last = true,
): Transit {
  const values = hostView(memory.dtype, memory.buffer, memory.byteOffset, memory.length);
  let pending: (() => void) | undefined;
  const settle = (): void => {
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
    ready: settle,
    arrived: outgoing
      ? NOTHING
      : () => {
          pending = span.queueFromHost(offset, values);
        },
    release: () => {
      settle();
      if (last) giveBack(span, memory);
    },
  };
}

/**
 * The messages of MPI's that carry a span, in order: one, or several where messages of device
 * memory are staged and it is long.
 */
export function transitsOf(span: Span, outgoing: boolean): readonly Transit[] {
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
  const parts: Transit[] = [];
  for (let at = 0; at < span.length; at += most) {
    const memory = hostPart(whole, at, Math.min(most, span.length - at));
    // of one piece of memory
    const last = at + most >= span.length;
    parts.push(
      span.kind === 'host' ? inPlace(memory) : piped(span as QueueingSpan, at, memory, outgoing, last),
    );
  }
  return parts;
}
