// Loops that apply a function to each element.

namespace lops {
namespace LOPS_LEVEL {

template <typename T, typename F>
LOPS_INLINE void mapOne(std::size_t n, const T* x, T* y, const F& f) {
  LOPS_IVDEP
  for (std::size_t i = 0; i < n; i++) y[i] = f(x[i]);
}

/** Computed in double precision, like the definition, and rounded once. */
template <typename T, typename F>
LOPS_INLINE void mapWide(std::size_t n, const T* x, T* y, const F& f) {
  mapOne(n, x, y, [&f](T v) { return static_cast<T>(f(static_cast<double>(v))); });
}

template <typename T, typename F>
LOPS_INLINE void mapTwo(std::size_t n, const T* x, std::size_t xStep, const T* y, std::size_t yStep, T* z,
                        const F& f) {
  if (xStep != 0 && yStep != 0) {
    LOPS_IVDEP
    for (std::size_t i = 0; i < n; i++) z[i] = f(x[i], y[i]);
  } else if (xStep != 0) {
    const T b = y[0];
    LOPS_IVDEP
    for (std::size_t i = 0; i < n; i++) z[i] = f(x[i], b);
  } else {
    const T a = x[0];
    LOPS_IVDEP
    for (std::size_t i = 0; i < n; i++) z[i] = f(a, y[i * yStep]);
  }
}

template <typename T, typename F>
LOPS_INLINE void mapTwoWide(std::size_t n, const T* x, std::size_t xStep, const T* y, std::size_t yStep, T* z,
                            const F& f) {
  mapTwo(n, x, xStep, y, yStep, z,
         [&f](T a, T b) { return static_cast<T>(f(static_cast<double>(a), static_cast<double>(b))); });
}

/**
 * √(re² + im²) without overflow: uses the plain formula, or hypot if a square is outside the range
 * of a double.
 */
LOPS_INLINE double modulus(double re, double im) {
  const double s = re * re + im * im;
  return s > 1e-290 && s < 1e290 ? std::sqrt(s) : std::hypot(re, im);
}

template <typename X, typename Y, typename F>
LOPS_INLINE void mapInto(std::size_t n, const X* x, Y* y, const F& f) {
  LOPS_IVDEP
  for (std::size_t i = 0; i < n; i++) y[i] = static_cast<Y>(f(x[i]));
}

/** flags[i] = f(x[i]), a comparison that takes vectors too. */
template <typename F>
LOPS_INLINE void testEach(std::size_t n, const double* x, Flag* flags, const F& f) {
  constexpr std::size_t W = wideWidth;
  std::size_t i = 0;
  for (; i + W <= n; i += W) storeFlags(flags + i, f(load(x + i)));
  for (; i < n; i++) flags[i] = f(x[i]) != 0;
}
template <typename F>
LOPS_INLINE void testEach(std::size_t n, const float* x, Flag* flags, const F& f) {
  LOPS_IVDEP
  for (std::size_t i = 0; i < n; i++) flags[i] = f(x[i]) != 0;
}

/** flags[i] = f(x[i·xStep], y[i·yStep]), a comparison that takes vectors too. */
template <typename F>
LOPS_INLINE void testPairs(std::size_t n, const double* x, std::size_t xStep, const double* y,
                           std::size_t yStep, Flag* flags, const F& f) {
  constexpr std::size_t W = wideWidth;
  const Wide a = splat(x[0]), b = splat(y[0]);
  std::size_t i = 0;
  if (xStep != 0 && yStep != 0) {
    for (; i + W <= n; i += W) storeFlags(flags + i, f(load(x + i), load(y + i)));
  } else if (xStep != 0) {
    for (; i + W <= n; i += W) storeFlags(flags + i, f(load(x + i), b));
  } else if (yStep != 0) {
    for (; i + W <= n; i += W) storeFlags(flags + i, f(a, load(y + i)));
  }
  for (; i < n; i++) flags[i] = f(x[i * xStep], y[i * yStep]) != 0;
}

/** z[i] = f(x[i·xStep], y[i·yStep]), of any types. */
template <typename X, typename Z, typename F>
LOPS_INLINE void joinInto(std::size_t n, const X* x, std::size_t xStep, const X* y, std::size_t yStep, Z* z,
                          const F& f) {
  if (xStep != 0 && yStep != 0) {
    LOPS_IVDEP
    for (std::size_t i = 0; i < n; i++) z[i] = static_cast<Z>(f(x[i], y[i]));
  } else if (xStep != 0) {
    const X b = y[0];
    LOPS_IVDEP
    for (std::size_t i = 0; i < n; i++) z[i] = static_cast<Z>(f(x[i], b));
  } else {
    const X a = x[0];
    LOPS_IVDEP
    for (std::size_t i = 0; i < n; i++) z[i] = static_cast<Z>(f(a, y[i * yStep]));
  }
}

template <typename F>
LOPS_INLINE void testPairs(std::size_t n, const float* x, std::size_t xStep, const float* y,
                           std::size_t yStep, Flag* flags, const F& f) {
  joinInto(n, x, xStep, y, yStep, flags, f);
}

}  // namespace LOPS_LEVEL
}  // namespace lops
