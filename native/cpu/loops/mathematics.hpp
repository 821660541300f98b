// Functions of mathematics in whole vectors, by SLEEF where it is linked. The value of an element
// depends on nothing but the element: neither on its neighbours nor on its place in the array.
// Without SLEEF, and for SSE2, whose functions are slower than those of libm, elements are computed
// one by one.

#if defined(LOPS_SLEEF) && (LOPS_VECTOR_BYTES > 16 || defined(__aarch64__))
#define LOPS_VECTOR_FUNCTIONS
#endif

namespace lops {
namespace LOPS_LEVEL {

/** ln |Γ(x)|. In double precision, libm is not accurate for negative x. */
LOPS_INLINE double logGamma(double x) {
  if (std::isinf(x)) return x;
  return static_cast<double>(std::lgamma(static_cast<long double>(x)));
}
/** Γ(x). In double precision, the error of libm is several units in the last place. */
LOPS_INLINE double gammaOf(double x) { return static_cast<double>(std::tgamma(static_cast<long double>(x))); }

/** ln(exp x + exp y), without overflow. */
LOPS_INLINE double logOfSum(double x, double y) {
  if (x == y) return x + 0.693147180559945309417;
  const double difference = x - y;
  return difference > 0 ? x + std::log1p(std::exp(-difference)) : y + std::log1p(std::exp(difference));
}

#ifdef LOPS_VECTOR_FUNCTIONS

#if LOPS_VECTOR_BYTES == 64
#define LOPS_SLEEF_DOUBLE(name, error) Sleef_##name##d8_##error##avx512f
#define LOPS_SLEEF_FLOAT(name, error) Sleef_##name##f16_##error##avx512f
#elif LOPS_VECTOR_BYTES == 32
#define LOPS_SLEEF_DOUBLE(name, error) Sleef_##name##d4_##error##avx2
#define LOPS_SLEEF_FLOAT(name, error) Sleef_##name##f8_##error##avx2
#else
#define LOPS_SLEEF_DOUBLE(name, error) Sleef_##name##d2_##error##advsimd
#define LOPS_SLEEF_FLOAT(name, error) Sleef_##name##f4_##error##advsimd
#endif

typedef Simd<double>::V DoubleVector;
typedef Simd<float>::V FloatVector;

// sleef.h declares a level only if the whole file is compiled for it
#define LOPS_SLEEF_ONE(type, name, error)                                                        \
  extern "C" DoubleVector LOPS_SLEEF_DOUBLE(name, error)(DoubleVector);                          \
  extern "C" FloatVector LOPS_SLEEF_FLOAT(name, error)(FloatVector);                             \
  struct type {                                                                                  \
    LOPS_INLINE DoubleVector operator()(DoubleVector x) const {                                  \
      return LOPS_SLEEF_DOUBLE(name, error)(x);                                                  \
    }                                                                                            \
    LOPS_INLINE FloatVector operator()(FloatVector x) const {                                    \
      return LOPS_SLEEF_FLOAT(name, error)(x);                                                   \
    }                                                                                            \
  };
#define LOPS_SLEEF_TWO(type, name, error)                                                        \
  extern "C" DoubleVector LOPS_SLEEF_DOUBLE(name, error)(DoubleVector, DoubleVector);            \
  extern "C" FloatVector LOPS_SLEEF_FLOAT(name, error)(FloatVector, FloatVector);                \
  struct type {                                                                                  \
    LOPS_INLINE DoubleVector operator()(DoubleVector x, DoubleVector y) const {                  \
      return LOPS_SLEEF_DOUBLE(name, error)(x, y);                                               \
    }                                                                                            \
    LOPS_INLINE FloatVector operator()(FloatVector x, FloatVector y) const {                     \
      return LOPS_SLEEF_FLOAT(name, error)(x, y);                                                \
    }                                                                                            \
  };

// The largest error in units in the last place: u10 is 1.0
LOPS_SLEEF_ONE(Exp, exp, u10)
LOPS_SLEEF_ONE(Exp2, exp2, u10)
LOPS_SLEEF_ONE(Expm1, expm1, u10)
LOPS_SLEEF_ONE(Log, log, u10)
LOPS_SLEEF_ONE(Log2, log2, u10)
LOPS_SLEEF_ONE(Log10, log10, u10)
LOPS_SLEEF_ONE(Log1p, log1p, u10)
LOPS_SLEEF_ONE(Sin, sin, u10)
LOPS_SLEEF_ONE(Cos, cos, u10)
LOPS_SLEEF_ONE(Tan, tan, u10)
LOPS_SLEEF_ONE(Arcsin, asin, u10)
LOPS_SLEEF_ONE(Arccos, acos, u10)
LOPS_SLEEF_ONE(Arctan, atan, u10)
LOPS_SLEEF_ONE(Sinh, sinh, u10)
LOPS_SLEEF_ONE(Cosh, cosh, u10)
LOPS_SLEEF_ONE(Tanh, tanh, u10)
LOPS_SLEEF_ONE(Arcsinh, asinh, u10)
LOPS_SLEEF_ONE(Arccosh, acosh, u10)
LOPS_SLEEF_ONE(Arctanh, atanh, u10)
LOPS_SLEEF_ONE(Cbrt, cbrt, u10)
LOPS_SLEEF_ONE(Erf, erf, u10)
LOPS_SLEEF_ONE(Erfc, erfc, u15)
LOPS_SLEEF_ONE(Gamma, tgamma, u10)
LOPS_SLEEF_ONE(LogGamma, lgamma, u10)
LOPS_SLEEF_TWO(Power, pow, u10)
LOPS_SLEEF_TWO(Arctan2, atan2, u10)
LOPS_SLEEF_TWO(Hypot, hypot, u05)

/** y ← f(x). The last vector is filled with the last element. */
template <typename T, typename F>
LOPS_INLINE void mapVectors(std::size_t n, const T* x, T* y, const F& f) {
  constexpr std::size_t W = Simd<T>::width;
  std::size_t i = 0;
  for (; i + W <= n; i += W) store(y + i, f(load(x + i)));
  if (i == n) return;
  T last[W];
  for (std::size_t k = 0; k < W; k++) last[k] = x[i + k < n ? i + k : n - 1];
  store(last, f(load(last)));
  for (std::size_t k = 0; i + k < n; k++) y[i + k] = last[k];
}

/** The numbers between two bounds. */
template <typename T>
struct Between {
  T low, high;
  LOPS_INLINE bool has(T x) const { return x > low && x < high; }
  LOPS_INLINE bool hasAll(std::size_t n, const T* x) const {
    constexpr std::size_t W = Simd<T>::width;
    std::size_t i = 0;
    typename Simd<T>::I all = ~typename Simd<T>::I{};
    for (; i + W <= n; i += W) {
      const auto v = load(x + i);
      all &= (v > splat(low)) & (v < splat(high));
    }
    bool whole = true;
    for (std::size_t k = 0; k < W; k++) whole = whole && all[k] != 0;
    for (; i < n; i++) whole = whole && has(x[i]);
    return whole;
  }
};

/** y ← f(x) in vectors for the elements of a range, y ← rest(x) for lists of the others. */
template <typename T, typename F, typename Rest>
LOPS_INLINE void mapBetween(std::size_t n, const T* x, T* y, Between<T> range, const F& f, const Rest& rest) {
  constexpr std::size_t most = 128;
  for (std::size_t i = 0; i < n; i += most) {
    const std::size_t m = n - i < most ? n - i : most;
    if (range.hasAll(m, x + i)) {
      mapVectors(m, x + i, y + i, f);
      continue;
    }
    T values[most];
    std::uint8_t places[most];
    std::size_t front = 0, back = m;
    for (std::size_t k = 0; k < m; k++) {
      const std::size_t at = range.has(x[i + k]) ? front++ : --back;
      values[at] = x[i + k];
      places[at] = static_cast<std::uint8_t>(k);
    }
    mapVectors(front, values, values, f);
    rest(m - front, values + front, values + front);
    for (std::size_t k = 0; k < m; k++) y[i + places[k]] = values[k];
  }
}

/** As f for all elements. */
template <typename F>
struct Everywhere {
  template <typename T>
  LOPS_INLINE void operator()(std::size_t n, const T* x, T* y) const {
    mapVectors(n, x, y, F());
  }
};

/**
 * A periodic function. SLEEF reduces the arguments of a vector in one of three ways, which the
 * largest of them decides, so that elements of different ways must not be in one vector. Infinity
 * and NaN are among the largest.
 */
template <typename F>
struct Periodic {
  template <typename T>
  LOPS_INLINE void operator()(std::size_t n, const T* x, T* y) const {
    constexpr bool isDouble = sizeof(T) == 8;
    constexpr T small = isDouble ? 15 : 125;
    constexpr T medium = isDouble ? T(1e14) : T(39000);
    mapBetween(n, x, y, Between<T>{-small, small}, F(), [&](std::size_t more, const T* from, T* to) {
      mapBetween(more, from, to, Between<T>{-medium, medium}, F(), Everywhere<F>());
    });
  }
};

/** F between two bounds. Others are computed by f, one by one. */
#define LOPS_WITHIN(name, F, lowDouble, highDouble, lowFloat, highFloat, f)                  \
  struct name {                                                                              \
    template <typename T>                                                                    \
    LOPS_INLINE void operator()(std::size_t n, const T* x, T* y) const {                     \
      constexpr bool isDouble = sizeof(T) == 8;                                              \
      const Between<T> range = {static_cast<T>(isDouble ? lowDouble : lowFloat),             \
                                static_cast<T>(isDouble ? highDouble : highFloat)};          \
      mapBetween(n, x, y, range, F(), [](std::size_t more, const T* from, T* to) {           \
        mapWide(more, from, to, [](double v) { return f(v); });                              \
      });                                             \
    }                                                                                        \
  };
// Outside, SLEEF overflows, or its error is larger
LOPS_WITHIN(WithinSinh, Sinh, -709, 709, -88, 88, std::sinh)
LOPS_WITHIN(WithinCosh, Cosh, -709, 709, -88, 88, std::cosh)
LOPS_WITHIN(WithinArcsinh, Arcsinh, -1e150, 1e150, -1e18, 1e18, std::asinh)
LOPS_WITHIN(WithinArccosh, Arccosh, -1e150, 1e150, -1e18, 1e18, std::acosh)
LOPS_WITHIN(WithinLog1p, Log1p, -2, 1e300, -2, 1e37, std::log1p)
LOPS_WITHIN(WithinGamma, Gamma, -160, 170, -10, 33, gammaOf)
LOPS_WITHIN(WithinLogGamma, LogGamma, 1e-300, 1e300, 1e-30, 1e30, logGamma)

/** z[i] = f(x[i·xStep], y[i·yStep]) */
template <typename T, typename F>
LOPS_INLINE void mapPairs(std::size_t n, const T* x, std::size_t xStep, const T* y, std::size_t yStep, T* z,
                          const F& f) {
  typedef typename Simd<T>::V V;
  constexpr std::size_t W = Simd<T>::width;
  const V a = splat(x[0]), b = splat(y[0]);
  std::size_t i = 0;
  for (; i + W <= n; i += W)
    store(z + i, f(xStep != 0 ? load(x + i) : a, yStep != 0 ? load(y + i) : b));
  if (i == n) return;
  T lastX[W], lastY[W];
  for (std::size_t k = 0; k < W; k++) {
    const std::size_t at = i + k < n ? i + k : n - 1;
    lastX[k] = x[at * xStep];
    lastY[k] = y[at * yStep];
  }
  store(lastX, f(load(lastX), load(lastY)));
  for (std::size_t k = 0; i + k < n; k++) z[i + k] = lastX[k];
}

/** As logOfSum. */
struct LogOfSum {
  template <typename V>
  LOPS_INLINE V operator()(V x, V y) const {
    const V zero = {};
    const V difference = x - y;
    const V larger = difference > zero ? x : y;
    const V sum = larger + Log1p()(Exp()(difference > zero ? -difference : difference));
    return x == y ? x + static_cast<decltype(x[0] + x[0])>(0.693147180559945309417) : sum;
  }
};

#define LOPS_FUNCTION(op, F, f) \
  case Unary::op: F()(n, x, y); return true;
#define LOPS_FUNCTION_OF_TWO(op, F, f) \
  case Binary::op: mapPairs(n, x, xs, y, ys, z, F()); return true;

#else

#define LOPS_FUNCTION(op, F, f) \
  case Unary::op: mapWide(n, x, y, [](double v) { return f(v); }); return true;
#define LOPS_FUNCTION_OF_TWO(op, F, f) \
  case Binary::op: mapTwoWide(n, x, xs, y, ys, z, [](double a, double b) { return f(a, b); }); return true;

#endif

/** Real functions that are computed by SLEEF, or by libm. Returns false for others. */
template <typename T>
bool mathematics(Unary op, std::size_t n, const T* x, T* y) {
  switch (op) {
    LOPS_FUNCTION(exp, Everywhere<Exp>, std::exp)
    LOPS_FUNCTION(exp2, Everywhere<Exp2>, std::exp2)
    LOPS_FUNCTION(expm1, Everywhere<Expm1>, std::expm1)
    LOPS_FUNCTION(log, Everywhere<Log>, std::log)
    LOPS_FUNCTION(log2, Everywhere<Log2>, std::log2)
    LOPS_FUNCTION(log10, Everywhere<Log10>, std::log10)
    LOPS_FUNCTION(log1p, WithinLog1p, std::log1p)
    LOPS_FUNCTION(sin, Periodic<Sin>, std::sin)
    LOPS_FUNCTION(cos, Periodic<Cos>, std::cos)
    LOPS_FUNCTION(tan, Periodic<Tan>, std::tan)
    LOPS_FUNCTION(arcsin, Everywhere<Arcsin>, std::asin)
    LOPS_FUNCTION(arccos, Everywhere<Arccos>, std::acos)
    LOPS_FUNCTION(arctan, Everywhere<Arctan>, std::atan)
    LOPS_FUNCTION(sinh, WithinSinh, std::sinh)
    LOPS_FUNCTION(cosh, WithinCosh, std::cosh)
    LOPS_FUNCTION(tanh, Everywhere<Tanh>, std::tanh)
    LOPS_FUNCTION(arcsinh, WithinArcsinh, std::asinh)
    LOPS_FUNCTION(arccosh, WithinArccosh, std::acosh)
    LOPS_FUNCTION(arctanh, Everywhere<Arctanh>, std::atanh)
    LOPS_FUNCTION(cbrt, Everywhere<Cbrt>, std::cbrt)
    LOPS_FUNCTION(erf, Everywhere<Erf>, std::erf)
    LOPS_FUNCTION(erfc, Everywhere<Erfc>, std::erfc)
    LOPS_FUNCTION(gamma, WithinGamma, gammaOf)
    LOPS_FUNCTION(gammaln, WithinLogGamma, logGamma)
    default: return false;
  }
}

/** The same for functions of two elements; steps are 0 or 1, and n is not 0. */
template <typename T>
bool mathematics(Binary op, std::size_t n, const T* x, std::size_t xs, const T* y, std::size_t ys, T* z) {
  switch (op) {
    LOPS_FUNCTION_OF_TWO(power, Power, std::pow)
    LOPS_FUNCTION_OF_TWO(arctan2, Arctan2, std::atan2)
    LOPS_FUNCTION_OF_TWO(hypot, Hypot, modulus)
    LOPS_FUNCTION_OF_TWO(logaddexp, LogOfSum, logOfSum)
    default: return false;
  }
}

}  // namespace LOPS_LEVEL
}  // namespace lops
