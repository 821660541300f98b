import { type HostArray, lanesOf } from '../../core/base/dtype.js';
import type { StorageMemory } from '../../core/kernels/device-memory.js';
import type { Curves } from '../../core/ports/backend.js';
import type { CpuKernel, CpuKernels } from '../host-memory.js';

/**
 * Calls `meet(point, sample of the traces, fraction, amplitude)` for every point and every trace
 * that its curve meets, trace after trace.
 */
function eachMeeting(
  { points, ns, nr, nt, srcs, recs, amplitudes }: Curves<StorageMemory<HostArray>>,
  meet: (i: number, sample: number, fraction: number, amplitude: number) => void,
): void {
  const [sources, receivers, factors] = [srcs, recs, amplitudes].map((e) => e?.storage.memory);
  const [so, ro, fo] = [srcs.offset, recs.offset, amplitudes?.offset ?? 0];
  for (let s = 0; s < ns; s++) {
    for (let r = 0; r < nr; r++) {
      const trace = s * nr + r;
      for (let i = 0; i < points; i++) {
        const v = (sources?.[so + s * points + i] as number) + (receivers?.[ro + r * points + i] as number);
        if (!(v >= 0 && v < nt - 1)) continue;
        const k = Math.floor(v);
        meet(i, trace * nt + k, v - k, factors ? (factors[fo + trace * points + i] as number) : 1);
      }
    }
  }
}

/**
 * Adds in the order of the traces and of their points. Each sum is rounded to the dtype of the
 * traces.
 */
const spreadCurves: CpuKernel<'spreadCurves'> = (from, target, curves) => {
  const [image, io, traces, to] = [from.storage.memory, from.offset, target.storage.memory, target.offset];
  const lanes = lanesOf(from.storage.dtype);
  eachMeeting(curves, (i, sample, w, a) => {
    for (let l = 0; l < lanes; l++) {
      const m = a * (image[lanes * (io + i) + l] as number);
      const at = lanes * (to + sample) + l;
      traces[at] = (traces[at] as number) + (1 - w) * m;
      traces[at + lanes] = (traces[at + lanes] as number) + w * m;
    }
  });
};

/** Adds in the order of the traces. Each sum is rounded to the dtype of the image. */
const sumCurves: CpuKernel<'sumCurves'> = (from, target, curves) => {
  const [traces, to, image, io] = [from.storage.memory, from.offset, target.storage.memory, target.offset];
  const lanes = lanesOf(from.storage.dtype);
  image.fill(0, lanes * io, lanes * (io + curves.points));
  eachMeeting(curves, (i, sample, w, a) => {
    for (let l = 0; l < lanes; l++) {
      const at = lanes * (to + sample) + l;
      const value = a * ((1 - w) * (traces[at] as number) + w * (traces[at + lanes] as number));
      image[lanes * (io + i) + l] = (image[lanes * (io + i) + l] as number) + value;
    }
  });
};

export const curveKernels = { spreadCurves, sumCurves } satisfies CpuKernels;
