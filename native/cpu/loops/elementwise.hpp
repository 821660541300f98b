// Functions of one and two arguments, and thresholds.

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

/** ln |Γ(x)|. The standard function writes a global variable. */
LOPS_INLINE double logGamma(double x) {
  int sign;
  return std::isinf(x) ? x : ::lgamma_r(x, &sign);
}

template <typename T>
bool unary(Unary op, std::size_t n, const T* x, void* out) {
  T* y = static_cast<T*>(out);
  switch (op) {
    case Unary::negative: scale(n, -1.0, x, y); return true;
    case Unary::abs: mapOne(n, x, y, [](T v) { return std::fabs(v); }); return true;
    case Unary::conj:
    case Unary::real:
      if (y != x) copyBytes(n * sizeof(T), x, y);
      return true;
    case Unary::imag: fill<T>(n, 0, 0, y); return true;
    case Unary::sqrt: mapOne(n, x, y, [](T v) { return std::sqrt(v); }); return true;
    case Unary::square: mapOne(n, x, y, [](T v) { return v * v; }); return true;
    case Unary::reciprocal: mapOne(n, x, y, [](T v) { return T(1) / v; }); return true;
    case Unary::sign: mapOne(n, x, y, [](T v) { return v > 0 ? T(1) : v < 0 ? T(-1) : v; }); return true;
    case Unary::floor: mapOne(n, x, y, [](T v) { return std::floor(v); }); return true;
    case Unary::ceil: mapOne(n, x, y, [](T v) { return std::ceil(v); }); return true;
    case Unary::rint: mapOne(n, x, y, [](T v) { return std::rint(v); }); return true;
    case Unary::trunc: mapOne(n, x, y, [](T v) { return std::trunc(v); }); return true;
    case Unary::exp: mapWide(n, x, y, [](double v) { return std::exp(v); }); return true;
    case Unary::log: mapWide(n, x, y, [](double v) { return std::log(v); }); return true;
    case Unary::sin: mapWide(n, x, y, [](double v) { return std::sin(v); }); return true;
    case Unary::cos: mapWide(n, x, y, [](double v) { return std::cos(v); }); return true;
    case Unary::tanh: mapWide(n, x, y, [](double v) { return std::tanh(v); }); return true;
    case Unary::arcsin: mapWide(n, x, y, [](double v) { return std::asin(v); }); return true;
    case Unary::arccos: mapWide(n, x, y, [](double v) { return std::acos(v); }); return true;
    case Unary::sinh: mapWide(n, x, y, [](double v) { return std::sinh(v); }); return true;
    case Unary::cosh: mapWide(n, x, y, [](double v) { return std::cosh(v); }); return true;
    case Unary::arcsinh: mapWide(n, x, y, [](double v) { return std::asinh(v); }); return true;
    case Unary::arccosh: mapWide(n, x, y, [](double v) { return std::acosh(v); }); return true;
    case Unary::arctanh: mapWide(n, x, y, [](double v) { return std::atanh(v); }); return true;
    case Unary::cbrt: mapWide(n, x, y, [](double v) { return std::cbrt(v); }); return true;
    case Unary::exp2: mapWide(n, x, y, [](double v) { return std::exp2(v); }); return true;
    case Unary::expm1: mapWide(n, x, y, [](double v) { return std::expm1(v); }); return true;
    case Unary::log2: mapWide(n, x, y, [](double v) { return std::log2(v); }); return true;
    case Unary::log10: mapWide(n, x, y, [](double v) { return std::log10(v); }); return true;
    case Unary::log1p: mapWide(n, x, y, [](double v) { return std::log1p(v); }); return true;
    case Unary::erf: mapWide(n, x, y, [](double v) { return std::erf(v); }); return true;
    case Unary::erfc: mapWide(n, x, y, [](double v) { return std::erfc(v); }); return true;
    case Unary::gamma: mapWide(n, x, y, [](double v) { return std::tgamma(v); }); return true;
    case Unary::gammaln: mapWide(n, x, y, [](double v) { return logGamma(v); }); return true;
    default: return false;
  }
}

/**
 * √(re² + im²) without overflow: uses the plain formula, or hypot if a square is outside the range
 * of a double.
 */
LOPS_INLINE double modulus(double re, double im) {
  const double s = re * re + im * im;
  return s > 1e-290 && s < 1e290 ? std::sqrt(s) : std::hypot(re, im);
}

template <typename T>
bool unaryComplex(Unary op, std::size_t n, const T* x, void* out) {
  T* y = static_cast<T*>(out);
  switch (op) {
    case Unary::negative: scale(2 * n, -1.0, x, y); return true;
    case Unary::abs:
      for (std::size_t i = 0; i < n; i++)
        y[i] = static_cast<T>(modulus(static_cast<double>(x[2 * i]), static_cast<double>(x[2 * i + 1])));
      return true;
    case Unary::conj:
      LOPS_IVDEP
      for (std::size_t i = 0; i < 2 * n; i += 2) {
        y[i] = x[i];
        y[i + 1] = -x[i + 1];
      }
      return true;
    case Unary::real:
      for (std::size_t i = 0; i < n; i++) y[i] = x[2 * i];
      return true;
    case Unary::imag:
      for (std::size_t i = 0; i < n; i++) y[i] = x[2 * i + 1];
      return true;
    case Unary::square:
      LOPS_IVDEP
      for (std::size_t i = 0; i < 2 * n; i += 2) {
        const T a = x[i], b = x[i + 1];
        y[i] = (a - b) * (a + b);
        y[i + 1] = a * b + a * b;
      }
      return true;
    default: return false;
  }
}

/** z[i] = f(x[i·xStep], y[i·yStep]) for vectors and for single elements. */
template <typename T, typename F>
LOPS_INLINE void arithmetic(std::size_t n, const T* x, std::size_t xStep, const T* y, std::size_t yStep, T* z,
                            const F& f) {
  typedef typename Simd<T>::V V;
  const bool inPlace = (xStep != 0 && x == z) || (yStep != 0 && y == z);
  if (xStep != 0 && yStep != 0) {
    struct G {
      const T *x, *y;
      const F& f;
      LOPS_INLINE T one(std::size_t i) const { return f(x[i], y[i]); }
      LOPS_INLINE V vector(std::size_t i) const { return f(load(x + i), load(y + i)); }
    };
    write(n, z, inPlace, G{x, y, f});
  } else if (xStep != 0) {
    struct G {
      const T* x;
      T y;
      V vy;
      const F& f;
      LOPS_INLINE T one(std::size_t i) const { return f(x[i], y); }
      LOPS_INLINE V vector(std::size_t i) const { return f(load(x + i), vy); }
    };
    write(n, z, inPlace, G{x, y[0], splat(y[0]), f});
  } else {
    struct G {
      const T *x, *y;
      T one0;
      V vx;
      std::size_t yStep;
      const F& f;
      LOPS_INLINE T one(std::size_t i) const { return f(one0, y[i * yStep]); }
      LOPS_INLINE V vector(std::size_t i) const { return f(vx, yStep != 0 ? load(y + i) : splat(y[0])); }
    };
    write(n, z, inPlace, G{x, y, x[0], splat(x[0]), yStep, f});
  }
}

struct Add {
  template <typename A>
  LOPS_INLINE A operator()(A a, A b) const {
    return a + b;
  }
};
struct Subtract {
  template <typename A>
  LOPS_INLINE A operator()(A a, A b) const {
    return a - b;
  }
};
struct Multiply {
  template <typename A>
  LOPS_INLINE A operator()(A a, A b) const {
    return a * b;
  }
};
struct Divide {
  template <typename A>
  LOPS_INLINE A operator()(A a, A b) const {
    return a / b;
  }
};

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
LOPS_INLINE void compare(std::size_t n, const T* x, std::size_t xStep, const T* y, std::size_t yStep, Flag* z,
                         const F& f) {
  for (std::size_t i = 0; i < n; i++) z[i] = f(x[i * xStep], y[i * yStep]) ? 1 : 0;
}

template <typename T, typename F>
LOPS_INLINE void mapTwoWide(std::size_t n, const T* x, std::size_t xStep, const T* y, std::size_t yStep, T* z,
                            const F& f) {
  mapTwo(n, x, xStep, y, yStep, z,
         [&f](T a, T b) { return static_cast<T>(f(static_cast<double>(a), static_cast<double>(b))); });
}

/** The remainder with the sign of the divisor. */
LOPS_INLINE double remainderOf(double x, double y) {
  const double rest = std::fmod(x, y);
  if (rest == 0) return std::copysign(0.0, y);
  return (rest < 0) != (y < 0) ? rest + y : rest;
}

/**
 * ⌊x/y⌋. x − rest is a multiple of y, so that the quotient is close to an integer, to which it is
 * rounded.
 */
LOPS_INLINE double floorOfRatio(double x, double y) {
  if (y == 0) return x / y;
  const double rest = std::fmod(x, y);
  const double quotient = (x - rest) / y - (rest != 0 && (rest < 0) != (y < 0) ? 1 : 0);
  if (quotient == 0) return std::copysign(0.0, x / y);
  const double floor = std::floor(quotient);
  return quotient - floor > 0.5 ? floor + 1 : floor;
}

/** ln(exp x + exp y), without overflow. */
LOPS_INLINE double logOfSum(double x, double y) {
  if (x == y) return x + 0.693147180559945309417;
  const double difference = x - y;
  return difference > 0 ? x + std::log1p(std::exp(-difference)) : y + std::log1p(std::exp(difference));
}

template <typename T>
bool binary(Binary op, std::size_t n, const T* x, std::size_t xs, const T* y, std::size_t ys, void* out) {
  T* z = static_cast<T*>(out);
  Flag* flags = static_cast<Flag*>(out);
  if (n == 0) return true;
  switch (op) {
    case Binary::add: arithmetic(n, x, xs, y, ys, z, Add()); return true;
    case Binary::subtract: arithmetic(n, x, xs, y, ys, z, Subtract()); return true;
    case Binary::multiply:
    case Binary::multiplyConj: arithmetic(n, x, xs, y, ys, z, Multiply()); return true;
    case Binary::divide: arithmetic(n, x, xs, y, ys, z, Divide()); return true;
    case Binary::power:
      mapTwoWide(n, x, xs, y, ys, z, [](double a, double b) { return std::pow(a, b); });
      return true;
    case Binary::floorDivide: mapTwoWide(n, x, xs, y, ys, z, floorOfRatio); return true;
    case Binary::remainder: mapTwoWide(n, x, xs, y, ys, z, remainderOf); return true;
    case Binary::fmod:
      mapTwoWide(n, x, xs, y, ys, z, [](double a, double b) { return std::fmod(a, b); });
      return true;
    case Binary::hypot: mapTwoWide(n, x, xs, y, ys, z, modulus); return true;
    case Binary::logaddexp: mapTwoWide(n, x, xs, y, ys, z, logOfSum); return true;
    case Binary::copysign:
      mapTwo(n, x, xs, y, ys, z, [](T a, T b) { return std::copysign(a, b == b ? b : T(1)); });
      return true;
    case Binary::fmax:
      mapTwo(n, x, xs, y, ys, z, [](T a, T b) { return a >= b || b != b ? a : b; });
      return true;
    case Binary::fmin:
      mapTwo(n, x, xs, y, ys, z, [](T a, T b) { return a <= b || b != b ? a : b; });
      return true;
    // if either operand is NaN, the result is NaN
    case Binary::maximum:
      mapTwo(n, x, xs, y, ys, z, [](T a, T b) { return a > b || a != a ? a : b; });
      return true;
    case Binary::minimum:
      mapTwo(n, x, xs, y, ys, z, [](T a, T b) { return a < b || a != a ? a : b; });
      return true;
    case Binary::equal: compare(n, x, xs, y, ys, flags, [](T a, T b) { return a == b; }); return true;
    case Binary::notEqual: compare(n, x, xs, y, ys, flags, [](T a, T b) { return a != b; }); return true;
    case Binary::less: compare(n, x, xs, y, ys, flags, [](T a, T b) { return a < b; }); return true;
    case Binary::lessEqual: compare(n, x, xs, y, ys, flags, [](T a, T b) { return a <= b; }); return true;
    case Binary::greater: compare(n, x, xs, y, ys, flags, [](T a, T b) { return a > b; }); return true;
    case Binary::greaterEqual: compare(n, x, xs, y, ys, flags, [](T a, T b) { return a >= b; }); return true;
    default: return false;
  }
}

/** Products of pairs. With Conjugate, products of conj(x). */
template <bool Conjugate, typename T>
LOPS_INLINE void multiplyPairs(std::size_t n, const T* x, std::size_t xs, const T* y, std::size_t ys, T* z) {
  const T sign = Conjugate ? T(-1) : T(1);
  LOPS_IVDEP
  for (std::size_t i = 0; i < n; i++) {
    const T a = x[2 * i * xs], b = sign * x[2 * i * xs + 1];
    const T c = y[2 * i * ys], d = y[2 * i * ys + 1];
    z[2 * i] = a * c - b * d;
    z[2 * i + 1] = a * d + b * c;
  }
}

template <typename T>
bool binaryComplex(Binary op, std::size_t n, const T* x, std::size_t xs, const T* y, std::size_t ys, T* z) {
  if (xs == 1 && ys == 1 && (op == Binary::add || op == Binary::subtract))
    return binary(op, 2 * n, x, 1, y, 1, static_cast<void*>(z));
  if (xs > 1 || ys > 1) return false;
  if (op == Binary::multiply) {
    if (xs == 1 && ys == 1) {
      multiplyPairs<false>(n, x, 1, y, 1, z);
    } else {
      multiplyPairs<false>(n, x, xs, y, ys, z);
    }
    return true;
  }
  if (op == Binary::multiplyConj) {
    if (xs == 1 && ys == 1) {
      multiplyPairs<true>(n, x, 1, y, 1, z);
    } else {
      multiplyPairs<true>(n, x, xs, y, ys, z);
    }
    return true;
  }
  return false;
}

template <typename T>
void threshold(bool hard, double t, std::size_t n, const T* x, T* y) {
  if (hard) {
    const double limit = std::sqrt(2 * t);
    LOPS_IVDEP
    for (std::size_t i = 0; i < n; i++) y[i] = std::fabs(static_cast<double>(x[i])) <= limit ? T(0) : x[i];
    return;
  }
  LOPS_IVDEP
  for (std::size_t i = 0; i < n; i++) {
    const double v = static_cast<double>(x[i]);
    const double r = std::fabs(v) - t;
    const double shrunk = r < 0 ? 0.0 : r;
    y[i] = static_cast<T>(v < 0 ? -shrunk : shrunk);
  }
}

template <typename T>
void thresholdComplex(bool hard, double t, std::size_t n, const T* x, T* y) {
  const double limit = std::sqrt(2 * t);
  for (std::size_t i = 0; i < n; i++) {
    const double re = static_cast<double>(x[2 * i]), im = static_cast<double>(x[2 * i + 1]);
    const double r = modulus(re, im);
    if (hard) {
      const bool drops = r <= limit;
      y[2 * i] = drops ? T(0) : x[2 * i];
      y[2 * i + 1] = drops ? T(0) : x[2 * i + 1];
    } else if (std::isinf(r)) {
      // ∞ · exp(iθ)
      const double angle = std::atan2(im, re);
      y[2 * i] = static_cast<T>(std::isfinite(re) ? r : std::isnan(angle) ? angle : re);
      y[2 * i + 1] = static_cast<T>(std::sin(angle) * r);
    } else {
      const double rest = r - t < 0 ? 0.0 : r - t;
      const double factor = r == 0 ? 0.0 : rest / r;
      y[2 * i] = static_cast<T>(re * factor);
      y[2 * i + 1] = static_cast<T>(im * factor);
    }
  }
}

}  // namespace LOPS_LEVEL
}  // namespace lops
