// Sparse matrices along one axis: gather and its adjoint.

#include <algorithm>
#include <string>

#include "addon.hpp"
#include "arrays.hpp"

namespace lops {
namespace {

struct Table {
  std::size_t outer, nx, ny, inner, width;
  const std::int32_t* index;
};

[[noreturn]] void outside(std::int32_t index, std::size_t n) {
  throw Error("ERR_ARGUMENT", "index table: expected indices below " + std::to_string(n) + ", received " +
                                  std::to_string(index));
}

/**
 * Weights that are all 1, that have the real dtype of the data, or that are complex. If
 * `multiplies`, complex numbers are multiplied by a complex factor, so that ∞ times its imaginary
 * part of 0 is NaN.
 */
template <typename T>
struct Ones {
  T re(std::size_t) const { return 1; }
  T im(std::size_t) const { return 0; }
  static constexpr bool multiplies = false;
};
template <typename T, bool Pairs>
struct RealWeights {
  const T* w;
  T re(std::size_t e) const { return w[e]; }
  T im(std::size_t) const { return 0; }
  static constexpr bool multiplies = Pairs;
};
template <typename T>
struct ComplexWeights {
  const T* w;
  T sign;
  T re(std::size_t e) const { return w[2 * e]; }
  T im(std::size_t e) const { return sign * w[2 * e + 1]; }
  static constexpr bool multiplies = true;
};

/** to += w · from, over m lanes. */
template <typename T, typename W>
inline void addScaled(const W& w, std::size_t e, std::size_t m, const T* from, T* to) {
  const T re = w.re(e);
  if (!W::multiplies) {
    for (std::size_t l = 0; l < m; l++) to[l] += re * from[l];
    return;
  }
  const T im = w.im(e);
  for (std::size_t l = 0; l < m; l += 2) {
    const T a = from[l];
    const T b = from[l + 1];
    to[l] += re * a - im * b;
    to[l + 1] += re * b + im * a;
  }
}

/** Single elements of real data. The sum is computed in double precision. */
template <typename T, typename W>
void gatherElements(const Table& t, const W& w, const T* x, T* y) {
  for (std::size_t o = 0; o < t.outer; o++) {
    const T* from = x + o * t.nx;
    T* to = y + o * t.ny;
    std::size_t e = 0;
    for (std::size_t i = 0; i < t.ny; i++) {
      double sum = 0;
      for (std::size_t k = 0; k < t.width; k++, e++) {
        const std::int32_t source = t.index[e];
        if (source < 0) continue;
        if (static_cast<std::size_t>(source) >= t.nx) outside(source, t.nx);
        sum += static_cast<double>(w.re(e)) * static_cast<double>(from[source]);
      }
      to[i] = static_cast<T>(sum);
    }
  }
}

template <typename T, typename W>
void gatherRuns(const Table& t, const W& w, std::size_t m, const T* x, T* y) {
  for (std::size_t o = 0; o < t.outer; o++) {
    std::size_t e = 0;
    for (std::size_t i = 0; i < t.ny; i++) {
      T* to = y + (o * t.ny + i) * m;
      for (std::size_t l = 0; l < m; l++) to[l] = 0;
      for (std::size_t k = 0; k < t.width; k++, e++) {
        const std::int32_t source = t.index[e];
        if (source < 0) continue;
        if (static_cast<std::size_t>(source) >= t.nx) outside(source, t.nx);
        addScaled(w, e, m, x + (o * t.nx + static_cast<std::size_t>(source)) * m, to);
      }
    }
  }
}

template <typename T, typename W>
void scatterRuns(const Table& t, const W& w, std::size_t m, const T* y, T* x) {
  for (std::size_t o = 0; o < t.outer; o++) {
    std::size_t e = 0;
    for (std::size_t i = 0; i < t.ny; i++) {
      const T* from = y + (o * t.ny + i) * m;
      for (std::size_t k = 0; k < t.width; k++, e++) {
        const std::int32_t target = t.index[e];
        if (target < 0) continue;
        if (static_cast<std::size_t>(target) >= t.nx) outside(target, t.nx);
        addScaled(w, e, m, from, x + (o * t.nx + static_cast<std::size_t>(target)) * m);
      }
    }
  }
}

/**
 * (scatter, dtype, from, fo, to, to offset, outer, nx, ny, inner, width, index, io, weights |
 * undefined, wo, complexWeights)
 */
void indexed(const Args<16>& args) {
  const bool scatter = args.boolean(0);
  const DType dtype = args.dtype(1);
  const std::size_t lanes = lanesOf(dtype);
  Table t = {args.size(6), args.size(7), args.size(8), args.size(9), args.size(10), nullptr};
  const std::size_t entries = product(t.ny, t.width);
  t.index = lanesAt<std::int32_t>(args, 11, entries, 1);
  const bool weighted = !args.isUndefined(13);
  const bool complexWeights = weighted && args.boolean(15);
  if (complexWeights && lanes == 1)
    throw Error("ERR_ARGUMENT", "index table: complex weights need complex data");
  const std::size_t nFrom = product(t.outer, scatter ? t.ny : t.nx, t.inner);
  const std::size_t nTo = product(t.outer, scatter ? t.nx : t.ny, t.inner);
  withFloat(isDouble(dtype), [&](auto zero) {
    typedef decltype(zero) T;
    const T* from = lanesAt<T>(args, 2, nFrom, lanes);
    T* to = lanesAt<T>(args, 4, nTo, lanes);
    const T* weights = weighted ? lanesAt<T>(args, 13, entries, complexWeights ? 2 : 1) : nullptr;
    const std::size_t m = t.inner * lanes;
    const auto apply = [&](const auto& w) {
      if (scatter) {
        scatterRuns(t, w, m, from, to);
      } else if (m == 1) {
        gatherElements(t, w, from, to);
      } else {
        gatherRuns(t, w, m, from, to);
      }
    };
    if (!weighted) {
      apply(Ones<T>());
    } else if (complexWeights) {
      apply(ComplexWeights<T>{weights, scatter ? T(-1) : T(1)});
    } else if (lanes == 2) {
      apply(RealWeights<T, true>{weights});
    } else {
      apply(RealWeights<T, false>{weights});
    }
  });
}

/** How many entries of a table ahead a place is prefetched. */
constexpr std::size_t ahead = 24;

/** Copies runs of `run` elements to (Puts) or from the places of a table of width 1. */
template <typename T, bool Puts>
void copyRuns(const Table& t, std::size_t run, const T* from, T* to) {
  for (std::size_t o = 0; o < t.outer; o++) {
    for (std::size_t i = 0; i < t.ny; i++) {
      const std::int32_t place = t.index[i];
      if (place >= 0 && static_cast<std::size_t>(place) >= t.nx) outside(place, t.nx);
      const std::size_t y = (o * t.ny + i) * run;
      const std::size_t x = (o * t.nx + static_cast<std::size_t>(place < 0 ? 0 : place)) * run;
      if (place < 0) {
        if (!Puts) std::fill_n(to + y, run, T());
      } else if (run == 1) {
        const std::size_t later = i + ahead < t.ny ? i + ahead : i;
        __builtin_prefetch((Puts ? to : from) + o * t.nx + t.index[later]);
        to[Puts ? x : y] = from[Puts ? y : x];
      } else {
        std::copy_n(from + (Puts ? y : x), run, to + (Puts ? x : y));
      }
    }
  }
}

template <typename T>
void copyAs(const Args<12>& args, const Table& t, std::size_t run) {
  const bool puts = args.boolean(0);
  const std::size_t inX = product(t.outer, t.nx, t.inner);
  const std::size_t inY = product(t.outer, t.ny, t.inner);
  const std::size_t lanes = run / std::max<std::size_t>(t.inner, 1);
  const T* from = lanesAt<T>(args, 2, puts ? inY : inX, lanes);
  T* to = lanesAt<T>(args, 4, puts ? inX : inY, lanes);
  if (puts) copyRuns<T, true>(t, run, from, to);
  else copyRuns<T, false>(t, run, from, to);
}

/** (puts, dtype, from, fo, to, to offset, outer, nx, ny, inner, index, io) for tables of width 1 */
void copyIndexed(const Args<12>& args) {
  const DType dtype = args.dtype(1);
  Table t = {args.size(6), args.size(7), args.size(8), args.size(9), 1, nullptr};
  t.index = lanesAt<std::int32_t>(args, 10, t.ny, 1);
  switch (bytesOf(dtype)) {
    case 1: return copyAs<std::uint8_t>(args, t, t.inner);
    case 4: return copyAs<std::uint32_t>(args, t, t.inner);
    case 8: return copyAs<std::uint64_t>(args, t, t.inner);
    default: return copyAs<std::uint64_t>(args, t, 2 * t.inner);
  }
}

}  // namespace

void exportIndexed(Napi::Object exports) {
  expose<indexed>(exports, "indexed");
  expose<copyIndexed>(exports, "copyIndexed");
}

}  // namespace lops
