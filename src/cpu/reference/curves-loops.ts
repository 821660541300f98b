import { lanesOf } from '../../core/base/dtype.js';
import type { CpuCurves, CpuKernels } from '../kernels.js';

/**
 * Calls `meet(point, sample of the traces, fraction, amplitude)` for every point and trace that
 * meet, trace after trace.
 */
function eachMeeting(
  c: CpuCurves,
  meet: (i: number, sample: number, fraction: number, amplitude: number) => void,
): void {
  const { points, ns, nr, nt, amplitudes } = c;
  for (let s = 0; s < ns; s++) {
    for (let r = 0; r < nr; r++) {
      const trace = s * nr + r;
      for (let i = 0; i < points; i++) {
        const v =
          (c.srcs[c.srcsOffset + s * points + i] as number) +
          (c.recs[c.recsOffset + r * points + i] as number);
        if (!(v >= 0 && v < nt - 1)) continue;
        const k = Math.floor(v);
        meet(
          i,
          trace * nt + k,
          v - k,
          amplitudes ? (amplitudes[c.amplitudesOffset + trace * points + i] as number) : 1,
        );
      }
    }
  }
}

/**
 * Each sum rounded to the dtype of the traces, trace after trace and in the order of the points.
 */
export const spreadCurves: CpuKernels['spreadCurves'] = (dtype, image, io, traces, to, curves) => {
  const lanes = lanesOf(dtype);
  eachMeeting(curves, (i, sample, w, a) => {
    for (let l = 0; l < lanes; l++) {
      const m = a * (image[lanes * (io + i) + l] as number);
      const at = lanes * (to + sample) + l;
      traces[at] = (traces[at] as number) + (1 - w) * m;
      traces[at + lanes] = (traces[at + lanes] as number) + w * m;
    }
  });
};

/** Each sum rounded to the dtype of the image, trace after trace. */
export const sumCurves: CpuKernels['sumCurves'] = (dtype, traces, to, image, io, curves) => {
  const lanes = lanesOf(dtype);
  image.fill(0, lanes * io, lanes * (io + curves.points));
  eachMeeting(curves, (i, sample, w, a) => {
    for (let l = 0; l < lanes; l++) {
      const at = lanes * (to + sample) + l;
      const value = a * ((1 - w) * (traces[at] as number) + w * (traces[at + lanes] as number));
      image[lanes * (io + i) + l] = (image[lanes * (io + i) + l] as number) + value;
    }
  });
};
