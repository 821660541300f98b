/** The rates of the device's memory: a copy by the driver, and kernels of long vectors. */
import { NDArray } from 'lops-mpi';
import { cudaBackend, deviceSeconds, quick, rounded, row } from '../say.js';

const backend = await cudaBackend();
const bytes = quick ? 1 << 20 : Math.min(2 ** 30, 2 ** Math.floor(Math.log2(backend.device.totalBytes / 64)));
for (const dtype of ['float64', 'float32'] as const) {
  const n = bytes / (dtype === 'float64' ? 8 : 4);
  const [x, y] = [1, 2].map((value) => NDArray.full([n], value, { dtype, backend })) as [NDArray, NDArray];
  const WORK: Readonly<Record<string, readonly [arrays: number, () => unknown]>> = {
    fill: [1, () => backend.fill(y, 3)],
    copy: [2, () => backend.copy(x, y)],
    scale: [2, () => backend.binary('multiply', x, 3, y)],
    axpby: [3, () => y.axpby(0.5, x, 0.5)],
    dot: [2, () => backend.dots([{ x, y, conjugate: false }])],
    sum: [1, () => backend.reduce('sum', x)],
  };
  for (const [what, [arrays, work]] of Object.entries(WORK)) {
    const seconds = deviceSeconds(backend, work);
    const rate = (1e-9 * arrays * bytes) / seconds;
    const peak = 1e-9 * backend.device.peakBandwidth;
    row({
      what,
      dtype,
      MiB: bytes / 2 ** 20,
      us: rounded(1e6 * seconds),
      GB_per_s: rounded(rate),
      ...(peak > 0 ? { 'of the peak, %': rounded((100 * rate) / peak) } : {}),
    });
  }
  x.dispose();
  y.dispose();
  backend.trimPool();
}
