import { tagOf } from '../../core/base/dtype.js';
import { MpiError } from '../../core/base/errors.js';
import {
  ANY,
  type CallChecker,
  type CartesianCommunicator,
  type Communicator,
  type DeviceMemorySupport,
  type PersistentRequest,
  type ReduceOp,
  type Request,
  type Status,
} from '../../core/ports/communicator.js';
import type { DevicePort } from '../../core/ports/device-port.js';
import { deviceTransport } from '../../core/ports/device-transport.js';
import type { DeviceSpan, Span } from '../../core/ports/span.js';
import { say } from '../life-cycle.js';
import { snapshot } from '../memory/copy-span.js';
import { arriving, type HostCopy, hostCopiesOf } from '../memory/host-copy.js';
import {
  copyIn,
  isReachable,
  memoryOf,
  offsetOf,
  stage,
  stageApart,
  stageOut,
  staging,
} from '../memory/staging.js';
import { type MpiAddon, opCode } from '../mpi-addon.js';
import { BaseCommunicator, type Message } from './base-communicator.js';
import type { CartesianGrid } from './parts/cartesian-grid.js';
import { MpiPersistentRequest, MpiRequest } from './parts/mpi-request.js';
import { PortRequest } from './parts/port-request.js';
import { checkerOf } from './watched.js';

const WORLD = 0;

/** No memory on this rank, or an operation in place. */
const NOTHING = [undefined, 0] as const;
const place = (span: Span | undefined) => (span ? ([memoryOf(span), offsetOf(span)] as const) : NOTHING);

/** Memory, count and dtype of a message in the form that the addon takes. */
const messageOf = ({ memory }: HostCopy) => [...place(memory), memory.length, tagOf(memory.dtype)] as const;

/**
 * Whether a reduction reads this memory directly. MPI reduces device memory for sums only. The
 * addon implements the other operations itself, on the host.
 */
const readsForReduction = (span: Span, op: ReduceOp): boolean =>
  span.kind === 'host' || (op === 'sum' && isReachable(span));

function named(source: number): number {
  if (source === ANY)
    throw new MpiError(
      'expected a source to receive device memory from, received ANY; ' +
        'the transport of device memory has no wildcards',
    );
  return source;
}

const statusOf = (packed: number): Status => ({ source: Math.floor(packed / 32768), tag: packed % 32768 });

/**
 * A communicator of MPI. Host memory is read and written in place. Device memory goes through the
 * chosen transport. With a device port, non-blocking messages of device memory match in the order
 * of their calls, whatever their tags, and need device memory at both ends. Messages from a rank to
 * itself are buffered. If a message is shorter than the device memory of its receive, the remaining
 * elements are undefined afterwards.
 */
export class MpiCommunicator extends BaseCommunicator {
  readonly rank: number;
  readonly size: number;
  readonly checker: CallChecker | undefined;
  readonly #mpi: MpiAddon;
  readonly #handle: number;
  /** Whether it has all ranks of the launch, in their order. */
  readonly #whole: boolean;
  #toSelf: Request[] = [];

  /**
   * Takes over a communicator of the addon.
   *
   * @param handle the handle of the communicator in the addon
   * @param whole whether it has all ranks of the launch, in their order
   */
  constructor(mpi: MpiAddon, handle: number, whole = handle === WORLD) {
    super();
    this.#mpi = mpi;
    this.#handle = handle;
    this.#whole = whole;
    this.rank = mpi.rank(handle);
    this.size = mpi.size(handle);
    this.checker = checkerOf(mpi, handle);
  }

  protected override doBarrier(): void {
    this.#mpi.barrier(this.#handle);
  }

  protected override doBcast(data: Span, root: number): void {
    staging(() => {
      const port = this.#portFor(data);
      if (port) {
        port.bcast(data as DeviceSpan, root);
        return;
      }
      const mine = this.rank === root;
      const host = mine ? stageOut(data) : stage(data);
      this.#mpi.bcast(this.#handle, ...place(host), host.length, tagOf(host.dtype), root);
      if (!mine) copyIn(data, host);
    });
  }

  protected override doAllreduce(send: Span | undefined, recv: Span, op: ReduceOp): void {
    staging(() => {
      const port = this.#portFor(recv, send ?? recv);
      if (port?.reduces(recv as DeviceSpan, op)) {
        port.allreduce(send as DeviceSpan | undefined, recv as DeviceSpan, op);
        return;
      }
      const reachable = readsForReduction(recv, op);
      const from = send && stageApart(send, recv, reachable);
      const to = send ? stage(recv, reachable) : stageOut(recv, reachable);
      this.#mpi.allreduce(this.#handle, ...place(from), ...place(to), to.length, tagOf(to.dtype), opCode(op));
      copyIn(recv, to);
    });
  }

  protected override doIallreduce(inPlace: Span, op: ReduceOp): Request {
    const staged = stageOut(inPlace, readsForReduction(inPlace, op));
    const handle = this.#mpi.iallreduce(
      this.#handle,
      ...place(staged),
      staged.length,
      tagOf(staged.dtype),
      opCode(op),
    );
    return new MpiRequest(this.#mpi, [{ handle, copy: arriving(inPlace, staged) }]);
  }

  protected override doReduce(
    send: Span | undefined,
    recv: Span | undefined,
    op: ReduceOp,
    root: number,
  ): void {
    staging(() => {
      const some = (send ?? recv) as Span;
      const reachable = readsForReduction(some, op);
      const from = send && (recv ? stageApart(send, recv, reachable) : stageOut(send, reachable));
      const to = recv && (send ? stage(recv, reachable) : stageOut(recv, reachable));
      this.#mpi.reduce(
        this.#handle,
        ...place(from),
        ...place(to),
        some.length,
        tagOf(some.dtype),
        opCode(op),
        root,
      );
      if (recv && to) copyIn(recv, to);
    });
  }

  protected override doAllgather(send: Span | undefined, recv: Span): void {
    staging(() => {
      const port = send && this.#portFor(recv, send);
      if (port) {
        port.allgather(send as DeviceSpan, recv as DeviceSpan);
        return;
      }
      // A call in place overwrites the other parts. Only device memory would show a difference, and
      // device memory is never in place.
      const [from, to] = [send && stageApart(send, recv), stage(recv)];
      this.#mpi.allgather(
        this.#handle,
        ...place(from),
        ...place(to),
        recv.length / this.size,
        tagOf(recv.dtype),
      );
      copyIn(recv, to);
    });
  }

  protected override doAllgatherv(send: Span | undefined, recv: Span, counts: readonly number[]): void {
    staging(() => {
      const [from, to] = [send && stageApart(send, recv), stage(recv)];
      this.#mpi.allgatherv(
        this.#handle,
        ...place(from),
        ...place(to),
        Float64Array.from(counts),
        tagOf(recv.dtype),
      );
      copyIn(recv, to);
    });
  }

  protected override doGather(send: Span | undefined, recv: Span | undefined, root: number): void {
    staging(() => {
      const count = send ? send.length : (recv as Span).length / this.size;
      const [from, to] = [send && stageApart(send, recv), recv && stage(recv)];
      this.#mpi.gather(
        this.#handle,
        ...place(from),
        ...place(to),
        count,
        tagOf(((send ?? recv) as Span).dtype),
        root,
      );
      if (recv && to) copyIn(recv, to);
    });
  }

  protected override doGatherv(
    send: Span | undefined,
    recv: Span | undefined,
    counts: readonly number[],
    root: number,
  ): void {
    staging(() => {
      const [from, to] = [send && stageApart(send, recv), recv && stage(recv)];
      const dtype = tagOf(((send ?? recv) as Span).dtype);
      this.#mpi.gatherv(this.#handle, ...place(from), ...place(to), Float64Array.from(counts), dtype, root);
      if (recv && to) copyIn(recv, to);
    });
  }

  protected override doScatter(send: Span | undefined, recv: Span | undefined, root: number): void {
    staging(() => {
      const count = recv ? recv.length : (send as Span).length / this.size;
      const [from, to] = [send && stageApart(send, recv), recv && stage(recv)];
      this.#mpi.scatter(
        this.#handle,
        ...place(from),
        ...place(to),
        count,
        tagOf(((recv ?? send) as Span).dtype),
        root,
      );
      if (recv && to) copyIn(recv, to);
    });
  }

  protected override doScatterv(
    send: Span | undefined,
    recv: Span | undefined,
    counts: readonly number[],
    root: number,
  ): void {
    staging(() => {
      const [from, to] = [send && stageApart(send, recv), recv && stage(recv)];
      const dtype = tagOf(((recv ?? send) as Span).dtype);
      this.#mpi.scatterv(this.#handle, ...place(from), ...place(to), Float64Array.from(counts), dtype, root);
      if (recv && to) copyIn(recv, to);
    });
  }

  protected override doAlltoall(send: Span, recv: Span): void {
    staging(() => {
      const [from, to] = [stageApart(send, recv), stage(recv)];
      this.#mpi.alltoall(
        this.#handle,
        ...place(from),
        ...place(to),
        recv.length / this.size,
        tagOf(recv.dtype),
      );
      copyIn(recv, to);
    });
  }

  protected override doAlltoallv(
    send: Span,
    sendCounts: readonly number[],
    recv: Span,
    recvCounts: readonly number[],
  ): void {
    staging(() => {
      const [from, to] = [stageApart(send, recv), stage(recv)];
      const [sends, recvs] = [Float64Array.from(sendCounts), Float64Array.from(recvCounts)];
      this.#mpi.alltoallv(this.#handle, ...place(from), sends, ...place(to), recvs, tagOf(recv.dtype));
      copyIn(recv, to);
    });
  }

  protected override doSend(message: Message): void {
    const { span, partner, tag } = message;
    if (partner === this.rank) {
      this.#sendToSelf(message);
      return;
    }
    const copies = hostCopiesOf(span, true);
    for (const copy of copies) copy.queue();
    for (const copy of copies) {
      copy.ready();
      this.#mpi.send(this.#handle, ...messageOf(copy), partner, tag);
    }
    for (const copy of copies) copy.release();
  }

  /** A buffered send. A blocking send to the own rank may deadlock unless a receive is posted. */
  #sendToSelf({ span, partner, tag }: Message): void {
    this.#toSelf = this.#toSelf.filter((request) => !request.test());
    this.#toSelf.push(this.doIsend({ span: snapshot(span), partner, tag }));
  }

  protected override doRecv({ span, partner, tag }: Message): Status {
    // All parts of a message are received from the source of the first part
    let status: Status = { source: partner, tag };
    const copies = hostCopiesOf(span, false);
    for (const copy of copies) {
      copy.ready();
      status = statusOf(this.#mpi.recv(this.#handle, ...messageOf(copy), status.source, status.tag));
      copy.arrived();
    }
    for (const copy of copies) copy.release();
    return status;
  }

  protected override doSendrecv(send: Message, recv: Message): Status {
    const [outgoing, incoming] = [hostCopiesOf(send.span, true), hostCopiesOf(recv.span, false)];
    if (outgoing.length > 1 || incoming.length > 1) {
      const request = this.doIsend(send);
      const status = this.doRecv(recv);
      request.wait();
      return status;
    }
    const [from, to] = [outgoing[0] as HostCopy, incoming[0] as HostCopy];
    from.queue();
    from.ready();
    to.ready();
    const status = this.#mpi.sendrecv(
      this.#handle,
      ...messageOf(from),
      send.partner,
      send.tag,
      ...messageOf(to),
      recv.partner,
      recv.tag,
    );
    to.arrived();
    from.release();
    to.release();
    return statusOf(status);
  }

  protected override doIsend({ span, partner, tag }: Message): Request {
    const port = this.#portFor(span);
    if (port) return new PortRequest(port, () => port.send(span as DeviceSpan, partner)).begin();
    const copies = hostCopiesOf(span, true);
    for (const copy of copies) copy.queue();
    return this.#pending(copies, (copy) => this.#mpi.isend(this.#handle, ...messageOf(copy), partner, tag));
  }

  protected override doIrecv({ span, partner, tag }: Message): Request {
    const port = this.#portFor(span);
    if (port) return new PortRequest(port, () => port.recv(span as DeviceSpan, named(partner))).begin();
    const copies = hostCopiesOf(span, false);
    if (copies.length > 1 && (partner === ANY || tag === ANY)) {
      throw new MpiError(
        `irecv: expected a source and a tag for a message of ${span.length} elements, which travels in parts`,
      );
    }
    return this.#pending(copies, (copy) => this.#mpi.irecv(this.#handle, ...messageOf(copy), partner, tag));
  }

  #pending(copies: readonly HostCopy[], start: (copy: HostCopy) => number): Request {
    const messages = copies.map((copy) => {
      copy.ready();
      return { copy, handle: start(copy) };
    });
    return new MpiRequest(this.#mpi, messages);
  }

  protected override doSendInit({ span, partner, tag }: Message, onStart: () => void): PersistentRequest {
    const port = this.#portFor(span);
    if (port) return new PortRequest(port, () => port.send(span as DeviceSpan, partner), onStart);
    const messages = hostCopiesOf(span, true).map((copy) => ({
      copy,
      handle: this.#mpi.sendInit(this.#handle, ...messageOf(copy), partner, tag),
    }));
    return new MpiPersistentRequest(this.#mpi, messages, onStart);
  }

  protected override doRecvInit({ span, partner, tag }: Message): PersistentRequest {
    const port = this.#portFor(span);
    if (port) return new PortRequest(port, () => port.recv(span as DeviceSpan, named(partner)));
    const messages = hostCopiesOf(span, false).map((copy) => ({
      copy,
      handle: this.#mpi.recvInit(this.#handle, ...messageOf(copy), partner, tag),
    }));
    return new MpiPersistentRequest(this.#mpi, messages);
  }

  override startAll(requests: readonly PersistentRequest[]): void {
    super.startAll(requests);
    if (this.#whole) deviceTransport().port?.flush();
  }

  /**
   * The message layer of the devices if it supports these spans. It supports only the communicator
   * with all ranks of the launch.
   */
  #portFor(...spans: readonly Span[]): DevicePort | undefined {
    const { port } = deviceTransport();
    if (!port || !this.#whole) return undefined;
    return spans.every((span) => span.kind === 'device' && port.holds(span)) ? port : undefined;
  }

  protected override doSplit(color: number | undefined, key: number): Communicator | undefined {
    const handle = this.#mpi.split(this.#handle, color ?? -1, key);
    return handle < 0 ? undefined : new MpiCommunicator(this.#mpi, handle);
  }

  protected override doSplitShared(): Communicator {
    return new MpiCommunicator(this.#mpi, this.#mpi.splitShared(this.#handle));
  }

  protected override doDup(): Communicator {
    return new MpiCommunicator(this.#mpi, this.#mpi.dup(this.#handle), this.#whole);
  }

  protected override doCart(grid: CartesianGrid, reorder: boolean): CartesianCommunicator | undefined {
    const handle = this.#mpi.cart(
      this.#handle,
      Int32Array.from(grid.dims),
      Int32Array.from(grid.periodic, Number),
      reorder,
    );
    return handle < 0 ? undefined : new MpiCartesianCommunicator(this.#mpi, handle, grid);
  }

  protected override doFree(): void {
    if (this.#handle === WORLD)
      throw new MpiError('free: the communicator of all ranks lives as long as the program');
    this.#mpi.freeComm(this.#handle);
  }

  deviceMemory(): DeviceMemorySupport {
    return this.#mpi.deviceMemory();
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
  shift(
    axis: number,
    displacement = 1,
  ): { readonly source: number | undefined; readonly destination: number | undefined } {
    return this.#grid.shift(this.rank, axis, displacement);
  }
}
