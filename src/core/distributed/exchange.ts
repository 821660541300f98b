import type { DType } from '../base/dtype.js';
import { ArgumentError, BackendError, DTypeError, ShapeError } from '../base/errors.js';
import { memo } from '../base/memo.js';
import { stridesOf } from '../base/shape.js';
import type { Backend, Elements, Storage, Strided } from '../ports/backend.js';
import type { Communicator, PersistentRequest, Request } from '../ports/communicator.js';
import type { Span } from '../ports/span.js';
import type { Message, Pattern, Piece } from './exchange-pattern.js';

/** The part of a communicator that point-to-point exchange uses. */
export type MessagePort = Pick<
  Communicator,
  'rank' | 'size' | 'id' | 'checker' | 'isend' | 'irecv' | 'sendInit' | 'recvInit' | 'startAll' | 'waitAll'
>;

/**
 * The tag of all exchanges. Messages match by their order: any two ranks start their exchanges with
 * each other in the same order.
 */
const TAG = 27759;

/** The arrays of the boxes that a rank needs. An array without cells may be undefined. */
export type Targets = readonly (Elements | undefined)[];

/**
 * Checks the size on this rank, the dtype and the backend of `elements`.
 * @throws {@link ShapeError}, {@link DTypeError} or {@link BackendError} if they differ
 */
export function checkElements(
  elements: Elements,
  size: number,
  dtype: DType,
  backend: Backend,
  name: string,
): void {
  const { storage } = elements;
  if (elements.size !== size)
    throw new ShapeError(`expected ${name} to have ${size} elements on this rank, received ${elements.size}`);
  if (storage.dtype !== dtype)
    throw new DTypeError(
      `expected ${name} of dtype ${dtype}, received ${storage.dtype}: cast it with astype('${dtype}')`,
    );
  if (storage.backend !== backend)
    throw new BackendError(
      `expected ${name} on backend '${backend.name}', it is on '${storage.backend.name}'`,
    );
}

/**
 * Checks that two runs of memory are disjoint.
 * @throws {@link ArgumentError} if they overlap
 */
export function checkDisjoint(x: Elements, y: Elements): void {
  if (x.storage === y.storage && y.offset < x.offset + x.size && x.offset < y.offset + y.size) {
    throw new ArgumentError('expected a target that shares no memory with the array, they overlap');
  }
}

/** A piece of one of several arrays, as kernels read and write it. */
export const within = (arrays: Targets, { array, start, strides }: Piece): Strided => ({
  elements: arrays[array] as Elements,
  start,
  strides,
});

/** One end of a message: the position of its data on this rank, and its requests. */
class Endpoint {
  readonly message: Message;
  /** True if the message is one run of the operand, so that it needs no packing. */
  readonly direct: boolean;
  readonly #port: MessagePort;
  readonly #backend: Backend;
  readonly #dtype: DType;
  /** True if the operands are always the same memory. */
  readonly #bound: boolean;
  readonly #pooled: boolean;
  #buffer: Storage | undefined;
  /** The pieces within the buffer, one after another. */
  #slots: readonly Strided[] = [];
  #sender: PersistentRequest | undefined;
  #receiver: PersistentRequest | undefined;

  constructor(
    message: Message,
    port: MessagePort,
    backend: Backend,
    dtype: DType,
    { bound, buffers }: ExchangeMemory,
  ) {
    this.message = message;
    this.direct = message.pieces.length === 1 && (message.pieces[0] as Piece).contiguous;
    this.#port = port;
    this.#backend = backend;
    this.#dtype = dtype;
    this.#bound = bound !== undefined;
    this.#pooled = buffers === 'pooled';
  }

  /** The memory of the message: the run of the operand that it is, or the buffer. */
  #span(operands: Targets, direct: boolean): Span {
    const { pieces, size } = this.message;
    if (!direct) return this.#ownBuffer().span(0, size);
    const { array, start } = pieces[0] as Piece;
    const { storage, offset } = operands[array] as Elements;
    return storage.span(offset + start, size);
  }

  /** True if the memory of the message stays the same, so that it has a persistent request. */
  #isKept(direct: boolean): boolean {
    return !this.#pooled && (!direct || this.#bound);
  }

  #ownBuffer(): Storage {
    if (this.#buffer) return this.#buffer;
    const storage = this.#backend.alloc(this.#dtype, this.message.size);
    let offset = 0;
    this.#slots = this.message.pieces.map(({ shape, size }) => {
      const slot = { elements: { storage, offset, size }, start: 0, strides: stridesOf(shape) };
      offset += size;
      return slot;
    });
    this.#buffer = storage;
    return storage;
  }

  /**
   * Sends the message, which must have been packed if it needs packing. A persistent request is
   * added to `idle`, and the caller starts it.
   */
  send(operands: Targets, idle: PersistentRequest[]): Request {
    const { peer } = this.message;
    if (!this.#isKept(this.direct)) return this.#port.isend(this.#span(operands, this.direct), peer, TAG);
    this.#sender ??= this.#port.sendInit(this.#span(operands, this.direct), peer, TAG);
    idle.push(this.#sender);
    return this.#sender;
  }

  /**
   * Receives into the operand if `direct`, otherwise into the buffer. For one endpoint, `direct` is
   * the same in every call.
   */
  receive(operands: Targets, direct: boolean, idle: PersistentRequest[]): Request {
    const { peer } = this.message;
    if (!this.#isKept(direct)) return this.#port.irecv(this.#span(operands, direct), peer, TAG);
    this.#receiver ??= this.#port.recvInit(this.#span(operands, direct), peer, TAG);
    idle.push(this.#receiver);
    return this.#receiver;
  }

  /** Allocates the buffer, unless the elements are sent or received in place. */
  reserve(direct: boolean): void {
    if (!direct) this.#ownBuffer();
  }

  pack(operands: Targets): void {
    if (this.direct) return;
    this.message.pieces.forEach((piece, k) => {
      this.#backend.stridedCopy(piece.shape, within(operands, piece), this.#slots[k] as Strided, 'set');
    });
  }

  unpack(operands: Targets, mode: 'set' | 'add'): void {
    this.message.pieces.forEach((piece, k) => {
      this.#backend.stridedCopy(piece.shape, this.#slots[k] as Strided, within(operands, piece), mode);
    });
  }

  /** Called when the message is complete. A buffer from the pool is released. */
  end(): void {
    if (this.#pooled) this.dispose();
  }

  /** Releases memory and requests. The next use allocates them again. */
  dispose(): void {
    this.#sender?.free();
    this.#receiver?.free();
    if (this.#buffer) this.#backend.release(this.#buffer);
    this.#sender = this.#receiver = this.#buffer = undefined;
  }
}

/** The memory of an exchange. */
export interface ExchangeMemory {
  /** The targets, if they are always the same memory. */
  readonly bound?: Targets | undefined;
  /**
   * Buffers of the messages that need packing. `kept`: allocated once, with persistent requests,
   * until `dispose`; for small messages that are sent often. `pooled`: taken from the backend's
   * pool for each exchange; for parts of whole arrays.
   * @default 'kept'
   */
  readonly buffers?: 'kept' | 'pooled';
}

/**
 * Executes a {@link Pattern}: copies the box that each rank holds into the boxes that others need.
 * The adjoint sends the values back and adds them.
 *
 * An exchange has two phases: `start` posts the receives, packs and sends; `finish` waits and
 * unpacks. Between them the operands must not be written. At most one message is sent to each rank,
 * and none if nothing is needed. Pieces that are one run of memory are sent and received in place.
 * Buffers and persistent requests are made at first use and kept until `dispose`, unless the
 * buffers are `pooled`.
 */
export class Exchange {
  readonly pattern: Pattern;
  readonly dtype: DType;
  readonly backend: Backend;
  readonly #port: MessagePort;
  readonly #bound: Targets | undefined;
  readonly #outgoing: readonly Endpoint[];
  readonly #incoming: readonly Endpoint[];
  readonly #receives: Request[] = [];
  readonly #sends: Request[] = [];
  readonly #idle: PersistentRequest[] = [];
  #active: 'forward' | 'adjoint' | undefined;
  #targets: Targets = [];
  #zero: Storage | undefined;

  constructor(
    pattern: Pattern,
    port: MessagePort,
    dtype: DType,
    backend: Backend,
    memory: ExchangeMemory = {},
  ) {
    this.pattern = pattern;
    this.dtype = dtype;
    this.backend = backend;
    this.#port = port;
    this.#bound = memory.bound;
    this.#outgoing = pattern.sends.map(
      (m) => new Endpoint(m, port, backend, dtype, { ...memory, bound: undefined }),
    );
    this.#incoming = pattern.receives.map((m) => new Endpoint(m, port, backend, dtype, memory));
  }

  /** True between a start and its finish. */
  get active(): boolean {
    return this.#active !== undefined;
  }

  /**
   * Starts the exchange.
   * @param x the box that this rank holds
   * @param targets the arrays to fill; left out if they are bound
   */
  start(x: Elements, targets: Targets = this.#bound ?? []): void {
    this.#begin('forward', x, targets);
    for (const end of this.#incoming) this.#receives.push(end.receive(targets, end.direct, this.#idle));
    // All messages are packed before the first is sent, so that a device is synchronised once.
    for (const end of this.#outgoing) end.pack([x]);
    for (const end of this.#outgoing) this.#sends.push(end.send([x], this.#idle));
    this.#startIdle();
    for (const { from, to } of this.pattern.copies) {
      const y = targets[to.array] as Elements;
      if (from.contiguous && to.contiguous) {
        this.backend.copy(
          { storage: x.storage, offset: x.offset + from.start, size: from.size },
          { storage: y.storage, offset: y.offset + to.start, size: to.size },
        );
      } else {
        this.backend.stridedCopy(from.shape, within([x], from), within(targets, to), 'set');
      }
    }
    for (const piece of this.pattern.zeros) {
      const zero = { elements: this.#zeroElement(), start: 0, strides: piece.shape.map(() => 0) };
      this.backend.stridedCopy(piece.shape, zero, within(targets, piece), 'set');
    }
  }

  finish(): void {
    this.#expect('forward');
    this.#incoming.forEach((end, i) => {
      (this.#receives[i] as Request).wait();
      if (!end.direct) end.unpack(this.#targets, 'set');
    });
    this.#end();
  }

  /** Starts the adjoint: sends the cells of `targets` back to the ranks that hold them. */
  startAdjoint(targets: Targets = this.#bound ?? []): void {
    this.#begin('adjoint', undefined, targets);
    for (const end of this.#outgoing) this.#receives.push(end.receive([], false, this.#idle));
    for (const end of this.#incoming) end.pack(targets);
    for (const end of this.#incoming) this.#sends.push(end.send(targets, this.#idle));
    this.#startIdle();
  }

  /**
   * `x ← Hᵀ targets`, or `x += Hᵀ targets`. This rank's own cells are added first, then those of
   * the other ranks in rank order.
   */
  finishAdjoint(x: Elements, mode: 'set' | 'add'): void {
    this.#expect('adjoint');
    checkElements(x, this.pattern.sourceSize, this.dtype, this.backend, 'the array');
    const { copies, sourceSize } = this.pattern;
    const whole = copies.length === 1 && copies[0]?.from.size === sourceSize;
    if (mode === 'set' && !whole && sourceSize > 0) this.backend.fill(x, 0);
    for (const { from, to } of copies) {
      const own = mode === 'set' && whole ? 'set' : 'add';
      this.backend.stridedCopy(from.shape, within(this.#targets, to), within([x], from), own);
    }
    this.#outgoing.forEach((end, i) => {
      (this.#receives[i] as Request).wait();
      end.unpack([x], 'add');
    });
    this.#end();
  }

  /**
   * Releases buffers and requests. The exchange can be used again and then allocates them again.
   */
  dispose(): void {
    if (this.#active)
      throw new ArgumentError(
        'expected a finished exchange to dispose of, this one is under way: finish it first',
      );
    for (const end of this.#outgoing) end.dispose();
    for (const end of this.#incoming) end.dispose();
    if (this.#zero) this.backend.release(this.#zero);
    this.#zero = undefined;
  }

  #zeroElement(): Elements {
    if (!this.#zero) {
      this.#zero = this.backend.alloc(this.dtype, 1);
      this.backend.fill({ storage: this.#zero, offset: 0, size: 1 }, 0);
    }
    return { storage: this.#zero, offset: 0, size: 1 };
  }

  /** Checks all arguments and allocates all memory before anything is sent. */
  #begin(direction: 'forward' | 'adjoint', x: Elements | undefined, targets: Targets): void {
    if (this.#active)
      throw new ArgumentError(
        'expected a finished exchange, this one is under way: finish it before it is started again',
      );
    const { sourceSize, targetSizes } = this.pattern;
    if (targets.length !== targetSizes.length)
      throw new ArgumentError(`expected ${targetSizes.length} target arrays, received ${targets.length}`);
    if (x) checkElements(x, sourceSize, this.dtype, this.backend, 'the array');
    targetSizes.forEach((size, k) => {
      const target = targets[k];
      if (!target && size === 0) return;
      if (!target) throw new ArgumentError(`expected a target of ${size} elements, received none`);
      checkElements(target, size, this.dtype, this.backend, 'the target');
      if (x) checkDisjoint(x, target);
    });
    for (const end of this.#incoming) end.reserve(end.direct);
    for (const end of this.#outgoing) end.reserve(direction === 'forward' && end.direct);
    if (direction === 'forward' && this.pattern.zeros.length > 0) this.#zeroElement();
    const { checker } = this.#port;
    if (checker) {
      const { sends, receives } = this.pattern;
      const forward = direction === 'forward';
      checker.messages(
        `exchange of ghost cells or blocks, ${direction}, ${this.dtype}`,
        forward ? sends : receives,
        forward ? receives : sends,
      );
    }
    this.#targets = targets;
    this.#active = direction;
  }

  #startIdle(): void {
    this.#port.startAll(this.#idle);
    this.#idle.length = 0;
  }

  #expect(direction: 'forward' | 'adjoint'): void {
    if (this.#active !== direction)
      throw new ArgumentError(
        `expected a started ${direction} exchange, this one is ` +
          `${this.#active ? `a ${this.#active} one` : 'not started'}`,
      );
  }

  #end(): void {
    this.#port.waitAll(this.#sends);
    for (const end of this.#outgoing) end.end();
    for (const end of this.#incoming) end.end();
    this.#sends.length = this.#receives.length = 0;
    this.#targets = [];
    this.#active = undefined;
  }
}

/**
 * The exchanges of one pattern, one for each backend and dtype, made at first use. Their buffers
 * come from the backend's pool and are released after each call.
 */
export class PooledExchanges {
  readonly #pattern: Pattern;
  readonly #port: MessagePort;
  readonly #made = new Map<Backend, Map<DType, Exchange>>();

  constructor(pattern: Pattern, port: MessagePort) {
    this.#pattern = pattern;
    this.#port = port;
  }

  of({ backend, dtype }: Pick<Storage, 'backend' | 'dtype'>): Exchange {
    const byDType = memo(this.#made, backend, () => new Map<DType, Exchange>());
    return memo(
      byDType,
      dtype,
      () => new Exchange(this.#pattern, this.#port, dtype, backend, { buffers: 'pooled' }),
    );
  }

  /** Disposes of the exchanges. Later calls make them again. */
  dispose(): void {
    for (const byDType of this.#made.values()) for (const exchange of byDType.values()) exchange.dispose();
    this.#made.clear();
  }
}
