import type { ReduceOp } from './communicator.js';
import type { DeviceSpan } from './span.js';

/**
 * A message layer of the devices themselves: calls queue work on the device and
 * return. Ranks are those of the communicator of all ranks. Messages between two ranks match in the
 * order of their calls.
 */
export interface DevicePort {
  /** Whether this memory is its own. */
  holds(span: DeviceSpan): boolean;
  /** Queued until `flush`. */
  send(span: DeviceSpan, to: number): void;
  recv(span: DeviceSpan, from: number): void;
  /** Starts all that was queued, as one group, behind the work that the device has so far. */
  flush(): void;
  /** Flushes; work that the device is given later sees what arrived. */
  finish(): void;
  /** Whether `allreduce` has this operation for this memory. */
  reduces(span: DeviceSpan, op: ReduceOp): boolean;
  /** Collective over all ranks; without `send` in place. */
  allreduce(send: DeviceSpan | undefined, recv: DeviceSpan, op: ReduceOp): void;
  allgather(send: DeviceSpan, recv: DeviceSpan): void;
  bcast(span: DeviceSpan, root: number): void;
}
