/**
 * One rank of the tests of a device transport: `node transport-rank.js TRANSPORT`. It prints a line
 * of JSON for every failure, and `done`.
 */
import { expect } from 'chai';
import { type DType, hostArray, lanesOf } from '../../src/core/base/dtype.js';
import { BackendError } from '../../src/core/base/errors.js';
import type { Storage } from '../../src/core/ports/backend.js';
import { deviceTransport, setDeviceTransport } from '../../src/core/ports/device-transport.js';
import type { DeviceSpan } from '../../src/core/ports/span.js';
import { staged, type TransportName } from '../../src/gpu/cuda/choose-transport.js';
import { cudaAddon } from '../../src/gpu/cuda/cuda-addon.js';
import type { CudaContext } from '../../src/gpu/cuda/cuda-addon-interface.js';
import {
  COMM_WORLD,
  cgls,
  DistributedArray,
  MPIFirstDerivative,
  MPIMatrixMult,
  NDArray,
  resolveBackend,
} from '../../src/index.js';
import { BODIES } from '../mpi/bodies.js';
import type { MakeCell } from '../mpi/memory.js';
import { expectClose } from '../support/expect-close.js';

const wanted = process.argv[2] as TransportName;
// all ranks except rank 0 may have another setting
if (process.env['UNLIKE'] && COMM_WORLD.rank > 0) process.env['LOPS_GPU_TRANSPORT'] = process.env['UNLIKE'];
const backend = resolveBackend('cuda');

/** Device memory in the middle of a larger block. */
const cudaCell: MakeCell = (dtype: DType, numbers: readonly number[]) => {
  const length = numbers.length / lanesOf(dtype);
  const storage: Storage = backend.alloc(dtype, length + 9);
  const host = hostArray(dtype, length);
  host.set(numbers);
  const run = { storage, offset: 5, size: length };
  backend.upload(host, run);
  return { memory: storage.span(5, length), numbers: () => [...backend.download(run)] };
};

function attempt(name: string, body: () => void): void {
  let message = '';
  try {
    body();
  } catch (error) {
    message = error instanceof Error ? `${error.stack}` : String(error);
  }
  for (const [rank, text] of COMM_WORLD.allgatherObject(message).entries())
    if (text !== '' && COMM_WORLD.rank === 0) console.log(JSON.stringify({ name, rank, text }));
}

/** The solution of a small inversion on a backend, as global values. */
function inversion(name: 'cpu' | 'cuda'): number[] {
  const dims = [13, 6];
  const x = DistributedArray.random(dims, { backend: name, seed: 3, dtype: 'float64' });
  const D = new MPIFirstDerivative(dims, { kind: 'centered', order: 5 });
  const { x: found } = cgls(D, D.matvec(x), { niter: 8 });
  return [...found.asArray().toHost()];
}

/** Y = Aᵀ(A X) with blocks of a matrix over all ranks. It broadcasts and adds panels. */
function product(name: 'cpu' | 'cuda'): number[] {
  const M = new MPIMatrixMult(
    NDArray.uniform([4, 9], { seed: 5 + COMM_WORLD.rank, dtype: 'float64', backend: 'cpu' }),
    4,
    {
      kind: 'block',
    },
  );
  const x = DistributedArray.random(M.dims, { backend: name, seed: 6, dtype: 'float64' });
  return [...M.rmatvec(M.matvec(x)).asArray().toHost()];
}

const alike = (compute: (name: 'cpu' | 'cuda') => number[]): void => {
  const host = compute('cpu');
  expectClose(compute('cuda'), host, { atol: 1e-9 });
};

attempt('the transport is the one that was asked for', () =>
  expect(deviceTransport().name, deviceTransport().reason).to.equal(wanted),
);
/**
 * True if a test needs tags. NCCL has none: its messages between two ranks match in the order of
 * the calls.
 */
const needsTags = (name: string): boolean => name.includes('by tag');
for (const { name, run } of BODIES)
  if (wanted !== 'nccl' || !needsTags(name)) attempt(name, () => run(COMM_WORLD, cudaCell));
const { port } = deviceTransport();
if (wanted === 'staged') {
  setDeviceTransport({ ...staged('set by this test', 24), port });
  for (const { name, run } of BODIES) attempt(`${name}; in pieces`, () => run(COMM_WORLD, cudaCell));
}
if (wanted === 'nccl')
  attempt('a message that NCCL refuses is not sent again, and later ones arrive', () => {
    if (!port) throw new Error('expected a device port');
    const { rank, size } = COMM_WORLD;
    const [sent, received] = [cudaCell('float64', [rank, 1]), cudaCell('float64', [0, 0])];
    const [from, to] = [sent.memory, received.memory] as [DeviceSpan, DeviceSpan];
    port.send(from, size);
    expect(() => port.flush()).to.throw(BackendError, 'ncclSend: ');
    port.send(from, (rank + 1) % size);
    port.recv(to, (rank + size - 1) % size);
    port.finish();
    expect(received.numbers()).to.deep.equal([(rank + size - 1) % size, 1]);
  });
attempt('an inversion gives what it gives on the CPU', () => alike(inversion));
attempt('a product of matrices gives what it gives on the CPU', () => alike(product));
attempt('host memory in between is made once, also in programs that never return to their events', () => {
  const state = cudaAddon();
  if (!state.available) throw new Error(state.reason);
  const context = state.addon.openContext(0, Number.POSITIVE_INFINITY, '');
  // the methods of all contexts
  const methods = Object.getPrototypeOf(context) as CudaContext;
  context.close();
  const x = DistributedArray.random([24, 10], { backend, dtype: 'float64' });
  const M = new MPIMatrixMult(NDArray.uniform([6, 9], { seed: 0, dtype: 'float64', backend: 'cpu' }), 4, {
    kind: 'block',
  });
  const m = DistributedArray.random(M.dims, { backend, dtype: 'float64' });
  const once = (): void => {
    x.redistribute(1).dispose();
    x.norm();
    M.rmatvec(M.matvec(m)).dispose();
  };
  once();
  let made = 0;
  const { allocPinned } = methods;
  methods.allocPinned = function (bytes) {
    made++;
    return allocPinned.call(this, bytes);
  };
  for (let k = 0; k < 10; k++) once();
  methods.allocPinned = allocPinned;
  expect(made).to.equal(0);
});
if (COMM_WORLD.rank === 0) console.log('done');
