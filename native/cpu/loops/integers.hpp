// Functions of int32 and bool. Sums, products and powers wrap around, divisions by 0 are 0.

namespace lops {
namespace LOPS_LEVEL {

/** Returns false for functions of floats. */
template <typename T>
bool unaryInteger(Unary op, std::size_t n, const T* x, void* out) {
  typedef std::uint32_t U;
  T* y = static_cast<T*>(out);
  Flag* flags = static_cast<Flag*>(out);
  const bool isFlag = sizeof(T) == 1;
  switch (op) {
    case Unary::negative: mapInto(n, x, y, [](T v) { return 0u - U(v); }); return true;
    case Unary::abs: mapInto(n, x, y, [](T v) { return v < 0 ? 0u - U(v) : U(v); }); return true;
    case Unary::conj:
    case Unary::real:
    case Unary::floor:
    case Unary::ceil:
    case Unary::rint:
    case Unary::trunc:
      if (y != x) copyBytes(n * sizeof(T), x, y);
      return true;
    case Unary::imag: mapInto(n, x, y, [](T) { return 0; }); return true;
    case Unary::square: mapInto(n, x, y, [](T v) { return U(v) * U(v); }); return true;
    case Unary::sign: mapInto(n, x, y, [](T v) { return (v > 0) - (v < 0); }); return true;
    case Unary::invert:
      if (isFlag) mapInto(n, x, y, [](T v) { return 1 - v; });
      else mapInto(n, x, y, [](T v) { return ~v; });
      return true;
    case Unary::isnan:
    case Unary::isinf: mapInto(n, x, flags, [](T) { return 0; }); return true;
    case Unary::isfinite: mapInto(n, x, flags, [](T) { return 1; }); return true;
    case Unary::signbit: mapInto(n, x, flags, [](T v) { return v < 0; }); return true;
    default: return false;
  }
}

/**
 * x / y towards zero, and x for y = 0 and −1. Quotients of doubles are exact enough, and they are
 * computed in vectors.
 */
LOPS_INLINE std::int32_t quotientOf(std::int32_t x, std::int32_t y) {
  return static_cast<std::int32_t>(static_cast<double>(x) / static_cast<double>(y == 0 || y == -1 ? 1 : y));
}
LOPS_INLINE std::int32_t floorOfQuotient(std::int32_t x, std::int32_t y) {
  const std::int32_t quotient = quotientOf(x, y);
  const std::int32_t floor = quotient - static_cast<std::int32_t>((quotient * y != x) & ((x ^ y) < 0));
  const std::int32_t negative = static_cast<std::int32_t>(0u - static_cast<std::uint32_t>(x));
  return y == 0 ? 0 : y == -1 ? negative : floor;
}
/** The rest of a division towards zero. */
LOPS_INLINE std::int32_t restOf(std::int32_t x, std::int32_t y) {
  const std::int32_t rest = x - quotientOf(x, y) * y;
  return y == 0 || y == -1 ? 0 : rest;
}
/** The remainder with the sign of the divisor. */
LOPS_INLINE std::int32_t remainderOfIntegers(std::int32_t x, std::int32_t y) {
  const std::int32_t rest = restOf(x, y);
  return (rest != 0) & ((rest ^ y) < 0) ? rest + y : rest;
}
LOPS_INLINE std::uint32_t magnitude(std::int32_t x) {
  return x < 0 ? 0u - static_cast<std::uint32_t>(x) : static_cast<std::uint32_t>(x);
}
LOPS_INLINE std::uint32_t commonDivisor(std::int32_t x, std::int32_t y) {
  std::uint32_t a = magnitude(x), b = magnitude(y);
  while (b != 0) {
    const std::uint32_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}
LOPS_INLINE std::uint32_t commonMultiple(std::int32_t x, std::int32_t y) {
  return x == 0 || y == 0 ? 0 : magnitude(x) / commonDivisor(x, y) * magnitude(y);
}
/** Negative powers are the integer parts of fractions. */
LOPS_INLINE std::uint32_t powerOf(std::int32_t x, std::int32_t y) {
  if (y < 0) return x == 1 ? 1u : x == -1 ? ((y & 1) != 0 ? ~0u : 1u) : 0u;
  std::uint32_t result = 1, base = static_cast<std::uint32_t>(x);
  for (std::uint32_t n = static_cast<std::uint32_t>(y); n > 0; n >>= 1) {
    if ((n & 1) != 0) result *= base;
    base *= base;
  }
  return result;
}
LOPS_INLINE std::uint32_t leftShiftOf(std::int32_t x, std::int32_t bits) {
  return bits >= 0 && bits < 32 ? static_cast<std::uint32_t>(x) << (bits & 31) : 0u;
}
LOPS_INLINE std::int32_t rightShiftOf(std::int32_t x, std::int32_t bits) {
  return x >> (bits >= 0 && bits < 32 ? bits : 31);
}

/** Returns false for functions of floats. */
template <typename T>
bool binaryInteger(Binary op, std::size_t n, const T* x, std::size_t xs, const T* y, std::size_t ys,
                   void* out) {
  typedef std::int32_t I;
  typedef std::uint32_t U;
  T* z = static_cast<T*>(out);
  Flag* flags = static_cast<Flag*>(out);
  if (n == 0) return true;
  switch (op) {
    case Binary::add: joinInto(n, x, xs, y, ys, z, [](T a, T b) { return U(a) + U(b); }); return true;
    case Binary::subtract: joinInto(n, x, xs, y, ys, z, [](T a, T b) { return U(a) - U(b); }); return true;
    case Binary::multiply:
    case Binary::multiplyConj:
      joinInto(n, x, xs, y, ys, z, [](T a, T b) { return U(a) * U(b); });
      return true;
    case Binary::maximum:
    case Binary::fmax: joinInto(n, x, xs, y, ys, z, [](T a, T b) { return a > b ? a : b; }); return true;
    case Binary::minimum:
    case Binary::fmin: joinInto(n, x, xs, y, ys, z, [](T a, T b) { return a < b ? a : b; }); return true;
    case Binary::equal: joinInto(n, x, xs, y, ys, flags, [](T a, T b) { return a == b; }); return true;
    case Binary::notEqual: joinInto(n, x, xs, y, ys, flags, [](T a, T b) { return a != b; }); return true;
    case Binary::less: joinInto(n, x, xs, y, ys, flags, [](T a, T b) { return a < b; }); return true;
    case Binary::lessEqual: joinInto(n, x, xs, y, ys, flags, [](T a, T b) { return a <= b; }); return true;
    case Binary::greater: joinInto(n, x, xs, y, ys, flags, [](T a, T b) { return a > b; }); return true;
    case Binary::greaterEqual: joinInto(n, x, xs, y, ys, flags, [](T a, T b) { return a >= b; }); return true;
    case Binary::bitwiseAnd: joinInto(n, x, xs, y, ys, z, [](T a, T b) { return a & b; }); return true;
    case Binary::bitwiseOr: joinInto(n, x, xs, y, ys, z, [](T a, T b) { return a | b; }); return true;
    case Binary::bitwiseXor: joinInto(n, x, xs, y, ys, z, [](T a, T b) { return a ^ b; }); return true;
    case Binary::floorDivide:
      joinInto(n, x, xs, y, ys, z, [](I a, I b) { return floorOfQuotient(a, b); });
      return true;
    case Binary::remainder:
      joinInto(n, x, xs, y, ys, z, [](I a, I b) { return remainderOfIntegers(a, b); });
      return true;
    case Binary::fmod: joinInto(n, x, xs, y, ys, z, [](I a, I b) { return restOf(a, b); }); return true;
    case Binary::power: joinInto(n, x, xs, y, ys, z, [](I a, I b) { return powerOf(a, b); }); return true;
    case Binary::gcd: joinInto(n, x, xs, y, ys, z, [](I a, I b) { return commonDivisor(a, b); }); return true;
    case Binary::lcm:
      joinInto(n, x, xs, y, ys, z, [](I a, I b) { return commonMultiple(a, b); });
      return true;
    case Binary::leftShift:
      joinInto(n, x, xs, y, ys, z, [](I a, I b) { return leftShiftOf(a, b); });
      return true;
    case Binary::rightShift:
      joinInto(n, x, xs, y, ys, z, [](I a, I b) { return rightShiftOf(a, b); });
      return true;
    default: return false;
  }
}

/** Numbers to integers of 32 bits, modulo 2³²; infinity and NaN are 0. */
LOPS_INLINE std::int32_t wrapped(double v) {
  const double limit = 9.2e18;
  if (!std::isfinite(v)) return 0;
  const double rest = v > -limit && v < limit ? v : std::fmod(v, 4294967296.0);
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(static_cast<std::int64_t>(rest)));
}

/** y ← integers of `step` lanes of x. Values that need no wrapping are converted in vectors. */
template <typename T, typename Y>
void toIntegers(std::size_t n, const T* x, std::size_t step, Y* y) {
  constexpr std::size_t block = 256;
  for (std::size_t i = 0; i < n; i += block) {
    const std::size_t m = n - i < block ? n - i : block;
    std::size_t large = 0;
    for (std::size_t k = 0; k < m; k++) {
      const T v = x[(i + k) * step];
      large += v > T(-2147483584) && v < T(2147483584) ? 0 : 1;
    }
    if (large != 0) {
      for (std::size_t k = 0; k < m; k++)
        y[i + k] = static_cast<Y>(wrapped(static_cast<double>(x[(i + k) * step])));
    } else if (step == 1) {
      LOPS_IVDEP
      for (std::size_t k = 0; k < m; k++) y[i + k] = static_cast<Y>(static_cast<std::int32_t>(x[i + k]));
    } else {
      for (std::size_t k = 0; k < m; k++)
        y[i + k] = static_cast<Y>(static_cast<std::int32_t>(x[(i + k) * step]));
    }
  }
}

/** y ← x, as the first of `step` lanes; the others are 0. */
template <typename X, typename T>
void fromIntegers(std::size_t n, const X* x, T* y, std::size_t step) {
  if (step == 1) {
    mapInto(n, x, y, [](X v) { return static_cast<T>(v); });
    return;
  }
  for (std::size_t i = 0; i < n; i++) {
    y[2 * i] = static_cast<T>(x[i]);
    y[2 * i + 1] = 0;
  }
}

/** Vectors of all ones where flags are not 0. */
LOPS_INLINE Simd<double>::I maskOf(const Flag* c, double) {
  typedef Simd<double>::I I;
#if defined(__x86_64__) && LOPS_VECTOR_BYTES == 64
  return (I)_mm512_cvtepi8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(c))) != 0;
#elif defined(__x86_64__) && LOPS_VECTOR_BYTES == 32
  std::int32_t flags;
  std::memcpy(&flags, c, 4);
  return (I)_mm256_cvtepi8_epi64(_mm_cvtsi32_si128(flags)) != 0;
#else
  return I{c[0], c[1]} != 0;
#endif
}
LOPS_INLINE Simd<float>::I maskOf(const Flag* c, float) {
  typedef Simd<float>::I I;
#if defined(__x86_64__) && LOPS_VECTOR_BYTES == 64
  return (I)_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(c))) != 0;
#elif defined(__x86_64__) && LOPS_VECTOR_BYTES == 32
  return (I)_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(c))) != 0;
#else
  return I{c[0], c[1], c[2], c[3]} != 0;
#endif
}

/** The distance in bytes of prefetches of x and y. Beside the run of flags the hardware's come late. */
constexpr std::size_t chooseAhead = 2048;
/** With AVX2 prefetches cost more than they gain. */
constexpr bool choosePrefetches = LOPS_VECTOR_BYTES == 64;

template <typename T, bool XSteps, bool YSteps>
LOPS_INLINE void chooseSteps(std::size_t n, const Flag* c, const T* x, const T* y, T* z) {
  typedef typename Simd<T>::V V;
  struct F {
    const Flag* c;
    const T *x, *y;
    V vx, vy;
    LOPS_INLINE T one(std::size_t i) const { return c[i] != 0 ? x[XSteps ? i : 0] : y[YSteps ? i : 0]; }
    LOPS_INLINE V vector(std::size_t i) const {
      if (choosePrefetches && XSteps) __builtin_prefetch(x + i + chooseAhead / sizeof(T));
      if (choosePrefetches && YSteps) __builtin_prefetch(y + i + chooseAhead / sizeof(T));
      const V a = XSteps ? load(x + i) : vx;
      const V b = YSteps ? load(y + i) : vy;
      return maskOf(c + i, T()) ? a : b;
    }
  };
  write(n, z, x == z || y == z, F{c, x, y, splat(x[0]), splat(y[0])});
}

/** z ← c ≠ 0 ? x : y, of bits of floats: loads and stores do not change them. */
template <typename T>
LOPS_INLINE void chooseBits(std::size_t n, const Flag* c, const T* x, std::size_t xStep, const T* y,
                            std::size_t yStep, T* z) {
  if (xStep != 0 && yStep != 0) chooseSteps<T, true, true>(n, c, x, y, z);
  else if (xStep != 0) chooseSteps<T, true, false>(n, c, x, y, z);
  else if (yStep != 0) chooseSteps<T, false, true>(n, c, x, y, z);
  else chooseSteps<T, false, false>(n, c, x, y, z);
}

/** z ← c ≠ 0 ? x : y */
template <typename T>
void choose(std::size_t n, const Flag* c, const T* x, std::size_t xStep, const T* y, std::size_t yStep,
            T* z) {
  if constexpr (sizeof(T) == 8) {
    chooseBits(n, c, x, xStep, y, yStep, z);
  } else if constexpr (sizeof(T) == 4) {
    chooseBits(n, c, reinterpret_cast<const float*>(x), xStep, reinterpret_cast<const float*>(y), yStep,
               reinterpret_cast<float*>(z));
  } else {
    LOPS_IVDEP
    for (std::size_t i = 0; i < n; i++) {
      const T a = x[i * xStep], b = y[i * yStep];
      z[i] = c[i] != 0 ? a : b;
    }
  }
}

}  // namespace LOPS_LEVEL
}  // namespace lops
