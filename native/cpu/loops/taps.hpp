// The inner loops of stencils and convolutions: weighted sums of a few shifted runs, with register
// blocking.

namespace lops {
namespace LOPS_LEVEL {

/**
 * The distance at which the run of new data, which has the highest address, is prefetched into the
 * cache. With several runs, the hardware prefetches too late.
 */
constexpr std::size_t prefetchBytes = 8192;

/**
 * y[i] ← (+)= Σ c[k] p[k][i], k < Count. The number of terms is a compile-time constant. With Near,
 * p[Count − 2] and p[Count − 1] are p[0] moved by −Near and Near, and come from vectors of p[0], of
 * which one more on either side is read. Otherwise the loads of AVX-512 that are not aligned, all of
 * which cross cache lines, take longer than the others together.
 */
template <typename T, int Count, bool Add, bool Prefetch, int Near = 0>
struct Terms {
  const T* p[Count];
  T c[Count];
  const T* y;
  const T* ahead;
  Terms(const T* const* from, const T* coefficients, const T* to) : y(to), ahead(from[0]) {
    for (int k = 0; k < Count; k++) {
      p[k] = from[k];
      c[k] = coefficients[k];
      ahead = p[k] > ahead ? p[k] : ahead;
    }
    ahead += prefetchBytes / sizeof(T);
  }
  LOPS_INLINE T one(std::size_t i) const {
    T s = Add ? y[i] : T(0);
    for (int k = 0; k < Count; k++) s += c[k] * p[k][i];
    return s;
  }
  LOPS_INLINE typename Simd<T>::V vector(std::size_t i) const {
    if (Prefetch) __builtin_prefetch(ahead + i);
    typename Simd<T>::V s = Add ? load(y + i) : c[0] * load(p[0] + i);
    for (int k = Add ? 0 : 1; k < (Near > 0 ? Count - 2 : Count); k++) s += c[k] * load(p[k] + i);
    if constexpr (Near > 0) {
      constexpr std::size_t W = Simd<T>::width;
      const std::make_index_sequence<W> lanes;
      const auto here = load(p[0] + i);
      s += c[Count - 2] * lanesFrom<W - Near, T>(load(p[0] + i - W), here, lanes);
      s += c[Count - 1] * lanesFrom<Near, T>(here, load(p[0] + i + W), lanes);
    }
    return s;
  }
};

/**
 * Like writeLoop for outputs that are not inputs. The ends are also written as whole vectors, so
 * some elements are written twice.
 */
template <typename T, typename F>
LOPS_INLINE void overlapLoop(std::size_t n, T* y, const F& f) {
  constexpr std::size_t W = Simd<T>::width;
  if (n < W) {
    for (std::size_t i = 0; i < n; i++) y[i] = f.one(i);
    return;
  }
  store(y, f.vector(0));
  std::size_t i = headOf(y, W);
  if (i == 0) i = W;
  for (; i + 2 * W <= n; i += 2 * W) {
    const auto a = f.vector(i);
    const auto b = f.vector(i + W);
    store(y + i, a);
    store(y + i + W, b);
  }
  for (; i + W <= n; i += W) store(y + i, f.vector(i));
  if (i < n) store(y + (n - W), f.vector(n - W));
}

/**
 * A run that has neighbours among its terms. Its first and its last vectors, whose neighbours may lie
 * outside of the array, load them.
 */
template <typename T, int Count, int Near>
LOPS_INLINE void termsNear(std::size_t n, const T* const* p, const T* c, T* y, bool streaming) {
  constexpr std::size_t W = Simd<T>::width;
  const T* at[Count];
  const auto from = [&](std::size_t start) {
    for (int k = 0; k < Count; k++) at[k] = p[k] + start;
    return y + start;
  };
  const std::size_t first = W + headOf(y, W);
  const std::size_t many = (n - W - first) / (4 * W) * (4 * W);
  overlapLoop(first, y, Terms<T, Count, false, false>(p, c, y));
  T* to = from(first);
  if (streaming) writeLoop<true>(many, to, Terms<T, Count, false, true, Near>(at, c, to));
  else writeLoop<false>(many, to, Terms<T, Count, false, false, Near>(at, c, to));
  to = from(first + many);
  overlapLoop(n - first - many, to, Terms<T, Count, false, false>(at, c, to));
}

template <typename T, int Count, bool Add>
LOPS_INLINE void termsFixed(std::size_t n, const T* const* p, const T* c, T* y, bool streaming) {
  if constexpr (LOPS_VECTOR_BYTES == 64 && Count >= 3 && !Add) {
    const std::ptrdiff_t near = p[Count - 1] - p[0];
    if (p[0] - p[Count - 2] == near && n >= 16 * Simd<T>::width) {
      if (near == 1) return termsNear<T, Count, 1>(n, p, c, y, streaming);
      if (near == 2) return termsNear<T, Count, 2>(n, p, c, y, streaming);
    }
  }
  if (Add) {
    writeLoop<false>(n, y, Terms<T, Count, Add, false>(p, c, y));
  } else if (streaming && n >= 16 * Simd<T>::width) {
    writeLoop<true>(n, y, Terms<T, Count, Add, true>(p, c, y));
  } else {
    overlapLoop(n, y, Terms<T, Count, Add, false>(p, c, y));
  }
}

template <typename T, bool Add>
void termsUpTo8(std::size_t n, std::size_t count, const T* const* p, const T* c, T* y, bool streaming) {
  switch (count) {
    case 1: termsFixed<T, 1, Add>(n, p, c, y, streaming); return;
    case 2: termsFixed<T, 2, Add>(n, p, c, y, streaming); return;
    case 3: termsFixed<T, 3, Add>(n, p, c, y, streaming); return;
    case 4: termsFixed<T, 4, Add>(n, p, c, y, streaming); return;
    case 5: termsFixed<T, 5, Add>(n, p, c, y, streaming); return;
    case 6: termsFixed<T, 6, Add>(n, p, c, y, streaming); return;
    case 7: termsFixed<T, 7, Add>(n, p, c, y, streaming); return;
    case 8: termsFixed<T, 8, Add>(n, p, c, y, streaming); return;
    default: return;
  }
}

template <typename T>
void terms(std::size_t n, std::size_t count, const T* const* p, const T* c, T* y, Writing writing) {
  if (count == 0) {
    if (!writing.add) std::memset(static_cast<void*>(y), 0, n * sizeof(T));
    return;
  }
  if (count <= 8) {
    if (writing.add) {
      termsUpTo8<T, true>(n, count, p, c, y, false);
    } else {
      termsUpTo8<T, false>(n, count, p, c, y, writing.stream);
    }
    return;
  }
  // Many terms are processed eight at a time over a block that stays in the first-level cache.
  constexpr std::size_t block = 1024;
  const T* q[8];
  for (std::size_t start = 0; start < n; start += block) {
    const std::size_t m = n - start < block ? n - start : block;
    for (std::size_t k = 0; k < count; k += 8) {
      const std::size_t some = count - k < 8 ? count - k : 8;
      for (std::size_t j = 0; j < some; j++) q[j] = p[k + j] + start;
      if (writing.add || k > 0) {
        termsUpTo8<T, true>(m, some, q, c + k, y + start, false);
      } else {
        termsUpTo8<T, false>(m, some, q, c + k, y + start, false);
      }
    }
  }
}

/**
 * Blocks of vectors of y are kept in registers during the loop over all taps. `trouble` becomes NaN
 * where a sum is not finite.
 */
template <typename T, int Block>
LOPS_INLINE void tapsBlock(std::size_t nh, const T* h, std::ptrdiff_t step, const T* x, T* y, bool add,
                           typename Simd<T>::V& trouble) {
  typedef typename Simd<T>::V V;
  constexpr std::ptrdiff_t W = static_cast<std::ptrdiff_t>(Simd<T>::width);
  V s[Block] = {};
  if (add) {
    for (int b = 0; b < Block; b++) s[b] = load(y + b * W);
  }
  for (std::size_t j = 0; j < nh; j++) {
    const V c = splat(h[j]);
    const T* p = x - static_cast<std::ptrdiff_t>(j) * step;
    for (int b = 0; b < Block; b++) s[b] += c * load(p + b * W);
  }
  for (int b = 0; b < Block; b++) {
    trouble += T(0) * s[b];
    store(y + b * W, s[b]);
  }
}

/** The distance in vectors between a block and what is prefetched during its computation. */
constexpr std::size_t tapsAhead = 48;

/**
 * Prefetches vectors of x and y. The addresses of taps decrease, which hardware prefetchers do not
 * predict.
 */
template <typename T>
LOPS_INLINE void prefetchTaps(std::size_t vectors, const T* x, const T* y) {
  constexpr std::size_t W = Simd<T>::width;
  for (std::size_t b = 0; b < vectors; b++) {
    __builtin_prefetch(x + (tapsAhead + b) * W);
    __builtin_prefetch(y + (tapsAhead + b) * W, 1);
  }
}

/** Adds Count taps that are `period` apart, and so one vector of x. */
template <typename T, int Block, int Count>
LOPS_INLINE void tapsApart(std::size_t period, const T* h, const T* x, typename Simd<T>::V* s) {
  typedef typename Simd<T>::V V;
  constexpr std::ptrdiff_t W = static_cast<std::ptrdiff_t>(Simd<T>::width);
  V c[Count];
  for (std::size_t m = 0; m < Count; m++) c[m] = splat(h[m * period]);
#pragma GCC unroll 32
  for (int k = 1 - Count; k < Block; k++) {
    const V v = load(x + k * W);
#pragma GCC unroll 8
    for (int m = 0; m < Count; m++) {
      if (k + m >= 0 && k + m < Block) s[k + m] += c[m] * v;
    }
  }
}

/** All taps of one phase: h[0], h[period], h[2 period] …, up to Most at a time. */
template <typename T, int Block, int Most>
LOPS_INLINE void tapsOfPhase(std::size_t nh, std::size_t period, const T* h, const T* x,
                             typename Simd<T>::V* s) {
  for (; (Most - 1) * period < nh; nh -= Most * period, h += Most * period, x -= Most * Simd<T>::width) {
    tapsApart<T, Block, Most>(period, h, x, s);
    if (nh <= Most * period) return;
  }
  if constexpr (Most > 1) tapsOfPhase<T, Block, Most - 1>(nh, period, h, x, s);
}

/** The vectors of y in registers at a time, and the most taps for which x is loaded once. */
constexpr int phaseBlock = LOPS_VECTOR_BYTES == 64 ? 16 : 8;
constexpr int phaseTaps = LOPS_VECTOR_BYTES == 64 ? 6 : 3;

/**
 * Like tapsBlock for steps that divide the width of a vector. Taps at a distance of one whole vector
 * use the same vectors of x in neighbouring blocks, so these are loaded once for all of them.
 * Otherwise most of the time is spent on unaligned loads, all of which cross a cache line with
 * AVX-512. Each phase prefetches its share of a later block: all lines of a block at once exceed
 * what the core can have under way.
 */
template <typename T, int Block>
LOPS_INLINE void tapsPhases(std::size_t nh, const T* h, std::size_t step, const T* x, T* y, bool add,
                            typename Simd<T>::V& trouble) {
  typedef typename Simd<T>::V V;
  constexpr std::size_t W = Simd<T>::width;
  V s[Block] = {};
  if (add) {
    for (std::size_t b = 0; b < Block; b++) s[b] = load(y + b * W);
  }
  const std::size_t period = W / step;
  const std::size_t share = Block / period;
  for (std::size_t phase = 0; phase < period; phase++) {
    prefetchTaps(share, x + phase * share * W, y + phase * share * W);
    tapsOfPhase<T, Block, phaseTaps>(nh - phase, period, h + phase, x - phase * step, s);
  }
  for (std::size_t b = 0; b < Block; b++) {
    trouble += T(0) * s[b];
    store(y + b * W, s[b]);
  }
}

template <typename T>
bool taps(std::size_t n, std::size_t nh, const T* h, std::ptrdiff_t step, const T* x, T* y, bool add) {
  constexpr std::size_t W = Simd<T>::width;
  constexpr std::size_t phased = phaseBlock * W;
  typename Simd<T>::V trouble = {};
  const auto finite = [&] {
    T sum = 0;
    for (std::size_t l = 0; l < W; l++) sum += trouble[l];
    return sum == 0;
  };
  std::size_t i = 0;
  const std::size_t apart = step > 0 ? static_cast<std::size_t>(step) : W + 1;
  if (W % apart == 0 && nh > 2 * W / apart) {
    for (; i + phased <= n; i += phased) tapsPhases<T, phaseBlock>(nh, h, apart, x + i, y + i, add, trouble);
    // the last block as below
    if (!add && i > 0 && n - i > phased / 2) {
      i = n - phased;
      tapsPhases<T, phaseBlock>(nh, h, apart, x + i, y + i, false, trouble);
      return finite();
    }
  }
  for (; i + 8 * W <= n; i += 8 * W) {
    prefetchTaps(8, x + i, y + i);
    tapsBlock<T, 8>(nh, h, step, x + i, y + i, add, trouble);
  }
  if (!add && i < n && n >= 4 * W) {
    // The last block is shifted back to end at n. It writes the same values in the overlap. Four
    // vectors take no more time than one, because the sums of one depend on each other.
    if (n - i <= 4 * W) {
      tapsBlock<T, 4>(nh, h, step, x + (n - 4 * W), y + (n - 4 * W), false, trouble);
      return finite();
    }
    if (n >= 8 * W) {
      tapsBlock<T, 8>(nh, h, step, x + (n - 8 * W), y + (n - 8 * W), false, trouble);
      return finite();
    }
  }
  for (; i + 4 * W <= n; i += 4 * W) tapsBlock<T, 4>(nh, h, step, x + i, y + i, add, trouble);
  if (!add && i > 0 && i < n) {
    tapsBlock<T, 4>(nh, h, step, x + (n - 4 * W), y + (n - 4 * W), false, trouble);
    return finite();
  }
  for (; i + W <= n; i += W) tapsBlock<T, 1>(nh, h, step, x + i, y + i, add, trouble);
  if (i < n && n >= W && !add) {
    tapsBlock<T, 1>(nh, h, step, x + (n - W), y + (n - W), false, trouble);
    return finite();
  }
  for (; i < n; i++) {
    T s = add ? y[i] : T(0);
    for (std::size_t j = 0; j < nh; j++)
      s += h[j] * x[static_cast<std::ptrdiff_t>(i) - static_cast<std::ptrdiff_t>(j) * step];
    y[i] = s;
    trouble[0] += T(0) * s;
  }
  return finite();
}

/** Sums of Vectors vectors of rows for each of Count runs of x stay in registers over all columns. */
template <typename T, int Vectors, int Count>
LOPS_INLINE void columnsBlock(const Columns<T>& a, const T* m, const T* x, T* sums) {
  typedef typename Simd<T>::V V;
  constexpr std::size_t W = Simd<T>::width;
  V s[Count][Vectors] = {};
  for (std::size_t c = 0; c < a.count; c++, m += a.stride, x += a.step) {
    V rows[Vectors];
    for (std::size_t v = 0; v < Vectors; v++) rows[v] = load(m + v * W);
    for (std::size_t k = 0; k < Count; k++) {
      const V factor = splat(x[k * a.apart]);
      for (std::size_t v = 0; v < Vectors; v++) s[k][v] += factor * rows[v];
    }
  }
  for (std::size_t k = 0; k < Count; k++)
    for (std::size_t v = 0; v < Vectors; v++) store(sums + k * a.stride + v * W, s[k][v]);
}

/** All runs of x, as many at a time as registers hold, for some vectors of rows. */
template <typename T, int Vectors, int Count>
LOPS_INLINE void columnsRuns(const Columns<T>& a, const T* m, std::size_t many, const T* x, T* sums) {
  for (; many >= Count; many -= Count, x += Count * a.apart, sums += Count * a.stride)
    columnsBlock<T, Vectors, Count>(a, m, x, sums);
  if constexpr (Count > 1) {
    if (many > 0) columnsRuns<T, Vectors, Count / 2>(a, m, many, x, sums);
  }
}

template <typename T>
void columns(const Columns<T>& a, std::size_t many, const T* x, T* sums) {
  constexpr std::size_t W = Simd<T>::width;
  constexpr int count = LOPS_VECTOR_BYTES == 64 ? 8 : 4;
  std::size_t i = 0;
  for (; i + 3 * W <= a.stride; i += 3 * W) columnsRuns<T, 3, count>(a, a.matrix + i, many, x, sums + i);
  if (i + 2 * W <= a.stride) {
    columnsRuns<T, 2, count>(a, a.matrix + i, many, x, sums + i);
  } else if (i < a.stride) {
    columnsRuns<T, 1, count>(a, a.matrix + i, many, x, sums + i);
  }
}

}  // namespace LOPS_LEVEL
}  // namespace lops
