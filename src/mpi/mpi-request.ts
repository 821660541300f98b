import type { PersistentRequest, Request } from '../core/communicator.js';
import { MpiError } from '../core/errors.js';
import type { HostSpan, Span } from '../core/span.js';
import type { MpiAddon } from './native.js';
import { copyIn, copyOut } from './staging.js';

/** Requests under way: this keeps the memory that MPI reads and writes, also where nobody holds the request. */
const outstanding = new Set<Request>();

/** The memory of a request. */
export interface RequestMemory {
  readonly span: Span;
  readonly staged: HostSpan;
  /** Whether the stage is copied to the span at the end. */
  readonly arrives: boolean;
}

/** A pending operation of MPI. */
export class MpiRequest implements Request {
  readonly #mpi: MpiAddon;
  readonly #handle: number;
  #memory: RequestMemory | undefined;

  constructor(mpi: MpiAddon, handle: number, memory: RequestMemory) {
    this.#mpi = mpi;
    this.#handle = handle;
    this.#memory = memory;
    outstanding.add(this);
  }

  wait(): void {
    const memory = this.#memory;
    if (!memory) return;
    try {
      this.#mpi.wait(this.#handle);
    } finally {
      this.#settle();
    }
    if (memory.arrives) copyIn(memory.span, memory.staged);
  }

  test(): boolean {
    const memory = this.#memory;
    if (!memory) return true;
    let over = true;
    try {
      over = this.#mpi.test(this.#handle);
    } finally {
      if (over) this.#settle();
    }
    if (over && memory.arrives) copyIn(memory.span, memory.staged);
    return over;
  }

  #settle(): void {
    this.#memory = undefined;
    outstanding.delete(this);
  }
}

/** A persistent send or receive of MPI. */
export class MpiPersistentRequest implements PersistentRequest {
  readonly #mpi: MpiAddon;
  readonly #handle: number;
  readonly #memory: RequestMemory;
  readonly #onStart: (() => void) | undefined;
  #state: 'idle' | 'active' | 'freed' = 'idle';

  constructor(mpi: MpiAddon, handle: number, memory: RequestMemory, onStart?: () => void) {
    this.#mpi = mpi;
    this.#handle = handle;
    this.#memory = memory;
    this.#onStart = onStart;
  }

  start(): void {
    if (this.#state === 'freed') throw new MpiError('start: this persistent request was freed');
    if (this.#state === 'active') throw new MpiError('start: this persistent request is active: wait for it first');
    const { span, staged, arrives } = this.#memory;
    if (!arrives) copyOut(span, staged);
    this.#mpi.start(this.#handle);
    this.#state = 'active';
    outstanding.add(this);
    this.#onStart?.();
  }

  wait(): void {
    if (this.#state !== 'active') return;
    try {
      this.#mpi.wait(this.#handle);
    } finally {
      this.#settle();
    }
    this.#arrive();
  }

  test(): boolean {
    if (this.#state !== 'active') return true;
    let over = true;
    try {
      over = this.#mpi.test(this.#handle);
    } finally {
      if (over) this.#settle();
    }
    if (over) this.#arrive();
    return over;
  }

  free(): void {
    if (this.#state === 'active') throw new MpiError('free: this persistent request is active: wait for it first');
    if (this.#state === 'idle') this.#mpi.freeRequest(this.#handle);
    this.#state = 'freed';
  }

  #settle(): void {
    this.#state = 'idle';
    outstanding.delete(this);
  }

  #arrive(): void {
    const { span, staged, arrives } = this.#memory;
    if (arrives) copyIn(span, staged);
  }
}
