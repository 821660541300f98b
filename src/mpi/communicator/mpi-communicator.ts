import { type DType, tagOf } from '../../core/base/dtype.js';
import { MpiError } from '../../core/base/errors.js';
import {
  ANY,
  type CallChecker,
  type Communicator,
  type DeviceMemorySupport,
  type PersistentRequest,
  type ReduceOp,
  type Request,
  type Status,
} from '../../core/ports/communicator.js';
import type { DevicePort } from '../../core/ports/device-port.js';
import { deviceTransport } from '../../core/ports/device-transport.js';
import { type DeviceSpan, hostSpan, type Span } from '../../core/ports/span.js';
import { say } from '../life-cycle.js';
import { snapshot } from '../memory/copy-span.js';
import { arriving, type HostCopy, hostCopiesOf } from '../memory/host-copy.js';
import { copyIn, memoryOf, offsetOf, stage, stageApart, stageOut, staging } from '../memory/staging.js';
import { type MpiAddon, opCode } from '../mpi-addon.js';
import { type CollectiveArguments, parameters, type SpanCollective } from '../mpi-calls.js';
import { BaseCommunicator, type Message } from './base-communicator.js';
import type { CartesianGrid } from './parts/cartesian-grid.js';
import { MpiPersistentRequest, MpiRequest } from './parts/mpi-request.js';
import { decodeAll, decodeObject, encodeObject, wordsOf } from './parts/object-codec.js';
import { PortRequest } from './parts/port-request.js';
import { checkerOf } from './watched.js';

const WORLD = 0;

/** No memory on this rank, or an operation in place. */
const NOTHING = [undefined, 0] as const;
const place = (span: Span | undefined) => (span ? ([memoryOf(span), offsetOf(span)] as const) : NOTHING);

/** Memory, count and dtype of a message in the form that the addon takes. */
const messageOf = ({ memory }: HostCopy) => [...place(memory), memory.length, tagOf(memory.dtype)] as const;

/**
 * Whether a reduction reads device memory directly, if MPI does so. MPI reduces it for sums only.
 * The addon implements the other operations itself, on the host.
 */
const readsForReduction = (op: ReduceOp): boolean => op === 'sum';

/** The names of a collective's arguments after its memory, in order. */
const AFTER_MEMORY: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(parameters).map(([call, names]) => [call, names.split(' ').slice(5)]),
);

/** The values of a collective's arguments, by name. */
type ArgumentValues = Readonly<Record<string, ReduceOp | number | readonly number[]>>;

/** An argument of a collective in the form that the addon takes; undefined without a name. */
function argument(
  name: string | undefined,
  dtype: DType,
  values: ArgumentValues,
): number | Float64Array | undefined {
  if (name === undefined) return undefined;
  if (name === 'dtype') return tagOf(dtype);
  const value = values[name];
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? opCode(value) : Float64Array.from(value as readonly number[]);
}

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

  protected override doIallreduce(inPlace: Span, op: ReduceOp): Request {
    const staged = stageOut(inPlace, readsForReduction(op));
    const handle = this.#mpi.iallreduce(
      this.#handle,
      ...place(staged),
      staged.length,
      tagOf(staged.dtype),
      opCode(op),
    );
    return new MpiRequest(this.#mpi, [{ handle, copy: arriving(inPlace, staged) }]);
  }

  protected override doCollective<Name extends SpanCollective>(
    call: Name,
    send: Span | undefined,
    recv: Span | undefined,
    given: CollectiveArguments<Name>,
  ): void {
    const values: ArgumentValues = given;
    const op = values['op'] as ReduceOp | undefined;
    staging(() => {
      if (this.#onDevices(call, send, recv, op)) return;
      const direct = op === undefined || readsForReduction(op);
      const from = send && stageApart(send, recv, direct);
      // A reduction in place reads recv. Other calls only write it
      const to = recv && (op && !send ? stageOut(recv, direct) : stage(recv, direct));
      const { dtype } = (from ?? to) as Span;
      const names = AFTER_MEMORY[call] as readonly string[];
      const perform = this.#mpi[call] as (...args: unknown[]) => void;
      // The addon ignores arguments that a call does not have
      perform(
        this.#handle,
        from && memoryOf(from),
        from ? offsetOf(from) : 0,
        to && memoryOf(to),
        to ? offsetOf(to) : 0,
        argument(names[0], dtype, values),
        argument(names[1], dtype, values),
        argument(names[2], dtype, values),
        argument(names[3], dtype, values),
      );
      if (recv && to) copyIn(recv, to);
    });
  }

  /** Whether the devices have performed the collective themselves. */
  #onDevices(
    call: SpanCollective,
    send: Span | undefined,
    recv: Span | undefined,
    op: ReduceOp | undefined,
  ): boolean {
    const port = recv && this.#portFor(recv, send ?? recv);
    if (call === 'allreduce' && port?.reduces(recv as DeviceSpan, op as ReduceOp))
      port.allreduce(send as DeviceSpan | undefined, recv as DeviceSpan, op as ReduceOp);
    else if (call === 'allgather' && port && send) port.allgather(send as DeviceSpan, recv as DeviceSpan);
    else return false;
    return true;
  }

  protected override doBcastObject(value: unknown, root: number): unknown {
    const mine = this.rank === root ? encodeObject(value) : undefined;
    const mark = Float64Array.of(mine?.mark ?? 0);
    this.doBcast(hostSpan(mark), root);
    const words = mine?.words ?? new Int32Array(wordsOf(mark[0] as number));
    this.doBcast(hostSpan(words), root);
    return decodeObject('bcastObject', words, mark[0] as number, root);
  }

  protected override doAllgatherObject(value: unknown): unknown[] {
    const { words, mark } = encodeObject(value);
    const marks = this.#allMarks(mark);
    const counts = marks.map(wordsOf);
    const all = new Int32Array(counts.reduce((a, b) => a + b, 0));
    this.doCollective('allgatherv', hostSpan(words), hostSpan(all), { counts });
    return decodeAll('allgatherObject', all, marks);
  }

  protected override doGatherObject(value: unknown, root: number): unknown[] | undefined {
    const { words, mark } = encodeObject(value);
    const marks = this.#allMarks(mark);
    // If one rank's value cannot be sent, all ranks throw, not only the root.
    const failed = marks.findIndex((m) => m < 0);
    if (failed >= 0) {
      const message = this.rank === failed ? words : new Int32Array(wordsOf(marks[failed] as number));
      this.doBcast(hostSpan(message), failed);
      decodeObject('gatherObject', message, marks[failed] as number, failed);
    }
    const counts = marks.map(wordsOf);
    const all = this.rank === root ? new Int32Array(counts.reduce((a, b) => a + b, 0)) : undefined;
    this.doCollective('gatherv', hostSpan(words), all && hostSpan(all), { counts, root });
    return all && decodeAll('gatherObject', all, marks);
  }

  #allMarks(mark: number): number[] {
    const marks = new Float64Array(this.size);
    this.doCollective('allgather', hostSpan(Float64Array.of(mark)), hostSpan(marks), { count: 1 });
    return Array.from(marks);
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

  protected override doCart(grid: CartesianGrid, reorder: boolean): Communicator | undefined {
    const handle = this.#mpi.cart(
      this.#handle,
      Int32Array.from(grid.dims),
      Int32Array.from(grid.periodic, Number),
      reorder,
    );
    return handle < 0 ? undefined : new MpiCommunicator(this.#mpi, handle);
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
