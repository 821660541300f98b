// Fields: curves of travel times (Kirchhoff), and convolution with filters that vary along an axis.
#include "prelude.cuh"

/** Where the curve of a point meets a trace: between two samples. */
struct Meeting {
  i64 sample;
  double fraction;
};

/** The place on a trace of nt samples; its sample is −1 if the curve does not meet the trace. */
DEVICE Meeting meeting(double v, i64 nt) {
  if (!(v >= 0 && v < (double)(nt - 1))) return {-1, 0};
  const double k = floor(v);
  return {(i64)k, v - k};
}

// ---- image[i] ← Σ a ((1 − w) traces[s, r, k] + w traces[s, r, k + 1]), a thread for a point
extern "C" __global__ void sum_curves(const T* traces, T* image, const double* srcs, const double* recs,
                                      const R* amplitudes, i64 points, i64 ns, i64 nr, i64 nt) {
  const i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= points) return;
  W sum = scalar<W>(0, 0);
  for (i64 s = 0; s < ns; ++s) {
    const double time = srcs[s * points + i];
    for (i64 r = 0; r < nr; ++r) {
      const Meeting at = meeting(time + recs[r * points + i], nt);
      if (at.sample < 0) continue;
      const i64 trace = s * nr + r;
      const T* from = traces + (trace * nt + at.sample);
      const double a = amplitudes ? (double)amplitudes[trace * points + i] : 1;
      sum = sum + a * ((1 - at.fraction) * wide(from[0]) + at.fraction * wide(from[1]));
    }
  }
  image[i] = to<T>(sum);
}

// ---- traces[s, r, k + (0, 1)] += a (1 − w, w) image[i]. A block has a trace, and adds the points
// of a chunk in a fixed order: the first thread whose point meets a sample adds those of all others.
// So no two threads write to one place, and no atomic additions are needed.
#define CHUNK 64
extern "C" __global__ void __launch_bounds__(CHUNK)
    spread_curves(const T* image, T* traces, const double* srcs, const double* recs, const R* amplitudes,
                  i64 points, i64 ns, i64 nr, i64 nt) {
  __shared__ i64 samples[CHUNK];
  __shared__ W low[CHUNK], high[CHUNK];
  const int own = threadIdx.x;
  for (i64 trace = blockIdx.x; trace < ns * nr; trace += gridDim.x) {
    const double *sources = srcs + trace / nr * points, *receivers = recs + trace % nr * points;
    T* to_ = traces + trace * nt;
    for (i64 start = 0; start < points; start += CHUNK) {
      const i64 i = start + own;
      const Meeting at = i < points ? meeting(sources[i] + receivers[i], nt) : Meeting{-1, 0};
      W first = scalar<W>(0, 0), second = first;
      if (at.sample >= 0) {
        const double a = amplitudes ? (double)amplitudes[trace * points + i] : 1;
        const W value = a * wide(image[i]);
        first = (1 - at.fraction) * value;
        second = at.fraction * value;
      }
      samples[own] = at.sample;
      low[own] = first;
      high[own] = second;
      // the additions of the chunk before are also done
      __syncthreads();
      bool adds = at.sample >= 0;
      for (int m = 0; m < own && adds; ++m) adds = samples[m] != at.sample;
      if (adds) {
        for (int m = own + 1; m < CHUNK; ++m)
          if (samples[m] == at.sample) {
            first = first + low[m];
            second = second + high[m];
          }
        to_[at.sample] = to<T>(wide(to_[at.sample]) + first);
      }
      __syncthreads();
      if (adds) to_[at.sample + 1] = to<T>(wide(to_[at.sample + 1]) + second);
    }
  }
}

// ---- convolution along one axis with a filter for each sample i of the model: between filter
// `first[i]` of the bank and the next one. A thread has an element of the result.
/** Tap k of the filter of a sample. Filters that the bank does not have are the nearest ones. */
DEVICE W varying_tap(const T* bank, const int* first, const R* weights, i64 filters, i64 length, i64 i,
                     i64 k) {
  const i64 given = first[i], f = given < 0 ? 0 : given < filters ? given : filters - 1;
  const double w = weights[i];
  const i64 next = f + 1 < filters ? f + 1 : f;
  return (1 - w) * wide(bank[f * length + k]) + w * wide(bank[next * length + k]);
}

#define VARYING                                                                                        \
  const T *from, const T *bank, T *to_, const int *first, const R *weights, i64 total, i64 nx, i64 ny, \
      i64 inner, i64 filters, i64 length, i64 offset
extern "C" __global__ void varying_forward(VARYING) {
  const i64 t = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (t >= total) return;
  const i64 j = t % inner, p = t / inner % ny, o = t / inner / ny;
  // samples i = p + offset − k of the model
  const i64 low = p + offset - length + 1, high = p + offset + 1;
  W sum = scalar<W>(0, 0);
  for (i64 i = low > 0 ? low : 0; i < (high < nx ? high : nx); ++i)
    sum = sum + varying_tap(bank, first, weights, filters, length, i, p + offset - i) *
                    wide(from[(o * nx + i) * inner + j]);
  to_[t] = to<T>(sum);
}

extern "C" __global__ void varying_adjoint(VARYING) {
  const i64 t = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (t >= total) return;
  const i64 j = t % inner, i = t / inner % nx, o = t / inner / nx;
  // samples p = i + k − offset of the data
  const i64 low = offset - i, high = ny + offset - i;
  W sum = scalar<W>(0, 0);
  for (i64 k = low > 0 ? low : 0; k < (high < length ? high : length); ++k)
    sum = sum + conj(varying_tap(bank, first, weights, filters, length, i, k)) *
                    wide(from[(o * ny + i + k - offset) * inner + j]);
  to_[t] = to<T>(sum);
}
