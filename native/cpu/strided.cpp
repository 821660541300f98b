// N-dimensional strided copies: transpositions, slices, halos, broadcasts.

#include <algorithm>
#include <complex>
#include <cstdint>
#include <cstring>
#include <vector>

#include "addon.hpp"
#include "arrays.hpp"
#include "loops.hpp"

namespace lops {
namespace {

struct Axis {
  std::ptrdiff_t n, xs, ys;
};

/** Removes axes of size 1, and merges neighbouring axes that are contiguous in both arrays. */
std::vector<Axis> merged(const std::vector<Axis>& axes) {
  std::vector<Axis> out;
  for (const Axis& axis : axes) {
    if (axis.n == 1) continue;
    if (!out.empty() && out.back().xs == axis.n * axis.xs && out.back().ys == axis.n * axis.ys) {
      out.back() = {out.back().n * axis.n, axis.xs, axis.ys};
    } else {
      out.push_back(axis);
    }
  }
  if (out.empty()) out.push_back({1, 1, 1});
  return out;
}

template <typename T, bool Add>
void line(std::ptrdiff_t n, const T* x, std::ptrdiff_t xs, T* y, std::ptrdiff_t ys) {
  if (!Add && xs == 1 && ys == 1) {
    loops().copy(static_cast<std::size_t>(n) * sizeof(T), x, y);
    return;
  }
  if (xs == 1 && ys == 1) {
    for (std::ptrdiff_t i = 0; i < n; i++) y[i] += x[i];
    return;
  }
  for (std::ptrdiff_t i = 0; i < n; i++) {
    if (Add) {
      y[i * ys] += x[i * xs];
    } else {
      y[i * ys] = x[i * xs];
    }
  }
}

/** Copies the last two axes in tiles. x is contiguous along one of them, y along the other. */
template <typename T, bool Add>
void tiles(const Axis& a, const Axis& b, const T* x, T* y) {
  constexpr std::ptrdiff_t tile = 16;
  for (std::ptrdiff_t i0 = 0; i0 < a.n; i0 += tile) {
    const std::ptrdiff_t i1 = std::min(a.n, i0 + tile);
    for (std::ptrdiff_t j0 = 0; j0 < b.n; j0 += tile) {
      const std::ptrdiff_t j1 = std::min(b.n, j0 + tile);
      for (std::ptrdiff_t i = i0; i < i1; i++) {
        for (std::ptrdiff_t j = j0; j < j1; j++) {
          if (Add) {
            y[i * a.ys + j * b.ys] += x[i * a.xs + j * b.xs];
          } else {
            y[i * a.ys + j * b.ys] = x[i * a.xs + j * b.xs];
          }
        }
      }
    }
  }
}

/** Whether the loops transpose elements of this type. */
template <typename T>
constexpr bool hasTransposition = sizeof(T) == 4 || sizeof(T) == 8;

/**
 * The bytes of y that a large transposition writes to at a time: its rows are far apart, and the TLB
 * has entries for about as many huge pages.
 */
constexpr std::size_t panelBytes = std::size_t(16) << 20;

/** Copies a matrix whose columns are rows of y, in panels of columns if it is large. */
template <typename T>
void transposed(const Axis& a, const Axis& b, const T* x, T* y) {
  const std::size_t rows = static_cast<std::size_t>(b.n), columns = static_cast<std::size_t>(a.n);
  const bool past = rows * columns * sizeof(T) >= streamBytes;
  constexpr std::size_t least = 64;
  const std::size_t wide = panelBytes / sizeof(T) / static_cast<std::size_t>(std::abs(a.ys)) / least * least;
  const std::size_t panel = past ? std::max(least, wide) : columns;
  for (std::size_t first = 0; first < columns; first += panel) {
    const std::size_t some = std::min(panel, columns - first);
    const T* from = x + first;
    T* to = y + static_cast<std::ptrdiff_t>(first) * a.ys;
    if constexpr (sizeof(T) == 4) {
      loops().transpose32(rows, some, reinterpret_cast<const float*>(from), b.xs,
                          reinterpret_cast<float*>(to), a.ys, past);
    } else {
      loops().transpose64(rows, some, reinterpret_cast<const double*>(from), b.xs,
                          reinterpret_cast<double*>(to), a.ys, past);
    }
  }
  if (past) streamFence();
}

template <typename T, bool Add>
void walk(const std::vector<Axis>& axes, std::size_t k, const T* x, T* y) {
  const Axis& axis = axes[k];
  if (k + 1 == axes.size()) {
    line<T, Add>(axis.n, x, axis.xs, y, axis.ys);
    return;
  }
  if (k + 2 == axes.size() && std::abs(axis.xs) < std::abs(axes[k + 1].xs) && axis.xs != 0) {
    if constexpr (hasTransposition<T> && !Add) {
      if (axis.xs == 1 && axes[k + 1].ys == 1) return transposed(axis, axes[k + 1], x, y);
    }
    tiles<T, Add>(axis, axes[k + 1], x, y);
    return;
  }
  for (std::ptrdiff_t i = 0; i < axis.n; i++) walk<T, Add>(axes, k + 1, x + i * axis.xs, y + i * axis.ys);
}

/** The first and the last element that a walk accesses, relative to its start. */
void extent(const std::vector<Axis>& axes, bool ofX, std::ptrdiff_t start, std::size_t length) {
  std::ptrdiff_t lo = start;
  std::ptrdiff_t hi = start;
  for (const Axis& axis : axes) {
    const std::ptrdiff_t step = ofX ? axis.xs : axis.ys;
    std::ptrdiff_t& end = step < 0 ? lo : hi;
    end = moved(end, axis.n - 1, step);
  }
  if (lo < 0 || hi >= static_cast<std::ptrdiff_t>(length))
    throw Error("ERR_ARGUMENT", "native stridedCopy: the walk leaves its array");
}

template <typename T, bool Add>
void stridedOf(const std::vector<Axis>& walked, Bytes x, std::ptrdiff_t xStart, Bytes y,
               std::ptrdiff_t yStart) {
  extent(walked, true, xStart, x.length / sizeof(T));
  extent(walked, false, yStart, y.length / sizeof(T));
  walk<T, Add>(merged(walked), 0, reinterpret_cast<const T*>(x.data) + xStart,
               reinterpret_cast<T*>(y.data) + yStart);
}

/**
 * stridedCopy(dtype, x, xStart, y, yStart, add, spec) with spec packed as [ndim, and for each axis:
 * n, x stride, y stride], in elements
 */
void stridedCopy(const Args<7>& args) {
  const DType dtype = args.dtype(0);
  Packed packed(args.bytes(6));
  const std::size_t ndim = packed.size();
  std::vector<Axis> axes;
  for (std::size_t k = 0; k < ndim; k++) {
    Axis axis;
    axis.n = static_cast<std::ptrdiff_t>(packed.size());
    axis.xs = packed.integer();
    axis.ys = packed.integer();
    if (axis.n == 0) return;
    axes.push_back(axis);
  }
  for (const Axis& axis : axes) {
    if (axis.n > 1 && axis.ys == 0)
      throw Error("ERR_ARGUMENT", "native stridedCopy: expected no stride of 0 in what is written");
  }
  const Bytes x = args.bytes(1);
  const Bytes y = args.bytes(3);
  const std::ptrdiff_t xStart = static_cast<std::ptrdiff_t>(args.size(2));
  const std::ptrdiff_t yStart = static_cast<std::ptrdiff_t>(args.size(4));
  if (!args.boolean(5)) {
    switch (bytesOf(dtype)) {
      case 1: return stridedOf<std::uint8_t, false>(axes, x, xStart, y, yStart);
      case 4: return stridedOf<std::uint32_t, false>(axes, x, xStart, y, yStart);
      case 8: return stridedOf<std::uint64_t, false>(axes, x, xStart, y, yStart);
      default: return stridedOf<std::complex<double>, false>(axes, x, xStart, y, yStart);
    }
  }
  switch (dtype) {
    case DType::float32: return stridedOf<float, true>(axes, x, xStart, y, yStart);
    case DType::float64: return stridedOf<double, true>(axes, x, xStart, y, yStart);
    case DType::complex64: return stridedOf<std::complex<float>, true>(axes, x, xStart, y, yStart);
    case DType::complex128: return stridedOf<std::complex<double>, true>(axes, x, xStart, y, yStart);
    // Unsigned: sums wrap around
    case DType::int32: return stridedOf<std::uint32_t, true>(axes, x, xStart, y, yStart);
    default: throw Error("ERR_ARGUMENT", "native stridedCopy: expected a dtype with sums");
  }
}

}  // namespace

void exportStrided(Napi::Object exports) { expose<stridedCopy>(exports, "stridedCopy"); }

}  // namespace lops
