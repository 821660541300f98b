// Extremes, products and counts of real numbers, integers and flags.

namespace lops {
namespace LOPS_LEVEL {

template <bool LARGEST, bool SKIPS, typename T>
LOPS_INLINE T betterOf(T best, T v) {
  // NaN is better than any number, and stays; if it is skipped, any number is better than NaN
  return (LARGEST ? v > best : v < best) || (SKIPS ? best != best : v != v) ? v : best;
}

template <bool LARGEST, bool SKIPS, typename T>
LOPS_INLINE T extremeLoop(std::size_t n, const T* x) {
  typedef T V __attribute__((vector_size(LOPS_VECTOR_BYTES), may_alias));
  typedef T U __attribute__((vector_size(LOPS_VECTOR_BYTES), may_alias, aligned(sizeof(T))));
  constexpr std::size_t W = LOPS_VECTOR_BYTES / sizeof(T);
  T best = x[0];
  std::size_t i = 0;
  if (n >= 4 * W) {
    const auto at = [x](std::size_t k) { return static_cast<V>(*reinterpret_cast<const U*>(x + k)); };
    V m[4] = {at(0), at(W), at(2 * W), at(3 * W)};
    for (i = 4 * W; i + 4 * W <= n; i += 4 * W) {
      for (std::size_t k = 0; k < 4; k++) {
        const V v = at(i + k * W);
        m[k] = ((LARGEST ? v > m[k] : v < m[k]) | (SKIPS ? m[k] != m[k] : v != v)) ? v : m[k];
      }
    }
    for (std::size_t k = 0; k < 4; k++) {
      for (std::size_t l = 0; l < W; l++) best = betterOf<LARGEST, SKIPS>(best, static_cast<T>(m[k][l]));
    }
  }
  for (; i < n; i++) best = betterOf<LARGEST, SKIPS>(best, x[i]);
  return best;
}

/** The extreme of some numbers, of which none is NaN unless `special` is set. */
template <typename T>
struct Found {
  T best;
  /** Some numbers may be NaN or infinite. */
  bool special;
};

template <bool LARGEST, typename T>
LOPS_INLINE Found<T> extremeOfNumbers(std::size_t n, const T* x) {
  typedef T V __attribute__((vector_size(LOPS_VECTOR_BYTES), may_alias));
  typedef T U __attribute__((vector_size(LOPS_VECTOR_BYTES), may_alias, aligned(sizeof(T))));
  constexpr std::size_t W = LOPS_VECTOR_BYTES / sizeof(T);
  constexpr bool isFloat = std::is_floating_point<T>::value;
  const auto better = [](auto a, auto b) { return LARGEST ? (b > a ? b : a) : (b < a ? b : a); };
  T best = x[0];
  T rest = 0;  // x − x: not 0 where x is NaN or infinite
  std::size_t i = 0;
  if (n >= 4 * W) {
    const auto at = [x](std::size_t k) { return static_cast<V>(*reinterpret_cast<const U*>(x + k)); };
    V m[4] = {at(0), at(W), at(2 * W), at(3 * W)};
    V zero[4] = {};
    for (; i + 4 * W <= n; i += 4 * W) {
      for (std::size_t k = 0; k < 4; k++) {
        const V v = at(i + k * W);
        m[k] = better(m[k], v);
        if constexpr (isFloat) zero[k] += v - v;
      }
    }
    const V all = better(better(m[0], m[1]), better(m[2], m[3]));
    const V sum = (zero[0] + zero[1]) + (zero[2] + zero[3]);
    for (std::size_t l = 0; l < W; l++) best = better(best, static_cast<T>(all[l]));
    if constexpr (isFloat)
      for (std::size_t l = 0; l < W; l++) rest += sum[l];
  }
  for (; i < n; i++) {
    best = better(best, x[i]);
    if constexpr (isFloat) rest += x[i] - x[i];
  }
  return {best, rest != 0};
}

/** The first position of NaN, or n. */
template <typename T>
LOPS_INLINE std::size_t positionOfNaN(std::size_t n, const T* x) {
  std::size_t i = 0;
  while (i < n && x[i] == x[i]) i++;
  return i;
}

/** How many numbers are searched at a time: they stay in the first-level cache. */
template <typename T>
constexpr std::size_t searched = 16384 / sizeof(T);

/** The extreme of at least one number. NaN if one is NaN, or if NaN is skipped and all are NaN. */
template <typename T>
T extreme(Extreme kind, std::size_t n, const T* x) {
  if (kind.skipsNaN) return kind.largest ? extremeLoop<true, true>(n, x) : extremeLoop<false, true>(n, x);
  T best = x[0];
  for (std::size_t i = 0; i < n; i += searched<T>) {
    const std::size_t m = n - i < searched<T> ? n - i : searched<T>;
    const Found<T> own = kind.largest ? extremeOfNumbers<true>(m, x + i) : extremeOfNumbers<false>(m, x + i);
    if (own.special) {
      const std::size_t at = positionOfNaN(m, x + i);
      if (at < m) return x[i + at];
    }
    if (kind.largest ? own.best > best : own.best < best) best = own.best;
  }
  return best;
}

/** Of flags: no other is searched for after the first one that decides. */
inline Flag extreme(Extreme kind, std::size_t n, const Flag* x) {
  const bool largest = kind.largest;
  constexpr std::size_t block = 4096;
  Flag best = x[0];
  for (std::size_t i = 0; i < n && best == (largest ? 0 : 1); i += block) {
    const std::size_t m = n - i < block ? n - i : block;
    const Flag own = largest ? extremeLoop<true, false>(m, x + i) : extremeLoop<false, false>(m, x + i);
    if (largest ? own > best : own < best) best = own;
  }
  return best;
}

template <bool LARGEST, bool SKIPS, typename T>
LOPS_INLINE void extremesLoop(std::size_t n, const T* x, T* best) {
  LOPS_IVDEP
  for (std::size_t i = 0; i < n; i++) best[i] = betterOf<LARGEST, SKIPS>(best[i], x[i]);
}

/** best[i] ← the extreme of best[i] and x[i] */
template <typename T>
void extremes(Extreme kind, std::size_t n, const T* x, T* best) {
  if (kind.skipsNaN)
    return kind.largest ? extremesLoop<true, true>(n, x, best) : extremesLoop<false, true>(n, x, best);
  return kind.largest ? extremesLoop<true, false>(n, x, best) : extremesLoop<false, false>(n, x, best);
}

template <bool LARGEST, typename T>
LOPS_INLINE void positionsLoop(std::size_t n, const T* x, PositionOf<T> row, T* best, PositionOf<T>* at) {
  LOPS_IVDEP
  for (std::size_t i = 0; i < n; i++) {
    const T a = best[i], b = x[i];
    // The first NaN stays
    const bool isBetter = ((LARGEST ? b > a : b < a) | (b != b)) & (a == a);
    best[i] = isBetter ? b : a;
    at[i] = isBetter ? row : at[i];
  }
}

/** If x[i] is a better extreme than best[i]: best[i] ← x[i], at[i] ← row */
template <typename T>
void positions(bool largest, std::size_t n, const T* x, PositionOf<T> row, T* best, PositionOf<T>* at) {
  return largest ? positionsLoop<true>(n, x, row, best, at) : positionsLoop<false>(n, x, row, best, at);
}

/** The first position of the extreme of at least one number; NaN is the extreme. */
template <typename T>
std::size_t position(bool largest, std::size_t n, const T* x) {
  T best = x[0];
  std::size_t from = 0;
  // The first block that has the extreme
  for (std::size_t i = 0; i < n; i += searched<T>) {
    const std::size_t m = n - i < searched<T> ? n - i : searched<T>;
    const Found<T> own = largest ? extremeOfNumbers<true>(m, x + i) : extremeOfNumbers<false>(m, x + i);
    if (own.special) {
      const std::size_t at = positionOfNaN(m, x + i);
      if (at < m) return i + at;
    }
    if (largest ? own.best > best : own.best < best) {
      best = own.best;
      from = i;
    }
  }
  const auto isBest = [best](T v) { return v == best; };
  constexpr std::size_t few = 64;
  for (; from + few <= n; from += few) {
    std::size_t hits = 0;
    for (std::size_t k = 0; k < few; k++) hits += isBest(x[from + k]);
    if (hits != 0) break;
  }
  while (!isBest(x[from])) from++;
  return from;
}

template <typename T>
double product(std::size_t n, const T* x) {
  double result = 1;
  for (std::size_t i = 0; i < n; i++) result *= static_cast<double>(x[i]);
  return result;
}

template <typename T>
std::size_t countNonzero(std::size_t n, const T* x) {
  std::size_t count = 0;
  std::size_t i = 0;
  if constexpr (sizeof(T) == 1) {
    // Each byte of a vector counts up to 255 flags
    typedef std::int8_t Bytes __attribute__((vector_size(LOPS_VECTOR_BYTES), may_alias, aligned(1)));
    constexpr std::size_t W = LOPS_VECTOR_BYTES;
    while (i + W <= n) {
      Bytes own = {};
      for (std::size_t k = 0; k < 255 && i + W <= n; k++, i += W)
        own -= *reinterpret_cast<const Bytes*>(x + i) != 0;
      for (std::size_t k = 0; k < W; k++) count += static_cast<std::uint8_t>(own[k]);
    }
  } else {
    constexpr std::size_t block = 128;
    for (; i + block <= n; i += block) {
      unsigned char own = 0;
      for (std::size_t k = 0; k < block; k++) own = static_cast<unsigned char>(own + (x[i + k] != 0));
      count += own;
    }
  }
  for (; i < n; i++) count += x[i] != 0;
  return count;
}

/** The exact sum of integers. */
template <typename T>
double sumOfIntegers(std::size_t n, const T* x) {
  if (sizeof(T) == 1) return static_cast<double>(countNonzero(n, x));
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < n; i++) sum += static_cast<std::int64_t>(x[i]);
  return static_cast<double>(sum);
}

/** sums[i] += x[i] */
template <typename T>
void addIntegers(std::size_t n, const T* x, double* sums) {
  LOPS_IVDEP
  for (std::size_t i = 0; i < n; i++) sums[i] += static_cast<double>(x[i]);
}

}  // namespace LOPS_LEVEL
}  // namespace lops
