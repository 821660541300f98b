// Sums in float64, in an order that depends only on the length, so that results have the same bits
// every time.

namespace lops {
namespace LOPS_LEVEL {

/**
 * Σ f over n lanes: first in eight vector accumulators, then over their lanes, then the remaining
 * elements.
 */
template <typename F>
LOPS_INLINE double sumLoop(std::size_t n, const F& f) {
  constexpr std::size_t W = wideWidth;
  Wide s[8] = {};
  std::size_t i = 0;
  for (; i + 8 * W <= n; i += 8 * W) {
    for (int k = 0; k < 8; k++) s[k] = f.vector(i + static_cast<std::size_t>(k) * W, s[k]);
  }
  for (; i + W <= n; i += W) s[0] = f.vector(i, s[0]);
  double sum = total(((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7])));
  for (; i < n; i++) sum = f.one(i, sum);
  return sum;
}

LOPS_INLINE Wide absWide(Wide v) {
  typedef Simd<double>::I I;
  const I mask = I{} + 0x7fffffffffffffffLL;
  return (Wide)((I)v & mask);
}

template <typename T>
double dot(std::size_t n, const T* x, const T* y) {
  struct F {
    const T *x, *y;
    LOPS_INLINE Wide vector(std::size_t i, Wide s) const { return s + loadWide(x + i) * loadWide(y + i); }
    LOPS_INLINE double one(std::size_t i, double s) const {
      return s + static_cast<double>(x[i]) * static_cast<double>(y[i]);
    }
  };
  return sumLoop(n, F{x, y});
}

template <typename T>
double sumSquares(std::size_t n, const T* x) {
  struct F {
    const T* x;
    LOPS_INLINE Wide vector(std::size_t i, Wide s) const {
      const Wide v = loadWide(x + i);
      return s + v * v;
    }
    LOPS_INLINE double one(std::size_t i, double s) const {
      return s + static_cast<double>(x[i]) * static_cast<double>(x[i]);
    }
  };
  return sumLoop(n, F{x});
}

template <typename T>
double sum(std::size_t n, const T* x) {
  struct F {
    const T* x;
    LOPS_INLINE Wide vector(std::size_t i, Wide s) const { return s + loadWide(x + i); }
    LOPS_INLINE double one(std::size_t i, double s) const { return s + static_cast<double>(x[i]); }
  };
  return sumLoop(n, F{x});
}

template <typename T>
double sumAbs(std::size_t n, const T* x) {
  struct F {
    const T* x;
    LOPS_INLINE Wide vector(std::size_t i, Wide s) const { return s + absWide(loadWide(x + i)); }
    LOPS_INLINE double one(std::size_t i, double s) const { return s + std::fabs(static_cast<double>(x[i])); }
  };
  return sumLoop(n, F{x});
}

/**
 * The largest modulus (0 without elements), or the smallest (infinity without elements). NaN if an
 * element is NaN.
 */
template <typename T, bool LARGEST>
LOPS_INLINE double extremeAbs(std::size_t n, const T* x) {
  constexpr std::size_t W = wideWidth;
  const double first = LARGEST ? 0 : HUGE_VAL;
  Wide m[4];
  for (int k = 0; k < 4; k++) m[k] = splat<double>(0) + first;
  Wide zero = {};  // x − x: NaN sticks where x is NaN or infinite
  std::size_t i = 0;
  for (; i + 4 * W <= n; i += 4 * W) {
    for (int k = 0; k < 4; k++) {
      const Wide v = absWide(loadWide(x + i + static_cast<std::size_t>(k) * W));
      m[k] = (LARGEST ? v > m[k] : v < m[k]) ? v : m[k];
      zero += v - v;
    }
  }
  double most = first;
  const auto better = [](double a, double b) { return LARGEST ? a > b : a < b; };
  for (int k = 0; k < 4; k++) {
    for (std::size_t l = 0; l < W; l++) most = better(m[k][l], most) ? m[k][l] : most;
  }
  double rest = total(zero);
  for (; i < n; i++) {
    const double v = std::fabs(static_cast<double>(x[i]));
    most = better(v, most) ? v : most;
    rest += v - v;
  }
  if (rest == 0) return most;
  for (i = 0; i < n; i++) {
    if (std::isnan(x[i])) return static_cast<double>(x[i]);
  }
  return most;
}

template <typename T>
double maxAbs(std::size_t n, const T* x) {
  return extremeAbs<T, true>(n, x);
}
template <typename T>
double minAbs(std::size_t n, const T* x) {
  return extremeAbs<T, false>(n, x);
}

template <typename T>
void dotComplex(std::size_t n, const T* x, const T* y, double* out) {
  constexpr std::size_t W = wideWidth;
  Wide straight[4] = {};
  Wide crossed[4] = {};
  const std::size_t lanes = 2 * n;
  std::size_t i = 0;
  for (; i + 4 * W <= lanes; i += 4 * W) {
    for (int k = 0; k < 4; k++) {
      const Wide a = loadWide(x + i + static_cast<std::size_t>(k) * W);
      const Wide b = loadWide(y + i + static_cast<std::size_t>(k) * W);
      straight[k] += a * b;
      crossed[k] += a * swapPairs(b);
    }
  }
  const Wide s = (straight[0] + straight[1]) + (straight[2] + straight[3]);
  const Wide c = (crossed[0] + crossed[1]) + (crossed[2] + crossed[3]);
  double rr = totalEven(s), ri = totalEven(c);
  double ii = totalEven(swapPairs(s)), ir = totalEven(swapPairs(c));
  for (; i < lanes; i += 2) {
    const double ar = static_cast<double>(x[i]), ai = static_cast<double>(x[i + 1]);
    const double br = static_cast<double>(y[i]), bi = static_cast<double>(y[i + 1]);
    rr += ar * br;
    ii += ai * bi;
    ri += ar * bi;
    ir += ai * br;
  }
  out[0] = rr;
  out[1] = ii;
  out[2] = ri;
  out[3] = ir;
}

template <typename T>
void sumComplex(std::size_t n, const T* x, double* out) {
  constexpr std::size_t W = wideWidth;
  Wide s[4] = {};
  const std::size_t lanes = 2 * n;
  std::size_t i = 0;
  for (; i + 4 * W <= lanes; i += 4 * W) {
    for (int k = 0; k < 4; k++) s[k] += loadWide(x + i + static_cast<std::size_t>(k) * W);
  }
  const Wide v = (s[0] + s[1]) + (s[2] + s[3]);
  out[0] = totalEven(v);
  out[1] = totalEven(swapPairs(v));
  for (; i < lanes; i += 2) {
    out[0] += static_cast<double>(x[i]);
    out[1] += static_cast<double>(x[i + 1]);
  }
}

/** a[i] ← f(a[i], x[i]), row by row. Eight rows are read together, so that a is read less often. */
template <typename T, typename F>
LOPS_INLINE void joinRows(std::size_t rows, std::size_t stride, std::size_t n, const T* x, double* a,
                          const F& f) {
  constexpr std::size_t together = 8;
  std::size_t r = 0;
  for (; r + together <= rows; r += together, x += together * stride) {
    LOPS_IVDEP
    for (std::size_t i = 0; i < n; i++) {
      double s = a[i];
#pragma GCC unroll 8
      for (std::size_t k = 0; k < together; k++) s = f(s, static_cast<double>(x[k * stride + i]));
      a[i] = s;
    }
  }
  for (; r < rows; r++, x += stride) {
    LOPS_IVDEP
    for (std::size_t i = 0; i < n; i++) a[i] = f(a[i], static_cast<double>(x[i]));
  }
}

template <typename T>
void accumulate(int p, std::size_t rows, std::size_t stride, std::size_t n, const T* x, double* a) {
  if (p == 0) {
    joinRows(rows, stride, n, x, a, [](double s, double v) { return s + v; });
  } else if (p == 1) {
    joinRows(rows, stride, n, x, a, [](double s, double v) { return s + std::fabs(v); });
  } else if (p == 2) {
    joinRows(rows, stride, n, x, a, [](double s, double v) { return s + v * v; });
  } else {
    // the largest value; NaN is kept
    joinRows(rows, stride, n, x, a, [](double s, double v) {
      const double modulus = std::fabs(v);
      return s >= modulus || s != s ? s : modulus;
    });
  }
}

}  // namespace LOPS_LEVEL
}  // namespace lops
