// Curves that image points draw through traces: what Kirchhoff modelling sums along.

#include <algorithm>

#include "addon.hpp"
#include "arrays.hpp"

namespace lops {
namespace {

struct Curves {
  std::size_t points, ns, nr, nt;
  const double *srcs, *recs;
};

constexpr std::size_t BLOCK = 256;

/** Where a block of points meets a trace: sample and fraction; outside the trace sample 0 with `inside` 0. */
template <typename T>
struct Meeting {
  std::int32_t sample[BLOCK];
  T fraction[BLOCK];
  std::int32_t inside[BLOCK];

  void find(std::size_t n, const double* a, const double* b, double last) {
    for (std::size_t j = 0; j < n; j++) {
      const double v = a[j] + b[j];
      const bool in = v >= 0 && v < last;
      const double u = in ? v : 0.0;
      const std::int32_t k = static_cast<std::int32_t>(u);
      sample[j] = k;
      fraction[j] = static_cast<T>(u - k);
      inside[j] = in;
    }
  }
};

template <typename T, std::size_t LANES>
void spread(const Curves& c, const T* image, const T* amplitudes, T* traces) {
  Meeting<T> at;
  for (std::size_t s = 0; s < c.ns; s++) {
    for (std::size_t r = 0; r < c.nr; r++) {
      T* trace = traces + (s * c.nr + r) * c.nt * LANES;
      const T* amplitude = amplitudes == nullptr ? nullptr : amplitudes + (s * c.nr + r) * c.points;
      for (std::size_t i = 0; i < c.points; i += BLOCK) {
        const std::size_t n = std::min(BLOCK, c.points - i);
        at.find(n, c.srcs + s * c.points + i, c.recs + r * c.points + i, static_cast<double>(c.nt) - 1);
        for (std::size_t j = 0; j < n; j++) {
          if (!at.inside[j]) continue;
          const T a = amplitude == nullptr ? T(1) : amplitude[i + j];
          const T w = at.fraction[j];
          T* to = trace + static_cast<std::size_t>(at.sample[j]) * LANES;
          for (std::size_t l = 0; l < LANES; l++) {
            const T m = a * image[(i + j) * LANES + l];
            to[l] += (1 - w) * m;
            to[LANES + l] += w * m;
          }
        }
      }
    }
  }
}

template <typename T, std::size_t LANES>
void sum(const Curves& c, const T* traces, const T* amplitudes, T* image) {
  Meeting<T> at;
  std::fill(image, image + c.points * LANES, T(0));
  for (std::size_t s = 0; s < c.ns; s++) {
    for (std::size_t r = 0; r < c.nr; r++) {
      const T* trace = traces + (s * c.nr + r) * c.nt * LANES;
      const T* amplitude = amplitudes == nullptr ? nullptr : amplitudes + (s * c.nr + r) * c.points;
      for (std::size_t i = 0; i < c.points; i += BLOCK) {
        const std::size_t n = std::min(BLOCK, c.points - i);
        at.find(n, c.srcs + s * c.points + i, c.recs + r * c.points + i, static_cast<double>(c.nt) - 1);
        for (std::size_t j = 0; j < n; j++) {
          const T a = amplitude == nullptr ? T(1) : amplitude[i + j];
          const T w = at.fraction[j];
          const T* from = trace + static_cast<std::size_t>(at.sample[j]) * LANES;
          for (std::size_t l = 0; l < LANES; l++) {
            const T value = a * ((1 - w) * from[l] + w * from[LANES + l]);
            image[(i + j) * LANES + l] += at.inside[j] ? value : T(0);
          }
        }
      }
    }
  }
}

/** (spread, dtype, from, fo, to, to offset, points, ns, nr, nt, srcs, so, recs, ro, amplitudes | undefined, ao) */
napi_value curves(napi_env env, napi_callback_info info) {
  const Args<16> args(env, info);
  const bool spreads = args.boolean(0);
  const DType dtype = args.dtype(1);
  const std::size_t lanes = lanesOf(dtype);
  Curves c = {args.size(6), args.size(7), args.size(8), args.size(9), nullptr, nullptr};
  c.srcs = lanesAt<double>(args, 10, c.ns * c.points, 1);
  c.recs = lanesAt<double>(args, 12, c.nr * c.points, 1);
  const std::size_t nTraces = c.ns * c.nr * c.nt;
  withFloat(isDouble(dtype), [&](auto zero) {
    typedef decltype(zero) T;
    const T* from = lanesAt<T>(args, 2, spreads ? c.points : nTraces, lanes);
    T* to = lanesAt<T>(args, 4, spreads ? nTraces : c.points, lanes);
    const T* amplitudes = args.isUndefined(14) ? nullptr : lanesAt<T>(args, 14, c.ns * c.nr * c.points, 1);
    // A trace of one sample has nothing between samples
    if (c.nt < 2) c.ns = 0;
    const auto run = spreads ? (lanes == 1 ? spread<T, 1> : spread<T, 2>) : (lanes == 1 ? sum<T, 1> : sum<T, 2>);
    run(c, from, amplitudes, to);
  });
  return nullptr;
}

}  // namespace

void exportCurves(napi_env env, napi_value exports) { exportFunction<curves>(env, exports, "curves"); }

}  // namespace lops
