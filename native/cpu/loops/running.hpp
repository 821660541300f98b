// Running sums along lines, in squares of registers.

namespace lops {
namespace LOPS_LEVEL {

/** The bytes of a line that are computed before they are written. */
constexpr std::size_t runningBytes = 512;
/** The distance in bytes at which the elements of a line are prefetched. */
constexpr std::size_t runningAhead = 1024;

LOPS_INLINE void storeWide(double* p, Wide v) { store(p, v); }
LOPS_INLINE void storeWide(float* p, Wide v) {
  *reinterpret_cast<Simd<float>::Half*>(p) = __builtin_convertvector(v, Simd<float>::Half);
}

/**
 * As many lines of n elements as a vector has lanes, from `first` to `first + m`: rows of a square
 * become columns, so that one addition serves all lines, in the order of the elements.
 */
template <typename T, std::size_t Block>
LOPS_INLINE void runSquares(std::size_t n, std::size_t m, const T* x, Wide& total, T (*part)[Block]) {
  constexpr std::size_t W = wideWidth;
  std::size_t i = 0;
  for (; i + W <= m; i += W) {
    Wide v[W];
#pragma GCC unroll 8
    for (std::size_t l = 0; l < W; l++) {
      v[l] = loadWide(x + l * n + i);
      __builtin_prefetch(x + l * n + i + runningAhead / sizeof(T));
    }
    transposeSquare<W / 2, double>(v);
#pragma GCC unroll 8
    for (std::size_t k = 0; k < W; k++) v[k] = total += v[k];
    transposeSquare<W / 2, double>(v);
#pragma GCC unroll 8
    for (std::size_t l = 0; l < W; l++) storeWide(part[l] + i, v[l]);
  }
  for (; i < m; i++) {
    for (std::size_t l = 0; l < W; l++) {
      total[l] += static_cast<double>(x[l * n + i]);
      part[l][i] = static_cast<T>(total[l]);
    }
  }
}

/** Running sums of `count` lines of n elements, in float64; y may be x unless `past`. */
template <typename T>
void runningSums(std::size_t count, std::size_t n, const T* x, T* y, bool past) {
  constexpr std::size_t W = wideWidth;
  constexpr std::size_t block = runningBytes / sizeof(T);
  alignas(64) T part[W][block];
  std::size_t line = 0;
  for (; line + W <= count; line += W) {
    const T* from = x + line * n;
    T* to = y + line * n;
    Wide total = {};
    for (std::size_t first = 0; first < n; first += block) {
      const std::size_t m = n - first < block ? n - first : block;
      runSquares<T, block>(n, m, from + first, total, part);
      for (std::size_t l = 0; l < W; l++) {
        if (past) copyPast(m * sizeof(T), part[l], to + l * n + first);
        else std::memcpy(static_cast<void*>(to + l * n + first), part[l], m * sizeof(T));
      }
    }
  }
  for (; line < count; line++) {
    double total = 0;
    for (std::size_t i = line * n; i < (line + 1) * n; i++) {
      total += static_cast<double>(x[i]);
      y[i] = static_cast<T>(total);
    }
  }
}

}  // namespace LOPS_LEVEL
}  // namespace lops
