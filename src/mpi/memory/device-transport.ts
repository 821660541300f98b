import { BackendError } from '../../core/base/errors.js';
import { log } from '../../core/base/log.js';
import type { Backend } from '../../core/ports/backend.js';
import type { Communicator } from '../../core/ports/communicator.js';
import type { DevicePort } from '../../core/ports/device-port.js';

/** How messages leave and enter device memory. */
export const DEVICE_TRANSPORTS = ['direct', 'staged', 'nccl'] as const;
export type DeviceTransport = (typeof DEVICE_TRANSPORTS)[number];

/** The transport in use, and why it. */
export interface TransportChoice {
  readonly transport: DeviceTransport;
  readonly reason: string;
}

/** What the loaded MPI says of itself; `query` names who was asked. */
export interface CudaSupport {
  readonly supported: boolean;
  readonly query: string;
}

interface State extends TransportChoice {
  /** Messages above so many bytes travel in pieces; Infinity while no device is in use. */
  readonly pieceBytes: number;
  readonly port: DevicePort | undefined;
}

const UNUSED: State = {
  transport: 'staged',
  reason: 'no device is in use',
  pieceBytes: Number.POSITIVE_INFINITY,
  port: undefined,
};
const PIECE_BYTES = 4 << 20;

let state: State = UNUSED;

/** The transport of device memory in this process, the same on all ranks. */
export const deviceTransport = (): State => state;

/** Sets it without any proof: for tests. Without an argument as at the start. */
export function setDeviceTransport(
  transport?: DeviceTransport,
  pieceBytes = PIECE_BYTES,
  port?: DevicePort,
): void {
  state = transport ? { transport, reason: 'set by the program', pieceBytes, port } : UNUSED;
}

/** What `chooseDeviceTransport` decides by. */
export interface TransportOptions {
  /** What the user asks for: `auto` (default), or one of {@link DEVICE_TRANSPORTS}. */
  readonly wanted?: 'auto' | DeviceTransport | undefined;
  /** Asks MPI about itself. */
  readonly support: () => CudaSupport;
  /** Makes the port of device collectives (NCCL), or answers why there is none. Collective. */
  readonly port: () => DevicePort | string;
}

/**
 * Chooses how device memory of this backend travels between the ranks of `comm`, once for the
 * process. Collective; all ranks get the same answer. `auto` takes `direct` where MPI says at run
 * time that it reads device memory and a small exchange proves it, `staged` otherwise. Throws
 * {@link BackendError} on all ranks where what was asked for does not work.
 */
export function chooseDeviceTransport(
  comm: Communicator,
  backend: Backend,
  options: TransportOptions,
): TransportChoice {
  const all = comm.allgatherObject(options.wanted ?? 'auto');
  const other = all.findIndex((name) => name !== all[0]);
  if (other > 0)
    throw new BackendError(
      `expected one LOPS_GPU_TRANSPORT on all ranks, rank 0 has '${all[0]}', rank ${other} ` +
        `'${all[other]}': pass it to all of them (mpirun -x LOPS_GPU_TRANSPORT)`,
    );
  state = decide(comm, backend, all[0] as 'auto' | DeviceTransport, options);
  log('info', `transport of device memory: ${state.transport}`, { reason: state.reason });
  return state;
}

const staged = (reason: string): State => ({
  transport: 'staged',
  reason,
  pieceBytes: PIECE_BYTES,
  port: undefined,
});

function decide(
  comm: Communicator,
  backend: Backend,
  wanted: 'auto' | DeviceTransport,
  options: TransportOptions,
): State {
  if (comm.size === 1) return staged('one rank');
  if (wanted === 'staged') return staged('LOPS_GPU_TRANSPORT asks for it');
  if (wanted === 'nccl') {
    const port = options.port();
    const failed = comm.allgatherObject(typeof port === 'string' ? port : '').find((reason) => reason !== '');
    if (failed !== undefined || typeof port === 'string')
      throw new BackendError(
        `LOPS_GPU_TRANSPORT=nccl, but ${failed}; LOPS_GPU_TRANSPORT=staged needs nothing`,
      );
    return {
      transport: 'nccl',
      reason: 'LOPS_GPU_TRANSPORT asks for it',
      pieceBytes: Number.POSITIVE_INFINITY,
      port,
    };
  }
  const { supported, query } = options.support();
  const refusal = comm.allgatherObject(supported).includes(false)
    ? `MPI does not read device memory (${query})`
    : selfTest(comm, backend);
  if (refusal === undefined)
    return {
      transport: 'direct',
      reason: `${query}, and an exchange proved it`,
      pieceBytes: Number.POSITIVE_INFINITY,
      port: undefined,
    };
  if (wanted === 'direct')
    throw new BackendError(
      `LOPS_GPU_TRANSPORT=direct, but ${refusal}; use a CUDA-aware MPI, or LOPS_GPU_TRANSPORT=staged`,
    );
  return staged(refusal);
}

/** Sizes of the messages that prove it: MPI sends short and long ones in different ways. */
const PROBES = [3, 40_000];
const TAG = 27_760;

/** A ring of messages and a sum between device memories; what was wrong, the same on all ranks. */
function selfTest(comm: Communicator, backend: Backend): string | undefined {
  const before = state;
  state = { transport: 'direct', reason: 'self-test', pieceBytes: Number.POSITIVE_INFINITY, port: undefined };
  let wrong = '';
  try {
    if (!PROBES.every((n) => exchanges(comm, backend, n)))
      wrong = `rank ${comm.rank} received wrong values in device memory`;
  } catch (error) {
    wrong = `rank ${comm.rank}: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    state = before;
  }
  const first = comm.allgatherObject(wrong).find((text) => text !== '');
  return first === undefined ? undefined : `MPI says that it reads device memory and does not: ${first}`;
}

function exchanges(comm: Communicator, backend: Backend, n: number): boolean {
  const { rank, size } = comm;
  const [next, last] = [(rank + 1) % size, (rank + size - 1) % size];
  const storages = [0, 1].map(() => backend.alloc('float32', n)) as [
    ReturnType<Backend['alloc']>,
    ReturnType<Backend['alloc']>,
  ];
  try {
    const [mine, theirs] = storages.map((storage) => ({ storage, offset: 0, size: n })) as [
      { storage: (typeof storages)[0]; offset: number; size: number },
      { storage: (typeof storages)[0]; offset: number; size: number },
    ];
    backend.upload(new Float32Array(n).fill(1 + rank), mine);
    backend.upload(new Float32Array(n).fill(-1), theirs);
    comm.waitAll([
      comm.irecv(theirs.storage.span(0, n), last, TAG),
      comm.isend(mine.storage.span(0, n), next, TAG),
    ]);
    comm.allreduce(mine.storage.span(0, n), 'sum');
    const is = (values: ArrayLike<number>, expected: number): boolean =>
      Array.prototype.every.call(values, (v: number) => v === expected);
    return is(backend.download(theirs), 1 + last) && is(backend.download(mine), (size * (size + 1)) / 2);
  } finally {
    for (const storage of storages) backend.release(storage);
  }
}
