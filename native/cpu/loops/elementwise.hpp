// Functions of one and two arguments, and thresholds.

namespace lops {
namespace LOPS_LEVEL {

template <typename T, typename F>
LOPS_INLINE void mapOne(std::size_t n, const T* x, T* y, const F& f) {
  LOPS_IVDEP
  for (std::size_t i = 0; i < n; i++) y[i] = f(x[i]);
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
    // computed in double precision, like the definition, and rounded once
    case Unary::exp:
      mapOne(n, x, y, [](T v) { return static_cast<T>(std::exp(static_cast<double>(v))); });
      return true;
    case Unary::log:
      mapOne(n, x, y, [](T v) { return static_cast<T>(std::log(static_cast<double>(v))); });
      return true;
    case Unary::sin:
      mapOne(n, x, y, [](T v) { return static_cast<T>(std::sin(static_cast<double>(v))); });
      return true;
    case Unary::cos:
      mapOne(n, x, y, [](T v) { return static_cast<T>(std::cos(static_cast<double>(v))); });
      return true;
    case Unary::tanh:
      mapOne(n, x, y, [](T v) { return static_cast<T>(std::tanh(static_cast<double>(v))); });
      return true;
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
      mapTwo(n, x, xs, y, ys, z, [](T a, T b) {
        return static_cast<T>(std::pow(static_cast<double>(a), static_cast<double>(b)));
      });
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
