/** Kernels on arrays of more than 2³¹ elements, where two of float32 fit into the memory. */
import { NDArray } from 'lops-mpi';
import type { CudaBackend } from 'lops-mpi/cuda';
import { cudaBackend, failure, quick, rounded, row, skipped } from '../say.js';

/** Compares eight kernels with known results: x is 0 but for a 5 near its end, y is 7. */
function checkAll(backend: CudaBackend, n: number): void {
  const at = n - 5;
  const full = (value: number): NDArray => NDArray.full([n], value, { dtype: 'float32', backend });
  const [x, y] = [full(0), full(7)];
  const read = (z: NDArray, offset: number, size = 1): readonly number[] => [
    ...backend.download({ storage: z.storage, offset, size }),
  ];
  const check = (what: string, expected: readonly number[], work: () => readonly number[]): void => {
    const began = performance.now();
    const received = work();
    const same = expected.every((value, k) => Object.is(value + 0, (received[k] as number) + 0));
    const ms = rounded(performance.now() - began);
    row({ kernel: what, elements: n, result: same ? 'right' : 'wrong', ms });
    if (!same) failure(`${what}: expected ${expected.join()}, received ${received.join()}`);
  };
  backend.upload(Float32Array.of(5), { storage: x.storage, offset: at, size: 1 });
  check('argExtreme', [at], () => [backend.argExtreme('max', x)]);
  check('reduce', [5, 7 * n], () => [backend.reduce('sum', x), backend.reduce('sum', y)] as number[]);
  check('dots', [35], () => [...backend.dots([{ x, y, conjugate: false }])]);
  check('linearCombination', [17, 7, 7], () => {
    backend.linearCombination([2, 1], [x, y], y);
    return [at, n - 1, 0].flatMap((k) => read(y, k));
  });
  check('stencil', [0, 2.5, 0, -2.5, 0], () => {
    const segments = [
      { start: 0, end: 1, lo: 0, taps: [0] },
      { start: 1, end: n - 1, lo: -1, taps: [-0.5, 0, 0.5] },
      { start: n - 1, end: n, lo: 0, taps: [0] },
    ];
    const form = { shape: [n], bands: [{ axis: 0, segments }], mode: 'set' } as const;
    backend.stencil(x, y, backend.prepareStencil('float32', form));
    return read(y, at - 2, 5);
  });
  check('stridedCopy', [5, 0, 0], () => {
    const from = { elements: x, start: n - 1, strides: [-1] };
    backend.stridedCopy([n], from, { elements: y, start: 0, strides: [1] }, 'set');
    return [4, 5, n - 1].flatMap((k) => read(y, k));
  });
  check('accumulate', [0, 5], () => {
    backend.accumulate('sum', x, [1, n, 1], y);
    return [at - 1, n - 1].flatMap((k) => read(y, k));
  });
  check('kthSmallest', [0, 5], () => [backend.kthSmallest(x, n - 2), backend.kthSmallest(x, n - 1)]);
  x.dispose();
  y.dispose();
}

const backend = await cudaBackend();
const most = 2 ** 31 + 4099;
/** `--quick` and small devices see the same program with fewer elements. */
const fits = 4 * 2.2 * most < backend.device.totalBytes;
if (quick) checkAll(backend, 2 ** 12 + 4099);
else if (fits) checkAll(backend, most);
else
  skipped(
    `two arrays of ${most} float32 need ${8 * most} bytes, the device has ${backend.device.totalBytes}`,
  );
