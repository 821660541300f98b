// Functions of one and two arguments, and thresholds.

namespace lops {
namespace LOPS_LEVEL {

template <typename T>
bool unary(Unary op, std::size_t n, const T* x, void* out) {
  T* y = static_cast<T*>(out);
  Flag* flags = static_cast<Flag*>(out);
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
    case Unary::isnan: testEach(n, x, flags, [](auto v) { return v != v; }); return true;
    // ∞ − ∞ and NaN − NaN are NaN
    case Unary::isfinite: testEach(n, x, flags, [](auto v) { return v - v == v - v; }); return true;
    case Unary::isinf: mapInto(n, x, flags, [](T v) { return std::fabs(v) == T(HUGE_VAL); }); return true;
    case Unary::signbit: mapInto(n, x, flags, [](T v) { return v == v && std::signbit(v); }); return true;
    default: return mathematics(op, n, x, y);
  }
}

/** exp of one pair, whose real part may be large and whose parts may be infinite or NaN. */
LOPS_INLINE void expOne(double re, double im, double* out) {
  if (im == 0) {
    out[0] = std::exp(re);
    out[1] = im;
  } else if (!std::isfinite(im) && std::isinf(re)) {
    out[0] = re > 0 ? re : 0;
    out[1] = re > 0 ? std::nan("") : 0;
  } else {
    // In two halves, because exp(re) may overflow although its product with a small cosine does not
    const double half = std::exp(re / 2);
    out[0] = half * std::cos(im) * half;
    out[1] = half * std::sin(im) * half;
  }
}

template <typename T>
void expComplex(std::size_t n, const T* x, T* y) {
  constexpr std::size_t block = 128;
  double re[block], im[block], modulus[block], cosine[block], sine[block];
  for (std::size_t i = 0; i < n; i += block) {
    const std::size_t m = n - i < block ? n - i : block;
    for (std::size_t k = 0; k < m; k++) {
      re[k] = static_cast<double>(x[2 * (i + k)]);
      im[k] = static_cast<double>(x[2 * (i + k) + 1]);
    }
    mathematics(Unary::exp, m, re, modulus);
    mathematics(Unary::cos, m, im, cosine);
    mathematics(Unary::sin, m, im, sine);
    for (std::size_t k = 0; k < m; k++) {
      double out[2] = {modulus[k] * cosine[k], modulus[k] * sine[k]};
      if (!(re[k] <= 709) || !(std::fabs(im[k]) < HUGE_VAL)) expOne(re[k], im[k], out);
      y[2 * (i + k)] = static_cast<T>(out[0]);
      y[2 * (i + k) + 1] = static_cast<T>(out[1]);
    }
  }
}

template <typename T>
bool unaryComplex(Unary op, std::size_t n, const T* x, void* out) {
  T* y = static_cast<T*>(out);
  Flag* flags = static_cast<Flag*>(out);
  const auto test = [&](const auto& f) {
    for (std::size_t i = 0; i < n; i++) flags[i] = f(x[2 * i], x[2 * i + 1]);
    return true;
  };
  const T infinity = T(HUGE_VAL);
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
    case Unary::exp: expComplex(n, x, y); return true;
    case Unary::isnan: return test([](T a, T b) { return (a != a) | (b != b); });
    case Unary::isfinite:
      return test([=](T a, T b) { return (std::fabs(a) < infinity) & (std::fabs(b) < infinity); });
    case Unary::isinf:
      return test([=](T a, T b) { return (std::fabs(a) == infinity) | (std::fabs(b) == infinity); });
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
    case Binary::floorDivide: mapTwoWide(n, x, xs, y, ys, z, floorOfRatio); return true;
    case Binary::remainder: mapTwoWide(n, x, xs, y, ys, z, remainderOf); return true;
    case Binary::fmod:
      mapTwoWide(n, x, xs, y, ys, z, [](double a, double b) { return std::fmod(a, b); });
      return true;
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
    case Binary::equal: testPairs(n, x, xs, y, ys, flags, [](auto a, auto b) { return a == b; }); return true;
    case Binary::notEqual:
      testPairs(n, x, xs, y, ys, flags, [](auto a, auto b) { return a != b; });
      return true;
    case Binary::less: testPairs(n, x, xs, y, ys, flags, [](auto a, auto b) { return a < b; }); return true;
    case Binary::lessEqual:
      testPairs(n, x, xs, y, ys, flags, [](auto a, auto b) { return a <= b; });
      return true;
    case Binary::greater:
      testPairs(n, x, xs, y, ys, flags, [](auto a, auto b) { return a > b; });
      return true;
    case Binary::greaterEqual:
      testPairs(n, x, xs, y, ys, flags, [](auto a, auto b) { return a >= b; });
      return true;
    default: return mathematics(op, n, x, xs, y, ys, z);
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

/** The sum of two larger numbers may overflow. */
constexpr double largeNumber = 0x1p1022;
/** Products of smaller numbers lose digits to underflow. */
constexpr double smallNumber = 0x1p-960;

/** b·d/c with r = d/c, which may have lost its digits to underflow. */
LOPS_INLINE double timesRatio(double b, double d, double c, double r) {
  return std::fabs(r) > smallNumber || d == 0 ? b * r : b / c * d;
}

/** Smith's method for |c| ≥ |d|. */
LOPS_INLINE void divideBySmith(double a, double b, double c, double d, double sign, double* out) {
  const double r = d / c;
  const double t = c + d * r;
  out[0] = (a + timesRatio(b, d, c, r)) / t;
  out[1] = sign * (b - timesRatio(a, d, c, r)) / t;
}

/** (a + ib)/(c + id), without overflow or underflow if the result is representable. */
LOPS_INLINE void divideOne(double a, double b, double c, double d, double* out) {
  if (c == 0 && d == 0) {
    out[0] = a / 0.0;
    out[1] = b / 0.0;
    return;
  }
  const auto larger = [](double u, double v) {
    return std::fabs(u) > std::fabs(v) ? std::fabs(u) : std::fabs(v);
  };
  const double above = larger(a, b), below = larger(c, d);
  const double p = above >= largeNumber ? 0.25 : above < smallNumber ? 0x1p64 : 1;
  const double q = below >= largeNumber ? 0.25 : below < smallNumber ? 0x1p64 : 1;
  if (std::fabs(c) >= std::fabs(d)) divideBySmith(p * a, p * b, q * c, q * d, 1, out);
  else divideBySmith(p * b, p * a, q * d, q * c, -1, out);
  if (p != q) {
    out[0] = out[0] * q / p;
    out[1] = out[1] * q / p;
  }
}

/** Whether products and quotients of three such numbers neither overflow nor lose digits. */
LOPS_INLINE bool isOrdinary(double v) {
  const double m = std::fabs(v);
  return (m == 0) | ((m >= 0x1p-300) & (m <= 0x1p300));
}

/** As divideOne, of ordinary numbers, of which c and d are not both 0. */
LOPS_INLINE void divideOrdinary(double a, double b, double c, double d, double* out) {
  const bool swaps = std::fabs(c) < std::fabs(d);
  const double p = swaps ? b : a, q = swaps ? a : b;
  const double u = swaps ? d : c, v = swaps ? c : d;
  const double r = v / u;
  const double t = u + v * r;
  out[0] = (p + q * r) / t;
  const double rest = q - p * r;
  out[1] = (swaps ? -rest : rest) / t;
}

/** Quotients of pairs. Those of a block without special numbers are computed in vectors. */
template <typename T>
LOPS_INLINE void dividePairs(std::size_t n, const T* x, std::size_t xs, const T* y, std::size_t ys, T* z) {
  constexpr std::size_t block = 64;
  const auto number = [](T v) { return static_cast<double>(v); };
  for (std::size_t i = 0; i < n; i += block) {
    const std::size_t m = n - i < block ? n - i : block;
    const T *from = x + 2 * i * xs, *by = y + 2 * i * ys;
    T* to = z + 2 * i;
    const auto isPlain = [&](std::size_t k) {
      const double a = number(from[2 * k * xs]), b = number(from[2 * k * xs + 1]);
      const double c = number(by[2 * k * ys]), d = number(by[2 * k * ys + 1]);
      return isOrdinary(a) & isOrdinary(b) & isOrdinary(c) & isOrdinary(d) & ((c != 0) | (d != 0));
    };
    std::size_t plain = 0;
    for (std::size_t k = 0; k < m; k++) plain += isPlain(k);
    if (plain == m) {
      LOPS_IVDEP
      for (std::size_t k = 0; k < m; k++) {
        double out[2];
        divideOrdinary(number(from[2 * k * xs]), number(from[2 * k * xs + 1]), number(by[2 * k * ys]),
                       number(by[2 * k * ys + 1]), out);
        to[2 * k] = static_cast<T>(out[0]);
        to[2 * k + 1] = static_cast<T>(out[1]);
      }
      continue;
    }
    for (std::size_t k = 0; k < m; k++) {
      const double a = number(from[2 * k * xs]), b = number(from[2 * k * xs + 1]);
      const double c = number(by[2 * k * ys]), d = number(by[2 * k * ys + 1]);
      double out[2];
      // The same as in vectors, so that a quotient does not depend on its place
      if (isPlain(k)) divideOrdinary(a, b, c, d, out);
      else divideOne(a, b, c, d, out);
      to[2 * k] = static_cast<T>(out[0]);
      to[2 * k + 1] = static_cast<T>(out[1]);
    }
  }
}

template <typename T>
bool binaryComplex(Binary op, std::size_t n, const T* x, std::size_t xs, const T* y, std::size_t ys,
                   void* to) {
  T* z = static_cast<T*>(to);
  if (xs == 1 && ys == 1 && (op == Binary::add || op == Binary::subtract))
    return binary(op, 2 * n, x, 1, y, 1, static_cast<void*>(z));
  if (xs > 1 || ys > 1) return false;
  if (op == Binary::equal || op == Binary::notEqual) {
    const bool same = op == Binary::equal;
    Flag* flags = static_cast<Flag*>(to);
    for (std::size_t i = 0; i < n; i++) {
      const T *a = x + 2 * i * xs, *b = y + 2 * i * ys;
      flags[i] = ((a[0] == b[0]) & (a[1] == b[1])) == same;
    }
    return true;
  }
  if (op == Binary::divide) {
    if (xs == 1 && ys == 1) {
      dividePairs(n, x, 1, y, 1, z);
    } else {
      dividePairs(n, x, xs, y, ys, z);
    }
    return true;
  }
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
