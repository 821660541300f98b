import { type DType, isComplex, lanesOf } from '../../core/base/dtype.js';
import type { Communicator, ReduceOp } from '../../core/ports/communicator.js';
import type { DevicePort } from '../../core/ports/device-port.js';
import type { DeviceSpan } from '../../core/ports/span.js';
import type { CudaAddon, CudaContext, CudaGroup, DeviceAddress } from './cuda-addon-interface.js';

/** NCCL's numbers; it has no complex types, so those travel as pairs. */
const TYPES: Readonly<Record<DType, number>> = {
  int32: 2,
  float32: 7,
  float64: 8,
  complex64: 7,
  complex128: 8,
};
const OPS: Partial<Readonly<Record<ReduceOp, number>>> = { sum: 0, prod: 1 };

const addressOf = (span: DeviceSpan): DeviceAddress => Number(span.address);
const countOf = (span: DeviceSpan): number => span.length * lanesOf(span.dtype);
const typeOf = (span: DeviceSpan): number => TYPES[span.dtype];

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A value, or why there is none. */
function attempt<T>(make: () => T): T | string {
  try {
    return make();
  } catch (error) {
    return reasonOf(error);
  }
}

/** Messages and collectives between the devices of all ranks by NCCL. */
export class NcclPort implements DevicePort {
  readonly #group: CudaGroup;

  private constructor(group: CudaGroup) {
    this.#group = group;
  }

  /**
   * Collective over all ranks of the launch. A text says why there is none; it may differ between
   * ranks.
   */
  static create(addon: CudaAddon, context: CudaContext, comm: Communicator): NcclPort | string {
    try {
      const probe = addon.probe();
      const nccl = probe.available ? probe.libraries.nccl : probe;
      const missing = comm.allgatherObject(nccl.available ? '' : nccl.reason).find((reason) => reason !== '');
      if (missing !== undefined) return `NCCL is not available: ${missing}`;
      const id = comm.bcastObject(
        comm.rank === 0 ? attempt(() => Array.from(new Uint8Array(addon.ncclUniqueId()))) : undefined,
      );
      if (!Array.isArray(id)) return id ?? 'NCCL has no name for the group';
      return new NcclPort(context.ncclInit(Uint8Array.from(id).buffer, comm.size, comm.rank));
    } catch (error) {
      return reasonOf(error);
    }
  }

  holds(span: DeviceSpan): boolean {
    return span.address !== undefined;
  }

  send(span: DeviceSpan, to: number): void {
    this.#group.queue(true, addressOf(span), countOf(span), typeOf(span), to);
  }

  recv(span: DeviceSpan, from: number): void {
    this.#group.queue(false, addressOf(span), countOf(span), typeOf(span), from);
  }

  flush(): void {
    this.#group.flush();
  }

  finish(): void {
    this.#group.finish();
  }

  reduces(span: DeviceSpan, op: ReduceOp): boolean {
    return op === 'sum' || (op === 'prod' && !isComplex(span.dtype));
  }

  allreduce(send: DeviceSpan | undefined, recv: DeviceSpan, op: ReduceOp): void {
    const from = send ?? recv;
    this.#group.allReduce(addressOf(from), addressOf(recv), countOf(recv), typeOf(recv), OPS[op] as number);
  }

  allgather(send: DeviceSpan, recv: DeviceSpan): void {
    this.#group.allGather(addressOf(send), addressOf(recv), countOf(send), typeOf(send));
  }

  bcast(span: DeviceSpan, root: number): void {
    this.#group.broadcast(addressOf(span), countOf(span), typeOf(span), root);
  }
}
