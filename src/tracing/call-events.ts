import { bytesOf } from '../core/base/dtype.js';
import { ANY, type Communicator, type Status } from '../core/ports/communicator.js';
import { type Transferable, toSpan } from '../core/ports/span.js';
import type { Call } from './interposition.js';

/** The categories of calls of communicators and requests. Others are not traced. */
const CATEGORIES = new Map<string, string>([
  ...['send', 'isend', 'sendrecv'].map((name) => [name, 'message'] as const),
  ...['recv', 'irecv'].map((name) => [name, 'receive'] as const),
  ...['wait', 'waitAll', 'test', 'startAll'].map((name) => [name, 'wait'] as const),
  ...['allreduce', 'iallreduce', 'reduce', 'reduceScatter'].map((name) => [name, 'reduction'] as const),
  ...[
    'barrier',
    'bcast',
    'allgather',
    'allgatherv',
    'gather',
    'gatherv',
    'scatter',
    'scatterv',
    'alltoall',
    'alltoallv',
    'bcastObject',
    'allgatherObject',
    'gatherObject',
    'split',
    'splitShared',
    'dup',
    'cart',
  ].map((name) => [name, 'collective'] as const),
]);

/** Methods of backends that are no kernels. */
const NO_KERNELS = new Set(['has', 'alloc', 'release', 'wrap', 'prepareStencil']);

/** A message that this rank sends or expects. */
interface Posted {
  readonly isSent: boolean;
  readonly partner: number;
  readonly bytes: number;
  readonly tag: number;
}

/** An end of an arrow from a send to its receive. */
export interface ArrowEnd {
  readonly isSent: boolean;
  readonly id: string;
}

/** What is recorded of a call. */
export interface CallRecord {
  readonly category: string;
  /** Further fields of the event, as JSON after a comma. */
  readonly details: string;
  readonly arrows: readonly ArrowEnd[];
}

const NO_ARROWS: readonly ArrowEnd[] = [];
/** The most pairs of ranks and tags of which the messages of a rank are numbered. */
const MOST_LINES = 16_384;
/** Calls of communicators and requests that return at once. */
const NO_WAIT = new Set(['isend', 'irecv', 'iallreduce', 'start', 'startAll', 'test']);

const bytesIn = (memory: unknown): number => {
  const { length, dtype } = toSpan(memory as Transferable);
  return length * bytesOf(dtype);
};

/** What a call sends or receives, by its arguments. */
function postedBy(name: string, args: readonly unknown[]): Posted | undefined {
  if (name === 'sendrecv')
    return {
      isSent: true,
      bytes: bytesIn(args[0]),
      partner: args[1] as number,
      tag: (args[4] as number | undefined) ?? 0,
    };
  const isSent = name === 'send' || name === 'isend' || name === 'sendInit';
  if (!isSent && name !== 'recv' && name !== 'irecv' && name !== 'recvInit') return undefined;
  const [memory, partner, tag = 0] = args as [unknown, number, number?];
  return { isSent, bytes: bytesIn(memory), partner, tag };
}

const describe = ({ isSent, partner, bytes, tag }: Posted): string =>
  `,"args":{"${isSent ? 'to' : 'from'}":${partner},"bytes":${bytes},"tag":${tag}}`;

/**
 * Describes the calls of the communicator of a trace, and of those made from it. Messages on the
 * communicator itself are numbered, so that the viewer draws an arrow from each send to its
 * receive: the n-th send from one rank to another with some tag belongs to the n-th receive.
 * Starts of persistent requests that are older than the trace have a category of their own, as
 * neither their direction nor their partner is known.
 */
export class CallEvents {
  readonly #comm: Communicator;
  /** The requests of persistent messages, and whether these are of the communicator itself. */
  readonly #kept = new WeakMap<object, Posted & { readonly isOwn: boolean }>();
  /** The receives that are pending, by request. */
  readonly #pending = new WeakMap<object, ArrowEnd>();
  readonly #numbers = new Map<string, number>();
  /** Whether messages can be numbered: not after a receive with a wildcard that does not wait. */
  #isNumbered: boolean;

  constructor(comm: Communicator) {
    this.#comm = comm;
    this.#isNumbered = comm.size > 1;
  }

  /** The category of a call; undefined if it is not traced. */
  category({ kind, name, self }: Pick<Call, 'kind' | 'name' | 'self'>): string | undefined {
    if (kind === 'kernel') return NO_KERNELS.has(name) ? undefined : kind;
    if (kind === 'operator') return kind;
    if (name === 'start') {
      const posted = this.#kept.get(self);
      return posted === undefined ? 'start' : posted.isSent ? 'message' : 'receive';
    }
    return CATEGORIES.get(name);
  }

  /** Whether a call with a category may wait for other ranks. */
  waits({ kind, name }: Pick<Call, 'kind' | 'name'>): boolean {
    return kind === 'communication' && !NO_WAIT.has(name);
  }

  /** Remembers the message of a persistent request, which no other call names. */
  keep({ name, self, args }: Call, request: unknown): void {
    if (name !== 'sendInit' && name !== 'recvInit') return;
    const posted = postedBy(name, args);
    // Other communicators number their ranks in another way
    if (posted) this.#kept.set(request as object, { ...posted, isOwn: self === this.#comm });
  }

  /** Describes a call that has returned `result`. */
  describe({ kind, name, self, args }: Call, category: string, result: unknown): CallRecord {
    if (kind !== 'communication') return { category, details: '', arrows: NO_ARROWS };
    if (name === 'wait' || name === 'test') return this.#completed(category, self);
    if (name === 'start') {
      const posted = this.#kept.get(self);
      if (!posted) return { category, details: '', arrows: NO_ARROWS };
      const arrows = posted.isOwn ? this.#post(posted, self) : NO_ARROWS;
      return { category, details: describe(posted), arrows };
    }
    if (category === 'reduction') {
      const op = String(args[1]);
      return {
        category,
        details: `,"args":{"op":${JSON.stringify(op)},"bytes":${bytesIn(args[0])}}`,
        arrows: NO_ARROWS,
      };
    }
    const posted = postedBy(name, args);
    if (!posted) return { category, details: '', arrows: NO_ARROWS };
    const arrows = self === this.#comm ? this.#arrowsOf(name, posted, result) : NO_ARROWS;
    return { category, details: describe(posted), arrows };
  }

  #arrowsOf(name: string, posted: Posted, result: unknown): readonly ArrowEnd[] {
    if (name !== 'recv' && name !== 'sendrecv')
      return this.#post(posted, name === 'irecv' ? (result as object) : undefined);
    const { source: partner, tag } = result as Status;
    const received = this.#number({ isSent: false, partner, bytes: 0, tag });
    if (name === 'recv') return received;
    return [...this.#number(posted), ...received];
  }

  /** The arrow of a send; that of a receive is drawn when its request is complete. */
  #post(posted: Posted, request: object | undefined): readonly ArrowEnd[] {
    const arrows = this.#number(posted);
    if (posted.isSent || !request) return arrows;
    if (arrows[0]) this.#pending.set(request, arrows[0]);
    return NO_ARROWS;
  }

  #completed(category: string, request: object): CallRecord {
    const arrow = this.#pending.get(request);
    this.#pending.delete(request);
    return { category, details: '', arrows: arrow ? [arrow] : NO_ARROWS };
  }

  #number({ isSent, partner, tag }: Posted): readonly ArrowEnd[] {
    if (partner === ANY || tag === ANY) this.#isNumbered = false;
    if (!this.#isNumbered) return NO_ARROWS;
    const [from, to] = isSent ? [this.#comm.rank, partner] : [partner, this.#comm.rank];
    const line = `${from}-${to}-${tag}`;
    const key = `${isSent ? 'sent' : 'received'} ${line}`;
    const number = this.#numbers.get(key);
    // Of further tags neither the first message nor a later one has an arrow
    if (number === undefined && this.#numbers.size >= MOST_LINES) return NO_ARROWS;
    this.#numbers.set(key, (number ?? 0) + 1);
    return [{ isSent, id: `${line}-${number ?? 0}` }];
  }
}
