import type { CartesianCommunicator, Communicator, PersistentRequest, ReduceOp, Request, Status } from '../core/communicator.js';
import { MpiError } from '../core/errors.js';
import type { HostSpan, Span } from '../core/span.js';
import { BaseCommunicator, type Message } from './base-communicator.js';
import type { CartesianGrid } from './cartesian-grid.js';
import { snapshot } from './copy-span.js';
import { say } from './life-cycle.js';
import { MpiPersistentRequest, MpiRequest } from './mpi-request.js';
import { dtypeCode, type MpiAddon, opCode } from './native.js';
import { copyIn, memoryOf, stage, stageOut } from './staging.js';

const WORLD = 0;

/** No memory on this rank, or in place. */
const NOTHING = [undefined, 0] as const;
const place = (span: HostSpan | undefined): readonly [ArrayBuffer | Uint8Array | undefined, number] =>
  span ? [memoryOf(span), span.byteOffset] : NOTHING;

const statusOf = (packed: number): Status => ({ source: Math.floor(packed / 32768), tag: packed % 32768 });

/**
 * MPI's communicator. Host memory is read and written where it is; device memory goes through host memory. What a rank sends to itself
 * is buffered. A message that is shorter than the device memory for it leaves the rest of that undefined.
 */
export class MpiCommunicator extends BaseCommunicator {
  readonly rank: number;
  readonly size: number;
  readonly #mpi: MpiAddon;
  readonly #handle: number;
  #toSelf: Request[] = [];

  /** Takes over a communicator that the addon knows by a handle. */
  constructor(mpi: MpiAddon, handle: number) {
    super();
    this.#mpi = mpi;
    this.#handle = handle;
    this.rank = mpi.rank(handle);
    this.size = mpi.size(handle);
  }

  protected override doBarrier(): void {
    this.#mpi.barrier(this.#handle);
  }

  protected override doBcast(data: Span, root: number): void {
    const mine = this.rank === root;
    const host = mine ? stageOut(data) : stage(data);
    this.#mpi.bcast(this.#handle, memoryOf(host), host.byteOffset, host.length, dtypeCode(host.dtype), root);
    if (!mine) copyIn(data, host);
  }

  protected override doAllreduce(send: Span | undefined, recv: Span, op: ReduceOp): void {
    const to = send ? stage(recv) : stageOut(recv);
    const from = send && stageOut(send);
    this.#mpi.allreduce(
      this.#handle,
      from && memoryOf(from),
      from ? from.byteOffset : 0,
      memoryOf(to),
      to.byteOffset,
      to.length,
      dtypeCode(to.dtype),
      opCode(op),
    );
    copyIn(recv, to);
  }

  protected override doIallreduce(inPlace: Span, op: ReduceOp): Request {
    const host = stageOut(inPlace);
    const handle = this.#mpi.iallreduce(this.#handle, memoryOf(host), host.byteOffset, host.length, dtypeCode(host.dtype), opCode(op));
    return new MpiRequest(this.#mpi, handle, { span: inPlace, staged: host, arrives: true });
  }

  protected override doReduce(send: Span | undefined, recv: Span | undefined, op: ReduceOp, root: number): void {
    const some = (send ?? recv) as Span;
    const from = send && stageOut(send);
    const to = recv && (send ? stage(recv) : stageOut(recv));
    this.#mpi.reduce(this.#handle, ...place(from), ...place(to), some.length, dtypeCode(some.dtype), opCode(op), root);
    if (recv && to) copyIn(recv, to);
  }

  protected override doAllgather(send: Span | undefined, recv: Span): void {
    // In place the other parts are overwritten, so only device memory could tell the difference; and that is never in place.
    const [from, to] = [send && stageOut(send), stage(recv)];
    this.#mpi.allgather(this.#handle, ...place(from), ...place(to), recv.length / this.size, dtypeCode(recv.dtype));
    copyIn(recv, to);
  }

  protected override doAllgatherv(send: Span | undefined, recv: Span, counts: readonly number[]): void {
    const [from, to] = [send && stageOut(send), stage(recv)];
    this.#mpi.allgatherv(this.#handle, ...place(from), ...place(to), Float64Array.from(counts), dtypeCode(recv.dtype));
    copyIn(recv, to);
  }

  protected override doGather(send: Span | undefined, recv: Span | undefined, root: number): void {
    const count = send ? send.length : (recv as Span).length / this.size;
    const [from, to] = [send && stageOut(send), recv && stage(recv)];
    this.#mpi.gather(this.#handle, ...place(from), ...place(to), count, dtypeCode(((send ?? recv) as Span).dtype), root);
    if (recv && to) copyIn(recv, to);
  }

  protected override doGatherv(send: Span | undefined, recv: Span | undefined, counts: readonly number[], root: number): void {
    const [from, to] = [send && stageOut(send), recv && stage(recv)];
    this.#mpi.gatherv(
      this.#handle,
      ...place(from),
      ...place(to),
      Float64Array.from(counts),
      dtypeCode(((send ?? recv) as Span).dtype),
      root,
    );
    if (recv && to) copyIn(recv, to);
  }

  protected override doScatter(send: Span | undefined, recv: Span | undefined, root: number): void {
    const count = recv ? recv.length : (send as Span).length / this.size;
    const [from, to] = [send && stageOut(send), recv && stage(recv)];
    this.#mpi.scatter(this.#handle, ...place(from), ...place(to), count, dtypeCode(((recv ?? send) as Span).dtype), root);
    if (recv && to) copyIn(recv, to);
  }

  protected override doScatterv(send: Span | undefined, recv: Span | undefined, counts: readonly number[], root: number): void {
    const [from, to] = [send && stageOut(send), recv && stage(recv)];
    this.#mpi.scatterv(
      this.#handle,
      ...place(from),
      ...place(to),
      Float64Array.from(counts),
      dtypeCode(((recv ?? send) as Span).dtype),
      root,
    );
    if (recv && to) copyIn(recv, to);
  }

  protected override doAlltoall(send: Span, recv: Span): void {
    const [from, to] = [stageOut(send), stage(recv)];
    this.#mpi.alltoall(this.#handle, ...place(from), ...place(to), recv.length / this.size, dtypeCode(recv.dtype));
    copyIn(recv, to);
  }

  protected override doAlltoallv(send: Span, sendCounts: readonly number[], recv: Span, recvCounts: readonly number[]): void {
    const [from, to] = [stageOut(send), stage(recv)];
    this.#mpi.alltoallv(
      this.#handle,
      memoryOf(from),
      from.byteOffset,
      Float64Array.from(sendCounts),
      memoryOf(to),
      to.byteOffset,
      Float64Array.from(recvCounts),
      dtypeCode(recv.dtype),
    );
    copyIn(recv, to);
  }

  protected override doSend(message: Message): void {
    const { span, partner, tag } = message;
    if (partner === this.rank) {
      this.#sendToSelf(message);
      return;
    }
    const host = stageOut(span);
    this.#mpi.send(this.#handle, memoryOf(host), host.byteOffset, host.length, dtypeCode(host.dtype), partner, tag);
  }

  /** Buffered: MPI need not take a message to the sender itself before that has a receive for it. */
  #sendToSelf({ span, partner, tag }: Message): void {
    this.#toSelf = this.#toSelf.filter((request) => !request.test());
    this.#toSelf.push(this.doIsend({ span: snapshot(span), partner, tag }));
  }

  protected override doRecv({ span, partner, tag }: Message): Status {
    const host = stage(span);
    const status = this.#mpi.recv(this.#handle, memoryOf(host), host.byteOffset, host.length, dtypeCode(host.dtype), partner, tag);
    copyIn(span, host);
    return statusOf(status);
  }

  protected override doSendrecv(send: Message, recv: Message): Status {
    const [from, to] = [stageOut(send.span), stage(recv.span)];
    const status = this.#mpi.sendrecv(
      this.#handle,
      memoryOf(from),
      from.byteOffset,
      from.length,
      dtypeCode(from.dtype),
      send.partner,
      send.tag,
      memoryOf(to),
      to.byteOffset,
      to.length,
      dtypeCode(to.dtype),
      recv.partner,
      recv.tag,
    );
    copyIn(recv.span, to);
    return statusOf(status);
  }

  protected override doIsend({ span, partner, tag }: Message): Request {
    const staged = stageOut(span);
    const handle = this.#mpi.isend(this.#handle, memoryOf(staged), staged.byteOffset, staged.length, dtypeCode(staged.dtype), partner, tag);
    return new MpiRequest(this.#mpi, handle, { span, staged, arrives: false });
  }

  protected override doIrecv({ span, partner, tag }: Message): Request {
    const staged = stage(span);
    const handle = this.#mpi.irecv(this.#handle, memoryOf(staged), staged.byteOffset, staged.length, dtypeCode(staged.dtype), partner, tag);
    return new MpiRequest(this.#mpi, handle, { span, staged, arrives: true });
  }

  protected override doSendInit({ span, partner, tag }: Message, onStart: () => void): PersistentRequest {
    const staged = stage(span);
    const handle = this.#mpi.sendInit(
      this.#handle,
      memoryOf(staged),
      staged.byteOffset,
      staged.length,
      dtypeCode(staged.dtype),
      partner,
      tag,
    );
    return new MpiPersistentRequest(this.#mpi, handle, { span, staged, arrives: false }, onStart);
  }

  protected override doRecvInit({ span, partner, tag }: Message): PersistentRequest {
    const staged = stage(span);
    const handle = this.#mpi.recvInit(
      this.#handle,
      memoryOf(staged),
      staged.byteOffset,
      staged.length,
      dtypeCode(staged.dtype),
      partner,
      tag,
    );
    return new MpiPersistentRequest(this.#mpi, handle, { span, staged, arrives: true });
  }

  protected override doSplit(color: number | undefined, key: number): Communicator | undefined {
    const handle = this.#mpi.split(this.#handle, color ?? -1, key);
    return handle < 0 ? undefined : new MpiCommunicator(this.#mpi, handle);
  }

  protected override doSplitShared(): Communicator {
    return new MpiCommunicator(this.#mpi, this.#mpi.splitShared(this.#handle));
  }

  protected override doDup(): Communicator {
    return new MpiCommunicator(this.#mpi, this.#mpi.dup(this.#handle));
  }

  protected override doCart(grid: CartesianGrid, reorder: boolean): CartesianCommunicator | undefined {
    const handle = this.#mpi.cart(this.#handle, Int32Array.from(grid.dims), Int32Array.from(grid.periodic, Number), reorder);
    return handle < 0 ? undefined : new MpiCartesianCommunicator(this.#mpi, handle, grid);
  }

  protected override doFree(): void {
    if (this.#handle === WORLD) throw new MpiError('free: the communicator of all ranks lives as long as the program');
    this.#mpi.freeComm(this.#handle);
  }

  abort(code: number, message?: string): never {
    if (message) say(message);
    return this.#mpi.abort(Number.isInteger(code) && code > 0 && code < 256 ? code : 1);
  }
}

class MpiCartesianCommunicator extends MpiCommunicator implements CartesianCommunicator {
  readonly #grid: CartesianGrid;
  constructor(mpi: MpiAddon, handle: number, grid: CartesianGrid) {
    super(mpi, handle);
    this.#grid = grid;
  }
  get dims(): readonly number[] {
    return this.#grid.dims;
  }
  get periodic(): readonly boolean[] {
    return this.#grid.periodic;
  }
  get coords(): readonly number[] {
    return this.coordsOf(this.rank);
  }
  coordsOf(rank: number): number[] {
    return this.#grid.coordsOf(rank);
  }
  rankOf(coords: readonly number[]): number | undefined {
    return this.#grid.rankOf(coords);
  }
  shift(axis: number, displacement = 1): { readonly source: number | undefined; readonly destination: number | undefined } {
    return this.#grid.shift(this.rank, axis, displacement);
  }
}
