// Fourier transforms of many lines at a time, for lengths whose largest prime factor FFTW has no
// code for.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <list>
#include <utility>
#include <vector>

#include "loops.hpp"

namespace lops {

/** The meanings of c2c, r2c and c2r in the call from JavaScript. */
enum class Kind { c2c, r2c, c2r };

/** A transform of one axis of an array or of a part of it. */
struct Pass {
  Kind kind;
  bool inverse;
  double scale;
  /** True if the result is not read again soon. */
  bool streams;
};

/** cos and sin of 2π k / n, rounded once. */
inline std::pair<double, double> rootOfUnity(std::size_t k, std::size_t n) {
  k %= n;
  // Reduced to an eighth of the circle, where both are exact to their last place
  const bool below = 2 * k > n;
  if (below) k = n - k;
  const bool left = 4 * k > n;
  const double turned =
      left ? static_cast<double>(n) - 2.0 * static_cast<double>(k) : 2.0 * static_cast<double>(k);
  const double part = turned / static_cast<double>(n);  // of π, at most 1/2
  constexpr double PI = 3.141592653589793238463;
  const bool steep = 4 * part > 1;
  const double angle = PI * (steep ? 0.5 - part : part);
  const double c = steep ? std::sin(angle) : std::cos(angle);
  const double s = steep ? std::cos(angle) : std::sin(angle);
  return {left ? -c : c, below ? -s : s};
}

/** The factors of n: odd primes, the largest first, then 4 and 2. */
inline std::vector<std::size_t> factorsOf(std::size_t n) {
  std::vector<std::size_t> factors;
  for (; n % 4 == 0; n /= 4) factors.push_back(4);
  if (n % 2 == 0) {
    factors.push_back(2);
    n /= 2;
  }
  for (std::size_t p = 3; p * p <= n; p += 2) {
    for (; n % p == 0; n /= p) factors.push_back(p);
  }
  if (n > 1) factors.push_back(n);
  std::sort(factors.rbegin(), factors.rend());
  return factors;
}

/** The tables of a length for `fourier` of loops.hpp. */
template <typename T>
class FourierTables {
 public:
  explicit FourierTables(std::size_t n) : n_(n) {
    std::size_t after = n;
    for (const std::size_t p : factorsOf(n)) {
      after /= p;
      std::vector<T> table;
      const auto add = [&](std::pair<double, double> root) {
        table.push_back(static_cast<T>(root.first));
        table.push_back(static_cast<T>(root.second));
      };
      for (std::size_t i = 0; i < after; i++)
        for (std::size_t j = 0; j < p; j++) add(rootOfUnity(i * j, p * after));
      const std::size_t pairs = p % 2 == 0 ? 0 : p / 2;
      const std::size_t cosines = table.size();
      for (std::size_t m = 1; m <= pairs; m++)
        for (std::size_t j = 1; j <= pairs; j++) table.push_back(static_cast<T>(rootOfUnity(m * j, p).first));
      for (std::size_t m = 1; m <= pairs; m++)
        for (std::size_t j = 1; j <= pairs; j++)
          table.push_back(static_cast<T>(rootOfUnity(m * j, p).second));
      tables_.push_back(std::move(table));
      const T* const start = tables_.back().data();
      steps_.push_back({p, start, start + cosines, start + cosines + pairs * pairs});
    }
  }
  FourierSteps<T> steps() const { return {n_, steps_.size(), steps_.data()}; }

 private:
  std::size_t n_;
  std::list<std::vector<T>> tables_;
  std::vector<FourierStep<T>> steps_;
};

/**
 * True for lengths that our own loops transform faster, many lines at a time: FFTW has no code for
 * their largest prime factors.
 */
inline bool suitsLines(std::size_t n) {
  constexpr std::size_t leastFactor = 17, longest = 8192;
  if (n < leastFactor || n > longest) return false;
  const std::size_t largest = factorsOf(n).front();
  return largest >= leastFactor && largest < FOURIER_MOST;
}

/** The numbers of work memory that `byLines` needs. */
template <typename T>
std::size_t lineWork(const FourierSteps<T>& steps) {
  return 4 * steps.n * of<T>(loops()).lines;
}

/**
 * Calls back for the runs of neighbouring lines among `width` lines from `start` on, in groups of
 * `inner`: the place of a run among these lines, its group, its first line there, its length.
 */
template <typename Body>
void forRuns(std::size_t start, std::size_t width, std::size_t inner, Body&& body) {
  for (std::size_t w = 0, run = 0; w < width; w += run) {
    const std::size_t j = (start + w) % inner;
    run = std::min(width - w, inner - j);
    body(w, (start + w) / inner, j, run);
  }
}

/**
 * Transforms of one axis: `outer` groups of n rows of `inner` neighbouring elements, in place or
 * not. As many lines as a vector has lanes are copied to rows of real and of imaginary parts. Each
 * line is computed on its own, so that infinities stay in theirs. An inverse is the forward
 * transform with the parts exchanged.
 */
template <typename T>
void byLines(const FourierSteps<T>& steps, const Pass& pass, std::size_t outer, std::size_t inner, const T* x,
             T* y, T* work) {
  const FloatLoops<T>& table = of<T>(loops());
  const std::size_t n = steps.n;
  const std::size_t lines = table.lines;
  const std::size_t half = n / 2 + 1;
  const std::size_t nx = pass.kind == Kind::c2r ? half : n;
  const std::size_t ny = pass.kind == Kind::r2c ? half : n;
  const std::size_t xLanes = pass.kind == Kind::r2c ? 1 : 2;
  const std::size_t yLanes = pass.kind == Kind::c2r ? 1 : 2;
  const std::size_t part = n * lines;
  T* const re = work + (pass.inverse ? part : 0);
  T* const im = work + (pass.inverse ? 0 : part);
  const T scale = static_cast<T>(pass.scale);
  std::fill(work, work + 2 * part, T(0));
  const std::size_t count = outer * inner;
  for (std::size_t start = 0; start < count; start += lines) {
    const std::size_t width = std::min(lines, count - start);
    forRuns(start, width, inner, [&](std::size_t w, std::size_t o, std::size_t j, std::size_t run) {
      for (std::size_t i = 0; i < nx; i++) {
        const T* const row = x + ((o * nx + i) * inner + j) * xLanes;
        T* const a = re + i * lines + w;
        T* const b = im + i * lines + w;
        for (std::size_t k = 0; k < run; k++) {
          a[k] = row[k * xLanes];
          b[k] = xLanes == 1 ? T(0) : row[k * xLanes + 1];
        }
      }
    });
    if (pass.kind == Kind::c2r) {
      std::fill(im, im + lines, T(0));
      if (n % 2 == 0) std::fill(im + n / 2 * lines, im + half * lines, T(0));
      for (std::size_t i = half; i < n; i++) {
        for (std::size_t k = 0; k < lines; k++) {
          re[i * lines + k] = re[(n - i) * lines + k];
          im[i * lines + k] = -im[(n - i) * lines + k];
        }
      }
    }
    const T* const result = table.fourier(steps, work, work + 2 * part);
    const T* const outRe = result + (pass.inverse ? part : 0);
    const T* const outIm = result + (pass.inverse ? 0 : part);
    forRuns(start, width, inner, [&](std::size_t w, std::size_t o, std::size_t j, std::size_t run) {
      for (std::size_t i = 0; i < ny; i++) {
        T* const row = y + ((o * ny + i) * inner + j) * yLanes;
        const T* const a = outRe + i * lines + w;
        const T* const b = outIm + i * lines + w;
        for (std::size_t k = 0; k < run; k++) {
          row[k * yLanes] = a[k] * scale;
          if (yLanes == 2) row[k * yLanes + 1] = b[k] * scale;
        }
      }
    });
  }
}

}  // namespace lops
