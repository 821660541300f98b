import { isComplex, lanesOf } from '../../core/base/dtype.js';
import { BackendError } from '../../core/base/errors.js';
import { onAllRanks, onRoot } from '../../core/ports/agreement.js';
import type { Communicator, ReduceOp } from '../../core/ports/communicator.js';
import type { DevicePort } from '../../core/ports/device-port.js';
import type { DeviceSpan } from '../../core/ports/span.js';
import type { CudaAddon, CudaContext, CudaGroup, DeviceAddress } from './cuda-addon-interface.js';
import { CUDA_DTYPES } from './cuda-dtypes.js';

const OPS: Partial<Readonly<Record<ReduceOp, number>>> = { sum: 0, prod: 1 };

const addressOf = (span: DeviceSpan): DeviceAddress => Number(span.address);
const countOf = (span: DeviceSpan): number => span.length * lanesOf(span.dtype);
const typeOf = (span: DeviceSpan): number => CUDA_DTYPES[span.dtype].nccl;

/** Messages and collectives between the devices of all ranks by NCCL. */
export class NcclPort implements DevicePort {
  readonly #group: CudaGroup;

  private constructor(group: CudaGroup) {
    this.#group = group;
  }

  /**
   * Creates the port. Collective over all ranks of the launch.
   *
   * @throws {@link BackendError} on all ranks if one has no NCCL
   */
  static create(addon: CudaAddon, context: CudaContext, comm: Communicator): NcclPort {
    onAllRanks(comm, () => {
      const probe = addon.probe();
      const nccl = probe.available ? probe.libraries.nccl : probe;
      if (!nccl.available) throw new BackendError(`NCCL is not available: ${nccl.reason}`);
      // an earlier error of the device, before the ranks wait for each other in NCCL
      context.synchronize();
    });
    const id = onRoot(comm, () => Array.from(new Uint8Array(addon.ncclUniqueId())));
    const name = Uint8Array.from(id).buffer;
    return onAllRanks(comm, () => new NcclPort(context.ncclInit(name, comm.size, comm.rank)));
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
    return OPS[op] !== undefined && !(op === 'prod' && isComplex(span.dtype));
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
