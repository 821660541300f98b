// Products of a matrix and one of a few columns. A is read once, in the order of memory. BLAS copies
// its blocks first, which takes as long as the product.

namespace lops {
namespace LOPS_LEVEL {

/** The sums that stay in registers, in vectors; complex products need two for each. */
constexpr std::size_t thinSums = LOPS_VECTOR_BYTES == 64 ? 8 : 4;

/** i v or, if `sign` is −1, −i v, for pairs (re, im). */
template <typename T>
LOPS_INLINE typename Simd<T>::V turned(typename Simd<T>::V v, T sign) {
  typename Simd<T>::V signs = {};
  for (std::size_t k = 0; k < Simd<T>::width; k += 2) {
    signs[k] = -sign;
    signs[k + 1] = sign;
  }
  return swapPairs(v) * signs;
}

/**
 * Prefetches the cache lines of the rows `ahead`, at the first element i of a line. The rows of a
 * block are too short for the prefetches of the hardware.
 */
template <std::size_t PerLine, std::size_t R, typename T>
LOPS_INLINE void prefetchRows(const T* const* a, std::size_t ahead, std::size_t i) {
  if (i % PerLine != 0) return;
  for (std::size_t r = 0; r < R; r++) __builtin_prefetch(a[r] + ahead + i * (64 / sizeof(T) / PerLine));
}

/** sums[r] ← Σ a[r][p] b[p], p < k: R rows of A with the rows of B, of N vectors. */
template <typename T, bool Complex, std::size_t N, std::size_t R>
LOPS_INLINE void thinRows(std::size_t k, const T* const* a, std::size_t ahead, T sign, const T* b, T* sums) {
  typedef typename Simd<T>::V V;
  constexpr std::size_t W = Simd<T>::width;
  constexpr std::size_t lanes = Complex ? 2 : 1;
  V re[R][N] = {};
  V im[R][N] = {};
  for (std::size_t p = 0; p < k; p++) {
    prefetchRows<64 / sizeof(T) / lanes, R>(a, ahead, p);
    V v[N];
    for (std::size_t j = 0; j < N; j++) v[j] = load(b + (p * N + j) * W);
#pragma GCC unroll 8
    for (std::size_t r = 0; r < R; r++) {
      const V x = splat(a[r][lanes * p]);
      for (std::size_t j = 0; j < N; j++) re[r][j] += x * v[j];
      if constexpr (Complex) {
        const V y = splat(a[r][lanes * p + 1]);
        for (std::size_t j = 0; j < N; j++) im[r][j] += y * v[j];
      }
    }
  }
  for (std::size_t r = 0; r < R; r++) {
    for (std::size_t j = 0; j < N; j++) {
      if constexpr (Complex) re[r][j] += turned<T>(im[r][j], sign);
      store(sums + (r * N + j) * W, re[r][j]);
    }
  }
}

/** sums[i] += Σ a[p][i] b[p], p < P, i < m: P rows of A as columns of its transpose. */
template <typename T, bool Complex, std::size_t N, std::size_t P>
LOPS_INLINE void thinColumns(std::size_t m, const T* const* a, std::size_t ahead, T sign, const T* b,
                             T* sums) {
  typedef typename Simd<T>::V V;
  constexpr std::size_t W = Simd<T>::width;
  constexpr std::size_t lanes = Complex ? 2 : 1;
  V u[P][N], v[P][N];
  for (std::size_t p = 0; p < P; p++) {
    for (std::size_t j = 0; j < N; j++) {
      u[p][j] = load(b + (p * N + j) * W);
      if constexpr (Complex) v[p][j] = turned<T>(u[p][j], sign);
    }
  }
  for (std::size_t i = 0; i < m; i++) {
    prefetchRows<64 / sizeof(T) / lanes, P>(a, ahead, i);
    V s[N];
    for (std::size_t j = 0; j < N; j++) s[j] = load(sums + (i * N + j) * W);
#pragma GCC unroll 8
    for (std::size_t p = 0; p < P; p++) {
      const V x = splat(a[p][lanes * i]);
      for (std::size_t j = 0; j < N; j++) s[j] += x * u[p][j];
      if constexpr (Complex) {
        const V y = splat(a[p][lanes * i + 1]);
        for (std::size_t j = 0; j < N; j++) s[j] += y * v[p][j];
      }
    }
    for (std::size_t j = 0; j < N; j++) store(sums + (i * N + j) * W, s[j]);
  }
}

/** c ← α sums + β c for n elements; c is not read if β is 0. */
template <typename T, bool Complex>
LOPS_INLINE void thinResult(std::size_t n, const T* sums, const ThinProduct& s, T* c) {
  const T ar = static_cast<T>(s.alpha[0]), ai = static_cast<T>(s.alpha[1]);
  const T br = static_cast<T>(s.beta[0]), bi = static_cast<T>(s.beta[1]);
  if constexpr (!Complex) {
    for (std::size_t j = 0; j < n; j++) c[j] = br == 0 ? ar * sums[j] : ar * sums[j] + br * c[j];
  } else {
    const bool fresh = br == 0 && bi == 0;
    for (std::size_t j = 0; j < 2 * n; j += 2) {
      T re = ar * sums[j] - ai * sums[j + 1];
      T im = ar * sums[j + 1] + ai * sums[j];
      if (!fresh) {
        re += br * c[j] - bi * c[j + 1];
        im += br * c[j + 1] + bi * c[j];
      }
      c[j] = re;
      c[j + 1] = im;
    }
  }
}

/** op(B) in rows of N vectors, filled up with zeros, also to `rows` rows. */
template <typename T, bool Complex>
LOPS_INLINE void thinPack(const ThinProduct& s, std::size_t rows, std::size_t width, const T* b, T* packed) {
  constexpr std::size_t lanes = Complex ? 2 : 1;
  std::memset(static_cast<void*>(packed), 0, rows * width * sizeof(T));
  const std::size_t step = s.transB == 0 ? 1 : s.ldb;
  const std::size_t row = s.transB == 0 ? s.ldb : 1;
  for (std::size_t p = 0; p < s.k; p++) {
    for (std::size_t j = 0; j < s.n; j++) {
      const T* from = b + (p * row + j * step) * lanes;
      T* to = packed + p * width + j * lanes;
      to[0] = from[0];
      if (Complex) to[1] = s.transB == 2 ? -from[1] : from[1];
    }
  }
}

template <typename T, bool Complex, std::size_t N>
void thinOf(const ThinProduct& s, const T* a, const T* b, T* c, T* work) {
  constexpr std::size_t W = Simd<T>::width;
  constexpr std::size_t lanes = Complex ? 2 : 1;
  constexpr std::size_t many = thinSums / N;
  const T sign = s.transA == 2 ? T(-1) : T(1);
  T* packed = work;
  const std::size_t rows = (s.k + many - 1) / many * many;
  thinPack<T, Complex>(s, rows, N * W, b, packed);
  T* sums = packed + rows * N * W;
  const T* from[many];
  if (s.transA == 0) {
    for (std::size_t i = 0; i < s.m; i += many) {
      const std::size_t some = s.m - i < many ? s.m - i : many;
      // the last row again instead of those beyond it
      for (std::size_t r = 0; r < many; r++) from[r] = a + (i + (r < some ? r : some - 1)) * s.lda * lanes;
      thinRows<T, Complex, N, many>(s.k, from, many * s.lda * lanes, sign, packed, sums);
      for (std::size_t r = 0; r < some; r++)
        thinResult<T, Complex>(s.n, sums + r * N * W, s, c + (i + r) * s.ldc * lanes);
    }
    return;
  }
  T* zeros = sums + s.m * N * W;
  std::memset(static_cast<void*>(sums), 0, (s.m * N * W + s.m * lanes) * sizeof(T));
  for (std::size_t p = 0; p < s.k; p += many) {
    for (std::size_t r = 0; r < many; r++) from[r] = p + r < s.k ? a + (p + r) * s.lda * lanes : zeros;
    thinColumns<T, Complex, N, many>(s.m, from, many * s.lda * lanes, sign, packed + p * N * W, sums);
  }
  for (std::size_t i = 0; i < s.m; i++)
    thinResult<T, Complex>(s.n, sums + i * N * W, s, c + i * s.ldc * lanes);
}

/** The most terms of a sum: BLAS adds longer ones in blocks, which rounds less. */
constexpr std::size_t thinLongest = 1024;

/**
 * The numbers of work memory. It is 0, and BLAS is better, if B has more columns than fit into the
 * registers, if B or the sums exceed the first-level cache, or for long sums.
 */
template <typename T>
std::size_t thinWork(const ThinProduct& s) {
  constexpr std::size_t W = Simd<T>::width;
  constexpr std::size_t most = 32 * 1024;
  const std::size_t lanes = s.complex ? 2 : 1;
  const std::size_t vectors = (s.n * lanes + W - 1) / W;
  const std::size_t width = (vectors == 3 ? 4 : vectors) * W;
  const std::size_t kept = s.transA == 0 ? s.k : s.m;
  if (vectors > (s.complex ? 4 : 2) || s.k > thinLongest || kept * width * sizeof(T) > most) return 0;
  const std::size_t columns = s.transA == 0 ? 0 : s.m * (width + lanes);
  return (s.k + 2 * thinSums) * width + columns;
}

template <typename T, bool Complex>
LOPS_INLINE void thinWidth(const ThinProduct& s, const T* a, const T* b, T* c, T* work) {
  constexpr std::size_t W = Simd<T>::width;
  const std::size_t lanes = s.n * (Complex ? 2 : 1);
  if (lanes <= W) thinOf<T, Complex, 1>(s, a, b, c, work);
  else if (lanes <= 2 * W) thinOf<T, Complex, 2>(s, a, b, c, work);
  else thinOf<T, Complex, 4>(s, a, b, c, work);
}

template <typename T>
void thin(const ThinProduct& s, const T* a, const T* b, T* c, T* work) {
  if (s.complex) thinWidth<T, true>(s, a, b, c, work);
  else thinWidth<T, false>(s, a, b, c, work);
}

}  // namespace LOPS_LEVEL
}  // namespace lops
