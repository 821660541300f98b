// Curves of image points through traces, along which Kirchhoff modelling sums.

#include <algorithm>

#include "addon.hpp"
#include "arrays.hpp"

namespace lops {
namespace {

struct Curves {
  std::size_t points, ns, nr, nt;
  const double *srcs, *recs;
};

/** Amplitudes that are all 1, as an alternative to a table. */
template <typename T>
struct One {
  T operator[](std::size_t) const { return 1; }
};

/** Calls `meet(point, sample, 1 − w, w)` for each point with a sample in a trace, in order. */
template <typename Meet>
inline void eachPoint(std::size_t points, const double* a, const double* b, double last, Meet&& meet) {
  for (std::size_t i = 0; i < points; i++) {
    const double v = a[i] + b[i];
    if (!(v >= 0 && v < last)) continue;
    const std::int32_t k = static_cast<std::int32_t>(v);
    meet(i, static_cast<std::size_t>(k), v - k);
  }
}

template <std::size_t LANES, typename T, typename A>
void spreadTrace(std::size_t points, const double* a, const double* b, double last, const A amplitude,
                 const T* image, T* trace) {
  eachPoint(points, a, b, last, [&](std::size_t i, std::size_t k, double fraction) {
    const T w = static_cast<T>(fraction);
    for (std::size_t l = 0; l < LANES; l++) {
      const T m = amplitude[i] * image[i * LANES + l];
      trace[k * LANES + l] += (1 - w) * m;
      trace[(k + 1) * LANES + l] += w * m;
    }
  });
}

template <std::size_t LANES, typename T, typename A>
void sumTrace(std::size_t points, const double* a, const double* b, double last, const A amplitude,
              const T* trace, T* image) {
  eachPoint(points, a, b, last, [&](std::size_t i, std::size_t k, double fraction) {
    const T w = static_cast<T>(fraction);
    for (std::size_t l = 0; l < LANES; l++) {
      image[i * LANES + l] +=
          amplitude[i] * ((1 - w) * trace[k * LANES + l] + w * trace[(k + 1) * LANES + l]);
    }
  });
}

template <std::size_t LANES, typename T>
void run(const Curves& c, bool spreads, const T* from, T* to, const T* amplitudes) {
  if (!spreads) std::fill(to, to + c.points * LANES, T(0));
  // a trace of one sample has no intervals between samples
  if (c.nt < 2) return;
  const double last = static_cast<double>(c.nt) - 1;
  for (std::size_t s = 0; s < c.ns; s++) {
    for (std::size_t r = 0; r < c.nr; r++) {
      const std::size_t trace = s * c.nr + r;
      const double *a = c.srcs + s * c.points, *b = c.recs + r * c.points;
      const auto go = [&](const auto amplitude) {
        if (spreads) spreadTrace<LANES>(c.points, a, b, last, amplitude, from, to + trace * c.nt * LANES);
        else sumTrace<LANES>(c.points, a, b, last, amplitude, from + trace * c.nt * LANES, to);
      };
      if (amplitudes == nullptr) go(One<T>());
      else go(amplitudes + trace * c.points);
    }
  }
}

/**
 * (spread, dtype, from, fo, to, to offset, points, ns, nr, nt, srcs, so, recs, ro, amplitudes |
 * undefined, ao)
 */
void curves(const Args<16>& args) {
  const bool spreads = args.boolean(0);
  const DType dtype = args.dtype(1);
  const std::size_t lanes = lanesOf(dtype);
  Curves c = {args.size(6), args.size(7), args.size(8), args.size(9), nullptr, nullptr};
  c.srcs = lanesAt<double>(args, 10, product(c.ns, c.points), 1);
  c.recs = lanesAt<double>(args, 12, product(c.nr, c.points), 1);
  const std::size_t nTraces = product(c.ns, c.nr, c.nt);
  withFloat(isDouble(dtype), [&](auto zero) {
    typedef decltype(zero) T;
    const T* from = lanesAt<T>(args, 2, spreads ? c.points : nTraces, lanes);
    T* to = lanesAt<T>(args, 4, spreads ? nTraces : c.points, lanes);
    const T* amplitudes =
        args.isUndefined(14) ? nullptr : lanesAt<T>(args, 14, product(c.ns, c.nr, c.points), 1);
    if (lanes == 1) run<1>(c, spreads, from, to, amplitudes);
    else run<2>(c, spreads, from, to, amplitudes);
  });
}

}  // namespace

void exportCurves(Napi::Object exports) { expose<curves>(exports, "curves"); }

}  // namespace lops
