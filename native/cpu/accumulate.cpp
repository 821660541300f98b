// Running sums and products along an axis, in float64.

#include <algorithm>
#include <complex>
#include <type_traits>

#include "addon.hpp"
#include "arrays.hpp"
#include "loops.hpp"

namespace lops {
namespace {

/** Positions in ACCUMULATIONS of src/core/ports/backend.ts. */
enum class Accumulation : int { sum, prod };

struct Sum {
  template <typename W>
  static W start() {
    return W(0);
  }
  template <typename W>
  static W join(W a, W b) {
    return a + b;
  }
};

struct Product {
  template <typename W>
  static W start() {
    return W(1);
  }
  static double join(double a, double b) { return a * b; }
  /** As the reference, which has no rules of its own for infinities. */
  static std::complex<double> join(std::complex<double> a, std::complex<double> b) {
    return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
  }
};

/** The lines that are computed together. */
constexpr std::size_t lines = 8;

/**
 * Runs along eight lines at once, whose additions do not depend on each other. What is computed goes
 * through the first-level cache, and past the caches if `past`.
 */
template <typename Op, typename W, typename T>
void runLines(std::size_t n, const T* x, T* y, bool past) {
  constexpr std::size_t block = 512 / sizeof(T);
  alignas(64) T part[lines][block];
  W totals[lines];
  std::fill_n(totals, lines, Op::template start<W>());
  for (std::size_t first = 0; first < n; first += block) {
    const std::size_t m = std::min(block, n - first);
    for (std::size_t i = 0; i < m; i++) {
      for (std::size_t l = 0; l < lines; l++) {
        totals[l] = Op::join(totals[l], static_cast<W>(x[l * n + first + i]));
        part[l][i] = static_cast<T>(totals[l]);
      }
    }
    for (std::size_t l = 0; l < lines; l++) {
      T* to = y + l * n + first;
      if (past) loops().copyPast(m * sizeof(T), part[l], to);
      else std::copy_n(part[l], m, to);
    }
  }
}

/** Runs along the middle axis of `[outer, n, inner]`, a block of columns at a time. W is wide T. */
template <typename Op, typename W, typename T>
void run(std::size_t outer, std::size_t n, std::size_t inner, const T* x, T* y) {
  constexpr std::size_t block = 512;
  W totals[block];
  std::size_t o = 0;
  if (inner == 1) {
    const bool past = x != y && outer * n * sizeof(T) >= streamBytes;
    if constexpr (std::is_same_v<Op, Sum> && std::is_floating_point_v<T>) {
      of<T>(loops()).runningSums(outer, n, x, y, past);
      o = outer;
    }
    for (; o + lines <= outer; o += lines) runLines<Op, W>(n, x + o * n, y + o * n, past);
    if (past) streamFence();
  }
  for (; o < outer; o++) {
    const std::size_t line = o * n * inner;
    if (inner == 1) {
      W total = Op::template start<W>();
      for (std::size_t i = line; i < line + n; i++) {
        total = Op::join(total, static_cast<W>(x[i]));
        y[i] = static_cast<T>(total);
      }
      continue;
    }
    for (std::size_t first = 0; first < inner; first += block) {
      const std::size_t m = std::min(block, inner - first);
      std::fill_n(totals, m, Op::template start<W>());
      for (std::size_t i = 0; i < n; i++) {
        const std::size_t at = line + i * inner + first;
        for (std::size_t j = 0; j < m; j++) {
          totals[j] = Op::join(totals[j], static_cast<W>(x[at + j]));
          y[at + j] = static_cast<T>(totals[j]);
        }
      }
    }
  }
}

/**
 * accumulate(op, dtype, outer, n, inner, x, xo, y, yo) for float and complex dtypes, and for sums of
 * int32, modulo 2³²
 */
void accumulate(const Args<9>& args) {
  const DType dtype = args.dtype(1);
  const std::size_t outer = args.size(2);
  const std::size_t n = args.size(3);
  const std::size_t inner = args.size(4);
  const auto runAs = [&](auto element, auto wide) {
    typedef decltype(element) T;
    typedef decltype(wide) W;
    const T* x = lanesAt<T>(args, 5, product(outer, n, inner), 1);
    T* y = lanesAt<T>(args, 7, product(outer, n, inner), 1);
    switch (static_cast<Accumulation>(args.int32(0))) {
      case Accumulation::sum: return run<Sum, W>(outer, n, inner, x, y);
      case Accumulation::prod: return run<Product, W>(outer, n, inner, x, y);
    }
  };
  if (dtype == DType::int32) {
    if (static_cast<Accumulation>(args.int32(0)) != Accumulation::sum)
      throw Error("ERR_ARGUMENT", "native accumulate: expected a sum of int32");
    const std::size_t size = product(outer, n, inner);
    return run<Sum, std::int64_t>(outer, n, inner, lanesAt<std::int32_t>(args, 5, size, 1),
                                  lanesAt<std::int32_t>(args, 7, size, 1));
  }
  withFloat(isDouble(dtype), [&](auto zero) {
    typedef decltype(zero) R;
    if (isComplex(dtype)) runAs(std::complex<R>(), std::complex<double>());
    else runAs(R(), double());
  });
}

}  // namespace

void exportAccumulate(Napi::Object exports) { expose<accumulate>(exports, "accumulate"); }

}  // namespace lops
