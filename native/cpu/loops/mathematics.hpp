// Functions of mathematics for arrays, in whole vectors: those of functions.hpp, and SLEEF's where it
// is linked. The value of an element depends on nothing but the element: neither on its neighbours
// nor on its place in the array. For SSE2, and for other functions without SLEEF, elements are
// computed one by one.

#if defined(LOPS_SLEEF) && defined(LOPS_VECTOR_FUNCTIONS)
#define LOPS_SLEEF_FUNCTIONS
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

/** Functions that are computed an element at a time. Bounds are those of vectors. */
#define LOPS_ONE_BY_ONE(op, F, f, ...) \
  case Unary::op: mapWide(n, x, y, [](double v) { return f(v); }); return true;
#define LOPS_TWO_BY_TWO(op, F, f) \
  case Binary::op: mapTwoWide(n, x, xs, y, ys, z, [](double a, double b) { return f(a, b); }); return true;

#ifdef LOPS_SLEEF_FUNCTIONS

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

// sleef.h declares a level only if the whole file is compiled for it
#define LOPS_SLEEF_ONE(type, name, error)                                                      \
  extern "C" Wide LOPS_SLEEF_DOUBLE(name, error)(Wide);                                        \
  extern "C" Floats LOPS_SLEEF_FLOAT(name, error)(Floats);                                     \
  struct type {                                                                                \
    LOPS_INLINE Wide operator()(Wide x) const { return LOPS_SLEEF_DOUBLE(name, error)(x); }    \
    LOPS_INLINE Floats operator()(Floats x) const { return LOPS_SLEEF_FLOAT(name, error)(x); } \
  };
#define LOPS_SLEEF_TWO(type, name, error)                                                                   \
  extern "C" Wide LOPS_SLEEF_DOUBLE(name, error)(Wide, Wide);                                               \
  extern "C" Floats LOPS_SLEEF_FLOAT(name, error)(Floats, Floats);                                          \
  struct type {                                                                                             \
    LOPS_INLINE Wide operator()(Wide x, Wide y) const { return LOPS_SLEEF_DOUBLE(name, error)(x, y); }      \
    LOPS_INLINE Floats operator()(Floats x, Floats y) const { return LOPS_SLEEF_FLOAT(name, error)(x, y); } \
  };

// The largest error in units in the last place: u10 is 1.0
LOPS_SLEEF_ONE(Erf, erf, u10)
LOPS_SLEEF_ONE(Erfc, erfc, u15)
LOPS_SLEEF_ONE(Gamma, tgamma, u10)
LOPS_SLEEF_ONE(LogGamma, lgamma, u10)
LOPS_SLEEF_TWO(Arctan2, atan2, u10)
LOPS_SLEEF_TWO(Hypot, hypot, u05)

#endif
#ifdef LOPS_VECTOR_FUNCTIONS

LOPS_INLINE void read(const double* p, Wide& v) { v = load(p); }
LOPS_INLINE void read(const float* p, Wide& v) { v = loadWide(p); }
LOPS_INLINE void read(const float* p, Simd<float>::V& v) { v = load(p); }
LOPS_INLINE void write(double* p, Wide v) { store(p, v); }
LOPS_INLINE void write(float* p, Wide v) {
  *reinterpret_cast<Simd<float>::Half*>(p) = __builtin_convertvector(v, Simd<float>::Half);
}
LOPS_INLINE void write(float* p, Simd<float>::V v) { store(p, v); }

/** y ← f(x) of vectors V, which may be wider than T. The last is filled with the last element. */
template <typename V, typename T, typename F>
LOPS_INLINE void mapVectors(std::size_t n, const T* x, T* y, const F& f) {
  constexpr std::size_t W = sizeof(V) / sizeof(V{}[0]);
  V v;
  std::size_t i = 0;
  for (; i + W <= n; i += W) {
    read(x + i, v);
    write(y + i, f(v));
  }
  if (i == n) return;
  T last[W];
  for (std::size_t k = 0; k < W; k++) last[k] = x[i + k < n ? i + k : n - 1];
  read(last, v);
  write(last, f(v));
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
    bool whole = !isAnySet(~all);
    for (; i < n; i++) whole = whole && has(x[i]);
    return whole;
  }
};

template <typename T, typename Low, typename High>
constexpr Between<T> between(Low low, High high) {
  return {static_cast<T>(low), static_cast<T>(high)};
}

/** y ← f(x) in vectors for the elements of a range, y ← rest(x) for lists of the others. */
template <typename V, typename T, typename F, typename Rest>
LOPS_INLINE void mapBetween(std::size_t n, const T* x, T* y, Between<T> range, const F& f, const Rest& rest) {
  constexpr std::size_t most = 128;
  for (std::size_t i = 0; i < n; i += most) {
    const std::size_t m = n - i < most ? n - i : most;
    if (range.hasAll(m, x + i)) {
      mapVectors<V>(m, x + i, y + i, f);
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
    mapVectors<V>(front, values, values, f);
    rest(m - front, values + front, values + front);
    for (std::size_t k = 0; k < m; k++) y[i + places[k]] = values[k];
  }
}

/** z[i] = f(x[i·xStep], y[i·yStep]) of vectors V, which may be wider than T. */
template <typename V, typename T, typename F>
LOPS_INLINE void mapPairs(std::size_t n, const T* x, std::size_t xStep, const T* y, std::size_t yStep, T* z,
                          const F& f) {
  constexpr std::size_t W = sizeof(V) / sizeof(V{}[0]);
  V a = x[0] - V{}, b = y[0] - V{};
  std::size_t i = 0;
  for (; i + W <= n; i += W) {
    if (xStep != 0) read(x + i, a);
    if (yStep != 0) read(y + i, b);
    write(z + i, f(a, b));
  }
  if (i == n) return;
  T lastX[W], lastY[W];
  for (std::size_t k = 0; k < W; k++) {
    const std::size_t at = i + k < n ? i + k : n - 1;
    lastX[k] = x[at * xStep];
    lastY[k] = y[at * yStep];
  }
  read(lastX, a);
  read(lastY, b);
  write(lastX, f(a, b));
  for (std::size_t k = 0; i + k < n; k++) z[i + k] = lastX[k];
}

/** As logOfSum. */
struct LogOfSum {
  LOPS_INLINE Wide operator()(Wide x, Wide y) const {
    const Wide zero = {};
    const Wide difference = x - y;
    const Wide larger = difference > zero ? x : y;
    const Wide below = difference > zero ? -difference : difference;
    // Numbers that are not normal are exp(d + 100) exp(−100)
    const auto isFar = below < -700.0;
    const Wide shifted = isFar ? below + 100.0 : below;
    const Wide power = Exp()(shifted > -700.0 ? shifted : zero - 700.0);
    const Wide sum = larger + Log1p()(isFar ? power * 3.7200759760208356e-44 : power);
    return x == y ? x + 0.693147180559945309417 : (difference == difference ? sum : difference);
  }
};

/**
 * y ← F(x) in vectors of doubles between two bounds, in vectors of floats where those are given;
 * y ← f(x) one by one for the others.
 */
template <typename F, typename Rest>
LOPS_INLINE void mapFunction(std::size_t n, const double* x, double* y, Between<double> range, Between<float>,
                             Between<float>, const F& f, const Rest& rest) {
  mapBetween<Wide>(n, x, y, range, f,
                   [&rest](std::size_t m, const double* a, double* b) { mapWide(m, a, b, rest); });
}
template <typename F, typename Rest>
LOPS_INLINE void mapFunction(std::size_t n, const float* x, float* y, Between<double>, Between<float> wide,
                             Between<float> range, const F& f, const Rest& rest) {
  mapBetween<Floats>(n, x, y, range, f, [&](std::size_t more, const float* from, float* to) {
    mapBetween<Wide>(more, from, to, wide, f,
                     [&rest](std::size_t m, const float* a, float* b) { mapWide(m, a, b, rest); });
  });
}

/** F between bounds of doubles, of floats as doubles, and of floats. Others by f, one by one. */
#define LOPS_FUNCTION(op, F, f, lowDouble, highDouble, lowWide, highWide, low, high)                \
  case Unary::op:                                                                                   \
    mapFunction(n, x, y, between<double>(lowDouble, highDouble), between<float>(lowWide, highWide), \
                between<float>(low, high), F(), [](double v) { return f(v); });                     \
    return true;
#define LOPS_FUNCTION_OF_TWO(op, F, f) \
  case Binary::op: mapPairs<Wide>(n, x, xs, y, ys, z, F()); return true;

#else

#define LOPS_FUNCTION LOPS_ONE_BY_ONE
#define LOPS_FUNCTION_OF_TWO LOPS_TWO_BY_TWO

#endif

#ifdef LOPS_SLEEF_FUNCTIONS
#define LOPS_SLEEF_FUNCTION(op, F, f, lowDouble, highDouble, lowFloat, highFloat)                            \
  case Unary::op:                                                                                            \
    mapBetween<typename Simd<T>::V>(                                                                         \
        n, x, y, Between<T>{isDouble ? T(lowDouble) : T(lowFloat), isDouble ? T(highDouble) : T(highFloat)}, \
        F(), [](std::size_t m, const T* a, T* b) { mapWide(m, a, b, [](double v) { return f(v); }); });      \
    return true;
#define LOPS_SLEEF_FUNCTION_OF_TWO(op, F, f) \
  case Binary::op: mapPairs<typename Simd<T>::V>(n, x, xs, y, ys, z, F()); return true;
#else
#define LOPS_SLEEF_FUNCTION LOPS_ONE_BY_ONE
#define LOPS_SLEEF_FUNCTION_OF_TWO LOPS_TWO_BY_TWO
#endif

/** Real functions of mathematics. Returns false for others. */
template <typename T>
bool mathematics(Unary op, std::size_t n, const T* x, T* y) {
  [[maybe_unused]] constexpr bool isDouble = sizeof(T) == 8;
  [[maybe_unused]] constexpr T infinity = std::numeric_limits<T>::infinity();
  // The next numbers below and above 1
  [[maybe_unused]] constexpr T below = 1 - std::numeric_limits<T>::epsilon() / 2;
  [[maybe_unused]] constexpr T above = 1 + std::numeric_limits<T>::epsilon();
  switch (op) {
    LOPS_FUNCTION(exp, Exp, std::exp, -708, 709, -700, 700, -87, 88)
    LOPS_FUNCTION(exp2, Exp2, std::exp2, -1022, 1023, -1022, 1023, -126, 127)
    LOPS_FUNCTION(expm1, Expm1, std::expm1, -700, 700, -700, 700, -80, 88)
    LOPS_FUNCTION(log, Log, std::log, 0x1p-1022, infinity, 0, infinity, 0x1p-126, infinity)
    LOPS_FUNCTION(log2, Log2, std::log2, 0x1p-1022, infinity, 0, infinity, 0x1p-126, infinity)
    LOPS_FUNCTION(log10, Log10, std::log10, 0x1p-1022, infinity, 0, infinity, 0x1p-126, infinity)
    LOPS_FUNCTION(log1p, Log1p, std::log1p, -1, 0x1p1000, -1, infinity, -1, 0x1p100)
    LOPS_FUNCTION(sin, Sin, std::sin, -1e6, 1e6, -1e6, 1e6, -1e5, 1e5)
    LOPS_FUNCTION(cos, Cos, std::cos, -1e6, 1e6, -1e6, 1e6, -1e5, 1e5)
    LOPS_FUNCTION(tan, Tan, std::tan, -1e6, 1e6, -1e6, 1e6, -1e5, 1e5)
    LOPS_FUNCTION(arcsin, Arcsin, std::asin, -above, above, -above, above, -above, above)
    LOPS_FUNCTION(arccos, Arccos, std::acos, -above, above, -above, above, -above, above)
    LOPS_FUNCTION(arctan, Arctan, std::atan, -infinity, infinity, -infinity, infinity, -infinity, infinity)
    LOPS_FUNCTION(sinh, Sinh, std::sinh, -700, 700, -700, 700, -87, 87)
    LOPS_FUNCTION(cosh, Cosh, std::cosh, -700, 700, -700, 700, -87, 87)
    LOPS_FUNCTION(tanh, Tanh, std::tanh, -infinity, infinity, -infinity, infinity, -infinity, infinity)
    LOPS_FUNCTION(arcsinh, Arcsinh, std::asinh, -1e150, 1e150, -infinity, infinity, -1e18, 1e18)
    LOPS_FUNCTION(arccosh, Arccosh, std::acosh, below, 1e150, below, infinity, below, 1e18)
    LOPS_FUNCTION(arctanh, Arctanh, std::atanh, -1, 1, -1, 1, -1, 1)
    LOPS_FUNCTION(cbrt, Cbrt, std::cbrt, -infinity, infinity, -infinity, infinity, -infinity, infinity)
    LOPS_SLEEF_FUNCTION(erf, Erf, std::erf, -infinity, infinity, -infinity, infinity)
    LOPS_SLEEF_FUNCTION(erfc, Erfc, std::erfc, -infinity, infinity, -infinity, infinity)
    // Outside, SLEEF overflows, or its error is larger
    LOPS_SLEEF_FUNCTION(gamma, Gamma, gammaOf, -160, 170, -10, 33)
    LOPS_SLEEF_FUNCTION(gammaln, LogGamma, logGamma, 1e-300, 1e300, 1e-30, 1e30)
    default: return false;
  }
}

/** The same for functions of two elements; steps are 0 or 1, and n is not 0. */
template <typename T>
bool mathematics(Binary op, std::size_t n, const T* x, std::size_t xs, const T* y, std::size_t ys, T* z) {
  switch (op) {
    LOPS_FUNCTION_OF_TWO(power, Power, std::pow)
    LOPS_FUNCTION_OF_TWO(logaddexp, LogOfSum, logOfSum)
    LOPS_SLEEF_FUNCTION_OF_TWO(arctan2, Arctan2, std::atan2)
    LOPS_SLEEF_FUNCTION_OF_TWO(hypot, Hypot, modulus)
    default: return false;
  }
}

}  // namespace LOPS_LEVEL
}  // namespace lops
