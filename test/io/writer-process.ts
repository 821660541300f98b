// Writes an array once: writer-process.js KIND PATH ELEMENTS. It prints the error, if there is one.
// KIND zarr-loop writes a Zarr array repeatedly until the process is killed.
import { writeHistory } from '../../src/cli/solver-log.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { setDefaultBackend, setDefaultCommunicator } from '../../src/core/ports/defaults.js';
import { CpuBackend } from '../../src/cpu/index.js';
import { writeNpy, writeNpyDistributed, writeNpz, writeSegy, writeZarr } from '../../src/io/index.js';
import { SelfCommunicator } from '../../src/mpi/communicator/self-communicator.js';
import { Figure, linePlot } from '../../src/plotting/index.js';

setDefaultBackend(new CpuBackend());
setDefaultCommunicator(new SelfCommunicator());
const [kind = '', path = '', elements = '0'] = process.argv.slice(2);
const n = Number(elements);
const x = NDArray.arange(n);
const y = () => DistributedArray.toDist(x);

const writers: Readonly<Record<string, () => void>> = {
  npy: () => writeNpy(path, x),
  npz: () => writeNpz(path, { x }),
  npyDistributed: () => writeNpyDistributed(path, y()),
  segy: () =>
    writeSegy(path, DistributedArray.ones([2, n / 100, 50], { dtype: 'float32' }), { sampleInterval: 0.004 }),
  zarr: () => writeZarr(path, y(), { compression: 'none' }),
  png: () =>
    new Figure().add(linePlot([{ y: Array.from({ length: 50 }, (_, k) => k * Math.sin(k)) }])).writePng(path),
  history: () => writeHistory(path, { cost: Array.from({ length: n }, (_, k) => k) }),
  'zarr-loop': () => {
    for (let k = 1; ; k++)
      writeZarr(path, DistributedArray.full([n], k), { chunks: [Math.ceil(n / 8)], compression: 'none' });
  },
};

try {
  (writers[kind] as () => void)();
} catch (error) {
  process.stdout.write(`${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}\n`);
}
