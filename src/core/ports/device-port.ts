import type { ReduceOp } from './communicator.js';
import type { DeviceSpan } from './span.js';

/**
 * A message layer of the devices themselves. Calls queue work on the device and return. Ranks are
 * those of the communicator of all ranks. Messages between two ranks match in the order of their
 * calls.
 */
export interface DevicePort {
  /** Whether this memory belongs to the device. */
  holds(span: DeviceSpan): boolean;
  /** Queues a message until `flush`. */
  send(span: DeviceSpan, to: number): void;
  recv(span: DeviceSpan, from: number): void;
  /** Starts all queued messages as one group, after the work that the device already has. */
  flush(): void;
  /** Flushes. Work that is queued on the device afterwards reads the received data. */
  finish(): void;
  /** Whether `allreduce` supports this operation for this memory. */
  reduces(span: DeviceSpan, op: ReduceOp): boolean;
  /** Collective over all ranks. Without `send`, in place. */
  allreduce(send: DeviceSpan | undefined, recv: DeviceSpan, op: ReduceOp): void;
  allgather(send: DeviceSpan, recv: DeviceSpan): void;
  bcast(span: DeviceSpan, root: number): void;
}
