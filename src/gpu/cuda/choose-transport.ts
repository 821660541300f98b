import { BackendError, messageOf } from '../../core/base/errors.js';
import { log } from '../../core/base/log.js';
import { onAllRanks, sameOnAllRanks } from '../../core/ports/agreement.js';
import type { Backend, Elements } from '../../core/ports/backend.js';
import type { Communicator } from '../../core/ports/communicator.js';
import type { DevicePort } from '../../core/ports/device-port.js';
import {
  type DeviceTransport,
  deviceTransport,
  setDeviceTransport,
} from '../../core/ports/device-transport.js';
import type { SettingOf } from '../../environment/variables.js';

export type TransportName = Exclude<SettingOf<'LOPS_GPU_TRANSPORT'>, 'auto'>;

const PIECE_BYTES = 4 << 20;

/** MPI reads and writes device memory directly. */
const direct = (reason: string): DeviceTransport => ({
  name: 'direct',
  reason,
  direct: true,
  pieceBytes: Number.POSITIVE_INFINITY,
});

/** Device memory goes through host memory, in pieces. */
export const staged = (reason: string, pieceBytes = PIECE_BYTES): DeviceTransport => ({
  name: 'staged',
  reason,
  direct: false,
  pieceBytes,
});

/**
 * Chooses how device memory of this backend is sent between the ranks of `comm`, once for the
 * process. `auto` selects `direct` if MPI reports at run time that it reads device memory and a
 * small exchange confirms it, otherwise `staged`. Collective; all ranks choose the same.
 *
 * @param asked the transport that this rank's environment selects
 * @param makePort creates the port of device collectives (NCCL), or throws on all ranks; collective
 * @throws {@link BackendError} on all ranks if they select different transports, or if the selected
 * one does not work
 */
export function chooseTransport(
  comm: Communicator,
  backend: Backend,
  asked: SettingOf<'LOPS_GPU_TRANSPORT'>,
  makePort: () => DevicePort,
): DeviceTransport {
  sameOnAllRanks(comm, 'cuda', () => ({ LOPS_GPU_TRANSPORT: asked }), {
    error: BackendError,
    remedy: 'pass it to all of them (mpirun -x LOPS_GPU_TRANSPORT)',
  });
  const chosen = decide(comm, backend, asked, makePort);
  setDeviceTransport(chosen);
  log('info', `transport of device memory: ${chosen.name}`, { reason: chosen.reason });
  return chosen;
}

function decide(
  comm: Communicator,
  backend: Backend,
  asked: SettingOf<'LOPS_GPU_TRANSPORT'>,
  makePort: () => DevicePort,
): DeviceTransport {
  if (comm.size === 1) return staged('one rank');
  if (asked === 'staged') return staged('LOPS_GPU_TRANSPORT asks for it');
  if (asked === 'nccl') {
    try {
      return {
        name: 'nccl',
        reason: 'LOPS_GPU_TRANSPORT asks for it',
        direct: false,
        pieceBytes: Number.POSITIVE_INFINITY,
        port: makePort(),
      };
    } catch (error) {
      throw new BackendError(
        `LOPS_GPU_TRANSPORT=nccl, but ${messageOf(error)}; LOPS_GPU_TRANSPORT=staged needs nothing`,
        { cause: error },
      );
    }
  }
  const { supported, query } = comm.deviceMemory();
  const refusal = comm.allgatherObject(supported).includes(false)
    ? `MPI does not read device memory (${query})`
    : selfTest(comm, backend);
  if (refusal === undefined) return direct(`${query}, and an exchange proved it`);
  if (asked === 'direct')
    throw new BackendError(
      `LOPS_GPU_TRANSPORT=direct, but ${refusal}; use a CUDA-aware MPI, or LOPS_GPU_TRANSPORT=staged`,
    );
  return staged(refusal);
}

/** Sizes of the test messages. MPI sends short and long messages in different ways. */
const PROBES = [3, 40_000];
const TAG = 27_760;

/**
 * Tests a ring of messages and a sum between device memories.
 *
 * @returns a description of the failure, the same on all ranks; undefined if the test passed
 */
function selfTest(comm: Communicator, backend: Backend): string | undefined {
  const before = deviceTransport();
  setDeviceTransport(direct('self-test'));
  try {
    onAllRanks(comm, () => {
      // every rank takes part in every exchange, whatever it has received
      const right = PROBES.map((n) => exchanges(comm, backend, n));
      if (right.includes(false)) throw new BackendError('wrong values were received in device memory');
    });
    return undefined;
  } catch (error) {
    return `MPI says that it reads device memory and does not: ${messageOf(error)}`;
  } finally {
    setDeviceTransport(before);
  }
}

/** Whether a ring of messages and a sum of `n` elements of device memory are right on this rank. */
function exchanges(comm: Communicator, backend: Backend, n: number): boolean {
  const { rank, size } = comm;
  const [next, last] = [(rank + 1) % size, (rank + size - 1) % size];
  const allocate = (): Elements => ({ storage: backend.alloc('float32', n), offset: 0, size: n });
  const [sent, received] = [allocate(), allocate()];
  try {
    backend.upload(new Float32Array(n).fill(1 + rank), sent);
    backend.upload(new Float32Array(n).fill(-1), received);
    comm.waitAll([comm.irecv(received, last, TAG), comm.isend(sent, next, TAG)]);
    comm.allreduce(sent, 'sum');
    const holds = (run: Elements, expected: number): boolean =>
      [...backend.download(run)].every((value) => value === expected);
    return holds(received, 1 + last) && holds(sent, (size * (size + 1)) / 2);
  } finally {
    for (const { storage } of [sent, received]) backend.release(storage);
  }
}
