// Copies, fills and linear combinations.

namespace lops {
namespace LOPS_LEVEL {

/** A copy that bypasses the caches. streamFence must be called afterwards. */
inline void copyPast(std::size_t bytes, const void* x, void* y) {
  // runs of elements of one byte may begin and end within a float
  const bool aligned =
      ((reinterpret_cast<std::uintptr_t>(x) | reinterpret_cast<std::uintptr_t>(y)) % sizeof(float)) == 0;
  if (!aligned) {
    std::memcpy(y, x, bytes);
    return;
  }
  const std::size_t rest = bytes % sizeof(float);
  const std::size_t whole = bytes - rest;
  std::memcpy(static_cast<char*>(y) + whole, static_cast<const char*>(x) + whole, rest);
  struct F {
    const float* x;
    LOPS_INLINE float one(std::size_t i) const { return x[i]; }
    LOPS_INLINE Simd<float>::V vector(std::size_t i) const { return load(x + i); }
  };
  // loads and stores do not change bits
  writeLoop<true>(whole / sizeof(float), static_cast<float*>(y), F{static_cast<const float*>(x)});
}

inline void copyBytes(std::size_t bytes, const void* x, void* y) {
  if (bytes < streamBytes) {
    std::memcpy(y, x, bytes);
  } else {
    copyPast(bytes, x, y);
    fence();
  }
}

template <typename T>
void fill(std::size_t n, T re, T im, T* y) {
  if (re == 0 && im == 0 && !std::signbit(re) && !std::signbit(im)) {
    std::memset(static_cast<void*>(y), 0, n * sizeof(T));
    return;
  }
  if (re == im || (std::isnan(re) && std::isnan(im))) {
    for (std::size_t i = 0; i < n; i++) y[i] = re;
    return;
  }
  for (std::size_t i = 0; i + 1 < n; i += 2) {
    y[i] = re;
    y[i + 1] = im;
  }
}

template <typename T>
void scale(std::size_t n, double a, const T* x, T* y) {
  typedef typename Simd<T>::V V;
  struct F {
    T a;
    V va;
    const T* x;
    LOPS_INLINE T one(std::size_t i) const { return a * x[i]; }
    LOPS_INLINE V vector(std::size_t i) const { return va * load(x + i); }
  };
  write(n, y, x == y, F{static_cast<T>(a), splat(static_cast<T>(a)), x});
}

template <typename T>
void axpby(std::size_t n, double a, const T* x, double b, const T* y, T* z) {
  typedef typename Simd<T>::V V;
  const bool inPlace = x == z || y == z;
  const T ta = static_cast<T>(a);
  const T tb = static_cast<T>(b);
  if (b == 1) {
    struct F {
      T a;
      V va;
      const T *x, *y;
      LOPS_INLINE T one(std::size_t i) const { return a * x[i] + y[i]; }
      LOPS_INLINE V vector(std::size_t i) const { return va * load(x + i) + load(y + i); }
    };
    write(n, z, inPlace, F{ta, splat(ta), x, y});
  } else {
    struct F {
      T a, b;
      V va, vb;
      const T *x, *y;
      LOPS_INLINE T one(std::size_t i) const { return a * x[i] + b * y[i]; }
      LOPS_INLINE V vector(std::size_t i) const { return va * load(x + i) + vb * load(y + i); }
    };
    write(n, z, inPlace, F{ta, tb, splat(ta), splat(tb), x, y});
  }
}

template <typename T, int Count>
struct Sum {
  T a[Count];
  const T* x[Count];
  LOPS_INLINE T one(std::size_t i) const {
    T s = a[0] * x[0][i];
    for (int k = 1; k < Count; k++) s += a[k] * x[k][i];
    return s;
  }
  LOPS_INLINE typename Simd<T>::V vector(std::size_t i) const {
    typename Simd<T>::V s = a[0] * load(x[0] + i);
    for (int k = 1; k < Count; k++) s += a[k] * load(x[k] + i);
    return s;
  }
};

template <typename T, int Count>
LOPS_INLINE void combineFixed(std::size_t n, const double* a, const T* const* xs, T* y) {
  Sum<T, Count> f;
  bool inPlace = false;
  for (int k = 0; k < Count; k++) {
    f.a[k] = static_cast<T>(a[k]);
    f.x[k] = xs[k];
    inPlace = inPlace || xs[k] == y;
  }
  write(n, y, inPlace, f);
}

template <typename T>
void combine(std::size_t n, std::size_t count, const double* a, const T* const* xs, T* y) {
  switch (count) {
    case 0: fill<T>(n, 0, 0, y); return;
    case 1: scale(n, a[0], xs[0], y); return;
    case 2: axpby(n, a[0], xs[0], a[1], xs[1], y); return;
    case 3: combineFixed<T, 3>(n, a, xs, y); return;
    case 4: combineFixed<T, 4>(n, a, xs, y); return;
    case 5: combineFixed<T, 5>(n, a, xs, y); return;
    case 6: combineFixed<T, 6>(n, a, xs, y); return;
    case 7: combineFixed<T, 7>(n, a, xs, y); return;
    case 8: combineFixed<T, 8>(n, a, xs, y); return;
    default: break;
  }
  // More terms are added in a block that stays in the first-level cache, because y may be one of
  // the inputs.
  constexpr std::size_t block = 1024;
  alignas(64) T sums[block];
  for (std::size_t start = 0; start < n; start += block) {
    const std::size_t m = n - start < block ? n - start : block;
    for (std::size_t i = 0; i < m; i++) sums[i] = static_cast<T>(a[0]) * xs[0][start + i];
    for (std::size_t k = 1; k < count; k++) {
      const T c = static_cast<T>(a[k]);
      const T* x = xs[k] + start;
      for (std::size_t i = 0; i < m; i++) sums[i] += c * x[i];
    }
    std::memcpy(static_cast<void*>(y + start), sums, m * sizeof(T));
  }
}

/**
 * Real multiples of complex numbers. The first Factors terms are products with a complex factor
 * whose imaginary part is 0, so that ∞ times that 0 is NaN. The other terms have the factors 1 or
 * −1 and are only added or subtracted.
 */
template <typename T, int Count, int Factors>
struct PairSum {
  typedef typename Simd<T>::V V;
  T a[Count];
  const T* x[Count];
  LOPS_INLINE V vector(std::size_t i) const {
    V s = {};
    V t = {};
    for (int k = 0; k < Count; k++) {
      const V v = load(x[k] + i);
      s = k == 0 ? a[k] * v : s + a[k] * v;
      if (k < Factors) t += T(0) * v;
    }
    return Factors > 0 ? s + swapPairs(t) : s;
  }
  /**
   * The same sums in the same order, so that the bits of an element do not depend on its position.
   */
  LOPS_INLINE void pair(std::size_t i, T* y) const {
    T re = 0, im = 0;
    T tre = 0, tim = 0;
    for (int k = 0; k < Count; k++) {
      const T u = x[k][i], v = x[k][i + 1];
      re = k == 0 ? a[k] * u : re + a[k] * u;
      im = k == 0 ? a[k] * v : im + a[k] * v;
      if (k < Factors) {
        tre += T(0) * v;
        tim += T(0) * u;
      }
    }
    y[i] = Factors > 0 ? re + tre : re;
    y[i + 1] = Factors > 0 ? im + tim : im;
  }
};

/** Like writeLoop, but in whole pairs. */
template <bool Stream, typename T, typename F>
LOPS_INLINE void pairLoop(std::size_t lanes, T* y, const F& f) {
  constexpr std::size_t W = Simd<T>::width;
  std::size_t i = 0;
  if (Stream) {
    const std::size_t head = headOf(y, lanes);
    for (; i < head; i += 2) f.pair(i, y);
    for (; i + W <= lanes; i += W) stream(y + i, f.vector(i));
  } else {
    for (; i + 2 * W <= lanes; i += 2 * W) {
      const auto a = f.vector(i);
      const auto b = f.vector(i + W);
      store(y + i, a);
      store(y + i + W, b);
    }
    for (; i + W <= lanes; i += W) store(y + i, f.vector(i));
  }
  for (; i < lanes; i += 2) f.pair(i, y);
}

template <typename T, int Count, int Factors>
LOPS_INLINE void combinePairs(std::size_t lanes, const T* a, const T* const* xs, T* y) {
  PairSum<T, Count, Factors> f;
  bool cached = lanes * sizeof(T) < streamBytes || reinterpret_cast<std::uintptr_t>(y) % (2 * sizeof(T)) != 0;
  for (int k = 0; k < Count; k++) {
    f.a[k] = a[k];
    f.x[k] = xs[k];
    cached = cached || xs[k] == y;
  }
  if (cached) {
    pairLoop<false>(lanes, y, f);
  } else {
    pairLoop<true>(lanes, y, f);
    fence();
  }
}

/** Up to four terms with real factors. Products come first. */
template <typename T>
void combineReal(std::size_t n, std::size_t count, const double* a, const T* const* xs, T* y) {
  T factors[4];
  const T* terms[4];
  std::size_t products = 0;
  for (std::size_t k = 0; k < count; k++) products += std::fabs(a[2 * k]) != 1 ? 1 : 0;
  std::size_t first = 0;
  std::size_t last = products;
  for (std::size_t k = 0; k < count; k++) {
    const std::size_t at = std::fabs(a[2 * k]) != 1 ? first++ : last++;
    factors[at] = static_cast<T>(a[2 * k]);
    terms[at] = xs[k];
  }
  switch (8 * count + products) {
    case 8 + 1: combinePairs<T, 1, 1>(2 * n, factors, terms, y); return;
    case 16 + 1: combinePairs<T, 2, 1>(2 * n, factors, terms, y); return;
    case 16 + 2: combinePairs<T, 2, 2>(2 * n, factors, terms, y); return;
    case 24 + 1: combinePairs<T, 3, 1>(2 * n, factors, terms, y); return;
    case 24 + 2: combinePairs<T, 3, 2>(2 * n, factors, terms, y); return;
    case 24 + 3: combinePairs<T, 3, 3>(2 * n, factors, terms, y); return;
    case 32 + 1: combinePairs<T, 4, 1>(2 * n, factors, terms, y); return;
    case 32 + 2: combinePairs<T, 4, 2>(2 * n, factors, terms, y); return;
    case 32 + 3: combinePairs<T, 4, 3>(2 * n, factors, terms, y); return;
    case 32 + 4: combinePairs<T, 4, 4>(2 * n, factors, terms, y); return;
    default: break;
  }
  double parts[4];
  for (std::size_t k = 0; k < count; k++) parts[k] = a[2 * k];
  combine(2 * n, count, parts, xs, y);
}

template <typename T>
void combineComplex(std::size_t n, std::size_t count, const double* a, const T* const* xs, T* y) {
  bool real = true;
  for (std::size_t k = 0; k < count; k++) real = real && a[2 * k + 1] == 0;
  if (real && count <= 4) {
    combineReal(n, count, a, xs, y);
    return;
  }
  constexpr std::size_t block = 1024;
  alignas(64) T sums[block];
  for (std::size_t start = 0; start < 2 * n; start += block) {
    const std::size_t m = 2 * n - start < block ? 2 * n - start : block;
    std::memset(static_cast<void*>(sums), 0, sizeof sums);
    for (std::size_t k = 0; k < count; k++) {
      const T re = static_cast<T>(a[2 * k]);
      const T im = static_cast<T>(a[2 * k + 1]);
      const T* x = xs[k] + start;
      if (im == 0 && std::fabs(re) == 1) {
        for (std::size_t i = 0; i < m; i++) sums[i] += re * x[i];
        continue;
      }
      for (std::size_t i = 0; i < m; i += 2) {
        sums[i] += re * x[i] - im * x[i + 1];
        sums[i + 1] += re * x[i + 1] + im * x[i];
      }
    }
    std::memcpy(static_cast<void*>(y + start), sums, m * sizeof(T));
  }
}

}  // namespace LOPS_LEVEL
}  // namespace lops
