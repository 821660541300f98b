/** What calls cost on the host, how garbage is collected, and what happens without memory. */
import { BackendError, cgls, DistributedArray, MPIFirstDerivative, NDArray } from 'lops-mpi';
import { cudaBackend, failure, quick, rounded, row } from '../say.js';

const backend = await cudaBackend();
const calls = quick ? 20 : 5000;

/** The host's and the device's microseconds of one call. */
function perCall(what: string, work: () => void, times = calls): void {
  for (let k = 0; k < times / 10; k++) work();
  backend.synchronize();
  const began = performance.now();
  for (let k = 0; k < times; k++) work();
  backend.synchronize();
  row({ what, us: rounded((1000 * (performance.now() - began)) / times) });
}

const [x, y] = [1, 2].map((value) => NDArray.full([1000], value, { backend })) as [NDArray, NDArray];
perCall('axpby, 1000 elements', () => y.axpby(0.5, x, 0.5));
perCall('dot, 1000 elements', () => backend.dots([{ x, y, conjugate: false }]));
perCall('x.add(y).dispose(), 1000 elements', () => x.add(y).dispose());
const D = new MPIFirstDerivative([16, 16, 16]);
const d = DistributedArray.ones([16, 16, 16], { backend });
const niter = quick ? 5 : 1000;
cgls(D, d, { niter, tol: 0 }).x.dispose();
const began = performance.now();
const { iterations } = cgls(D, d, { niter, tol: 0 });
row({
  what: 'iteration of CGLS, 4096 elements',
  us: rounded((1000 * (performance.now() - began)) / iterations),
});

const total = backend.device.totalBytes;
for (const share of quick ? [1e-4] : [1 / 512, 1 / 64, 1 / 16]) {
  const z = NDArray.full([Math.floor((share * total) / 8)], 1, { backend });
  const what = (way: string): string => `${way}, arrays of ${rounded((8 * z.size) / 2 ** 20)} MiB`;
  perCall(what('x.add(x).dispose()'), () => z.add(z).dispose(), 20);
  perCall(what('x.add(x) left to the garbage collection'), () => z.add(z), 40);
  z.dispose();
}

backend.trimPool();
try {
  NDArray.zeros([total / 4], { backend });
  failure('an array of twice the memory of the device was allocated');
} catch (error) {
  if (!(error instanceof BackendError)) throw error;
  row({ what: `too large: ${error.message}` });
}
const after = NDArray.full([1000], 3, { backend });
if (after.sum() !== 3000) failure('after memory ran out, a sum is wrong');
const { peakBytes, driverAllocations } = backend.poolStats();
row({ what: 'most bytes of the pool', bytes: peakBytes });
row({ what: "allocations of the driver's", count: driverAllocations });
